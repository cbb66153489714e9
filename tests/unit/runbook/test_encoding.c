/* A path without a number in protobuf makes its kind twice as dear: none that is shipped is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "probes/kube/scanner.h"
#include "probes/runbook/runbook.h"

static void test_shipped_paths_are_known_in_protobuf(void **state)
{
	const struct runbook_load_options options = {.assets = "assets"};
	struct runbook_set *set;
	struct field_set fields;
	struct err err;

	(void)state;
	field_set_init(&fields);
	assert_int_equal(runbook_set_load(&options, &fields, &set, &err), 0);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (kind_get((enum kind_id)i)->is_core && !proto_scanner_knows(fields.tables[i]))
			fail_msg("a path of %s has no number", kind_get((enum kind_id)i)->name);
	}
	runbook_set_free(set);
	field_set_release(&fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_paths_are_known_in_protobuf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
