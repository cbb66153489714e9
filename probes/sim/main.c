/*
 * nks-triage-sim: a simulated Kubernetes cluster on loopback.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/http.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/scenario.h"
#include "probes/sim/ssh_server.h"
#include "probes/sim/state_folder.h"
#include "probes/sim/stream.h"

#ifndef NKS_TRIAGE_DATADIR
#define NKS_TRIAGE_DATADIR "/usr/local/share/nks-triage"
#endif

enum { FAULTS_MAXIMUM = 16 };

struct options {
	struct scenario_options scenario;
	uint64_t seed;
	bool seeded;
	double churn;
	double time_scale;	/* 0 = the scenario's */
	const char *state_folder;
	uint16_t port;
	bool list;
	bool child;
	const char *machines;	/* assets/machines.json */
	const char *faults[FAULTS_MAXIMUM];
	size_t fault_count;
};

static const char usage[] =
	"usage: nks-triage-sim [--scenario S] [--nodes N] [--pods P] [--churn EVENTS_PER_S] [--seed N]\n"
	"                      [--state-dir DIR] [--port N] [--time-scale F] [--fault NAME=VALUE]... [--child]\n"
	"       nks-triage-sim --list\n"
	"A simulated Kubernetes cluster on 127.0.0.1. Prints one line of JSON when it is ready and serves\n"
	"until SIGTERM, SIGINT or SIGHUP.\n";

static const struct option long_options[] = {
	{"scenario", required_argument, NULL, 's'}, {"nodes", required_argument, NULL, 'n'},
	{"pods", required_argument, NULL, 'p'},	    {"churn", required_argument, NULL, 'c'},
	{"seed", required_argument, NULL, 'r'},	    {"state-dir", required_argument, NULL, 'd'},
	{"port", required_argument, NULL, 'P'},	    {"time-scale", required_argument, NULL, 't'},
	{"fault", required_argument, NULL, 'f'},    {"child", no_argument, NULL, 'k'},
	{"list", no_argument, NULL, 'l'},	    {"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int read_number(const char *name, const char *text, double least, double most, double *ret_number,
		       struct err *err)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end || !(number >= least && number <= most))
		return err_set(err, ERR_USAGE, "--{name}: {text} is not a number that it takes", "name", name, "text",
			       text, NULL);
	*ret_number = number;
	return 0;
}

static int read_option(struct options *options, int option, const char *name, const char *text, struct err *err)
{
	double number = 0;
	double most = option == 'P' ? 65535 : 1e15;

	switch (option) {
	case 's':
		options->scenario.name = text;
		return 0;
	case 'd':
		options->state_folder = text;
		return 0;
	case 'f':
		if (options->fault_count == FAULTS_MAXIMUM)
			return err_set(err, ERR_USAGE, "too many --fault options", NULL);
		options->faults[options->fault_count++] = text;
		return 0;
	case 'k':
		options->child = true;
		return 0;
	case 'l':
		options->list = true;
		return 0;
	default:
		break;
	}
	if (read_number(name, text, 0, most, &number, err))
		return -1;
	if (option == 'n')
		options->scenario.nodes = (int64_t)number;
	else if (option == 'p')
		options->scenario.pods = (int64_t)number;
	else if (option == 'c')
		options->churn = number;
	else if (option == 'r')
		options->seed = (uint64_t)number;
	else if (option == 't')
		options->time_scale = number;
	else
		options->port = (uint16_t)number;
	options->seeded = options->seeded || option == 'r';
	return 0;
}

/* 1 = --help was printed. */
static int read_options(int argc, char **argv, struct options *options, struct err *err)
{
	int option;
	int index = 0;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", long_options, &index)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (option == '?')
			return err_set(err, ERR_USAGE, "unknown option, or one without its value: {option}", "option",
				       argv[optind - 1], NULL);
		if (read_option(options, option, long_options[index].name, optarg, err))
			return -1;
	}
	if (optind == argc)
		return 0;
	err_set(err, ERR_USAGE, "what is {word}?", "word", argv[optind], NULL);
	err_hint(err, "--help says what it takes", NULL);
	return -1;
}

/* assets/: named by the environment, beside the program, or installed. Caller frees. */
static char *find_assets(void)
{
	const char *named = getenv("NKS_TRIAGE_ASSETS");
	char program[4096];
	ssize_t n;
	char *slash;
	char *beside;
	struct stat st;

	if (named && named[0])
		return xstrdup(named);
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[n > 0 ? n : 0] = '\0';
	slash = strrchr(program, '/');
	if (slash)
		*slash = '\0';
	beside = xasprintf("%s/assets", program);
	if (!stat(beside, &st))
		return beside;
	free(beside);
	return xstrdup(NKS_TRIAGE_DATADIR);
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void run(struct cluster *cluster, struct state_folder *folder, int signals)
{
	struct pollfd files[2] = {{.fd = signals, .events = POLLIN}, {.fd = cluster->wake_fd, .events = POLLIN}};

	while (!(files[0].revents & POLLIN)) {
		int64_t now;
		int64_t next;
		eventfd_t count;

		eventfd_read(cluster->wake_fd, &count);
		cluster_lock(cluster);
		now = clock_monotonic_ms();
		next = controllers_step(cluster, now);
		next = smaller(next, stream_wake_due(cluster, now));
		next = smaller(next, http_resume_parked(cluster, now));
		state_folder_refresh(folder, cluster);
		cluster_unlock(cluster);
		next -= clock_monotonic_ms();
		if (poll(files, 2, (int)(next < 0 ? 0 : smaller(next, 60000))) < 0 && errno != EINTR)
			return;
	}
}

static int print_ready(const struct state_folder *folder, const char *scenario, uint16_t port)
{
	auto_free char *server = xasprintf("http://127.0.0.1:%u", port);
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:i}", "server", server, "kubeconfig", folder->kubeconfig,
				 "sshConfig", folder->ssh_config, "scenario", scenario, "pid", (int)getpid());
	auto_free char *text = json_dumps(line, JSON_COMPACT);

	json_decref(line);
	return printf("%s\n", text) < 0 || fflush(stdout) ? -1 : 0;
}

static int prepare(struct cluster *cluster, const struct options *options, struct err *err)
{
	int result;

	cluster_lock(cluster);
	result = machines_load(cluster, options->machines, err);
	if (!result)
		result = scenario_load(cluster, &options->scenario, err);
	if (!result && options->time_scale > 0)
		cluster->time_scale = options->time_scale;
	for (size_t i = 0; !result && i < options->fault_count; i++)
		result = faults_set_text(cluster, options->faults[i], err);
	controllers_set_churn(cluster, options->churn);
	cluster_unlock(cluster);
	return result;
}

static int serve(struct cluster *cluster, const struct options *options, int signals, struct err *err)
{
	struct http_server *server = NULL;
	struct state_folder folder = {0};
	int result = prepare(cluster, options, err);

	if (!result)
		result = http_server_new(cluster, options->port, &server, err);
	if (!result)
		result = ssh_server_new(cluster, &cluster->ssh, err);
	if (!result)
		result = state_folder_make(&folder, options->state_folder, cluster, http_server_port(server), err);
	if (!result)
		result = print_ready(&folder, options->scenario.name, http_server_port(server));
	if (!result)
		run(cluster, &folder, signals);
	http_server_free(server);
	ssh_server_free(cluster->ssh);
	cluster->ssh = NULL;
	state_folder_remove(&folder);
	return result;
}

int main(int argc, char **argv)
{
	struct options options = {.scenario.name = "calico-outage", .seed = 1};
	auto_free char *assets = find_assets();
	auto_free char *scenarios = xasprintf("%s/scenarios", assets);
	auto_free char *machines = xasprintf("%s/machines.json", assets);
	int signals = block_signals();
	struct err err = {0};
	struct cluster *cluster;
	int result = read_options(argc, argv, &options, &err);

	options.scenario.folder = scenarios;
	options.machines = machines;
	if (options.child) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() == 1)
			return 1;	/* the parent was gone before */
	}
	json_object_seed((size_t)options.seed + 1);
	if (!result && options.list) {
		result = scenario_list(scenarios, &err);
	} else if (!result) {
		cluster = cluster_new(options.seed);
		result = serve(cluster, &options, signals, &err);
		cluster_free(cluster);
	}
	if (result < 0) {
		auto_free char *text = err_text(&err);

		fprintf(stderr, "nks-triage-sim: %s\n", text);
	}
	return result < 0;
}
