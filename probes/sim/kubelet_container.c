#include "probes/sim/kubelet_container.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/kubelet_words.h"
#include "probes/sim/node_images.h"
#include "probes/sim/pods.h"
#include "probes/sim/pull_secret.h"
#include "probes/sim/recorder.h"
#include "probes/sim/volumes.h"
#include "probes/sim/workload.h"

enum {
	FAILED_PULL_MS = 700,		/* until a registry says no */
	FIRST_BACK_OFF_MS = 10000,	/* doubled each time */
	LAST_BACK_OFF_MS = 300000,
	SYNC_MS = 12000,		/* a kubelet's next look at a pod that cannot start */
	INIT_RUN_MS = 120,
	START_MS = 120,
};

int64_t scaled(const struct cluster *cluster, int64_t milliseconds)
{
	return (int64_t)((double)milliseconds * cluster->time_scale) + 1;
}

void pod_event(const struct pod_view *view, const char *type, const char *reason, char *message, bool init,
	       const char *container)
{
	auto_free char *path = container ? words_field_path(init, container) : xstrdup("");
	struct occurrence occurrence = {
		.type = type, .reason = reason, .message = message, .component = "kubelet",
		.host = doc_text(view->value, "spec.nodeName"), .field_path = path, .first = view->now,
		.last = view->now,
	};

	record_event_of(view->cluster, KIND_POD, view->value, &occurrence);
	free(message);
}

/* Some pod on this node got the image already, or somebody pulled or tagged it there. */
static bool is_cached(const struct pod_view *view, const char *image)
{
	const struct table *pods = &view->cluster->store.tables[KIND_POD];
	const char *node = doc_text(view->value, "spec.nodeName");

	if (node_has_image(view->cluster, node, image))
		return true;
	for (size_t i = 0; i < pods->count; i++) {
		const json_t *value = pods->objects[i]->now->value;
		static const char *const lists[] = {"status.containerStatuses", "status.initContainerStatuses"};

		if (strcmp(doc_text(value, "spec.nodeName"), node))
			continue;
		for (size_t l = 0; l < array_length(lists); l++) {
			size_t j;
			json_t *status;

			json_array_foreach(doc_get(value, lists[l]), j, status)
				if (!strcmp(doc_text(status, "image"), image) && doc_text(status, "imageID")[0])
					return true;
		}
	}
	return false;
}

static void start(struct pod_view *view, size_t index, struct container_work *work)
{
	bool init = index < pod_init_count(view->value);
	const char *name = doc_text(pod_container(view->value, index), "name");
	json_t *status = pod_container_status(view->value, index);

	pod_event(view, "Normal", "Created", words_created(name), init, name);
	pod_event(view, "Normal", "Started", words_started(name), init, name);
	doc_set_text(status, "image", doc_text(pod_container(view->value, index), "image"));
	container_run(view->cluster, status, init, view->now);
	if (!index)
		volumes_mount(view->cluster, view->value);
	view->changed = true;
	work->stage = STAGE_STARTED;
	work->due = view->now_ms + scaled(view->cluster, init ? INIT_RUN_MS : START_MS);
}

static void begin(struct pod_view *view, size_t index, struct container_work *work)
{
	const json_t *container = pod_container(view->value, index);
	const char *image = doc_text(container, "image");
	const char *name = doc_text(container, "name");
	bool init = index < pod_init_count(view->value);
	struct pull pull;

	if (strcmp(doc_text(container, "imagePullPolicy"), "Always") && is_cached(view, image)) {
		pod_event(view, "Normal", "Pulled", words_present(image), init, name);
		start(view, index, work);
		return;
	}
	pod_event(view, "Normal", "Pulling", words_pulling(image), init, name);
	pod_pull(view->cluster, view->value, image, &pull);
	work->stage = STAGE_PULLING;
	work->pull_began = view->now_ms;
	work->due = view->now_ms + scaled(view->cluster, pull.resolves ? pull.milliseconds : FAILED_PULL_MS);
	pull_release(&pull);
}

static void fail_pull(struct pod_view *view, size_t index, struct container_work *work, const char *error)
{
	const json_t *container = pod_container(view->value, index);
	const char *name = doc_text(container, "name");
	bool init = index < pod_init_count(view->value);

	pod_event(view, "Warning", "Failed", words_failed_pull(doc_text(container, "image"), error), init, name);
	pod_event(view, "Warning", "Failed", xstrdup("Error: ErrImagePull"), init, name);
	container_wait(pod_container_status(view->value, index), "ErrImagePull", error);
	view->changed = true;
	work->back_off_ms = work->back_off_ms ? 2 * work->back_off_ms : FIRST_BACK_OFF_MS;
	if (work->back_off_ms > LAST_BACK_OFF_MS)
		work->back_off_ms = LAST_BACK_OFF_MS;
	work->stage = STAGE_PULL_FAILED;
	work->retry_at = view->now_ms + scaled(view->cluster, work->back_off_ms);
	work->due = view->now_ms + scaled(view->cluster, SYNC_MS);
}

static void finish_pull(struct pod_view *view, size_t index, struct container_work *work)
{
	const json_t *container = pod_container(view->value, index);
	const char *image = doc_text(container, "image");
	struct pull pull;

	pod_pull(view->cluster, view->value, image, &pull);
	if (pull.resolves) {
		pod_event(view, "Normal", "Pulled", words_pulled(image, view->now_ms - work->pull_began),
			  index < pod_init_count(view->value), doc_text(container, "name"));
		work->back_off_ms = 0;
		start(view, index, work);
	} else {
		fail_pull(view, index, work, pull.error);
	}
	pull_release(&pull);
}

static void wait_after_pull(struct pod_view *view, size_t index, struct container_work *work)
{
	const json_t *container = pod_container(view->value, index);
	const char *image = doc_text(container, "image");
	const char *name = doc_text(container, "name");
	bool init = index < pod_init_count(view->value);
	auto_free char *message = words_back_off(image);

	if (view->now_ms >= work->retry_at ||
	    node_has_image(view->cluster, doc_text(view->value, "spec.nodeName"), image)) {
		begin(view, index, work);
		return;
	}
	pod_event(view, "Normal", "BackOff", words_back_off(image), init, name);
	pod_event(view, "Warning", "Failed", xstrdup("Error: ImagePullBackOff"), init, name);
	if (work->stage != STAGE_PULL_BACK_OFF) {
		container_wait(pod_container_status(view->value, index), "ImagePullBackOff", message);
		view->changed = true;
	}
	work->stage = STAGE_PULL_BACK_OFF;
	work->due = view->now_ms + scaled(view->cluster, SYNC_MS);
}

/* A pod that was found in ImagePullBackOff when the cluster began: the next pull comes soon. */
static void adopt(struct pod_view *view, size_t index, struct container_work *work)
{
	const char *reason = doc_text(pod_container_status(view->value, index), "state.waiting.reason");
	struct random_source *random = &view->cluster->random;

	if (!strcmp(reason, "CrashLoopBackOff") && work->stage == STAGE_NEW) {
		work->stage = STAGE_CRASH_BACK_OFF;
		work->back_off_ms = LAST_BACK_OFF_MS;
		work->due = view->now_ms + scaled(view->cluster, 60000 + (int64_t)random_below(random, 180000));
		return;
	}
	if (strcmp(reason, "ImagePullBackOff") && strcmp(reason, "ErrImagePull")) {
		begin(view, index, work);
		return;
	}
	work->stage = STAGE_PULL_BACK_OFF;
	work->back_off_ms = LAST_BACK_OFF_MS;
	work->retry_at = view->now_ms + scaled(view->cluster, 20000 + (int64_t)random_below(random, 200000));
	work->due = view->now_ms + scaled(view->cluster, (int64_t)random_below(random, SYNC_MS));
}

static bool end_init(struct pod_view *view, size_t index, struct container_work *work)
{
	json_t *status = pod_container_status(view->value, index);

	if (work->stage == STAGE_STARTED && view->now_ms < work->due)
		return false;
	container_end(status, 0, "Completed", view->now);
	container_set_ready(status, true);
	view->changed = true;
	return true;
}

static void back_off_restart(struct pod_view *view, size_t index, struct container_work *work)
{
	const char *name = doc_text(pod_container(view->value, index), "name");
	auto_free char *message = words_crash_loop(work->back_off_ms / 1000, name, view->pod->name,
						   view->pod->namespace, view->pod->uid);
	json_t *status = pod_container_status(view->value, index);

	pod_event(view, "Warning", "BackOff",
		  words_back_off_restart(name, view->pod->name, view->pod->namespace, view->pod->uid), false, name);
	container_wait(status, "CrashLoopBackOff", message);
	view->changed = true;
	work->stage = STAGE_CRASH_BACK_OFF;
	work->due = work->retry_at;
}

/* What the scenario says of a container that runs: some end by themselves. */
static void watch_running(struct pod_view *view, size_t index, struct container_work *work)
{
	const json_t *crash = doc_get(view->rule, "crash");
	json_t *status = pod_container_status(view->value, index);
	int exit_code = (int)doc_int_or(crash, "exitCode", 1);

	if (!crash) {
		work->due = INT64_MAX;
		return;
	}
	if (work->stage != STAGE_STARTED || !work->pull_began) {
		work->stage = STAGE_STARTED;
		work->pull_began = view->now_ms;
		work->due = view->now_ms + scaled(view->cluster, 1000 * doc_int_or(crash, "afterSeconds", 5));
		return;
	}
	if (view->now_ms < work->due)
		return;
	container_end(status, exit_code, exit_code ? "Error" : "Completed", view->now);
	container_restart(status);
	view->changed = true;
	work->pull_began = 0;
	work->back_off_ms = work->back_off_ms ? 2 * work->back_off_ms : FIRST_BACK_OFF_MS;
	if (work->back_off_ms > LAST_BACK_OFF_MS)
		work->back_off_ms = LAST_BACK_OFF_MS;
	work->retry_at = view->now_ms + scaled(view->cluster, work->back_off_ms);
	work->due = view->now_ms + scaled(view->cluster, 1000);
}

bool container_advance(struct pod_view *view, size_t index, struct container_work *work)
{
	const json_t *status = pod_container_status(view->value, index);
	bool init = index < pod_init_count(view->value);

	if (doc_get(status, "state.running")) {
		if (init)
			return end_init(view, index, work);
		watch_running(view, index, work);
		return true;
	}
	if (doc_get(status, "state.terminated")) {
		if (init || strcmp(doc_text(view->value, "spec.restartPolicy"), "Always")) {
			work->due = INT64_MAX;
			return true;
		}
		if (view->now_ms >= work->due)
			back_off_restart(view, index, work);
		return false;
	}
	if (view->now_ms < work->due)
		return false;
	switch (work->stage) {
	case STAGE_PULLING:
		finish_pull(view, index, work);
		break;
	case STAGE_PULL_FAILED:
	case STAGE_PULL_BACK_OFF:
		wait_after_pull(view, index, work);
		break;
	case STAGE_CRASH_BACK_OFF:
		begin(view, index, work);
		break;
	case STAGE_NEW:
	case STAGE_STARTED:
		adopt(view, index, work);
		break;
	}
	return false;
}
