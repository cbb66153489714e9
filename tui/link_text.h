/*
 * How the link to the server is, in a few words: live, what is waited for, or
 * the layer that failed, each with how long.
 */
#ifndef TUI_LINK_TEXT_H
#define TUI_LINK_TEXT_H

#include "widgets/theme.h"

struct buffer;
struct world;

void link_state_text(const struct world *world, struct buffer *out, enum role *ret_role);
/* "HOST refuses connections; check that the apiserver runs; Ctrl-r tries now", or nothing while the link is well. */
void link_failure_text(const struct world *world, struct buffer *out);

#endif
