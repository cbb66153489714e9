#include "probes/kube/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"

/* Macros, because messages name them. */
#define MIB_MAXIMUM 4
#define DEPTH_MAXIMUM 32
#define NODES_MAXIMUM 100000
#define WORDS(number) #number
#define LIMIT(number) WORDS(number)
#define TOO_MANY "more than " LIMIT(NODES_MAXIMUM) " values (aliases counted)"

struct place {
	json_t *value;		/* counted: even what a merge dropped is there to be wiped */
	int line;
};

struct anchor {
	char *name;
	json_t *value;		/* counted; NULL while it is being read: a value cannot contain itself */
	size_t nodes;		/* what an alias of it costs */
	struct anchor *next;
};

struct yaml_tree {
	json_t *root;
	struct place *places;	/* sorted by value once the document is whole */
	size_t place_count;
	size_t place_capacity;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;	/* the current one */
	bool has_event;
	const char *name;
	enum yaml_scalars scalars;
	struct yaml_tree *document;
	struct map anchors;		/* by name, the latest of each */
	struct anchor *all_anchors;
	size_t nodes;
	struct err *err;
};

static json_t *read_value(struct reader *reader, int depth);

static json_t *fail(struct reader *reader, const yaml_mark_t *mark, const char *problem)
{
	char line[32];
	char column[32];

	snprintf(line, sizeof(line), "%zu", mark->line + 1);
	snprintf(column, sizeof(column), "%zu", mark->column + 1);
	err_set(reader->err, ERR_CONFIG, "{file}, line {line}, column {column}: {problem}", "file",
		reader->name, "line",
		line, "column", column, "problem", problem, NULL);
	return NULL;
}

static json_t *fail_here(struct reader *reader, const char *problem)
{
	return fail(reader, &reader->event.start_mark, problem);
}

/* libyaml frees without wiping, and any scalar may be a token. */
static void drop_event(struct reader *reader)
{
	if (reader->has_event && reader->event.type == YAML_SCALAR_EVENT)
		explicit_bzero(reader->event.data.scalar.value, reader->event.data.scalar.length);
	if (reader->has_event)
		yaml_event_delete(&reader->event);
	reader->has_event = false;
}

/* What it has read ahead. A scalar that breaks off within itself is out of our reach. */
static void drop_parser(yaml_parser_t *parser)
{
	for (yaml_token_t *token = parser->tokens.head; token != parser->tokens.tail; token++) {
		if (token->type == YAML_SCALAR_TOKEN)
			explicit_bzero(token->data.scalar.value, token->data.scalar.length);
	}
	explicit_bzero(parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
	explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
	yaml_parser_delete(parser);
}

/* Moves on to the next event. */
static int next(struct reader *reader)
{
	drop_event(reader);
	if (!yaml_parser_parse(&reader->parser, &reader->event)) {
		const char *problem = reader->parser.problem;

		fail(reader, &reader->parser.problem_mark, problem ? problem : "no YAML");
		return -1;
	}
	reader->has_event = true;
	return 0;
}

static void remember_place(struct reader *reader, json_t *value, size_t line)
{
	struct yaml_tree *document = reader->document;

	if (document->place_count == document->place_capacity) {
		document->place_capacity = document->place_capacity ? 2 * document->place_capacity : 64;
		document->places = xreallocarray(document->places, document->place_capacity,
						 sizeof(struct place));
	}
	document->places[document->place_count++] = (struct place){
		.value = json_incref(value),
		.line = (int)line + 1,
	};
}

/* Scalars */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

static json_t *typed_number(const char *text)
{
	bool is_plain = text[strspn(text, "+-.0123456789eE")] == '\0' && strpbrk(text, "0123456789");
	char *end;
	long long integer;
	double real;

	if (!is_plain)
		return NULL;
	errno = 0;
	integer = strtoll(text, &end, 10);
	if (!*end && !errno)
		return json_integer(integer);
	real = strtod(text, &end);
	return *end || !isfinite(real) ? NULL : json_real(real);
}

static json_t *typed_scalar(const char *text)
{
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};

	if (is_one_of(text, trues))
		return json_true();
	if (is_one_of(text, falses))
		return json_false();
	return typed_number(text);
}

static json_t *read_scalar(struct reader *reader)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	const char *text = (const char *)reader->event.data.scalar.value;
	size_t length = reader->event.data.scalar.length;
	bool plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	json_t *value;

	if (strlen(text) != length)
		return fail_here(reader, "a NUL character in a value");
	if (plain && is_one_of(text, nulls))
		return json_null();
	value = plain && reader->scalars == YAML_TYPED ? typed_scalar(text) : NULL;
	if (!value)
		value = json_stringn(text, length);
	return value ? value : fail_here(reader, "a value that is not UTF-8");
}

/* Anchors and aliases */

static char *anchor_of(const yaml_event_t *event)
{
	const yaml_char_t *name = event->type == YAML_SCALAR_EVENT	     ? event->data.scalar.anchor
				  : event->type == YAML_SEQUENCE_START_EVENT
				  ? event->data.sequence_start.anchor
				  : event->type == YAML_MAPPING_START_EVENT
				  ? event->data.mapping_start.anchor
									     : NULL;

	return name ? xstrdup((const char *)name) : NULL;
}

/* The later of two anchors of one name counts from then on, as YAML says. */
static struct anchor *anchor_open(struct reader *reader, char *name)
{
	struct anchor *anchor = xcalloc(1, sizeof(*anchor));

	anchor->name = name;
	anchor->next = reader->all_anchors;
	reader->all_anchors = anchor;
	map_put(&reader->anchors, name, anchor);
	return anchor;
}

static json_t *read_alias(struct reader *reader)
{
	struct anchor *anchor = map_get(&reader->anchors, (const char *)reader->event.data.alias.anchor);

	if (!anchor)
		return fail_here(reader, "an alias of nothing");
	if (!anchor->value)
		return fail_here(reader, "a value that contains itself");
	reader->nodes += anchor->nodes;
	if (reader->nodes > NODES_MAXIMUM)
		return fail_here(reader, TOO_MANY);
	return json_incref(anchor->value);
}

/* Collections. The start event is current; the end event is when they return. */

static json_t *read_sequence(struct reader *reader, int depth)
{
	json_t *sequence = json_array();

	for (;;) {
		json_t *value;

		if (next(reader) < 0)
			break;
		if (reader->event.type == YAML_SEQUENCE_END_EVENT)
			return sequence;
		value = read_value(reader, depth + 1);
		if (!value)
			break;
		json_array_append_new(sequence, value);
	}
	json_decref(sequence);
	return NULL;
}

/* "<<": what the mapping does not say itself comes from there. */
static bool merge(json_t *mapping, json_t *from)
{
	json_t *one;
	size_t index;

	if (json_is_array(from)) {
		json_array_foreach(from, index, one) {
			if (!merge(mapping, one))
				return false;
		}
		return true;
	}
	return json_is_object(from) && json_object_update_missing(mapping, from) == 0;
}

static int read_member(struct reader *reader, json_t *mapping, json_t **merged, int depth)
{
	auto_free char *key = NULL;
	bool is_merge;
	json_t *value;

	if (reader->event.type != YAML_SCALAR_EVENT) {
		fail_here(reader, "a key that is no text");
		return -1;
	}
	key = xstrdup((const char *)reader->event.data.scalar.value);
	is_merge = !strcmp(key, "<<") && reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (is_merge ? *merged != NULL : json_object_get(mapping, key) != NULL) {
		auto_free char *problem = xasprintf("the key \"%s\" is there twice", key);

		fail_here(reader, problem);
		return -1;
	}
	if (next(reader) < 0)
		return -1;
	value = read_value(reader, depth + 1);
	if (!value)
		return -1;
	if (is_merge) {
		*merged = value;
		return 0;
	}
	if (json_object_set_new(mapping, key, value) < 0) {
		fail_here(reader, "a key that is not UTF-8");
		return -1;
	}
	return 0;
}

static json_t *read_mapping(struct reader *reader, int depth)
{
	json_t *mapping = json_object();
	json_t *merged = NULL;
	bool fine = false;

	for (;;) {
		if (next(reader) < 0)
			break;
		fine = reader->event.type == YAML_MAPPING_END_EVENT;
		if (fine || read_member(reader, mapping, &merged, depth) < 0)
			break;
	}
	if (fine && merged && !merge(mapping, merged)) {
		fail_here(reader, "\"<<\" merges something that is no mapping");
		fine = false;
	}
	json_decref(merged);
	if (fine)
		return mapping;
	json_decref(mapping);
	return NULL;
}

static json_t *read_plain_value(struct reader *reader, int depth)
{
	switch (reader->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader);
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(reader, depth);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(reader, depth);
	default:
		return fail_here(reader, "a value was expected");
	}
}

static json_t *read_value(struct reader *reader, int depth)
{
	size_t before = reader->nodes++;
	size_t line = reader->event.start_mark.line;
	struct anchor *anchor = NULL;
	json_t *value;
	char *name;

	if (depth > DEPTH_MAXIMUM)
		return fail_here(reader, "nested deeper than " LIMIT(DEPTH_MAXIMUM) " levels");
	if (reader->nodes > NODES_MAXIMUM)
		return fail_here(reader, TOO_MANY);
	if (reader->event.type == YAML_ALIAS_EVENT)
		return read_alias(reader);
	name = anchor_of(&reader->event);
	if (name)
		anchor = anchor_open(reader, name);
	value = read_plain_value(reader, depth);
	if (!value)
		return NULL;
	if (anchor) {
		anchor->value = json_incref(value);
		anchor->nodes = reader->nodes - before;
	}
	if (!json_is_null(value) && !json_is_boolean(value))
		remember_place(reader, value, line);
	return value;
}

/* Up to the first document's root, which may be missing. */
static json_t *read_root(struct reader *reader)
{
	do {
		if (next(reader) < 0)
			return NULL;
		if (reader->event.type == YAML_STREAM_END_EVENT)
			return json_null();
	} while (reader->event.type == YAML_STREAM_START_EVENT ||
		 reader->event.type == YAML_DOCUMENT_START_EVENT);
	return read_value(reader, 0);
}

static int compare_places(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)((const struct place *)a)->value;
	uintptr_t right = (uintptr_t)((const struct place *)b)->value;

	return left < right ? -1 : left > right;
}

static void release_anchors(struct reader *reader)
{
	while (reader->all_anchors) {
		struct anchor *anchor = reader->all_anchors;

		reader->all_anchors = anchor->next;
		json_decref(anchor->value);
		free(anchor->name);
		free(anchor);
	}
	map_release(&reader->anchors);
}

int yaml_tree_parse(const char *name, const char *text, size_t length, enum yaml_scalars scalars,
	       struct yaml_tree **ret_document, struct err *err)
{
	struct yaml_tree *document;
	struct reader reader = {.name = name, .scalars = scalars, .err = err};

	if (length > (size_t)MIB_MAXIMUM << 20)
		return err_set(err, ERR_LIMIT, "{file} is larger than {limit} MiB", "file", name, "limit",
			       LIMIT(MIB_MAXIMUM), NULL);
	if (!yaml_parser_initialize(&reader.parser))
		bug("libyaml is out of memory");
	document = xcalloc(1, sizeof(*document));
	reader.document = document;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	document->root = read_root(&reader);
	drop_event(&reader);
	drop_parser(&reader.parser);
	release_anchors(&reader);
	if (!document->root) {
		yaml_tree_free(document);
		return -1;
	}
	if (document->place_count)
		qsort(document->places, document->place_count, sizeof(struct place), compare_places);
	*ret_document = document;
	return 0;
}

void yaml_tree_free(struct yaml_tree *document)
{
	if (!document)
		return;
	/* Each string of the document stands in the list of places; jansson frees without wiping. */
	for (size_t i = 0; i < document->place_count; i++) {
		json_t *value = document->places[i].value;

		if (json_is_string(value))
			explicit_bzero((void *)(uintptr_t)json_string_value(value),
				       json_string_length(value));
		json_decref(value);
	}
	json_decref(document->root);
	free(document->places);
	free(document);
}

json_t *yaml_tree_root(const struct yaml_tree *document)
{
	return document->root;
}

int yaml_tree_line(const struct yaml_tree *document, const json_t *value)
{
	struct place wanted = {.value = (json_t *)(uintptr_t)value};
	const struct place *found;

	if (!document->place_count)
		return 0;
	found = bsearch(&wanted, document->places, document->place_count, sizeof(struct place),
			compare_places);
	return found ? found->line : 0;
}
