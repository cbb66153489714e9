#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/yaml.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_ALLOCATOR
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_ALLOCATOR
#endif

#ifndef HAS_OWN_ALLOCATOR
#include <malloc.h>

/* What libyaml, jansson and we give back is looked at first. */
extern void __libc_free(void *memory);
void free(void *memory);

static const char secret[] = "hush-1c55-and-a-good-deal-longer-than-a-short-string";
static bool is_looking;
static int left_behind;

void free(void *memory)
{
	if (memory && is_looking && memmem(memory, malloc_usable_size(memory), secret, sizeof(secret) - 1))
		left_behind++;
	__libc_free(memory);
}

static void test_secrets_are_wiped_before_memory_is_given_back(void **state)
{
	static const char *const texts[] = {
		"users:\n- user:\n    token: %s\n", "- \"%s\"\n- [1\n", "a: %s\nb: [}\n", "a: &x %s\nb: *x\nb: *y\n",
		"{a: %s, a: %s}",
	};

	(void)state;
	for (size_t i = 0; i < array_length(texts); i++) {
		auto_free char *text = xasprintf("%s", texts[i]);
		struct buffer filled = BUFFER_INIT(4096);
		struct yaml_tree *tree = NULL;

		for (const char *at = text; *at; at++) {
			if (!strncmp(at, "%s", 2))
				buffer_add_text(&filled, secret);
			else if (at == text || strncmp(at - 1, "%s", 2) != 0)
				buffer_add_byte(&filled, *at);
		}
		is_looking = true;
		if (yaml_tree_parse("f", filled.data, filled.length, YAML_TEXTS, &tree, NULL) == 0)
			yaml_tree_free(tree);
		is_looking = false;
		if (left_behind)
			fail_msg("%d times left behind by %s", left_behind, texts[i]);
		buffer_release(&filled);
	}
}
#endif

static void assert_yaml(const char *text, enum yaml_scalars scalars, const char *expected)
{
	struct yaml_tree *tree;
	struct err err = {0};
	auto_free char *found = NULL;

	if (yaml_tree_parse("f", text, strlen(text), scalars, &tree, &err) < 0) {
		auto_free char *error = err_text(&err);

		fail_msg("%s: %s", text, error);
	}
	found = json_dumps(yaml_tree_root(tree), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	assert_string_equal(found, expected);
	yaml_tree_free(tree);
}

static void assert_bad_bytes(const char *text, size_t length, const char *expected)
{
	struct yaml_tree *tree = NULL;
	struct err err = {0};
	auto_free char *error = NULL;

	assert_int_equal(yaml_tree_parse("f", text, length, YAML_TEXTS, &tree, &err), -1);
	error = err_text(&err);
	if (!strstr(error, expected))
		fail_msg("expected %s, found %s", expected, error);
}

static void assert_bad(const char *text, const char *expected)
{
	assert_bad_bytes(text, strlen(text), expected);
}

static void test_scalars_are_texts(void **state)
{
	(void)state;
	assert_yaml("token: 12345\na: yes\nb: 'x'\nc:\nd: ~\ne: \"\"\n", YAML_TEXTS,
		    "{\"a\":\"yes\",\"b\":\"x\",\"c\":null,\"d\":null,\"e\":\"\",\"token\":\"12345\"}");
	assert_yaml("|\n  two\n  lines\n", YAML_TEXTS, "\"two\\nlines\\n\"");
}

static void test_typed_scalars_keep_their_kind(void **state)
{
	(void)state;
	assert_yaml("[1, -2, 1.5, true, False, null, '1', abc, 1.2.3, +, 1e999, 99999999999999999999]",
		    YAML_TYPED,
		    "[1,-2,1.5,true,false,null,\"1\",\"abc\",\"1.2.3\",\"+\",\"1e999\",1e20]");
}

static void test_json_is_yaml(void **state)
{
	(void)state;
	assert_yaml("{\"a\": [{\"b\": \"\\u00e9\\n\"}, {}], \"c\": []}\n", YAML_TEXTS,
		    "{\"a\":[{\"b\":\"é\\n\"},{}],\"c\":[]}");
}

static void test_aliases_and_merges(void **state)
{
	(void)state;
	assert_yaml("base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3\ne: *b\n", YAML_TEXTS,
		    "{\"base\":{\"x\":\"1\",\"y\":\"2\"},\"d\":{\"x\":\"1\",\"y\":\"3\"},\"e\":{\"x\":\"1\",\"y\":\"2\"}}");
	assert_yaml("<<: [{a: 1}, {a: 2, b: 2}]\n", YAML_TEXTS, "{\"a\":\"1\",\"b\":\"2\"}");
	assert_yaml("&a x: &a y\nz: *a\n", YAML_TEXTS, "{\"x\":\"y\",\"z\":\"y\"}");
	assert_yaml("- &n [&n 1]\n- *n\n", YAML_TEXTS, "[[\"1\"],\"1\"]");
}

static void test_empty_and_first_documents(void **state)
{
	(void)state;
	assert_yaml("", YAML_TEXTS, "null");
	assert_yaml("# nothing\n", YAML_TEXTS, "null");
	assert_yaml("--- {a: 1}\n--- {b: 2}\n", YAML_TEXTS, "{\"a\":\"1\"}");
}

static void test_faults_tell_line_and_column(void **state)
{
	(void)state;
	assert_bad("a: 1\na: 2\n", "f, line 2, column 1: the key \"a\" is there twice");
	assert_bad("a: [1, 2\nb: 3\n", "line ");
	assert_bad("\t- x", "line 1");
	assert_bad("{[a]: b}", "a key that is no text");
	assert_bad("a: *nobody\n", "line 1, column 4: an alias of nothing");
	assert_bad("a: &a [*a]\n", "contains itself");
	assert_bad("<<: x\n", "\"<<\" merges something");
	assert_bad("a: \"x\\0y\"\n", "a NUL character");
	assert_bad_bytes("a: \xff\xfe\n", 7, "line");
	assert_bad_bytes("\x1f\x8b\x08\0\0", 5, "line");
}

static void test_hostile_sizes_are_refused(void **state)
{
	struct buffer text = BUFFER_INIT(8 << 20);

	(void)state;
	for (int i = 0; i < 40; i++)
		buffer_add_byte(&text, '[');
	assert_bad(buffer_text(&text), "nested deeper than 32 levels");
	buffer_clear(&text);
	buffer_add_text(&text, "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c <= 'h'; c++)
		buffer_addf(&text, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c - 1, c - 1,
			    c - 1, c - 1,
			    c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
	assert_bad(buffer_text(&text), "more than 100000 values");
	buffer_clear(&text);
	while (text.length < (4U << 20) + 1)
		buffer_add_text(&text, "# a comment that is long\n");
	assert_bad(buffer_text(&text), "larger than 4 MiB");
	buffer_release(&text);
}

static void test_values_know_their_lines(void **state)
{
	static const char text[] = "a: 1\nb:\n  - c: 2\n  - d\n";
	struct yaml_tree *tree;
	const json_t *list;

	(void)state;
	assert_int_equal(yaml_tree_parse("f", text, strlen(text), YAML_TEXTS, &tree, NULL), 0);
	list = json_object_get(yaml_tree_root(tree), "b");
	assert_int_equal(yaml_tree_line(tree, json_object_get(yaml_tree_root(tree), "a")), 1);
	assert_int_equal(yaml_tree_line(tree, json_array_get(list, 0)), 3);
	assert_int_equal(yaml_tree_line(tree, json_array_get(list, 1)), 4);
	assert_int_equal(yaml_tree_line(tree, NULL), 0);
	yaml_tree_free(tree);
	yaml_tree_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars_are_texts),
		cmocka_unit_test(test_typed_scalars_keep_their_kind),
		cmocka_unit_test(test_json_is_yaml),
		cmocka_unit_test(test_aliases_and_merges),
		cmocka_unit_test(test_empty_and_first_documents),
		cmocka_unit_test(test_faults_tell_line_and_column),
		cmocka_unit_test(test_hostile_sizes_are_refused),
#ifndef HAS_OWN_ALLOCATOR
		cmocka_unit_test(test_secrets_are_wiped_before_memory_is_given_back),
#endif
		cmocka_unit_test(test_values_know_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
