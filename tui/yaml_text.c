#include "tui/yaml_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "probes/base/memory.h"
#include "widgets/textview.h"

enum { DEEPEST = 40 };

static const char redacted[] = "<redacted>";

static void mask_values(json_t *object)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, key, value)
		json_object_set_new(object, key, json_string(redacted));
}

void yaml_mask(json_t *document)
{
	const char *kind = json_string_value(json_object_get(document, "kind"));
	json_t *metadata = json_object_get(document, "metadata");

	json_object_del(metadata, "managedFields");
	if (!kind || strcmp(kind, "Secret") != 0)
		return;
	mask_values(json_object_get(document, "data"));
	mask_values(json_object_get(document, "stringData"));
	mask_values(json_object_get(metadata, "annotations"));
}

/* YAML 1.1 takes some plain words for booleans, null and numbers. */
static bool needs_quotes(const char *value)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "null", "~", "y", "n"};

	if (!*value || strchr("!&*-?|>@%`\"'#,[]{}:= ", *value) || isdigit((unsigned char)*value) ||
	    *value == '+' ||
	    *value == '.')
		return true;
	for (size_t i = 0; i < array_length(words); i++) {
		if (!strcasecmp(value, words[i]))
			return true;
	}
	return strstr(value, ": ") || strstr(value, " #") || value[strlen(value) - 1] == ':' ||
	       value[strlen(value) - 1] == ' ' || strpbrk(value, "\n\t\r");
}

static void append_block(struct textview *text, const char *value, int depth)
{
	const char *at = value;

	textview_append(text, ROLE_DIM, value[strlen(value) - 1] == '\n' ? "|" : "|-");
	while (*at) {
		size_t length = strcspn(at, "\n");
		auto_free char *line = xstrndup(at, length);

		textview_addf(text, ROLE_NORMAL, "%*s%s", depth * 2, "", line);
		at += length + (at[length] == '\n');
	}
}

static void append_scalar(struct textview *text, const json_t *value, int depth)
{
	auto_free char *quoted = NULL;

	if (json_is_string(value)) {
		const char *plain = json_string_value(value);

		if (strchr(plain, '\n') && *plain != '\n' && *plain != ' ') {
			append_block(text, plain, depth);
			return;
		}
		if (!needs_quotes(plain)) {
			textview_append(text, ROLE_NORMAL, plain);
			return;
		}
	}
	quoted = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	textview_append(text, json_is_string(value) ? ROLE_NORMAL : ROLE_INFO, quoted ? quoted : "?");
}

static bool is_nested(const json_t *value)
{
	return (json_is_object(value) && json_object_size(value)) || (json_is_array(value) &&
								      json_array_size(value));
}

static void add_value(struct textview *text, const json_t *value, int depth, bool is_first_inline);

static void add_object(struct textview *text, const json_t *object, int depth, bool is_first_inline)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		if (is_first_inline)
			textview_appendf(text, ROLE_KEY, "%s:", key);
		else
			textview_addf(text, ROLE_KEY, "%*s%s:", depth * 2, "", key);
		is_first_inline = false;
		if (is_nested(value)) {
			/* Lists stand where their key stands, as kubectl writes them. */
			add_value(text, value, json_is_array(value) ? depth : depth + 1, false);
		} else {
			textview_append(text, ROLE_NORMAL, " ");
			append_scalar(text, value, depth + 1);
		}
		textview_indent(text, depth * 2 + 4);
	}
}

static void add_array(struct textview *text, const json_t *array, int depth, bool is_first_inline)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *value = json_array_get(array, i);

		if (is_first_inline)
			textview_append(text, ROLE_DIM, "- ");
		else
			textview_addf(text, ROLE_DIM, "%*s- ", depth * 2, "");
		is_first_inline = false;
		if (is_nested(value))
			add_value(text, value, depth + 1, true);
		else
			append_scalar(text, value, depth + 1);
	}
}

static void add_value(struct textview *text, const json_t *value, int depth, bool is_first_inline)
{
	if (depth > DEEPEST)
		textview_append(text, ROLE_DIM, "...");
	else if (json_is_object(value))
		add_object(text, value, depth, is_first_inline);
	else
		add_array(text, value, depth, is_first_inline);
}

void yaml_text(struct textview *text, const json_t *document)
{
	if (is_nested(document))
		add_value(text, document, 0, false);
}
