/*
 * What a change reaches and what is left after an undo, in words: for the plan
 * tab, the dialog and the command line alike.
 */
#ifndef TUI_CHANGE_FACTS_H
#define TUI_CHANGE_FACTS_H

#include <stdbool.h>

struct buffer;
struct change;

/* "7 steps, 3 workloads, 16 pods, 12 nodes": what there is none of is left out. */
void change_reach_text(const struct change *change, bool with_steps, struct buffer *out);
/* "undo: partial. Undo puts the old image names back ..."; for an undo the second sentence alone, which may be "". */
void change_undo_text(const struct change *change, const char *language, struct buffer *out);

#endif
