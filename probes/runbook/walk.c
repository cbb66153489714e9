#include "probes/runbook/walk.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/redact.h"
#include "probes/runbook/runbook.h"

void walk_init(struct walk *walk, struct evaluation *evaluation)
{
	walk->evaluation = evaluation;
	walk->fact_count = 0;
	walk->objects = NULL;
	walk->object_count = 0;
	walk->object_capacity = 0;
	walk->unknown.id = NULL;
	walk->recheck_at = 0;
	walk->kept_count = 0;
	walk->quiet = 0;
}

void walk_release(struct walk *walk)
{
	for (size_t i = 0; i < walk->kept_count; i++)
		free(walk->kept[i]);
	free(walk->objects);
}

const char *walk_keep(struct walk *walk, char *text)
{
	if (walk->kept_count < array_length(walk->kept))
		return walk->kept[walk->kept_count++] = text;
	free(text);
	return NULL;
}

void walk_add_fact(struct walk *walk, const struct fact *fact)
{
	if (!walk->quiet && walk->fact_count < FACTS_MAX)
		walk->facts[walk->fact_count++] = *fact;
}

void walk_add_object(struct walk *walk, const struct record *record)
{
	if (walk->quiet)
		return;
	if (walk->object_count == walk->object_capacity) {
		walk->object_capacity = walk->object_capacity ? 2 * walk->object_capacity : 16;
		walk->objects =
			xreallocarray(walk->objects, walk->object_capacity, sizeof(const struct record *));
	}
	walk->objects[walk->object_count++] = record;
}

void walk_recheck(struct walk *walk, int64_t at)
{
	if (!walk->recheck_at || at < walk->recheck_at)
		walk->recheck_at = at;
}

void walk_unknown(struct walk *walk, const struct message *reason)
{
	if (!walk->unknown.id)
		walk->unknown = *reason;
}

struct walk_mark walk_mark(const struct walk *walk)
{
	return (struct walk_mark){walk->fact_count, walk->object_count};
}

void walk_back(struct walk *walk, struct walk_mark mark)
{
	walk->fact_count = mark.facts;
	walk->object_count = mark.objects;
}

const char walk_not_saved[] = N_("list {resource}: there are none to read");

bool walk_can_read(struct walk *walk, enum kind_id kind)
{
	const struct collection *collection = snapshot_collection(walk->evaluation->snapshot, kind);
	const char *resource = kind_get(kind)->resource;
	struct message reason;

	switch (collection->state) {
	case COLLECTION_CURRENT:
	case COLLECTION_STALE:
		return true;
	case COLLECTION_FORBIDDEN:
		message_set(&reason, "list {resource}: forbidden", "resource", resource, NULL);
		break;
	case COLLECTION_ABSENT:
		message_set(&reason, walk_not_saved, "resource", resource, NULL);
		break;
	case COLLECTION_NEVER:
		message_set(&reason, "list {resource}: not read yet", "resource", resource, NULL);
		break;
	case COLLECTION_FAILED:
		message_set(&reason, "list {resource}: failed ({layer})", "resource", resource, "layer",
			    err_layer(collection->err.code), NULL);
		break;
	}
	if (collection->listed_once)
		return true;
	walk_unknown(walk, &reason);
	return false;
}

static int64_t condition_time(const struct condition *conditions, size_t count, size_t item)
{
	return item < count ? conditions[item].changed : 0;
}

static int64_t false_since(const struct condition *conditions, size_t count, const char *type)
{
	const struct condition *condition = condition_find(conditions, count, type);

	return condition && !strcmp(condition->status, "False") ? condition->changed : 0;
}

/* A container's trouble is no younger than the pod's condition that it keeps from being True. */
static int64_t pod_time(const struct pod_record *pod, const char *path, size_t item)
{
	static const char *const types[] = {"Ready", "ContainersReady", "Initialized"};
	int64_t time;

	if (!strncmp(path, "status.conditions[", 18))
		return condition_time(pod->conditions, pod->condition_count, item);
	if (!strstr(path, "ontainerStatuses["))
		return 0;
	for (size_t i = 0; i < array_length(types); i++) {
		time = false_since(pod->conditions, pod->condition_count, types[i]);
		if (time)
			return time;
	}
	return pod->started ? pod->started : pod->base.created;
}

static int64_t node_time(const struct node_record *node, const char *path, size_t item)
{
	if (!strncmp(path, "status.conditions[", 18))
		return condition_time(node->conditions, node->condition_count, item);
	if (!strncmp(path, "spec.taints[", 12))
		return item < node->taint_count ? node->taints[item].added : 0;
	if (strcmp(path, "spec.unschedulable") != 0)
		return 0;
	for (size_t i = 0; i < node->taint_count; i++) {
		if (!strcmp(node->taints[i].key, "node.kubernetes.io/unschedulable"))
			return node->taints[i].added;
	}
	return 0;
}

static int64_t workload_time(const struct workload_record *workload, const char *path, size_t item)
{
	if (!strncmp(path, "status.conditions[", 18))
		return condition_time(workload->conditions, workload->condition_count, item);
	if (!strncmp(path, "status.", 7))
		return false_since(workload->conditions, workload->condition_count, "Available");
	return 0;
}

static int64_t object_time(const struct object_record *object, const char *path, size_t item)
{
	if (!strncmp(path, "status.conditions[", 18))
		return condition_time(object->conditions, object->condition_count, item);
	return 0;
}

int64_t fact_time(const struct record *record, const char *path, size_t item)
{
	if (!strcmp(path, "metadata.creationTimestamp"))
		return record->created;
	if (!strcmp(path, "metadata.deletionTimestamp"))
		return record->deleted;
	switch (record->kind->id) {
	case KIND_POD:
		return pod_time(record_pod(record), path, item);
	case KIND_NODE:
		return node_time(record_node(record), path, item);
	case KIND_EVENT:
		return record_event(record)->first;
	case KIND_DAEMON_SET:
	case KIND_DEPLOYMENT:
	case KIND_REPLICA_SET:
	case KIND_STATEFUL_SET:
		return workload_time(record_workload(record), path, item);
	default:
		return object_time(record_object(record), path, item);
	}
}

static bool has_line(const struct evaluation *evaluation, const char *source, const char *text)
{
	for (size_t i = 0; i < evaluation->line_count; i++) {
		if (!strcmp(evaluation->lines[i].source, source) && !strcmp(evaluation->lines[i].text, text))
			return true;
	}
	return false;
}

/* "/apis/apps/v1/namespaces/kube-system/daemonsets/x" -> "DaemonSet/kube-system/x"; what has no such form stays. */
static char *object_of_path(const char *path)
{
	static const char in_namespace[] = "/namespaces/";
	const char *space = strstr(path, in_namespace);
	const char *space_end = space ? strchr(space + strlen(in_namespace), '/') : NULL;
	const char *name = strrchr(path, '/');
	const char *resource = name;
	const struct kind *kind;

	while (resource && resource > path && resource[-1] != '/')
		resource--;
	if (!name || resource == path || strchr(path, '?') || (space && (!space_end || space_end >= name)))
		return xstrdup(path);
	auto_free char *word = xstrndup(resource, (size_t)(name - resource));

	kind = kind_find(word);
	if (!space)
		return xasprintf("%s%s", kind ? kind->name : word, name);
	return xasprintf("%s/%.*s%s", kind ? kind->name : word, (int)(space_end - space) - (int)strlen(in_namespace),
			 space + strlen(in_namespace), name);
}

/* A key of evidence as an operator would name what was read. */
static char *evidence_source(const char *key)
{
	static const char get[] = "get:";
	static const char stats[] = "stats:";

	if (!strncmp(key, get, strlen(get)))
		return object_of_path(key + strlen(get));
	if (!strncmp(key, stats, strlen(stats)))
		return xasprintf("Node/%s stats/summary", key + strlen(stats));
	return xstrdup(key);
}

/* "Pod/kube-system/x status.conditions[0].status" */
static char *fact_source(const struct fact *fact)
{
	const struct record *record = fact->record;
	const char *star = strstr(fact->where, "[*]");
	auto_free char *path = NULL;

	if (!record) {
		path = evidence_source(fact->where);
		return fact->member ? xasprintf("%s %s", path, fact->member) : take_pointer(path);
	}
	path = star ? xasprintf("%.*s[%zu]%s", (int)(star - fact->where), fact->where, fact->item, star + 3)
		    : xstrdup(fact->where);
	return xasprintf("%s/%s%s%s %s", record->kind->name, record->name_space,
			 *record->name_space ? "/" : "", record->name, path);
}

static char *fact_text(const struct fact *fact)
{
	const char *text = *fact->text ? fact->text : fact->number;
	struct buffer out = BUFFER_INIT(PATTERN_SUBJECT_MAX);

	text_redact(&out, text, fact->length ? fact->length : strlen(text));
	return buffer_detach(&out);
}

static void write_fact(struct evaluation *evaluation, const struct fact *fact)
{
	auto_free char *source = NULL;
	auto_free char *text = NULL;

	if (fact->time && (!evaluation->since || fact->time < evaluation->since))
		evaluation->since = fact->time;
	if (evaluation->line_count >= LINES_MAX)
		return;
	source = fact_source(fact);
	text = fact_text(fact);
	if (has_line(evaluation, source, text))
		return;
	evaluation->lines =
		xreallocarray(evaluation->lines, evaluation->line_count + 1, sizeof(*evaluation->lines));
	evaluation->lines[evaluation->line_count++] =
		(struct evidence_line){.source = take_pointer(source), .text = take_pointer(text)};
}

static int by_uid(const void *left, const void *right)
{
	const struct record *a = *(const struct record *const *)left;
	const struct record *b = *(const struct record *const *)right;

	return strcmp(a->uid, b->uid);
}

static bool has_object(const struct evaluation *evaluation, size_t before, const char *uid)
{
	for (size_t i = 0; i < before; i++) {
		if (!strcmp(evaluation->objects[i], uid))
			return true;
	}
	return false;
}

/* Each object once; those of an earlier condition of the same evaluation are there already. */
static void write_objects(struct walk *walk)
{
	struct evaluation *evaluation = walk->evaluation;
	size_t before = evaluation->object_count;

	if (!walk->object_count)
		return;
	qsort(walk->objects, walk->object_count, sizeof(const struct record *), by_uid);
	evaluation->objects =
		xreallocarray(evaluation->objects, before + walk->object_count, sizeof(char *));
	for (size_t i = 0; i < walk->object_count; i++) {
		if (i && walk->objects[i] == walk->objects[i - 1])
			continue;
		if (!has_object(evaluation, before, walk->objects[i]->uid))
			evaluation->objects[evaluation->object_count++] = xstrdup(walk->objects[i]->uid);
	}
}

void walk_finish(struct walk *walk, enum truth truth)
{
	struct evaluation *evaluation = walk->evaluation;

	if (walk->recheck_at && (!evaluation->recheck_at || walk->recheck_at < evaluation->recheck_at))
		evaluation->recheck_at = walk->recheck_at;
	if (truth == TRUTH_UNKNOWN)
		evaluation->unknown = walk->unknown;
	if (truth != TRUTH_TRUE)
		return;
	for (size_t i = 0; i < walk->fact_count; i++)
		write_fact(evaluation, &walk->facts[i]);
	write_objects(walk);
}

void evaluation_init(struct evaluation *evaluation, const struct snapshot *snapshot,
		     const struct evidence_store *evidence, int64_t now, const char *const *system_namespaces)
{
	/* Member by member: a pass makes hundreds of thousands, and most of it is room for a message. */
	evaluation->snapshot = snapshot;
	evaluation->evidence = evidence;
	evaluation->runbook = NULL;
	evaluation->now = now;
	evaluation->system_namespaces = system_namespaces;
	evaluation->lines = NULL;
	evaluation->line_count = 0;
	evaluation->objects = NULL;
	evaluation->object_count = 0;
	evaluation->recheck_at = 0;
	evaluation->unknown.id = NULL;
	evaluation->unknown.used = 0;
	evaluation->since = 0;
}

void evaluation_release(struct evaluation *evaluation)
{
	for (size_t i = 0; i < evaluation->line_count; i++) {
		free(evaluation->lines[i].source);
		free(evaluation->lines[i].text);
	}
	for (size_t i = 0; i < evaluation->object_count; i++)
		free(evaluation->objects[i]);
	free(evaluation->lines);
	free(evaluation->objects);
	evaluation->lines = NULL;
	evaluation->objects = NULL;
	evaluation->line_count = 0;
	evaluation->object_count = 0;
}
