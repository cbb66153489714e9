/*
 * Logs of a container: read once or followed. Following goes on across broken
 * connections without losing or repeating a line, because each request asks
 * for timestamps and the next begins at the last one.
 *
 * Lines are raw foreign bytes: capped, without their line break, never
 * translated. Callbacks come from the loop.
 */
#ifndef KUBE_LOGS_H
#define KUBE_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

struct kube_client;
struct pod_log;

struct log_line_view {
	const char *timestamp;	/* RFC 3339 as the kubelet writes it; "" for its own remarks. Borrowed */
	const char *text;	/* NUL-terminated, may hold NULs inside; borrowed */
	size_t length;
	bool cut;		/* it was longer than the maximum */
};

struct pod_log_request {
	const char *name_space;
	const char *pod;
	const char *container;	/* NULL: the only one */
	bool follow;
	bool previous;		/* the instance before; not with follow */
	long tail_lines;	/* the last lines only; negative: all that is kept */
	long since_seconds;	/* 0: no limit */
	size_t line_maximum;	/* 0 = 16 KiB */
	size_t bytes_maximum;	/* asked of the server, when not following; 0 = 8 MiB */
	void (*on_line)(void *data, const struct log_line_view *line);
	/* A followed log was cut off and is opened again (err), or is open (NULL). May be NULL. */
	void (*on_link)(void *data, const struct err *err);
	/*
	 * Once, last, unless cancelled. err NULL: everything was read, or the
	 * followed container has ended.
	 */
	void (*on_done)(void *data, const struct err *err);
	void *data;
};

int pod_log_start(struct kube_client *client, const struct pod_log_request *request, struct pod_log **ret_log,
		  struct err *err);
/* No callback any more. NULL is fine. */
void pod_log_cancel(struct pod_log *log);

#endif
