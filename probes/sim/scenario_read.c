#include "probes/sim/scenario_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/merge_patch.h"

enum { SCENARIO_MAXIMUM = 4 << 20 };

/* How the elements of a list are told apart. */
static const struct list {
	const char *member;
	const char *keys[3];	/* paths; none: an element is what it is */
	bool first;		/* the later scenario's come first */
} lists[] = {
	{"workloads", {"kind", "namespace", "name"}, false},
	{"objects", {"kind", "metadata.namespace", "metadata.name"}, false},
	{"nodeGroups", {"name"}, false},
	{"namespaces", {"name"}, false},
	{"volumes", {"claim"}, false},
	{"registry", {0}, true},
	{"logs", {0}, true},
};

/* Unlike files of the operator's, a scenario may hold NULs in its texts: so do clusters. */
static int read_file(const char *path, json_t **ret_scenario, struct err *err)
{
	auto_free char *text = NULL;
	json_error_t error;
	size_t length;

	if (file_read(path, SCENARIO_MAXIMUM, &text, &length, err) < 0)
		return -1;
	*ret_scenario = doc_parse(text, length, &error);
	if (!*ret_scenario) {
		auto_free char *line = xasprintf("%d", error.line);

		return err_set(err, ERR_CONFIG, "{path}:{line}: not JSON: {reason}", "path", path, "line", line,
			       "reason", error.text, NULL);
	}
	return 0;
}

static const struct list *list_of(const char *member)
{
	static const struct list plain = {0};

	for (size_t i = 0; i < array_length(lists); i++)
		if (!strcmp(lists[i].member, member))
			return &lists[i];
	return &plain;
}

static bool is_same(const struct list *list, const json_t *left, const json_t *right)
{
	if (!list->keys[0])
		return json_equal(left, right);
	for (size_t i = 0; i < array_length(list->keys) && list->keys[i]; i++)
		if (strcmp(doc_text(left, list->keys[i]), doc_text(right, list->keys[i])))
			return false;
	return true;
}

/* Puts one element of the later list into the earlier one; at: where new ones go. */
static void merge_element(const struct list *list, json_t *into, json_t *element, size_t *at)
{
	size_t i;
	json_t *have;

	json_array_foreach(into, i, have) {
		if (!is_same(list, have, element))
			continue;
		if (list->keys[0])
			json_array_set_new(into, i, merge_patch(have, element));
		return;
	}
	json_array_insert(into, (*at)++, element);
}

static void merge_scenario(json_t *into, const json_t *from)
{
	const char *member;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)from, member, value) {
		const struct list *list = list_of(member);
		json_t *have = json_object_get(into, member);
		size_t at = list->first ? 0 : json_array_size(have);
		size_t i;
		json_t *element;

		if (!strcmp(member, "include") || !strcmp(member, "without"))
			continue;
		if (!json_is_array(value) || !json_is_array(have)) {
			json_object_set_new(into, member, json_deep_copy(value));
			continue;
		}
		json_array_foreach(value, i, element)
			merge_element(list, have, element, &at);
	}
}

static void leave_out(json_t *scenario, const char *member, const char *reference)
{
	const struct list *list = list_of(member);
	json_t *entries = json_object_get(scenario, member);

	for (size_t i = json_array_size(entries); i-- > 0;) {
		const json_t *entry = json_array_get(entries, i);
		const char *namespace = doc_text(entry, list->keys[1]);
		auto_free char *own = xasprintf("%s/%s%s%s", doc_text(entry, list->keys[0]), namespace,
						namespace[0] ? "/" : "", doc_text(entry, list->keys[2]));

		if (!strcmp(own, reference))
			json_array_remove(entries, i);
	}
}

/* Merges a scenario into the result: first what it includes and was not there yet, then its own. */
static int add_scenario(const char *folder, const char *name, json_t *seen, json_t *into, struct err *err)
{
	auto_free char *path = strchr(name, '/') ? xstrdup(name) : xasprintf("%s/%s.json", folder, name);
	json_t *own = NULL;
	size_t i;
	json_t *entry;
	int result = 0;

	if (json_object_get(seen, name))
		return 0;
	json_object_set_new(seen, name, json_true());
	if (!strchr(name, '/') && access(path, F_OK) < 0 && errno == ENOENT) {
		err_set(err, ERR_USAGE, "there is no scenario {name}", "name", name, NULL);
		err_hint(err, "--list names them all", NULL);
		return -1;
	}
	if (read_file(path, &own, err))
		return -1;
	json_array_foreach(json_object_get(own, "include"), i, entry)
		if (!result)
			result = add_scenario(folder, json_string_value(entry), seen, into, err);
	json_array_foreach(json_object_get(own, "without"), i, entry) {
		leave_out(into, "workloads", json_string_value(entry));
		leave_out(into, "objects", json_string_value(entry));
	}
	if (!result)
		merge_scenario(into, own);
	json_decref(own);
	return result;
}

int scenario_read(const char *folder, const char *name, json_t **ret_scenario, struct err *err)
{
	json_t *seen = json_object();
	json_t *scenario = json_object();
	int result = add_scenario(folder, name, seen, scenario, err);

	json_decref(seen);
	if (result)
		json_decref(scenario);
	else
		*ret_scenario = scenario;
	return result;
}
