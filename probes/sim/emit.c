#include "probes/sim/emit.h"

#include <inttypes.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/event_view.h"
#include "probes/sim/http.h"
#include "probes/sim/table.h"

void emitter_init(struct emitter *emitter, const struct request *request, const struct kind *kind)
{
	const char *accept = request_header(request, "Accept");
	const char *include = request_query(request, "includeObject");

	*emitter = (struct emitter){.kind = kind, .now = clock_wall()};
	if (accept && strstr(accept, "as=Table") && strstr(accept, "v=v1;") && strstr(accept, "g=meta.k8s.io"))
		emitter->form = EMIT_TABLE;
	else if (accept && strstr(accept, "as=PartialObjectMetadata"))
		emitter->form = EMIT_PARTIAL;
	if (include && !strcmp(include, "None"))
		emitter->include = INCLUDE_NONE;
	else if (include && !strcmp(include, "Object"))
		emitter->include = INCLUDE_OBJECT;
}

/* The object in full, in the form of the kind that was asked for. */
static void add_full(const struct emitter *emitter, struct revision *revision, bool item, struct buffer *out)
{
	struct revision *view = NULL;

	if (emitter->kind->id == KIND_EVENT_VIEW) {
		view = revision_new(event_view(revision->value), revision->version);
		revision = view;
	}
	if (item)
		revision_add_item(revision, out);
	else
		revision_add(revision, emitter->kind, out);
	revision_drop(view);
}

static void add_row(const struct emitter *emitter, struct revision *revision, struct buffer *out)
{
	buffer_add_text(out, "{\"cells\":[");
	table_cells(emitter->kind, revision->value, emitter->now, out);
	buffer_add_text(out, "],\"object\":");
	if (emitter->include == INCLUDE_NONE)
		buffer_add_text(out, "null");
	else if (emitter->include == INCLUDE_METADATA)
		revision_add_partial(revision, out);
	else
		add_full(emitter, revision, false, out);
	buffer_add_byte(out, '}');
}

static void add_table_head(const struct emitter *emitter, uint64_t version, const char *continue_token,
			   int64_t remaining, bool columns, struct buffer *out)
{
	buffer_addf(out, "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"resourceVersion\":"
			 "\"%" PRIu64 "\"", version);
	if (continue_token[0])
		buffer_addf(out, ",\"continue\":\"%s\"", continue_token);
	if (remaining >= 0)
		buffer_addf(out, ",\"remainingItemCount\":%" PRId64, remaining);
	buffer_add_text(out, "},\"columnDefinitions\":");
	if (columns)
		table_columns(emitter->kind, out);
	else
		buffer_add_text(out, "null");
	buffer_add_text(out, ",\"rows\":[");
}

static void add_table(const struct emitter *emitter, struct revision *revision, bool columns, struct buffer *out)
{
	add_table_head(emitter, revision->version, "", -1, columns, out);
	add_row(emitter, revision, out);
	buffer_add_text(out, "]}");
}

void emit_object(const struct emitter *emitter, struct revision *revision, struct buffer *out)
{
	if (emitter->form == EMIT_TABLE)
		add_table(emitter, revision, true, out);
	else if (emitter->form == EMIT_PARTIAL)
		revision_add_partial(revision, out);
	else
		add_full(emitter, revision, false, out);
}

void emit_list_begin(const struct emitter *emitter, uint64_t version, const char *continue_token,
		     int64_t remaining, struct buffer *out)
{
	char api_version[64];

	if (emitter->form == EMIT_TABLE) {
		add_table_head(emitter, version, continue_token, remaining, true, out);
		return;
	}
	if (emitter->form == EMIT_PARTIAL)
		buffer_add_text(out, "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\"");
	else
		buffer_addf(out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\"", emitter->kind->kind,
			    kind_api_version(emitter->kind, api_version, sizeof(api_version)));
	buffer_addf(out, ",\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\"", version);
	if (continue_token[0])
		buffer_addf(out, ",\"continue\":\"%s\"", continue_token);
	if (remaining >= 0)
		buffer_addf(out, ",\"remainingItemCount\":%" PRId64, remaining);
	buffer_add_text(out, "},\"items\":[");
}

void emit_list_item(const struct emitter *emitter, struct revision *revision, bool first, struct buffer *out)
{
	if (!first)
		buffer_add_byte(out, ',');
	if (emitter->form == EMIT_TABLE)
		add_row(emitter, revision, out);
	else if (emitter->form == EMIT_PARTIAL)
		revision_add_partial(revision, out);
	else
		add_full(emitter, revision, true, out);
}

void emit_list_end(struct buffer *out)
{
	buffer_add_text(out, "]}\n");
}

void emit_event(struct emitter *emitter, const char *type, struct revision *revision, struct buffer *out)
{
	buffer_addf(out, "{\"type\":\"%s\",\"object\":", type);
	if (emitter->form == EMIT_TABLE)
		add_table(emitter, revision, !emitter->columns_sent, out);
	else
		emit_object(emitter, revision, out);
	emitter->columns_sent = true;
	buffer_add_text(out, "}\n");
}

void emit_bookmark(const struct emitter *emitter, uint64_t version, struct buffer *out)
{
	char api_version[64];
	const char *kind = emitter->kind->kind;

	kind_api_version(emitter->kind, api_version, sizeof(api_version));
	if (emitter->form == EMIT_TABLE) {
		buffer_add_text(out, "{\"type\":\"BOOKMARK\",\"object\":");
		add_table_head(emitter, version, "", -1, false, out);
		buffer_add_text(out, "]}}\n");
		return;
	}
	buffer_addf(out, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":"
			 "{\"resourceVersion\":\"%" PRIu64 "\",\"creationTimestamp\":null}}}\n",
		    emitter->form == EMIT_PARTIAL ? "PartialObjectMetadata" : kind,
		    emitter->form == EMIT_PARTIAL ? "meta.k8s.io/v1" : api_version, version);
}
