#include "probes/model/collect.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/kube/certificates.h"
#include "probes/model/collect_reduce.h"
#include "probes/net/loop.h"

enum {
	AT_ONCE = 4,
	A_SECOND = 2,
	QUEUE_MAXIMUM = 512,
	GET_MAXIMUM = 1 << 20,
	LOG_MAXIMUM = 64 << 10,
	STATS_MAXIMUM = 8 << 20,	/* 110 pods are about 400 KiB */
	STATS_APART_MS = 1000,		/* the kubelet measures for it */
};

struct fetch {
	struct collector *collector;
	struct fetch *next;		/* of those that wait, in order of asking */
	struct evidence_request request;
	char *key;
	struct kube_slot *slot;		/* NULL while it waits */
};

struct collector {
	struct kube_client *client;
	struct evidence_store *store;
	struct map by_key;		/* key -> struct fetch: waiting and on their way */
	struct fetch *first;
	struct fetch **last;
	size_t waiting;
	size_t under_way;
	int64_t starts[A_SECOND];	/* monotonic times of the latest starts, oldest first */
	int64_t stats_at;		/* monotonic time of the latest one */
	struct timer *timer;
	struct node_reader nodes;	/* read NULL: no SSH */
};

struct collector *collector_new(struct kube_client *client, struct evidence_store *store)
{
	struct collector *collector = xcalloc(1, sizeof(*collector));

	collector->client = client;
	collector->store = store;
	collector->last = &collector->first;
	for (size_t i = 0; i < A_SECOND; i++)
		collector->starts[i] = INT64_MIN / 2;
	collector->stats_at = INT64_MIN / 2;
	return collector;
}

static void fetch_free(struct fetch *fetch)
{
	kube_cancel(fetch->slot);
	free(fetch->request.path);
	free(fetch->key);
	free(fetch);
}

void collector_free(struct collector *collector)
{
	struct fetch *fetch;
	size_t position = 0;

	if (!collector)
		return;
	timer_cancel(collector->timer);
	while ((fetch = map_next(&collector->by_key, &position)) != NULL)
		fetch_free(fetch);
	map_release(&collector->by_key);
	free(collector);
}

void collector_read_nodes(struct collector *collector, const struct node_reader *reader)
{
	collector->nodes = reader ? *reader : (struct node_reader){0};
}

bool collector_is_idle(const struct collector *collector)
{
	const struct node_reader *nodes = &collector->nodes;

	return !collector->by_key.count && (!nodes->is_idle || nodes->is_idle(nodes->data));
}

/* A GET that is more than reading: these subresources run things or forward bytes. */
static bool is_plain_read(const char *path)
{
	static const char *const doors[] = {"/exec", "/attach", "/portforward", "/proxy"};

	if (path[0] != '/' || path[1] == '/')
		return false;
	for (size_t i = 0; i < array_length(doors); i++) {
		const char *found = strstr(path, doors[i]);
		const char *after = found ? found + strlen(doors[i]) : "";

		if (found && (!*after || *after == '/' || *after == '?') && strcmp(after, "/stats/summary") != 0)
			return false;
	}
	return true;
}

/* The API path of a container's log, or NULL if the request is not "namespace/pod/container". */
static char *log_path(const struct evidence_request *request)
{
	auto_free char *words = xstrdup(request->path);
	char *pod = strchr(words, '/');
	char *container = pod ? strchr(pod + 1, '/') : NULL;

	if (!container || pod == words || container == pod + 1 || !container[1] || strchr(container + 1, '/'))
		return NULL;
	*pod++ = '\0';
	*container++ = '\0';
	auto_free char *name_space_part = kube_escape(words);
	auto_free char *pod_part = kube_escape(pod);
	auto_free char *container_part = kube_escape(container);

	return xasprintf("/api/v1/namespaces/%s/pods/%s/log?container=%s&tailLines=%d&limitBytes=%d%s",
			 name_space_part, pod_part, container_part,
			 request->tail_lines > 0 ? request->tail_lines : 200, LOG_MAXIMUM,
			 request->previous ? "&previous=true" : "");
}

static void start_next(struct collector *collector);

static void put_failure(struct fetch *fetch, const struct err *err)
{
	evidence_put(fetch->collector->store, fetch->key, NULL, NULL, err, clock_wall());
	map_remove(&fetch->collector->by_key, fetch->key);
	fetch_free(fetch);
}

static void on_done(void *data, const struct kube_result *result)
{
	struct fetch *fetch = data;
	struct collector *collector = fetch->collector;
	bool is_log = fetch->request.type == EVIDENCE_LOG;
	struct err err = {0};

	fetch->slot = NULL;
	collector->under_way--;
	if (result->code != ERR_NONE) {
		put_failure(fetch, &result->err);
	} else if (!is_log && !json_is_object(result->document)) {
		err_set(&err, ERR_PROTOCOL, "{path}: the answer is no JSON object", "path", fetch->request.path, NULL);
		put_failure(fetch, &err);
	} else {
		json_t *document = is_log ? NULL : evidence_reduce(&fetch->request, result->document);
		char *text = is_log ? xstrndup(result->body ? result->body : "", result->body_length) : NULL;

		evidence_put(collector->store, fetch->key, document, text, NULL, clock_wall());
		map_remove(&collector->by_key, fetch->key);
		fetch_free(fetch);
	}
	start_next(collector);
}

static char *stats_path(const struct evidence_request *request)
{
	auto_free char *node = kube_escape(request->path);

	return xasprintf("/api/v1/nodes/%s/proxy/stats/summary", node);
}

/* NULL: what is asked for is not read from the API, or is no path. */
static char *path_of(const struct evidence_request *request)
{
	switch (request->type) {
	case EVIDENCE_GET:
		return xstrdup(request->path);
	case EVIDENCE_LOG:
		return log_path(request);
	case EVIDENCE_STATS:
		return stats_path(request);
	case EVIDENCE_NODE:
	case EVIDENCE_CERTIFICATES:
		break;
	}
	return NULL;
}

/* Evidence that does not come from the API; true where the request is one for such. */
static bool read_elsewhere(struct collector *collector, const struct evidence_request *request, const char *key)
{
	struct err err = {0};

	if (request->type == EVIDENCE_CERTIFICATES) {
		const struct kubeconfig_view *view = kube_client_view(collector->client);

		const char *server = kube_server_certificate(collector->client);
		int64_t now = clock_wall();

		evidence_put(collector->store, key, certificates_describe(view, server, now), NULL, NULL, now);
		return true;
	}
	if (request->type != EVIDENCE_NODE)
		return false;
	if (request->is_untrusted)
		err_set(&err, ERR_REFUSED, "this runbook's commands are not approved on this machine", NULL);
	else if (!collector->nodes.read)
		err_set(&err, ERR_REFUSED, "no SSH to the nodes is configured", NULL);
	else if (!collector->nodes.read(collector->nodes.data, request, key, &err))
		return true;
	evidence_put(collector->store, key, NULL, NULL, &err, clock_wall());
	return true;
}

/* A request that will never be sent costs no turn: it is answered at once. */
static bool refuse(struct collector *collector, const struct evidence_request *request, const char *key)
{
	auto_free char *path = path_of(request);
	struct err err = {0};

	if (path && is_plain_read(path))
		return false;
	err_set(&err, ERR_REFUSED, "{path} is no object and no log that may be read", "path", request->path, NULL);
	evidence_put(collector->store, key, NULL, NULL, &err, clock_wall());
	return true;
}

static void start(struct fetch *fetch)
{
	struct collector *collector = fetch->collector;
	static const size_t most[] = {
		[EVIDENCE_GET] = GET_MAXIMUM, [EVIDENCE_LOG] = LOG_MAXIMUM + 4096, [EVIDENCE_STATS] = STATS_MAXIMUM,
	};
	auto_free char *path = path_of(&fetch->request);
	const struct kube_request request = {
		.method = "GET",
		.path = path,
		.accept = fetch->request.type == EVIDENCE_LOG ? KUBE_TEXT : KUBE_JSON,
		.kind = HTTP_ONCE,
		.body_maximum = most[fetch->request.type],
		.on_done = on_done,
		.data = fetch,
	};
	struct err err = {0};

	if (kube_read(collector->client, &request, &fetch->slot, &err) < 0)
		put_failure(fetch, &err);
	else
		collector->under_way++;
}

static void on_time(void *data)
{
	struct collector *collector = data;

	collector->timer = NULL;
	start_next(collector);
}

void collector_forget(struct collector *collector, bool (*is_needed)(void *data, const char *key), void *data)
{
	struct fetch **place = &collector->first;

	if (collector->nodes.forget)
		collector->nodes.forget(collector->nodes.data, is_needed, data);
	while (*place) {
		struct fetch *fetch = *place;

		if (is_needed(data, fetch->key)) {
			place = &fetch->next;
			continue;
		}
		*place = fetch->next;
		map_remove(&collector->by_key, fetch->key);
		fetch_free(fetch);
		collector->waiting--;
	}
	collector->last = place;
}

static void start_next(struct collector *collector)
{
	while (collector->first && collector->under_way < AT_ONCE && !collector->timer) {
		int64_t now = clock_monotonic_ms();
		int64_t wait = collector->starts[0] + 1000 - now;
		struct fetch *fetch = collector->first;
		bool is_stats = fetch->request.type == EVIDENCE_STATS;

		if (is_stats && collector->stats_at + STATS_APART_MS - now > wait)
			wait = collector->stats_at + STATS_APART_MS - now;

		if (wait > 0) {
			collector->timer = loop_timer(kube_client_loop(collector->client), wait, on_time, collector);
			return;
		}
		for (size_t i = 1; i < A_SECOND; i++)
			collector->starts[i - 1] = collector->starts[i];
		collector->starts[A_SECOND - 1] = now;
		if (is_stats)
			collector->stats_at = now;
		collector->first = fetch->next;
		if (!collector->first)
			collector->last = &collector->first;
		collector->waiting--;
		start(fetch);
	}
}

void collector_want(struct collector *collector, const struct evidence_request *request)
{
	auto_free char *key = evidence_key(request);
	const struct evidence *evidence = evidence_get(collector->store, key);
	struct fetch *fetch;

	if ((evidence && evidence_is_fresh(evidence, clock_wall())) || map_get(&collector->by_key, key) ||
	    collector->waiting >= QUEUE_MAXIMUM || read_elsewhere(collector, request, key) ||
	    refuse(collector, request, key))
		return;
	fetch = xcalloc(1, sizeof(*fetch));
	fetch->collector = collector;
	fetch->request = *request;
	fetch->request.path = xstrdup(request->path);
	fetch->key = take_pointer(key);
	map_put(&collector->by_key, fetch->key, fetch);
	*collector->last = fetch;
	collector->last = &fetch->next;
	collector->waiting++;
	start_next(collector);
}
