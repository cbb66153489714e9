/*
 * What the views show: the data of a session, or of a test that filled a
 * snapshot by hand. Everything is borrowed and may be NULL where there is
 * nothing yet; records are good until the next turn of the loop.
 */
#ifndef TUI_WORLD_H
#define TUI_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/model/evidence.h"
#include "probes/model/snapshot.h"
#include "probes/symptoms/symptoms.h"
#include "tui/actions.h"
#include "widgets/glyph.h"
#include "widgets/keys.h"

struct buffer;
struct keymap;
struct node_survey;

/*
 * When what is shown is called old. A watch that says nothing is proven by a bookmark a minute (with some
 * delay), the link by any word of the server, which is asked for after kube_quiet_ms(): while that is answered
 * a quiet watch is no old one. A request without an answer is waited for in silence only for a moment.
 */
enum {
	OLD_AFTER_MS = 90000,		/* a pane, while the link is well */
	OLD_WITHOUT_LINK_MS = 5000,	/* a pane, while it is not */
	QUIET_AFTER_MS = 30000,		/* the link, while nobody asks */
	WAITING_AFTER_MS = 2000,
};

struct world {
	struct snapshot *snapshot;
	const struct symptoms *symptoms;
	const struct evidence_store *evidence;
	struct node_survey *survey;		/* what nodes say over SSH; NULL: nothing can be asked */
	struct runbook_set *runbooks;
	struct kube_client *client;		/* for what is read on demand */
	const struct kubeconfig_view *kubeconfig;
	const struct link_state *link;
	const char *server_version;		/* "" until known */
	const char *demo;			/* scenario, or NULL */
	const struct keymap *keymap;		/* what texts call the keys by */
	const char *name_space;			/* the only one that is looked at (--namespace); NULL: all */
	const char *const *system_namespaces;	/* NULL-terminated */
	const char *language;
	bool is_protected;			/* the context matches protectedContexts */
	enum glyph_set glyphs;
	int64_t now;				/* wall, seconds */
	int64_t now_ms;				/* monotonic */
};

/* The first key of an action as the operator set it, for texts. */
const char *world_key(const struct world *world, enum action action, char out[KEY_TEXT_SIZE]);
bool world_is_system(const struct world *world, const char *name_space);
/* "12m", or "" for a time that is not set. */
void world_age(const struct world *world, int64_t since, char *out, unsigned long size);
/* "14:01:58" in local time; "" for a time that is not set. */
void world_clock(int64_t wall, char *out, unsigned long size);
/* "2026-11-21 14:01:58 KST" of a time as the journal writes it; zone: with it. What is no time stays as it is. */
void world_moment(const char *rfc3339, bool zone, char *out, unsigned long size);
/*
 * Why a pane has no rows, or that its data is old: "" while the data is
 * current. A forbidden list names verb and resource. *ret_stale: show the
 * rows greyed.
 */
void world_note(const struct world *world, enum kind_id kind, struct buffer *out, bool *ret_stale);
/* Some list is under way for the first time: what is missing may still come. */
bool world_is_loading(const struct world *world);
/* The same for what is made of several kinds: how long ago the server last answered, while it does not. */
void world_link_note(const struct world *world, struct buffer *out, bool *ret_stale);
/* What a list without rows says: still listing, forbidden, unreachable, or that there is nothing. */
void world_empty(const struct world *world, enum kind_id kind, struct buffer *out);
/* "calico 3.24.1 · docker→containerd", as far as it is known. */
void world_facts(const struct world *world, struct buffer *out);
/* The title of a finding, after the name of its group. Caller frees. */
char *world_title(const struct world *world, const struct finding *finding);
/* A finding in one line: "calico-node 5/12 · Calico images cannot be pulled · calico-typha 0/3". */
void world_headline(const struct world *world, const struct finding *finding, struct buffer *out);
/* How the finding's objects stand now: "calico-node 5/12, calico-typha 0/3" ready, or "4 pods"; may be nothing. */
void world_finding_facts(const struct world *world, const struct finding *finding, struct buffer *out);
/*
 * How much of the beginning of each node's name says nothing, since all share
 * it: of pool-a-worker-1, pool-a-worker-2 the name "worker-1" tells them apart.
 */
size_t world_node_prefix(const struct world *world);
/* "Pod/web/api-1", "Node/n-1". Caller frees. */
char *world_object_name(const char *kind, const char *name_space, const char *name);

#endif
