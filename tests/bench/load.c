/*
 * Loads a cluster as the console does and prints what it took.
 *
 *     load KUBECONFIG [IDLE_SECONDS [json]]
 *
 * Prints one JSON object: seconds to the first pod, to all pods and to all kinds listed,
 * counts, anonymous memory before and after, CPU seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/model/cluster.h"
#include "probes/net/loop.h"

enum { GIVE_UP_MS = 120000 };

/* KiB of anonymous memory. */
static long rss_anonymous(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "RssAnon:", 8))
			kib = strtol(line + 8, NULL, 10);
	}
	if (file)
		fclose(file);
	return kib;
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int fail(const struct err *err)
{
	auto_free char *text = err_text(err);

	fprintf(stderr, "load: %s\n", text);
	return 1;
}

/* Seconds to the first pod and to the last. */
static int load(struct loop *loop, struct cluster *cluster, double *ret_first, double *ret_pods, struct err *err)
{
	int64_t start = clock_monotonic_ms();

	*ret_first = -1;
	*ret_pods = -1;
	while (!cluster_is_complete(cluster)) {
		loop_turn(loop, 100);
		if (*ret_first < 0 && snapshot_all(cluster_snapshot(cluster), KIND_POD).count)
			*ret_first = (double)(clock_monotonic_ms() - start) / 1000;
		if (*ret_pods < 0 && snapshot_collection(cluster_snapshot(cluster), KIND_POD)->listed_once)
			*ret_pods = (double)(clock_monotonic_ms() - start) / 1000;
		if (cluster_has_failed(cluster, err) && err->code != ERR_NONE)
			return -1;
		if (clock_monotonic_ms() - start > GIVE_UP_MS)
			return err_set(err, ERR_TIMEOUT, "the cluster was not listed within two minutes",
				       NULL);
	}
	return 0;
}

static void print_counts(struct snapshot *snapshot)
{
	for (int i = 0; i < KIND_COUNT; i++)
		printf(", \"%s\": %zu", kind_get((enum kind_id)i)->resource,
		       snapshot_collection(snapshot, (enum kind_id)i)->count);
}

int main(int argc, char **argv)
{
	struct kubeconfig_options options = {.path = argc > 1 ? argv[1] : NULL};
	long idle_ms = argc > 2 ? strtol(argv[2], NULL, 10) * 1000 : 0;
	struct kube_client_options client_options = {.no_protobuf = argc > 3 && !strcmp(argv[3], "json")};
	struct kubeconfig_view *view;
	struct kube_client *client;
	struct cluster *cluster;
	struct field_set fields;
	struct loop *loop;
	struct err err;
	long base;
	double first;
	double pods;
	double cpu;
	int64_t start;
	int64_t end;

	if (kubeconfig_load(&options, &view, &err) < 0 || loop_new(&loop, &err) < 0 ||
	    kube_client_new(loop, view, &client_options, &client, &err) < 0)
		return fail(&err);
	field_set_init(&fields);
	base = rss_anonymous();
	start = clock_monotonic_ms();
	cluster = cluster_new(client, &fields, NULL);
	if (load(loop, cluster, &first, &pods, &err) < 0)
		return fail(&err);
	printf("{\"firstSeconds\": %.3f, \"podsSeconds\": %.3f, \"allSeconds\": %.3f, \"cpuSeconds\": %.3f, "
	       "\"baseKiB\": %ld, \"loadedKiB\": %ld",
	       first, pods, (double)(clock_monotonic_ms() - start) / 1000, cpu_seconds(), base, rss_anonymous());
	print_counts(cluster_snapshot(cluster));
	cpu = cpu_seconds();
	end = clock_monotonic_ms() + idle_ms;
	while (clock_monotonic_ms() < end)
		loop_turn(loop, 1000);
	if (idle_ms)
		printf(", \"idleCpuPercent\": %.2f, \"idleKiB\": %ld",
		       (cpu_seconds() - cpu) * 100000 / (double)idle_ms,
		       rss_anonymous());
	printf("}\n");
	cluster_free(cluster);
	kube_client_free(client);
	field_set_release(&fields);
	loop_free(loop);
	return 0;
}
