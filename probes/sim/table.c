#include "probes/sim/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"

static const struct column default_columns[] = {
	NAME_COLUMN,
	{"Created At", "date", "", 0, "Time of creation"},
};

static void default_cells(const json_t *object, struct row *row)
{
	cell_text(row, doc_text(object, "metadata.name"));
	cell_text(row, doc_text(object, "metadata.creationTimestamp"));
}

static const struct table_ops default_table = {
	.columns = default_columns, .count = array_length(default_columns), .cells = default_cells,
};

static const struct table_ops *const tables[] = {
	&pod_table, &node_table, &namespace_table, &event_table, &config_map_table, &secret_table, &service_table,
	&endpoints_table, &service_account_table, &claim_table, &volume_table, &storage_class_table,
	&daemon_set_table, &deployment_table, &replica_set_table, &stateful_set_table, &controller_revision_table,
	&job_table, &cron_job_table, &disruption_budget_table, &lease_table,
};

static const struct table_ops *table_of(const struct kind *kind)
{
	for (size_t i = 0; i < array_length(tables); i++)
		if (tables[i]->kind == kind_storage(kind))
			return tables[i];
	return &default_table;
}

void table_columns(const struct kind *kind, struct buffer *out)
{
	const struct table_ops *table = table_of(kind);

	buffer_add_byte(out, '[');
	for (size_t i = 0; i < table->count; i++) {
		const struct column *column = &table->columns[i];

		buffer_addf(out, "%s{\"name\":\"%s\",\"type\":\"%s\",\"format\":\"%s\",\"description\":\"%s\","
				 "\"priority\":%d}", i ? "," : "", column->name, column->type, column->format,
			    column->description, column->priority);
	}
	buffer_add_byte(out, ']');
}

void table_cells(const struct kind *kind, const json_t *object, int64_t now, struct buffer *out)
{
	struct row row = {.out = out, .now = now};

	table_of(kind)->cells(object, &row);
}

static void next_cell(struct row *row)
{
	if (row->cells++)
		buffer_add_byte(row->out, ',');
}

void cell_text(struct row *row, const char *text)
{
	json_t *value = json_string(text);
	auto_free char *quoted = doc_dump(value);

	next_cell(row);
	buffer_add_text(row->out, quoted);
	json_decref(value);
}

void cell_integer(struct row *row, int64_t number)
{
	next_cell(row);
	buffer_addf(row->out, "%" PRId64, number);
}

void cell_format(struct row *row, const char *format, ...)
{
	auto_free char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		bug("a format that vasprintf refuses");
	va_end(arguments);
	cell_text(row, text);
}

void cell_age(struct row *row, const json_t *object, const char *path)
{
	int64_t wall = doc_wall(object, path);
	char age[24];

	if (!wall) {
		cell_text(row, "<unknown>");
		return;
	}
	clock_age(row->now - wall, age, sizeof(age));
	cell_text(row, age);
}

void cell_or_none(struct row *row, const char *text)
{
	cell_text(row, text[0] ? text : "<none>");
}

void cell_containers(struct row *row, const json_t *pod_spec)
{
	struct buffer names = BUFFER_INIT(64 << 10);
	struct buffer images = BUFFER_INIT(64 << 10);
	size_t i;
	json_t *container;

	json_array_foreach(doc_get(pod_spec, "containers"), i, container) {
		buffer_addf(&names, "%s%s", i ? "," : "", doc_text(container, "name"));
		buffer_addf(&images, "%s%s", i ? "," : "", doc_text(container, "image"));
	}
	cell_text(row, buffer_text(&names));
	cell_text(row, buffer_text(&images));
	buffer_release(&names);
	buffer_release(&images);
}

static void add_labels(struct buffer *text, const json_t *labels)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)labels, name, value)
		buffer_addf(text, "%s%s=%s", text->length ? "," : "", name,
			    json_is_string(value) ? json_string_value(value) : "");
}

static void add_expression(struct buffer *text, const json_t *expression)
{
	const char *operator = doc_text(expression, "operator");
	const char *key = doc_text(expression, "key");
	size_t i;
	json_t *value;

	if (text->length)
		buffer_add_byte(text, ',');
	if (!strcmp(operator, "Exists") || !strcmp(operator, "DoesNotExist")) {
		buffer_addf(text, "%s%s", operator[0] == 'D' ? "!" : "", key);
		return;
	}
	buffer_addf(text, "%s %s (", key, !strcmp(operator, "In") ? "in" : "notin");
	json_array_foreach(doc_get(expression, "values"), i, value)
		buffer_addf(text, "%s%s", i ? "," : "", json_is_string(value) ? json_string_value(value) : "");
	buffer_add_byte(text, ')');
}

void cell_selector(struct row *row, const json_t *label_selector)
{
	struct buffer text = BUFFER_INIT(64 << 10);
	size_t i;
	json_t *expression;

	add_labels(&text, doc_get(label_selector, "matchLabels"));
	json_array_foreach(doc_get(label_selector, "matchExpressions"), i, expression)
		add_expression(&text, expression);
	cell_or_none(row, buffer_text(&text));
	buffer_release(&text);
}

void cell_labels(struct row *row, const json_t *labels)
{
	struct buffer text = BUFFER_INIT(64 << 10);

	add_labels(&text, labels);
	cell_or_none(row, buffer_text(&text));
	buffer_release(&text);
}
