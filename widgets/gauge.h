/*
 * Bars on one row: a gauge for a share, a progress bar, a spinner. The caller
 * gives the time as a tick that grows (about ten a second); nothing here
 * reads a clock.
 */
#ifndef WIDGETS_GAUGE_H
#define WIDGETS_GAUGE_H

#include "widgets/cells.h"

/* "▇▇▇▇▁▁" of width cells; permille is brought into 0..1000. Full only at 1000, empty only at 0. */
void gauge_draw(struct cells *cells, int row, int column, int width, int permille, enum role role);
/* For a share that is bad when high: ROLE_GAUGE, from warning ROLE_WARNING, from critical ROLE_CRITICAL. */
enum role gauge_role(int permille, int warning, int critical);

/*
 * "[▇▇▇▇▁▁▁▁] 2/4": done of total. With total 0 the end is unknown and a block
 * wanders with the tick.
 */
void progress_draw(struct cells *cells, int row, int column, int width, int done, int total, unsigned tick,
		   enum role role);
/* One character that turns; static text. */
const char *spinner_text(enum glyph_set glyphs, unsigned tick);

#endif
