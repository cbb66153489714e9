/*
 * Signals that end a command which waits: from interrupts_start() on SIGINT,
 * SIGTERM and SIGHUP set session->interrupted.
 */
#ifndef TUI_INTERRUPTS_H
#define TUI_INTERRUPTS_H

#include "tui/session.h"

struct interrupts {
	int signals;		/* signalfd */
	struct session *session;
	struct descriptor_watch *watch;
};

int interrupts_start(struct interrupts *interrupts, struct session *session, struct err *err);
/* Before the session is closed; also after a start that failed. */
void interrupts_stop(struct interrupts *interrupts);

#endif
