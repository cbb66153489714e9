/*
 * A change: one fix of one finding, from plan to verification, the same
 * object on the screen and on the command line.
 *
 *   planning -> previewed -> confirmed -> running -> verifying -> verified         -> undone
 *        |          |            |           |           |-> not improved        (by another run)
 *     refused    refused      refused     stopped        '-> could not verify
 *                                         failed
 *
 * Everything is asynchronous in the loop; on_change is called whenever the
 * state, a step or the output moved; it must not free the change. Nothing is written to the cluster before
 * change_confirm() accepted the digest and change_run() was called; every
 * write goes through kube_write with the token of that confirmation
 * (decisions.md 20, 21, 23).
 */
#ifndef REMEDY_CHANGE_H
#define REMEDY_CHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/digest.h"
#include "probes/base/err.h"
#include "probes/kube/client.h"
#include "probes/model/cluster.h"
#include "probes/model/evidence.h"
#include "probes/symptoms/symptoms.h"

struct change;
struct journal;
struct node_runner;

enum change_state {
	CHANGE_PLANNING,		/* reading targets, access reviews, dry runs, registry checks */
	CHANGE_NOTHING_TO_DO,		/* every target has what the plan would set, or the finding is absent */
	CHANGE_REFUSED,			/* a precondition does not hold; see change_error() and preconditions */
	CHANGE_PREVIEWED,		/* can be confirmed */
	CHANGE_CONFIRMED,
	CHANGE_RUNNING,
	CHANGE_VERIFYING,
	CHANGE_VERIFIED,
	CHANGE_NOT_IMPROVED,
	CHANGE_COULD_NOT_VERIFY,
	CHANGE_STOPPED,			/* by the operator or a lost terminal, half way */
	CHANGE_FAILED,			/* a step failed; what was done stays done */
	CHANGE_UNDONE,			/* in the journal: another run has taken it back */
};

/* What the engine works with; all borrowed, must outlive the change. */
struct change_context {
	struct loop *loop;
	struct kube_client *client;
	struct cluster *cluster;
	struct evidence_store *evidence;
	struct symptoms *symptoms;
	const struct runbook_set *runbooks;
	struct journal *journal;		/* NULL: plan and preview only */
	const char *const *deny_objects;	/* patterns "Kind/namespace/name"; NULL-terminated; may be NULL */
	const char *const *registries;		/* more hosts that registry checks may ask; may be NULL */
	bool read_only;				/* a latch: running is refused */
	const char *read_only_reason;		/* where the latch comes from, for the message */
	bool is_protected;			/* the context needs its name typed */
	const json_t *maintenance;		/* windows (maintenance.h): outside, the name is needed; NULL: none */
	const char *kubeconfig;			/* as given with --kubeconfig, for the kubectl lines; NULL: not given */
	const char *(*translate)(const char *id);
	const char *language;
	bool audit_events;			/* an Event on each object that a step touched */
	const char *state_dir;			/* holds the key for digests of secrets; NULL: one of its own */
	const struct node_runner *nodes;	/* node_runner.h; NULL: no command runs on a node from here */
	const char *const *settings;		/* parameters as "NAME=VALUE", NULL-terminated; may be NULL */
	const char *alternative;		/* id of one of the runbook's "alternatives"; NULL: the first */
};

enum step_state { STEP_PENDING, STEP_RUNNING, STEP_DONE, STEP_SKIPPED, STEP_FAILED };

/* One line of the difference that the server's dry run makes; masked values are "<redacted>". */
struct step_diff {
	char *path;		/* "/spec/template/spec/containers/0/image" */
	char *before;		/* JSON text; "" when absent */
	char *after;
	bool by_server;		/* no step asked for it: a default, or what admission adds or makes of the request */
	char *asked;		/* by_server: what was asked for in its place; NULL: nothing */
};

/* A command on a node, as it is sent. */
struct step_command {
	char **argv;		/* NULL-terminated */
	char *note;		/* what it is for, in the chosen language */
	bool sudo;
};

struct step {
	int number;			/* from 1 */
	char *type;			/* "patch-image", "wait-rollout", ... (schema of runbooks) */
	char *title;			/* in the chosen language */
	char *target;			/* "DaemonSet/kube-system/calico-node" */
	char *target_uid;
	char *why;
	bool reversible;
	int expected_seconds;
	char *method;			/* NULL: sends no request that changes anything */
	char *path;
	char *content_type;
	char *body;
	char *each_request;		/* sent once for each object of diff, with {places}; NULL: none is */
	struct step_diff *diff;
	size_t diff_count;
	char *cannot_preview;		/* why there is no preview; NULL when there is one */
	char *kubectl;			/* the line that does the same by hand: kubectl or ssh */
	char *owner_note;		/* other field managers of the touched fields; NULL none */
	char *instruction;		/* what a person has to do, or is advised to; NULL: nothing */
	char *doing;			/* what it said last while it runs; NULL: nothing yet */
	char *watched;			/* what it waits for now, in the chosen language; NULL: it waits for nothing */
	char *node;			/* where a command runs; NULL: it is none */
	char **argv;			/* of the command that does it, as decisions.md 31 sends it; NULL: none */
	struct step_command *commands;	/* all that may be run there, in order, that one among them */
	size_t command_count;
	char *content;			/* of a file that is put on the node; NULL: none */
	char *unified;			/* the difference that it makes, as diff -u; NULL: none */
	enum step_state state;
	int64_t started_ms;		/* monotonic; 0 not yet */
	int64_t ended_ms;
	char *outcome;			/* one line; NULL not yet */
	int progress;			/* 0..100, -1 unknown */
	int wave;			/* of a batch: 1 canary, 2 share, 3 rest; 0: it belongs to none */
	int unit;			/* of a batch: which target, from 1; of unit_count */
	int unit_count;
};

struct precondition {
	char *text;
	enum truth ok;			/* unknown: could not check; see reason */
	char *reason;
	bool is_blocking;		/* unknown or false refuses the run */
};

struct blast_radius {
	size_t nodes;
	size_t pods;
	size_t workloads;
	size_t pdb_blocked;		/* disruption budgets that cover these pods and allow none now */
	int expected_seconds;		/* of all steps, and of holding the result; 0 unknown */
};

/* One sentence about what the plan reaches, in the chosen language. */
struct effect {
	char *text;
	bool is_warning;		/* something is lost, stops, or may be held up */
};

struct output_line {
	int64_t wall_ms;
	int step;			/* 0: the run itself */
	char *text;			/* raw */
};

/*
 * Copies the finding's identity. target NULL: all objects of the finding. finding NULL: there is none, so
 * that there is nothing to do.
 */
struct change *change_new(const struct change_context *context, const struct runbook *runbook,
			  const struct finding *finding, const char *target,
			  void (*on_change)(void *data), void *data);
/*
 * Takes back what a run did: puts back the fields that its steps replaced, in
 * reverse order, where they still are what the run made of them. run is an
 * entry of journal_runs(), borrowed for the call. Planned, previewed,
 * confirmed and run like any other change.
 */
struct change *change_new_undo(const struct change_context *context, const struct runbook *runbook, const json_t *run,
			       void (*on_change)(void *data), void *data);
/*
 * What is left of a run that stopped, or whose process ended: planned from what the cluster shows. What the journal
 * says of a step that was under way is compared with the cluster: a step that happened is not done again. An undo
 * that stopped is gone on with as one. finding: stands for the objects of the run. undone: the run that an undo takes
 * back, NULL for a fix. All are borrowed for the call.
 */
struct change *change_new_resume(const struct change_context *context, const struct runbook *runbook,
				 const struct finding *finding, const json_t *run, const json_t *undone,
				 void (*on_change)(void *data), void *data);
void change_free(struct change *change);

enum change_state change_state(const struct change *change);
/* False: it was planned without one, to be read; it cannot be carried out. */
bool change_has_journal(const struct change *change);
/* When it came to its end, verification included; monotonic, 0 not yet. */
int64_t change_ended_ms(const struct change *change);
const char *change_state_name(enum change_state state);
const struct err *change_error(const struct change *change);
const struct runbook *change_runbook(const struct change *change);
const char *change_run_id(const struct change *change);	/* "" before it runs */
const char *change_digest(const struct change *change);	/* "" before it is previewed */
size_t change_step_count(const struct change *change);
const struct step *change_step_at(const struct change *change, size_t index);
size_t change_precondition_count(const struct change *change);
const struct precondition *change_precondition_at(const struct change *change, size_t index);
const struct blast_radius *change_blast_radius(const struct change *change);
/* What the plan brings about besides what it sets: as sentences, and with the counts as the object of plan -o json. */
size_t change_effect_count(const struct change *change);
const struct effect *change_effect_at(const struct change *change, size_t index);
/* Objects that the plan touches, as in plan -o json; borrowed. */
size_t change_object_count(const struct change *change);
const struct finding_object *change_object_at(const struct change *change, size_t index);
/* ids of conflicting runbooks with a reason in the chosen language; borrowed text. */
size_t change_conflict_count(const struct change *change);
const char *change_conflict_at(const struct change *change, size_t index);
const char *change_undo(const struct change *change);	/* "full", "partial", "none" */
/* An undo put everything back, and what was put back does not become ready: change_error() says why. */
bool change_stands_still(const struct change *change);
/* The run that it takes back, or goes on with; NULL: none. Borrowed. */
const char *change_undo_of(const struct change *change);
const char *change_resume_of(const struct change *change);
/* The way that was chosen of the runbook's "alternatives"; NULL: it has none. Borrowed. */
const char *change_alternative(const struct change *change);
/* A protected context, an irreversible step, or a time outside the maintenance windows. */
bool change_needs_name(const struct change *change);
const char *change_name_to_type(const struct change *change);
/* How long any console of this machine watches after a verified run whether it stays so; 0: not at all. */
int change_watch_seconds(const struct change *change);
/*
 * Where to look next when it did not improve: what else was seen on the same objects then, and what the fix may have
 * brought about.
 */
struct hypothesis {
	char *id;		/* of an entry or a general symptom */
	char *why;		/* in the chosen language */
};
size_t change_hypothesis_count(const struct change *change);
const struct hypothesis *change_hypothesis_at(const struct change *change, size_t index);
size_t change_output_count(const struct change *change);
const struct output_line *change_output_at(const struct change *change, size_t index);
/*
 * The lines of /etc/sudoers.d that grant the commands of the plan, and nothing else, to who logs in on the nodes; "":
 * it has none. Caller frees.
 */
char *change_sudoers(const struct change *change);
/* NHN's notice about changing nodes, in the chosen language, where a step does that; NULL: none does. Borrowed. */
const char *change_node_notice(const struct change *change);
/* interfaces.md: plan -o json. New reference. */
json_t *change_plan_json(const struct change *change);

/*
 * Values that the plan needs and nobody may see: passwords, tokens. They are given between preview and confirmation,
 * live in memory alone, and are wiped with the change; no text of the change holds them.
 */
size_t change_secret_count(const struct change *change);
const char *change_secret_name(const struct change *change, size_t index);
const char *change_secret_description(const struct change *change, size_t index);	/* in the chosen language */
bool change_secret_is_given(const struct change *change, size_t index);
/* Copies the value. Refuses names that the plan has not, and what is not one line of text. */
int change_give_secret(struct change *change, const char *name, const char *value, struct err *err);

/* Refuses (ERR_REFUSED) a digest that is not the previewed one, a name that is not the one to type, a latch. */
int change_confirm(struct change *change, const char *digest, const char *typed_name, struct err *err);
/* Starts the confirmed run: journal, lease, steps, verification. */
int change_run(struct change *change, struct err *err);
enum change_stop { STOP_AFTER_STEP, STOP_NOW };
void change_stop(struct change *change, enum change_stop how, const char *reason);
/* A request of this change reached the cluster, or nobody knows that it did not. */
bool change_wrote_anything(const struct change *change);
/* It has; or a step failed of what an earlier run began, and this one goes on with. */
bool change_is_half_way(const struct change *change);
/* No step is under way and none will start: it can be freed without a trace left half written. */
bool change_is_settled(const struct change *change);

#endif
