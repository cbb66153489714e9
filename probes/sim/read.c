#include "probes/sim/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/base64.h"
#include "probes/sim/document.h"
#include "probes/sim/emit.h"
#include "probes/sim/http.h"
#include "probes/sim/status.h"

/* Where a page begins. */
struct cursor {
	bool present;
	bool consistent;	/* false: go on with what there is now */
	uint64_t version;
	char start[520];	/* the first key that may be in the page */
};

/* The revisions to page through: a snapshot's, or those of the table itself. */
struct range {
	const struct snapshot *snapshot;	/* NULL = the table */
	const struct table *table;
	size_t first;
	size_t end;
	uint64_t version;
};

json_t *status_bad_request(const struct err *err)
{
	struct buffer text = BUFFER_INIT(8 << 10);
	json_t *status;

	message_format(&err->what, NULL, &text);
	status = status_new(400, buffer_text(&text));
	buffer_release(&text);
	return status;
}

int filter_init(struct filter *filter, const struct request *request, struct err *err)
{
	const char *labels = request_query(request, "labelSelector");
	const char *fields = request_query(request, "fieldSelector");

	*filter = (struct filter){0};
	snprintf(filter->namespace, sizeof(filter->namespace), "%s", request->target.namespace);
	if (selector_parse(labels ? labels : "", &filter->labels, err))
		return -1;
	if (!field_selector_parse(fields ? fields : "", request->target.kind, &filter->fields, err))
		return 0;
	filter_release(filter);
	return -1;
}

void filter_release(struct filter *filter)
{
	selector_release(&filter->labels);
	selector_release(&filter->fields);
}

bool filter_matches(const struct filter *filter, const json_t *value)
{
	if (filter->namespace[0] && strcmp(doc_text(value, "metadata.namespace"), filter->namespace))
		return false;
	if (filter->labels.count && !selector_matches(&filter->labels, doc_get(value, "metadata.labels")))
		return false;
	return !filter->fields.count || field_selector_matches(&filter->fields, value);
}

void read_get(struct request *request)
{
	const struct target *target = &request->target;
	struct object *object = store_find(&request->cluster->store, kind_storage(target->kind), target->namespace,
					   target->name);
	struct buffer body = BUFFER_INIT(64 << 20);
	struct emitter emitter;

	if (!object) {
		answer_status(request, status_not_found(target->kind, target->name));
		return;
	}
	emitter_init(&emitter, request, target->kind);
	emit_object(&emitter, object->now, &body);
	answer_buffer(request, 200, &body, NULL);
}

/* "" when there is nothing after the page. Caller frees. */
static char *make_token(uint64_t version, bool consistent, const char *start)
{
	json_t *token = json_pack("{s:s, s:I, s:s}", "v", "meta.k8s.io/v1", "rv",
				  consistent ? (json_int_t)version : (json_int_t)-1, "start", start);
	auto_free char *text = doc_dump(token);

	json_decref(token);
	return base64_url_encode(text, strlen(text));
}

static int read_token(const char *text, struct cursor *cursor)
{
	auto_free char *bytes = base64_url_decode(text);
	json_t *token = bytes ? doc_parse(bytes, strlen(bytes), NULL) : NULL;
	int64_t version = doc_int(token, "rv");
	bool good = token && !strcmp(doc_text(token, "v"), "meta.k8s.io/v1") && version &&
		    doc_text(token, "start")[0];

	*cursor = (struct cursor){.present = true, .consistent = version > 0, .version = (uint64_t)version};
	snprintf(cursor->start, sizeof(cursor->start), "%s", doc_text(token, "start"));
	json_decref(token);
	return good ? 0 : -1;
}

static void answer_expired(struct request *request, const char *start)
{
	auto_free char *token = make_token(0, false, start);
	json_t *status = status_expired(
		"The provided continue parameter is too old to display a consistent list result. You can start a new "
		"list without the continue parameter, or use the continue token in this response to retrieve the "
		"remainder of the results. Continuing with the provided token results in an inconsistent list - "
		"objects that were created, modified, or deleted between the time the first chunk was returned and "
		"now may show up in the list.");

	doc_set_text(status, "metadata.continue", token);
	answer_status(request, status);
}

static size_t snapshot_position(const struct snapshot *snapshot, const char *key)
{
	size_t low = 0;
	size_t high = snapshot->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		auto_free char *own = revision_key(snapshot->revisions[middle]);

		if (strcmp(own, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void snapshot_range(const struct snapshot *snapshot, const char *namespace, struct range *range)
{
	auto_free char *first = xasprintf("%s/", namespace);
	auto_free char *end = xasprintf("%s0", namespace);

	*range = (struct range){.snapshot = snapshot, .version = snapshot->version, .end = snapshot->count};
	if (!namespace[0])
		return;
	range->first = snapshot_position(snapshot, first);
	range->end = snapshot_position(snapshot, end);
}

static struct revision *range_at(const struct range *range, size_t i)
{
	return range->snapshot ? range->snapshot->revisions[i] : range->table->objects[i]->now;
}

/* False where it was answered with 410. */
static bool find_range(struct request *request, const struct filter *filter, const struct cursor *cursor,
		       uint64_t exact, int64_t limit, struct range *range)
{
	struct store *store = &request->cluster->store;
	enum kind_id kind = kind_storage(request->target.kind);
	const struct snapshot *snapshot = NULL;

	if (cursor->present && cursor->consistent) {
		snapshot = store_find_snapshot(store, kind, cursor->version);
		if (!snapshot) {
			answer_expired(request, cursor->start);
			return false;
		}
	} else if (exact && exact != store->version) {
		snapshot = store_find_snapshot(store, kind, exact);
		if (!snapshot) {
			answer_status(request, status_expired("The resourceVersion for the provided list is too old."));
			return false;
		}
	}
	*range = (struct range){.table = &store->tables[kind], .version = store->version};
	store_range(store, kind, filter->namespace, &range->first, &range->end);
	if (!snapshot && limit && range->end - range->first > (size_t)limit)
		snapshot = store_snapshot(store, kind);
	if (snapshot)
		snapshot_range(snapshot, filter->namespace, range);
	if (cursor->present) {
		size_t start = snapshot ? snapshot_position(snapshot, cursor->start)
					: store_position(store, kind, cursor->start);

		range->first = start > range->first ? start : range->first;
	}
	return true;
}

static void answer_page(struct request *request, const struct filter *filter, const struct range *range,
			int64_t limit)
{
	struct buffer items = BUFFER_INIT(1 << 30);
	struct buffer body = BUFFER_INIT(1 << 30);
	auto_free char *token = xstrdup("");
	struct emitter emitter;
	size_t i = range->first;
	int64_t found = 0;
	bool exact_count = !filter->labels.count && !filter->fields.count;

	emitter_init(&emitter, request, request->target.kind);
	for (; i < range->end && (!limit || found < limit); i++) {
		struct revision *revision = range_at(range, i);

		if (!filter_matches(filter, revision->value))
			continue;
		emit_list_item(&emitter, revision, !found, &items);
		found++;
	}
	if (i < range->end) {
		auto_free char *start = revision_key(range_at(range, i));

		free(token);
		token = make_token(range->version, range->snapshot, start);
	}
	emit_list_begin(&emitter, range->version, token,
			i < range->end && exact_count ? (int64_t)(range->end - i) : -1, &body);
	buffer_add(&body, buffer_text(&items), items.length);
	emit_list_end(&body);
	buffer_release(&items);
	answer_buffer(request, 200, &body, NULL);
}

/* ListOptions that contradict each other; NULL where they are fine. */
static json_t *check_options(const char *version, const char *match, bool paging)
{
	const char *why = NULL;
	auto_free char *message = NULL;
	json_t *status;

	if (match && (!version || !version[0]))
		why = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
	else if (match && paging)
		why = "Forbidden: resourceVersionMatch is forbidden when continue is provided";
	else if (match && strcmp(match, "Exact") && strcmp(match, "NotOlderThan"))
		why = "Unsupported value: supported values: \"Exact\", \"NotOlderThan\"";
	else if (match && !strcmp(match, "Exact") && !strcmp(version, "0"))
		why = "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
	if (!why)
		return NULL;
	message = xasprintf("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: %s", why);
	status = status_new(422, message);
	doc_set_text(status, "details.group", "meta.k8s.io");
	doc_set_text(status, "details.kind", "ListOptions");
	status_add_cause(status, "FieldValueForbidden", why, "resourceVersionMatch");
	return status;
}

static json_t *too_large(uint64_t asked, uint64_t current)
{
	auto_free char *message = xasprintf("Too large resource version: %" PRIu64 ", current: %" PRIu64, asked,
					    current);
	json_t *status = status_new(504, message);

	doc_set_int(status, "details.retryAfterSeconds", 1);
	status_add_cause(status, "ResourceVersionTooLarge", "Too large resource version", NULL);
	return status;
}

/* Reads resourceVersion; *ret_exact is 0 unless the list must be of exactly that version. NULL where it is fine. */
static json_t *read_version(const struct request *request, int64_t limit, bool paging, uint64_t *ret_exact)
{
	const char *version = request_query(request, "resourceVersion");
	const char *match = request_query(request, "resourceVersionMatch");
	json_t *status = check_options(version, match, paging);
	uint64_t number = 0;
	int used = 0;

	*ret_exact = 0;
	if (status)
		return status;
	if (!version || !version[0] || paging)
		return NULL;
	if (sscanf(version, "%" SCNu64 "%n", &number, &used) != 1 || version[used]) {
		auto_free char *message = xasprintf("invalid resource version: resourceVersion: Invalid value: \"%s\": "
						    "strconv.ParseUint: parsing \"%s\": invalid syntax", version,
						    version);

		return status_new(400, message);
	}
	if (number > request->cluster->store.version)
		return too_large(number, request->cluster->store.version);
	if (number && ((match && !strcmp(match, "Exact")) || (!match && limit)))
		*ret_exact = number;
	return NULL;
}

void read_list(struct request *request)
{
	const char *limit_text = request_query(request, "limit");
	const char *token = request_query(request, "continue");
	const char *version = request_query(request, "resourceVersion");
	int used = 0;
	struct cursor cursor = {0};
	struct range range;
	struct filter filter;
	struct err err;
	int64_t limit = 0;
	uint64_t exact;
	json_t *status;

	if (limit_text && limit_text[0] && (sscanf(limit_text, "%" SCNd64 "%n", &limit, &used) != 1 ||
					    limit_text[used])) {
		auto_free char *message = xasprintf("strconv.ParseInt: parsing \"%s\": invalid syntax", limit_text);

		answer_status(request, status_new(400, message));
		return;
	}
	limit = limit < 0 ? 0 : limit;
	/* Version 0 is whatever the cache has, all of it. */
	if (version && !strcmp(version, "0") && !(token && token[0]))
		limit = 0;
	if (token && token[0] && read_token(token, &cursor)) {
		answer_status(request, status_new(400, "continue key is not valid: the token cannot be decoded"));
		return;
	}
	status = read_version(request, limit, cursor.present, &exact);
	if (status) {
		answer_status(request, status);
		return;
	}
	if (filter_init(&filter, request, &err)) {
		answer_status(request, status_bad_request(&err));
		return;
	}
	if (find_range(request, &filter, &cursor, exact, limit, &range))
		answer_page(request, &filter, &range, limit);
	filter_release(&filter);
}
