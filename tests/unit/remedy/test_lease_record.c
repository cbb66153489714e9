#include "tests/unit/remedy/cmocka_all.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/lease_record.h"

/* A Lease that holds these objects; NULL: it does not say. */
static json_t *lease_of(const char *objects)
{
	return json_pack("{s:{s:s, s:s, s:{s:s*}}}", "metadata", "name", "nks-triage-0123456789", "resourceVersion",
			 "105", "annotations", "nks-triage/objects", objects);
}

static bool covers(const char *held, const char *wanted)
{
	json_t *lease = lease_of(held);
	json_t *objects = json_loads(wanted, 0, NULL);
	bool result = lease_covers(lease, objects);

	json_decref(lease);
	json_decref(objects);
	return result;
}

static void test_one_common_object_is_enough(void **state)
{
	(void)state;
	assert_true(covers("[\"Node/a\",\"Node/b\"]", "[\"Node/b\",\"Node/c\"]"));
	assert_true(covers("[\"Node/a\"]", "[\"Node/a\",\"Node/b\",\"Node/c\"]"));
	assert_false(covers("[\"Node/a\"]", "[\"Node/aa\",\"Node/b\"]"));
	assert_false(covers("[]", "[\"Node/b\"]"));
}

static void test_what_does_not_say_what_it_holds_holds_everything(void **state)
{
	(void)state;
	assert_true(covers(NULL, "[\"Node/a\"]"));
	assert_true(covers("no JSON", "[\"Node/a\"]"));
	assert_true(covers("{\"Node/b\":1}", "[\"Node/a\"]"));
	assert_true(covers("[\"*\"]", "[\"Node/a\"]"));
	assert_true(covers("[\"Node/b\"]", "[\"*\"]"));
}

static void test_the_lower_ticket_came_first(void **state)
{
	(void)state;
	assert_true(lease_comes_first("99", "105"));
	assert_false(lease_comes_first("105", "99"));
	assert_true(lease_comes_first("105", "105"));
	/* No numbers, or none that fits: both give way. */
	assert_true(lease_comes_first("abc", "99"));
	assert_true(lease_comes_first("105", "x"));
	assert_true(lease_comes_first("", "99"));
	assert_true(lease_comes_first("105 ", "99"));
	assert_true(lease_comes_first("99999999999999999999999", "99"));
}

static void test_a_renewed_lease_keeps_its_ticket(void **state)
{
	json_t *lease = lease_of("[]");

	(void)state;
	assert_string_equal(lease_ticket(lease), "105");
	json_object_set_new(json_object_get(json_object_get(lease, "metadata"), "annotations"), "nks-triage/ticket",
			    json_string("99"));
	assert_string_equal(lease_ticket(lease), "99");
	json_decref(lease);
}

/* printf 'DaemonSet/kube-system/calico-node\nNode/a\n' | sha256sum */
static void test_a_name_is_of_one_set_of_objects(void **state)
{
	json_t *two = json_pack("[s, s]", "DaemonSet/kube-system/calico-node", "Node/a");
	json_t *in_turn = json_pack("[s, s, s]", "DaemonSet/kube-system/calico-node", "Node/a", "one node at a time");
	json_t *one = json_pack("[s]", "Node/a");
	auto_free char *first = lease_name(two);
	auto_free char *same = lease_name(in_turn);
	auto_free char *second = lease_name(one);
	json_t *lease = json_pack("{s:{s:s}}", "metadata", "name", first);

	(void)state;
	assert_string_equal(first, "nks-triage-3438afbc79");
	assert_string_equal(first, same);
	assert_string_not_equal(first, second);
	json_decref(two);
	json_decref(in_turn);
	json_decref(one);
	assert_true(lease_is_lock(lease));
	json_object_set_new(json_object_get(lease, "metadata"), "name", json_string("nks-triage-other"));
	assert_false(lease_is_lock(lease));
	json_object_set_new(json_object_get(lease, "metadata"), "name", json_string("worker-0"));
	assert_false(lease_is_lock(lease));
	json_decref(lease);
}

static bool expired(int64_t off, int64_t spare)
{
	char text[21];
	json_t *lease;
	bool result;

	clock_format(clock_wall() + off, text);
	lease = json_pack("{s:{s:s, s:i}}", "spec", "renewTime", text, "leaseDurationSeconds", 30);
	result = lease_is_expired(lease, spare);
	json_decref(lease);
	return result;
}

static void test_it_expires_behind_us_and_ahead_of_us(void **state)
{
	json_t *nothing = json_object();

	(void)state;
	assert_false(expired(0, 0));
	assert_false(expired(-20, 0));
	assert_true(expired(-60, 0));
	assert_true(expired(60, 0));
	assert_false(expired(-60, 3600));
	assert_true(expired(-4000, 3600));
	assert_true(lease_is_expired(nothing, 3600));
	json_decref(nothing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_common_object_is_enough),
		cmocka_unit_test(test_what_does_not_say_what_it_holds_holds_everything),
		cmocka_unit_test(test_the_lower_ticket_came_first),
		cmocka_unit_test(test_a_renewed_lease_keeps_its_ticket),
		cmocka_unit_test(test_a_name_is_of_one_set_of_objects),
		cmocka_unit_test(test_it_expires_behind_us_and_ahead_of_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
