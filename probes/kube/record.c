#include "probes/kube/record.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/scanner.h"

void record_free(struct record *record)
{
	free(record);
}

const struct node_record *record_node(const struct record *record)
{
	if (record->kind->id != KIND_NODE)
		bug("a record that is no Node");
	return (const struct node_record *)record;
}

const struct pod_record *record_pod(const struct record *record)
{
	if (record->kind->id != KIND_POD)
		bug("a record that is no Pod");
	return (const struct pod_record *)record;
}

const struct event_record *record_event(const struct record *record)
{
	if (record->kind->id != KIND_EVENT)
		bug("a record that is no Event");
	return (const struct event_record *)record;
}

bool record_is_workload(const struct record *record)
{
	return record->kind->id >= KIND_DAEMON_SET && record->kind->id <= KIND_STATEFUL_SET;
}

const struct workload_record *record_workload(const struct record *record)
{
	if (!record_is_workload(record))
		bug("a record that is no workload");
	return (const struct workload_record *)record;
}

const struct object_record *record_object(const struct record *record)
{
	if (record->kind->is_core)
		bug("a record with a shape of its own");
	return (const struct object_record *)record;
}

static const char *find_label(const struct label *labels, size_t count, const char *key)
{
	/* From the end: of a key that was given twice the last one counts. */
	for (size_t i = count; i-- > 0;) {
		if (!strcmp(labels[i].key, key))
			return labels[i].value;
	}
	return NULL;
}

const char *record_label(const struct record *record, const char *key)
{
	return find_label(record->labels, record->label_count, key);
}

const char *record_annotation(const struct record *record, const char *key)
{
	return find_label(record->annotations, record->annotation_count, key);
}

const struct condition *condition_find(const struct condition *conditions, size_t count, const char *type)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(conditions[i].type, type))
			return &conditions[i];
	}
	return NULL;
}
