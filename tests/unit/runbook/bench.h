/* For tests of conditions: a small cluster from JSON, conditions compiled from JSON. */
#ifndef TESTS_UNIT_RUNBOOK_BENCH_H
#define TESTS_UNIT_RUNBOOK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/runbook/condition.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/tree.h"
#include "tests/unit/kube/scan.h"

enum { NOW = 1795255200, COMPILED_MAX = 64 };	/* 2026-11-21T10:00:00Z */

struct bench {
	struct field_set fields;
	struct message_book *book;
	struct snapshot *snapshot;
	struct evidence_store *evidence;
	struct runbook runbook;
	json_t *definitions[COMPILED_MAX];
	struct condition_tree *trees[COMPILED_MAX];
	size_t compiled;
	struct evaluation evaluation;	/* of the last bench_says() */
	int64_t now;
	int version;
};

static inline void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	field_set_init(&bench->fields);
	bench->book = message_book_new();
	bench->snapshot = snapshot_new();
	bench->evidence = evidence_store_new();
	bench->runbook.id = "test";
	bench->now = NOW;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		snapshot_list_start(bench->snapshot, (enum kind_id)kind);
		snapshot_list_end(bench->snapshot, (enum kind_id)kind);
		snapshot_set_state(bench->snapshot, (enum kind_id)kind, COLLECTION_CURRENT, NULL, 1);
	}
}

static inline void bench_release(struct bench *bench)
{
	evaluation_release(&bench->evaluation);
	for (size_t i = 0; i < bench->compiled; i++) {
		condition_tree_free(bench->trees[i]);
		json_decref(bench->definitions[i]);
	}
	message_book_free(bench->book);
	snapshot_free(bench->snapshot);
	evidence_store_free(bench->evidence);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		field_table_free(bench->fields.tables[kind]);
}

/* Single quotes stand for double ones, so that JSON is readable in C. */
static inline char *unquoted(const char *text)
{
	char *copy = xstrdup(text);

	for (char *at = copy; *at; at++) {
		if (*at == '\'')
			*at = '"';
	}
	return copy;
}

static inline struct condition_tree *bench_compile(struct bench *bench, enum kind_id kind, const char *text,
						   struct report *report)
{
	auto_free char *json = unquoted(text);
	json_error_t error;
	struct compilation compilation = {
		.report = report,
		.runbook = &bench->runbook,
		.book = bench->book,
		.fields = &bench->fields,
		.collect = json_object_get(bench->runbook.document, "collect"),
	};
	size_t at = bench->compiled;

	assert_true(at < COMPILED_MAX);
	bench->definitions[at] = json_loads(json, 0, &error);
	if (!bench->definitions[at])
		fail_msg("%s: %s", error.text, text);
	bench->trees[at] = condition_compile(&compilation, bench->definitions[at], kind);
	bench->compiled++;
	return bench->trees[at];
}

/* metadata.name and so on are written by the caller; version and uid are filled in: {'metadata':{%s,... */
static inline const struct record *bench_put(struct bench *bench, enum kind_id kind, const char *text)
{
	auto_free char *json = unquoted(text);
	struct record *record = scan_object(bench->fields.tables[kind], json);

	if (!record)
		fail_msg("no record: %s", text);
	snapshot_put(bench->snapshot, record);
	return record;
}

/* The truth of a condition; facts and objects are in bench->evaluation until the next call. */
static inline enum truth bench_says(struct bench *bench, const struct record *subject, enum kind_id kind,
				    const char *text)
{
	struct report report;
	struct condition_tree *tree;

	report_init(&report, "test", NULL);
	tree = bench_compile(bench, kind, text, &report);
	if (!tree)
		fail_msg("%s: %s", text, report.count ? report.diagnostics[0].text : "?");
	report_release(&report);
	evaluation_release(&bench->evaluation);
	evaluation_init(&bench->evaluation, bench->snapshot, bench->evidence, bench->now, NULL);
	bench->evaluation.runbook = &bench->runbook;
	return condition_evaluate(tree, subject, &bench->evaluation);
}

/* What is wrong with a condition, as lint says it; "" for nothing. Caller frees. */
static inline char *bench_fault(struct bench *bench, enum kind_id kind, const char *text)
{
	struct report report;
	char *fault;

	report_init(&report, "test", NULL);
	bench_compile(bench, kind, text, &report);
	fault = xstrdup(report.count ? report.diagnostics[0].text : "");
	report_release(&report);
	return fault;
}

#endif
