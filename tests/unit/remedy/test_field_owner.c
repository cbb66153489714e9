#include "tests/unit/remedy/cmocka_all.h"

#include "probes/remedy/field_owner.h"

/* The form of managedFields is that of the Kubernetes documentation, "Server-Side Apply". */
static const char document[] =
	"{'metadata':{'managedFields':["
	" {'manager':'nks-addon-manager','operation':'Apply','fieldsType':'FieldsV1','fieldsV1':"
	"  {'f:spec':{'f:template':{'f:spec':{'f:containers':{'k:{\\\"name\\\":\\\"calico-node\\\"}':"
	"   {'.':{},'f:image':{}}}}}}}},"
	" {'manager':'kubectl','operation':'Update','fieldsV1':"
	"  {'f:spec':{'f:template':{'f:spec':{'f:containers':{'k:{\\\"name\\\":\\\"sidecar\\\"}':{'f:image':{}}}},"
	"   'f:metadata':{'f:annotations':{'f:x':{}}}}}}},"
	" {'manager':'list-writer','operation':'Update','fieldsV1':"
	"  {'f:spec':{'f:template':{'f:spec':{'f:containers':{'i:1':{'f:image':{}}}}}}}},"
	" "
	"{'manager':'kube-controller-manager','operation':'Update','subresource':'status','fieldsV1':{'f:status':{}}}]},"
	"'spec':{'template':{'spec':{'containers':[{'name':'calico-node','image':'a'},{'name':'sidecar','image':'b'}]}}}}";

static void test_owners_are_found_by_the_name_of_the_item(void **state)
{
	json_t *object = json_of(document);
	struct field_owner owners[4];

	(void)state;
	assert_int_equal(field_owners(object, "/spec/template/spec/containers/0/image", owners, 4), 1);
	assert_string_equal(owners[0].manager, "nks-addon-manager");
	assert_true(owners[0].applies);
	json_decref(object);
}

static void test_owners_are_found_by_index_and_updates_do_not_apply(void **state)
{
	json_t *object = json_of(document);
	struct field_owner owners[4];

	(void)state;
	assert_int_equal(field_owners(object, "/spec/template/spec/containers/1/image", owners, 4), 2);
	assert_string_equal(owners[0].manager, "kubectl");
	assert_false(owners[0].applies);
	assert_string_equal(owners[1].manager, "list-writer");
	json_decref(object);
}

static void test_a_field_that_nobody_names_has_no_owner(void **state)
{
	json_t *object = json_of(document);
	json_t *bare = json_of("{'metadata':{}}");
	struct field_owner owners[4];

	(void)state;
	assert_int_equal(field_owners(object, "/spec/template/spec/containers/0/command", owners, 4), 0);
	assert_int_equal(field_owners(object, "/spec/replicas", owners, 4), 0);
	assert_int_equal(field_owners(bare, "/spec", owners, 4), 0);
	json_decref(object);
	json_decref(bare);
}

static void test_more_owners_than_room_are_counted(void **state)
{
	json_t *object = json_of(document);
	struct field_owner owners[1];

	(void)state;
	assert_int_equal(field_owners(object, "/spec/template/spec/containers/1/image", owners, 1), 2);
	assert_string_equal(owners[0].manager, "kubectl");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owners_are_found_by_the_name_of_the_item),
		cmocka_unit_test(test_owners_are_found_by_index_and_updates_do_not_apply),
		cmocka_unit_test(test_a_field_that_nobody_names_has_no_owner),
		cmocka_unit_test(test_more_owners_than_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
