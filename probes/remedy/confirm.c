/* Confirmation: what was previewed, and nothing else, becomes permitted. */
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/step.h"
#include "probes/ssh/node_step.h"

bool change_needs_name(const struct change *change)
{
	if (change->context.is_protected || change->is_outside_maintenance || change->is_without_lock)
		return true;
	for (size_t i = 0; i < change->step_count; i++) {
		const struct step *step = &change->steps[i]->shown;
		bool acts = step->method || change->steps[i]->pods || step->argv;

		if (acts && step->state != STEP_SKIPPED && !step->reversible)
			return true;
	}
	return false;
}

const char *change_name_to_type(const struct change *change)
{
	const char *context = kube_client_view(change->context.client)->context;

	return context ? context : "";
}

int confirm_latch(const struct change *change, struct err *err)
{
	if (!change->context.read_only)
		return 0;
	err_set(err, ERR_REFUSED, "read-only: {reason}", "reason",
		change->context.read_only_reason ? change->context.read_only_reason : "--read-only", NULL);
	err_hint(err, "nothing overrides it: start again without it to change something", NULL);
	return -1;
}

static void allow(void *data, const char *method, const char *path, const char *body)
{
	write_token_permit(data, method, path, body);
}

static void make_token(struct change *change)
{
	change->token = write_token_new(change->digest);
	for (size_t i = 0; i < change->step_count; i++) {
		const struct step *step = &change->steps[i]->shown;
		char *body;

		if (change->steps[i]->ops->permit && step->state != STEP_SKIPPED)
			change->steps[i]->ops->permit(change->steps[i], allow, change->token);
		if (!step->method || step->state == STEP_SKIPPED)
			continue;
		step_fill_now(change->steps[i]);
		body = step_body(change, change->steps[i], true);
		write_token_permit(change->token, step->method, step->path, body ? body : "");
		secret_free(body);
	}
	audit_permit(change, change->token);
	/* Its Lease and its commands are permitted when the run has its id, which they bear. */
	change->node_token = node_token_new(change->digest);
}

static bool evicts_pods(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (json_array_size(change->steps[i]->pods))
			return true;
	}
	return false;
}

/*
 * Within one process the pods that were previewed are known, and fewer of them are fine (decisions.md 21). A digest
 * from another process is one number of them all: that some are gone cannot be told from it, and is a new preview.
 */
static int refuse_digest(const struct change *change, struct err *err)
{
	err_set(err, ERR_REFUSED, "the digest is not the one of this preview", NULL);
	if (evicts_pods(change))
		err_hint(err,
			 "the digest names every pod that is evicted: it is another one where a pod came, and also "
			 "where one has gone since; look at the preview again",
			 NULL);
	else
		err_hint(err, "the cluster or the plan changed: look at the preview again", NULL);
	return -1;
}

int change_confirm(struct change *change, const char *digest, const char *typed_name, struct err *err)
{
	if (change->state != CHANGE_PREVIEWED)
		return err_set(err, ERR_REFUSED, "there is no preview to confirm: the change is {state}", "state",
			       change_state_name(change->state), NULL);
	if (confirm_latch(change, err) < 0)
		return -1;
	if (!digest || strcmp(digest, change->digest) != 0)
		return refuse_digest(change, err);
	if (change_needs_name(change) && (!typed_name || strcmp(typed_name, change_name_to_type(change)) != 0))
		return err_set(err, ERR_REFUSED, "the name {name} has to be typed out", "name",
			       change_name_to_type(change), NULL);
	if (secret_missing(change)) {
		err_set(err, ERR_REFUSED, "the value of {name} was not given", "name", secret_missing(change), NULL);
		err_hint(err, "--secret-file {name}=PATH reads it from a file, {name}=- from the standard input",
			 "name", secret_missing(change), NULL);
		return -1;
	}
	make_token(change);
	change_move(change, CHANGE_CONFIRMED);
	return 0;
}
