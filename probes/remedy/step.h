/*
 * Step types: one file a type, ending in one const struct step_ops, listed
 * in step_types.c. A step of a runbook ("steps" in assets/runbook.schema.json)
 * names its type.
 *
 * plan()   fills step->shown, step->touched and what permissions it needs,
 *          from targets that were read; no requests. A step that has nothing
 *          to set gets state STEP_SKIPPED.
 * start()  carries it out and ends, sooner or later, in run_step_finished().
 * stop()   the operator wants it to end now: a wait ends at once, a request
 *          under way is left alone. May be NULL.
 */
#ifndef REMEDY_STEP_H
#define REMEDY_STEP_H

#include <stdbool.h>

#include "probes/base/buffer.h"
#include "probes/remedy/change_private.h"

/* Before or after the step, or neither: somebody else was there. */
enum step_match { MATCH_BEFORE, MATCH_AFTER, MATCH_OTHER };

struct step_ops {
	const char *type;
	bool needs_target;
	bool takes_absence;	/* the target need not be there */
	bool is_irreversible;	/* where the runbook does not say otherwise */
	bool is_work;		/* it is something to do, though it sends no request of its own */
	bool is_planned_last;	/* by what the other steps need */
	bool only_tells;	/* it is nothing to do: a text */
	/* Notes images that the registries are asked for before plan(), where that decides. May be NULL. */
	void (*prepare)(struct change *change, struct plan_step *step);
	int (*plan)(struct change *change, struct plan_step *step, struct err *err);
	void (*start)(struct change *change, struct plan_step *step);
	void (*stop)(struct change *change, struct plan_step *step);
	/*
	 * The request's body, where it is not the one that is shown: is_real with the secrets, else with words in their
	 * place that the server takes for a dry run. The caller frees it with secret_free(). May be NULL.
	 */
	char *(*body)(const struct change *change, const struct plan_step *step, bool is_real);
	/* How the target looks (NULL: it is gone) against what the step does. NULL: by the touched fields. */
	enum step_match (*match)(const struct plan_step *step, const json_t *document);
	/* The dry run, where it is not that of the step's one request. May be NULL. */
	void (*preview)(struct change *change, struct plan_step *step);
	/* What it works on besides its target is still what was previewed, by what is watched. May be NULL. */
	bool (*is_bound)(const struct change *change, const struct plan_step *step);
	/* Names the requests besides the step's own one, to be permitted. May be NULL. */
	void (*permit)(const struct plan_step *step,
		       void (*allow)(void *data, const char *method, const char *path, const char *body), void *data);
};

/* NULL: no such type, or one that this version cannot carry out. */
const struct step_ops *step_type_find(const char *type);

/* What is sent: ops->body, else what is shown. Caller frees with secret_free(); NULL: no body. */
char *step_body(const struct change *change, const struct plan_step *step, bool is_real);
/* Sends the step's request with the token: intent, write, result, and a look where the answer was lost. step_write.c */
void step_write(struct change *change, struct plan_step *step);
/* What steps that wait share. Their deadline is "timeoutSeconds" of the definition, else the seconds given here. */
void step_wait_start(struct plan_step *step, int64_t otherwise_seconds);
void step_wait_finish(struct change *change, struct plan_step *step, enum step_state state, const char *outcome);
/* The operator waits no longer; outcome: a message id. */
void step_wait_stop(struct change *change, struct plan_step *step, const char *outcome);
/* The target as the steps before this one leave it. */
const json_t *step_document(const struct plan_step *step);
/* Adds {"path","before","after"} to the fields that the step touches. Takes both values; NULL = absent. */
void step_touch(struct plan_step *step, const char *path, json_t *before, json_t *after);
/*
 * The same for one item of a list at "list/index", with "item":true: it is taken out (after NULL) or added at the end
 * (before NULL). It is known again by its value, wherever in the list it is then.
 */
void step_touch_item(struct plan_step *step, const char *path, json_t *before, json_t *after);
/* The place in the list of an item of this value, or of this "name"; the list's length: there is none. */
size_t step_find_item(const json_t *list, const json_t *value);
size_t step_find_name(const json_t *list, const char *name);
/* How the target looks against step->touched. */
enum step_match step_match(const struct plan_step *step, const json_t *document);
/*
 * The server made another value of a field than was sent, by admission or in its own form: that is what is looked for
 * and undone. document: its answer to the request or to the dry run. True where something was learnt.
 */
bool step_learn(struct plan_step *step, const json_t *document);
/* The same by whatever rule the step's type has; of the answer to a GET of the target. */
enum step_match step_match_result(const struct plan_step *step, const struct kube_result *result);
/* "onlyAfter": nothing of what it comes after is done, so that there is nothing to do. Skips it then. */
bool step_is_for_nothing(struct change *change, struct plan_step *step);
/* A line of output, unless it is what was said last. */
void step_say_once(struct change *change, struct plan_step *step, const char *text);
/* Sets method, path, content type, body and the kubectl line of a JSON Patch. */
void step_set_patch(struct change *change, struct plan_step *step);
/* The time of the confirmation for "${now}" in what it sets. */
void step_fill_now(struct plan_step *step);
/* "deployment/web --namespace shop" of the target. */
void step_add_object_words(const struct plan_step *step, struct buffer *line);

#endif
