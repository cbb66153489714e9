/*
 * evict, drain: pods go by the eviction API, which respects disruption budgets;
 * what a budget holds up is asked again until the deadline. evict takes the
 * pod that is its target, drain what runs on its node by the rule of kubectl
 * drain --ignore-daemonsets --delete-emptydir-data: not what a DaemonSet or
 * the node itself makes, and no pod that nothing would make again. Confirmed
 * are the rule and the uids of the preview: fewer is fine, another uid is left.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"

enum { AGAIN_MS = 5000, TIMEOUT_SECONDS = 300, HELD_UP_MAXIMUM = 1000 };

static void next_pod(struct change *change, struct plan_step *step);

static const char *text_of(const json_t *pod, const char *name)
{
	return json_string_value(json_object_get(pod, name));
}

static char *eviction_path(const json_t *pod)
{
	auto_free char *path = kind_path(kind_get(KIND_POD), text_of(pod, "namespace"), text_of(pod, "name"));

	return xasprintf("%s/eviction", path);
}

static char *eviction_body(const json_t *pod)
{
	json_t *body = json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{s:s}}}", "apiVersion", "policy/v1", "kind",
				 "Eviction", "metadata", "name", text_of(pod, "name"), "namespace",
				 text_of(pod, "namespace"), "deleteOptions", "preconditions", "uid",
				 text_of(pod, "uid"));
	char *text = json_dumps(body, JSON_COMPACT);

	json_decref(body);
	return text;
}

static void add_pod(struct plan_step *step, const struct record *record)
{
	struct step *shown = &step->shown;
	struct step_diff *line;

	json_array_append_new(step->pods, json_pack("{s:s, s:s, s:s}", "namespace", record->name_space, "name",
						    record->name, "uid", record->uid));
	shown->diff = xreallocarray(shown->diff, shown->diff_count + 1, sizeof(*shown->diff));
	line = &shown->diff[shown->diff_count++];
	*line = (struct step_diff){0};
	line->path = xasprintf("Pod/%s/%s", record->name_space, record->name);
	line->before = xasprintf("\"%s\"", record->uid);
	line->after = xstrdup("");
}

static bool is_over(const struct pod_record *pod)
{
	return !strcmp(pod->phase, "Succeeded") || !strcmp(pod->phase, "Failed");
}

/* The rule that is confirmed. */
static bool is_to_go(const struct record *record)
{
	return strcmp(record->owner_kind, "DaemonSet") != 0 && strcmp(record->owner_kind, "Node") != 0 &&
	       !record->deleted && !is_over(record_pod(record));
}

static int compare_records(const void *a, const void *b)
{
	const struct record *first = *(const struct record *const *)a;
	const struct record *second = *(const struct record *const *)b;
	int order = strcmp(first->name_space, second->name_space);

	return order ? order : strcmp(first->name, second->name);
}

/* In the same order each time: the digest is made of it. */
static int list_node(struct change *change, struct plan_step *step, struct err *err)
{
	CLEANUP(buffer_release) struct buffer bare = BUFFER_INIT(1024);
	struct record_list pods =
		snapshot_pods_on_node(cluster_snapshot(change->context.cluster), step->target->name);
	const struct record **sorted = xcalloc(pods.count + 1, sizeof(*sorted));
	size_t count = 0;

	for (size_t i = 0; i < pods.count; i++) {
		if (is_to_go(pods.items[i]))
			sorted[count++] = pods.items[i];
	}
	qsort(sorted, count, sizeof(*sorted), compare_records);
	for (size_t i = 0; i < count; i++) {
		if (*sorted[i]->owner_uid)
			add_pod(step, sorted[i]);
		else
			buffer_addf(&bare, "%s%s/%s", bare.length ? ", " : "", sorted[i]->name_space, sorted[i]->name);
	}
	free(sorted);
	if (!bare.length)
		return 0;
	return err_set(err, ERR_REFUSED, "no controller would make these pods again, move them by hand first: {pods}",
		       "pods", buffer_text(&bare), NULL);
}

static bool was_previewed(const struct plan_step *step, const char *uid)
{
	size_t i;
	json_t *pod;

	json_array_foreach(step->pods, i, pod) {
		if (!strcmp(text_of(pod, "uid"), uid))
			return true;
	}
	return false;
}

/* A pod that came onto the node since the preview and that the rule would have taken; NULL: none. */
static const struct record *stray_pod(const struct change *change, const struct plan_step *step)
{
	struct record_list pods;

	if (step->target->kind->id != KIND_NODE)
		return NULL;
	pods = snapshot_pods_on_node(cluster_snapshot(change->context.cluster), step->target->name);
	for (size_t i = 0; i < pods.count; i++) {
		if (is_to_go(pods.items[i]) && !was_previewed(step, pods.items[i]->uid))
			return pods.items[i];
	}
	return NULL;
}

/* Fewer pods are fine, another one needs a new preview (decisions.md 21). */
static bool is_bound(const struct change *change, const struct plan_step *step)
{
	return !stray_pod(change, step);
}

static char *kubectl_drain(const struct change *change, const struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);

	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "drain");
	shell_add_word(&line, step->target->name);
	shell_add_word(&line, "--ignore-daemonsets");
	shell_add_word(&line, "--delete-emptydir-data");
	return buffer_detach(&line);
}

/* kubectl has no word for an eviction: the request itself. */
static char *kubectl_evict(const struct change *change, const struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);
	CLEANUP(buffer_release) struct buffer word = BUFFER_INIT(4096);
	const json_t *pod = json_array_get(step->pods, 0);
	auto_free char *path = pod ? eviction_path(pod) : NULL;
	auto_free char *body = pod ? eviction_body(pod) : NULL;

	if (!pod)
		return NULL;
	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "create");
	shell_add_word(&line, "--raw");
	shell_add_word(&line, path);
	shell_add_word(&line, "--filename");
	shell_add_word(&line, "-");
	shell_add_word(&word, body);
	buffer_addf(&line, " <<< %s", buffer_text(&word));
	return buffer_detach(&line);
}

/* What is sent for each pod, with places for what is another each time. */
static void show_request(struct plan_step *step)
{
	step->shown.each_request = xstrdup(
		"POST /api/v1/namespaces/{namespace}/pods/{name}/eviction "
		"{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"{name}\","
		"\"namespace\":\"{namespace}\"},\"deleteOptions\":{\"preconditions\":{\"uid\":\"{uid}\"}}}");
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	const struct record *pod;

	if (step_is_for_nothing(change, step))
		return 0;
	if (!step->target->document && step->target->err.code == ERR_NOT_FOUND) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is gone already", NULL);
		return 0;
	}
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	step->pods = json_array();
	if (step->target->kind->id == KIND_NODE) {
		step->shown.kubectl = kubectl_drain(change, step);
		if (list_node(change, step, err) < 0)
			return -1;
	} else {
		pod = snapshot_by_uid(cluster_snapshot(change->context.cluster), step->shown.target_uid);
		if (pod && pod->kind->id == KIND_POD)
			add_pod(step, pod);
		step->shown.kubectl = kubectl_evict(change, step);
	}
	if (json_array_size(step->pods)) {
		show_request(step);
	} else {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "has no pod to move", NULL);
	}
	for (size_t i = 0; i < json_array_size(step->pods); i++) {
		const json_t *one = json_array_get(step->pods, i);

		plan_permission_named(change, "create", kind_get(KIND_POD), text_of(one, "namespace"), "eviction");
	}
	return 0;
}

/* What a budget holds up now may go later: said, no refusal. */
static void on_asked(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;
	char *before = step->shown.owner_note;
	auto_free char *why = NULL;
	auto_free char *text = NULL;

	if (result->code != ERR_NONE && result->code != ERR_NOT_FOUND &&
	    (!before || strlen(before) < HELD_UP_MAXIMUM)) {
		why = change_say_err(change, &result->err);
		text = change_say(change, "held up now: {reason}", "reason", why, NULL);
		/* One budget holds up many pods with one reason. */
		if (!before || !strstr(before, text)) {
			step->shown.owner_note = before ? xasprintf("%s; %s", before, text) : take_pointer(text);
			free(before);
		}
	}
	plan_answered(change);
}

static void preview(struct change *change, struct plan_step *step)
{
	size_t i;
	json_t *pod;

	json_array_foreach(step->pods, i, pod) {
		auto_free char *path = eviction_path(pod);
		auto_free char *body = eviction_body(pod);
		const struct call_request request = {
			.door = CALL_ASK, .method = "POST", .path = path, .body = body, .on_done = on_asked,
			.data = step,
		};

		change->pending++;
		change_call(change, &request);
	}
}

static void permit(const struct plan_step *step,
		   void (*allow)(void *data, const char *method, const char *path, const char *body), void *data)
{
	size_t i;
	json_t *pod;

	json_array_foreach(step->pods, i, pod) {
		auto_free char *path = eviction_path(pod);
		auto_free char *body = eviction_body(pod);

		allow(data, "POST", path, body);
	}
}

static void finish(struct change *change, struct plan_step *step, enum step_state state, const char *outcome)
{
	timer_cancel(step->timer);
	step->timer = NULL;
	run_step_finished(change, step, state, outcome, NULL);
}

static void on_time(void *data)
{
	struct plan_step *step = data;

	step->timer = NULL;
	next_pod(step->change, step);
}

static void go_on(struct change *change, struct plan_step *step, const char *line)
{
	change_output(change, step->shown.number, line);
	step->pod_index++;
	next_pod(change, step);
}

static void on_evicted(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;
	const json_t *pod = json_array_get(step->pods, step->pod_index);
	auto_free char *why = result->code == ERR_NONE ? NULL : change_say_err(change, &result->err);
	auto_free char *line = NULL;

	if (result->code == ERR_NONE) {
		change->wrote_anything = true;
		step->was_written = true;
		line = change_say(change, "{pod} is told to go", "pod", text_of(pod, "name"), NULL);
		go_on(change, step, line);
	} else if (result->code == ERR_NOT_FOUND || result->code == ERR_CONFLICT) {
		line = change_say(change, "{pod} is gone already", "pod", text_of(pod, "name"), NULL);
		go_on(change, step, line);
	} else if (result->code == ERR_FORBIDDEN || change->lease_is_lost ||
		   clock_monotonic_ms() >= step->deadline_ms || change->stop_wanted) {
		line = change_say(change, "{pod} does not go: {reason}", "pod", text_of(pod, "name"), "reason", why,
				  NULL);
		finish(change, step, STEP_FAILED, line);
	} else {
		line = change_say(change, "{pod} is held up: {reason}", "pod", text_of(pod, "name"), "reason", why,
				  NULL);
		step_say_once(change, step, line);
		step->timer = loop_timer(change->context.loop,
					 result->retry_after_ms > 0 ? result->retry_after_ms : AGAIN_MS, on_time, step);
	}
}

/* All were told to go: wait until the last of them is gone from the snapshot. */
static void wait_until_gone(struct change *change, struct plan_step *step)
{
	size_t left = 0;
	size_t i;
	json_t *pod;
	auto_free char *count = NULL;
	auto_free char *line = NULL;

	json_array_foreach(step->pods, i, pod)
		left += snapshot_by_uid(cluster_snapshot(change->context.cluster), text_of(pod, "uid")) != NULL;
	count = xasprintf("%zu", left);
	step->shown.progress = (int)(100 - 100 * left / json_array_size(step->pods));
	if (!left) {
		line = change_say(change, "all pods are gone", NULL);
		finish(change, step, STEP_DONE, line);
		return;
	}
	line = change_say(change, "{count} pods still have to end", "count", count, NULL);
	if (clock_monotonic_ms() >= step->deadline_ms) {
		finish(change, step, STEP_FAILED, line);
		return;
	}
	step_say_once(change, step, line);
	step->timer = loop_timer(change->context.loop, 1000, on_time, step);
}

static void next_pod(struct change *change, struct plan_step *step)
{
	const json_t *pod = json_array_get(step->pods, step->pod_index);
	auto_free char *path = NULL;
	auto_free char *body = NULL;
	struct call_request request = {.door = CALL_WRITE, .method = "POST", .on_done = on_evicted, .data = step};

	if (!pod) {
		wait_until_gone(change, step);
		return;
	}
	path = eviction_path(pod);
	body = eviction_body(pod);
	request.path = path;
	request.body = body;
	change_call(change, &request);
}

static void start(struct change *change, struct plan_step *step)
{
	json_int_t seconds = json_integer_value(json_object_get(step->definition, "timeoutSeconds"));

	step->deadline_ms = clock_monotonic_ms() + (seconds > 0 ? seconds : TIMEOUT_SECONDS) * 1000;
	step->pod_index = 0;
	if (stray_pod(change, step)) {
		auto_free char *line =
			change_say(change, "{pod} came onto the node since the preview: look at a new preview", "pod",
				   stray_pod(change, step)->name, NULL);

		step->was_refused = true;
		finish(change, step, STEP_FAILED, line);
		return;
	}
	next_pod(change, step);
}

static void stop(struct change *change, struct plan_step *step)
{
	auto_free char *outcome = change_say(change, "stopped; what was told to go still goes", NULL);

	change_cancel_calls(change, step);
	finish(change, step, STEP_FAILED, outcome);
}

const struct step_ops evict_step = {
	.type = "evict",
	.needs_target = true,
	.takes_absence = true,
	.is_irreversible = true,
	.is_work = true,
	.plan = plan,
	.start = start,
	.stop = stop,
	.preview = preview,
	.permit = permit,
};

const struct step_ops drain_step = {
	.type = "drain",
	.needs_target = true,
	.is_irreversible = true,
	.is_work = true,
	.plan = plan,
	.start = start,
	.stop = stop,
	.preview = preview,
	.permit = permit,
	.is_bound = is_bound,
};
