/*
 * A member of a runbook that is one text or a list of texts.
 */
#ifndef RUNBOOK_WORDS_H
#define RUNBOOK_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct words {
	char **items;
	size_t count;
};

/* Copies; numbers and booleans become the texts that field paths give. value may be NULL. */
void words_init(struct words *words, const json_t *value);
void words_release(struct words *words);
bool words_have(const struct words *words, const char *text);
/* Whether one of the words is a glob (* and ?) that fits. No words fit everything. */
bool words_fit(const struct words *words, const char *text);

#endif
