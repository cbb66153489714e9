#include "probes/remedy/lease_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/lease_process.h"
#include "probes/remedy/step.h"

#define NAME_START "nks-triage-"
#define EVERYTHING "*"
/* Guide E07: one node at a time. */
#define NODES_TURN "one node at a time"

enum { NAME_DIGITS = 10, DURATION_MAXIMUM = 120, OBJECTS_BYTES = 128 << 10 };

static const char *text_at(const json_t *document, const char *path)
{
	const char *text = json_string_value(pointer_get(document, path));

	return text ? text : "";
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The pods of a node go, or the node itself for a while: no second one meanwhile. */
static bool takes_node_away(const struct plan_step *step)
{
	return !strcmp(step->shown.type, "drain") ||
	       json_is_true(json_object_get(step->definition, "endsConnection"));
}

static bool takes_any_node_away(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (takes_node_away(change->steps[i]))
			return true;
	}
	return false;
}

json_t *lease_objects(const struct change *change)
{
	const char **labels = xcalloc(change->target_count + 1, sizeof(*labels));
	json_t *objects = json_array();
	size_t bytes = 0;

	for (size_t i = 0; i < change->target_count; i++) {
		labels[i] = change->targets[i]->label;
		bytes += strlen(labels[i]) + 3;
	}
	qsort(labels, change->target_count, sizeof(*labels), compare_texts);
	/* More than annotations may hold: the whole cluster then. */
	if (bytes > OBJECTS_BYTES)
		json_array_append_new(objects, json_string(EVERYTHING));
	for (size_t i = 0; i < change->target_count && bytes <= OBJECTS_BYTES; i++)
		json_array_append_new(objects, json_string(labels[i]));
	free(labels);
	if (takes_any_node_away(change))
		json_array_append_new(objects, json_string(NODES_TURN));
	return objects;
}

char *lease_name(const json_t *objects)
{
	CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT(2 * OBJECTS_BYTES);
	char digest[DIGEST_HEX_SIZE];
	size_t i;
	json_t *object;

	json_array_foreach((json_t *)(uintptr_t)objects, i, object) {
		if (strcmp(json_string_value(object), NODES_TURN) != 0)
			buffer_addf(&lines, "%s\n", json_string_value(object));
	}
	digest_sha256(buffer_text(&lines), lines.length, digest);
	return xasprintf(NAME_START "%.*s", NAME_DIGITS, digest);
}

bool lease_is_lock(const json_t *document)
{
	const char *name = text_at(document, "/metadata/name");
	size_t start = strlen(NAME_START);

	return !strncmp(name, NAME_START, start) && strlen(name) == start + NAME_DIGITS &&
	       strspn(name + start, "0123456789abcdef") == NAME_DIGITS;
}

static bool holds(const json_t *objects, const char *label)
{
	size_t i;
	json_t *object;

	json_array_foreach((json_t *)(uintptr_t)objects, i, object) {
		const char *text = json_string_value(object);

		if (text && (!strcmp(text, label) || !strcmp(text, EVERYTHING)))
			return true;
	}
	return false;
}

bool lease_covers(const json_t *document, const json_t *objects)
{
	const char *text = text_at(document, "/metadata/annotations/nks-triage~1objects");
	json_t *held = json_loads(text, 0, NULL);
	bool covers = !json_is_array(held) || holds(objects, EVERYTHING);
	size_t i;
	json_t *object;

	json_array_foreach((json_t *)(uintptr_t)objects, i, object)
		covers = covers || holds(held, json_string_value(object));
	json_decref(held);
	return covers;
}

const char *lease_run(const json_t *document)
{
	return text_at(document, "/metadata/annotations/nks-triage~1run");
}

const char *lease_holder(const json_t *document)
{
	return text_at(document, "/spec/holderIdentity");
}

const char *lease_version(const json_t *document)
{
	return text_at(document, "/metadata/resourceVersion");
}

const char *lease_ticket(const json_t *document)
{
	const char *ticket = text_at(document, "/metadata/annotations/nks-triage~1ticket");

	return *ticket ? ticket : lease_version(document);
}

static bool read_number(const char *text, unsigned long long *ret_number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return !errno && !*end;
}

bool lease_comes_first(const char *other, const char *mine)
{
	unsigned long long his;
	unsigned long long ours;

	return !read_number(other, &his) || !read_number(mine, &ours) || his <= ours;
}

int64_t lease_duration(const json_t *document)
{
	const json_t *value = pointer_get(document, "/spec/leaseDurationSeconds");
	int64_t seconds = json_is_integer(value) ? (int64_t)json_integer_value(value) : LEASE_SECONDS;

	if (seconds < 1)
		return 1;
	return seconds < DURATION_MAXIMUM ? seconds : DURATION_MAXIMUM;
}

bool lease_is_dead(const json_t *document)
{
	return process_is_gone(text_at(document, "/metadata/annotations/nks-triage~1process"));
}

bool lease_is_expired(const json_t *document, int64_t spare_seconds)
{
	int64_t now = clock_wall();
	int64_t holds_for = lease_duration(document) + spare_seconds;
	int64_t at;

	if (clock_parse(text_at(document, "/spec/renewTime"), &at) < 0)
		return true;
	return at + holds_for < now || at - holds_for > now;
}

bool lease_looks_abandoned(const json_t *document)
{
	return lease_is_dead(document) || lease_is_expired(document, 0);
}
