/*
 * Answers that go on: watches and followed logs. While there is nothing to
 * send the connection is suspended; stream_wake() resumes it.
 */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/base/buffer.h"

struct cluster;
struct request;
struct MHD_Connection;

struct stream_ops {
	/*
	 * Adds what there is to send to stream->pending and sets stream->due.
	 * Returns false when the stream ends after that. The lock is held.
	 */
	bool (*fill)(void *context, struct buffer *pending, int64_t now_ms, int64_t *ret_due);
	void (*free)(void *context);
};

enum { STREAM_OF_NO_KIND = -1 };

/* Answers the request with a stream; kind says which changes wake it, or STREAM_OF_NO_KIND. Takes context. */
void stream_answer(struct request *request, const char *content_type, int kind, const struct stream_ops *ops,
		   void *context);
/* The lock is held for all of these. */
void stream_wake(struct cluster *cluster, int kind);
void stream_wake_all(struct cluster *cluster);
/* Wakes those whose time has come; returns the next time (monotonic ms), or INT64_MAX. */
int64_t stream_wake_due(struct cluster *cluster, int64_t now_ms);

#endif
