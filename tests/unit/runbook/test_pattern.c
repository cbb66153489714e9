/* Patterns, normalised text, remembered verdicts, redaction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/messages.h"
#include "probes/runbook/pattern.h"
#include "probes/runbook/redact.h"

static void check_normalised(const char *in, const char *out)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PATTERN_SUBJECT_MAX);

	text_normalise(&text, in, strlen(in));
	assert_string_equal(buffer_text(&text), out);
}

static void normalises(void **state)
{
	(void)state;
	check_normalised("", "");
	check_normalised("  a \n\t b  ", "a b");
	check_normalised("wrapped\n   by describe", "wrapped by describe");
	check_normalised("Back-off pulling image \\\"x\\\"", "Back-off pulling image \"x\"");
	check_normalised("deep \\\\\\\"x\\\\\\\"", "deep \"x\"");
	check_normalised("Output: a\\nmount.nfs: b", "Output: a mount.nfs: b");
	check_normalised("\\u003cnil\\u003e \\u0026 \\uac00", "<nil> & uac00");
	check_normalised("ends with \\", "ends with");
	check_normalised("tab\\there", "tab here");
	check_normalised("\x01\x02x\x7f", "x");
	check_normalised("\x1b[31mred\x1b[0m \x1b]0;title\x07x\x1b(By", "red xy");
	check_normalised("\\u001b[1mred\\x1b[0m\\033[m x", "red x");
	check_normalised("to\xe2\x80\x8bo\xc2\xad \xef\xbb\xbfmany", "too many");
	check_normalised("\xe2\x80\x9cx\xe2\x80\x9d\xc2\xa0it\xe2\x80\x99s \xef\xbc\x9a\xef\xbd\x81", "\"x\" it's :a");
	check_normalised("&quot;x&quot; &#39;y&#39; a &amp; b &c;", "\"x\" 'y' a & b &c;");
}

static void joins_words_that_a_terminal_broke(void **state)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PATTERN_SUBJECT_MAX);
	const char *in = "toomanyre\nquests: x\r\ny is at\n  the end";

	(void)state;
	text_normalise_joined(&text, in, strlen(in));
	assert_string_equal(buffer_text(&text), "toomanyrequests: xy is at the end");
}

static void cuts_long_texts(void **state)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PATTERN_SUBJECT_MAX);
	auto_free char *in = xmalloc(100000);

	(void)state;
	memset(in, 'x', 100000);
	text_normalise(&text, in, 100000);
	assert_int_equal(text.length, PATTERN_SUBJECT_MAX);
}

static enum pattern_result try(struct pattern *pattern, const char *text)
{
	CLEANUP(buffer_release) struct buffer normalised = BUFFER_INIT(PATTERN_SUBJECT_MAX);

	text_normalise(&normalised, text, strlen(text));
	return pattern_match(pattern, buffer_text(&normalised), normalised.length);
}

static void matches_without_case_across_lines(void **state)
{
	struct pattern *pattern;
	struct err err = {0};

	(void)state;
	assert_int_equal(pattern_new("TooManyRequests.*docker\\.com", &pattern, &err), 0);
	assert_int_equal(try(pattern, "TOOMANYREQUESTS: a\nb www.docker.com"), PATTERN_YES);
	assert_int_equal(try(pattern, "toomanyrequests: quay.io"), PATTERN_NO);
	assert_int_equal(try(pattern, "\xff\xfe toomanyrequests \xc3 docker.com \x80"), PATTERN_YES);
	assert_string_equal(pattern_source(pattern), "TooManyRequests.*docker\\.com");
	pattern_free(pattern);
	assert_int_equal(pattern_new("a(b", &pattern, &err), -1);
	assert_string_equal(message_value(&err.what, "place"), "4");
}

/* A pattern that backtracks for ever is stopped, and after the second time not run again. */
static void stops_slow_patterns(void **state)
{
	struct pattern *pattern;
	struct err err = {0};
	char text[64];

	(void)state;
	memset(text, 'a', sizeof(text) - 2);
	text[62] = '!';
	text[63] = '\0';
	assert_int_equal(pattern_new("^(?:a+)+$|(a+)+b\\1(a+)+c", &pattern, &err), 0);
	assert_int_equal(try(pattern, text), PATTERN_LIMIT);
	assert_false(pattern_is_off(pattern));
	assert_int_equal(try(pattern, text), PATTERN_LIMIT);
	assert_true(pattern_is_off(pattern));
	assert_int_equal(try(pattern, "harmless"), PATTERN_LIMIT);
	pattern_free(pattern);
}

static void remembers_verdicts(void **state)
{
	struct message_book *book = message_book_new();
	struct report report;
	json_t *definition = json_pack("{s:s,s:s}", "pattern", "disk is full", "unless", "not really");
	struct message_rule *rule;
	char text[64];

	(void)state;
	report_init(&report, "test", NULL);
	rule = message_book_add(book, NULL, "full", definition, &report);
	assert_non_null(rule);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 5000; i++) {
			int n = snprintf(text, sizeof(text), "disk %s full %d%s", i % 2 ? "is" : "was", i,
					 i % 3 ? "" : " not really");
			enum pattern_result wanted = i % 2 && i % 3 ? PATTERN_YES : PATTERN_NO;

			if (message_rule_match(rule, text, (size_t)n) != wanted)
				fail_msg("%s", text);
			assert_int_equal(message_rule_match(rule, text, (size_t)n), wanted);
		}
	}
	report_release(&report);
	message_book_free(book);
	json_decref(definition);
}

static void check_redacted(const char *in, const char *out)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(4096);

	text_redact(&text, in, strlen(in));
	assert_string_equal(buffer_text(&text), out);
}

static void takes_secrets_out(void **state)
{
	(void)state;
	check_redacted("pull rate limit as 'joe': dckr_jti_AbC-1_2. You may", "pull rate limit as '<redacted>': <redacted>. You may");
	check_redacted("pull rate limit as '***': dckr_jti_AbC", "pull rate limit as '<redacted>': <redacted>");
	check_redacted("token dckr_pat_abcdef, used", "token <redacted>, used");
	check_redacted("Authorization: Bearer abcdefghijklmnopqrstu", "Authorization: Bearer <redacted>");
	check_redacted("Bearer realm=\"https://auth.docker.io/token\"", "Bearer realm=\"https://auth.docker.io/token\"");
	check_redacted("Get https://joe:secret@reg.example/v2/", "Get https://<redacted>@reg.example/v2/");
	check_redacted("quay.io/a/b@sha256:abc https://x/y@z", "quay.io/a/b@sha256:abc https://x/y@z");
	check_redacted("as 'a' then, was 'b': c", "as 'a' then, was 'b': c");
	check_redacted("ends as '", "ends as '");
	check_redacted("as 'a':", "as '<redacted>': <redacted>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normalises),
		cmocka_unit_test(joins_words_that_a_terminal_broke),
		cmocka_unit_test(cuts_long_texts),
		cmocka_unit_test(matches_without_case_across_lines),
		cmocka_unit_test(stops_slow_patterns),
		cmocka_unit_test(remembers_verdicts),
		cmocka_unit_test(takes_secrets_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
