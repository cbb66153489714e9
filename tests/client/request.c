/*
 * One or more GET requests through kubeconfig and client, for tests: prints a line of JSON for each answer, or for
 * the error of the kubeconfig.
 *
 *   request [--kubeconfig FILE] [--context NAME] [--as USER] [--timeout MS] [--times N] [--stream] [--text] [--gzip]
 *           [--plugin-timeout MS] [--terminal] PATH
 *
 * --terminal lends the controlling terminal to credential plugins that ask; "lent" and "back" are printed then.
 * "{namespace}" in PATH is the namespace of the context.
 */
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/loop.h"

struct run {
	struct kube_client *client;
	struct kube_request request;
	json_int_t streamed;
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

static int on_body(void *data, const char *bytes, size_t n)
{
	struct run *run = data;

	run->streamed += (json_int_t)n;
	return bytes ? 0 : -1;
}

static void on_done(void *data, const struct kube_result *result)
{
	struct run *run = data;
	const struct link_state *link = kube_link(run->client);
	json_t *line = json_pack("{s:i,s:s,s:s,s:I,s:I}", "status", (int)result->status, "code", "", "link",
				 err_layer(link->code), "streamed", run->streamed, "retryAfterMs",
				 (json_int_t)result->retry_after_ms);

	if (result->code != ERR_NONE)
		set_err(line, &result->err);
	if (result->document)
		json_object_set(line, "document", result->document);
	if (result->warnings[0])
		json_object_set_new(line, "warnings", json_string(result->warnings));
	if (result->audit_id[0])
		json_object_set_new(line, "auditId", json_string(result->audit_id));
	if (run->request.accept == KUBE_TEXT)
		json_object_set_new(line, "body", json_string(result->body));
	print_line(line);
	run->done = true;
}

/* Caller frees. */
static char *with_namespace(const struct kube_client *client, const char *path)
{
	static const char place[] = "{namespace}";
	const char *at = strstr(path, place);

	if (!at)
		return xstrdup(path);
	return xasprintf("%.*s%s%s", (int)(at - path), path, kube_client_view(client)->name_space, at + strlen(place));
}

static int requests(struct run *run, struct loop *loop, long times)
{
	auto_free char *path = with_namespace(run->client, run->request.path);
	struct err err;

	run->request.path = path;
	for (long i = 0; i < times; i++) {
		run->done = false;
		if (kube_read(run->client, &run->request, NULL, &err) < 0) {
			json_t *line = json_object();

			set_err(line, &err);
			print_line(line);
			return 1;
		}
		while (!run->done)
			loop_turn(loop, 1000);
	}
	return 0;
}

static int lend(void *data)
{
	int *terminal = data;

	*terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	puts("\"lent\"");
	fflush(stdout);
	return *terminal;
}

static void take_back(void *data)
{
	const int *terminal = data;

	puts(tcgetpgrp(*terminal) == getpgrp() ? "\"back\"" : "\"lost\"");
	fflush(stdout);
	close(*terminal);
}

static int connect_and_run(const struct kubeconfig_options *options, struct run *run,
			   const struct kube_client_options *client_options, long times)
{
	struct kubeconfig_view *view;
	struct loop *loop;
	struct err err;
	int status = 2;

	if (loop_new(&loop, &err) < 0)
		return 3;
	if (kubeconfig_load(options, &view, &err) < 0 ||
	    kube_client_new(loop, view, client_options, &run->client, &err) < 0) {
		json_t *line = json_object();

		set_err(line, &err);
		print_line(line);
	} else {
		status = requests(run, loop, times);
		kube_client_free(run->client);
	}
	loop_free(loop);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"kubeconfig", required_argument, NULL, 'k'}, {"context", required_argument, NULL, 'c'},
		{"as", required_argument, NULL, 'a'},	      {"timeout", required_argument, NULL, 't'},
		{"times", required_argument, NULL, 'n'},      {"stream", no_argument, NULL, 's'},
		{"text", no_argument, NULL, 'x'},	      {"gzip", no_argument, NULL, 'z'},
		{"plugin-timeout", required_argument, NULL, 'p'}, {"terminal", no_argument, NULL, 'T'},
		{NULL, 0, NULL, 0},
	};
	struct kubeconfig_options options = {0};
	struct run run = {.request = {.method = "GET", .accept = KUBE_JSON, .on_done = on_done}};
	int descriptor = -1;
	struct kube_terminal terminal = {.lend = lend, .take_back = take_back, .data = &descriptor, .if_available = true};
	struct kube_client_options client_options = {0};
	long times = 1;
	int option;

	signal(SIGPIPE, SIG_IGN);
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'k':
			options.path = optarg;
			break;
		case 'c':
			options.context = optarg;
			break;
		case 'a':
			options.as_user = optarg;
			break;
		case 't':
			client_options.request_timeout_ms = strtol(optarg, NULL, 10);
			break;
		case 'n':
			times = strtol(optarg, NULL, 10);
			break;
		case 's':
			run.request.kind = HTTP_STREAM;
			run.request.on_body = on_body;
			break;
		case 'x':
			run.request.accept = KUBE_TEXT;
			break;
		case 'p':
			client_options.plugin_timeout_ms = strtol(optarg, NULL, 10);
			break;
		case 'T':
			client_options.terminal = &terminal;
			break;
		case 'z':
			run.request.gzip = true;
			break;
		default:
			return 3;
		}
	}
	if (optind + 1 != argc)
		return 3;
	run.request.path = argv[optind];
	run.request.data = &run;
	return connect_and_run(&options, &run, &client_options, times);
}
