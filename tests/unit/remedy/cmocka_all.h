/* cmocka.h wants these first. */
#ifndef TESTS_UNIT_REMEDY_CMOCKA_ALL_H
#define TESTS_UNIT_REMEDY_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

/* A document out of JSON with single quotes for double ones; a mistake in it fails the test. */
static inline json_t *json_of(const char *text)
{
	size_t length = strlen(text);
	char *copy = malloc(length + 1);
	json_t *value;

	assert_non_null(copy);
	for (size_t i = 0; i <= length; i++)
		copy[i] = text[i] == '\'' ? '"' : text[i];
	value = json_loads(copy, JSON_DECODE_ANY, NULL);
	free(copy);
	assert_non_null(value);
	return value;
}

#endif
