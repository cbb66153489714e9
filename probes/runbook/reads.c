#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/tree.h"

/* The kinds and paths that conditions name (decisions.md 9). */
struct reads {
	bool kinds[KIND_COUNT];
	const char **paths[KIND_COUNT];
	size_t counts[KIND_COUNT];
};

static void add_path(struct reads *reads, enum kind_id kind, const struct field_path *path)
{
	const char *text = path ? field_path_text(path) : NULL;

	if (!text || kind == KIND_COUNT)
		return;
	for (size_t i = 0; i < reads->counts[kind]; i++) {
		if (!strcmp(reads->paths[kind][i], text))
			return;
	}
	reads->paths[kind] = xreallocarray(reads->paths[kind], reads->counts[kind] + 1, sizeof(char *));
	reads->paths[kind][reads->counts[kind]++] = text;
}

static void read_node(struct reads *reads, const struct node *node)
{
	if (!node)
		return;
	if (node->kind != KIND_COUNT)
		reads->kinds[node->kind] = true;
	if (node->type == NODE_EVENT)
		reads->kinds[KIND_EVENT] = true;
	if (node->type == NODE_JOIN)
		reads->kinds[node->to] = true;
	add_path(reads, node->kind, node->path);
	add_path(reads, node->kind, node->other);
	for (size_t i = 0; node->selectors && i < node->names.count; i++)
		add_path(reads, node->kind, node->selectors[i]);
	if (node->type == NODE_JOIN)
		add_path(reads, node->to, node->far);
	for (size_t i = 0; i < node->child_count; i++)
		read_node(reads, node->children[i]);
}

static void read_tree(struct reads *reads, const struct condition_tree *tree)
{
	if (tree)
		read_node(reads, tree->root);
}

static void read_runbook(struct reads *reads, const struct runbook *runbook)
{
	read_tree(reads, runbook->applies);
	read_tree(reads, runbook->when);
	for (size_t i = 0; i < runbook->also_count; i++)
		read_tree(reads, runbook->also[i].when);
	for (size_t i = 0; i < runbook->latent_count; i++) {
		read_tree(reads, runbook->latent[i].when);
		read_tree(reads, runbook->latent[i].confirm);
	}
	for (size_t i = 0; i < runbook->severity_rule_count; i++)
		read_tree(reads, runbook->severity_rules[i].condition);
	read_tree(reads, runbook->confirm);
	for (size_t i = 0; i < runbook->exclude_count; i++)
		read_tree(reads, runbook->excludes[i]);
	for (size_t i = 0; i < runbook->confidence_rule_count; i++)
		read_tree(reads, runbook->confidence_rules[i].condition);
	for (size_t i = 0; i < runbook->inner_count; i++)
		read_tree(reads, runbook->inner[i]);
	for (size_t i = 0; i < runbook->collect_count; i++) {
		for (size_t hop = 0; hop < runbook->collect[i].from_count; hop++)
			read_node(reads, runbook->collect[i].from[hop]);
		read_tree(reads, runbook->collect[i].condition);
	}
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

void runbook_kinds(const struct runbook *runbook, bool kinds[KIND_COUNT])
{
	struct reads reads = {0};

	read_runbook(&reads, runbook);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		kinds[kind] |= reads.kinds[kind];
		free(reads.paths[kind]);
	}
	kinds[runbook->subject] = true;
	for (size_t i = 0; i < runbook->need_count; i++)
		kinds[runbook->needs[i]] = true;
}

char *runbook_reads(const struct runbook *runbook)
{
	struct buffer out = BUFFER_INIT(64 << 10);
	struct reads reads = {0};

	read_runbook(&reads, runbook);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (!reads.kinds[kind])
			continue;
		buffer_addf(&out, "%s:", kind_get((enum kind_id)kind)->name);
		if (reads.counts[kind])
			qsort(reads.paths[kind], reads.counts[kind], sizeof(char *), by_text);
		for (size_t i = 0; i < reads.counts[kind]; i++)
			buffer_addf(&out, " %s", reads.paths[kind][i]);
		buffer_add_byte(&out, '\n');
		free(reads.paths[kind]);
	}
	return buffer_detach(&out);
}
