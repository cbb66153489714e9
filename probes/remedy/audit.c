/*
 * Audit to the cluster, where the configuration wants it ("audit":{"events":
 * true}): for each step that was done an Event on the object that it touched,
 * who did it, by which run. Written with the token of the run; one that
 * cannot be written is said and stops nothing.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/identity.h"
#include "probes/remedy/plan_check.h"

enum { NOTE_MAXIMUM = 1024, NAME_MAXIMUM = 200 };

/* Events of objects without a namespace are in "default", as client-go's recorder puts them. */
static const char *space_of(const struct target *target)
{
	return *target->name_space ? target->name_space : "default";
}

static char *collection_of(const struct target *target)
{
	auto_free char *name_space = kube_escape(space_of(target));

	return xasprintf("/api/v1/namespaces/%s/events", name_space);
}

static bool is_told(const struct plan_step *step)
{
	return step->target && step->shown.state != STEP_SKIPPED &&
	       (step->shown.method || step->pods || step->shown.argv);
}

void audit_ask(struct change *change, void (*add)(struct change *change, const struct access_question *question))
{
	for (size_t i = 0; change->context.audit_events && i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];
		struct access_question question = {.verb = "create", .group = "", .resource = "events",
						   .subresource = "", .name = ""};

		if (!is_told(step))
			continue;
		question.name_space = space_of(step->target);
		add(change, &question);
	}
}

void audit_judge(struct change *change)
{
	struct precondition *precondition;

	if (!change->context.audit_events)
		return;
	precondition = plan_add_precondition(
		change, change->context.translate("Events can tell on the objects what was done to them"), false);
	for (size_t i = 0; i < change->permission_count; i++) {
		const struct permission *permission = &change->permissions[i];

		if (permission->is_blocking || strcmp(permission->question.resource, "events") != 0 ||
		    permission->verdict == ACCESS_ALLOWED || precondition->ok == TRUTH_FALSE)
			continue;
		precondition->ok = permission->verdict == ACCESS_DENIED ? TRUTH_FALSE : TRUTH_UNKNOWN;
		free(precondition->reason);
		precondition->reason = change_say(change, "no right to create events in {namespace}", "namespace",
						  permission->question.name_space, NULL);
	}
}

void audit_permit(const struct change *change, struct write_token *token)
{
	for (size_t i = 0; change->context.audit_events && i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		/* The body holds times. */
		if (is_told(step)) {
			auto_free char *path = collection_of(step->target);

			write_token_permit(token, "POST", path, NULL);
		}
	}
}

/* In English, whatever the language of this console: others read it. No value of the plan is in it, so no secret. */
static char *note_of(const struct change *change, const struct plan_step *step)
{
	const struct kubeconfig_view *view = kube_client_view(change->context.client);
	const char *user = view->as_user ? view->as_user : view->user;
	CLEANUP(identity_release) struct identity identity;
	auto_free char *whole = NULL;

	identity_read(&identity);
	whole = xasprintf("nks-triage %s %s: step %d (%s) done by %s on %s as %s, run %s",
			  change->undo_of ? "undo of" : "fix of",
			  change->undo_of ? change->undo_of : change->runbook->id,
			  step->shown.number, step->shown.type, identity.user ? identity.user : "?",
			  identity.host ? identity.host : "?", user ? user : "?", change->run_id);
	return xstrndup(whole, NOTE_MAXIMUM);
}

static char *name_of(const struct target *target)
{
	unsigned char noise[6] = {0};

	(void)!getrandom(noise, sizeof(noise), 0);
	return xasprintf("%.*s.%02x%02x%02x%02x%02x%02x", NAME_MAXIMUM, target->name, noise[0], noise[1], noise[2],
			 noise[3], noise[4], noise[5]);
}

static char *event_body(const struct change *change, const struct plan_step *step)
{
	const struct target *target = step->target;
	auto_free char *version = *target->kind->group ? xasprintf("%s/%s", target->kind->group, target->kind->version)
						       : xstrdup(target->kind->version);
	auto_free char *note = note_of(change, step);
	auto_free char *name = name_of(target);
	json_t *event;
	char *text;
	char now[21];

	clock_format(clock_wall(), now);
	event = json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:s},"
			  " s:s, s:s, s:s, s:s, s:s, s:i, s:{s:s}}",
			  "apiVersion", "v1", "kind", "Event", "metadata", "name", name, "namespace", space_of(target),
			  "involvedObject", "apiVersion", version, "kind", target->kind->name, "namespace",
			  target->name_space, "name", target->name, "uid", step->shown.target_uid, "type", "Normal",
			  "reason", "Remediated", "message", note, "firstTimestamp", now, "lastTimestamp", now, "count",
			  1, "source", "component", "nks-triage");
	text = event ? json_dumps(event, JSON_COMPACT) : NULL;
	json_decref(event);
	return text;
}

static void on_written(struct change *change, void *data, const struct kube_result *result)
{
	const struct plan_step *step = data;
	auto_free char *why = NULL;
	auto_free char *text = NULL;

	if (result->code == ERR_NONE)
		return;
	why = change_say_err(change, &result->err);
	text = change_say(change, "no event tells of it: {reason}", "reason", why, NULL);
	change_output(change, step->shown.number, text);
}

void audit_step(struct change *change, struct plan_step *step)
{
	auto_free char *path = NULL;
	auto_free char *body = NULL;
	struct call_request request = {.door = CALL_WRITE, .method = "POST", .on_done = on_written, .data = step};

	if (!change->context.audit_events || !is_told(step) || !change->token)
		return;
	path = collection_of(step->target);
	body = event_body(change, step);
	if (!body)
		return;
	request.path = path;
	request.body = body;
	change_call(change, &request);
}
