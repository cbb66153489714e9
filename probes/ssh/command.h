/*
 * One command on an open connection: one channel, its output as it comes, and
 * how it ended, by libssh's callbacks (tech.md c: polling and reading by hand
 * loses wake-ups and exit signals).
 */
#ifndef SSH_COMMAND_H
#define SSH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/ssh/connection.h"
#include "probes/ssh/pool.h"

struct command_request {
	const char *line;
	const char *input;
	size_t input_length;
	int64_t deadline_ms;
	struct interrupt *interrupt;
	/* In the worker; which: 1 or 2. May wait, which slows the sender down. */
	void (*on_output)(void *data, int which, const char *bytes, size_t n);
	void *data;
};

struct command_result {
	enum node_trouble trouble;
	struct err err;
	bool was_sent;		/* the host may have run it */
	int exit_status;	/* -1: by a signal, or not known */
	char signal[32];	/* "" none */
	bool is_reusable;	/* the connection may carry another command */
};

void remote_command_run(struct connection *connection, const struct command_request *request,
		 struct command_result *ret_result);

#endif
