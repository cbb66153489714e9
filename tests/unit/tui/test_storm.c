/* The same object, changed ten thousand times on a real watch: what is looked at is its newest state, now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "tests/unit/kube/serve.h"
#include "tui/configuration.h"
#include "tui/session.h"

enum { STORM = 10000, GIVE_UP_MS = 240000 };

#define NODE_FORMAT                                                                                                   \
	"{\"metadata\":{\"uid\":\"u\",\"name\":\"storm\",\"resourceVersion\":\"%d\"},\"status\":{\"conditions\":[" \
	"{\"type\":\"Ready\",\"status\":\"%s\",\"lastTransitionTime\":\"2026-01-02T03:04:05Z\"}]}}"

struct stage {
	char folder[64];
	struct server server;
	struct buffer storm;
	struct options options;
	struct configuration *configuration;
	struct invocation invocation;
	struct session *session;
};

/* Well and sick by turns, sick at the end. */
static void write_storm(struct buffer *storm)
{
	buffer_init(storm, 64 << 20);
	for (int i = 1; i <= STORM; i++) {
		buffer_add_text(storm, "{\"type\":\"MODIFIED\",\"object\":");
		buffer_addf(storm, NODE_FORMAT, 1 + i, i % 2 ? "True" : "False");
		buffer_add_text(storm, "}\n");
	}
}

static void write_kubeconfig(struct stage *stage)
{
	auto_free char *path = xasprintf("%s/kubeconfig", stage->folder);
	auto_free char *text = xasprintf("{\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"http://127.0.0.1:%d\"}}],"
					 "\"users\":[{\"name\":\"c\",\"user\":{}}],\"contexts\":[{\"name\":\"c\",\"context\":"
					 "{\"cluster\":\"c\",\"user\":\"c\"}}],\"current-context\":\"c\"}", stage->server.port);
	struct err err;

	assert_int_equal(file_write(path, text, strlen(text), 0600, &err), 0);
	stage->options.kubeconfig = xstrdup(path);
}

static void open_session(struct stage *stage)
{
	struct err err;

	snprintf(stage->folder, sizeof(stage->folder), "/tmp/nks-triage-storm-XXXXXX");
	assert_non_null(mkdtemp(stage->folder));
	write_kubeconfig(stage);
	stage->options.wait = 20;
	assert_int_equal(configuration_load("/nonexistent/config.json", &stage->configuration, &err), 0);
	stage->invocation = (struct invocation){
		.options = &stage->options,
		.configuration = stage->configuration,
		.assets = "assets",
		.config_dir = stage->folder,
		.state_dir = stage->folder,
	};
	assert_int_equal(session_open(&stage->invocation, NULL, &stage->session, &err), 0);
}

static void close_all(struct stage *stage)
{
	auto_free char *command = xasprintf("rm -r %s", stage->folder);

	session_close(stage->session);
	configuration_free(stage->configuration);
	free((char *)(uintptr_t)stage->options.kubeconfig);
	serve_stop(&stage->server);
	buffer_release(&stage->storm);
	assert_int_equal(system(command), 0);
}

static bool is_over(const struct session *session)
{
	const struct record *node = snapshot_by_uid(cluster_snapshot(session->cluster), "u");

	return node && strtol(node->resource_version, NULL, 10) == 1 + STORM &&
	       session->seen_snapshot == snapshot_version(cluster_snapshot(session->cluster));
}

static void test_storm(void **state)
{
	auto_free char *list = xasprintf("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[" NODE_FORMAT "]}", 1, "True");
	struct stage stage = {.session = NULL};
	struct serve_step steps[] = {
		{"nodes?limit", 200, NULL, list, .repeats = true},
		{"nodes?watch", 200, NULL, NULL, .stays = true},
		{"watch=1", 200, NULL, "", .stays = true, .repeats = true},
		{"limit=", 200, NULL, "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}", .repeats = true},
	};
	int64_t start_ms;
	int64_t took_ms;
	uint64_t most;
	const struct finding *finding = NULL;

	(void)state;
	write_storm(&stage.storm);
	steps[1].body = buffer_text(&stage.storm);
	serve_start(&stage.server, steps, array_length(steps));
	open_session(&stage);
	start_ms = clock_monotonic_ms();
	while (!is_over(stage.session)) {
		assert_true(clock_monotonic_ms() - start_ms < GIVE_UP_MS);
		session_turn(stage.session, 100);
	}
	took_ms = clock_monotonic_ms() - start_ms;
	/* One each 20 ms, and one when the lists were there; not one for each of the changes. */
	most = (uint64_t)took_ms / 20 + 3;
	assert_true(stage.session->updates > 0);
	assert_true(stage.session->updates <= most);
	assert_true(stage.session->updates < STORM / 2);
	for (size_t i = 0; i < symptoms_finding_count(stage.session->symptoms); i++) {
		if (!strcmp(symptoms_finding_at(stage.session->symptoms, i)->runbook->id, "node-not-ready"))
			finding = symptoms_finding_at(stage.session->symptoms, i);
	}
	assert_non_null(finding);
	assert_string_equal(finding->objects[0].name, "storm");
	close_all(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
