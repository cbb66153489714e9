/* The shipped runbooks load without a word, and what they say is where the other layers look for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/memory.h"
#include "probes/runbook/condition.h"
#include "probes/runbook/runbook.h"

static struct runbook_set *load(void)
{
	struct runbook_load_options options = {.assets = "assets"};
	struct runbook_set *set = NULL;
	struct err err = {0};

	if (runbook_set_load(&options, NULL, &set, &err) < 0) {
		auto_free char *text = err_text(&err);

		fail_msg("%s", text);
	}
	return set;
}

static void shipped_files_are_clean(void **state)
{
	struct runbook_set *set = load();

	(void)state;
	for (size_t i = 0; i < runbook_diagnostic_count(set); i++) {
		const struct diagnostic *diagnostic = runbook_diagnostic_at(set, i);

		print_message("%s:%d: %s\n", diagnostic->file, diagnostic->line, diagnostic->text);
	}
	assert_int_equal(runbook_diagnostic_count(set), 0);
	runbook_set_free(set);
}

static void e08_is_read_whole(void **state)
{
	struct runbook_set *set = load();
	const struct runbook *runbook = runbook_find(set, "calico-TYPHA-image");
	const json_t *steps;
	const json_t *preconditions;
	const json_t *condition;

	(void)state;
	assert_non_null(runbook);
	assert_string_equal(runbook->id, "E08");
	assert_ptr_equal(runbook, runbook_find(set, "e08"));
	assert_false(runbook->is_general);
	assert_true(runbook->is_shipped && runbook->is_trusted);
	assert_int_equal(runbook->severity, SEVERITY_CRITICAL);
	assert_int_equal(runbook->severity_in_system, SEVERITY_CRITICAL);
	assert_int_equal(runbook->group, GROUP_CLUSTER);
	assert_int_equal(runbook->subject, KIND_DEPLOYMENT);
	assert_int_equal(runbook->remedy, REMEDY_API);
	assert_int_equal(runbook->need_count, 4);
	assert_string_equal(runbook->absorbs[0], "image-pull");
	assert_int_equal(strlen(runbook->digest), 64);
	steps = json_object_get(runbook->document, "steps");
	assert_int_equal(json_array_size(steps), 7);
	preconditions = json_object_get(runbook->document, "preconditions");
	condition = json_object_get(json_array_get(preconditions, 4), "if");
	assert_non_null(condition);
	assert_non_null(runbook_condition(runbook, condition));
	assert_null(runbook_condition(runbook, steps));
	runbook_set_free(set);
}

static void texts_fall_back_to_english(void **state)
{
	struct runbook_set *set = load();
	const struct runbook *runbook = runbook_find(set, "E08");

	(void)state;
	assert_non_null(strstr(runbook_text(runbook, "en", "title"), "Calico"));
	assert_string_not_equal(runbook_text(runbook, "ko", "title"), runbook_text(runbook, "en", "title"));
	assert_string_equal(runbook_text(runbook, "fr", "title"), runbook_text(runbook, "en", "title"));
	assert_null(runbook_text(runbook, "en", "nothing"));
	runbook_set_free(set);
}

static void a_missing_folder_is_an_error(void **state)
{
	struct runbook_load_options options = {.assets = "assets/nowhere"};
	struct runbook_set *set = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(runbook_set_load(&options, NULL, &set, &err), -1);
	assert_null(set);
	assert_int_equal(err.code, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_files_are_clean),
		cmocka_unit_test(e08_is_read_whole),
		cmocka_unit_test(texts_fall_back_to_english),
		cmocka_unit_test(a_missing_folder_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
