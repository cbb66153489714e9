/*
 * Patterns of runbooks: pcre2, compiled once, run without case with dot
 * matching all, on normalised text (entries.md 0.7).
 *
 * A pattern comes from a file, so it may be slow by intent or by accident: a
 * match has a limit (decisions.md 17), and a pattern that reached it twice is
 * switched off; whoever owns it says so by name.
 */
#ifndef RUNBOOK_PATTERN_H
#define RUNBOOK_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"

enum { PATTERN_SUBJECT_MAX = 8192 };	/* bytes of a text that are looked at */

enum pattern_result { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

struct pattern;

/* An error names the place in the pattern and what is wrong there. */
int pattern_new(const char *source, struct pattern **ret_pattern, struct err *err);
void pattern_free(struct pattern *pattern);
/* text is normalised. A pattern that is switched off says PATTERN_LIMIT. */
enum pattern_result pattern_match(struct pattern *pattern, const char *text, size_t length);
bool pattern_is_off(const struct pattern *pattern);
const char *pattern_source(const struct pattern *pattern);

/*
 * Adds the text as patterns see it: runs of white space become one blank,
 * backslash escapes (of JSON in JSON) their characters or nothing, a page's
 * entities and a word processor's quotes plain ASCII; colours and characters
 * of no width go. out should have PATTERN_SUBJECT_MAX as maximum: the rest of
 * the text is dropped.
 */
void text_normalise(struct buffer *out, const char *text, size_t length);
/* The same of a text that a terminal wrapped in the middle of words: the longest lines go on in the next ones. */
void text_normalise_joined(struct buffer *out, const char *text, size_t length);

#endif
