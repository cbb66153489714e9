#include "probes/sim/json_patch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"

/* A container and where in it: a member name, or an index (json_array_size() = behind the end). */
struct place {
	json_t *container;
	char *name;		/* of an object's member */
	size_t index;		/* of an array's element */
};

static void place_release(struct place *place)
{
	free(place->name);
}

static bool same_members(const json_t *a, const json_t *b)
{
	const char *name;
	json_t *value;

	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach((json_t *)(uintptr_t)a, name, value) {
		const json_t *other = json_object_get(b, name);

		if (!other || !json_same(value, other))
			return false;
	}
	return true;
}

bool json_same(const json_t *a, const json_t *b)
{
	size_t i;
	json_t *value;

	if (json_is_number(a) && json_is_number(b)) {
		double difference = json_number_value(a) - json_number_value(b);

		if (json_is_integer(a) && json_is_integer(b))
			return json_integer_value(a) == json_integer_value(b);
		return !(difference < 0) && !(difference > 0);
	}
	if (json_is_object(a) && json_is_object(b))
		return same_members(a, b);
	if (!json_is_array(a) || !json_is_array(b))
		return json_equal(a, b);
	if (json_array_size(a) != json_array_size(b))
		return false;
	json_array_foreach(a, i, value)
		if (!json_same(value, json_array_get(b, i)))
			return false;
	return true;
}

/* The next reference token, unescaped; *cursor moves behind it. Caller frees. */
static char *next_token(const char **cursor)
{
	size_t n = strcspn(*cursor, "/");
	char *token = xstrndup(*cursor, n);
	char *to = token;

	for (const char *from = token; *from; from++) {
		if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
			*to++ = *++from == '0' ? '~' : '/';
		else
			*to++ = *from;
	}
	*to = '\0';
	*cursor += n + ((*cursor)[n] == '/');
	return token;
}

/* Digits without leading zeros; "-" is the size. SIZE_MAX where it is no index. */
static size_t read_index(const char *token, size_t size)
{
	size_t index = 0;

	if (!strcmp(token, "-"))
		return size;
	if (!token[0] || (token[0] == '0' && token[1]) || strlen(token) > 9)
		return SIZE_MAX;
	for (; *token; token++) {
		if (*token < '0' || *token > '9')
			return SIZE_MAX;
		index = 10 * index + (size_t)(*token - '0');
	}
	return index;
}

static int missing(const char *pointer, struct err *err)
{
	return err_set(err, ERR_INVALID, "doc is missing path: \"{path}\": missing value", "path", pointer, NULL);
}

static int set_place(json_t *container, const char *token, const char *pointer, struct place *place, struct err *err)
{
	place->container = container;
	if (json_is_object(container)) {
		place->name = xstrdup(token);
		return 0;
	}
	if (!json_is_array(container))
		return missing(pointer, err);
	place->index = read_index(token, json_array_size(container));
	if (place->index > json_array_size(container))
		return err_set(err, ERR_INVALID, "Unable to access invalid index: {index}: invalid index referenced",
			       "index", token, NULL);
	return 0;
}

static json_t *place_get(const struct place *place)
{
	return place->name ? json_object_get(place->container, place->name)
			   : json_array_get(place->container, place->index);
}

/* Where a pointer leads; the root has no place and is the callers' matter. */
static int find_place(json_t *root, const char *pointer, struct place *place, struct err *err)
{
	const char *cursor = pointer + 1;
	json_t *at = root;

	*place = (struct place){0};
	if (pointer[0] != '/')
		return err_set(err, ERR_INVALID, "doc is missing path: {path}", "path", pointer, NULL);
	for (;;) {
		bool last = !strchr(cursor, '/');
		auto_free char *token = next_token(&cursor);

		if (set_place(at, token, pointer, place, err))
			return -1;
		if (last)
			return 0;
		at = place_get(place);
		place_release(place);
		*place = (struct place){0};
		if (!at)
			return missing(pointer, err);
	}
}

/* The value at a pointer, borrowed. */
static int find_value(json_t *root, const char *pointer, json_t **ret_value, struct err *err)
{
	CLEANUP(place_release) struct place place = {0};

	*ret_value = root;
	if (!pointer[0])
		return 0;
	if (find_place(root, pointer, &place, err))
		return -1;
	*ret_value = place_get(&place);
	return *ret_value ? 0 : missing(pointer, err);
}

/* value is stolen. */
static int add(json_t **root, const char *pointer, json_t *value, struct err *err)
{
	CLEANUP(place_release) struct place place = {0};

	if (!pointer[0]) {
		json_decref(*root);
		*root = value;
		return 0;
	}
	if (find_place(*root, pointer, &place, err)) {
		json_decref(value);
		return -1;
	}
	if (place.name)
		json_object_set_new(place.container, place.name, value);
	else
		json_array_insert_new(place.container, place.index, value);
	return 0;
}

static int take_out(json_t *root, const char *pointer, struct err *err)
{
	CLEANUP(place_release) struct place place = {0};

	if (!pointer[0])
		return err_set(err, ERR_INVALID, "the whole document cannot be removed", NULL);
	if (find_place(root, pointer, &place, err))
		return -1;
	if (!place_get(&place))
		return missing(pointer, err);
	if (place.name)
		json_object_del(place.container, place.name);
	else
		json_array_remove(place.container, place.index);
	return 0;
}

/* value is stolen. */
/* As the library of kube-apiserver, which takes what is not a member yet for one to be replaced. */
static int replace(json_t **root, const char *pointer, json_t *value, struct err *err)
{
	CLEANUP(place_release) struct place place = {0};
	json_t *old;

	if (!pointer[0])
		return add(root, pointer, value, err);
	if (find_place(*root, pointer, &place, err) || (!place.name && find_value(*root, pointer, &old, err))) {
		json_decref(value);
		return -1;
	}
	if (place.name)
		json_object_set_new(place.container, place.name, value);
	else
		json_array_set_new(place.container, place.index, value);
	return 0;
}

static int move(json_t **root, const char *from, const char *pointer, struct err *err)
{
	json_t *value;
	size_t n = strlen(from);

	if (!strncmp(pointer, from, n) && pointer[n] == '/')
		return err_set(err, ERR_INVALID, "a value cannot be moved into itself: {path}", "path", pointer, NULL);
	if (find_value(*root, from, &value, err))
		return -1;
	json_incref(value);
	if (take_out(*root, from, err)) {
		json_decref(value);
		return -1;
	}
	return add(root, pointer, value, err);
}

/* An absent member of an object is null for a test; an index beyond a list is an error (evanphx/json-patch v4). */
static bool is_absent_member(json_t *root, const char *pointer)
{
	CLEANUP(place_release) struct place place = {0};
	struct err ignored;

	return pointer[0] && find_place(root, pointer, &place, &ignored) == 0 && place.name && !place_get(&place);
}

static int test(json_t *root, const char *pointer, const json_t *wanted, struct err *err)
{
	json_t *value;

	if (json_is_null(wanted) && is_absent_member(root, pointer))
		return 0;
	if (find_value(root, pointer, &value, err))
		return -1;
	if (json_same(value, wanted))
		return 0;
	return err_set(err, ERR_INVALID, "testing value {path} failed: test failed", "path", pointer, NULL);
}

static int apply(json_t **root, const json_t *operation, struct err *err)
{
	const char *op = doc_text(operation, "op");
	const char *pointer = json_string_value(json_object_get(operation, "path"));
	const char *from = json_string_value(json_object_get(operation, "from"));
	const json_t *value = json_object_get(operation, "value");
	bool needs_from = !strcmp(op, "move") || !strcmp(op, "copy");
	bool needs_value = !strcmp(op, "add") || !strcmp(op, "replace") || !strcmp(op, "test");
	json_t *source;

	if (!pointer || (needs_from && !from) || (needs_value && !value))
		return err_set(err, ERR_USAGE, "an operation lacks path, from or value: {op}", "op", op, NULL);
	if (!strcmp(op, "add"))
		return add(root, pointer, json_deep_copy(value), err);
	if (!strcmp(op, "replace"))
		return replace(root, pointer, json_deep_copy(value), err);
	if (!strcmp(op, "remove"))
		return take_out(*root, pointer, err);
	if (!strcmp(op, "test"))
		return test(*root, pointer, value, err);
	if (!strcmp(op, "move"))
		return move(root, from, pointer, err);
	if (strcmp(op, "copy"))
		return err_set(err, ERR_INVALID, "Unexpected kind: {op}", "op", op, NULL);
	if (find_value(*root, from, &source, err))
		return -1;
	return add(root, pointer, json_deep_copy(source), err);
}

int json_patch(const json_t *target, const json_t *patch, json_t **ret_result, struct err *err)
{
	json_t *root;
	size_t i;
	json_t *operation;

	if (!json_is_array(patch))
		return err_set(err, ERR_USAGE, "json: a value that is no array is no JSON patch", NULL);
	root = json_deep_copy(target);
	json_array_foreach(patch, i, operation) {
		if (apply(&root, operation, err)) {
			json_decref(root);
			return -1;
		}
	}
	*ret_result = root;
	return 0;
}
