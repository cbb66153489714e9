/*
 * Signals of the console, as bytes in a pipe that the loop watches. Handlers
 * rather than a blocked mask: a mask would be inherited by children.
 * Process-wide by nature; started and stopped once.
 */
#ifndef TUI_SIGNALS_H
#define TUI_SIGNALS_H

#include "probes/base/err.h"

int signals_start(struct err *err);
void signals_stop(void);
/* Readable while a signal waits to be taken. */
int signals_descriptor(void);
/* The next signal's number, 0 if there is none. */
int signals_take(void);

#endif
