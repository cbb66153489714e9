/*
 * A JSON document as YAML for people to read: block style, strings quoted
 * where YAML would take them for something else, texts of several lines as
 * blocks. Values of Secrets are masked, managedFields are left out.
 */
#ifndef TUI_YAML_TEXT_H
#define TUI_YAML_TEXT_H

#include <jansson.h>

struct textview;

void yaml_text(struct textview *text, const json_t *document);
/* Masks values of Secrets and what last-applied-configuration repeats of them; in place. */
void yaml_mask(json_t *document);

#endif
