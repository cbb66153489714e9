#include "probes/runbook/collecting.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/walk.h"

/* The objects that were reached so far. */
struct reached {
	struct walk *walk;
	const struct node *join;
	const struct record **records;
	size_t count;
};

static void on_reached(void *data, const struct record *record)
{
	struct reached *reached = data;
	struct frame frame = {.record = record};

	if (reached->join->child_count &&
	    walk_node(reached->walk, reached->join->children[0], frame).truth != TRUTH_TRUE)
		return;
	reached->records =
		xreallocarray(reached->records, reached->count + 1, sizeof(const struct record *));
	reached->records[reached->count++] = record;
}

static int by_name(const void *left, const void *right)
{
	const struct record *a = *(const struct record *const *)left;
	const struct record *b = *(const struct record *const *)right;
	int order = strcmp(a->name_space, b->name_space);

	return order ? order : strcmp(a->name, b->name);
}

/* Follows the joins; the caller frees the list. */
static const struct record **follow(struct walk *walk, const struct collect_item *item,
				    const struct record *subject, size_t *ret_count)
{
	const struct record **records = xcalloc(1, sizeof(const struct record *));
	size_t count = subject ? 1 : 0;

	records[0] = subject;
	for (size_t hop = 0; hop < item->from_count; hop++) {
		struct reached reached = {.walk = walk, .join = item->from[hop]};
		size_t starts = hop ? count : 1;

		for (size_t i = 0; i < starts; i++)
			join_each(walk, item->from[hop], records[i], on_reached, &reached);
		free(records);
		records = reached.records;
		count = reached.count;
	}
	if (count > 1)
		qsort(records, count, sizeof(const struct record *), by_name);
	*ret_count = count;
	return records;
}

/* Names of objects come from the cluster: they must not leave their place in a path. */
static void add_escaped(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		bool is_plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
				(*text >= '0' && *text <= '9') || strchr("-_.:~", *text);

		if (is_plain)
			buffer_add_byte(out, *text);
		else
			buffer_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

static const char *place_value(const struct record *record, const char *name, size_t n)
{
	if (n == 4 && !memcmp(name, "name", n))
		return record->name;
	if (n == 9 && !memcmp(name, "namespace", n))
		return record->name_space;
	if (n == 4 && !memcmp(name, "node", n) && record->kind->id == KIND_POD)
		return record_pod(record)->node_name;
	return "";
}

/* NULL where the object has no value for a place. */
static char *fill_path(const char *path, const struct record *record)
{
	struct buffer out = BUFFER_INIT(2048);

	while (*path) {
		size_t plain = strcspn(path, "{");
		const char *close = strchr(path, '}');
		const char *value;

		buffer_add(&out, path, plain);
		path += plain;
		if (!*path || !close)
			break;
		value = record ? place_value(record, path + 1, (size_t)(close - path - 1)) : "";
		if (!*value) {
			buffer_release(&out);
			return NULL;
		}
		add_escaped(&out, value);
		path = close + 1;
	}
	return buffer_detach(&out);
}

/* The node that an object is, or is on; "" for none. */
static const char *node_of(const struct record *record)
{
	if (record && record->kind->id == KIND_NODE)
		return record->name;
	return record && record->kind->id == KIND_POD ? record_pod(record)->node_name : "";
}

static bool make_request(const struct runbook *runbook, const struct collect_item *item,
			 const struct record *record, struct evidence_request *ret_request)
{
	const char *type = json_string_value(json_object_get(item->definition, "type"));
	const json_t *lines = json_object_get(item->definition, "tailLines");
	struct evidence_request request = {.tail_lines = lines ? (int)json_integer_value(lines) : 100};

	if (!strcmp(type, "log") && record) {
		request.type = EVIDENCE_LOG;
		request.previous = json_is_true(json_object_get(item->definition, "previous"));
		request.path = xasprintf("%s/%s/%s", record->name_space, record->name,
					 json_string_value(json_object_get(item->definition, "container")));
	} else if (!strcmp(type, "get")) {
		request.type = EVIDENCE_GET;
		request.path = fill_path(json_string_value(json_object_get(item->definition, "path")),
					 record);
	} else if (!strcmp(type, "stats-summary") && *node_of(record)) {
		request.type = EVIDENCE_STATS;
		request.path = xstrdup(node_of(record));
	} else if (!strcmp(type, "node-check") && *node_of(record)) {
		request.type = EVIDENCE_NODE;
		request.path = xstrdup(node_of(record));
		request.argv = json_object_get(item->definition, "argv");
		request.check = json_string_value(json_object_get(item->definition, "check"));
		request.sudo = json_is_true(json_object_get(item->definition, "sudo"));
		request.is_untrusted = runbook && !runbook->is_trusted;
	} else if (!strcmp(type, "certificates")) {
		request.type = EVIDENCE_CERTIFICATES;
		request.path = xstrdup("");
	}
	*ret_request = request;
	return request.path != NULL;
}

/*
 * The joins of an item start from an object of the runbook's subject; "if" is
 * asked of it too, so that costly evidence is fetched where cheaper one asks for it.
 */
static bool is_wanted(struct walk *walk, const struct collect_item *item, const struct record *subject)
{
	const struct runbook *runbook = walk->evaluation->runbook;
	struct frame frame = {.record = subject};

	if (item->from_count && runbook && subject && subject->kind->id != runbook->subject)
		return false;
	return !item->condition || walk_node(walk, item->condition->root, frame).truth == TRUTH_TRUE;
}

size_t collect_item_requests(const struct collect_item *item, const struct record *subject,
			     struct evaluation *evaluation, struct evidence_request *ret_requests,
			     size_t maximum)
{
	const json_t *limit = json_object_get(item->definition, "limit");
	size_t most = limit ? (size_t)json_integer_value(limit) : 1;
	const struct record **records;
	struct walk walk;
	size_t reached = 0;
	size_t count = 0;

	if (most > maximum)
		most = maximum;
	walk_init(&walk, evaluation);
	walk.quiet++;
	if (!is_wanted(&walk, item, subject))
		most = 0;
	records = most ? follow(&walk, item, subject, &reached) : NULL;
	if (!item->from_count && !subject && most)
		count += make_request(evaluation->runbook, item, NULL, &ret_requests[count]);
	for (size_t i = 0; i < reached && count < most; i++)
		count += make_request(evaluation->runbook, item, records[i], &ret_requests[count]);
	free(records);
	walk_release(&walk);
	return count;
}

size_t collecting_requests(const struct runbook *runbook, const char *name, const struct record *subject,
			   struct evaluation *evaluation, struct evidence_request *ret_requests)
{
	for (size_t i = 0; i < runbook->collect_count; i++) {
		if (!strcmp(runbook->collect[i].name, name))
			return collect_item_requests(&runbook->collect[i], subject, evaluation, ret_requests,
						     COLLECT_LIMIT);
	}
	return 0;
}
