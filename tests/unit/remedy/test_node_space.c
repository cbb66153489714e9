#include "tests/unit/remedy/cmocka_all.h"

#include "probes/remedy/node_file.h"
#include "probes/remedy/node_space.h"
#include "probes/remedy/argv_words.h"

static void df_of_a_path(void **state)
{
	struct node_space space;
	struct err err;

	(void)state;
	assert_int_equal(node_space_parse("Filesystem     1024-blocks      Used Available Capacity Mounted on\n"
					  "/dev/vda1        103079844  91820448  11259396      90% /\n", &space, &err), 0);
	assert_int_equal(space.used_percent, 90);
	assert_int_equal(space.available, 11259396LL * 1024);
	assert_int_equal(node_space_parse("", &space, &err), -1);
	assert_int_equal(node_space_parse("df: /var/lib/docker: No such file or directory\n", &space, &err), -1);
	assert_int_equal(node_space_parse("x 1 2 9223372036854775807 3% /\n", &space, &err), -1);
}

static void the_largest_of_some_sizes(void **state)
{
	(void)state;
	assert_int_equal(node_space_largest("12\n53687091200\n7\n"), 53687091200LL);
	assert_int_equal(node_space_largest(""), 0);
	assert_int_equal(node_space_largest("find: x\n-5\n"), 0);
}

static void stat_of_a_file(void **state)
{
	struct node_file file = {0};
	struct err err;

	(void)state;
	assert_int_equal(node_file_parse_stat("regular file:644:root:wheel\n", "/x", &file, &err), 0);
	assert_string_equal(file.mode, "0644");
	assert_string_equal(file.owner, "root");
	assert_string_equal(file.group, "wheel");
	assert_int_equal(node_file_parse_stat("regular empty file:4755:root:root\n", "/x", &file, &err), 0);
	assert_string_equal(file.mode, "4755");
	assert_int_equal(node_file_parse_stat("symbolic link:777:root:root\n", "/x", &file, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(node_file_parse_stat("regular file:9:root:root\n", "/x", &file, &err), -1);
	assert_int_equal(node_file_parse_stat("", "/x", &file, &err), -1);
}

static void an_image_of_a_file_comes_back(void **state)
{
	struct node_file file = {.is_there = true, .mode = "0600", .owner = "root", .group = "root"};
	struct node_file back;
	json_t *image;

	(void)state;
	file.content = strdup("a\nb\n");
	digest_sha256("a\nb\n", 4, file.digest);
	image = node_file_json(&file);
	assert_int_equal(node_file_from_json(image, &back, NULL), 0);
	assert_true(node_file_same(&file, &back));
	back.mode[1] = '4';
	assert_false(node_file_same(&file, &back));
	json_decref(image);
	node_file_release(&file);
	node_file_release(&back);
	image = node_file_json(&file);
	assert_true(json_is_null(image));
	assert_int_equal(node_file_from_json(image, &back, NULL), 0);
	assert_true(node_file_same(&file, &back));
	json_decref(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(df_of_a_path),
		cmocka_unit_test(the_largest_of_some_sizes),
		cmocka_unit_test(stat_of_a_file),
		cmocka_unit_test(an_image_of_a_file_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
