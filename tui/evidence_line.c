/* One line of evidence: which object says it, in the words of an operator, and what it says. */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/view_detail.h"
#include "tui/world.h"
#include "widgets/textview.h"

/* "Pod/kube-system/x status.phase" in its parts; all of them owned by text. */
struct source {
	char *text;
	const char *kind;
	const char *name_space;
	const char *name;
	const char *field;
};

static char *cut_at(char *text, char separator)
{
	char *at = strchr(text, separator);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* False for sources of another form: a log, a check. */
static bool source_parse(struct source *source, const char *raw)
{
	char *rest;
	char *field;

	*source = (struct source){.text = xstrdup(raw), .name_space = ""};
	source->kind = source->text;
	field = cut_at(source->text, ' ');
	rest = cut_at(source->text, '/');
	if (!rest || strchr(source->kind, ':'))
		return false;
	source->field = field ? field : "";
	source->name = rest;
	rest = cut_at(rest, '/');
	if (rest) {
		source->name_space = source->name;
		source->name = rest;
	}
	return true;
}

static const struct record *record_of(const struct world *world, const struct source *source)
{
	for (int kind = 0; world->snapshot && kind < KIND_COUNT; kind++) {
		if (!strcmp(kind_get((enum kind_id)kind)->name, source->kind))
			return snapshot_by_name(world->snapshot, (enum kind_id)kind, source->name_space, source->name);
	}
	return NULL;
}

/* Messages end with line breaks that say nothing. */
static void append_message(struct textview *text, enum role role, const char *raw)
{
	size_t length = strlen(raw);
	auto_free char *trimmed = NULL;

	while (length && strchr(" \n\r\t", raw[length - 1]))
		length--;
	trimmed = xstrndup(raw, length);
	textview_append(text, role, trimmed);
}

/* Namespaces are named where the objects are listed. */
static void append_object(struct textview *text, const char *kind, const char *name)
{
	textview_append(text, ROLE_DIM, kind);
	textview_append(text, ROLE_DIM, " ");
	textview_append(text, ROLE_NORMAL, name);
}

static void append_alike(struct textview *text, const struct evidence_line *line)
{
	if (line->alike)
		textview_appendf(text, ROLE_STRONG, translate(" and %zu more"), line->alike);
}

/* An event is named by what it is about: its own name says nothing. */
static void add_event(struct textview *text, const struct world *world, const struct event_record *event,
		      const struct evidence_line *line)
{
	char age[32];

	textview_add(text, ROLE_NORMAL, "  ");
	textview_append(text, !strcmp(event->type, "Warning") ? ROLE_WARNING : ROLE_STRONG, event->reason);
	if (event->count > 1)
		textview_appendf(text, ROLE_STRONG, " x%lld", (long long)event->count);
	textview_append(text, ROLE_NORMAL, "  ");
	append_object(text, event->object_kind, event->object_name);
	append_alike(text, line);
	if (event->last) {
		world_age(world, event->last, age, sizeof(age));
		textview_appendf(text, ROLE_DIM, translate("  %s ago"), age);
	}
	textview_indent(text, 4);
	textview_add(text, ROLE_NORMAL, "    ");
	append_message(text, ROLE_NORMAL, line->text);
	textview_indent(text, 4);
}

static bool is_message(const struct source *source)
{
	size_t length = strlen(source->field);

	return length >= strlen("message") && !strcmp(source->field + length - strlen("message"), "message");
}

/* "7 of 12": a number of replicas says something beside what was wanted. */
static void append_wanted(struct textview *text, const struct source *source, const struct record *record)
{
	const struct workload_record *workload;

	if (!record || !record_is_workload(record) || strncmp(source->field, "status.", strlen("status.")) != 0)
		return;
	workload = record_workload(record);
	if (workload->wanted >= 0 && !strstr(source->field, "observedGeneration"))
		textview_appendf(text, ROLE_NORMAL, translate(" of %lld"), (long long)workload->wanted);
}

static void add_value(struct textview *text, const struct world *world, const struct source *source,
		      const struct evidence_line *line)
{
	textview_add(text, ROLE_NORMAL, "  ");
	append_object(text, source->kind, source->name);
	append_alike(text, line);
	textview_indent(text, 4);
	textview_append(text, ROLE_DIM, "  ");
	textview_append(text, ROLE_DIM, source->field);
	if (is_message(source)) {
		textview_add(text, ROLE_NORMAL, "    ");
		append_message(text, ROLE_NORMAL, line->text);
		textview_indent(text, 4);
		return;
	}
	textview_append(text, ROLE_NORMAL, " ");
	append_message(text, ROLE_STRONG, line->text);
	append_wanted(text, source, record_of(world, source));
}

/* "log:kube-system/calico-node-x/calico-node?tail=200" */
static void add_other(struct textview *text, const struct evidence_line *line)
{
	bool is_log = !strncmp(line->source, "log:", strlen("log:"));
	const char *name = is_log ? line->source + strlen("log:") : line->source;
	auto_free char *shown = xstrndup(name, is_log ? strcspn(name, "?") : strlen(name));

	textview_add(text, ROLE_DIM, is_log ? translate("  Log ") : "  ");
	textview_append(text, is_log ? ROLE_NORMAL : ROLE_DIM, shown);
	append_alike(text, line);
	textview_indent(text, 4);
	textview_add(text, ROLE_NORMAL, "    ");
	append_message(text, ROLE_NORMAL, line->text);
	textview_indent(text, 4);
}

void evidence_line_text(struct textview *text, const struct world *world, const struct evidence_line *line)
{
	struct source source;
	bool is_object = source_parse(&source, line->source);
	const struct record *record = is_object ? record_of(world, &source) : NULL;

	if (record && record->kind->id == KIND_EVENT)
		add_event(text, world, record_event(record), line);
	else if (is_object)
		add_value(text, world, &source, line);
	else
		add_other(text, line);
	free(source.text);
}
