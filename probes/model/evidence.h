/*
 * Evidence that a runbook asks for when its first signs hold (decisions.md 8,
 * "collect"): what was fetched once, with its value, age and verdict. The
 * store is pure data; collect.h fills it.
 *
 * A key names what was fetched: "get:/apis/apps/v1/…", "log:ns/pod/container",
 * "stats:node", "node:node [argv]", "node:node check disk".
 */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

enum evidence_type {
	EVIDENCE_GET,	/* one named object, as JSON; Secrets are reduced to derived facts by the collector */
	EVIDENCE_LOG,	/* the tail of a container's log, as text */
	/* the sizes of mounted claims, from the kubelet: {"volumes":{"ns/claim":{"capacityBytes":n,"usedBytes":n}}} */
	EVIDENCE_STATS,
	/*
	 * On a node: a reading command, {"exit":n,"text":"…"} (its standard output); or a shipped check, by what
	 * check_result_document() of probes/ssh/node_check.h says.
	 */
	EVIDENCE_NODE,
	/* of the connection: {"certificates":[{"what":…,"subject":…,"expiresAt":…,"secondsLeft":n}]} */
	EVIDENCE_CERTIFICATES,
};

struct evidence_request {
	enum evidence_type type;
	char *path;		/* GET: API path; LOG: "namespace/pod/container"; STATS, NODE: the node's name */
	int tail_lines;		/* LOG */
	bool previous;		/* LOG of the container before */
	const json_t *argv;	/* NODE; borrowed from the runbook; NULL: a check */
	const char *check;	/* NODE: name of a shipped check, borrowed from the runbook; NULL: a command */
	bool sudo;		/* NODE */
	bool is_untrusted;	/* NODE: of a runbook that nobody approved; it is not run */
};

struct evidence {
	char *key;
	json_t *document;	/* all but LOG; NULL when it failed */
	char *text;		/* LOG; NULL when it failed */
	enum err_code code;	/* ERR_NONE, or why it could not be had */
	struct err err;
	int64_t collected_at;	/* wall */
};

struct evidence_store;

struct evidence_store *evidence_store_new(void);
void evidence_store_free(struct evidence_store *store);
/* NULL: never asked. Borrowed until the next put. */
const struct evidence *evidence_get(const struct evidence_store *store, const char *key);
/* Takes document and text. */
void evidence_put(struct evidence_store *store, const char *key, json_t *document, char *text,
		  const struct err *err, int64_t now);
/* Everything is to be fetched anew: something was changed since, and old answers would tell of the time before. */
void evidence_forget(struct evidence_store *store);
/*
 * Forgets what nobody needs any more: what was collected more than a minute ago, and of the
 * rest all but the latest 64. Without it weeks of sick pods would stay.
 */
void evidence_store_sweep(struct evidence_store *store, bool (*is_needed)(void *data, const char *key), void *data,
			  int64_t now);
/*
 * Needs not be fetched again yet: answers live ten minutes, failures one
 * (a refused read is asked again as seldom as an answer).
 */
bool evidence_is_fresh(const struct evidence *evidence, int64_t now);
/* When it stops being fresh. */
int64_t evidence_stale_at(const struct evidence *evidence);
/* Grows with each put. */
uint64_t evidence_version(const struct evidence_store *store);
/* Every one, in no order; position starts at 0. NULL at the end. */
const struct evidence *evidence_next(const struct evidence_store *store, size_t *position);
/*
 * [{"key","collectedAt","document"|"text"|"error"}], by key: what `save` keeps and `report --from` reads again.
 * A new reference.
 */
json_t *evidence_store_to_json(const struct evidence_store *store);
/* Puts what such a list holds; what has another form is left out. */
void evidence_store_read_json(struct evidence_store *store, const json_t *list);
/* Caller frees. */
char *evidence_key(const struct evidence_request *request);

#endif
