/*
 * Drives the checks of nodes for tests.
 *
 *   check_probe script FOLDER RUNTIME OS NONCE NAME…      prints the script of a batch
 *   check_probe judge FOLDER RUNTIME OS NONCE OUT ERR NAME…   judges what a script printed (two files)
 *   check_probe run FOLDER RUNTIME OS ADDRESS CONFIG KNOWN_HOSTS NAME…   runs it over SSH
 *   check_probe read ADDRESS CONFIG KNOWN_HOSTS SUDO WORD…    node_read()
 *   check_probe parse PARSER FILE
 *
 * RUNTIME and OS may be "". NAME "all": every check. Prints JSON.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/net/loop.h"
#include "probes/ssh/check_batch.h"

enum { FILE_MAXIMUM = 16 << 20, MOST_CHECKS = 64 };

static const char *const verdicts[] = {
	[CHECK_OK] = "ok", [CHECK_BAD] = "bad", [CHECK_NOT_APPLICABLE] = "not applicable",
	[CHECK_COULD_NOT] = "could not check",
};

static int fail(const struct err *err)
{
	auto_free char *text = err_text(err);

	fprintf(stderr, "%s\n", text);
	return 1;
}

static json_t *result_json(const struct check_result *result)
{
	auto_free char *reason = result->reason.code ? err_text(&result->reason) : NULL;

	return json_pack("{s:s, s:s, s:s*, s:s*, s:O*, s:O*, s:s*}", "check", check_name(result->check), "verdict",
			 verdicts[result->verdict], "reason", reason, "sign", result->sign, "value", result->value,
			 "signs", result->signs, "text", result->text);
}

static void say_results(const struct check_result *results, size_t count, const struct node_answer *answer)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, result_json(&results[i]));
	json_t *all = json_pack("{s:o, s:i, s:i}", "results", list, "trouble", (int)answer->trouble, "exit",
				answer->exit_status);

	json_dumpf(all, stdout, JSON_INDENT(1) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(all);
}

static size_t find_checks(const struct check_set *set, char **names, const struct check **checks)
{
	size_t count = 0;

	for (; *names; names++) {
		if (!strcmp(*names, "all")) {
			for (size_t i = 0; i < check_count(set) && count < MOST_CHECKS; i++)
				checks[count++] = check_at(set, i);
			continue;
		}
		checks[count] = check_by_name(set, *names);
		if (!checks[count] || ++count == MOST_CHECKS)
			bug("no such check");
	}
	return count;
}

static int offline(const struct check_set *set, bool is_judging, char **words)
{
	const struct check *checks[MOST_CHECKS];
	size_t count = find_checks(set, words + (is_judging ? 5 : 3), checks);
	const struct node_answer answer = {.exit_status = 0};
	struct check_batch batch;
	struct err err = {0};

	batch_init(&batch, checks, count, words[0], words[1], words[2]);
	if (!is_judging) {
		auto_free char *script = batch_script(&batch);

		fputs(script, stdout);
	}
	for (int which = 1; is_judging && which <= 2; which++) {
		auto_free char *text = NULL;
		size_t n;

		if (file_read(words[2 + which], FILE_MAXIMUM, &text, &n, &err) < 0)
			return fail(&err);
		batch_feed(&batch, which, text, n, clock_wall_ms());
	}
	if (is_judging) {
		struct check_result *results = xcalloc(count + 1, sizeof(*results));

		batch_judge(&batch, &answer, results);
		say_results(results, count, &answer);
		for (size_t i = 0; i < count; i++)
			check_result_release(&results[i]);
		free(results);
	}
	batch_release(&batch);
	return 0;
}

static void on_run(void *data, const struct check_run *run)
{
	say_results(run->results, run->count, run->answer);
	if (run->answer->err.code != ERR_NONE)
		fail(&run->answer->err);
	*(bool *)data = true;
}

static void on_read(void *data, const struct node_answer *answer)
{
	json_t *all = json_pack("{s:i, s:i, s:s%}", "trouble", (int)answer->trouble, "exit",
				answer->exit_status, "out", answer->out,
				answer->out_length);

	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
	*(bool *)data = true;
}

static void turn_until(struct loop *loop, const bool *is_done)
{
	while (!*is_done)
		loop_turn(loop, 1000);
}

static int with_pool(char **words, struct loop **ret_loop, struct node_pool **ret_pool, struct node_host *ret_host)
{
	struct node_pool_settings settings = {.config_file = words[1], .known_hosts = words[2]};
	struct err err = {0};

	*ret_host = (struct node_host){.name = "node-0", .uid = "uid-0", .address = words[0]};
	*ret_loop = NULL;
	if (loop_new(ret_loop, &err) < 0 || node_pool_new(*ret_loop, &settings, ret_pool, &err) < 0)
		return fail(&err);
	return 0;
}

static int over_ssh(const struct check_set *set, char **words)
{
	const struct check *checks[MOST_CHECKS];
	size_t count = find_checks(set, words + 5, checks);
	struct node_pool *pool = NULL;
	struct node_host host;
	struct loop *loop;
	bool is_done = false;

	if (with_pool(words + 2, &loop, &pool, &host))
		return 1;
	host.runtime = words[0];
	host.os_image = words[1];
	node_check(pool, &host, checks, count, on_run, &is_done);
	turn_until(loop, &is_done);
	node_pool_free(pool);
	loop_free(loop);
	return 0;
}

static int read_one(char **words)
{
	struct node_pool *pool = NULL;
	struct node_host host;
	struct loop *loop;
	bool is_done = false;
	struct err err = {0};
	int result = 0;

	if (with_pool(words, &loop, &pool, &host))
		return 1;
	if (node_read(pool, &host, (const char *const *)words + 4, !strcmp(words[3], "sudo"), on_read, &is_done, &err))
		turn_until(loop, &is_done);
	else
		result = fail(&err);
	node_pool_free(pool);
	loop_free(loop);
	return result;
}

static int parse_file(char **words)
{
	auto_free char *text = NULL;
	struct err err = {0};
	json_t *value;
	size_t n;

	if (file_read(words[1], FILE_MAXIMUM, &text, &n, &err) < 0)
		return fail(&err);
	value = check_parse(words[0], text, n, &err);
	if (!value)
		return fail(&err);
	json_dumpf(value, stdout, JSON_INDENT(1) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(value);
	return 0;
}

int main(int argc, char **argv)
{
	struct check_set *set = NULL;
	struct err err = {0};
	int result = 2;

	text_init();
	if (argc >= 4 && !strcmp(argv[1], "parse"))
		return parse_file(argv + 2);
	if (argc >= 7 && !strcmp(argv[1], "read"))
		return read_one(argv + 2);
	if (argc < 3 || check_set_load(argv[2], &set, &err) < 0)
		return argc < 3 ? 2 : fail(&err);
	if (argc >= 6 && !strcmp(argv[1], "script"))
		result = offline(set, false, argv + 3);
	else if (argc >= 8 && !strcmp(argv[1], "judge"))
		result = offline(set, true, argv + 3);
	else if (argc >= 8 && !strcmp(argv[1], "run"))
		result = over_ssh(set, argv + 3);
	check_set_free(set);
	return result;
}
