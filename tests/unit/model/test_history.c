/* Sightings outlive the console; only nodes and Calico's controllers are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "probes/base/memory.h"
#include "probes/model/cluster.h"
#include "probes/model/history.h"
#include "probes/net/loop.h"
#include "probes/net/worker.h"
#include "tests/unit/kube/scan.h"

enum { NOW = 1795255200, DAY = 86400 };	/* 2026-11-21T10:00:00Z */

struct fixture {
	char folder[64];
	struct field_set fields;
	struct history *history;
};

static void reopen(struct fixture *fixture, const char *cluster, int64_t now)
{
	struct err err = {0};

	history_free(fixture->history, now);
	fixture->history = NULL;
	if (history_open(fixture->folder, cluster, 14, now, &fixture->history, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/nks-history-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	field_set_init(&fixture->fields);
	reopen(fixture, "https://a", NOW);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	auto_free char *file = xasprintf("%s/history.db", fixture->folder);

	history_free(fixture->history, NOW);
	unlink(file);
	rmdir(fixture->folder);
	field_set_release(&fixture->fields);
	free(fixture);
	return 0;
}

static void see(struct fixture *fixture, enum kind_id kind, const char *json, int64_t now, bool gone)
{
	struct record *record = scan_object(fixture->fields.tables[kind], json);

	assert_non_null(record);
	if (gone)
		history_gone(fixture->history, record, now);
	else
		history_see(fixture->history, record, now);
	record_free(record);
}

#define NODE(uid) "{\"metadata\":{\"uid\":\"" uid "\",\"name\":\"n1\",\"creationTimestamp\":\"2026-11-01T00:00:00Z\"}}"
#define POD(name, started)                                                                                    \
	"{\"metadata\":{\"uid\":\"p\",\"namespace\":\"kube-system\",\"name\":\"" name "\"},\"status\":{"            \
	"\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"running\":{\"startedAt\":\"" started "\"}}}]}}"

static void outlives_the_console(void **state)
{
	struct fixture *fixture = *state;
	const struct sighting *node;

	see(fixture, KIND_NODE, NODE("a"), NOW, false);
	see(fixture, KIND_NODE, NODE("a"), NOW + 100, false);
	see(fixture, KIND_NODE, NODE("a"), NOW + 200, true);
	see(fixture, KIND_NODE, NODE("b"), NOW + 900, false);
	see(fixture, KIND_POD, POD("calico-kube-controllers-1-x", "2026-11-21T10:05:00Z"), NOW + 900, false);
	see(fixture, KIND_POD, POD("calico-kube-controllers-1-x", "2026-11-21T10:09:00Z"), NOW + 901, false);
	see(fixture, KIND_POD, POD("web-1", "2026-11-21T10:09:00Z"), NOW + 901, false);
	assert_int_equal(history_count(fixture->history), 4);
	reopen(fixture, "https://a", NOW + 1000);
	assert_int_equal(history_count(fixture->history), 4);
	node = history_at(fixture->history, 0);
	assert_string_equal(node->uid, "a");
	assert_int_equal(node->first_seen, NOW);
	assert_int_equal(node->last_seen, NOW + 200);
	assert_string_equal(history_at(fixture->history, 1)->uid, "b");
	assert_string_equal(history_at(fixture->history, 2)->name, "calico-kube-controllers");
	assert_int_equal(history_at(fixture->history, 3)->started, NOW + 540);
	/* A life goes on after a restart of the console. */
	see(fixture, KIND_NODE, NODE("b"), NOW + 5000, false);
	reopen(fixture, "https://a", NOW + 6000);
	assert_int_equal(history_count(fixture->history), 4);
	assert_int_equal(history_at(fixture->history, 1)->last_seen, NOW + 5000);
}

static void keeps_clusters_apart_and_forgets(void **state)
{
	struct fixture *fixture = *state;

	see(fixture, KIND_NODE, NODE("a"), NOW, false);
	reopen(fixture, "https://b", NOW);
	assert_int_equal(history_count(fixture->history), 0);
	reopen(fixture, "https://a", NOW + 15 * DAY);
	assert_int_equal(history_count(fixture->history), 0);
}

static void a_file_of_others_is_refused(void **state)
{
	struct fixture *fixture = *state;
	auto_free char *file = xasprintf("%s/history.db", fixture->folder);
	struct history *other = NULL;
	struct err err = {0};

	assert_int_equal(chmod(file, 0666), 0);
	assert_int_equal(history_open(fixture->folder, "https://a", 14, NOW, &other, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(chmod(file, 0600), 0);
}

/* The loop is not held up by who holds the file; what came meanwhile is written with the next batch. */
static void is_written_beside_the_loop(void **state)
{
	struct fixture *fixture = *state;
	auto_free char *file = xasprintf("%s/history.db", fixture->folder);
	struct history *other = NULL;
	struct worker *worker;
	struct loop *loop;
	sqlite3 *database;

	assert_int_equal(loop_new(&loop, NULL), 0);
	assert_int_equal(worker_new(loop, &worker, NULL), 0);
	history_use(fixture->history, worker);
	assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	see(fixture, KIND_NODE, NODE("a"), NOW + 20, false);
	see(fixture, KIND_NODE, NODE("b"), NOW + 21, false);
	worker_drain(worker);
	assert_int_equal(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	see(fixture, KIND_NODE, NODE("b"), NOW + 40, false);
	worker_drain(worker);
	assert_int_equal(history_open(fixture->folder, "https://a", 14, NOW + 41, &other, NULL), 0);
	assert_int_equal(history_count(other), 2);
	history_free(other, NOW + 41);
	history_free(fixture->history, NOW + 42);
	fixture->history = NULL;
	worker_free(worker);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(outlives_the_console, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_clusters_apart_and_forgets, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_of_others_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(is_written_beside_the_loop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
