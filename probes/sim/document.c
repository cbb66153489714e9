#include "probes/sim/document.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"

enum { NAME_SIZE = 128 };

/* Copies the first name of a path and returns the rest, or NULL when it was the last. */
static const char *split_name(const char *path, char name[NAME_SIZE])
{
	const char *dot = strchr(path, '.');
	size_t n = dot ? (size_t)(dot - path) : strlen(path);

	if (n >= NAME_SIZE)
		bug("a path with a member name that is too long");
	memcpy(name, path, n);
	name[n] = '\0';
	return dot ? dot + 1 : NULL;
}

json_t *doc_get(const json_t *document, const char *path)
{
	char name[NAME_SIZE];
	json_t *at = NULL;

	while (path) {
		path = split_name(path, name);
		at = json_object_get(at ? at : document, name);
		if (!at)
			return NULL;
	}
	return at;
}

const char *doc_text(const json_t *document, const char *path)
{
	const char *text = json_string_value(doc_get(document, path));

	return text ? text : "";
}

int64_t doc_int_or(const json_t *document, const char *path, int64_t otherwise)
{
	const json_t *value = doc_get(document, path);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

int64_t doc_int(const json_t *document, const char *path)
{
	return doc_int_or(document, path, 0);
}

bool doc_true(const json_t *document, const char *path)
{
	return json_is_true(doc_get(document, path));
}

void doc_set(json_t *document, const char *path, json_t *value)
{
	char name[NAME_SIZE];
	const char *rest = split_name(path, name);

	while (rest) {
		json_t *next = json_object_get(document, name);

		if (!json_is_object(next)) {
			next = json_object();
			json_object_set_new(document, name, next);
		}
		document = next;
		rest = split_name(rest, name);
	}
	json_object_set_new(document, name, value);
}

void doc_set_text(json_t *document, const char *path, const char *text)
{
	doc_set(document, path, json_string(text));
}

void doc_set_int(json_t *document, const char *path, int64_t number)
{
	doc_set(document, path, json_integer(number));
}

void doc_remove(json_t *document, const char *path)
{
	char name[NAME_SIZE];
	const char *rest = split_name(path, name);

	while (rest && document) {
		document = json_object_get(document, name);
		rest = split_name(rest, name);
	}
	if (document)
		json_object_del(document, name);
}

json_t *doc_fork(const json_t *document)
{
	json_t *fork = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)document, name, value)
		json_object_set(fork, name, value);
	return fork;
}

json_t *doc_own(json_t *document, const char *member)
{
	json_t *shared = json_object_get(document, member);
	json_t *own = json_is_object(shared) ? json_deep_copy(shared) : json_object();

	json_object_set_new(document, member, own);
	return own;
}

json_t *doc_find(const json_t *array, const char *key, const char *value)
{
	size_t i;
	json_t *element;

	json_array_foreach(array, i, element) {
		const char *text = json_string_value(json_object_get(element, key));

		if (text && !strcmp(text, value))
			return element;
	}
	return NULL;
}

json_t *doc_parse(const char *text, size_t length, json_error_t *ret_error)
{
	return json_loadb(text, length, JSON_ALLOW_NUL | JSON_DECODE_ANY, ret_error);
}

char *doc_dump(const json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		bug("a document that jansson cannot write");
	return text;
}

json_t *doc_time(int64_t wall)
{
	char text[21];

	clock_format(wall, text);
	return json_string(text);
}

int64_t doc_wall(const json_t *document, const char *path)
{
	int64_t wall = 0;

	clock_parse(doc_text(document, path), &wall);
	return wall;
}
