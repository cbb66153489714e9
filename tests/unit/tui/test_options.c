/* GLOBAL flags anywhere, their environment, and what is no flag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/options.h"

enum { MOST_WORDS = 24 };

struct parsed {
	struct options options;
	const struct command *command;
	int count;
	char **words;
	int result;
	struct err err;
};

static void parse(struct parsed *parsed, const char *first, ...)
{
	char *argv[MOST_WORDS] = {(char *)"nks-triage"};
	int argc = 1;
	va_list arguments;

	*parsed = (struct parsed){0};
	va_start(arguments, first);
	for (const char *word = first; word; word = va_arg(arguments, const char *))
		argv[argc++] = (char *)word;
	va_end(arguments);
	assert_int_equal(options_init(&parsed->options, &parsed->err), 0);
	parsed->result = options_parse(&parsed->options, argc, argv, &parsed->command, &parsed->count,
				       &parsed->words, &parsed->err);
}

static void release(struct parsed *parsed)
{
	free(parsed->words);
	options_release(&parsed->options);
}

static void flags_stand_before_and_behind(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--context", "a", "help", "--lang=ko", "plan", "--request-timeout", "2.5", "-v", NULL);
	assert_int_equal(parsed.result, 0);
	assert_string_equal(parsed.command->name, "help");
	assert_string_equal(parsed.options.context, "a");
	assert_string_equal(parsed.options.language, "ko");
	assert_true(parsed.options.request_timeout > 2.4 && parsed.options.request_timeout < 2.6);
	assert_true(parsed.options.verbose);
	assert_int_equal(parsed.count, 2);
	assert_string_equal(parsed.words[0], "help");
	assert_string_equal(parsed.words[1], "plan");
	release(&parsed);
}

static void demo_takes_a_scenario_only_behind_equals(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--demo", NULL);
	assert_string_equal(parsed.options.demo, "calico-outage");
	assert_null(parsed.command);
	release(&parsed);
	parse(&parsed, "--demo=healthy", "report", NULL);
	assert_string_equal(parsed.options.demo, "healthy");
	assert_string_equal(parsed.command->name, "report");
	release(&parsed);
}

static void groups_add_up(void **state)
{
	struct parsed parsed;

	(void)state;
	setenv("NKS_TRIAGE_AS_GROUP", "env", 1);
	parse(&parsed, NULL);
	assert_string_equal(parsed.options.as_groups[0], "env");
	assert_null(parsed.options.as_groups[1]);
	release(&parsed);
	/* Flags beat the environment, they do not add to it. */
	parse(&parsed, "--as-group", "a", "--as-group=b", NULL);
	assert_string_equal(parsed.options.as_groups[0], "a");
	assert_string_equal(parsed.options.as_groups[1], "b");
	assert_null(parsed.options.as_groups[2]);
	release(&parsed);
	unsetenv("NKS_TRIAGE_AS_GROUP");
}

static void environment_is_beaten_by_flags(void **state)
{
	struct parsed parsed;

	(void)state;
	setenv("NKS_TRIAGE_CONTEXT", "from-env", 1);
	setenv("NKS_TRIAGE_READ_ONLY", "yes", 1);
	parse(&parsed, NULL);
	assert_string_equal(parsed.options.context, "from-env");
	assert_true(parsed.options.read_only);
	release(&parsed);
	parse(&parsed, "--context=flag", NULL);
	assert_string_equal(parsed.options.context, "flag");
	release(&parsed);
	setenv("NKS_TRIAGE_READ_ONLY", "perhaps", 1);
	struct options options = {0};
	struct err err = {0};
	assert_int_equal(options_init(&options, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	unsetenv("NKS_TRIAGE_CONTEXT");
	unsetenv("NKS_TRIAGE_READ_ONLY");
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *words[3];
		const char *what;
	} cases[] = {
		{{"--nonsense"}, "there is no flag --nonsense"},
		{{"frobnicate"}, "there is no command frobnicate"},
		{{"--context"}, "--context needs a value"},
		{{"--wait", "soon"}, "--wait wants a number of seconds, not soon"},
		{{"--wait", "-1"}, "--wait wants a number of seconds, not -1"},
		{{"--lang", "fr"}, "--lang is en, ko or ja, not fr"},
		{{"--color=pink"}, "--color is auto, always or never, not pink"},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct parsed parsed;
		auto_free char *text = NULL;

		parse(&parsed, cases[i].words[0], cases[i].words[1], cases[i].words[2], NULL);
		assert_int_equal(parsed.result, -1);
		text = err_text(&parsed.err);
		assert_non_null(strstr(text, cases[i].what));
		release(&parsed);
	}
}

static void a_commands_own_flag_wins_behind_it(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "sim", "--state-dir", "/a", NULL);
	assert_null(parsed.options.state_dir);
	assert_int_equal(parsed.count, 3);
	release(&parsed);
	parse(&parsed, "--state-dir", "/a", "sim", NULL);
	assert_string_equal(parsed.options.state_dir, "/a");
	assert_int_equal(parsed.count, 1);
	release(&parsed);
}

static void everything_behind_dashes_is_a_word(void **state)
{
	struct parsed parsed;
	struct invocation invocation = {.out = stdout, .error_out = stderr};
	const char *name;
	const char *value;
	int position = 1;

	(void)state;
	parse(&parsed, "match", "-o", "json", "--", "--context", "-x", NULL);
	assert_null(parsed.options.context);
	invocation.argc = parsed.count;
	invocation.argv = parsed.words;
	assert_int_equal(command_next(&invocation, parsed.command, &position, &name, &value), 1);
	assert_string_equal(name, "-o");
	assert_string_equal(value, "json");
	assert_int_equal(command_next(&invocation, parsed.command, &position, &name, &value), 0);
	assert_string_equal(value, "--context");
	assert_int_equal(command_next(&invocation, parsed.command, &position, &name, &value), 0);
	assert_string_equal(value, "-x");
	assert_int_equal(command_next(&invocation, parsed.command, &position, &name, &value), -1);
	release(&parsed);
}

static void language_comes_from_the_locales_name(void **state)
{
	(void)state;
	assert_string_equal(language_of_locale("ko_KR.UTF-8"), "ko");
	assert_string_equal(language_of_locale("ja"), "ja");
	assert_string_equal(language_of_locale("en_US"), "en");
	assert_null(language_of_locale("kok_IN"));
	assert_null(language_of_locale("C.UTF-8"));
	assert_null(language_of_locale(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_stand_before_and_behind),
		cmocka_unit_test(demo_takes_a_scenario_only_behind_equals),
		cmocka_unit_test(groups_add_up),
		cmocka_unit_test(environment_is_beaten_by_flags),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_commands_own_flag_wins_behind_it),
		cmocka_unit_test(everything_behind_dashes_is_a_word),
		cmocka_unit_test(language_comes_from_the_locales_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
