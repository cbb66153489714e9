/*
 * JSON in tests: written with ' for ", compared by value.
 */
#ifndef UNIT_SIM_DOCUMENTS_H
#define UNIT_SIM_DOCUMENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "probes/base/memory.h"

/* Yours. */
static inline json_t *document(const char *text)
{
	auto_free char *copy = xstrdup(text);
	json_error_t why;
	json_t *value;

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	value = json_loads(copy, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	if (!value)
		fail_msg("%s: %s", copy, why.text);
	return value;
}

/* value is released. */
static inline void assert_document(json_t *value, const char *expected)
{
	json_t *wanted = document(expected);
	char *have = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
	char *want = json_dumps(wanted, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);

	assert_string_equal(have, want);
	free(have);
	free(want);
	json_decref(value);
	json_decref(wanted);
}

#endif
