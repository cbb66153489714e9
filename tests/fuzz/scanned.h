/* For fuzz targets: all that a scanner says about some bytes, as JSON, so that two readings can be compared. */
#ifndef TESTS_FUZZ_SCANNED_H
#define TESTS_FUZZ_SCANNED_H

#include <jansson.h>

#include "probes/kube/fields.h"
#include "probes/kube/scanner.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/record_json.h"

/* A table of the kind with paths as runbooks have them, besides our own rows. Never freed. */
static inline const struct field_table *scanned_table(unsigned int kind)
{
	static struct field_table *tables[KIND_COUNT];
	static const char *const paths[] = {
		"metadata.labels[k8s-app]", "metadata.annotations[note]", "spec.containers[*].env[*].name",
		"spec.containers[*].env[*].value", "spec.volumes[*].hostPath.path", "spec.tolerations[*]",
		"status.conditions[*].type", "status.phase", "spec.template.spec.containers[*].resources.limits[memory]",
		"a", "a.b", "a.b.c", "b[*].a[*].c", "c[*][*]",
	};

	if (tables[kind])
		return tables[kind];
	tables[kind] = field_table_new(kind_get((enum kind_id)kind));
	for (size_t i = 0; i < array_length(paths); i++) {
		const struct field_path *path;

		/* protobuf has no number for the made up ones */
		if (field_table_want(tables[kind], paths[i], &path, NULL) < 0)
			continue;
	}
	return tables[kind];
}

struct scanned_said {
	const struct field_table *table;
	json_t *events;
};

static inline void scanned_add(struct scanned_said *said, json_t *event)
{
	check(event, "a text that is no UTF-8");
	json_array_append_new(said->events, event);
}

static inline int scanned_on_record(void *data, enum watch_event event, struct record *record)
{
	struct scanned_said *said = data;

	scanned_add(said, json_pack("[s,i,s,s,s,s,o]", "record", (int)event, record->uid, record->name,
				    record->name_space, record->resource_version, record_json(said->table, record)));
	record_free(record);
	return 0;
}

static inline void scanned_on_bookmark(void *data, const char *version, int initial_end)
{
	scanned_add(data, json_pack("[s,s,b]", "bookmark", version, initial_end));
}

static inline void scanned_on_status(void *data, long code, const char *reason, const char *message)
{
	scanned_add(data, json_pack("[s,I,s,s]", "status", (json_int_t)code, reason, message));
}

static inline void scanned_on_meta(void *data, const char *version, const char *token, long remaining)
{
	scanned_add(data, json_pack("[s,s,s,I]", "meta", version, token, (json_int_t)remaining));
}

/* In pieces of the given size, each in memory of its own, so that a read beyond it is noticed. */
static inline json_t *scanned_read(const struct scanner_ops *ops, const struct field_table *table, enum scan_mode mode,
				   struct fuzz_input input, size_t piece, struct err *ret_err)
{
	struct scanned_said said = {.table = table, .events = json_array()};
	struct scan_sink sink = {scanned_on_record, scanned_on_bookmark, scanned_on_status, scanned_on_meta, &said};
	struct scanner *scanner = ops->new(table, mode, &sink);
	int result = 0;

	for (size_t at = 0; at < input.left && !result; at += piece) {
		size_t n = piece < input.left - at ? piece : input.left - at;
		char *copy = xmalloc(n);

		memcpy(copy, input.bytes + at, n);
		result = ops->feed(scanner, copy, n, ret_err);
		free(copy);
	}
	if (!result)
		result = ops->finish(scanner, ret_err);
	ops->free(scanner);
	if (result < 0)
		fuzz_check_error(ret_err);
	return said.events;
}

/* However the bytes are cut, the same is said of them. */
static inline void scanned_check_pieces(const struct scanner_ops *ops, const struct field_table *table,
					enum scan_mode mode, struct fuzz_input input, size_t piece)
{
	struct err whole_err = {0};
	struct err pieces_err = {0};
	json_t *whole = scanned_read(ops, table, mode, input, input.left + 1, &whole_err);
	json_t *pieces = scanned_read(ops, table, mode, input, piece, &pieces_err);

	if (!json_equal(whole, pieces) || whole_err.code != pieces_err.code) {
		json_dumpf(whole, stderr, JSON_INDENT(1));
		json_dumpf(pieces, stderr, JSON_INDENT(1));
		check(false, "another reading in pieces of %zu bytes: code %d, %d", piece, whole_err.code,
		      pieces_err.code);
	}
	json_decref(whole);
	json_decref(pieces);
}

#endif
