#include "tests/unit/remedy/cmocka_all.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/net/loop.h"
#include "probes/net/worker.h"
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
	static const char *const files[] = {"journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "runs.lock"};
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

/* How a write ended. */
struct answer {
	int count;
	struct err err;
};

static void on_done(void *data, const struct err *err)
{
	struct answer *answer = data;

	answer->count++;
	answer->err = err ? *err : (struct err){0};
}

static int told(const struct answer *answer)
{
	assert_int_equal(answer->count, 1);
	return answer->err.code == ERR_NONE ? 0 : -1;
}

static void post_begin(struct journal *journal, const char *id, struct answer *answer)
{
	json_t *steps = json_pack("[{s:i, s:s, s:s, s:s, s:s}, {s:i, s:s, s:s, s:s, s:s}]", "n", 1, "type", "patch", "title",
				  "first", "target", "t", "state", "pending", "n", 2, "type", "patch", "title", "second",
				  "target", "Deployment/kube-system/x", "state", "pending");
	const struct journal_run run = {.id = id, .entry = "E08", .context = "demo", .server = "http://127.0.0.1:1",
					.user = "admin", .digest = "d", .plan = "{\"format\":1}", .steps = steps};

	journal_run_begin(journal, &run, on_done, answer);
	json_decref(steps);
}

static void begin(struct journal *journal, const char *id)
{
	struct answer answer = {0};

	post_begin(journal, id, &answer);
	assert_int_equal(told(&answer), 0);
}

static int intend(struct journal *journal, const char *id, int step, const char *request, const char *image)
{
	struct answer answer = {0};

	journal_step_intent(journal, id, step, request, image, on_done, &answer);
	return told(&answer);
}

static int end_step(struct journal *journal, const char *id, int step, const char *outcome, const char *audit)
{
	struct answer answer = {0};

	journal_step_result(journal, id, step, "done", outcome, audit, on_done, &answer);
	return told(&answer);
}

static int move(struct journal *journal, const char *id, const char *state, const char *note)
{
	struct answer answer = {0};

	journal_run_state(journal, id, state, note, NULL, NULL, on_done, &answer);
	return told(&answer);
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
	assert_int_equal(intend(place->journal, "r1", 2, "{\"method\":\"PATCH\"}", "[{\"path\":\"/a\",\"before\":1}]"),
			 0);
	assert_int_equal(end_step(place->journal, "r1", 2, "changed \xed\x95\x9c", "audit-1"), 0);
	assert_int_equal(move(place->journal, "r1", "verifying", NULL), 0);
	assert_int_equal(move(place->journal, "r1", "verified", "all well"), 0);
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
	assert_string_equal(text_at(step, "state"), "pending");
	assert_true(json_is_null(json_object_get(step, "startedAt")));
	step = json_array_get(json_object_get(run, "steps"), 1);
	assert_int_equal(json_integer_value(json_object_get(step, "n")), 2);
	assert_string_equal(text_at(step, "title"), "second");
	assert_string_equal(text_at(step, "target"), "Deployment/kube-system/x");
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

	assert_int_equal(intend(place->journal, "none", 1, NULL, NULL), -1);
	begin(place->journal, "r1");
	assert_int_equal(end_step(place->journal, "r1", 3, NULL, NULL), -1);
	assert_int_equal(move(place->journal, "none", "failed", NULL), -1);
	assert_int_equal(intend(place->journal, "r1", 1, NULL, NULL), 0);
	assert_int_equal(intend(place->journal, "r1", 1, NULL, NULL), -1);
	assert_int_equal(intend(place->journal, "r1", 3, NULL, NULL), -1);
}

static void test_a_run_moves_as_it_is_drawn(void **state)
{
	struct place *place = *state;
	struct answer answer = {0};
	json_t *document;
	const json_t *run;

	begin(place->journal, "r1");
	assert_int_equal(move(place->journal, "r1", "verified", NULL), -1);
	assert_int_equal(move(place->journal, "r1", "undone", NULL), -1);
	assert_int_equal(move(place->journal, "r1", "stopped", "by me"), 0);
	assert_int_equal(move(place->journal, "r1", "verified", NULL), -1);
	journal_run_state(place->journal, "r1", "undone", "undone by r2", NULL, "r2", on_done, &answer);
	assert_int_equal(told(&answer), 0);
	assert_int_equal(move(place->journal, "r1", "stopped", NULL), -1);
	document = runs_of(place->journal, "r1");
	run = json_array_get(json_object_get(document, "runs"), 0);
	assert_string_equal(text_at(run, "state"), "undone");
	assert_string_equal(text_at(run, "undoneBy"), "r2");
	json_decref(document);
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
			(void)intend(mine, "r1", 1, NULL, "[1]");
		}
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	document = runs_of(place->journal, "r1");
	run = json_array_get(json_object_get(document, "runs"), 0);
	assert_string_equal(text_at(run, "state"), "interrupted");
	assert_string_equal(text_at(json_array_get(json_object_get(run, "steps"), 0), "state"), "running");
	json_decref(document);
}

static const json_t *active(struct place *place, json_t **ret_runs)
{
	assert_int_equal(journal_active(place->journal, ret_runs, NULL), 0);
	return json_array_get(*ret_runs, 0);
}

static void test_a_run_goes_on_as_long_as_somebody_holds_it(void **state)
{
	struct place *place = *state;
	struct journal *other = NULL;
	int64_t version;
	json_t *runs;

	assert_int_equal(journal_open(place->folder, &other, NULL), 0);
	version = journal_version(place->journal);
	begin(other, "r1");
	assert_int_not_equal(journal_version(place->journal), version);
	assert_int_equal(end_step(other, "r1", 1, NULL, NULL), 0);
	assert_string_equal(text_at(active(place, &runs), "state"), "running");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(runs, 0), "done")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(runs, 0), "steps")), 2);
	json_decref(runs);
	journal_close(other);
	assert_string_equal(text_at(active(place, &runs), "state"), "interrupted");
	json_decref(runs);
	assert_int_equal(move(place->journal, "r1", "stopped", NULL), 0);
	assert_null(active(place, &runs));
	json_decref(runs);
}

static void test_output_is_kept_up_to_a_number_of_lines(void **state)
{
	struct place *place = *state;
	json_t *document;
	const json_t *lines;

	begin(place->journal, "r1");
	for (int i = 0; i < 450; i++)
		journal_output(place->journal, "r1", 1700000000000 + i, 1, "a line");
	document = runs_of(place->journal, "r1");
	lines = json_object_get(json_array_get(json_object_get(document, "runs"), 0), "output");
	assert_int_equal(json_array_size(lines), 400);
	assert_string_equal(text_at(json_array_get(lines, 0), "text"), "a line");
	assert_string_equal(text_at(json_array_get(lines, 399), "text"), "...");
	json_decref(document);
}

/* As the first version of the program left it. */
static void test_an_old_journal_is_taken_over(void **state)
{
	struct place *place = *state;
	auto_free char *file = xasprintf("%s/journal.sqlite", place->folder);
	sqlite3 *database;
	json_t *document;

	journal_close(place->journal);
	place->journal = NULL;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(database,
			     "CREATE TABLE runs(id TEXT PRIMARY KEY, entry TEXT NOT NULL, context TEXT, server TEXT,"
			     " user TEXT, os_user TEXT, host TEXT, tool TEXT, digest TEXT, plan TEXT,"
			     " state TEXT NOT NULL, note TEXT, started_at INTEGER NOT NULL, ended_at INTEGER);"
			     "CREATE TABLE steps(run_id TEXT NOT NULL REFERENCES runs(id), step INTEGER NOT NULL,"
			     " target TEXT, request TEXT, before_image TEXT, state TEXT NOT NULL, outcome TEXT,"
			     " audit_id TEXT, intent_at INTEGER NOT NULL, result_at INTEGER,"
			     " PRIMARY KEY(run_id, step));"
			     "CREATE INDEX runs_by_time ON runs(started_at);"
			     "INSERT INTO runs(id, entry, state, started_at) VALUES('old', 'E08', 'verified', 1);"
			     "INSERT INTO steps(run_id, step, target, state, intent_at)"
			     " VALUES('old', 1, 't', 'done', 1);"
			     "PRAGMA user_version = 1;",
			     NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(database);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(journal_open(place->folder, &place->journal, NULL), 0);
	begin(place->journal, "new");
	document = runs_of(place->journal, NULL);
	assert_int_equal(json_array_size(json_object_get(document, "runs")), 2);
	assert_string_equal(text_at(json_array_get(json_object_get(document, "runs"), 1), "state"), "verified");
	json_decref(document);
}

struct waiting {
	struct loop *loop;
	struct worker *worker;
	int ticks;
};

static void tick(void *data)
{
	struct waiting *waiting = data;

	waiting->ticks++;
	loop_timer(waiting->loop, 5, tick, waiting);
}

/* Somebody else holds the database: the loop goes on, and the answer comes when it is written. */
static void test_the_loop_goes_on_while_a_write_waits(void **state)
{
	struct place *place = *state;
	auto_free char *file = xasprintf("%s/journal.sqlite", place->folder);
	struct waiting waiting = {0};
	struct answer answer = {0};
	sqlite3 *database;

	assert_int_equal(loop_new(&waiting.loop, NULL), 0);
	assert_int_equal(worker_new(waiting.loop, &waiting.worker, NULL), 0);
	journal_use(place->journal, waiting.worker);
	assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	tick(&waiting);
	post_begin(place->journal, "r1", &answer);
	while (waiting.ticks < 20)
		loop_turn(waiting.loop, 100);
	assert_int_equal(answer.count, 0);
	assert_int_equal(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	while (!answer.count)
		loop_turn(waiting.loop, 100);
	assert_int_equal(told(&answer), 0);
	sqlite3_close(database);
	journal_close(place->journal);
	place->journal = NULL;
	worker_free(waiting.worker);
	loop_free(waiting.loop);
}

/* Whoever was freed is told nothing; what he wrote is there. */
static void test_who_is_forgotten_is_not_told(void **state)
{
	struct place *place = *state;
	struct waiting waiting = {0};
	struct answer answer = {0};

	assert_int_equal(loop_new(&waiting.loop, NULL), 0);
	assert_int_equal(worker_new(waiting.loop, &waiting.worker, NULL), 0);
	journal_use(place->journal, waiting.worker);
	post_begin(place->journal, "r1", &answer);
	journal_run_state(place->journal, "r1", "stopped", NULL, NULL, NULL, on_done, &answer);
	journal_forget(place->journal, &answer);
	journal_close(place->journal);
	assert_int_equal(answer.count, 0);
	worker_free(waiting.worker);
	loop_free(waiting.loop);
	assert_int_equal(journal_open(place->folder, &place->journal, NULL), 0);
	assert_int_equal(move(place->journal, "r1", "undone", NULL), 0);
}

/* A full disk: nothing of the transaction stays, whoever waited is told, and later it goes on. */
static void test_a_full_database_is_told(void **state)
{
	struct place *place = *state;
	struct rlimit limit;
	struct rlimit small = {0};
	auto_free char *image = xcalloc(1, 3 << 20);
	json_t *document;

	memset(image, ' ', (3 << 20) - 3);
	memcpy(image, "[1", 2);
	image[(3 << 20) - 4] = ']';
	image[(3 << 20) - 3] = '\0';
	begin(place->journal, "r1");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){1 << 20, limit.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(intend(place->journal, "r1", 1, NULL, image), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	document = runs_of(place->journal, "r1");
	assert_string_equal(text_at(json_array_get(json_object_get(json_array_get(json_object_get(document, "runs"), 0),
								   "steps"), 0), "state"), "pending");
	json_decref(document);
	assert_int_equal(intend(place->journal, "r1", 1, NULL, image), 0);
}

/* Asked of another program: after a mere fork SQLite would believe that it holds the locks of its parent. */
static int look_elsewhere(const char *folder)
{
	struct journal *journal;
	json_t *runs;
	int count;

	if (journal_open(folder, &journal, NULL) < 0 || journal_runs(journal, NULL, &runs, NULL) < 0)
		return 99;
	count = (int)json_array_size(json_object_get(runs, "runs"));
	json_decref(runs);
	journal_close(journal);
	return count;
}

static int runs_seen_elsewhere(const char *folder)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		execl("/proc/self/exe", "test_journal", folder, (char *)NULL);
		_exit(98);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A console opens it more than once: what others close must not take the log of the first one away. */
static void test_opened_twice_it_is_still_one(void **state)
{
	struct place *place = *state;
	struct journal *second;

	begin(place->journal, "20261121T000000Z-00000001");
	assert_int_equal(journal_open(place->folder, &second, NULL), 0);
	assert_int_equal(runs_seen_elsewhere(place->folder), 1);
	begin(place->journal, "20261121T000000Z-00000002");
	begin(second, "20261121T000000Z-00000003");
	assert_int_equal(runs_seen_elsewhere(place->folder), 3);
	journal_close(second);
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_opened_twice_it_is_still_one),
		PLACE_TEST(test_a_run_is_read_as_it_was_written),
		PLACE_TEST(test_the_newest_run_is_first_and_others_stay),
		PLACE_TEST(test_a_result_needs_its_intent_and_an_intent_its_run),
		PLACE_TEST(test_the_file_is_private),
		PLACE_TEST(test_a_folder_that_others_can_write_is_refused),
		PLACE_TEST(test_a_link_in_place_of_the_file_is_refused),
		PLACE_TEST(test_a_journal_of_a_newer_program_is_refused),
		PLACE_TEST(test_several_consoles_share_it),
		PLACE_TEST(test_an_intent_outlives_its_process),
		PLACE_TEST(test_a_run_moves_as_it_is_drawn),
		PLACE_TEST(test_a_run_goes_on_as_long_as_somebody_holds_it),
		PLACE_TEST(test_output_is_kept_up_to_a_number_of_lines),
		PLACE_TEST(test_an_old_journal_is_taken_over),
		PLACE_TEST(test_the_loop_goes_on_while_a_write_waits),
		PLACE_TEST(test_who_is_forgotten_is_not_told),
		PLACE_TEST(test_a_full_database_is_told),
	};

	if (argc > 1)
		return look_elsewhere(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
