/* For tests of the console: a world filled from JSON, without a server and without a terminal. */
#ifndef TESTS_UNIT_TUI_CONSOLE_FIXTURE_H
#define TESTS_UNIT_TUI_CONSOLE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tests/unit/kube/scan.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/console.h"

enum { NOW = 1795255200, NODES = 12 };	/* 2026-11-21T10:00:00Z */

struct fixture {
	struct options options;
	struct configuration *configuration;
	struct invocation invocation;
	struct field_set fields;
	struct runbook_set *runbooks;
	struct evidence_store *evidence;
	struct symptoms *symptoms;
	struct kubeconfig_view view;
	struct link_state link;
	struct console console;
	struct cells cells;
	char *text;		/* what was drawn last */
};

static inline void put_json(struct fixture *fixture, enum kind_id kind, const char *format, ...)
{
	char json[4096];
	va_list arguments;
	struct record *record;

	va_start(arguments, format);
	vsnprintf(json, sizeof(json), format, arguments);
	va_end(arguments);
	record = scan_object(fixture->fields.tables[kind], json);
	assert_non_null(record);
	snapshot_put(fixture->console.world.snapshot, record);
}

static inline void put_node(struct fixture *fixture, int number, const char *ready, const char *disk)
{
	put_json(fixture, KIND_NODE,
		 "{\"metadata\":{\"name\":\"pool-a-worker-%d\",\"uid\":\"n%d\","
		 "\"creationTimestamp\":\"2026-10-21T10:00:00Z\"},\"status\":{\"conditions\":["
		 "{\"type\":\"Ready\",\"status\":\"%s\"},{\"type\":\"DiskPressure\",\"status\":\"%s\"}],"
		 "\"nodeInfo\":{\"containerRuntimeVersion\":\"containerd://1.6\",\"kubeletVersion\":\"v1.28.3\"}}}",
		 number, number, ready, disk);
}

static inline void put_pod(struct fixture *fixture, const char *name, int node, const char *reason)
{
	put_json(fixture, KIND_POD,
		 "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"kube-system\",\"uid\":\"p-%s\","
		 "\"creationTimestamp\":\"2026-11-21T09:00:00Z\"},"
		 "\"spec\":{\"nodeName\":\"pool-a-worker-%d\",\"containers\":[{\"name\":\"c\",\"image\":\"x:v1\"}]},"
		 "\"status\":{\"phase\":\"%s\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":%s,\"restartCount\":0,"
		 "\"state\":{%s%s%s}}]}}",
		 name, name, node, reason ? "Pending" : "Running", reason ? "false" : "true",
		 reason ? "\"waiting\":{\"reason\":\"" : "\"running\":{\"startedAt\":\"2026-11-21T09:00:05Z\"}",
		 reason ? reason : "", reason ? "\"}" : "");
}

static inline void put_event(struct fixture *fixture, const char *uid, const char *message)
{
	put_json(fixture, KIND_EVENT,
		 "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"kube-system\",\"uid\":\"%s\"},"
		 "\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"kube-system\",\"name\":\"typha-1\","
		 "\"uid\":\"p-typha-1\"},"
		 "\"type\":\"Warning\",\"reason\":\"Failed\",\"message\":\"%s\",\"count\":14,"
		 "\"lastTimestamp\":\"2026-11-21T09:59:58Z\"}",
		 uid, uid, message);
}

static inline void current(struct fixture *fixture)
{
	for (int kind = 0; kind < KIND_COUNT; kind++)
		snapshot_set_state(fixture->console.world.snapshot, (enum kind_id)kind, COLLECTION_CURRENT, NULL, 1000);
}

static inline void look(struct fixture *fixture)
{
	symptoms_update(fixture->symptoms, fixture->console.world.snapshot, fixture->evidence, NOW);
	console_refresh(&fixture->console, NOW, 1500);
}

static inline int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	const struct runbook_load_options runbooks = {.assets = "assets"};
	struct err err = {0};

	text_init();
	fixture->options = (struct options){.language = "en", .utf8 = true};
	assert_int_equal(configuration_load("/nowhere/config.json", &fixture->configuration, &err), 0);
	fixture->invocation = (struct invocation){.options = &fixture->options,
						  .configuration = fixture->configuration,
						  .assets = "assets",
						  .state_dir = "/nowhere",
						  .config_dir = "/nowhere"};
	field_set_init(&fixture->fields);
	assert_int_equal(runbook_set_load(&runbooks, &fixture->fields, &fixture->runbooks, &err), 0);
	fixture->evidence = evidence_store_new();
	fixture->symptoms = symptoms_new(fixture->runbooks, &(struct symptoms_options){0});
	fixture->view = (struct kubeconfig_view){.context = (char *)"kr1",
						 .server = (char *)"https://api.example:6443",
						 .user = (char *)"ops"};
	fixture->link = (struct link_state){.ever_answered = true, .last_answer_ms = 1100};
	console_init(&fixture->console, &fixture->invocation, GLYPHS_UTF8);
	fixture->console.world.snapshot = snapshot_new();
	fixture->console.world.symptoms = fixture->symptoms;
	fixture->console.world.runbooks = fixture->runbooks;
	fixture->console.world.kubeconfig = &fixture->view;
	fixture->console.world.link = &fixture->link;
	fixture->console.world.server_version = "v1.28.3";
	for (int i = 0; i < NODES; i++)
		put_node(fixture, i, "True", "False");
	put_pod(fixture, "typha-1", 1, "ImagePullBackOff");
	put_pod(fixture, "proxy-1", 2, NULL);
	put_event(fixture, "e1", "Failed to pull image \\\"typha\\\"");
	current(fixture);
	cells_init(&fixture->cells, 40, 120, GLYPHS_UTF8);
	look(fixture);
	*state = fixture;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;

	snapshot_free(fixture->console.world.snapshot);
	console_release(&fixture->console);
	cells_release(&fixture->cells);
	symptoms_free(fixture->symptoms);
	evidence_store_free(fixture->evidence);
	runbook_set_free(fixture->runbooks);
	field_set_release(&fixture->fields);
	configuration_free(fixture->configuration);
	free(fixture->text);
	free(fixture);
	return 0;
}

/* Draws at a size; the text is good until the next draw. */
static inline const char *drawn(struct fixture *fixture, int rows, int columns)
{
	struct buffer out = BUFFER_INIT(1 << 20);

	cells_resize(&fixture->cells, rows, columns);
	console_draw(&fixture->console, &fixture->cells);
	cells_text(&fixture->cells, &out);
	free(fixture->text);
	fixture->text = buffer_detach(&out);
	return fixture->text;
}

static inline void press(struct fixture *fixture, const char *name)
{
	struct key key;

	assert_int_equal(key_parse(name, &key), 0);
	console_key(&fixture->console, &key);
	console_refresh(&fixture->console, NOW, 1500);
}

static inline void type(struct fixture *fixture, const char *text)
{
	for (; *text; text++) {
		struct key key = key_character((uint32_t)(unsigned char)*text);

		console_key(&fixture->console, &key);
	}
	console_refresh(&fixture->console, NOW, 1500);
}

#define assert_has(text, what)                                                                             \
	do {                                                                                               \
		if (!strstr((text), (what)))                                                               \
			fail_msg("no \"%s\" in:\n%s", (what), (text));                                     \
	} while (0)
#define assert_lacks(text, what)                                                                           \
	do {                                                                                               \
		if (strstr((text), (what)))                                                                \
			fail_msg("\"%s\" in:\n%s", (what), (text));                                        \
	} while (0)

#endif
