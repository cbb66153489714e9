/*
 * What loop.c, http*.c and job.c share. For probes/net/ only.
 */
#ifndef NET_LOOP_PRIVATE_H
#define NET_LOOP_PRIVATE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/net/loop.h"

struct http_slot;
struct job;

struct loop {
	CURLM *multi;
	struct timer **timers;		/* binary heap by (due_ms, sequence) */
	size_t timer_count;
	size_t timer_capacity;
	uint64_t timer_sequence;
	struct descriptor_watch **watches;
	size_t watch_count;
	size_t watch_capacity;
	struct curl_waitfd *waits;	/* as many as watches have room */
	bool in_turn;
	bool in_watches;		/* descriptor callbacks run: watches are only marked as cancelled */
	bool in_transfers;		/* libcurl is on the stack: its handles must not be touched */
	int callbacks;			/* called in this turn */
	struct http_slot *slots;	/* all transfers */
	int64_t forgotten_ms;		/* connections that are older are not used again; 0: all are good */
	struct job *jobs;		/* all children, cancelled ones too */
};

/* Moves all transfers on and reports those that ended (http.c). */
void http_run(struct loop *loop);
/* Frees all transfers, no callback (http.c). */
void http_end_all(struct loop *loop);
/* Ends and reaps all children, no callback (job.c). */
void job_end_all(struct loop *loop);

#endif
