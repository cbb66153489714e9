#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/kube/proto_wire.h"
#include "tests/lib/record_json.h"
#include "tests/unit/kube/documents.h"
#include "tests/unit/kube/proto_write.h"
#include "tests/unit/kube/scan.h"

enum { MOST = 64 << 20 };

static int scan_proto(const struct field_table *table, enum scan_mode mode, const struct buffer *bytes,
		      size_t piece, struct scanned *scanned, struct err *err)
{
	return scan_bytes(&proto_scanner_ops, table, mode, bytes->data, bytes->length, piece, scanned, err);
}

/* A list of the objects, which are freed. */
static void put_list(struct buffer *out, const char *kind, struct buffer *items, size_t count)
{
	struct buffer meta = BUFFER_INIT(1 << 10);
	struct buffer list = BUFFER_INIT(MOST);

	put_text(&meta, 1, "");
	put_text(&meta, 2, "4711");
	put_text(&meta, 3, "next");
	put_number(&meta, 4, 12);
	put_message(&list, 1, &meta);
	for (size_t i = 0; i < count; i++)
		put_message(&list, 2, &items[i]);
	put_document(out, kind, &list);
}

static void put_small_pod(struct buffer *out, const char *name)
{
	struct buffer meta = BUFFER_INIT(1 << 10);

	put_text(&meta, 1, name);
	put_message(out, 1, &meta);
}

/* Paths that no member holds. */
static const char *const pod_paths[] = {
	"spec.containers[*].env[*].name", "spec.containers[*].env[*].value", "spec.tolerations[*].operator",
	"spec.volumes[*].name", "spec.volumes[*].hostPath.path", "spec.volumes[*].hostPath", "spec.securityContext",
	"spec.securityContext.fsGroup", "status.containerStatuses", "status.containerStatuses[*].state.running",
	"status.containerStatuses[*].lastState.terminated.finishedAt", "spec.containers[*].readinessProbe.httpGet.port",
	"metadata.managedFields[*].manager", "metadata.managedFields[*].time", "status.conditions[*].lastTransitionTime",
	"spec.containers[*].resources.limits[memory]", "metadata.labels", "spec.terminationGracePeriodSeconds",
};

static void want(struct field_table *table, const char *const *paths, size_t count)
{
	const struct field_path *path;

	for (size_t i = 0; i < count; i++)
		assert_int_equal(field_table_want(table, paths[i], &path, NULL), 0);
}

/* The records of both encodings are the same, wherever the pieces end. */
static void compare(enum kind_id kind, const char *document)
{
	struct field_table *table = field_table_new(kind_get(kind));
	json_t *object = json_loads(document, 0, NULL);
	struct buffer raw = BUFFER_INIT(MOST);
	struct buffer bytes = BUFFER_INIT(MOST);
	struct record *record;
	json_t *expected;

	if (kind == KIND_POD)
		want(table, pod_paths, array_length(pod_paths));
	assert_true(proto_scanner_knows(table));
	assert_non_null(object);
	record = scan_object(table, document);
	assert_non_null(record);
	expected = record_json(table, record);
	put_object(&raw, proto_schema(kind), object);
	put_document(&bytes, kind_get(kind)->name, &raw);
	for (size_t piece = 1; piece < 70; piece++) {
		struct scanned scanned = {0};
		json_t *found;

		assert_int_equal(scan_proto(table, SCAN_OBJECT, &bytes, piece, &scanned, NULL), 0);
		assert_int_equal(scanned.count, 1);
		found = record_json(table, scanned.records[0]);
		if (!json_equal(expected, found)) {
			json_dumpf(expected, stderr, JSON_SORT_KEYS);
			fputc('\n', stderr);
			json_dumpf(found, stderr, JSON_SORT_KEYS);
			fail_msg("the records of %s differ", kind_get(kind)->name);
		}
		json_decref(found);
		scanned_release(&scanned);
	}
	record_free(record);
	json_decref(expected);
	json_decref(object);
	buffer_release(&bytes);
	field_table_free(table);
}

static void test_same_records(void **state)
{
	(void)state;
	compare(KIND_POD, document_pod);
	compare(KIND_NODE, document_node);
	compare(KIND_EVENT, document_event);
	compare(KIND_EVENT, document_event_series);
	compare(KIND_DAEMON_SET, document_daemon_set);
	compare(KIND_DEPLOYMENT, document_deployment);
	compare(KIND_STATEFUL_SET, document_stateful_set);
}

static void test_pod_by_hand(void **state)
{
	static const unsigned char bytes[] = {
		'k', '8', 's', 0,
		0x0a, 9, 0x0a, 2, 'v', '1', 0x12, 3, 'P', 'o', 'd',	/* typeMeta */
		0x12, 34,						/* raw */
		0x0a, 18,						/* metadata */
		0x0a, 1, 'a',						/* name */
		0x42, 5, 0x08, 0xac, 0x02, 0x10, 0x00,			/* creationTimestamp, 300 seconds */
		0x38, 0xac, 0x02,					/* generation 300 */
		0x50, 5,						/* deletionGracePeriodSeconds */
		0xa2, 0x06, 0,						/* field 100 */
		0x12, 7,						/* spec */
		0x52, 3, 'n', '-', '1',					/* nodeName */
		0x58, 1,						/* hostNetwork */
		0x1a, 3,						/* status */
		0x0a, 1, 'R',						/* phase */
	};
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct scanned scanned = {0};

	(void)state;
	assert_int_equal(scan_bytes(&proto_scanner_ops, table, SCAN_OBJECT, (const char *)bytes, sizeof(bytes), 3,
				    &scanned, NULL), 0);
	assert_int_equal(scanned.count, 1);
	assert_string_equal(scanned.records[0]->name, "a");
	assert_int_equal(scanned.records[0]->created, 300);
	assert_int_equal(scanned.records[0]->generation, 300);
	assert_int_equal(scanned.records[0]->deletion_grace, 5);
	assert_string_equal(record_pod(scanned.records[0])->node_name, "n-1");
	assert_true(record_pod(scanned.records[0])->host_network);
	assert_string_equal(record_pod(scanned.records[0])->phase, "R");
	scanned_release(&scanned);
	field_table_free(table);
}

static void test_list(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct buffer items[3];
	struct buffer bytes = BUFFER_INIT(MOST);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[2] = {(char)('a' + i), 0};

		buffer_init(&items[i], 1 << 10);
		if (i != 1)
			put_small_pod(&items[i], name);
	}
	put_list(&bytes, "PodList", items, 3);
	for (size_t piece = 1; piece <= bytes.length; piece++) {
		struct scanned scanned = {0};

		assert_int_equal(scan_proto(table, SCAN_LIST, &bytes, piece, &scanned, NULL), 0);
		assert_int_equal(scanned.count, 3);
		assert_string_equal(scanned.records[0]->name, "a");
		assert_string_equal(scanned.records[1]->name, ""); /* an empty item */
		assert_string_equal(scanned.records[2]->name, "c");
		assert_int_equal(scanned.metas, 1);
		assert_string_equal(scanned.version, "4711");
		assert_string_equal(scanned.token, "next");
		assert_int_equal(scanned.remaining, 12);
		scanned_release(&scanned);
	}
	for (size_t n = 0; n < bytes.length; n++) {
		struct scanned scanned = {0};
		int result = scan_bytes(&proto_scanner_ops, table, SCAN_LIST, bytes.data, n, 7, &scanned, NULL);

		/* Only behind a whole list, between two fields of the envelope, an end may be. */
		assert_int_equal(result, n == bytes.length - 4 || n == bytes.length - 2 ? 0 : -1);
		scanned_release(&scanned);
	}
	buffer_release(&bytes);
	field_table_free(table);
}

static void test_empty_list(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_NODE));
	struct buffer raw = BUFFER_INIT(16);
	struct buffer bytes = BUFFER_INIT(1024);
	struct scanned scanned = {0};
	auto_free char *text = NULL;
	struct err err;

	(void)state;
	put_document(&bytes, "NodeList", &raw);
	assert_int_equal(scan_proto(table, SCAN_LIST, &bytes, 1, &scanned, NULL), 0);
	assert_int_equal(scanned.count, 0);
	assert_int_equal(scanned.metas, 1);
	buffer_clear(&bytes);
	put_document(&bytes, "Status", &raw);
	assert_int_equal(scan_proto(table, SCAN_LIST, &bytes, 1, &scanned, &err), -1);
	text = err_text(&err);
	assert_string_equal(text, "the answer is no list of Node: it has no items");
	buffer_release(&bytes);
	field_table_free(table);
}

static void put_bookmark(struct buffer *out)
{
	struct buffer entry = BUFFER_INIT(1024);
	struct buffer meta = BUFFER_INIT(1024);
	struct buffer pod = BUFFER_INIT(1024);

	put_text(&meta, 6, "815");
	put_text(&entry, 1, "k8s.io/initial-events-end");
	put_text(&entry, 2, "true");
	put_message(&meta, 12, &entry);
	put_message(&pod, 1, &meta);
	put_event(out, "BOOKMARK", "Pod", &pod);
}

static void test_watch(void **state)
{
	static const char *const types[] = {"ADDED", "MODIFIED", "DELETED"};
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct buffer bytes = BUFFER_INIT(MOST);
	struct buffer object = BUFFER_INIT(1024);

	(void)state;
	for (size_t i = 0; i < array_length(types); i++) {
		put_small_pod(&object, types[i]);
		put_event(&bytes, types[i], "Pod", &object);
	}
	put_bookmark(&bytes);
	put_text(&object, 2, "Failure");
	put_text(&object, 3, "too old resource version: 1 (2)");
	put_text(&object, 4, "Expired");
	put_number(&object, 6, 410);
	put_event(&bytes, "ERROR", "Status", &object);
	for (size_t piece = 1; piece <= bytes.length; piece += piece < 40 ? 1 : 17) {
		struct scanned scanned = {0};

		assert_int_equal(scan_proto(table, SCAN_WATCH, &bytes, piece, &scanned, NULL), 0);
		assert_int_equal(scanned.count, 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(scanned.events[i], WATCH_ADDED + (int)i);
			assert_string_equal(scanned.records[i]->name, types[i]);
		}
		assert_int_equal(scanned.bookmarks, 1);
		assert_int_equal(scanned.initial_ends, 1);
		assert_string_equal(scanned.version, "815");
		assert_int_equal(scanned.status_code, 410);
		assert_string_equal(scanned.status_reason, "Expired");
		scanned_release(&scanned);
	}
	buffer_release(&bytes);
	field_table_free(table);
}

static void expect_refused(enum scan_mode mode, const void *bytes, size_t n, enum err_code code)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));

	for (size_t piece = 1; piece < 20; piece += 6) {
		struct scanned scanned = {0};
		struct err err = {.code = ERR_NONE};

		assert_int_equal(scan_bytes(&proto_scanner_ops, table, mode, bytes, n, piece, &scanned, &err), -1);
		assert_int_equal(err.code, code);
		scanned_release(&scanned);
	}
	field_table_free(table);
}

static void refuse_object(struct buffer *raw)
{
	struct buffer bytes = BUFFER_INIT(MOST);
	struct buffer event = BUFFER_INIT(MOST);
	struct buffer copy = BUFFER_INIT(MOST);

	buffer_add(&copy, raw->data, raw->length);
	put_document(&bytes, "Pod", raw);
	put_event(&event, "ADDED", "Pod", &copy);
	expect_refused(SCAN_OBJECT, bytes.data, bytes.length, ERR_PROTOCOL);
	expect_refused(SCAN_WATCH, event.data, event.length, ERR_PROTOCOL);
	buffer_release(&bytes);
	buffer_release(&event);
}

#define REFUSE(text)                                            \
	do {                                                    \
		struct buffer raw = BUFFER_INIT(1024);          \
		buffer_add(&raw, text, sizeof(text) - 1);       \
		refuse_object(&raw);                            \
	} while (0)

static void test_broken_objects(void **state)
{
	(void)state;
	REFUSE("\x0b\x0c");						/* a group */
	REFUSE("\x0c");							/* the end of one */
	REFUSE("\x0f\x01");						/* wire type 7 */
	REFUSE("\x02\x00");						/* field 0 */
	REFUSE("\x0a\x01");						/* one byte longer than the object */
	REFUSE("\x0a\x02\x0a\x01 ");					/* one byte longer than what it is in */
	REFUSE("\x0a\x05\x0a\x09");					/* longer than the object */
	REFUSE("\x0a\x04\x0a\x09 x");					/* longer than what it is in */
	REFUSE("\x0a");							/* no length */
	REFUSE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");	/* 65 bits */
	REFUSE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");	/* eleven bytes */
	REFUSE("\x08\x80");						/* a number that does not end */
	REFUSE("\x09\x01\x02");					/* eight bytes, of which two came */
	REFUSE("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");	/* a length of 64 bits */
	REFUSE("\x0a\x05\x62\x03\x0a\x09 ");				/* within a label */
	REFUSE("\x0a\x04\x42\x02\x08\x80");				/* within a time */
}

static void test_broken_transfers(void **state)
{
	static const char huge_frame[] = "\xff\xff\xff\xff";
	static const char huge_item[] = "k8s\0\x12\xff\xff\xff\xff\x0f\x12\xff\xff\xff\x7f";
	static const char no_magic[] = "{\"kind\":\"PodList\"}";
	static const char beyond[] = "k8s\0\x12\x04\x12\x09    ";
	static const char cut[] = "k8s\0\x12\x03\x12\x01 \x12";
	static const char within[] = "k8s\0\x12\x01\x12\x01 ";
	static const char encoded[] = "k8s\0\x12\x00\x1a\x04gzip";
	static const char twice[] = "k8s\0\x12\x00\x12\x00";
	static const char bare_event[] = "\0\0\0\x02\x0a\x00";

	(void)state;
	expect_refused(SCAN_WATCH, huge_frame, 4, ERR_LIMIT);
	expect_refused(SCAN_LIST, huge_item, sizeof(huge_item) - 1, ERR_LIMIT);
	expect_refused(SCAN_OBJECT, huge_item, 10, ERR_LIMIT);
	expect_refused(SCAN_LIST, no_magic, sizeof(no_magic) - 1, ERR_PROTOCOL);
	expect_refused(SCAN_LIST, beyond, sizeof(beyond) - 1, ERR_PROTOCOL);
	expect_refused(SCAN_LIST, cut, sizeof(cut) - 1, ERR_PROTOCOL);
	expect_refused(SCAN_LIST, within, sizeof(within) - 1, ERR_PROTOCOL);
	expect_refused(SCAN_LIST, encoded, sizeof(encoded) - 1, ERR_PROTOCOL);
	expect_refused(SCAN_LIST, twice, sizeof(twice) - 1, ERR_PROTOCOL);
	expect_refused(SCAN_WATCH, bare_event, sizeof(bare_event) - 1, ERR_PROTOCOL);
	expect_refused(SCAN_LIST, "", 0, ERR_PROTOCOL);
	expect_refused(SCAN_WATCH, huge_frame, 2, ERR_PROTOCOL);
}

/* An object just over the limit is refused by what it says of itself, one under it is read. */
static void test_large_object(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	size_t sizes[] = {(16 << 20) - 100, (16 << 20) + 1};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buffer raw = BUFFER_INIT(MOST);
		struct buffer bytes = BUFFER_INIT(MOST);
		char *filler = xcalloc(1, sizes[i]);
		struct scanned scanned = {0};
		struct err err = {.code = ERR_NONE};

		put_bytes(&raw, 60, filler, sizes[i]);
		put_small_pod(&raw, "large");
		put_document(&bytes, "Pod", &raw);
		assert_int_equal(scan_proto(table, SCAN_OBJECT, &bytes, 100000, &scanned, &err), i ? -1 : 0);
		assert_int_equal(err.code, i ? ERR_LIMIT : ERR_NONE);
		assert_int_equal(scanned.count, i ? 0 : 1);
		scanned_release(&scanned);
		buffer_release(&bytes);
		free(filler);
	}
	field_table_free(table);
}

static void test_texts(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
		size_t limit;
		const char *expected;
	} cases[] = {
		{"plain", 5, 100, "plain"},
		{"", 0, 10, ""},
		{"a\0b", 3, 100, "a\xef\xbf\xbd" "b"},
		{"\xff\xfe", 2, 100, "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xeb\x85\xb8\xeb\x93\x9c", 6, 100, "\xeb\x85\xb8\xeb\x93\x9c"},
		{"\xeb\x85\xb8\xeb\x93\x9c", 6, 5, "\xeb\x85\xb8"},
		{"\xeb\x85", 2, 100, "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", 3, 100, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"a\\u0041\"", 8, 100, "a\\u0041\""},
		{"abcdef", 6, 3, "abc"},
		{"ab\xff", 3, 4, "ab"},
		{"\x1b[31m\x7f", 6, 100, "\x1b[31m\x7f"},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct proto_slice raw = {cases[i].raw, cases[i].raw + cases[i].n};
		auto_free char *text = proto_text_copy(raw, cases[i].limit);

		assert_string_equal(text, cases[i].expected);
	}
}

/* A field that reaches beyond its message by any number of bytes is refused, also where memory goes on. */
static void test_overruns(void **state)
{
	static const char bytes[] = "\x0a\x05" "abcde" "\x0a\x00\x08\x01\x0d" "abcd" "\x09" "abcdefgh";
	static const size_t ends[] = {7, 9, 11, 16, 25};
	size_t next = 0;

	(void)state;
	for (size_t n = 1; n < sizeof(bytes); n++) {
		struct proto_slice slice = {bytes, bytes + n};
		struct proto_value value;
		const char *why;
		int found;

		while ((found = proto_next(&slice, &value, &why)) > 0)
			assert_true(slice.at <= slice.end);
		assert_int_equal(found, n == ends[next] ? 0 : -1);
		next += n == ends[next];
	}
	assert_int_equal(next, array_length(ends));
}

/* What JSON leaves out is absent; what JSON writes in its own form is written so. */
static void test_extras(void **state)
{
	static const char *const paths[] = {"spec.minReadySeconds", "spec.revisionHistoryLimit",
		"spec.strategy.rollingUpdate.maxSurge", "spec.strategy.rollingUpdate.maxUnavailable",
		"status.collisionCount", "spec.template.spec.containers[*].ports[*].containerPort",
		"spec.template.spec.containers[*].resources.requests[cpu]", "spec.selector.matchLabels[app]",
		"spec.template.spec.containers[*].securityContext.privileged"};
	static const char document[] =
		"{\"metadata\":{\"name\":\"d\"},\"spec\":{\"revisionHistoryLimit\":0,\"selector\":{\"matchLabels\":"
		"{\"app\":\"\"}},\"strategy\":{\"rollingUpdate\":{\"maxSurge\":\"25%\",\"maxUnavailable\":-3}},"
		"\"template\":{\"spec\":{\"containers\":[{\"name\":\"a\",\"ports\":[{\"containerPort\":80},"
		"{\"containerPort\":81}]},{\"name\":\"b\",\"resources\":{\"requests\":{\"cpu\":\"1500m\"}},"
		"\"securityContext\":{\"privileged\":false}}]}}}}";
	struct field_table *table = field_table_new(kind_get(KIND_DEPLOYMENT));
	struct buffer raw = BUFFER_INIT(MOST);
	struct buffer bytes = BUFFER_INIT(MOST);
	json_t *object = json_loads(document, 0, NULL);
	struct scanned scanned = {0};
	auto_free char *text = NULL;
	json_t *extras;

	(void)state;
	want(table, paths, array_length(paths));
	put_object(&raw, proto_schema(KIND_DEPLOYMENT), object);
	put_document(&bytes, "Deployment", &raw);
	assert_int_equal(scan_proto(table, SCAN_OBJECT, &bytes, 11, &scanned, NULL), 0);
	extras = record_json_extras(table, scanned.records[0]);
	text = json_dumps(extras, JSON_COMPACT);
	assert_string_equal(text, "[[\"spec.revisionHistoryLimit\",0,\"0\"],"
		"[\"spec.strategy.rollingUpdate.maxSurge\",0,\"25%\"],"
		"[\"spec.strategy.rollingUpdate.maxUnavailable\",0,\"-3\"],"
		"[\"spec.template.spec.containers[*].ports[*].containerPort\",0,\"80\"],"
		"[\"spec.template.spec.containers[*].ports[*].containerPort\",0,\"81\"],"
		"[\"spec.template.spec.containers[*].resources.requests[cpu]\",1,\"1500m\"],"
		"[\"spec.selector.matchLabels[app]\",0,\"\"],"
		"[\"spec.template.spec.containers[*].securityContext.privileged\",1,\"false\"]]");
	json_decref(extras);
	json_decref(object);
	scanned_release(&scanned);
	buffer_release(&bytes);
	field_table_free(table);
}

static void test_known_paths(void **state)
{
	static const char *const unknown[] = {"spec.volumes[*].cinder.volumeID", "spec.noSuchField", "kind",
		"spec.nodeName.more", "spec.containers.name", "spec.nodeName[*]", "metadata.labels[a].b",
		"spec.ephemeralContainers[*].ephemeralContainerCommon.name"};
	static const char *const known[] = {"spec.ephemeralContainers[*].targetContainerName",
		"spec.volumes[*].hostPath.path", "spec.containers[*].livenessProbe.httpGet.port", "status.qosClass"};
	const struct field_path *path;

	(void)state;
	for (size_t i = 0; i < array_length(unknown); i++) {
		struct field_table *table = field_table_new(kind_get(KIND_POD));

		assert_true(proto_scanner_knows(table));
		assert_int_equal(field_table_want(table, unknown[i], &path, NULL), 0);
		assert_false(proto_scanner_knows(table));
		field_table_free(table);
	}
	for (size_t i = 0; i < array_length(known); i++) {
		struct field_table *table = field_table_new(kind_get(KIND_POD));

		assert_int_equal(field_table_want(table, known[i], &path, NULL), 0);
		assert_true(proto_scanner_knows(table));
		field_table_free(table);
	}
}

/* The worst that a few bytes can become still fits: four bytes are a time of 27 characters. */
static void test_growth(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_EVENT));
	const struct field_path *path;
	struct buffer raw = BUFFER_INIT(MOST);
	struct buffer time = BUFFER_INIT(64);
	struct buffer bytes = BUFFER_INIT(MOST);
	struct scanned scanned = {0};

	(void)state;
	assert_int_equal(field_table_want(table, "eventTime", &path, NULL), 0);
	assert_int_equal(field_table_want(table, "lastTimestamp", &path, NULL), 0);
	for (int i = 0; i < 3000; i++) {
		put_number(&time, 1, i % 128);
		put_message(&raw, i % 2 ? 10 : 7, &time);
	}
	put_document(&bytes, "Event", &raw);
	assert_int_equal(scan_proto(table, SCAN_OBJECT, &bytes, 1000, &scanned, NULL), 0);
	assert_string_equal(scanned.records[0]->extras[0].text, "1970-01-01T00:00:00Z");
	assert_string_equal(scanned.records[0]->extras[1].text, "1970-01-01T00:00:01.000000Z");
	scanned_release(&scanned);
	buffer_release(&bytes);
	field_table_free(table);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* Damage gives an error or other values, never a read outside or a record that is not whole. */
static void test_damage(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	json_t *object = json_loads(document_pod, 0, NULL);
	struct buffer items[2] = {BUFFER_INIT(MOST), BUFFER_INIT(MOST)};
	struct buffer raw = BUFFER_INIT(MOST);
	struct buffer forms[2] = {BUFFER_INIT(MOST), BUFFER_INIT(MOST)};
	uint32_t seed = 7;
	size_t refused = 0;

	(void)state;
	want(table, pod_paths, array_length(pod_paths));
	for (size_t i = 0; i < 2; i++)
		put_object(&items[i], proto_schema(KIND_POD), object);
	put_object(&raw, proto_schema(KIND_POD), object);
	put_list(&forms[0], "PodList", items, 2);
	put_event(&forms[1], "MODIFIED", "Pod", &raw);
	for (int round = 0; round < 6000; round++) {
		const struct buffer *form = &forms[round % 2];
		char *bytes = xmalloc(form->length);
		struct scanned scanned = {0};
		json_t *whole = NULL;

		memcpy(bytes, form->data, form->length);
		for (uint32_t hits = 1 + next_random(&seed) % 4; hits; hits--)
			bytes[next_random(&seed) % form->length] = (char)next_random(&seed);
		if (scan_bytes(&proto_scanner_ops, table, round % 2 ? SCAN_WATCH : SCAN_LIST, bytes, form->length,
			       1 + next_random(&seed) % 900, &scanned, NULL) < 0)
			refused++;
		for (size_t i = 0; i < scanned.count; i++) {
			whole = record_json(table, scanned.records[i]);
			assert_non_null(whole);
			json_decref(whole);
		}
		scanned_release(&scanned);
		free(bytes);
	}
	assert_in_range(refused, 500, 5900);
	json_decref(object);
	buffer_release(&forms[0]);
	buffer_release(&forms[1]);
	field_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_records),   cmocka_unit_test(test_pod_by_hand),
		cmocka_unit_test(test_list),	       cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_watch),	       cmocka_unit_test(test_broken_objects),
		cmocka_unit_test(test_broken_transfers), cmocka_unit_test(test_large_object),
		cmocka_unit_test(test_overruns),       cmocka_unit_test(test_texts),	       cmocka_unit_test(test_extras),
		cmocka_unit_test(test_known_paths),    cmocka_unit_test(test_growth),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
