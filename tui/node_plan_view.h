/* What a plan does on nodes, on the screen; node_plan_text.h is the same for the command line. */
#ifndef TUI_NODE_PLAN_VIEW_H
#define TUI_NODE_PLAN_VIEW_H

#include "probes/remedy/change.h"
#include "tui/world.h"
#include "widgets/textview.h"

/* A heading where a wave of a batch begins; before NULL: the first step. */
void node_plan_add_wave(struct textview *text, const struct step *before, const struct step *step);
/* The difference of a file, line by line, its mode and its owner. Only for a step that has one (step->unified). */
void node_plan_add_file(struct textview *text, const struct world *world, const struct step *step);
/* Every command that may be run there, word by word. */
void node_plan_add_commands(struct textview *text, const struct step *step);
/* NHN's notice about changing nodes, after an empty line; nothing where the plan changes none. */
void node_plan_add_notice(struct textview *text, const struct change *change);

#endif
