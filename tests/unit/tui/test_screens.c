/*
 * Whole screens, compared with those that are stored in tests/data/screens.
 * After a change that is meant, NKS_TRIAGE_STORE_SCREENS=1 stores them anew:
 * look at the difference before it is committed.
 */
#include <time.h>

#include "probes/base/file.h"
#include "tests/unit/tui/console_fixture.h"

#define FOLDER "tests/data/screens/"

static void load_outage(struct fixture *fixture)
{
	json_error_t error;
	json_t *objects = json_load_file(FOLDER "outage.json", 0, &error);
	json_t *object;
	size_t i;

	if (!objects)
		fail_msg("outage.json:%d: %s", error.line, error.text);
	json_array_foreach(objects, i, object) {
		const struct kind *kind = kind_find(json_string_value(json_object_get(object, "kind")));
		char *text = json_dumps(object, JSON_COMPACT);
		struct record *record = scan_object(fixture->fields.tables[kind->id], text);

		assert_non_null(record);
		snapshot_put(fixture->console.world.snapshot, record);
		free(text);
	}
	json_decref(objects);
}

static int outage(void **state)
{
	static const char *const runbooks[] = {"E03", "E08", "crash-loop", "image-pull", "not-ready", "node-not-ready",
						NULL};
	struct fixture *fixture;

	setenv("TZ", "UTC0", 1);
	tzset();
	setup(state);
	fixture = *state;
	snapshot_free(fixture->console.world.snapshot);
	fixture->console.world.snapshot = snapshot_new();
	/* Runbooks that come or change later must not change these screens. */
	symptoms_free(fixture->symptoms);
	fixture->symptoms = symptoms_new(fixture->runbooks, &(struct symptoms_options){.only = runbooks});
	fixture->console.world.symptoms = fixture->symptoms;
	load_outage(fixture);
	current(fixture);
	/* Findings are first seen a minute before the screen is drawn. */
	symptoms_update(fixture->symptoms, fixture->console.world.snapshot, fixture->evidence, NOW - 60);
	fixture->console.needs_update = true;
	look(fixture);
	return 0;
}

static void compare(struct fixture *fixture, const char *name, int rows, int columns)
{
	auto_free char *path = xasprintf("%s%s-%dx%d.txt", FOLDER, name, columns, rows);
	const char *text = drawn(fixture, rows, columns);
	auto_free char *stored = NULL;
	struct err err = {0};
	size_t length;

	if (getenv("NKS_TRIAGE_STORE_SCREENS"))
		assert_int_equal(file_write(path, text, strlen(text), 0644, &err), 0);
	if (file_read(path, 1 << 20, &stored, &length, &err) < 0)
		fail_msg("%s is not stored", path);
	if (strcmp(stored, text) != 0)
		fail_msg("%s is stored:\n%s\nbut this was drawn:\n%s", path, stored, text);
}

static void compare_both(struct fixture *fixture, const char *name)
{
	compare(fixture, name, 40, 120);
	compare(fixture, name, 24, 80);
}

static void first_screen(void **state)
{
	struct fixture *fixture = *state;

	compare_both(fixture, "outage");
	compare(fixture, "outage", 60, 200);
	compare(fixture, "outage", 30, 100);
	compare(fixture, "outage", 50, 84);
	compare(fixture, "outage", 12, 80);
}

static void nodes_and_pods(void **state)
{
	press(*state, "1");
	compare(*state, "nodes", 24, 80);
	press(*state, "3");
	compare(*state, "pods", 24, 80);
	press(*state, "+");
	compare(*state, "pods-alone", 40, 120);
}

static void events(void **state)
{
	press(*state, "5");
	compare_both(*state, "events");
}

static void help(void **state)
{
	press(*state, "?");
	compare_both(*state, "help");
}

static void lost_link(void **state)
{
	struct fixture *fixture = *state;
	struct err err = {0};

	err_set(&err, ERR_CONNECT, "the connection was refused", NULL);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		snapshot_set_state(fixture->console.world.snapshot, (enum kind_id)kind, COLLECTION_STALE, &err, 1000);
	fixture->link.code = ERR_CONNECT;
	err_set(&fixture->link.err, ERR_CONNECT, "{host} refuses connections on port {port}", "host", "api.example", "port",
		"6443", NULL);
	err_hint(&fixture->link.err, "check that the apiserver runs", NULL);
	symptoms_update(fixture->symptoms, fixture->console.world.snapshot, fixture->evidence, NOW);
	console_refresh(&fixture->console, NOW, 95000);
	compare_both(fixture, "lost");
}

static void ascii(void **state)
{
	struct fixture *fixture = *state;

	fixture->console.world.glyphs = GLYPHS_ASCII;
	fixture->console.needs_update = true;
	look(fixture);
	cells_release(&fixture->cells);
	cells_init(&fixture->cells, 40, 120, GLYPHS_ASCII);
	compare_both(fixture, "ascii");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(first_screen, outage, teardown),
		cmocka_unit_test_setup_teardown(nodes_and_pods, outage, teardown),
		cmocka_unit_test_setup_teardown(events, outage, teardown),
		cmocka_unit_test_setup_teardown(help, outage, teardown),
		cmocka_unit_test_setup_teardown(lost_link, outage, teardown),
		cmocka_unit_test_setup_teardown(ascii, outage, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
