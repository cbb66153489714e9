/*
 * What the screen and the one-shot commands share: one loop, one client of
 * one context, runbooks, the watched cluster, symptoms and evidence. For
 * --demo it also owns the simulated cluster's process.
 *
 * session_open() starts everything and returns; the link may still fail: the
 * console starts anyway and shows it (kube_link(), snapshot_collection()).
 */
#ifndef TUI_SESSION_H
#define TUI_SESSION_H

#include <stdbool.h>

#include "probes/base/clock.h"
#include "probes/kube/client.h"
#include "probes/model/cluster.h"
#include "probes/model/collect.h"
#include "probes/net/loop.h"
#include "probes/symptoms/symptoms.h"
#include "tui/command.h"

struct node_access;
struct node_door;
struct node_evidence;
struct node_survey;

struct session {
	const struct invocation *invocation;
	struct loop *loop;
	struct kube_client *client;
	struct field_set fields;
	struct runbook_set *runbooks;
	struct cluster *cluster;
	struct evidence_store *evidence;
	struct collector *collector;
	struct node_access *nodes;	/* how nodes are reached; NULL of a client alone */
	struct node_evidence *node_evidence;	/* what runbooks read there; NULL: SSH is not configured */
	struct node_door *node_door;	/* for the steps of a confirmed plan */
	struct node_survey *survey;	/* what the nodes' own checks say; NULL: they cannot be read */
	struct worker *disk;		/* the thread that writes journal and history; NULL of a bare session */
	struct history *history;	/* NULL: of --demo nothing is kept, or it cannot be used (the log says why) */
	struct symptoms *symptoms;
	struct verified *verified;	/* runs that are watched after their verification; NULL: no state folder */
	int64_t update_at;		/* wall time of the next needed symptoms_update(); 0 none */
	struct demo *demo;		/* NULL but for --demo */
	uint64_t seen_snapshot;		/* versions at the last symptoms_update() */
	uint64_t seen_evidence;
	bool seen_complete;		/* whether all lists were there then */
	int64_t updated_ms;		/* monotonic time of the end of that update, */
	int64_t update_cost_ms;		/* and what it took */
	uint64_t updates;		/* how many there were */
	bool watches_nodes;
	int64_t nodes_ms;		/* monotonic time of the last look at who is to be asked */
	int64_t swept_at;		/* wall time when evidence was last swept */
	enum err_code seen_link;
	struct clock_reading clocks;	/* as they were at the end of the last turn */
	int64_t slept_ms;		/* missed in the last sleep; whoever says so sets it to 0 */
	int terminal;			/* lent to a credential plugin; 0: not */
	bool interrupted;		/* set by whoever takes the signals: session_wait() gives up */
};

struct session_options {
	const char *const *only;	/* ids; NULL: all */
	bool watches_nodes;		/* asks the nodes over SSH by itself, where that is configured */
	bool client_only;		/* no runbooks, no watches: only loop and client are there */
	const struct kube_terminal *terminal;	/* NULL: standard input's, where commands run on one */
	const char *context;		/* instead of the flag's: an explicit switch on the screen; NULL: the flag's */
};

/* An unusable kubeconfig or configuration fails here (exit code 1); a server that cannot be reached does not. */
int session_open(const struct invocation *invocation, const struct session_options *options,
		 struct session **ret_session, struct err *err);
void session_close(struct session *session);
/*
 * Of a session with a client alone: watches the nodes and nothing else, waits
 * for them at most --wait seconds, and reads the checks. 0, or -1 with the
 * layer that failed.
 */
int session_watch_nodes(struct session *session, struct err *err);
/*
 * One turn of the loop, then symptoms and collection when something changed:
 * the first change at once, then so seldom that many changes cost little more
 * than their last state. Returns true if something is to be shown.
 */
bool session_turn(struct session *session, int max_wait_ms);
/*
 * Turns until the first picture is complete and the evidence it asks for is
 * in, at most --wait seconds. 0, or -1 with the layer that failed.
 */
int session_wait(struct session *session, struct err *err);

#endif
