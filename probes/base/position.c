#include "probes/base/position.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"

void place_push_key(struct place *place, const char *key)
{
	if (place->depth < PLACE_DEPTH)
		place->parts[place->depth] = (struct place_part){.key = key};
	place->depth++;
}

void place_push_index(struct place *place, size_t index)
{
	if (place->depth < PLACE_DEPTH)
		place->parts[place->depth] = (struct place_part){.index = index};
	place->depth++;
}

void place_pop(struct place *place)
{
	if (!place->depth)
		bug("a place that is left more often than entered");
	place->depth--;
}

void place_text(const struct place *place, char *out, size_t size)
{
	size_t used = 0;

	snprintf(out, size, "%s", place->depth ? "" : "the document");
	for (size_t i = 0; i < place->depth && i < PLACE_DEPTH && used < size; i++) {
		const struct place_part *part = &place->parts[i];
		int n = part->key ? snprintf(out + used, size - used, "%s%s", i ? "." : "", part->key)
				  : snprintf(out + used, size - used, "[%zu]", part->index);

		used += (size_t)n;
	}
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
	}
	return *at ? at + 1 : at;
}

/* Past a value; at its first character. */
static const char *skip_value(const char *at)
{
	int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
		} else if (*at && strchr("{[", *at)) {
			depth++;
			at++;
		} else if (*at && strchr("}]", *at)) {
			depth--;
			at++;
		} else if (depth) {
			at += *at ? 1 : 0;
		} else {
			at += strcspn(at, ",}] \t\r\n");
		}
	} while (depth > 0 && *at);
	return at;
}

/* Keys of runbooks are plain; a key with escapes is simply not found. */
static bool is_key(const char *at, const char *key)
{
	size_t n = strlen(key);

	return *at == '"' && !strncmp(at + 1, key, n) && at[n + 1] == '"';
}

/* The member's or item's value, its key in *ret_key; NULL if it is not there. */
static const char *enter(const char *at, const struct place_part *part, const char **ret_key)
{
	size_t index = 0;
	bool is_object = *at == '{';

	if (!*at || !strchr("{[", *at) || is_object != (part->key != NULL))
		return NULL;
	at = skip_space(at + 1);
	while (*at && !strchr("}]", *at)) {
		const char *key = at;

		if (is_object) {
			at = skip_space(skip_string(at));
			at = skip_space(*at == ':' ? at + 1 : at);
		}
		if (is_object ? is_key(key, part->key) : index == part->index) {
			*ret_key = key;
			return at;
		}
		at = skip_space(skip_value(at));
		at = skip_space(*at == ',' ? at + 1 : at);
		index++;
	}
	return NULL;
}

void position_find(const char *text, const struct place *place, bool at_key, int *ret_line, int *ret_column)
{
	const char *at = skip_space(text);
	const char *shown = at;
	int line = 1;
	int column = 1;

	for (size_t i = 0; i < place->depth && i < PLACE_DEPTH; i++) {
		const char *key;

		at = enter(at, &place->parts[i], &key);
		if (!at)
			break;
		shown = at_key && i + 1 == place->depth ? key : at;
	}
	for (const char *c = text; c < shown; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	*ret_line = line;
	*ret_column = column;
}
