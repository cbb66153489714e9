#include "probes/kube/reflector.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/reflector_pace.h"
#include "probes/kube/scanner.h"
#include "probes/net/loop.h"

enum {
	PAGE_SIZE = 500,		/* kubectl's, and small enough for a quick first row */
	LATER_PAGES = 4,		/* times as large: on each turn one side waits for the other */
	MOST_PAGES = 2000,		/* of one list; */
	MOST_OBJECTS = 500000,		/* three times the pods that Kubernetes promises to bear: it never stops */
	WATCH_LEAST_SECONDS = 300,
	WATCH_MORE_SECONDS = 300,
	SHORT_WATCH_MS = 1000,
	ASK_AGAIN_MS = 5 * 60 * 1000,	/* after 403 and 404 */
	LIST_AGAIN_MS = 60 * 1000,	/* for a user who may list and not watch */
	RELIST_APART_MS = 10 * 1000,
	MOST_WATCH_ERRORS = 3,		/* ERROR events in a row; then a list */
	VERSION_SIZE = 600,
	PATH_MAX_BYTES = 128 << 10,
};

enum phase { PHASE_WAIT, PHASE_LIST, PHASE_WATCH };

struct reflector {
	struct kube_client *client;
	const struct field_table *table;
	const struct kind *kind;
	struct reflector_sink sink;
	char *name_space;
	char *field_selector;
	int page_size;

	enum phase phase;
	enum phase next;		/* after the wait */
	bool is_refused;		/* the wait is for rights or a kind that the server does not have */
	struct kube_slot *slot;
	struct timer *timer;
	bool may_be_protobuf;		/* else JSON alone is asked for */
	enum scan_mode mode;
	const struct scanner_ops *encoding;	/* of the answer; NULL until it is known */
	struct scanner *scanner;		/* exists exactly where encoding is set */
	struct pace pace;

	char version[VERSION_SIZE];	/* resourceVersion to watch from */
	char *token;			/* of the next page; NULL for the first */
	char *next_token;		/* that this page named */
	char list_version[VERSION_SIZE];
	long remaining;
	int pages;
	long objects;			/* of this list so far */
	int64_t listed_at;		/* monotonic time of the last whole list; 0 never */

	int64_t started_at;		/* of this watch */
	bool was_accepted;		/* the server answered the watch with 2xx */
	bool saw_event;
	int watch_errors;

	bool scan_failed;		/* err says why */
	bool got_status;		/* an ERROR event */
	long status_code;
	bool status_expired;
	struct err err;
};

static void start_list(struct reflector *reflector);
static void start_page(struct reflector *reflector);
static void start_watch(struct reflector *reflector);

static void set_state(struct reflector *reflector, enum reflector_state state, const struct err *err)
{
	reflector->sink.on_state(reflector->sink.data, reflector->kind, state, err);
}

static void drop_scanner(struct reflector *reflector)
{
	if (reflector->encoding)
		reflector->encoding->free(reflector->scanner);
	reflector->scanner = NULL;
	reflector->encoding = NULL;
}

/* Waiting. */

static void on_time(void *data)
{
	struct reflector *reflector = data;

	reflector->timer = NULL;
	if (reflector->next == PHASE_WATCH)
		start_watch(reflector);
	else
		start_list(reflector);
}

static void wait_for(struct reflector *reflector, int64_t delay_ms, enum phase next)
{
	reflector->phase = PHASE_WAIT;
	reflector->next = next;
	reflector->is_refused = false;
	reflector->timer = loop_timer(kube_client_loop(reflector->client), delay_ms, on_time, reflector);
}

/* 406: something in between, or an old server, has no protobuf for this kind. */
static void note_refusal(struct reflector *reflector, const struct kube_result *result)
{
	if (result->status == 406)
		reflector->may_be_protobuf = false;
}

static void fail(struct reflector *reflector, const struct err *err, int64_t retry_after_ms, enum phase next)
{
	int64_t delay = pace_after_failure(&reflector->pace, clock_monotonic_ms(), retry_after_ms);

	/* The sink may look at the reflector's own err: the state comes last. */
	wait_for(reflector, delay, next);
	set_state(reflector, REFLECTOR_WAITING, err);
}

/* "daemonsets.apps", as RBAC rules and kubectl auth can-i name it. */
static void resource_text(const struct kind *kind, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", kind->resource, *kind->group ? "." : "", kind->group);
}

static void refuse(struct reflector *reflector, const struct kube_result *result, const char *verb)
{
	char resource[128];
	struct err err;
	bool is_forbidden = result->code == ERR_FORBIDDEN;
	bool is_listed = is_forbidden && !strcmp(verb, "watch");

	resource_text(reflector->kind, resource, sizeof(resource));
	if (is_forbidden) {
		err_set(&err, ERR_FORBIDDEN, "this user may not {verb} {resource}{scope}", "verb", verb,
			"resource",
			resource, "scope", reflector->name_space ? " in this namespace" : "", NULL);
		err_hint(&err, "ask for a role with the verbs list and watch on {resource}", "resource",
			 resource, NULL);
	} else {
		err_set(&err, ERR_NOT_FOUND, "the cluster has no {resource}", "resource", resource, NULL);
	}
	pace_forget(&reflector->pace);
	wait_for(reflector, (is_listed ? LIST_AGAIN_MS : ASK_AGAIN_MS) + random_below(PACE_MOST_MS), PHASE_LIST);
	reflector->is_refused = true;
	set_state(reflector, is_listed ? REFLECTOR_POLLING : is_forbidden ? REFLECTOR_FORBIDDEN : REFLECTOR_ABSENT,
		  &err);
}

/* The version that we know is too old: list again, though not in a circle. */
static void relist(struct reflector *reflector)
{
	int64_t now = clock_monotonic_ms();

	if (reflector->listed_at && now - reflector->listed_at < RELIST_APART_MS) {
		wait_for(reflector, pace_after_failure(&reflector->pace, now, -1), PHASE_LIST);
		return;
	}
	start_list(reflector);
}

/* Scanning. */

/* A version too long to be one is as good as none. */
static void keep_version(char to[VERSION_SIZE], const char *version)
{
	size_t length = strlen(version);

	if (length < VERSION_SIZE)
		memcpy(to, version, length + 1);
}

static int on_record(void *data, enum watch_event event, struct record *record)
{
	struct reflector *reflector = data;

	reflector->saw_event = true;
	if (reflector->phase == PHASE_LIST && ++reflector->objects > MOST_OBJECTS) {
		record_free(record);
		return -1;
	}
	if (reflector->phase == PHASE_WATCH && *record->resource_version)
		keep_version(reflector->version, record->resource_version);
	if (event == WATCH_DELETED) {
		reflector->sink.on_delete(reflector->sink.data, record);
		record_free(record);
	} else {
		reflector->sink.on_record(reflector->sink.data, record);
	}
	return 0;
}

static void on_bookmark(void *data, const char *version, int initial_end)
{
	struct reflector *reflector = data;

	(void)initial_end;
	reflector->saw_event = true;
	if (*version)
		keep_version(reflector->version, version);
}

static void on_status(void *data, long code, const char *reason, const char *message)
{
	struct reflector *reflector = data;
	char resource[128];

	resource_text(reflector->kind, resource, sizeof(resource));
	reflector->got_status = true;
	reflector->status_code = code;
	reflector->status_expired = code == 410 || !strcmp(reason, "Expired") || !strcmp(reason, "Gone");
	err_set(&reflector->err, ERR_SERVER, "the server ended the watch of {resource}: {message}",
		"resource", resource,
		"message", *message ? message : reason, NULL);
}

static void on_list_meta(void *data, const char *version, const char *token, long remaining)
{
	struct reflector *reflector = data;

	reflector->list_version[0] = '\0';
	keep_version(reflector->list_version, version);
	free(reflector->next_token);
	reflector->next_token = *token ? xstrdup(token) : NULL;
	reflector->remaining = remaining;
}

/* The server chooses among what was asked for; what it chose it says before the body. */
static void make_scanner(struct reflector *reflector, const char *content_type)
{
	const struct scan_sink sink = {on_record, on_bookmark, on_status, on_list_meta, reflector};
	const char *protobuf = proto_scanner_ops.content_type;

	drop_scanner(reflector);
	/* Protobuf that nobody asked for is not valid JSON, and the error says so. */
	reflector->encoding = reflector->may_be_protobuf && !strncmp(content_type, protobuf, strlen(protobuf))
				      ? &proto_scanner_ops
				      : &json_scanner_ops;
	reflector->scanner = reflector->encoding->new(reflector->table, reflector->mode, &sink);
}

static void expect(struct reflector *reflector, enum scan_mode mode)
{
	drop_scanner(reflector);
	reflector->mode = mode;
	reflector->scan_failed = false;
	reflector->got_status = false;
}

/* Protobuf that we cannot read may be our fault: the same is asked for as JSON from then on. */
static void blame_protobuf(struct reflector *reflector)
{
	if (reflector->encoding != &proto_scanner_ops || reflector->err.code != ERR_PROTOCOL)
		return;
	reflector->may_be_protobuf = false;
	log_line("%s: protobuf could not be read, JSON is asked for", reflector->kind->resource);
}

static void too_many(const struct reflector *reflector, const char *id, long limit, struct err *err)
{
	char most[24];

	snprintf(most, sizeof(most), "%ld", limit);
	err_set(err, ERR_LIMIT, id, "resource", reflector->kind->resource, "limit", most, NULL);
	err_hint(err, "no apiserver holds so many: check what answers in its place, or take a --namespace", NULL);
}

static void stuck(const struct reflector *reflector, struct err *err)
{
	err_set(err, ERR_PROTOCOL, "the list of {resource} does not end: a page names itself as the next one",
		"resource", reflector->kind->resource, NULL);
	err_hint(err, "check proxies in front of the apiserver: one may answer from its memory", NULL);
}

static int on_body(void *data, const char *bytes, size_t n)
{
	struct reflector *reflector = data;

	if (!reflector->encoding)
		make_scanner(reflector, "");
	if (reflector->encoding->feed(reflector->scanner, bytes, n, &reflector->err) < 0) {
		reflector->scan_failed = true;
		if (reflector->objects > MOST_OBJECTS)
			too_many(reflector, "the list of {resource} does not end: it has more than {limit} objects",
				 MOST_OBJECTS, &reflector->err);
		blame_protobuf(reflector);
		return -1;
	}
	if (reflector->phase != PHASE_WATCH)
		return 0;
	if (reflector->got_status)
		return -1;
	reflector->watch_errors = 0;
	set_state(reflector, REFLECTOR_WATCHING, NULL);
	return 0;
}

/* Requests. */

static void add_query(struct buffer *path, const char *name, const char *value)
{
	auto_free char *escaped = kube_escape(value);

	buffer_addf(path, "&%s=%s", name, escaped);
}

static int send(struct reflector *reflector, struct kube_request *request, struct err *err)
{
	int result;

	request->method = "GET";
	if (kind_is_metadata_only(reflector->kind))
		request->accept = KUBE_PARTIAL_METADATA;
	else
		request->accept = reflector->may_be_protobuf ? KUBE_PROTOBUF : KUBE_JSON;
	request->on_body = on_body;
	request->data = reflector;
	result = kube_read(reflector->client, request, &reflector->slot, err);
	if (result < 0)
		reflector->slot = NULL;
	return result;
}

/* Listing. */

static void list_is_whole(struct reflector *reflector)
{
	int64_t now = clock_monotonic_ms();

	memcpy(reflector->version, reflector->list_version, sizeof(reflector->version));
	reflector->listed_at = now;
	free(take_pointer(reflector->token));
	pace_note_healthy(&reflector->pace, now);
	reflector->sink.on_list_page(reflector->sink.data, reflector->kind, true, 0);
	set_state(reflector, REFLECTOR_WATCHING, NULL);
	start_watch(reflector);
}

static void next_page(struct reflector *reflector)
{
	bool is_stuck = reflector->token && !strcmp(reflector->token, reflector->next_token);
	struct err err;

	if (is_stuck || reflector->pages >= MOST_PAGES) {
		if (is_stuck)
			stuck(reflector, &err);
		else
			too_many(reflector, "the list of {resource} does not end: it has more than {limit} pages",
				 MOST_PAGES, &err);
		fail(reflector, &err, -1, PHASE_LIST);
		return;
	}
	free(reflector->token);
	reflector->token = take_pointer(reflector->next_token);
	reflector->sink.on_list_page(reflector->sink.data, reflector->kind, false, reflector->remaining);
	start_page(reflector);
}

static void list_failed(struct reflector *reflector, const struct kube_result *result)
{
	note_refusal(reflector, result);
	if (result->code == ERR_FORBIDDEN || result->code == ERR_NOT_FOUND)
		refuse(reflector, result, "list");
	else if (result->code == ERR_GONE)
		wait_for(reflector, pace_after_failure(&reflector->pace, clock_monotonic_ms(), -1),
			 PHASE_LIST);
	else
		fail(reflector, &result->err, result->retry_after_ms, PHASE_LIST);
}

static void on_list_head(void *data, long status, const char *content_type)
{
	(void)status;
	make_scanner(data, content_type);
}

static void on_page_done(void *data, const struct kube_result *result)
{
	struct reflector *reflector = data;
	struct err err;

	reflector->slot = NULL;
	if (reflector->scan_failed) {
		fail(reflector, &reflector->err, -1, PHASE_LIST);
		return;
	}
	if (result->code != ERR_NONE) {
		list_failed(reflector, result);
		return;
	}
	if (!reflector->encoding)
		make_scanner(reflector, "");
	if (reflector->encoding->finish(reflector->scanner, &err) < 0) {
		fail(reflector, &err, -1, PHASE_LIST);
		return;
	}
	drop_scanner(reflector);
	if (reflector->next_token)
		next_page(reflector);
	else
		list_is_whole(reflector);
}

static void start_page(struct reflector *reflector)
{
	auto_free char *base = kind_path(reflector->kind, reflector->name_space, NULL);
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	struct kube_request request = {.kind = HTTP_ONCE, .on_head = on_list_head, .on_done = on_page_done};
	struct err err;

	/* No resourceVersion: a consistent read. With limit it would be a legacy exact match (tech.md a, Lists). */
	buffer_addf(&path, "%s?limit=%d", base, reflector->page_size * (reflector->token ? LATER_PAGES : 1));
	if (reflector->token)
		add_query(&path, "continue", reflector->token);
	if (reflector->field_selector)
		add_query(&path, "fieldSelector", reflector->field_selector);
	request.path = buffer_text(&path);
	request.gzip = !kube_client_view(reflector->client)->disable_compression;
	reflector->pages++;
	reflector->phase = PHASE_LIST;
	expect(reflector, SCAN_LIST);
	if (send(reflector, &request, &err) < 0)
		fail(reflector, &err, -1, PHASE_LIST);
}

static void start_list(struct reflector *reflector)
{
	free(take_pointer(reflector->token));
	free(take_pointer(reflector->next_token));
	reflector->pages = 0;
	reflector->objects = 0;
	reflector->watch_errors = 0;
	set_state(reflector, REFLECTOR_LISTING, NULL);
	reflector->sink.on_list_start(reflector->sink.data, reflector->kind);
	start_page(reflector);
}

/* Watching. */

static void on_watch_head(void *data, long status, const char *content_type)
{
	struct reflector *reflector = data;

	(void)status;
	make_scanner(reflector, content_type);
	reflector->was_accepted = true;
	pace_note_healthy(&reflector->pace, clock_monotonic_ms());
	set_state(reflector, REFLECTOR_WATCHING, NULL);
}

/*
 * The connection ended: by the server's clock, by a proxy's, or because the
 * network went away. None of these is a failure where the watch had lived;
 * the next one goes on from the last version, at most one a second.
 */
static void watch_ended(struct reflector *reflector)
{
	int64_t lived = clock_monotonic_ms() - reflector->started_at;

	if (lived >= SHORT_WATCH_MS)
		start_watch(reflector);
	else
		wait_for(reflector, SHORT_WATCH_MS - lived, PHASE_WATCH);
}

/* Broken, or ended in order though nothing had been said. */
static void watch_was_short(struct reflector *reflector, const struct kube_result *result)
{
	struct err err;

	if (result->code != ERR_NONE) {
		fail(reflector, &result->err, -1, PHASE_WATCH);
		return;
	}
	err_set(&err, ERR_PROTOCOL, "the watch of {resource} ended at once, with nothing said", "resource",
		reflector->kind->resource, NULL);
	err_hint(&err, "a proxy or load balancer in between may not let long answers through", NULL);
	fail(reflector, &err, -1, PHASE_WATCH);
}

static void watch_was_refused(struct reflector *reflector, const struct kube_result *result)
{
	note_refusal(reflector, result);
	if (result->code == ERR_GONE)
		relist(reflector);
	else if (result->code == ERR_FORBIDDEN || result->code == ERR_NOT_FOUND)
		refuse(reflector, result, "watch");
	else
		fail(reflector, &result->err, result->retry_after_ms, PHASE_WATCH);
}

static void on_watch_done(void *data, const struct kube_result *result)
{
	struct reflector *reflector = data;
	int64_t lived = clock_monotonic_ms() - reflector->started_at;

	reflector->slot = NULL;
	drop_scanner(reflector);
	if (reflector->scan_failed) {
		/* The same event would come again. */
		fail(reflector, &reflector->err, -1, PHASE_LIST);
	} else if (reflector->got_status && reflector->status_expired) {
		relist(reflector);
	} else if (reflector->got_status) {
		fail(reflector, &reflector->err, -1,
		     ++reflector->watch_errors >= MOST_WATCH_ERRORS ? PHASE_LIST : PHASE_WATCH);
	} else if (!reflector->was_accepted && result->code != ERR_NONE) {
		watch_was_refused(reflector, result);
	} else if (lived < SHORT_WATCH_MS && !reflector->saw_event) {
		watch_was_short(reflector, result);
	} else {
		watch_ended(reflector);
	}
}

static void start_watch(struct reflector *reflector)
{
	auto_free char *base = kind_path(reflector->kind, reflector->name_space, NULL);
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	struct kube_request request = {.kind = HTTP_STREAM, .on_done = on_watch_done,
		.on_head = on_watch_head};
	struct err err;

	/* Never gzip: a server may end the member at each flush (tech.md 0.1). */
	buffer_addf(&path, "%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=%u", base,
		    WATCH_LEAST_SECONDS + random_below(WATCH_MORE_SECONDS + 1));
	if (*reflector->version)
		add_query(&path, "resourceVersion", reflector->version);
	if (reflector->field_selector)
		add_query(&path, "fieldSelector", reflector->field_selector);
	request.path = buffer_text(&path);
	reflector->phase = PHASE_WATCH;
	reflector->started_at = clock_monotonic_ms();
	reflector->was_accepted = false;
	reflector->saw_event = false;
	expect(reflector, SCAN_WATCH);
	if (send(reflector, &request, &err) < 0)
		fail(reflector, &err, -1, PHASE_WATCH);
}

/* Life. */

static void stop(struct reflector *reflector)
{
	kube_cancel(reflector->slot);
	reflector->slot = NULL;
	if (reflector->timer)
		timer_cancel(reflector->timer);
	reflector->timer = NULL;
	drop_scanner(reflector);
}

struct reflector *reflector_new(struct kube_client *client, const struct field_table *table,
				const struct reflector_options *options, const struct reflector_sink *sink)
{
	struct reflector *reflector = xcalloc(1, sizeof(*reflector));

	reflector->client = client;
	reflector->table = table;
	reflector->kind = field_table_kind(table);
	reflector->sink = *sink;
	reflector->may_be_protobuf = kube_client_may_use_protobuf(client) && proto_scanner_knows(table);
	reflector->page_size = options && options->page_size ? options->page_size : PAGE_SIZE;
	if (options && options->name_space)
		reflector->name_space = xstrdup(options->name_space);
	if (options && options->field_selector)
		reflector->field_selector = xstrdup(options->field_selector);
	start_list(reflector);
	return reflector;
}

void reflector_free(struct reflector *reflector)
{
	if (!reflector)
		return;
	stop(reflector);
	free(reflector->token);
	free(reflector->next_token);
	free(reflector->name_space);
	free(reflector->field_selector);
	free(reflector);
}

void reflector_resume(struct reflector *reflector)
{
	bool is_waiting = reflector->phase == PHASE_WAIT;
	bool is_watch = (is_waiting ? reflector->next : reflector->phase) == PHASE_WATCH;

	if (is_waiting && reflector->is_refused)
		return;
	stop(reflector);
	if (is_watch)
		start_watch(reflector);
	else
		start_list(reflector);
}

void reflector_reconnect(struct reflector *reflector)
{
	stop(reflector);
	pace_forget(&reflector->pace);
	start_list(reflector);
}
