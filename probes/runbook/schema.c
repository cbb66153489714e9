#include "probes/runbook/schema.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/file.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/runbook/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { SCHEMA_SIZE_MAX = 1 << 20 };

struct schema {
	json_t *root;
	struct map patterns;	/* source -> pcre2_code; sources borrowed from root */
};

/* While a condition of if/then/else is tried, nothing is reported. */
struct check {
	const struct schema *schema;
	struct report *report;	/* NULL: only whether it holds */
};

static bool check_value(const struct check *check, const json_t *rules, json_t *value);

static const char *const known[] = {
	"$schema", "$id", "$ref", "$defs", "title", "description", "type", "const", "enum", "properties",
	"required", "additionalProperties", "propertyNames", "minProperties", "maxProperties", "items",
	"minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum",
	"allOf", "if", "then", "else",
};

__attribute__((format(printf, 3, 4)))
static bool fails(const struct check *check, bool at_key, const char *format, ...)
{
	char text[512];
	va_list arguments;

	if (!check->report)
		return false;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	report_error(check->report, at_key, "%s", text);
	return false;
}

static struct place *place_of(const struct check *check)
{
	return check->report ? &check->report->place : NULL;
}

static bool check_member(const struct check *check, const json_t *rules, const char *key, json_t *value)
{
	bool is_fine;

	if (place_of(check))
		place_push_key(place_of(check), key);
	is_fine = check_value(check, rules, value);
	if (place_of(check))
		place_pop(place_of(check));
	return is_fine;
}

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	case JSON_NULL:
		break;
	}
	return "null";
}

static bool has_type(const json_t *value, const char *type)
{
	if (!strcmp(type, "integer"))
		return json_is_integer(value);
	return !strcmp(type, type_name(value));
}

/* "a, b or c" of a list of texts. */
static char *list_text(const json_t *list)
{
	struct buffer out = BUFFER_INIT(400);
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		auto_free char *text = NULL;

		if (json_is_string(item))
			text = xstrdup(json_string_value(item));
		else
			text = json_dumps(item, JSON_ENCODE_ANY | JSON_COMPACT);

		buffer_addf(&out, "%s%s", !i ? "" : i + 1 < count ? ", " : " or ", text);
	}
	return buffer_detach(&out);
}

static bool check_type(const struct check *check, const json_t *type, const json_t *value)
{
	auto_free char *wanted = NULL;
	size_t index;
	const json_t *item;

	if (json_is_string(type)) {
		if (has_type(value, json_string_value(type)))
			return true;
		return fails(check, false, "%s is expected here, not %s", json_string_value(type),
			     type_name(value));
	}
	json_array_foreach(type, index, item) {
		if (has_type(value, json_string_value(item)))
			return true;
	}
	wanted = list_text(type);
	return fails(check, false, "%s is expected here, not %s", wanted, type_name(value));
}

static bool check_choice(const struct check *check, const json_t *rules, const json_t *value)
{
	const json_t *only = json_object_get(rules, "const");
	const json_t *choices = json_object_get(rules, "enum");
	auto_free char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	auto_free char *wanted = NULL;
	size_t index;
	const json_t *item;

	if (only && !json_equal(only, value)) {
		wanted = json_dumps(only, JSON_ENCODE_ANY | JSON_COMPACT);
		return fails(check, false, "%.80s is not %s", text, wanted);
	}
	if (!choices)
		return true;
	json_array_foreach(choices, index, item) {
		if (json_equal(item, value))
			return true;
	}
	wanted = list_text(choices);
	return fails(check, false, "%.80s is none of %s", text, wanted);
}

static size_t code_points(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static bool check_string(const struct check *check, const json_t *rules, const json_t *value)
{
	const char *text = json_string_value(value);
	const json_t *least = json_object_get(rules, "minLength");
	const json_t *most = json_object_get(rules, "maxLength");
	const char *source = json_string_value(json_object_get(rules, "pattern"));
	bool is_fine = true;

	if (least && code_points(text) < (size_t)json_integer_value(least))
		return fails(check, false, "the text is empty");
	if (most && code_points(text) > (size_t)json_integer_value(most))
		is_fine = fails(check, false, "the text has %zu characters, at most %lld are allowed",
				code_points(text), (long long)json_integer_value(most));
	if (source) {
		const pcre2_code *code = map_get(&check->schema->patterns, source);
		pcre2_match_data *data = pcre2_match_data_create(1, NULL);
		int found = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL);

		pcre2_match_data_free(data);
		if (found < 0)
			is_fine = fails(check, false, "\"%.80s\" does not have the form %s", text, source);
	}
	return is_fine;
}

static bool check_number(const struct check *check, const json_t *rules, const json_t *value)
{
	const json_t *least = json_object_get(rules, "minimum");
	const json_t *most = json_object_get(rules, "maximum");

	if (least && json_number_value(value) < json_number_value(least))
		return fails(check, false, "the number is smaller than %g", json_number_value(least));
	if (most && json_number_value(value) > json_number_value(most))
		return fails(check, false, "the number is larger than %g", json_number_value(most));
	return true;
}

static bool check_items(const struct check *check, const json_t *rules, json_t *value)
{
	const json_t *least = json_object_get(rules, "minItems");
	const json_t *most = json_object_get(rules, "maxItems");
	const json_t *item_rules = json_object_get(rules, "items");
	bool is_fine = true;
	size_t index;
	json_t *item;

	if (least && json_array_size(value) < (size_t)json_integer_value(least))
		return fails(check, false, "the list is empty");
	if (most && json_array_size(value) > (size_t)json_integer_value(most))
		return fails(check, false, "the list has more than %lld items",
			     (long long)json_integer_value(most));
	json_array_foreach(value, index, item) {
		if (place_of(check))
			place_push_index(place_of(check), index);
		if (item_rules)
			is_fine &= check_value(check, item_rules, item);
		for (size_t i = 0; i < index && json_is_true(json_object_get(rules, "uniqueItems")); i++) {
			if (json_equal(json_array_get(value, i), item))
				is_fine = fails(check, false, "the item is in the list twice");
		}
		if (place_of(check))
			place_pop(place_of(check));
	}
	return is_fine;
}

static bool check_member_count(const struct check *check, const json_t *rules, const json_t *value)
{
	const json_t *least = json_object_get(rules, "minProperties");
	const json_t *most = json_object_get(rules, "maxProperties");
	size_t count = json_object_size(value);

	if (least && count < (size_t)json_integer_value(least))
		return fails(check, false, "the object is empty");
	if (most && count > (size_t)json_integer_value(most))
		return fails(check, false, "the object has %zu members, %lld is the most", count,
			     (long long)json_integer_value(most));
	return true;
}

static bool check_required(const struct check *check, const json_t *rules, const json_t *value)
{
	CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(400);
	size_t count = 0;
	size_t index;
	const json_t *name;

	json_array_foreach(json_object_get(rules, "required"), index, name) {
		if (json_object_get(value, json_string_value(name)))
			continue;
		buffer_addf(&missing, "%s\"%s\"", count++ ? ", " : "", json_string_value(name));
	}
	if (!count)
		return true;
	return fails(check, false, "%s %s missing", buffer_text(&missing), count > 1 ? "are" : "is");
}

static bool check_key(const struct check *check, const json_t *name_rules, const char *key)
{
	json_t *name = json_string(key);
	struct check quiet = {.schema = check->schema};
	bool is_fine = check_value(&quiet, name_rules, name);

	json_decref(name);
	return is_fine;
}

static bool unknown_member(const struct check *check, const char *key, const char *why)
{
	if (place_of(check)) {
		place_push_key(place_of(check), key);
		fails(check, true, "%s", why);
		place_pop(place_of(check));
	}
	return false;
}

static bool check_object(const struct check *check, const json_t *rules, json_t *value)
{
	const json_t *properties = json_object_get(rules, "properties");
	const json_t *others = json_object_get(rules, "additionalProperties");
	const json_t *name_rules = json_object_get(rules, "propertyNames");
	bool is_fine = check_member_count(check, rules, value);
	const char *key;
	json_t *member;

	is_fine &= check_required(check, rules, value);
	json_object_foreach(value, key, member) {
		const json_t *member_rules = json_object_get(properties, key);

		if (name_rules && !check_key(check, name_rules, key))
			is_fine = unknown_member(check, key, json_object_get(name_rules, "enum")
								     ? "this member does not belong here"
								     : "this is no valid name");
		else if (member_rules)
			is_fine &= check_member(check, member_rules, key, member);
		else if (json_is_false(others))
			is_fine = unknown_member(check, key, "this member is not known");
		else if (json_is_object(others))
			is_fine &= check_member(check, others, key, member);
	}
	return is_fine;
}

static const json_t *follow(const struct schema *schema, const char *reference)
{
	return !strncmp(reference, "#/$defs/", 8)
		       ? json_object_get(json_object_get(schema->root, "$defs"), reference + 8)
		       : NULL;
}

static bool check_branches(const struct check *check, const json_t *rules, json_t *value)
{
	const json_t *reference = json_object_get(rules, "$ref");
	const json_t *condition = json_object_get(rules, "if");
	struct check quiet = {.schema = check->schema};
	bool is_fine = true;
	size_t index;
	const json_t *part;

	if (reference)
		is_fine &= check_value(check, follow(check->schema, json_string_value(reference)), value);
	json_array_foreach(json_object_get(rules, "allOf"), index, part) {
		is_fine &= check_value(check, part, value);
	}
	if (condition) {
		part = json_object_get(rules, check_value(&quiet, condition, value) ? "then" : "else");
		is_fine &= !part || check_value(check, part, value);
	}
	return is_fine;
}

static bool check_value(const struct check *check, const json_t *rules, json_t *value)
{
	const json_t *type = json_object_get(rules, "type");
	bool is_fine = true;

	if (type && !check_type(check, type, value))
		return false;
	is_fine &= check_choice(check, rules, value);
	if (json_is_string(value))
		is_fine &= check_string(check, rules, value);
	else if (json_is_number(value))
		is_fine &= check_number(check, rules, value);
	else if (json_is_array(value))
		is_fine &= check_items(check, rules, value);
	else if (json_is_object(value))
		is_fine &= check_object(check, rules, value);
	is_fine &= check_branches(check, rules, value);
	return is_fine;
}

void schema_check(const struct schema *schema, json_t *value, struct report *report)
{
	struct check check = {.schema = schema, .report = report};

	check_value(&check, schema->root, value);
}

static bool is_known(const char *keyword)
{
	for (size_t i = 0; i < array_length(known); i++) {
		if (!strcmp(keyword, known[i]))
			return true;
	}
	return false;
}

static int prepare(struct schema *schema, const json_t *rules, struct err *err);

static int prepare_map(struct schema *schema, const json_t *members, struct err *err)
{
	const char *key;
	json_t *rules;

	json_object_foreach((json_t *)members, key, rules) {
		if (prepare(schema, rules, err) < 0)
			return -1;
	}
	return 0;
}

static int prepare_pattern(struct schema *schema, const char *source, struct err *err)
{
	int code;
	PCRE2_SIZE offset;
	pcre2_code *compiled;

	if (map_get(&schema->patterns, source))
		return 0;
	compiled = pcre2_compile((PCRE2_SPTR)source, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &offset, NULL);
	if (!compiled)
		return err_set(err, ERR_CONFIG, "the schema of runbooks has a broken pattern: {pattern}",
			       "pattern", source, NULL);
	map_put(&schema->patterns, source, compiled);
	return 0;
}

/* Checks the keywords and compiles the patterns of a part of the schema. */
static int prepare(struct schema *schema, const json_t *rules, struct err *err)
{
	static const char *const nested[] = {"items", "if", "then", "else", "additionalProperties",
					     "propertyNames"};
	const char *source = json_string_value(json_object_get(rules, "pattern"));
	const char *reference = json_string_value(json_object_get(rules, "$ref"));
	const char *key;
	json_t *part;
	size_t index;

	json_object_foreach((json_t *)rules, key, part) {
		if (!is_known(key))
			return err_set(err, ERR_CONFIG,
				       "the schema of runbooks uses {keyword}, which is not read here",
				       "keyword", key, NULL);
	}
	if (source && prepare_pattern(schema, source, err) < 0)
		return -1;
	if (reference && !follow(schema, reference))
		return err_set(err, ERR_CONFIG, "the schema of runbooks has no {reference}", "reference",
			       reference, NULL);
	for (size_t i = 0; i < array_length(nested); i++) {
		part = json_object_get(rules, nested[i]);
		if (json_is_object(part) && prepare(schema, part, err) < 0)
			return -1;
	}
	json_array_foreach(json_object_get(rules, "allOf"), index, part) {
		if (prepare(schema, part, err) < 0)
			return -1;
	}
	if (prepare_map(schema, json_object_get(rules, "properties"), err) < 0)
		return -1;
	return prepare_map(schema, json_object_get(rules, "$defs"), err);
}

int schema_load(const char *path, struct schema **ret_schema, struct err *err)
{
	struct schema *schema = xcalloc(1, sizeof(*schema));

	if (file_read_json(path, SCHEMA_SIZE_MAX, &schema->root, err) < 0 ||
	    prepare(schema, schema->root, err) < 0) {
		schema_free(schema);
		return -1;
	}
	*ret_schema = schema;
	return 0;
}

void schema_free(struct schema *schema)
{
	size_t position = 0;
	pcre2_code *code;

	if (!schema)
		return;
	while ((code = map_next(&schema->patterns, &position)) != NULL)
		pcre2_code_free(code);
	map_release(&schema->patterns);
	json_decref(schema->root);
	free(schema);
}
