/* Steps of a file that is not shipped are inert until its digest was approved here (decisions.md 18). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/trust.h"

static const char mine[] =
	"{\"format\":1,\"id\":\"X01\",\"slug\":\"mine\",\"severity\":{\"default\":\"info\"},\"subject\":\"Pod\",\"group\":\"object\","
	"\"when\":{\"waiting\":{}},\"texts\":{\"en\":{\"title\":\"%s\",\"symptom\":\"s\",\"cause\":\"c\",\"remedy\":\"r\"}}}";

struct place {
	char folder[32];
	char *runbooks;
	char *file;
	char *state;
};

static int set_up(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	snprintf(place->folder, sizeof(place->folder), "/tmp/nks-trust-XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	place->runbooks = xasprintf("%s/runbooks", place->folder);
	place->file = xasprintf("%s/mine.json", place->runbooks);
	place->state = xasprintf("%s/trusted.json", place->folder);
	*state = place;
	return file_make_folder(place->runbooks, NULL);
}

static int tear_down(void **state)
{
	struct place *place = *state;

	unlink(place->file);
	unlink(place->state);
	rmdir(place->runbooks);
	rmdir(place->folder);
	free(place->runbooks);
	free(place->file);
	free(place->state);
	free(place);
	return 0;
}

static void write_mine(const struct place *place, const char *title)
{
	auto_free char *text = xasprintf(mine, title);

	assert_int_equal(file_write(place->file, text, strlen(text), 0600, NULL), 0);
}

static struct runbook_set *load(const struct place *place)
{
	struct runbook_load_options options = {
		.assets = "assets",
		.user_folder = place->runbooks,
		.state_folder = place->folder,
	};
	struct runbook_set *set = NULL;
	struct err err = {0};

	assert_int_equal(runbook_set_load(&options, NULL, &set, &err), 0);
	return set;
}

static bool is_trusted(const struct place *place)
{
	struct runbook_set *set = load(place);
	const struct runbook *runbook = runbook_find(set, "X01");
	bool trusted;

	assert_non_null(runbook);
	assert_false(runbook->is_shipped);
	trusted = runbook->is_trusted;
	runbook_set_free(set);
	return trusted;
}

/* The first error; that mine.json speaks English only is a warning. */
static const struct diagnostic *only_error(const struct runbook_set *set)
{
	const struct diagnostic *found = NULL;

	for (size_t i = 0; i < runbook_diagnostic_count(set); i++) {
		if (runbook_diagnostic_at(set, i)->is_warning)
			continue;
		assert_null(found);
		found = runbook_diagnostic_at(set, i);
	}
	assert_non_null(found);
	return found;
}

static void approves_one_digest(void **state)
{
	const struct place *place = *state;
	struct runbook_set *set;
	struct err err = {0};

	write_mine(place, "first");
	assert_false(is_trusted(place));
	set = load(place);
	assert_int_equal(trust_add(place->folder, (struct runbook *)runbook_find(set, "X01"), 1795255200, &err), 0);
	runbook_set_free(set);
	assert_true(is_trusted(place));
	write_mine(place, "second");
	assert_false(is_trusted(place));
	write_mine(place, "first");
	assert_true(is_trusted(place));
}

static void believes_no_list_that_others_can_write(void **state)
{
	const struct place *place = *state;
	struct runbook_set *set;

	write_mine(place, "first");
	set = load(place);
	assert_int_equal(trust_add(place->folder, (struct runbook *)runbook_find(set, "X01"), 1795255200, NULL), 0);
	runbook_set_free(set);
	assert_int_equal(chmod(place->state, 0622), 0);
	assert_false(is_trusted(place));
	set = load(place);
	assert_non_null(strstr(only_error(set)->text, "others can write it"));
	runbook_set_free(set);
	assert_int_equal(file_write(place->state, "[]", 2, 0600, NULL), 0);
	assert_false(is_trusted(place));
}

static void takes_no_folder_that_others_can_write(void **state)
{
	const struct place *place = *state;
	struct runbook_set *set;

	write_mine(place, "first");
	assert_int_equal(chmod(place->runbooks, 0777), 0);
	set = load(place);
	assert_null(runbook_find(set, "X01"));
	assert_non_null(strstr(only_error(set)->text, "others can write it"));
	runbook_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(approves_one_digest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(believes_no_list_that_others_can_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_no_folder_that_others_can_write, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
