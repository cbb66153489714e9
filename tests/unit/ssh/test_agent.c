/* What of an agent's keys a host is shown. The list is foreign bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/ssh/agent.h"

static void add_number(struct buffer *out, size_t number)
{
	const char bytes[] = {(char)(number >> 24), (char)(number >> 16), (char)(number >> 8), (char)number};
	buffer_add(out, bytes, sizeof(bytes));
}

static void add_string(struct buffer *out, const char *text)
{
	add_number(out, strlen(text));
	buffer_add_text(out, text);
}

/* An answer with these keys, each with a comment. */
static struct buffer answer_of(const char *const *keys)
{
	struct buffer out = BUFFER_INIT(1 << 20);
	size_t count = 0;
	while (keys[count])
		count++;
	buffer_add_byte(&out, 12);
	add_number(&out, count);
	for (size_t i = 0; i < count; i++) {
		add_string(&out, keys[i]);
		add_string(&out, "a comment");
	}
	return out;
}

static void check(const char *const *keys, const char *const *named, bool only, size_t maximum,
		  const char *const *expected)
{
	struct buffer answer = answer_of(keys);
	struct buffer wanted = answer_of(expected);
	struct buffer chosen = BUFFER_INIT(1 << 20);
	char *names[8] = {NULL};
	size_t count = 0, shown, wanted_count = 0;
	for (; named[count]; count++)
		names[count] = base64_encode(named[count], strlen(named[count]));
	while (expected[wanted_count])
		wanted_count++;
	struct agent_request request = {
		.first = (const char *const *)names, .first_count = count, .only_first = only, .maximum = maximum};
	assert_int_equal(agent_choose(answer.data, answer.length, &request, &chosen, &shown), 0);
	assert_int_equal(shown, wanted_count);
	assert_int_equal(chosen.length, wanted.length + 4);
	assert_memory_equal(chosen.data + 4, wanted.data, wanted.length);
	assert_int_equal((unsigned char)chosen.data[3], wanted.length & 0xff);
	while (count > 0)
		free(names[--count]);
	buffer_release(&answer);
	buffer_release(&wanted);
	buffer_release(&chosen);
}

#define LIST(...) ((const char *[]){__VA_ARGS__, NULL})
static const char *const NOTHING[] = {NULL};

static void test_named_keys_come_first(void **state)
{
	(void)state;
	check(LIST("one", "two", "three"), NOTHING, false, 5, LIST("one", "two", "three"));
	check(LIST("one", "two", "three"), LIST("three"), false, 5, LIST("three", "one", "two"));
	check(LIST("one", "two", "three"), LIST("none", "two"), false, 5, LIST("two", "one", "three"));
}

static void test_no_more_than_the_host_looks_at(void **state)
{
	(void)state;
	check(LIST("one", "two", "three"), LIST("three"), false, 2, LIST("three", "one"));
	check(LIST("one", "two", "three"), LIST("three"), false, 0, NOTHING);
	check(NOTHING, LIST("three"), false, 2, NOTHING);
}

static void test_only_the_named_ones(void **state)
{
	(void)state;
	check(LIST("one", "two", "three"), LIST("two"), true, 5, LIST("two"));
	check(LIST("one", "two", "three"), NOTHING, true, 5, NOTHING);
}

/* Each prefix of a list, and lengths that point anywhere. */
static void test_what_is_no_list(void **state)
{
	(void)state;
	struct buffer answer = answer_of(LIST("one", "two"));
	struct agent_request request = {.maximum = 5};
	size_t shown;
	for (size_t n = 0; n < answer.length; n++) {
		struct buffer chosen = BUFFER_INIT(1 << 20);
		auto_free char *copy = xmalloc(n + 1);
		memcpy(copy, answer.data, n);
		assert_int_equal(agent_choose(copy, n, &request, &chosen, &shown), -1);
		buffer_release(&chosen);
	}
	for (size_t i = 0; i < answer.length; i++) {
		struct buffer chosen = BUFFER_INIT(1 << 20);
		auto_free char *copy = xmalloc(answer.length);
		memcpy(copy, answer.data, answer.length);
		copy[i] = (char)0xff;
		(void)agent_choose(copy, answer.length, &request, &chosen, &shown);
		buffer_release(&chosen);
	}
	buffer_release(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named_keys_come_first),
		cmocka_unit_test(test_no_more_than_the_host_looks_at),
		cmocka_unit_test(test_only_the_named_ones),
		cmocka_unit_test(test_what_is_no_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
