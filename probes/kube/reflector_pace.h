/*
 * When to try again: the pace of client-go's reflector. Internal to
 * probes/kube/. Pure but for the random source.
 */
#ifndef KUBE_REFLECTOR_PACE_H
#define KUBE_REFLECTOR_PACE_H

#include <stdint.h>

enum {
	PACE_FIRST_MS = 800,
	PACE_MOST_MS = 30 * 1000,
	PACE_LEAST_MS = 100,		/* jitter may not make a hot loop */
	PACE_HEALTHY_MS = PACE_MOST_MS,	/* so long without failure, and the past is forgotten */
};

struct pace {
	int failures;
	int64_t healthy_since;	/* monotonic; 0: not healthy */
};

/* 0 .. bound - 1 */
uint32_t random_below(uint32_t bound);

void pace_note_healthy(struct pace *pace, int64_t now_ms);
/* A failure: milliseconds to wait, at least retry_after_ms (-1: the server named none). */
int64_t pace_after_failure(struct pace *pace, int64_t now_ms, int64_t retry_after_ms);
void pace_forget(struct pace *pace);

#endif
