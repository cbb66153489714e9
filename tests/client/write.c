/*
 * Changes through the doors, for tests: prints a line of JSON for each answer or refusal.
 *
 *   write --kubeconfig FILE [--ask] [--unconfirmed] [--type TYPE] METHOD PATH [BODY]
 *   write --kubeconfig FILE --access VERB,GROUP,RESOURCE,SUBRESOURCE,NAMESPACE,NAME [--times N]
 *
 * --ask goes through the asking door (dry run), else through the writing one with a token for just this request;
 * --unconfirmed leaves the token without permits.
 */
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/loop.h"

struct run {
	struct loop *loop;
	struct kube_client *client;
	struct kube_request request;
	char *access;
	long times;
	bool ask;
	bool unconfirmed;
	bool done;
};

static void set_err(json_t *line, const struct err *err)
{
	auto_free char *text = err_text(err);

	json_object_set_new(line, "code", json_string(err_layer(err->code)));
	json_object_set_new(line, "error", json_string(text));
}

static void print_line(json_t *line)
{
	auto_free char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);

	puts(text);
	fflush(stdout);
	json_decref(line);
}

static void print_err(const struct err *err)
{
	json_t *line = json_object();

	set_err(line, err);
	print_line(line);
}

static void on_done(void *data, const struct kube_result *result)
{
	struct run *run = data;
	json_t *line = json_pack("{s:i,s:s,s:s,s:s,s:s,s:I}", "status", (int)result->status, "code", "", "warnings",
				 result->warnings, "auditId", result->audit_id, "link",
				 err_layer(kube_link(run->client)->code), "retryAfterMs",
				 (json_int_t)result->retry_after_ms);

	if (result->code != ERR_NONE)
		set_err(line, &result->err);
	if (result->document)
		json_object_set(line, "document", result->document);
	print_line(line);
	run->done = true;
}

static int change(struct run *run)
{
	struct write_token *token = write_token_new("test");
	struct err err = {0};
	int failed;

	if (!run->unconfirmed)
		write_token_permit(token, run->request.method, run->request.path, run->request.body);
	failed = run->ask ? kube_ask(run->client, &run->request, NULL, &err)
			  : kube_write(run->client, token, &run->request, NULL, &err);
	write_token_free(token);
	if (failed < 0) {
		print_err(&err);
		return 1;
	}
	while (!run->done)
		loop_turn(run->loop, 1000);
	return 0;
}

static void on_answer(void *data, enum access_verdict verdict, const struct err *err)
{
	static const char *const words[] = {
		[ACCESS_ALLOWED] = "allowed",
		[ACCESS_DENIED] = "denied",
		[ACCESS_UNKNOWN] = "unknown",
	};
	struct run *run = data;
	json_t *line = json_pack("{s:s,s:s}", "verdict", words[verdict], "code", "");

	if (err)
		set_err(line, err);
	print_line(line);
	run->done = true;
}

static int access_review(struct run *run)
{
	char *rest = run->access;
	char *words[6];

	for (size_t i = 0; i < array_length(words); i++) {
		words[i] = strsep(&rest, ",");
		if (!words[i])
			return 3;
	}
	for (long i = 0; i < run->times; i++) {
		const struct access_question question = {
			.verb = words[0],
			.group = words[1],
			.resource = words[2],
			.subresource = words[3],
			.name_space = words[4],
			.name = words[5],
		};

		run->done = false;
		kube_access(run->client, &question, on_answer, run);
		while (!run->done)
			loop_turn(run->loop, 1000);
	}
	return 0;
}

static int connect_and_run(const char *kubeconfig, struct run *run)
{
	const struct kubeconfig_options options = {.path = kubeconfig};
	struct kubeconfig_view *view;
	struct err err;
	int status = 2;

	if (loop_new(&run->loop, &err) < 0)
		return 3;
	if (kubeconfig_load(&options, &view, &err) < 0 ||
	    kube_client_new(run->loop, view, NULL, &run->client, &err) < 0) {
		print_err(&err);
	} else {
		status = run->access ? access_review(run) : change(run);
		kube_client_free(run->client);
	}
	loop_free(run->loop);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"kubeconfig", required_argument, NULL, 'k'}, {"type", required_argument, NULL, 't'},
		{"access", required_argument, NULL, 'a'},     {"times", required_argument, NULL, 'n'},
		{"ask", no_argument, NULL, 'd'},	      {"unconfirmed", no_argument, NULL, 'u'},
		{NULL, 0, NULL, 0},
	};
	struct run run = {.request = {.accept = KUBE_JSON, .on_done = on_done}, .times = 1};
	const char *kubeconfig = NULL;
	int option;

	signal(SIGPIPE, SIG_IGN);
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'k')
			kubeconfig = optarg;
		else if (option == 't')
			run.request.content_type = optarg;
		else if (option == 'a')
			run.access = optarg;
		else if (option == 'n')
			run.times = strtol(optarg, NULL, 10);
		else if (option == 'd')
			run.ask = true;
		else if (option == 'u')
			run.unconfirmed = true;
		else
			return 3;
	}
	if (!run.access && argc - optind != 2 && argc - optind != 3)
		return 3;
	if (!run.access) {
		run.request.method = argv[optind];
		run.request.path = argv[optind + 1];
		run.request.body = argc - optind == 3 ? argv[optind + 2] : NULL;
	}
	run.request.data = &run;
	return connect_and_run(kubeconfig, &run);
}
