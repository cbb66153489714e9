/*
 * Follows the log of a container, for tests: prints its lines, at the end "done" or the error on standard error.
 *
 *   logs KUBECONFIG NAMESPACE POD
 */
#include <signal.h>
#include <stdio.h>

#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/logs.h"
#include "probes/net/loop.h"

static void on_line(void *data, const struct log_line_view *line)
{
	(void)data;
	fwrite(line->text, 1, line->length, stdout);
	putchar('\n');
}

static void on_done(void *data, const struct err *err)
{
	bool *done = data;
	auto_free char *text = err ? err_text(err) : xstrdup("done");

	fprintf(stderr, "%s\n", text);
	*done = true;
}

static int follow(struct loop *loop, struct kube_client *client, char **argv)
{
	bool done = false;
	const struct pod_log_request request = {
		.name_space = argv[2],
		.pod = argv[3],
		.container = "c",
		.follow = true,
		.tail_lines = -1,
		.on_line = on_line,
		.on_done = on_done,
		.data = &done,
	};

	if (pod_log_start(client, &request, NULL, NULL) < 0)
		return 2;
	while (!done)
		loop_turn(loop, 1000);
	return 0;
}

int main(int argc, char **argv)
{
	struct kubeconfig_options options = {.path = argc == 4 ? argv[1] : ""};
	struct kubeconfig_view *view;
	struct kube_client *client;
	struct loop *loop;
	int status = 2;

	signal(SIGPIPE, SIG_IGN);
	if (loop_new(&loop, NULL) < 0)
		return 3;
	if (kubeconfig_load(&options, &view, NULL) == 0 && kube_client_new(loop, view, NULL, &client, NULL) == 0) {
		status = follow(loop, client, argv);
		kube_client_free(client);
	}
	loop_free(loop);
	return status;
}
