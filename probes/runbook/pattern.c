#define PCRE2_CODE_UNIT_WIDTH 8

#include "probes/runbook/pattern.h"

#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"

enum {
	MATCH_LIMIT = 100000,	/* decisions.md 17: the default of 10 million costs 131 ms a match */
	DEPTH_LIMIT = 5000,
	HEAP_LIMIT_KIB = 2048,
	SOURCE_MAX = 4096,
	HITS_UNTIL_OFF = 2,
};

struct pattern {
	char *source;
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
	int limit_hits;
};

static int compile(struct pattern *pattern, struct err *err)
{
	uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
			   PCRE2_NEVER_BACKSLASH_C;
	PCRE2_UCHAR reason[160] = "";
	char place[24];
	int code;
	PCRE2_SIZE offset;

	if (strlen(pattern->source) > SOURCE_MAX)
		return err_set(err, ERR_LIMIT, "the pattern is longer than 4096 bytes", NULL);
	pattern->code = pcre2_compile((PCRE2_SPTR)pattern->source, PCRE2_ZERO_TERMINATED, options, &code,
				      &offset, NULL);
	if (pattern->code)
		return 0;
	pcre2_get_error_message(code, reason, sizeof(reason));
	snprintf(place, sizeof(place), "%zu", (size_t)offset + 1);
	return err_set(err, ERR_CONFIG, "the pattern is wrong at its character {place}: {reason}", "place",
		       place, "reason", (const char *)reason, NULL);
}

int pattern_new(const char *source, struct pattern **ret_pattern, struct err *err)
{
	struct pattern *pattern = xcalloc(1, sizeof(*pattern));

	pattern->source = xstrdup(source);
	if (compile(pattern, err) < 0) {
		pattern_free(pattern);
		return -1;
	}
	/* Where the system forbids executable memory, the interpreter does the same, slower. */
	pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	pattern->data = pcre2_match_data_create(1, NULL);
	pattern->context = pcre2_match_context_create(NULL);
	if (!pattern->data || !pattern->context)
		bug("no memory for a pattern's match");
	pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
	pcre2_set_depth_limit(pattern->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(pattern->context, HEAP_LIMIT_KIB);
	*ret_pattern = pattern;
	return 0;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_code_free(pattern->code);
	pcre2_match_data_free(pattern->data);
	pcre2_match_context_free(pattern->context);
	free(pattern->source);
	free(pattern);
}

bool pattern_is_off(const struct pattern *pattern)
{
	return pattern->limit_hits >= HITS_UNTIL_OFF;
}

const char *pattern_source(const struct pattern *pattern)
{
	return pattern->source;
}

enum pattern_result pattern_match(struct pattern *pattern, const char *text, size_t length)
{
	int result;

	if (pattern_is_off(pattern))
		return PATTERN_LIMIT;
	if (length > PATTERN_SUBJECT_MAX)
		length = PATTERN_SUBJECT_MAX;
	/* One pair of offsets is room for the whole match only: 0 says that groups did not fit. */
	result = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, 0, pattern->data, pattern->context);
	if (result >= 0)
		return PATTERN_YES;
	if (result == PCRE2_ERROR_NOMATCH)
		return PATTERN_NO;
	pattern->limit_hits++;
	return PATTERN_LIMIT;
}
