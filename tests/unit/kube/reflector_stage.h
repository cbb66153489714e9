/*
 * For tests: a reflector of nodes against a server with a script, and what
 * its sink was told.
 */
#ifndef TESTS_UNIT_KUBE_REFLECTOR_STAGE_H
#define TESTS_UNIT_KUBE_REFLECTOR_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/scanner.h"
#include "probes/kube/reflector.h"
#include "probes/net/loop.h"
#include "tests/unit/kube/serve.h"

#define NODE(uid, version) "{\"metadata\":{\"uid\":\"" uid "\",\"name\":\"" uid "\",\"resourceVersion\":\"" version "\"}}"
#define LIST(items, version) "{\"kind\":\"NodeList\",\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define BOOKMARK(version) EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version "\"}}")
#define ERROR_EVENT(code, reason) EVENT("ERROR", "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\"}")

/* What the sink was told, and everything that it takes to be told. */
struct stage {
	struct server server;
	struct loop *loop;
	struct kube_client *client;
	struct field_table *table;
	struct reflector *reflector;
	int starts;
	int pages;
	int wholes;
	int records;
	int deletes;
	int states[REFLECTOR_ABSENT + 1];
	enum reflector_state state;
	char said[512];
	char last_uid[64];
};

static inline void on_start(void *data, const struct kind *kind)
{
	(void)kind;
	((struct stage *)data)->starts++;
}

static inline void on_record(void *data, struct record *record)
{
	struct stage *stage = data;

	stage->records++;
	snprintf(stage->last_uid, sizeof(stage->last_uid), "%s", record->uid);
	record_free(record);
}

static inline void on_delete(void *data, const struct record *record)
{
	(void)record;
	((struct stage *)data)->deletes++;
}

static inline void on_page(void *data, const struct kind *kind, bool complete, long remaining)
{
	struct stage *stage = data;

	(void)kind;
	(void)remaining;
	stage->pages++;
	stage->wholes += complete;
}

static inline void on_state(void *data, const struct kind *kind, enum reflector_state state, const struct err *err)
{
	struct stage *stage = data;

	(void)kind;
	stage->state = state;
	stage->states[state]++;
	if (err) {
		auto_free char *text = err_text(err);

		snprintf(stage->said, sizeof(stage->said), "%s", text);
	}
}

static inline void stage_open_with(struct stage *stage, struct serve_step *steps, size_t count,
			    const struct kube_client_options *options)
{
	const struct reflector_sink sink = {on_start, on_record, on_delete, on_page, on_state, stage};
	struct kubeconfig_view *view = xcalloc(1, sizeof(*view));

	memset(stage, 0, sizeof(*stage));
	serve_start(&stage->server, steps, count);
	view->context = xstrdup("c");
	view->cluster = xstrdup("c");
	view->user = xstrdup("u");
	view->file = xstrdup("f");
	view->name_space = xstrdup("default");
	view->server = xasprintf("http://127.0.0.1:%d", stage->server.port);
	assert_int_equal(loop_new(&stage->loop, NULL), 0);
	assert_int_equal(kube_client_new(stage->loop, view, options, &stage->client, NULL), 0);
	stage->table = field_table_new(kind_get(KIND_NODE));
	stage->reflector = reflector_new(stage->client, stage->table, NULL, &sink);
}

static inline void stage_open(struct stage *stage, struct serve_step *steps, size_t count)
{
	stage_open_with(stage, steps, count, NULL);
}

static inline void stage_close(struct stage *stage)
{
	reflector_free(stage->reflector);
	kube_client_free(stage->client);
	loop_free(stage->loop);
	field_table_free(stage->table);
	serve_stop(&stage->server);
}

/* Turns until the condition holds, at most two minutes: four failures in a row may wait for twelve seconds. */
#define RUN_UNTIL(stage, condition)                                                                        \
	do {                                                                                               \
		int64_t deadline_ = clock_monotonic_ms() + 120000;                                          \
		while (!(condition)) {                                                                     \
			if (clock_monotonic_ms() > deadline_)                                              \
				fail_msg("never: %s (said: %s)", #condition, (stage)->said);               \
			loop_turn((stage)->loop, 20);                                                      \
		}                                                                                          \
	} while (0)

static inline void run_for(struct stage *stage, int64_t ms)
{
	int64_t end = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < end)
		loop_turn(stage->loop, 20);
}

#endif
