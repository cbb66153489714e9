/*
 * What of a dry run's difference nobody asked for: defaults, and what
 * admission adds or makes of the request. The server's answer tells which
 * fields moved, the request which of them it named.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"

enum asked { ASKED_NOT, ASKED_SO, ASKED_OTHERWISE };

static bool is_within(const char *path, const char *root)
{
	size_t length = strlen(root);

	return !strncmp(path, root, length) && (!path[length] || path[length] == '/');
}

static bool is_beside(const char *path, const char *other)
{
	const char *end = strrchr(path, '/');
	const char *other_end = strrchr(other, '/');

	return end && other_end && end - path == other_end - other && !strncmp(path, other, (size_t)(end - path));
}

static bool is_masked(const char *text)
{
	return !strcmp(text, "\"<redacted>\"");
}

/* The value that was asked for at the place of a line, against what the server makes of it. */
static enum asked compare(const struct step_diff *line, json_t *wanted)
{
	json_t *made = *line->after ? json_loads(line->after, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : json_null();
	bool same = !wanted || is_masked(line->after) || (made && json_equal(made, wanted));

	json_decref(made);
	return same ? ASKED_SO : ASKED_OTHERWISE;
}

static enum asked by_touch(const struct step_diff *line, const json_t *touch, json_t **ret_wanted)
{
	const char *path = json_string_value(json_object_get(touch, "path"));
	json_t *after = json_object_get(touch, "after");

	if (json_is_true(json_object_get(touch, "item")))
		return is_beside(line->path, path) ? ASKED_SO : ASKED_NOT;
	/* The parent was not there: what is new is all of it. */
	if (is_within(path, line->path) && strcmp(path, line->path) != 0)
		return ASKED_SO;
	if (!is_within(line->path, path))
		return ASKED_NOT;
	*ret_wanted = pointer_get(after, line->path + strlen(path));
	if (!*ret_wanted && *line->after)
		return ASKED_NOT;
	return compare(line, *ret_wanted);
}

static enum asked by_touches(const struct plan_step *step, const struct step_diff *line, json_t **ret_wanted)
{
	size_t i;
	json_t *touch;

	json_array_foreach(step->touched, i, touch) {
		enum asked asked = by_touch(line, touch, ret_wanted);

		if (asked != ASKED_NOT)
			return asked;
	}
	return ASKED_NOT;
}

/* A request that is (part of) the object itself: server-side apply. */
static enum asked by_body(const json_t *body, const struct step_diff *line, json_t **ret_wanted)
{
	*ret_wanted = pointer_get(body, line->path);
	if (!*ret_wanted)
		return ASKED_NOT;
	/* Lists are merged by their keys. */
	return json_is_object(*ret_wanted) || json_is_array(*ret_wanted) ? ASKED_SO : compare(line, *ret_wanted);
}

void plan_mark_admission(struct plan_step *step)
{
	bool is_apply = step->shown.content_type && strstr(step->shown.content_type, "apply-patch");
	json_t *body = is_apply ? json_loads(step->shown.body, 0, NULL) : NULL;

	for (size_t i = 0; i < step->shown.diff_count; i++) {
		struct step_diff *line = &step->shown.diff[i];
		json_t *wanted = NULL;
		enum asked asked = body ? by_body(body, line, &wanted) : by_touches(step, line, &wanted);

		line->by_server = asked != ASKED_SO;
		if (asked == ASKED_OTHERWISE)
			line->asked = json_dumps(wanted, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	}
	json_decref(body);
}
