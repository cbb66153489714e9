/*
 * What was there before: sightings of nodes and of Calico's controllers, kept
 * across restarts in STATE/history.db (guide E14: a node that came back under
 * its old name, while the controllers were restarted).
 *
 * A sighting is one life of an object: its uid, and for the controllers' pod
 * each start of its container. Memory holds them all (they are few); the file
 * gets what is new in one transaction every ten seconds at most, and when it
 * was last seen every five minutes. Memory is the loop's; the file is written
 * by the worker's thread (history_use()), without one at once.
 */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/kube/record.h"

struct history;

struct sighting {
	char *kind;		/* "Node", "Pod" */
	char *name;		/* a node's; "calico-kube-controllers" */
	char *uid;
	int64_t started;	/* created, or when the container started */
	int64_t first_seen;	/* wall, by a console of this machine */
	int64_t last_seen;
};

/* cluster: what tells this cluster from others, the server's URL. days: how long it is kept. */
int history_open(const char *state_dir, const char *cluster, int days, int64_t now, struct history **ret_history,
		 struct err *err);
struct worker;
/* Where it is written from now on; it must outlive the history. */
void history_use(struct history *history, struct worker *worker);
/* Writes what is new, and waits for that. NULL is fine. */
void history_free(struct history *history, int64_t now);
/* The record is there now. Records that history is not about are ignored. */
void history_see(struct history *history, const struct record *record, int64_t now);
/* It was deleted just now. */
void history_gone(struct history *history, const struct record *record, int64_t now);
/* In order of their first sighting here. */
size_t history_count(const struct history *history);
const struct sighting *history_at(const struct history *history, size_t index);

#endif
