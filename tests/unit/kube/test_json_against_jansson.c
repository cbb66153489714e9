/*
 * Random documents, read by our scanner and by jansson: every path must give
 * the same values, however the text is written and cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "probes/base/buffer.h"
#include "probes/kube/record_text.h"
#include "tests/unit/kube/documents.h"
#include "tests/unit/kube/scan.h"

enum { DOCUMENTS = 3000 };

struct writer {
	struct buffer text;
	uint32_t seed;
};

static uint32_t pick(struct writer *writer, uint32_t bound)
{
	writer->seed = writer->seed * 1664525U + 1013904223U;
	return (writer->seed >> 8) % bound;
}

static void write_space(struct writer *writer)
{
	static const char *const spaces[] = {"", "", "", " ", "\n\t", "\r\n  "};

	buffer_add_text(&writer->text, spaces[pick(writer, 6)]);
}

static void write_string(struct writer *writer)
{
	static const char *const pieces[] = {
		"a", "zz ", "\\\"", "\\\\", "\\/", "\\b\\f\\n\\r\\t", "\\u0041", "\\u00e9", "é", "노드", "\\ub178",
		"\\ud83d\\ude00", "😀", "{", "}", "[", "]", ":", ",", "\\u0000", "\\u001b[31m", "//", "'", "\\\\\\\"",
		"0123456789012345678901234567890123456789012345678901234567890123456789",
	};
	uint32_t count = pick(writer, 5);

	buffer_add_byte(&writer->text, '"');
	for (uint32_t i = 0; i < count; i++)
		buffer_add_text(&writer->text, pieces[pick(writer, array_length(pieces))]);
	buffer_add_byte(&writer->text, '"');
}

static void write_key(struct writer *writer, uint32_t number)
{
	static const char *const keys[] = {"a", "b", "c", "d"};
	static const char *const escaped[] = {"\\u0061", "\\u0062", "\\u0063", "d"};

	buffer_addf(&writer->text, "\"%s\"", (pick(writer, 8) ? keys : escaped)[number]);
	write_space(writer);
	buffer_add_byte(&writer->text, ':');
}

static void write_value(struct writer *writer, int depth);

static void write_object(struct writer *writer, int depth)
{
	bool is_first = true;

	buffer_add_byte(&writer->text, '{');
	for (uint32_t key = 0; key < 4; key++) {
		if (!pick(writer, 3))
			continue;
		write_space(writer);
		if (!is_first)
			buffer_add_byte(&writer->text, ',');
		is_first = false;
		write_space(writer);
		write_key(writer, key);
		write_value(writer, depth - 1);
	}
	write_space(writer);
	buffer_add_byte(&writer->text, '}');
}

static void write_list(struct writer *writer, int depth)
{
	uint32_t count = pick(writer, 4);

	buffer_add_byte(&writer->text, '[');
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buffer_add_byte(&writer->text, ',');
		write_value(writer, depth - 1);
	}
	write_space(writer);
	buffer_add_byte(&writer->text, ']');
}

static void write_value(struct writer *writer, int depth)
{
	static const char *const scalars[] = {"true", "false", "null", "0", "-17", "9007199254740993",
		"\"\"", "42"};

	write_space(writer);
	if (depth > 0 && pick(writer, 2)) {
		if (pick(writer, 2))
			write_object(writer, depth);
		else
			write_list(writer, depth);
	} else if (pick(writer, 2)) {
		write_string(writer);
	} else {
		buffer_add_text(&writer->text, scalars[pick(writer, array_length(scalars))]);
	}
	write_space(writer);
}

/* The reference. */

static void reference_text(struct buffer *out, size_t item, const json_t *value)
{
	size_t length = json_string_length(value);
	const char *text = json_string_value(value);

	if (json_is_null(value) || (json_is_string(value) && !length))
		return;
	buffer_addf(out, "%zu=", item);
	if (json_is_object(value))
		buffer_add_text(out, "{}");
	else if (json_is_array(value))
		buffer_add_text(out, "[]");
	else if (json_is_boolean(value))
		buffer_add_text(out, json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		buffer_addf(out, "%lld", (long long)json_integer_value(value));
	for (size_t i = 0; json_is_string(value) && i < length; i++) {
		if (text[i])
			buffer_add_byte(out, text[i]);
		else
			buffer_add_text(out, "\xef\xbf\xbd");
	}
	buffer_add_text(out, ";");
}

static void reference(struct buffer *out, const json_t *value, const char *path, size_t item, bool in_list)
{
	char key[16];
	size_t length = strcspn(path, ".[");

	if (!*path) {
		reference_text(out, item, value);
	} else if (*path == '.') {
		reference(out, value, path + 1, item, in_list);
	} else if (!strncmp(path, "[*]", 3)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			reference(out, json_array_get(value, i), path + 3, in_list ? item : i, true);
	} else {
		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		value = json_object_get(value, key);
		if (value)
			reference(out, value, path + length, item, in_list);
	}
}

static bool add_value(void *data, size_t item, const char *value)
{
	buffer_addf(data, "%zu=%s;", item, value);
	return true;
}

static const char *const paths[] = {
	"a", "b", "a.b", "a.b.c", "a.b.c.d", "a[*]", "a[*].b", "b[*].a[*].c", "c[*][*]", "d.a[*].b.c", "b[*].c", "c.d", "d[*].d[*]",
};

static void compare(const struct field_path *const *wanted, const struct record *record,
		    const json_t *document,
		    const char *text)
{
	for (size_t i = 0; i < array_length(paths); i++) {
		struct buffer ours = BUFFER_INIT(64 << 10);
		struct buffer theirs = BUFFER_INIT(64 << 10);

		field_path_each(wanted[i], record, add_value, &ours);
		reference(&theirs, document, paths[i], 0, false);
		if (strcmp(buffer_text(&ours), buffer_text(&theirs)) != 0)
			fail_msg("%s of %s: %s, jansson %s", paths[i], text, buffer_text(&ours),
				 buffer_text(&theirs));
		buffer_release(&ours);
		buffer_release(&theirs);
	}
}

static void test_random_documents(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	const struct field_path *wanted[array_length(paths)];
	struct writer writer = {.text = BUFFER_INIT(1 << 20), .seed = 20261121};

	(void)state;
	for (size_t i = 0; i < array_length(paths); i++)
		assert_int_equal(field_table_want(table, paths[i], &wanted[i], NULL), 0);
	for (int i = 0; i < DOCUMENTS; i++) {
		struct scanned scanned = {0};
		struct err err = {0};
		json_t *document;
		size_t piece;

		buffer_clear(&writer.text);
		write_object(&writer, 7);
		document = json_loads(buffer_text(&writer.text), JSON_ALLOW_NUL, NULL);
		assert_non_null(document);
		piece = 1 + pick(&writer, 200);
		if (scan_text(table, SCAN_OBJECT, writer.text.data, writer.text.length, piece, &scanned,
			      &err) < 0)
			fail_msg("refused: %s: %s", writer.text.data, err_text(&err));
		assert_int_equal(scanned.count, 1);
		compare(wanted, scanned.records[0], document, writer.text.data);
		scanned_release(&scanned);
		json_decref(document);
	}
	buffer_release(&writer.text);
	field_table_free(table);
}

/* Broken documents: whatever is cut out or changed, nothing is read beyond the end and nothing leaks. */
static void test_damaged_documents(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	size_t n = strlen(document_pod);
	struct writer random = {.text = BUFFER_INIT(1), .seed = 5};
	int refused = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		auto_free char *text = xasprintf("{\"items\":[%s],\"metadata\":{}}", document_pod);
		struct scanned scanned = {0};
		struct err err = {0};
		size_t at = pick(&random, (uint32_t)n);

		text[at] = "\"\\{}[],: x0\xff"[pick(&random, 12)];
		if (i % 3 == 0)
			text[pick(&random, (uint32_t)n)] = "\"\\{}[]"[pick(&random, 6)];
		if (scan_text(table, SCAN_LIST, text, strlen(text), 1 + pick(&random, 3000), &scanned,
			      &err) < 0) {
			assert_int_not_equal(err.code, ERR_NONE);
			refused++;
		}
		scanned_release(&scanned);
	}
	assert_true(refused > 500);
	field_table_free(table);
}

static void test_times_and_quantities(void **state)
{
	static const struct {
		const char *text;
		int decimals;
		int64_t number;
	} quantities[] = {
		{"0", 0, 0}, {"110", 0, 110}, {"8Gi", 0, 8589934592}, {"8048912Ki", 0,
			8242085888}, {"1500m", 3, 1500},
		{"2", 3, 2000}, {"0.1", 3, 100}, {"1500m", 0, 2}, {"100m", 0, 1}, {"1e3", 0, 1000}, {"1E",
			0, 1000000000000000000},
		{"5k", 0, 5000}, {"12e6", 0, 12000000}, {"500u", 3, 1}, {"-1.5", 0, -2}, {"99999999999Ei",
			0, INT64_MAX},
		{"3920m", 3, 3920}, {"1.5Gi", 0, 1610612736},
	};
	static const char *const bad[] = {"", "x", "1x", "1Kii", "Ki", "0x10", "inf", "nan", "1e", "--1",
		"1.2.3"};
	int64_t number;

	(void)state;
	for (size_t i = 0; i < array_length(quantities); i++) {
		if (quantity_parse(quantities[i].text, quantities[i].decimals, &number) < 0 ||
		    number != quantities[i].number)
			fail_msg("%s is %lld", quantities[i].text, (long long)number);
	}
	for (size_t i = 0; i < array_length(bad); i++) {
		if (!quantity_parse(bad[i], 0, &number))
			fail_msg("%s is taken for %lld", bad[i], (long long)number);
	}
	assert_int_equal(time_parse("2026-11-21T00:00:05Z", &number), 0);
	assert_int_equal(number, 1795219205);
	assert_int_equal(time_parse("2000-02-29T23:59:59Z", &number), 0);
	assert_int_equal(number, 951868799);
	assert_int_equal(time_parse("1969-12-31T23:59:59Z", &number), 0);
	assert_int_equal(number, -1);
	assert_int_equal(time_parse("2026-11-21T09:00:05.123+09:00", &number), 0);
	assert_int_equal(number, 1795219205);
	assert_int_equal(time_parse("2026-13-21T00:00:05Z", &number), -1);
	assert_int_equal(time_parse("2026-11-21 00:00", &number), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_documents),
		cmocka_unit_test(test_damaged_documents),
		cmocka_unit_test(test_times_and_quantities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
