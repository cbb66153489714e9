/*
 * Starts a child in its own session: /dev/null as standard input, pipes as
 * standard output and error (close-on-exec and non-blocking on our side), no
 * other descriptor of ours, default signals. For job.c only.
 *
 * A child that is lent the terminal stays in our session, in a group of its
 * own that becomes the terminal's foreground: it reads keys and gets Ctrl-C,
 * we do not. The terminal is its standard input and error.
 *
 * Two ways, for one reason. posix_spawn() is the safe one in a program with
 * threads and reports a failed exec itself, but it cannot make the child ask
 * for a signal at our end (PR_SET_PDEATHSIG survives exec, so the request has
 * to come between fork and exec). Children that must die with us are
 * therefore forked, with nothing but async-signal-safe calls before exec. The
 * kernel counts the end of the starting thread as our end: start them from the
 * loop's thread, which is the main one.
 */
#ifndef NET_SPAWN_H
#define NET_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "probes/base/err.h"

struct spawned {
	pid_t pid;	/* leader of its session and group */
	int out;
	int error_out;
};

struct spawn_request {
	const char *const *argv;
	const char *const *environment;	/* "NAME=value" added to ours, a name that is there is replaced; may be NULL */
	bool dies_with_us;
	int terminal;			/* 0: none; else its descriptor, and not dies_with_us */
};

/* error_out is -1 where the terminal takes its place. */
int spawn(const struct spawn_request *request, struct spawned *ret_child, struct err *err);
/* Makes our group the terminal's foreground again. */
void spawn_reclaim_terminal(int terminal);
/*
 * The child that has the terminal was stopped (Ctrl-Z): stops us too, as the shell that started us expects of one
 * job, and when that goes on (fg), gives the child its terminal back and lets it go on.
 */
void spawn_stop_together(int terminal, pid_t child);

#endif
