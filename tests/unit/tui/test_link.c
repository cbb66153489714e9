/* What the screen says of the link: live, waited for, failed. */
#include "tests/unit/tui/console_fixture.h"

static const char *after(struct fixture *fixture, int64_t silence_ms, int rows, int columns)
{
	fixture->console.world.now_ms = fixture->link.last_answer_ms + silence_ms;
	return drawn(fixture, rows, columns);
}

static void a_link_that_says_nothing_is_not_live(void **state)
{
	struct fixture *fixture = *state;

	assert_has(after(fixture, QUIET_AFTER_MS, 40, 120), "● live 30s");
	assert_has(after(fixture, QUIET_AFTER_MS + 1000, 40, 120), "◌ quiet 31s");
	assert_lacks(after(fixture, QUIET_AFTER_MS + 1000, 40, 120), "live");
}

/* A watch says something once a minute; the link is asked in between. */
static void a_quiet_watch_is_no_old_one(void **state)
{
	struct fixture *fixture = *state;

	assert_lacks(after(fixture, 75000, 40, 120), "75s ─");
	assert_lacks(after(fixture, 75000, 40, 120), "75s ┐");
	assert_has(after(fixture, OLD_AFTER_MS + 2000, 40, 120), " 92s ┐");
	/* Without the link nothing that is silent is current. */
	fixture->link.code = ERR_TIMEOUT;
	fixture->link.layer = HTTP_LAYER_ANSWER;
	err_set(&fixture->link.err, ERR_TIMEOUT, "no answer", NULL);
	assert_has(after(fixture, 20000, 40, 120), "timeout: 20s old ┐");
}

static void what_is_waited_for_is_named_with_its_time(void **state)
{
	static const struct {
		enum link_wait what;
		const char *text;
	} rows[] = {
		{LINK_DNS, "◌ waiting for DNS 7s"},	  {LINK_TCP, "◌ waiting for TCP 7s"},
		{LINK_TLS, "◌ waiting for TLS 7s"},	  {LINK_ANSWER, "◌ waiting for answer 7s"},
		{LINK_CREDENTIALS, "◌ waiting for sign-in 7s"},
	};
	struct fixture *fixture = *state;

	fixture->link.waits_since_ms = fixture->link.last_answer_ms + 1000;
	for (size_t i = 0; i < array_length(rows); i++) {
		fixture->link.waits_for = rows[i].what;
		assert_has(after(fixture, 8000, 40, 120), rows[i].text);
		assert_has(after(fixture, 8000, 24, 80), rows[i].text);
		assert_has(after(fixture, 8000, 12, 80), rows[i].text);
		/* A moment is nothing to speak of. */
		assert_has(after(fixture, 2900, 40, 120), "● live 2.9s");
	}
}

static void what_failed_is_named_with_its_layer_and_what_to_try(void **state)
{
	static const struct {
		enum err_code code;
		enum http_layer layer;
		const char *text;
	} rows[] = {
		{ERR_DNS, HTTP_LAYER_DNS, "◌ DNS failed 8s"},
		{ERR_TIMEOUT, HTTP_LAYER_TCP, "◌ TCP timeout 8s"},
		{ERR_TIMEOUT, HTTP_LAYER_TLS, "◌ TLS timeout 8s"},
		{ERR_TIMEOUT, HTTP_LAYER_ANSWER, "◌ answer timeout 8s"},
		{ERR_UNAUTHORIZED, HTTP_LAYER_ANSWER, "◌ 401 failed 8s"},
		{ERR_THROTTLED, HTTP_LAYER_ANSWER, "◌ 429 busy 8s"},
		{ERR_SERVER, HTTP_LAYER_ANSWER, "◌ 5xx failed 8s"},
	};
	struct fixture *fixture = *state;

	/* What failed is said also while the next attempt waits. */
	fixture->link.waits_for = LINK_TCP;
	for (size_t i = 0; i < array_length(rows); i++) {
		err_set(&fixture->link.err, rows[i].code, "it is like this", NULL);
		err_hint(&fixture->link.err, "try that", NULL);
		fixture->link.code = rows[i].code;
		fixture->link.layer = rows[i].layer;
		assert_has(after(fixture, 8000, 40, 120), rows[i].text);
		assert_has(after(fixture, 8000, 40, 120), " it is like this; try that; Ctrl-r tries now");
		assert_has(after(fixture, 8000, 24, 80), " it is like this; try that; Ctrl-r tries now");
	}
}

static void a_server_that_is_too_old_is_called_so(void **state)
{
	struct fixture *fixture = *state;

	fixture->console.world.server_version = "v1.21.14";
	assert_has(after(fixture, 1000, 40, 120), "SERVER TOO OLD");
	fixture->console.world.server_version = "v1.22.0";
	assert_lacks(after(fixture, 1000, 40, 120), "TOO OLD");
	fixture->console.world.server_version = "v2.0.0";
	assert_lacks(after(fixture, 1000, 40, 120), "TOO OLD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_link_that_says_nothing_is_not_live, setup, teardown),
		cmocka_unit_test_setup_teardown(a_quiet_watch_is_no_old_one, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_waited_for_is_named_with_its_time, setup, teardown),
		cmocka_unit_test_setup_teardown(what_failed_is_named_with_its_layer_and_what_to_try, setup, teardown),
		cmocka_unit_test_setup_teardown(a_server_that_is_too_old_is_called_so, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
