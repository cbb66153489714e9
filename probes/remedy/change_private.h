/*
 * A change, as the files of the engine see it: plan*.c make it, check*.c
 * judge it, run.c, lease.c and verify.c carry it out. Nothing above remedy
 * includes this.
 *
 * All requests go through change_call(), which knows them all: when the
 * change is freed none calls back.
 */
#ifndef REMEDY_CHANGE_PRIVATE_H
#define REMEDY_CHANGE_PRIVATE_H

#include "probes/kube/record.h"
#include "probes/net/loop.h"
#include "probes/remedy/change.h"
#include "probes/remedy/journal.h"
#include "probes/remedy/registry.h"

struct call;
struct map;
struct pending_image;
struct step_ops;
struct lease;
struct rooms;
struct node_call_entry;
struct space_question;
struct node_part;
struct node_token;

/* An object that the plan works with, read live. */
struct target {
	const struct kind *kind;
	char *name_space;
	char *name;
	char *label;		/* "DaemonSet/kube-system/calico-node" */
	char *path;		/* of the API, without query */
	json_t *document;	/* NULL: not read */
	json_t *planned;	/* as the steps planned so far would leave it; NULL: as it is */
	struct err err;		/* why not */
};

struct plan_step {
	struct step shown;
	struct change *change;
	const struct step_ops *ops;
	const json_t *definition;	/* borrowed from change->document */
	const char *id;
	struct target *target;		/* NULL: none */
	/* Array of {"path","before","after"}: the fields that the request sets; null = absent. */
	json_t *touched;
	json_t *pods;			/* that it evicts: [{"namespace","name","uid"}]; NULL: none */
	size_t pod_index;		/* of the next one */
	struct node_part *part;		/* node_part.h: of a step on a node; NULL: it is none */
	json_t *secret_body;		/* what is really sent where shown.body is masked; NULL: that itself */
	json_t *looked_for;		/* what "changed" was at the preview; NULL: the step has none */
	const json_t *resumed;		/* what the journal says of it in the run that is gone on with; NULL: nothing */
	bool was_done_before;		/* that run did it: the target shows it */
	bool was_written;		/* this run sent it and the server took it */
	bool was_refused;		/* the target is not what the preview showed */
	bool is_optional;
	bool was_left_out;		/* of a batch: its target could not be looked at */
	bool can_be_resumed;		/* it failed only because nobody did it in time */
	bool was_left_standing;		/* an undo waits no longer for what it put back to roll out: see the outcome */
	bool is_known_to_stand;		/* ... because something keeps its pods from being ready */
	bool follows;			/* it changes what an earlier step of the plan has changed */
	int attempts;
	char *refusal;			/* what the server said to the last attempt; NULL: it may have happened */
	char *reason;			/* why the last attempt did not end well, in the chosen language */
	enum err_code last_code;	/* of the last attempt */
	bool was_lost;			/* the answer to one of the attempts */
	int64_t pause_ms;		/* before the next attempt */
	int64_t deadline_ms;		/* monotonic; steps that wait */
	struct timer *timer;
	char *last_said;		/* last progress line, so that none is said twice */
	int64_t moved_ms;		/* monotonic; when that was */
	char *last_reasons;		/* why it stands still, as last said */
};

/* One access review that the plan needs. */
struct permission {
	struct access_question question;	/* its strings are borrowed from targets or static */
	bool is_blocking;
	enum access_verdict verdict;
	struct err err;
};

/* An image that the plan would set, and what its registry says. */
struct image_check {
	char *image;
	bool is_set;			/* by a step; else only a place that it might come from */
	bool was_asked;
	struct registry_query *query;	/* under way; NULL: not asked or answered */
	struct pending_image *pending;	/* what the query's answer is given to */
	enum registry_verdict verdict;
	struct err err;
};

/* A value that is asked for and never shown. */
struct secret {
	char *name;		/* of the parameter */
	char *value;		/* NULL: not given */
};

enum { SECRET_KEY_BYTES = 32 };

struct change {
	struct change_context context;
	const struct runbook *runbook;
	json_t *document;		/* parameters, preconditions, steps, verify, undo: the runbook's, or our own */
	const char *undo_of;		/* the run that is taken back, in document; NULL: an ordinary fix */
	char *resume_of;		/* the run that it goes on with; NULL: none */
	bool was_interrupted;		/* that run ended without a word */
	char *ended_run;		/* its process is known to be gone: its lock is not watched; or NULL */
	json_t *resumed_steps;		/* of the journal; NULL: none */
	json_t *resumed_plan;		/* as that run was confirmed; NULL: none */
	struct finding *finding;	/* our own copy; NULL: planned without one */
	char *only_target;		/* --target; NULL: all */
	bool names_object;		/* it is an object of the finding, not what a step changes */
	void (*on_change)(void *data);
	void *on_change_data;

	enum change_state state;
	int64_t ended_ms;		/* monotonic; 0: it goes on */
	struct err err;
	struct call *calls;

	json_t *parameters;		/* name -> string */
	struct target **field_objects;	/* that parameters are read from */
	size_t field_object_count;
	void (*when_fields_read)(struct change *change);
	struct target **targets;
	size_t target_count;
	struct plan_step **steps;
	size_t step_count;
	struct precondition *preconditions;
	size_t precondition_count;
	struct permission *permissions;
	size_t permission_count;
	struct secret *secrets;
	size_t secret_count;
	unsigned char secret_key[SECRET_KEY_BYTES];	/* for digests of secrets */
	bool has_secret_key;
	struct image_check *images;
	size_t image_count;
	struct finding_object *objects;	/* that the plan touches */
	size_t object_count;
	struct blast_radius blast_radius;
	bool is_outside_maintenance;	/* at the time of planning */
	char **conflicts;
	size_t conflict_count;
	json_t *budgets;		/* PodDisruptionBudgets of the namespaces touched */
	json_t *impact;			/* what the plan reaches (plan_impact.h) */
	json_t *moving;			/* pods that are evicted or deleted (plan_impact.h) */
	json_t *claims;			/* of those that are evicted */
	struct rooms *rooms;		/* nodes that may take them; NULL: none are evicted */
	struct effect *effects;
	size_t effect_count;
	int pending;			/* answers that planning still waits for */
	void (*when_answered)(struct change *change);	/* next phase of planning */
	char digest[DIGEST_HEX_SIZE];

	struct output_line *output;
	size_t output_count;
	size_t output_dropped;

	char run_id[40];
	bool was_begun;			/* the journal knows the run */
	bool waits_for_journal;		/* for the intent of the current step */
	int64_t verify_started;		/* wall; 0: it was not */
	struct write_token *token;
	struct node_token *node_token;
	struct node_call_entry *node_calls;
	struct space_question *space_questions;
	struct lease *lease;
	struct timer *timer;		/* of the run itself: verification, restarts of reads */
	size_t failed_units;		/* targets of a batch on which a step failed */
	size_t current;			/* index of the step under way */
	bool step_is_running;
	bool wrote_anything;
	bool is_ending;
	bool stop_wanted;
	enum change_stop stop_how;
	char *stop_reason;
	bool lease_is_lost;
	bool is_without_lock;		/* no right to Leases: the plan says so, and the name has to be typed */
	json_t *found_lock;		/* a Lease of somebody else on the same objects at the preview; NULL: none */
	enum change_state end_state;
	int64_t verify_deadline_ms;
	int64_t held_since_ms;		/* monotonic; 0: the signature holds still */
	struct hypothesis *hypotheses;
	size_t hypothesis_count;
	bool stands_still;		/* what an undo put back: every field is what it was, its pods are not ready */
	bool is_proving;		/* what verification rests on is listed anew */
	bool proof_kinds[KIND_COUNT];
	uint64_t proof_lists[KIND_COUNT];	/* collection's lists when that was asked for */
	int64_t proof_started_ms;
};

/* change_state.c: the only function that sets change->state; a move that the drawing lacks is a bug. */
bool change_may_move(enum change_state from, enum change_state to);
void change_move(struct change *change, enum change_state to);
/* The same by names, as the journal holds them. What is no name follows nothing. */
bool change_state_may_follow(const char *from, const char *to);
bool change_has_ended(const struct change *change);

/* change_text.c */
char *change_say(const struct change *change, const char *id, ...) __attribute__((sentinel));
char *change_say_message(const struct change *change, const struct message *message);
/* "what (hint)" in the chosen language. */
char *change_say_err(const struct change *change, const struct err *err);
/* A text in languages, as runbooks hold it: {"en": …}; "" where there is none. Borrowed. */
const char *change_localized(const struct change *change, const json_t *texts);
/* Adds a line to the output and calls on_change. step: 0 or its number. */
void change_output(struct change *change, int step, const char *text);
void change_changed(struct change *change);

/*
 * change_call.c. on_done is called exactly once, from the loop or (where the
 * door refuses) at once, unless the change is freed first; then free_data is.
 */
enum call_door { CALL_READ, CALL_ASK, CALL_WRITE };
struct call_request {
	enum call_door door;
	const char *method;
	const char *path;
	const char *content_type;
	const char *body;
	size_t body_maximum;
	void (*on_done)(struct change *change, void *data, const struct kube_result *result);
	void *data;			/* borrowed; lives in the change */
};
void change_call(struct change *change, const struct call_request *request);
/* Drops the calls of this data without a callback; NULL: all. */
void change_cancel_calls(struct change *change, const void *data);

/* plan.c */
void plan_start(struct change *change);
/* One answer of planning came. */
void plan_answered(struct change *change);

/* plan_target.c. Resolves a target of a definition; the same object gives the same struct. */
struct target *plan_target_get(struct change *change, const struct kind *kind, const char *name_space,
			       const char *name);
int plan_target(struct change *change, const json_t *definition, const struct finding_object *object,
		struct target **ret_target, struct err *err);
void target_free(struct target *target);
/* Fills places {name} with parameters, and {namespace} {name} {node} with the object's. Caller frees. */
int plan_fill(const struct change *change, const char *text, const struct finding_object *object, char **ret_text,
	      struct err *err);

/* plan_each.c: the targets of a definition, one or ("each") several. Caller frees items. */
struct target_list {
	struct target **items;
	size_t count;
};
int plan_targets(struct change *change, const json_t *definition, const struct finding_object *object,
		 struct target_list *ret_list, struct err *err);
/* --target names an object of the finding, rather than what a step changes. */
bool plan_names_object(const struct change *change);
/* The object that places speak of: the first of the runbook's subject. NULL: planned without a finding. */
const struct finding_object *plan_subject(const struct change *change);
/* The node that an object is or runs on; NULL: none is known. */
const char *plan_node_of(const struct change *change, const struct finding_object *object);

/* plan_step.c: the steps of the document, without their content. */
int plan_make_steps(struct change *change, struct err *err);

/*
 * plan_batch.c. plan_batch() orders the steps that were made; plan_batch_leave_out() leaves out the targets that could
 * not be looked at, after all were planned. plan_batch_goes_on(): a step failed, and the run goes on without the rest
 * of its target's. plan_batch_is_whole(): nothing failed and nothing was left out, else err names where.
 */
void plan_batch(struct change *change);
void plan_batch_leave_out(struct change *change);
bool plan_batch_goes_on(struct change *change, const struct plan_step *failed);
bool plan_batch_is_whole(const struct change *change, struct err *err);

/* plan_parameter.c */
void plan_parameters(struct change *change);
/* context.settings name parameters of the runbook, with values that may be words of a command. */
/* The operator gave this parameter. */
bool plan_is_given(const struct change *change, const char *name);
/* The run that is gone on with had a value: it is the same change, whatever its objects say half way. */
bool plan_was_given(const struct change *change, const char *name);
int plan_settings_check(const struct change *change, struct err *err);
const char *plan_parameter(const struct change *change, const char *name);

/* plan_field.c: parameters from fields of the finding's objects; next is called when they are known. */
void plan_fields(struct change *change, void (*next)(struct change *change));

/* plan_check.c: preconditions. plan_check_ask() starts the questions, plan_check_judge() judges when all answered. */
void plan_check_ask(struct change *change);
void plan_check_judge(struct change *change);
bool plan_is_blocked(const struct change *change, const struct precondition **ret_first);
struct precondition *plan_add_precondition(struct change *change, const char *text, bool is_blocking);
void plan_permission(struct change *change, const char *verb, const struct target *target, const char *subresource);
/* Of any object of the kind in a namespace; the strings are borrowed from the plan. */
void plan_permission_named(struct change *change, const char *verb, const struct kind *kind, const char *name_space,
			   const char *subresource);

/*
 * check_condition.c: a condition inside the runbook's document, asked of a target ("target" of a precondition), or
 * where that is NULL of the finding's object. *ret_reason (the caller's, may be NULL) says why it is not true.
 */
enum truth plan_condition(struct change *change, const json_t *condition, const json_t *target, char **ret_reason);
/* The same asked of a target that a step has; NULL: of the cluster as a whole. */
enum truth plan_condition_of(struct change *change, const json_t *condition, const struct target *target,
			     char **ret_reason);

/* The same asked of a record of the kind that the condition was compiled for. */
enum truth plan_condition_record(struct change *change, const json_t *condition, const struct record *record,
				 char **ret_reason);

/* check_registry.c: images that the plan may set. NULL: it was not noted. Pointers are good until the next note. */
struct image_check *registry_image(const struct change *change, const char *image);
void registry_note_image(struct change *change, const char *image);
/* Asks for all that were not asked for yet; counts as answers that planning waits for. */
void registry_ask_noted(struct change *change);

/* check_space.c */
void space_questions_free(struct change *change);

/* secrets.c */
void secret_need(struct change *change, const char *name);
const char *secret_value(const struct change *change, const char *name);	/* NULL: not given, or none */
/* The first that was not given; NULL: all were. */
const char *secret_missing(const struct change *change);
/* "hmac:…" of bytes that nobody may see. The key is made when there is none. */
int secret_digest(struct change *change, const char *bytes, size_t n, char **ret_text, struct err *err);
void secrets_release(struct change *change);
/* Overwrites every text in it, then lets go of it. NULL is fine. */
void secret_json_free(json_t *value);

/* plan_shadow.c: the target as a planned step leaves it, for the steps after it. */
void plan_shadow(struct plan_step *step);

/* plan_impact.c: blast radius, budgets, conflicts. */
void plan_impact_ask(struct change *change);
void plan_impact_judge(struct change *change);
void plan_conflicts(struct change *change);
/* plan_room.c. NULL is fine. */
void room_free(struct rooms *rooms);

/* plan_preview.c: the dry run of one step that sends a request. */
void plan_preview(struct change *change, struct plan_step *step);

/* plan_admission.c: which lines of the difference the step did not ask for. */
void plan_mark_admission(struct plan_step *step);

/* plan_digest.c; decisions.md 21. New reference. */
json_t *plan_binding(const struct change *change);
void plan_digest(struct change *change);

/* confirm.c */
int confirm_latch(const struct change *change, struct err *err);

/* run.c */
void run_step_finished(struct change *change, struct plan_step *step, enum step_state state, const char *outcome,
		       const char *audit_id);
/* The object that the step made is there: the journal learns its uid. */
void run_step_made(struct change *change, struct plan_step *step, const json_t *document);
/* step->touched once more, when the step learnt something that its undo needs. */
void run_step_image(struct change *change, const struct plan_step *step);
/* Nothing more is written; the lease is let go; then the state is moved. err may be NULL. */
void run_end(struct change *change, enum change_state state, const struct err *err);
/* The run that this one goes on with, or takes back, goes on no more; why: a message id. */
void run_note_abandoned(const struct change *change, const char *why);

/* lease_take.c: on_taken is called when the objects are ours, or where no lock can be had; else the run is ended. */
void lease_take(struct change *change, void (*on_taken)(struct change *change));
/*
 * lease.c. Before each step that changes something: true where the lock is held, or was never to be had. Else it is
 * renewed first and on_proven called, or the run ended.
 */
bool lease_may_write(struct change *change, void (*on_proven)(struct change *change));
/* It cannot have been taken over by somebody else yet. */
bool lease_is_fresh(const struct change *change);
/* Says that it is not; -1. */
int lease_stale(struct err *err);
bool lease_owns_call(const struct change *change, const void *data);
/* Who holds it, which run, how far. Caller frees. */
char *lease_holder_text(const struct change *change, const json_t *document);
/* lease_look.c: for the plan, whether somebody works on the same objects; planning waits for the answer. */
void lease_look(struct change *change);
void lease_judge(struct change *change);
/* The lock is waited for: one of somebody else is watched, or our own has to be renewed first. */
bool lease_is_watching(const struct change *change);
/* Lets go of it, if it is held, else takes it no more; on_released is always called. */
void lease_release(struct change *change, void (*on_released)(struct change *change));
void lease_free(struct lease *lease);

/* audit.c: Events on what was touched, where the configuration wants them. */
void audit_ask(struct change *change, void (*add)(struct change *change, const struct access_question *question));
void audit_judge(struct change *change);
void audit_permit(const struct change *change, struct write_token *token);
/* The step was done. */
void audit_step(struct change *change, struct plan_step *step);

/* verify.c */
void verify_start(struct change *change);
void verify_stop(struct change *change);
/* hypothesis.c: fills change->hypotheses. */
void hypotheses_make(struct change *change);
void hypotheses_release(struct change *change);
/* verify_undo.c: the fields are what they were before the run that was taken back. */
void verify_undo_start(struct change *change);

/* undo.c: steps that put back what a run of the journal replaced. New reference. */
json_t *undo_document(const struct change *change, const json_t *run);
/* The uid that a JSON Patch is bound to; "": none. Borrowed from the body. */
const char *undo_request_uid(const json_t *body);
/* Array of texts: what a run with these steps ("type", "title", "target", "state", "before") leaves behind. */
json_t *undo_leaves(const struct change *change, const json_t *steps);

/* resume.c: the run that is gone on with did this step; it is skipped then. */
bool resume_has_done(struct change *change, struct plan_step *step);
/* Controllers of which that run had a first pod made anew: the pods that are left are "the others". */
void resume_controllers(const struct change *change, struct map *owners);

/* finding_copy.c; finding.h releases both. */
struct finding *finding_copy(const struct finding *finding);
struct finding_object object_key_make(const char *kind, const char *name_space, const char *name, const char *uid);

#endif
