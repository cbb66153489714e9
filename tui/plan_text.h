/*
 * A change as text on standard output: what `plan` prints and `fix` shows
 * before it asks.
 */
#ifndef TUI_PLAN_TEXT_H
#define TUI_PLAN_TEXT_H

#include <stdio.h>

#include "probes/remedy/change.h"

/* Ends with "digest: <64 hex>" where there is one to confirm. */
void plan_print(FILE *out, const struct change *change, const struct kubeconfig_view *view, const char *language);
void plan_print_json(FILE *out, const struct change *change);

#endif
