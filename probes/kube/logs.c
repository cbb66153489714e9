#include "probes/kube/logs.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/logs_lines.h"
#include "probes/net/loop.h"

enum {
	LINE_MAXIMUM = 16 << 10,
	BYTES_MAXIMUM = 8 << 20,
	FIRST_DELAY_MS = 1000,
	LONGEST_DELAY_MS = 30000,
	/* Kubelets before the fix of kubernetes#115701 go silent when the file is rotated: ask again then. */
	SILENCE_MS = 300000,
};

struct pod_log {
	struct kube_client *client;
	char *name_space;
	char *pod;
	char *container;
	bool follow;
	bool previous;
	long tail_lines;
	long since_seconds;
	size_t bytes_maximum;
	void (*on_line)(void *data, const struct log_line_view *line);
	void (*on_link)(void *data, const struct err *err);
	void (*on_done)(void *data, const struct err *err);
	void *data;

	struct log_lines lines;
	struct kube_slot *slot;
	struct timer *again;
	struct timer *silence;
	int64_t last_byte_ms;
	long delay_ms;
	bool in_callback;	/* a cancel waits for it */
	bool cancelled;
};

static int open_log(struct pod_log *log, struct err *err);

static void log_free(struct pod_log *log)
{
	kube_cancel(log->slot);
	timer_cancel(log->again);
	timer_cancel(log->silence);
	log_lines_release(&log->lines);
	free(log->name_space);
	free(log->pod);
	free(log->container);
	free(log);
}

static void finish(struct pod_log *log, const struct err *err)
{
	void (*on_done)(void *data, const struct err *err) = log->on_done;
	void *data = log->data;
	struct err copy;

	if (err)
		copy = *err;
	log_free(log);
	on_done(data, err ? &copy : NULL);
}

static void on_again(void *data)
{
	struct pod_log *log = data;
	struct err err;

	log->again = NULL;
	log_lines_resume(&log->lines);
	if (open_log(log, &err) < 0)
		finish(log, &err);
}

static void open_again_later(struct pod_log *log)
{
	log->again = loop_timer(kube_client_loop(log->client), log->delay_ms, on_again, log);
	log->delay_ms = 2 * log->delay_ms < LONGEST_DELAY_MS ? 2 * log->delay_ms : LONGEST_DELAY_MS;
}

/* Does the container still run? Its log ended cleanly, which also proxies and rotations do. */

static bool runs(const json_t *pod, const char *list, const char *container)
{
	const json_t *statuses = json_object_get(json_object_get(pod, "status"), list);
	const json_t *status;
	size_t index;

	json_array_foreach(statuses, index, status) {
		const char *name = json_string_value(json_object_get(status, "name"));

		if (container && (!name || strcmp(name, container) != 0))
			continue;
		if (json_object_get(json_object_get(status, "state"), "running"))
			return true;
	}
	return false;
}

static void on_pod(void *data, const struct kube_result *result)
{
	struct pod_log *log = data;

	log->slot = NULL;
	if (result->code == ERR_NOT_FOUND ||
	    (result->code == ERR_NONE && !runs(result->document, "containerStatuses", log->container) &&
	     !runs(result->document, "initContainerStatuses", log->container) &&
	     !runs(result->document, "ephemeralContainerStatuses", log->container))) {
		finish(log, NULL);
		return;
	}
	/* It runs, or nobody knows: the log says the rest. */
	open_again_later(log);
}

static int ask_pod(struct pod_log *log, struct err *err)
{
	auto_free char *name_space = kube_escape(log->name_space);
	auto_free char *pod = kube_escape(log->pod);
	auto_free char *path = xasprintf("/api/v1/namespaces/%s/pods/%s", name_space, pod);
	struct kube_request request = {.method = "GET", .path = path, .on_done = on_pod, .data = log};

	return kube_read(log->client, &request, &log->slot, err);
}

static bool is_for_ever(enum err_code code)
{
	return code == ERR_NOT_FOUND || code == ERR_INVALID || code == ERR_FORBIDDEN ||
	code == ERR_UNAUTHORIZED ||
	       code == ERR_CONFIG || code == ERR_REFUSED;
}

static bool will_go_on(const struct pod_log *log, const struct kube_result *result)
{
	return log->follow && !is_for_ever(result->code);
}

static void on_done(void *data, const struct kube_result *result)
{
	struct pod_log *log = data;
	struct err err;

	log->slot = NULL;
	timer_cancel(take_pointer(log->silence));
	log->in_callback = true;
	log_lines_end(&log->lines, result->code == ERR_NONE);
	if (will_go_on(log, result) && result->code != ERR_NONE && log->on_link && !log->cancelled)
		log->on_link(log->data, &result->err);
	log->in_callback = false;
	if (log->cancelled) {
		log_free(log);
	} else if (!will_go_on(log, result)) {
		finish(log, result->code == ERR_NONE ? NULL : &result->err);
	} else if (result->code == ERR_NONE) {
		if (ask_pod(log, &err) < 0)
			finish(log, &err);
	} else {
		open_again_later(log);
	}
}

static void on_silence(void *data)
{
	struct pod_log *log = data;
	int64_t left = log->last_byte_ms + SILENCE_MS - clock_monotonic_ms();

	log->silence = NULL;
	if (left > 0) {
		log->silence = loop_timer(kube_client_loop(log->client), left, on_silence, log);
		return;
	}
	kube_cancel(take_pointer(log->slot));
	log->delay_ms = FIRST_DELAY_MS;
	open_again_later(log);
}

static void on_line(void *data, const struct log_line_view *line)
{
	struct pod_log *log = data;

	if (!log->cancelled)
		log->on_line(log->data, line);
}

static void on_head(void *data, long status, const char *content_type)
{
	struct pod_log *log = data;

	(void)status;
	(void)content_type;
	log->last_byte_ms = clock_monotonic_ms();
	if (log->follow && log->on_link)
		log->on_link(log->data, NULL);
}

static int on_body(void *data, const char *bytes, size_t n)
{
	struct pod_log *log = data;

	log->last_byte_ms = clock_monotonic_ms();
	log->delay_ms = FIRST_DELAY_MS;
	log->in_callback = true;
	log_lines_feed(&log->lines, bytes, n);
	log->in_callback = false;
	if (log->cancelled) {
		log_free(log);
		return -1;
	}
	return 0;
}

static void add_start(const struct pod_log *log, struct buffer *path)
{
	if (log->lines.resumed) {
		auto_free char *since = kube_escape(log->lines.last);

		buffer_addf(path, "&sinceTime=%s", since);
		return;
	}
	if (log->tail_lines >= 0)
		buffer_addf(path, "&tailLines=%ld", log->tail_lines);
	if (log->since_seconds > 0)
		buffer_addf(path, "&sinceSeconds=%ld", log->since_seconds);
}

static int open_log(struct pod_log *log, struct err *err)
{
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(4096);
	auto_free char *name_space = kube_escape(log->name_space);
	auto_free char *pod = kube_escape(log->pod);
	struct kube_request request = {
		.method = "GET",
		.accept = KUBE_TEXT,
		.kind = log->follow ? HTTP_FOLLOW : HTTP_ONCE,
		.on_head = on_head,
		.on_body = on_body,
		.on_done = on_done,
		.data = log,
	};

	buffer_addf(&path, "/api/v1/namespaces/%s/pods/%s/log?timestamps=true", name_space, pod);
	if (log->container) {
		auto_free char *container = kube_escape(log->container);

		buffer_addf(&path, "&container=%s", container);
	}
	if (log->previous)
		buffer_add_text(&path, "&previous=true");
	if (log->follow)
		buffer_add_text(&path, "&follow=true");
	else
		buffer_addf(&path, "&limitBytes=%zu", log->bytes_maximum);
	add_start(log, &path);
	request.path = buffer_text(&path);
	log->last_byte_ms = clock_monotonic_ms();
	if (kube_read(log->client, &request, &log->slot, err) < 0)
		return -1;
	if (log->follow)
		log->silence = loop_timer(kube_client_loop(log->client), SILENCE_MS, on_silence, log);
	return 0;
}

int pod_log_start(struct kube_client *client, const struct pod_log_request *request, struct pod_log **ret_log,
		  struct err *err)
{
	struct pod_log *log = xcalloc(1, sizeof(*log));

	log->client = client;
	log->name_space = xstrdup(request->name_space);
	log->pod = xstrdup(request->pod);
	log->container = request->container ? xstrdup(request->container) : NULL;
	log->follow = request->follow && !request->previous;
	log->previous = request->previous;
	log->tail_lines = request->tail_lines;
	log->since_seconds = request->since_seconds;
	log->bytes_maximum = request->bytes_maximum ? request->bytes_maximum : BYTES_MAXIMUM;
	log->on_line = request->on_line;
	log->on_link = request->on_link;
	log->on_done = request->on_done;
	log->data = request->data;
	log->delay_ms = FIRST_DELAY_MS;
	log_lines_init(&log->lines, request->line_maximum ? request->line_maximum : LINE_MAXIMUM, on_line,
		       log);
	if (open_log(log, err) < 0) {
		log_free(log);
		return -1;
	}
	if (ret_log)
		*ret_log = log;
	return 0;
}

void pod_log_cancel(struct pod_log *log)
{
	if (!log || log->cancelled)
		return;
	if (log->in_callback)
		log->cancelled = true;
	else
		log_free(log);
}
