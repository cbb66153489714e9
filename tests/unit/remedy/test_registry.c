#include "tests/unit/remedy/cmocka_all.h"

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/loop.h"
#include "probes/remedy/registry.h"

extern char **environ;

/* A registry in a process of its own (tests/lib/tls_registry.py). */
struct place {
	char folder[64];
	struct loop *loop;
	pid_t server;
	int to_server;
	FILE *from_server;
	char host[32];
	char seen[8192];
	enum registry_verdict verdict;
	struct err err;
	bool answered;
};

static void start_server(struct place *place)
{
	char *argv[] = {(char[]){"tests/lib/tls_registry.py"}, place->folder, NULL};
	posix_spawn_file_actions_t actions;
	int in[2];
	int out[2];
	int port;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addclose(&actions, in[1]);
	posix_spawn_file_actions_addclose(&actions, out[0]);
	assert_int_equal(posix_spawn(&place->server, argv[0], &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	place->to_server = in[1];
	place->from_server = fdopen(out[0], "r");
	assert_int_equal(fscanf(place->from_server, "%d%*c", &port), 1);
	snprintf(place->host, sizeof(place->host), "127.0.0.1:%d", port);
}

static int open_place(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));
	auto_free char *authority = NULL;

	snprintf(place->folder, sizeof(place->folder), "/tmp/nks-triage-registry-XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	start_server(place);
	authority = xasprintf("%s/ca.pem", place->folder);
	setenv("SSL_CERT_FILE", authority, 1);
	*state = place;
	return loop_new(&place->loop, NULL);
}

/* Ends the server; what it saw is in place->seen. */
static void stop_server(struct place *place)
{
	size_t n;

	if (place->to_server < 0)
		return;
	close(place->to_server);
	place->to_server = -1;
	n = fread(place->seen, 1, sizeof(place->seen) - 1, place->from_server);
	place->seen[n] = '\0';
	fclose(place->from_server);
	waitpid(place->server, NULL, 0);
}

static int close_place(void **state)
{
	struct place *place = *state;
	auto_free char *authority = xasprintf("%s/ca.pem", place->folder);
	auto_free char *key = xasprintf("%s/key.pem", place->folder);

	stop_server(place);
	loop_free(place->loop);
	unlink(authority);
	unlink(key);
	rmdir(place->folder);
	free(place);
	return 0;
}

static void on_answer(void *data, enum registry_verdict verdict, const struct err *err)
{
	struct place *place = data;

	assert_false(place->answered);
	place->answered = true;
	place->verdict = verdict;
	place->err = *err;
}

static void ask(struct place *place, const char *path, const char *listed)
{
	auto_free char *image = xasprintf("%s/%s", place->host, path);
	const char *const hosts[] = {listed, NULL};
	int64_t deadline = clock_monotonic_ms() + 120000;

	place->answered = false;
	assert_non_null(registry_ask(place->loop, image, hosts, on_answer, place));
	assert_false(place->answered);
	while (!place->answered && clock_monotonic_ms() < deadline)
		loop_turn(place->loop, 100);
	assert_true(place->answered);
}

static void test_an_image_is_there_or_not(void **state)
{
	struct place *place = *state;

	ask(place, "open/typha:v1", place->host);
	assert_int_equal(place->verdict, REGISTRY_PRESENT);
	ask(place, "none/typha:v1", place->host);
	assert_int_equal(place->verdict, REGISTRY_ABSENT);
	assert_int_equal(place->err.code, ERR_NOT_FOUND);
	stop_server(place);
	assert_non_null(strstr(place->seen, "HEAD /v2/open/typha/manifests/v1 -\n"));
	assert_null(strstr(place->seen, "GET "));
}

static void test_a_token_is_fetched_anonymously_from_a_listed_realm(void **state)
{
	struct place *place = *state;

	ask(place, "token/typha:v1", place->host);
	assert_int_equal(place->verdict, REGISTRY_PRESENT);
	stop_server(place);
	assert_non_null(strstr(place->seen, "GET /token?service=reg&scope=repository%3Atoken%2Ftypha%3Apull -\n"));
	assert_non_null(strstr(place->seen, "HEAD /v2/token/typha/manifests/v1 Bearer good\n"));
}

static void test_a_realm_that_is_not_listed_is_not_asked(void **state)
{
	struct place *place = *state;

	ask(place, "elsewhere/typha:v1", place->host);
	assert_int_equal(place->verdict, REGISTRY_UNKNOWN);
}

static void test_what_says_nothing_about_the_image_is_unknown(void **state)
{
	struct place *place = *state;

	ask(place, "stubborn/typha:v1", place->host);
	assert_int_equal(place->verdict, REGISTRY_UNKNOWN);
	ask(place, "busy/typha:v1", place->host);
	assert_int_equal(place->verdict, REGISTRY_UNKNOWN);
	ask(place, "moved/typha:v1", place->host);
	assert_int_equal(place->verdict, REGISTRY_UNKNOWN);
	stop_server(place);
	assert_null(strstr(place->seen, "/v2/open/"));
}

static void test_only_listed_hosts_are_asked(void **state)
{
	struct place *place = *state;

	ask(place, "open/typha:v1", "registry-1.docker.io");
	assert_int_equal(place->verdict, REGISTRY_UNKNOWN);
	assert_int_equal(place->err.code, ERR_REFUSED);
	stop_server(place);
	assert_string_equal(place->seen, "\n");
}

/* "localhost" is a name: that it is listed does not open loopback. */
static void test_names_do_not_lead_to_private_addresses(void **state)
{
	struct place *place = *state;
	auto_free char *host = xasprintf("localhost:%s", strchr(place->host, ':') + 1);
	auto_free char *image = xasprintf("%s/open/typha:v1", host);
	const char *const hosts[] = {host, NULL};
	int64_t deadline = clock_monotonic_ms() + 120000;

	registry_ask(place->loop, image, hosts, on_answer, place);
	while (!place->answered && clock_monotonic_ms() < deadline)
		loop_turn(place->loop, 100);
	assert_true(place->answered);
	assert_int_equal(place->verdict, REGISTRY_UNKNOWN);
	stop_server(place);
	assert_string_equal(place->seen, "\n");
}

static void test_a_cancelled_query_says_nothing(void **state)
{
	struct place *place = *state;
	auto_free char *image = xasprintf("%s/open/typha:v1", place->host);
	const char *const hosts[] = {place->host, NULL};

	registry_cancel(registry_ask(place->loop, image, hosts, on_answer, place));
	registry_cancel(registry_ask(place->loop, "not an image", hosts, on_answer, place));
	registry_cancel(NULL);
	for (int i = 0; i < 5; i++)
		loop_turn(place->loop, 20);
	assert_false(place->answered);
}

static void test_challenges_are_taken_apart(void **state)
{
	struct registry_challenge challenge;

	(void)state;
	assert_int_equal(registry_parse_challenge("Bearer "
						  "realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
						  "scope=\"repository:calico/typha:pull\"", &challenge), 0);
	assert_string_equal(challenge.realm, "https://auth.docker.io/token");
	assert_string_equal(challenge.service, "registry.docker.io");
	assert_string_equal(challenge.scope, "repository:calico/typha:pull");
	assert_int_equal(registry_parse_challenge("bearer  Realm=\"x\"", &challenge), 0);
	assert_string_equal(challenge.realm, "x");
	assert_string_equal(challenge.service, "");
	assert_int_equal(registry_parse_challenge("Basic realm=\"x\"", &challenge), -1);
	assert_int_equal(registry_parse_challenge("Bearer service=\"x\"", &challenge), -1);
	assert_int_equal(registry_parse_challenge("Bearer realm=\"x", &challenge), -1);
	assert_int_equal(registry_parse_challenge("Bearer xrealm=\"x\"", &challenge), -1);
	assert_int_equal(registry_parse_challenge("", &challenge), -1);
	assert_string_equal(registry_api_host("docker.io"), "registry-1.docker.io");
	assert_string_equal(registry_api_host("quay.io"), "quay.io");
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_an_image_is_there_or_not),
		PLACE_TEST(test_a_token_is_fetched_anonymously_from_a_listed_realm),
		PLACE_TEST(test_a_realm_that_is_not_listed_is_not_asked),
		PLACE_TEST(test_what_says_nothing_about_the_image_is_unknown),
		PLACE_TEST(test_only_listed_hosts_are_asked),
		PLACE_TEST(test_names_do_not_lead_to_private_addresses),
		PLACE_TEST(test_a_cancelled_query_says_nothing),
		cmocka_unit_test(test_challenges_are_taken_apart),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
