/*
 * Reads an answer of the API, as it was saved, and prints its records, for
 * tests.
 *
 *   records KIND list|watch|object json|protobuf FILE [PATH...]
 *   records status FILE
 *   records schema
 *
 * One line of JSON for each record: the watch event, every member, and the
 * extra values of the PATHs. "status" prints an error in protobuf as JSON.
 * "schema" prints the numbers that we know, one
 * field a line: message, name, number, type, shape, whether zero is absent.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/kube/proto_envelope.h"
#include "probes/kube/proto_schema.h"
#include "probes/kube/scanner.h"
#include "tests/lib/record_json.h"

enum { PIECE = 4099, FILE_MAX = 256 << 20 };

static int fail(const struct err *err)
{
	auto_free char *text = err_text(err);

	fprintf(stderr, "records: %s\n", text);
	return 1;
}

static int print_record(void *data, enum watch_event event, struct record *record)
{
	json_t *line = record_json(data, record);

	json_object_set_new(line, "event", json_integer(event));
	json_dumpf(line, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(line);
	record_free(record);
	return 0;
}

static void print_status(void *data, long code, const char *reason, const char *message)
{
	json_t *line = json_pack("{s:I,s:s,s:s}", "code", (json_int_t)code, "reason", reason, "message", message);

	(void)data;
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}

static void print_bookmark(void *data, const char *version, int initial_end)
{
	(void)data;
	printf("{\"bookmark\":\"%s\",\"end\":%d}\n", version, initial_end);
}

static void print_meta(void *data, const char *version, const char *token, long remaining)
{
	(void)data;
	printf("{\"version\":\"%s\",\"continue\":\"%s\",\"remaining\":%ld}\n", version, token, remaining);
}

static int scan(const struct scanner_ops *ops, struct field_table *table, enum scan_mode mode,
		const char *bytes, size_t length, struct err *err)
{
	const struct scan_sink sink = {print_record, print_bookmark, print_status, print_meta, table};
	struct scanner *scanner = ops->new(table, mode, &sink);
	int result = 0;

	for (size_t at = 0; at < length && !result; at += PIECE) {
		size_t n = length - at < PIECE ? length - at : PIECE;

		result = ops->feed(scanner, bytes + at, n, err);
	}
	/* A watch that was saved ends wherever it was cut. */
	if (!result && mode != SCAN_WATCH)
		result = ops->finish(scanner, err);
	ops->free(scanner);
	return result;
}

static void print_message(const struct proto_message *message)
{
	for (size_t i = 0; i < message->count; i++) {
		const struct proto_field *field = &message->fields[i];

		printf("%s %s %d %d %d %d %s\n", message->name, *field->name ? field->name : "-", field->number,
		       field->type, field->shape, field->zero_is_absent,
		       field->message ? field->message->name : "-");
		if (field->message)
			print_message(field->message);
	}
}

static int print_schema(void)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (proto_schema((enum kind_id)kind))
			print_message(proto_schema((enum kind_id)kind));
	}
	return 0;
}

static int print_error(const char *file)
{
	auto_free char *bytes = NULL;
	size_t length = 0;
	struct err err;
	json_t *status;

	if (file_read(file, FILE_MAX, &bytes, &length, &err) < 0)
		return fail(&err);
	status = proto_status_document(bytes, length);
	if (!status)
		return 1;
	json_dumpf(status, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(status);
	return 0;
}

static enum scan_mode mode_of(const char *name)
{
	if (!strcmp(name, "watch"))
		return SCAN_WATCH;
	return strcmp(name, "list") ? SCAN_OBJECT : SCAN_LIST;
}

static int print_records(const struct kind *kind, char **argv)
{
	const struct scanner_ops *ops = strcmp(argv[1], "json") ? &proto_scanner_ops : &json_scanner_ops;
	struct field_table *table = field_table_new(kind);
	auto_free char *bytes = NULL;
	size_t length = 0;
	const struct field_path *path;
	struct err err;
	int result = 0;

	for (char **text = argv + 3; *text && !result; text++)
		result = field_table_want(table, *text, &path, &err);
	if (!result && !proto_scanner_knows(table))
		result = err_set(&err, ERR_USAGE, "a path has no number in protobuf", NULL);
	if (!result)
		result = file_read(argv[2], FILE_MAX, &bytes, &length, &err);
	if (!result)
		result = scan(ops, table, mode_of(argv[0]), bytes, length, &err);
	if (result < 0)
		fail(&err);
	field_table_free(table);
	return result < 0;
}

int main(int argc, char **argv)
{
	const struct kind *kind;

	if (argc == 2 && !strcmp(argv[1], "schema"))
		return print_schema();
	if (argc == 3 && !strcmp(argv[1], "status"))
		return print_error(argv[2]);
	kind = argc >= 5 ? kind_find(argv[1]) : NULL;
	if (!kind) {
		fprintf(stderr, "records: records KIND list|watch|object json|protobuf FILE [PATH...]\n");
		return 2;
	}
	return print_records(kind, argv + 2);
}
