/*
 * Texts that people save from a cluster, taken apart into JSON documents:
 * one object, lists, arrays, JSON lines and concatenated JSON, YAML with
 * several documents (interfaces.md, report --from). What was cut off is read
 * as far as its last whole item.
 */
#ifndef TUI_SAVED_DOCUMENTS_H
#define TUI_SAVED_DOCUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"

enum saved_form { SAVED_JSON, SAVED_YAML, SAVED_ARCHIVE, SAVED_OTHER };

/* What the text is, by its content. */
enum saved_form saved_form_of(const char *text, size_t length);
/*
 * Where the objects of a text begin, and how long they are: without a byte
 * order mark and without the warnings that kubectl printed before them. What
 * is UTF-16 is turned into UTF-8 in space.
 */
const char *saved_documents_plain(const char *text, size_t *length, struct buffer *space);
/*
 * Calls back with each document, which is borrowed. -1 with err: the rest of
 * the text could not be read; what could was called back with.
 */
int saved_documents_each(const char *name, const char *text, size_t length,
			 void (*on_document)(void *data, json_t *document), void *data, struct err *err);

#endif
