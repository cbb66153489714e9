/* What a finding's objects look like now, in a few words: "calico-node 5/12, calico-typha 0/3". */
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/world.h"

enum { MOST_WORKLOADS = 8 };

struct lack {
	const struct workload_record *workload;
	int64_t missing;
};

static int compare_lacks(const void *left, const void *right)
{
	const struct lack *a = left;
	const struct lack *b = right;

	return a->missing > b->missing ? -1 : a->missing < b->missing;
}

static size_t find_lacks(const struct world *world, const struct finding *finding, struct lack lacks[MOST_WORKLOADS])
{
	size_t count = 0;

	for (size_t i = 0; i < finding->object_count && count < MOST_WORKLOADS; i++) {
		const struct record *record = snapshot_by_uid(world->snapshot, finding->objects[i].uid);
		const struct workload_record *workload;

		if (!record || !record_is_workload(record))
			continue;
		workload = record_workload(record);
		if (workload->wanted > 0 && workload->ready >= 0 && workload->ready < workload->wanted)
			lacks[count++] = (struct lack){workload, workload->wanted - workload->ready};
	}
	qsort(lacks, count, sizeof(*lacks), compare_lacks);
	return count;
}

static size_t count_pods(const struct finding *finding)
{
	size_t count = 0;

	for (size_t i = 0; i < finding->object_count; i++)
		count += !strcmp(finding->objects[i].kind, "Pod");
	return count;
}

static void add_lack(const struct lack *lack, const char *separator, struct buffer *out)
{
	buffer_addf(out, "%s%s %lld/%lld", out->length ? separator : "", lack->workload->base.name,
		    (long long)lack->workload->ready, (long long)lack->workload->wanted);
}

void world_finding_facts(const struct world *world, const struct finding *finding, struct buffer *out)
{
	struct lack lacks[MOST_WORKLOADS] = {0};
	size_t count = world->snapshot ? find_lacks(world, finding, lacks) : 0;
	size_t pods = count_pods(finding);

	for (size_t i = 0; i < count; i++)
		add_lack(&lacks[i], ", ", out);
	if (!count && pods > 1)
		buffer_addf(out, translate("%zu pods"), pods);
}

void world_headline(const struct world *world, const struct finding *finding, struct buffer *out)
{
	const char *separator = world->glyphs == GLYPHS_UTF8 ? " · " : " | ";
	auto_free char *title = world_title(world, finding);
	struct lack lacks[MOST_WORKLOADS] = {0};
	size_t count = world->snapshot ? find_lacks(world, finding, lacks) : 0;
	size_t pods = count_pods(finding);

	/* What suffers most comes first: a narrow pane cuts the rest. */
	if (count)
		add_lack(&lacks[0], "", out);
	buffer_addf(out, "%s%s", out->length ? separator : "", title);
	if (!count && pods > 1)
		buffer_addf(out, translate("%s%zu pods"), separator, pods);
	for (size_t i = 1; i < count; i++)
		add_lack(&lacks[i], i > 1 ? ", " : separator, out);
}
