#include "probes/runbook/words.h"

#include <fnmatch.h>
#include <string.h>

#include "probes/base/memory.h"

static void add(struct words *words, const json_t *value)
{
	char *text;

	if (json_is_string(value))
		text = xstrdup(json_string_value(value));
	else
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	if (!text)
		bug("a JSON value that cannot be written");
	words->items = xreallocarray(words->items, words->count + 1, sizeof(*words->items));
	words->items[words->count++] = text;
}

void words_init(struct words *words, const json_t *value)
{
	size_t index;
	const json_t *item;

	memset(words, 0, sizeof(*words));
	if (json_is_array(value)) {
		json_array_foreach(value, index, item) {
			add(words, item);
		}
	} else if (value) {
		add(words, value);
	}
}

void words_release(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
	memset(words, 0, sizeof(*words));
}

bool words_have(const struct words *words, const char *text)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!strcmp(words->items[i], text))
			return true;
	}
	return false;
}

bool words_fit(const struct words *words, const char *text)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!fnmatch(words->items[i], text, 0))
			return true;
	}
	return !words->count;
}
