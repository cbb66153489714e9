#include "tests/unit/remedy/cmocka_all.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/remedy/journal.h"

struct place {
	char folder[64];
	struct journal *journal;
};

static int open_place(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	snprintf(place->folder, sizeof(place->folder), "/tmp/nks-triage-journal-XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	*state = place;
	return journal_open(place->folder, &place->journal, NULL);
}

static int close_place(void **state)
{
	static const char *const files[] = {"journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"};
	struct place *place = *state;

	journal_close(place->journal);
	for (size_t i = 0; i < array_length(files); i++) {
		auto_free char *path = xasprintf("%s/%s", place->folder, files[i]);

		if (unlink(path) < 0 && errno != ENOENT)
			return -1;
	}
	rmdir(place->folder);
	free(place);
	return 0;
}

static void begin(struct journal *journal, const char *id)
{
	const struct journal_run run = {.id = id, .entry = "E08", .context = "demo", .server = "http://127.0.0.1:1",
					.user = "admin", .digest = "d", .plan = "{\"format\":1}"};

	assert_int_equal(journal_run_begin(journal, &run, NULL), 0);
}

static json_t *runs_of(struct journal *journal, const char *id)
{
	json_t *document;

	assert_int_equal(journal_runs(journal, id, &document, NULL), 0);
	return document;
}

static const char *text_at(const json_t *document, const char *key)
{
	const char *text = json_string_value(json_object_get(document, key));

	return text ? text : "";
}

static void test_a_run_is_read_as_it_was_written(void **state)
{
	struct place *place = *state;
	json_t *document;
	const json_t *run;
	const json_t *step;

	begin(place->journal, "r1");
	assert_int_equal(journal_step_intent(place->journal, "r1", 2, "Deployment/kube-system/x",
					     "{\"method\":\"PATCH\"}",
					     "[{\"path\":\"/a\",\"before\":1}]", NULL), 0);
	assert_int_equal(journal_step_result(place->journal, "r1", 2, "done", "changed \xed\x95\x9c",
					     "audit-1", NULL), 0);
	assert_int_equal(journal_run_state(place->journal, "r1", "verified", "all well", NULL), 0);
	document = runs_of(place->journal, "r1");
	run = json_array_get(json_object_get(document, "runs"), 0);
	assert_string_equal(text_at(run, "entry"), "E08");
	assert_string_equal(text_at(run, "state"), "verified");
	assert_string_equal(text_at(run, "note"), "all well");
	assert_string_equal(text_at(run, "context"), "demo");
	assert_int_equal(strlen(text_at(run, "startedAt")), 20);
	assert_int_equal(strlen(text_at(run, "endedAt")), 20);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(run, "plan"), "format")), 1);
	step = json_array_get(json_object_get(run, "steps"), 0);
	assert_int_equal(json_integer_value(json_object_get(step, "n")), 2);
	assert_string_equal(text_at(step, "state"), "done");
	assert_string_equal(text_at(step, "auditId"), "audit-1");
	assert_string_equal(text_at(json_object_get(step, "request"), "method"), "PATCH");
	assert_int_equal(json_array_size(json_object_get(step, "before")), 1);
	json_decref(document);
}

static void test_the_newest_run_is_first_and_others_stay(void **state)
{
	struct place *place = *state;
	json_t *document;
	const json_t *runs;

	begin(place->journal, "r1");
	begin(place->journal, "r2");
	document = runs_of(place->journal, NULL);
	runs = json_object_get(document, "runs");
	assert_int_equal(json_array_size(runs), 2);
	assert_string_equal(text_at(json_array_get(runs, 0), "id"), "r2");
	assert_true(json_is_null(json_object_get(json_array_get(runs, 1), "endedAt")));
	json_decref(document);
	document = runs_of(place->journal, "none");
	assert_int_equal(json_array_size(json_object_get(document, "runs")), 0);
	json_decref(document);
}

static void test_a_result_needs_its_intent_and_an_intent_its_run(void **state)
{
	struct place *place = *state;
	struct err err;

	assert_int_equal(journal_step_intent(place->journal, "none", 1, "t", NULL, NULL, &err), -1);
	begin(place->journal, "r1");
	assert_int_equal(journal_step_result(place->journal, "r1", 1, "done", NULL, NULL, &err), -1);
	assert_int_equal(journal_run_state(place->journal, "none", "failed", NULL, &err), -1);
	assert_int_equal(journal_step_intent(place->journal, "r1", 1, "t", NULL, NULL, &err), 0);
	assert_int_equal(journal_step_intent(place->journal, "r1", 1, "t", NULL, NULL, &err), -1);
}

static void test_the_file_is_private(void **state)
{
	struct place *place = *state;
	auto_free char *file = xasprintf("%s/journal.sqlite", place->folder);
	auto_free char *log = xasprintf("%s-wal", file);
	struct stat status;

	begin(place->journal, "r1");
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(stat(log, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_a_folder_that_others_can_write_is_refused(void **state)
{
	struct place *place = *state;
	struct journal *other = NULL;
	struct err err;

	assert_int_equal(chmod(place->folder, 0777), 0);
	assert_int_equal(journal_open(place->folder, &other, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(chmod(place->folder, 0700), 0);
}

static void test_a_link_in_place_of_the_file_is_refused(void **state)
{
	struct place *place = *state;
	auto_free char *file = xasprintf("%s/journal.sqlite", place->folder);
	auto_free char *elsewhere = xasprintf("%s/elsewhere", place->folder);
	struct journal *other = NULL;

	journal_close(place->journal);
	place->journal = NULL;
	assert_int_equal(rename(file, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, file), 0);
	assert_int_equal(journal_open(place->folder, &other, NULL), -1);
	unlink(elsewhere);
}

static void test_a_journal_of_a_newer_program_is_refused(void **state)
{
	struct place *place = *state;
	auto_free char *file = xasprintf("%s/journal.sqlite", place->folder);
	struct journal *other = NULL;
	sqlite3 *database;
	struct err err;

	assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	assert_int_equal(journal_open(place->folder, &other, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
}

static void test_several_consoles_share_it(void **state)
{
	struct place *place = *state;
	struct journal *other = NULL;
	json_t *document;

	assert_int_equal(journal_open(place->folder, &other, NULL), 0);
	begin(place->journal, "r1");
	begin(other, "r2");
	document = runs_of(other, NULL);
	assert_int_equal(json_array_size(json_object_get(document, "runs")), 2);
	json_decref(document);
	journal_close(other);
}

/* An intent is there after kill -9 of the process that wrote it, without any closing. */
static void test_an_intent_outlives_its_process(void **state)
{
	struct place *place = *state;
	json_t *document;
	const json_t *run;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct journal *mine = NULL;

		if (journal_open(place->folder, &mine, NULL) == 0) {
			begin(mine, "r1");
			(void)journal_step_intent(mine, "r1", 1, "t", NULL, "[1]", NULL);
		}
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	document = runs_of(place->journal, "r1");
	run = json_array_get(json_object_get(document, "runs"), 0);
	assert_string_equal(text_at(run, "state"), "running");
	assert_string_equal(text_at(json_array_get(json_object_get(run, "steps"), 0), "state"), "running");
	json_decref(document);
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_a_run_is_read_as_it_was_written),
		PLACE_TEST(test_the_newest_run_is_first_and_others_stay),
		PLACE_TEST(test_a_result_needs_its_intent_and_an_intent_its_run),
		PLACE_TEST(test_the_file_is_private),
		PLACE_TEST(test_a_folder_that_others_can_write_is_refused),
		PLACE_TEST(test_a_link_in_place_of_the_file_is_refused),
		PLACE_TEST(test_a_journal_of_a_newer_program_is_refused),
		PLACE_TEST(test_several_consoles_share_it),
		PLACE_TEST(test_an_intent_outlives_its_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
