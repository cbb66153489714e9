#include "tui/run_plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/session.h"

const char *run_text(const json_t *run, const char *key)
{
	const char *text = json_string_value(json_object_get(run, key));

	return text ? text : "";
}

/* A run belongs to one cluster: its journal entry says which. */
static int check_cluster(const struct session *session, const json_t *run, struct err *err)
{
	const char *server = kube_client_view(session->client)->server;

	if (strcmp(run_text(run, "server"), server ? server : "") == 0)
		return 0;
	return err_set(err, ERR_REFUSED, "run {id} changed the cluster at {server}, this is another one", "id",
		       run_text(run, "id"), "server", run_text(run, "server"), NULL);
}

/* It goes on in another process: taking it back or going on with it would be a second hand in it. */
static int check_ended(const json_t *run, struct err *err)
{
	if (strcmp(run_text(run, "state"), "running") != 0 && strcmp(run_text(run, "state"), "verifying") != 0)
		return 0;
	err_set(err, ERR_REFUSED, "run {id} goes on in another process", "id", run_text(run, "id"), NULL);
	err_hint(err, "stop it there, or wait until it has ended", NULL);
	return -1;
}

static int read_one(struct journal *journal, const char *run_id, json_t **ret_document, const json_t **ret_run,
		    struct err *err)
{
	if (journal_runs(journal, run_id, ret_document, err) < 0)
		return -1;
	*ret_run = json_array_get(json_object_get(*ret_document, "runs"), 0);
	if (*ret_run)
		return 0;
	err_set(err, ERR_NOT_FOUND, "there is no run {id} in the journal of this machine", "id", run_id, NULL);
	err_hint(err, "nks-triage runs lists them", NULL);
	return -1;
}

static int find_runbook(struct run_plan *plan, const struct session *session, struct err *err)
{
	plan->runbook = runbook_find(session->runbooks, run_text(plan->run, "entry"));
	if (plan->runbook)
		return 0;
	err_set(err, ERR_USAGE, "there is no entry {id}", "id", run_text(plan->run, "entry"), NULL);
	err_hint(err, "nks-triage explain without an id lists them all", NULL);
	return -1;
}

int run_plan_read(struct run_plan *plan, struct journal *journal, const struct session *session, const char *run_id,
		  struct err *err)
{
	*plan = (struct run_plan){0};
	if (read_one(journal, run_id, &plan->document, &plan->run, err) < 0 ||
	    check_cluster(session, plan->run, err) < 0 || check_ended(plan->run, err) < 0 ||
	    find_runbook(plan, session, err) < 0)
		return -1;
	if (!*run_text(plan->run, "undoes"))
		return 0;
	return read_one(journal, run_text(plan->run, "undoes"), &plan->undone_document, &plan->undone, err);
}

void run_plan_release(struct run_plan *plan)
{
	json_decref(plan->document);
	json_decref(plan->undone_document);
	*plan = (struct run_plan){0};
}

static void set_object(struct finding_object *object, const json_t *step, const char *first, const char *last)
{
	const char *label = run_text(step, "target");

	*object = (struct finding_object){
		.kind = xstrndup(label, (size_t)(first - label)),
		.name_space = last > first ? xstrndup(first + 1, (size_t)(last - first) - 1) : xstrdup(""),
		.name = xstrdup(last + 1),
		.uid = xstrdup(run_text(step, "uid")),
	};
}

/* The objects that the run touched stand for the finding, which may be half gone. */
static struct finding *finding_of_run(const struct run_plan *plan)
{
	struct finding *finding = xcalloc(1, sizeof(*finding));
	const json_t *steps = json_object_get(json_object_get(plan->run, "plan"), "steps");
	const char *key = run_text(plan->run, "finding");
	size_t i;
	json_t *step;

	finding->runbook = plan->runbook;
	finding->key = xstrdup(*key ? key : plan->runbook->id);
	finding->objects = xcalloc(json_array_size(steps) + 1, sizeof(*finding->objects));
	json_array_foreach((json_t *)(uintptr_t)steps, i, step) {
		const char *label = run_text(step, "target");
		const char *first = strchr(label, '/');

		if (first)
			set_object(&finding->objects[finding->object_count++], step, first, strrchr(label, '/'));
	}
	return finding;
}

static void finding_of_run_free(struct finding *finding)
{
	for (size_t i = 0; i < finding->object_count; i++)
		finding_object_release(&finding->objects[i]);
	free(finding->objects);
	free(finding->key);
	free(finding);
}

struct change *run_plan_change(const struct run_plan *plan, enum run_way way, const struct change_context *context,
			       void (*on_change)(void *data), void *data)
{
	struct finding *finding;
	struct change *change;

	if (way == RUN_UNDO)
		return change_new_undo(context, plan->runbook, plan->run, on_change, data);
	finding = finding_of_run(plan);
	change = change_new_resume(context, plan->runbook, finding, plan->run, plan->undone, on_change, data);
	finding_of_run_free(finding);
	return change;
}
