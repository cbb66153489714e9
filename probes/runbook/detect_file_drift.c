/*
 * guide E02: the log rotation file of a node is another one than most nodes
 * have, has another owner or mode, or is missing where most have it. Compares
 * the evidence of the same runbook's "rotation-file" (the check log-rotation)
 * on all nodes that run Docker.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/runbook/collecting.h"
#include "probes/runbook/detector.h"
#include "probes/runbook/runbook.h"

static const char item[] = "rotation-file";

enum { SUM_SIZE = 160, SHOWN_SUM = 16, MOST_KINDS = 64 };

static const char *member(const json_t *document, const char *read, const char *name)
{
	const json_t *value = json_object_get(json_object_get(document, "value"), read);
	const char *text = json_string_value(json_object_get(value, name));

	return text ? text : "";
}

/* Sum, mode and owners; "" where it is missing. False: the node was not read, and the evaluation says why. */
static bool read_sum(const struct record *node, struct evaluation *evaluation, char sum[SUM_SIZE])
{
	struct evidence_request requests[COLLECT_LIMIT];
	size_t count = collecting_requests(evaluation->runbook, item, node, evaluation, requests);
	auto_free char *key = count ? evidence_key(&requests[0]) : NULL;
	const struct evidence *evidence =
		key && evaluation->evidence ? evidence_get(evaluation->evidence, key) : NULL;
	const char *digest;

	evidence_reason(evidence, count ? &requests[0] : NULL, key ? key : item, &evaluation->unknown);
	for (size_t i = 0; i < count; i++)
		free(requests[i].path);
	if (!evidence || evidence->code != ERR_NONE)
		return false;
	digest = member(evidence->document, "sum", "sha256");
	sum[0] = '\0';
	if (*digest)
		snprintf(sum, SUM_SIZE, "%.64s %.8s %.32s:%.32s", digest, member(evidence->document, "file", "mode"),
			 member(evidence->document, "file", "owner"), member(evidence->document, "file", "group"));
	return true;
}

struct kinds {
	char sums[MOST_KINDS][SUM_SIZE];
	size_t counts[MOST_KINDS];
	size_t count;
};

static void add(struct kinds *kinds, const char *sum)
{
	size_t i = 0;

	while (i < kinds->count && strcmp(kinds->sums[i], sum) != 0)
		i++;
	if (i == MOST_KINDS)
		return;
	if (i == kinds->count) {
		snprintf(kinds->sums[i], SUM_SIZE, "%s", sum);
		kinds->counts[i] = 0;
		kinds->count++;
	}
	kinds->counts[i]++;
}

static size_t nodes_with(const struct kinds *kinds, const char *sum)
{
	for (size_t i = 0; i < kinds->count; i++) {
		if (!strcmp(kinds->sums[i], sum))
			return kinds->counts[i];
	}
	return 0;
}

/* How many nodes have the file that most have; a file that is nowhere is another fault. */
static size_t most_have(const struct kinds *kinds)
{
	size_t most = 0;

	for (size_t i = 0; i < kinds->count; i++) {
		if (kinds->sums[i][0] && kinds->counts[i] > most)
			most = kinds->counts[i];
	}
	return most;
}

static bool runs_docker(const struct record *node)
{
	return !strncmp(record_node(node)->container_runtime, "docker://", strlen("docker://"));
}

static enum truth judge(const struct record *node, struct evaluation *evaluation, char **ret_source, char **ret_text)
{
	struct record_list nodes = snapshot_all(evaluation->snapshot, KIND_NODE);
	auto_free struct kinds *kinds = xcalloc(1, sizeof(*kinds));
	char own[SUM_SIZE];
	char sum[SUM_SIZE];
	size_t same;
	size_t rivals = 0;

	if (!evaluation->runbook)
		return TRUTH_UNKNOWN;
	for (size_t i = 0; i < nodes.count; i++) {
		if (runs_docker(nodes.items[i]) && read_sum(nodes.items[i], evaluation, sum))
			add(kinds, sum);
	}
	if (!read_sum(node, evaluation, own))
		return TRUTH_UNKNOWN;
	evaluation->unknown.id = NULL;
	same = nodes_with(kinds, own);
	for (size_t i = 0; i < kinds->count; i++)
		rivals += kinds->sums[i][0] && kinds->counts[i] == most_have(kinds);
	/* Where no file is on more nodes than another, nobody can say which is meant: all of them differ. */
	if (kinds->count < 2 || !most_have(kinds) || (own[0] && same == most_have(kinds) && rivals == 1))
		return TRUTH_FALSE;
	*ret_source = xasprintf("Node/%s /etc/logrotate.d/docker", node->name);
	*ret_text = own[0] ? xasprintf("sha256 %.*s...%s, as on %zu of the nodes that were read", SHOWN_SUM, own,
				       own + strcspn(own, " "), same)
			   : xasprintf("missing; %zu nodes have it", most_have(kinds));
	return TRUTH_TRUE;
}

const struct detector detect_file_drift = {.id = "rotation-file-drift", .subject = KIND_NODE, .judge = judge};
