#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/loop.h"
#include "tests/unit/kube/serve.h"

#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
#define ALLOWED "{\"kind\":\"SelfSubjectAccessReview\",\"status\":{\"allowed\":true}}"
#define DENIED "{\"kind\":\"SelfSubjectAccessReview\",\"status\":{\"allowed\":false,\"reason\":\"no\"}}"

static const struct access_question patch_question = {.verb = "patch", .group = "apps", .resource = "daemonsets",
						      .name_space = "kube-system"};

struct bench {
	struct server server;
	struct loop *loop;
	struct kube_client *client;
	int answers;
	enum access_verdict verdict;
	enum err_code code;
	bool ask_again;
	bool free_client;
};

static struct bench *start(struct serve_step *steps, size_t count)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct kubeconfig_view *view = xcalloc(1, sizeof(*view));

	serve_start(&bench->server, steps, count);
	view->server = xasprintf("http://127.0.0.1:%d", bench->server.port);
	view->user = xstrdup("u");
	view->file = xstrdup("f");
	assert_int_equal(loop_new(&bench->loop, NULL), 0);
	assert_int_equal(kube_client_new(bench->loop, view, NULL, &bench->client, NULL), 0);
	return bench;
}

static void stop(struct bench *bench)
{
	kube_client_free(bench->client);
	loop_free(bench->loop);
	serve_stop(&bench->server);
	free(bench);
}

static void on_answer(void *data, enum access_verdict verdict, const struct err *err)
{
	struct bench *bench = data;

	bench->answers++;
	bench->verdict = verdict;
	bench->code = err ? err->code : ERR_NONE;
	if (bench->ask_again) {
		bench->ask_again = false;
		kube_access(bench->client, &patch_question, on_answer, bench);
	}
	if (bench->free_client)
		kube_client_free(take_pointer(bench->client));
}

static void turn_until(struct bench *bench, int answers)
{
	int64_t end = clock_monotonic_ms() + 120000;

	while (bench->answers < answers && clock_monotonic_ms() < end)
		loop_turn(bench->loop, 1000);
	assert_int_equal(bench->answers, answers);
}

static void test_answers_are_kept_and_questions_joined(void **state)
{
	struct serve_step steps[] = {{.path = REVIEWS, .status = 201, .body = ALLOWED},
				     {.path = REVIEWS, .status = 201, .body = DENIED}};
	struct bench *bench = start(steps, 2);
	struct access_question other = patch_question;

	(void)state;
	kube_access(bench->client, &patch_question, on_answer, bench);
	kube_access(bench->client, &patch_question, on_answer, bench);
	assert_int_equal(bench->answers, 0);
	turn_until(bench, 2);
	bench->ask_again = true;
	kube_access(bench->client, &patch_question, on_answer, bench);
	assert_int_equal(bench->answers, 2);
	turn_until(bench, 4);
	assert_int_equal(bench->verdict, ACCESS_ALLOWED);
	assert_int_equal(serve_count(&bench->server, REVIEWS), 1);
	other.subresource = "status";
	kube_access(bench->client, &other, on_answer, bench);
	turn_until(bench, 5);
	assert_int_equal(bench->verdict, ACCESS_DENIED);
	assert_int_equal(serve_count(&bench->server, REVIEWS), 2);
	assert_int_equal(serve_count(&bench->server, "dryRun"), 0);
	stop(bench);
}

static void test_a_review_that_fails_is_unknown_and_asked_anew(void **state)
{
	struct serve_step steps[] = {{.path = REVIEWS, .status = 403, .body = "{\"kind\":\"Status\",\"message\":\"no\"}"},
				     {.path = REVIEWS, .status = 201, .body = "{\"kind\":\"X\"}"},
				     {.path = REVIEWS, .status = 201, .body = ALLOWED}};
	struct bench *bench = start(steps, 3);

	(void)state;
	kube_access(bench->client, &patch_question, on_answer, bench);
	turn_until(bench, 1);
	assert_int_equal(bench->verdict, ACCESS_UNKNOWN);
	assert_int_equal(bench->code, ERR_FORBIDDEN);
	kube_access(bench->client, &patch_question, on_answer, bench);
	turn_until(bench, 2);
	assert_int_equal(bench->code, ERR_PROTOCOL);
	kube_access(bench->client, &patch_question, on_answer, bench);
	turn_until(bench, 3);
	assert_int_equal(bench->verdict, ACCESS_ALLOWED);
	stop(bench);
}

static void test_client_goes_in_a_callback(void **state)
{
	struct serve_step steps[] = {{.path = REVIEWS, .status = 201, .body = ALLOWED}};
	struct bench *bench = start(steps, 1);

	(void)state;
	bench->free_client = true;
	kube_access(bench->client, &patch_question, on_answer, bench);
	kube_access(bench->client, &patch_question, on_answer, bench);
	turn_until(bench, 1);
	assert_null(bench->client);
	loop_turn(bench->loop, 0);
	assert_int_equal(bench->answers, 1);
	stop(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_kept_and_questions_joined),
		cmocka_unit_test(test_a_review_that_fails_is_unknown_and_asked_anew),
		cmocka_unit_test(test_client_goes_in_a_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
