#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/walk.h"

enum { KEY_MAX_BYTES = 1024 };

/* The text between brackets, {namespace} and {name} being the subject's. Caller frees. */
static char *fill_key(const char *text, size_t n, const struct record *subject)
{
	static const char *const places[] = {"{namespace}", "{name}"};
	struct buffer key = BUFFER_INIT(KEY_MAX_BYTES);

	for (size_t i = 0; i < n;) {
		size_t place = array_length(places);

		for (size_t p = 0; subject && p < array_length(places); p++) {
			if (!strncmp(text + i, places[p], strlen(places[p])))
				place = p;
		}
		if (place == array_length(places)) {
			buffer_add_byte(&key, text[i++]);
			continue;
		}
		buffer_add_text(&key, place ? subject->name : subject->name_space);
		i += strlen(places[place]);
	}
	return buffer_detach(&key);
}

char *document_path_text(const char *path, const struct record *subject)
{
	return fill_key(path, strlen(path), subject);
}

/* The item of a list whose member has a value: "name=calico-node". */
static const json_t *find_item(const json_t *list, const char *name, const char *value)
{
	size_t index;
	const json_t *item;

	json_array_foreach(list, index, item) {
		const char *text = json_string_value(json_object_get(item, name));

		if (text && !strcmp(text, value))
			return item;
	}
	return NULL;
}

static const json_t *step_into(const json_t *value, const char *bracket, size_t n, const struct record *subject)
{
	auto_free char *key = fill_key(bracket, n, subject);
	char *equals = strchr(key, '=');

	if (!equals || !json_is_array(value))
		return json_object_get(value, key);
	*equals = '\0';
	return find_item(value, key, equals + 1);
}

const json_t *document_member(const json_t *document, const char *path, const struct record *subject)
{
	while (document && path && *path) {
		size_t n = strcspn(path, ".[");

		if (n) {
			auto_free char *key = xstrndup(path, n);

			document = json_object_get(document, key);
		}
		path += n;
		if (*path == '[') {
			size_t inner = strcspn(path + 1, "]");

			document = step_into(document, path + 1, inner, subject);
			path += 1 + inner + (path[1 + inner] == ']');
		}
		path += *path == '.';
	}
	return document;
}
