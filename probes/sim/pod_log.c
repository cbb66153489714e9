#include "probes/sim/pod_log.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/pods.h"
#include "probes/sim/status.h"
#include "probes/sim/stream.h"

enum {
	START_STEP_MS = 137,		/* between the lines of the start */
	REPEAT_STEP_MS = 40,		/* between the lines of one repetition */
	LINES_MAXIMUM = 5000,		/* of history: what a kubelet's rotation would have left */
	LOOK_MS = 500,			/* how often a followed log looks whether its container still runs */
};

/* A container's log: line n is text and time, without end while it runs. */
struct log {
	struct cluster *cluster;
	const json_t *lines;
	const json_t *repeat;
	int64_t every_ms;
	int64_t start_ms;		/* wall clock */
	char uid[40];			/* the pod */
	char pod[254];
	char node[254];
	char container[254];
	bool timestamps;
	int64_t next;			/* line to send next */
	int64_t limit;			/* bytes left; INT64_MAX = no limit */
};

static int64_t line_time(const struct log *log, int64_t n)
{
	int64_t first = (int64_t)json_array_size(log->lines);
	int64_t cycle = (int64_t)json_array_size(log->repeat);

	if (n < first || !cycle)
		return log->start_ms + n * START_STEP_MS;
	n -= first;
	return log->start_ms + first * START_STEP_MS + (n / cycle + 1) * log->every_ms + n % cycle * REPEAT_STEP_MS;
}

/* The number of lines that are there at a time. */
static int64_t lines_until(const struct log *log, int64_t now_ms)
{
	int64_t first = (int64_t)json_array_size(log->lines);
	int64_t cycle = (int64_t)json_array_size(log->repeat);
	int64_t n = 0;

	if (cycle && now_ms > line_time(log, first)) {
		n = first + (now_ms - line_time(log, first)) / log->every_ms * cycle;
		n = n > cycle ? n - cycle : 0;
	}
	while ((cycle || n < first) && line_time(log, n) <= now_ms)
		n++;
	return n;
}

static const json_t *line_text(const struct log *log, int64_t n)
{
	size_t first = json_array_size(log->lines);
	size_t cycle = json_array_size(log->repeat);

	if ((size_t)n < first || !cycle)
		return json_array_get(log->lines, (size_t)n);
	return json_array_get(log->repeat, ((size_t)n - first) % cycle);
}

static void add_time(struct buffer *out, int64_t wall_ms)
{
	char text[21];

	clock_format(wall_ms / 1000, text);
	text[10] = ' ';
	buffer_addf(out, "%.19s.%03d", text, (int)(wall_ms % 1000));
}

/* A line may hold NUL characters: it is written by its length. */
static void add_filled(const struct log *log, const char *text, size_t n, int64_t wall_ms, struct buffer *out)
{
	for (size_t i = 0; i < n;) {
		if (n - i >= 6 && !memcmp(text + i, "{time}", 6)) {
			add_time(out, wall_ms);
			i += 6;
		} else if (n - i >= 6 && !memcmp(text + i, "{node}", 6)) {
			buffer_add_text(out, log->node);
			i += 6;
		} else if (n - i >= 5 && !memcmp(text + i, "{pod}", 5)) {
			buffer_add_text(out, log->pod);
			i += 5;
		} else {
			buffer_add_byte(out, text[i++]);
		}
	}
	buffer_add_byte(out, '\n');
}

static void add_line(struct log *log, int64_t n, struct buffer *out)
{
	const json_t *line = line_text(log, n);
	int64_t wall_ms = line_time(log, n);
	size_t before = out->length;
	char time[21];

	if (log->timestamps) {
		clock_format(wall_ms / 1000, time);
		buffer_addf(out, "%.19s.%03d000000Z ", time, (int)(wall_ms % 1000));
	}
	add_filled(log, json_string_value(line), json_string_length(line), wall_ms, out);
	if ((int64_t)(out->length - before) > log->limit)
		out->length = before + (size_t)log->limit;
	log->limit -= (int64_t)(out->length - before);
}

/* The rule for a container: the first that matches; `unlessReady` ones only while it is not ready. */
static const json_t *find_rule(const struct cluster *cluster, const struct object *pod, const json_t *status)
{
	size_t i;
	json_t *rule;

	json_array_foreach(doc_get(cluster->scenario, "logs"), i, rule)
		if (!fnmatch(doc_text(rule, "namespace"), pod->namespace, 0) &&
		    !fnmatch(doc_text(rule, "pod"), pod->name, 0) &&
		    !fnmatch(doc_text(rule, "container"), doc_text(status, "name"), 0) &&
		    (!doc_true(rule, "unlessReady") || !doc_true(status, "ready")))
			return rule;
	return NULL;
}

static void refuse(struct request *request, char *message)
{
	answer_status(request, status_new(400, message));
	free(message);
}

static char *names_of(const json_t *pod, bool inits)
{
	struct buffer text = BUFFER_INIT(8 << 10);
	size_t count = pod_container_count(pod);

	for (size_t i = inits ? 0 : pod_init_count(pod); i < (inits ? pod_init_count(pod) : count); i++)
		buffer_addf(&text, "%s%s", text.length ? " " : "", doc_text(pod_container(pod, i), "name"));
	return buffer_detach(&text);
}

/* The index of the container that is asked for; -1 where it was answered. */
static int find_container(struct request *request, const struct object *pod)
{
	const json_t *value = pod->now->value;
	const char *name = request_query(request, "container");
	size_t inits = pod_init_count(value);
	auto_free char *names = names_of(value, false);
	auto_free char *init_names = names_of(value, true);

	if (!name || !name[0]) {
		if (pod_container_count(value) - inits == 1)
			return (int)inits;
		if (inits)
			refuse(request, xasprintf("a container name must be specified for pod %s, choose one of: [%s] "
						  "or one of the init containers: [%s]",
						  pod->name, names, init_names));
		else
			refuse(request, xasprintf("a container name must be specified for pod %s, choose one of: [%s]",
						  pod->name, names));
		return -1;
	}
	for (size_t i = 0; i < pod_container_count(value); i++)
		if (!strcmp(doc_text(pod_container(value, i), "name"), name))
			return (int)i;
	refuse(request, xasprintf("container %s is not valid for pod %s", name, pod->name));
	return -1;
}

/* The state whose log it is: the present one, or with `previous` the last. NULL where it was answered. */
static const json_t *find_state(struct request *request, const struct object *pod, const json_t *status)
{
	const char *reason = doc_text(status, "state.waiting.reason");
	bool previous = request_query_true(request, "previous");
	const json_t *state = doc_get(status, previous ? "lastState" : "state");
	const json_t *has = doc_get(state, "running") ? doc_get(state, "running") : doc_get(state, "terminated");

	if (has)
		return has;
	if (previous) {
		refuse(request, xasprintf("previous terminated container \"%s\" in pod \"%s\" not found",
					  doc_text(status, "name"), pod->name));
		return NULL;
	}
	if (doc_get(status, "lastState.terminated"))
		return doc_get(status, "lastState.terminated");
	if (!strcmp(reason, "ErrImagePull"))
		reason = "image can't be pulled";
	else if (!strcmp(reason, "ImagePullBackOff"))
		reason = "trying and failing to pull image";
	refuse(request, xasprintf("container \"%s\" in pod \"%s\" is waiting to start: %s", doc_text(status, "name"),
				  pod->name, reason[0] ? reason : "ContainerCreating"));
	return NULL;
}

static int64_t query_number(const struct request *request, const char *name, int64_t otherwise)
{
	const char *text = request_query(request, name);
	int64_t number;

	return text && sscanf(text, "%" SCNd64, &number) == 1 ? number : otherwise;
}

/* The first line to send, by tailLines, sinceSeconds, sinceTime. */
static void set_first(const struct request *request, struct log *log, int64_t end, int64_t now_ms)
{
	int64_t tail = query_number(request, "tailLines", -1);
	int64_t seconds = query_number(request, "sinceSeconds", 0);
	const char *time = request_query(request, "sinceTime");
	int64_t since_ms = seconds > 0 ? now_ms - 1000 * seconds : 0;
	int64_t wall;

	if (time && !clock_parse(time, &wall))
		since_ms = 1000 * wall;
	log->next = end > LINES_MAXIMUM ? end - LINES_MAXIMUM : 0;
	while (log->next < end && line_time(log, log->next) < since_ms)
		log->next++;
	if (tail >= 0 && end - log->next > tail)
		log->next = end - tail;
}

static bool still_runs(const struct log *log)
{
	const struct object *pod = store_find_uid(&log->cluster->store, log->uid);
	const json_t *status;

	if (!pod)
		return false;
	status = doc_find(doc_get(pod->now->value, "status.containerStatuses"), "name", log->container);
	if (!status)
		status = doc_find(doc_get(pod->now->value, "status.initContainerStatuses"), "name", log->container);
	return doc_get(status, "state.running") &&
	       1000 * doc_wall(status, "state.running.startedAt") == log->start_ms;
}

static bool fill(void *context, struct buffer *out, int64_t now_ms, int64_t *ret_due)
{
	struct log *log = context;
	int64_t end = lines_until(log, clock_wall_ms());

	while (log->next < end && log->limit > 0)
		add_line(log, log->next++, out);
	*ret_due = now_ms + LOOK_MS;
	return log->limit > 0 && still_runs(log);
}

static const struct stream_ops log_ops = {.fill = fill, .free = free};

static void answer_log(struct request *request, struct log *log, const json_t *state)
{
	int64_t now_ms = clock_wall_ms();
	int64_t finished = doc_wall(state, "finishedAt");
	int64_t end = lines_until(log, finished ? 1000 * finished + 999 : now_ms);
	struct buffer body = BUFFER_INIT(32 << 20);

	set_first(request, log, end, now_ms);
	if (request_query_true(request, "follow") && !finished) {
		stream_answer(request, "text/plain", STREAM_OF_NO_KIND, &log_ops, log);
		return;
	}
	while (log->next < end && log->limit > 0)
		add_line(log, log->next++, &body);
	answer_buffer(request, 200, &body, "text/plain");
	free(log);
}

void pod_log_answer(struct request *request)
{
	struct cluster *cluster = request->cluster;
	const struct target *target = &request->target;
	const struct object *pod = store_find(&cluster->store, KIND_POD, target->namespace, target->name);
	const json_t *status;
	const json_t *state;
	const json_t *rule;
	struct log *log;
	int index;

	if (!pod) {
		answer_status(request, status_not_found(target->kind, target->name));
		return;
	}
	index = find_container(request, pod);
	if (index < 0)
		return;
	status = pod_container_status(pod->now->value, (size_t)index);
	state = find_state(request, pod, status);
	if (!state)
		return;
	rule = find_rule(cluster, pod, status);
	log = xcalloc(1, sizeof(*log));
	*log = (struct log){.cluster = cluster, .lines = doc_get(rule, "lines"), .repeat = doc_get(rule, "repeat"),
			    .every_ms = 1000 * doc_int_or(rule, "everySeconds", 10),
			    .start_ms = 1000 * doc_wall(state, "startedAt"),
			    .timestamps = request_query_true(request, "timestamps"),
			    .limit = query_number(request, "limitBytes", INT64_MAX)};
	snprintf(log->uid, sizeof(log->uid), "%s", pod->uid);
	snprintf(log->pod, sizeof(log->pod), "%s", pod->name);
	snprintf(log->node, sizeof(log->node), "%s", doc_text(pod->now->value, "spec.nodeName"));
	snprintf(log->container, sizeof(log->container), "%s", doc_text(status, "name"));
	answer_log(request, log, state);
}
