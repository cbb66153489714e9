/* The language of `/`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tui/filter.h"
#include "probes/base/memory.h"

static const char *const names[] = {"NAME", "STATUS", "AGE", "RESTARTS"};
static const char *row[] = {"calico-node-x2v", "Running", "3h4m", "12"};

static const char *cell(void *context, size_t column)
{
	(void)context;
	return row[column];
}

static bool matches(const char *text)
{
	struct filter filter;

	filter_parse(&filter, text);
	return filter_matches(&filter, names, array_length(names), cell, NULL);
}

static void terms_mean_what_help_says(void **state)
{
	static const char *const yes[] = {
		"", "   ", "calico", "CALICO", "!typha", "calico running", "status=Running", "STATUS=run*",
			"status!=Pending",
		"age>3h", "age<4h", "age>10m", "restarts>3", "restarts<13", "name=calico-*  age<1d",
			"!status=Pending", "status=",
		"=", "!",
	};
	static const char *const no[] = {
		"typha", "!calico", "calico typha", "status=Pending", "status=Run", "status!=Running",
			"age<3h", "age>1d",
		"restarts>12", "restarts<12", "colour=red", "name=node",
	};

	(void)state;
	for (size_t i = 0; i < array_length(yes); i++) {
		/* "status=" and the like have no value: words, and no cell has them. */
		bool is_word = strchr(yes[i], '=') && !strchr(yes[i], '=')[1];
		bool is_bang = !strcmp(yes[i], "!");

		if (matches(yes[i]) == (is_word || is_bang))
			fail_msg("\"%s\"", yes[i]);
	}
	for (size_t i = 0; i < array_length(no); i++) {
		if (matches(no[i]))
			fail_msg("\"%s\"", no[i]);
	}
}

static void too_much_is_cut_not_overrun(void **state)
{
	char text[4096];
	struct filter filter;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	for (size_t i = 3; i < sizeof(text); i += 4)
		text[i] = ' ';
	text[sizeof(text) - 1] = '\0';
	filter_parse(&filter, text);
	assert_int_equal(filter.count, FILTER_MOST_TERMS);
	assert_true(strlen(filter.text) < FILTER_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_mean_what_help_says),
		cmocka_unit_test(too_much_is_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
