#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change.h"
#include "probes/remedy/difference.h"
#include "probes/remedy/json_path.h"

enum { DIFFERENCE_DEPTH = 128 };

struct difference {
	struct step_diff *lines;
	size_t count;
	bool is_secret;
	bool is_new;		/* there was nothing before: all of it is new, member by member */
};

static const char *const moves_by_itself[] = {
	"/metadata/managedFields", "/metadata/resourceVersion", "/metadata/generation", "/status",
};

/* What a server gives to a new object is another each time. */
static const char *const given_when_made[] = {"/metadata/uid", "/metadata/creationTimestamp"};

static const char *const secret_parts[] = {
	"/data", "/stringData", "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
};

static bool path_is_within(const char *path, const char *const *roots, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(roots[i]);

		if (!strncmp(path, roots[i], length) && (!path[length] || path[length] == '/'))
			return true;
	}
	return false;
}

static char *value_text(const json_t *value)
{
	return value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : xstrdup("");
}

static void add_line(struct difference *difference, const char *path, const json_t *before, const json_t *after)
{
	bool masked = difference->is_secret && path_is_within(path, secret_parts, array_length(secret_parts));
	struct step_diff *line;

	difference->lines = xreallocarray(difference->lines, difference->count + 1, sizeof(*difference->lines));
	line = &difference->lines[difference->count++];
	*line = (struct step_diff){0};
	line->path = xstrdup(path);
	line->before = masked && before ? xstrdup("\"<redacted>\"") : value_text(before);
	line->after = masked && after ? xstrdup("\"<redacted>\"") : value_text(after);
}

static void compare(struct difference *difference, const char *path, const json_t *before, const json_t *after,
		    int depth);

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void compare_objects(struct difference *difference, const char *path, const json_t *before,
			    const json_t *after, int depth)
{
	const char **keys = xcalloc(json_object_size(before) + json_object_size(after) + 1, sizeof(*keys));
	size_t count = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)before, key, value)
		keys[count++] = key;
	json_object_foreach((json_t *)(uintptr_t)after, key, value) {
		if (!json_object_get(before, key))
			keys[count++] = key;
	}
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < count; i++) {
		auto_free char *child = pointer_child(path, keys[i]);

		compare(difference, child, json_object_get(before, keys[i]), json_object_get(after, keys[i]),
			depth + 1);
	}
	free(keys);
}

/* Whole items that one side has more than the other. */
static void add_items(struct difference *difference, const char *path, const json_t *list, size_t from, size_t count,
		      bool is_before)
{
	for (size_t i = from; i < from + count; i++) {
		auto_free char *child = pointer_index(path, i);
		const json_t *item = json_array_get(list, i);

		add_line(difference, child, is_before ? item : NULL, is_before ? NULL : item);
	}
}

/* What is the same at both ends is left out: an item that was taken out is one line, not many that changed. */
static void compare_arrays(struct difference *difference, const char *path, const json_t *before,
			   const json_t *after, int depth)
{
	size_t old = json_array_size(before);
	size_t new = json_array_size(after);
	size_t shorter = old < new ? old : new;
	size_t head = 0;
	size_t tail = 0;

	while (head < shorter && json_equal(json_array_get(before, head), json_array_get(after, head)))
		head++;
	while (tail < shorter - head &&
	       json_equal(json_array_get(before, old - 1 - tail), json_array_get(after, new - 1 - tail)))
		tail++;
	if (head + tail == shorter && old != new) {
		add_items(difference, path, old > new ? before : after, head, (old > new ? old : new) - shorter,
			  old > new);
		return;
	}
	for (size_t i = head; i < (old > new ? old : new); i++) {
		auto_free char *child = pointer_index(path, i);

		compare(difference, child, json_array_get(before, i), json_array_get(after, i), depth + 1);
	}
}

static void compare(struct difference *difference, const char *path, const json_t *before, const json_t *after,
		    int depth)
{
	if (path_is_within(path, moves_by_itself, array_length(moves_by_itself)))
		return;
	if (difference->is_new && path_is_within(path, given_when_made, array_length(given_when_made)))
		return;
	if (before && after && json_equal(before, after))
		return;
	if (difference->is_new && json_is_object(after) && depth < DIFFERENCE_DEPTH)
		compare_objects(difference, path, before, after, depth);
	else if (json_is_object(before) && json_is_object(after) && depth < DIFFERENCE_DEPTH)
		compare_objects(difference, path, before, after, depth);
	else if (json_is_array(before) && json_is_array(after) && depth < DIFFERENCE_DEPTH)
		compare_arrays(difference, path, before, after, depth);
	else
		add_line(difference, path, before, after);
}

void difference_make(const json_t *before, const json_t *after, struct step_diff **ret_lines, size_t *ret_count)
{
	struct difference difference = {0};
	const char *kind = json_string_value(json_object_get(before ? before : after, "kind"));

	difference.is_new = !before;
	difference.is_secret = kind && !strcmp(kind, "Secret");
	compare(&difference, "", before, after, 0);
	*ret_lines = difference.lines;
	*ret_count = difference.count;
}

void difference_free(struct step_diff *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(lines[i].path);
		free(lines[i].before);
		free(lines[i].after);
		free(lines[i].asked);
	}
	free(lines);
}
