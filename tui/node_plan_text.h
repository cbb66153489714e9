/* What a plan does on nodes, as text: each command word by word, the difference of a file, NHN's notice. */
#ifndef TUI_NODE_PLAN_TEXT_H
#define TUI_NODE_PLAN_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "probes/remedy/change.h"

/* A heading where a wave of a batch begins; before NULL: the first step. */
void node_plan_print_wave(FILE *out, const struct step *before, const struct step *step);
void node_plan_print_commands(FILE *out, const struct step *step);
/* The lines of step->unified, indented. */
void node_plan_print_file(FILE *out, const struct step *step);
/* The content of a file, which step->unified shows: its mode and owner are lines of their own, "PATH mode". */
bool node_plan_is_content(const struct step_diff *line);
void node_plan_print_notice(FILE *out, const struct change *change);
/* "canary", "share", "rest" of a batch, in the chosen language; "": it belongs to none. */
const char *node_plan_wave(const struct step *step);

#endif
