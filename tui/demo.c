#include "tui/demo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/job.h"
#include "probes/net/loop.h"
#include "tui/paths.h"

enum { START_DEADLINE_MS = 10000, MOST_LINE_BYTES = 16 << 10 };

struct demo {
	struct job *job;	/* NULL once it ended */
	char *folder;
	char *scenario;
	char *kubeconfig;
	char *ssh_config;	/* NULL: the simulator has none */
	struct buffer line;	/* its first line of output */
	bool ended;
	struct err err;		/* why, when it ended */
};

static void on_output(void *data, const char *bytes, size_t n)
{
	struct demo *demo = data;

	if (!memchr(buffer_text(&demo->line), '\n', demo->line.length))
		buffer_add(&demo->line, bytes, n);
}

static void on_done(void *data, const struct job_result *result)
{
	struct demo *demo = data;
	const char *text = buffer_text(result->error_out);
	auto_free char *said = xstrndup(text, strcspn(text, "\n"));

	demo->job = NULL;
	demo->ended = true;
	err_set(&demo->err, ERR_IO, "the simulated cluster ended: {reason}", "reason",
		*said ? said : "it said nothing", NULL);
	err_hint(&demo->err, "nks-triage sim --list names the scenarios", NULL);
}

static int parse_line(struct demo *demo, struct err *err)
{
	json_t *line = json_loads(buffer_text(&demo->line), JSON_DISABLE_EOF_CHECK, NULL);
	const char *kubeconfig = json_string_value(json_object_get(line, "kubeconfig"));
	const char *ssh_config = json_string_value(json_object_get(line, "sshConfig"));
	int result = 0;

	if (ssh_config)
		demo->ssh_config = xstrdup(ssh_config);
	if (kubeconfig)
		demo->kubeconfig = xstrdup(kubeconfig);
	else
		result = err_set(err, ERR_IO, "nks-triage-sim did not say where its kubeconfig is", NULL);
	json_decref(line);
	return result;
}

static int wait_until_ready(struct demo *demo, struct loop *loop, struct err *err)
{
	int64_t deadline = clock_monotonic_ms() + START_DEADLINE_MS;

	while (!memchr(buffer_text(&demo->line), '\n', demo->line.length)) {
		if (demo->ended) {
			if (err)
				*err = demo->err;
			return -1;
		}
		if (clock_monotonic_ms() > deadline)
			return err_set(err, ERR_TIMEOUT, "the simulated cluster did not start within 10 s",
				       NULL);
		loop_turn(loop, 100);
	}
	return parse_line(demo, err);
}

int demo_start(struct loop *loop, const char *scenario, struct demo **ret_demo, struct err *err)
{
	auto_free char *simulator = paths_simulator();
	struct demo *demo;
	const char *temporary = getenv("TMPDIR");

	if (!simulator) {
		err_set(err, ERR_IO, "nks-triage-sim is neither beside nks-triage nor where it was installed",
			NULL);
		err_hint(err, "make builds both", NULL);
		return -1;
	}
	demo = xcalloc(1, sizeof(*demo));
	buffer_init(&demo->line, MOST_LINE_BYTES);
	demo->scenario = xstrdup(scenario);
	demo->folder = xasprintf("%s/nks-triage-demo.XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (!mkdtemp(demo->folder)) {
		err_set(err, ERR_IO, "cannot make the folder {path}: {reason}", "path", demo->folder,
			"reason",
			strerror(errno), NULL);
		demo->folder[0] = '\0';
		demo_stop(demo);
		return -1;
	}
	const char *const argv[] = {simulator, "--scenario", scenario, "--state-dir", demo->folder, NULL};
	const struct job_request request = {
		.argv = argv,
		.dies_with_us = true,
		.on_output = on_output,
		.on_done = on_done,
		.data = demo,
	};

	if (job_start(loop, &request, &demo->job, err) < 0 || wait_until_ready(demo, loop, err) < 0) {
		demo_stop(demo);
		return -1;
	}
	*ret_demo = demo;
	return 0;
}

/* The folder is ours and flat: mkdtemp() made it, the simulator wrote files into it. */
static void remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	}
	if (folder)
		closedir(folder);
	rmdir(path);
}

void demo_stop(struct demo *demo)
{
	if (!demo)
		return;
	job_cancel(demo->job);
	if (demo->folder && demo->folder[0])
		remove_folder(demo->folder);
	buffer_release(&demo->line);
	free(demo->folder);
	free(demo->scenario);
	free(demo->kubeconfig);
	free(demo->ssh_config);
	free(demo);
}

const char *demo_kubeconfig(const struct demo *demo)
{
	return demo->kubeconfig;
}

const char *demo_ssh_config(const struct demo *demo)
{
	return demo->ssh_config;
}

const char *demo_scenario(const struct demo *demo)
{
	return demo->scenario;
}
