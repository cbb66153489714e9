#include "tui/configuration.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "tui/json_locate.h"
#include "tui/keymap.h"

enum { MOST_FILE_BYTES = 1 << 20, DEEPEST_PATH = 4 };

/* A file that is being read: for messages with a line. */
struct reading {
	const char *file;
	const char *text;
	const char *path[DEEPEST_PATH + 1];	/* names from the top to the value looked at */
	int depth;
	struct err *err;
};

static int fail(const struct reading *reading, const char *what)
{
	char line[16];

	snprintf(line, sizeof(line), "%d", json_locate(reading->text, reading->path));
	return err_set(reading->err, ERR_CONFIG, what, "file", reading->file, "line", line, "key",
		       reading->depth ? reading->path[reading->depth - 1] : "?", NULL);
}

static void enter(struct reading *reading, const char *name)
{
	if (reading->depth == DEEPEST_PATH)
		bug("configuration deeper than expected");
	reading->path[reading->depth++] = name;
	reading->path[reading->depth] = NULL;
}

static void leave(struct reading *reading)
{
	reading->path[--reading->depth] = NULL;
}

static void strings_release(char **strings)
{
	for (char **at = strings; at && *at; at++)
		free(*at);
	free(strings);
}

static char **strings_copy(const char *const *from, size_t n)
{
	char **strings = xcalloc(n + 1, sizeof(*strings));

	for (size_t i = 0; i < n; i++)
		strings[i] = xstrdup(from[i]);
	return strings;
}

static int read_strings(struct reading *reading, const json_t *value, void *member)
{
	char ***strings = member;
	size_t n = json_array_size(value);

	if (!json_is_array(value))
		return fail(reading, "{file}:{line}: {key} must be a list of texts");
	for (size_t i = 0; i < n; i++) {
		if (!json_is_string(json_array_get(value, i)) || !json_string_length(json_array_get(value,
												    i)))
			return fail(reading, "{file}:{line}: {key} must be a list of texts");
	}
	strings_release(*strings);
	*strings = xcalloc(n + 1, sizeof(**strings));
	for (size_t i = 0; i < n; i++)
		(*strings)[i] = xstrdup(json_string_value(json_array_get(value, i)));
	return 0;
}

static int read_bool(struct reading *reading, const json_t *value, void *member)
{
	if (!json_is_boolean(value))
		return fail(reading, "{file}:{line}: {key} must be true or false");
	*(bool *)member = json_is_true(value);
	return 0;
}

static int read_count(struct reading *reading, const json_t *value, void *member)
{
	if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > 1000000)
		return fail(reading, "{file}:{line}: {key} must be a whole number above 0");
	*(int *)member = (int)json_integer_value(value);
	return 0;
}

struct member_row {
	const char *name;
	int (*read)(struct reading *reading, const json_t *value, void *member);
	size_t offset;
};

/* Members by table; a name that is in no row is an error. */
static int read_object(struct reading *reading, const json_t *object, const struct member_row *rows,
		       void *base)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return fail(reading, "{file}:{line}: {key} must be an object");
	json_object_foreach((json_t *)object, name, value) {
		const struct member_row *row = rows;

		enter(reading, name);
		while (row->name && strcmp(row->name, name) != 0)
			row++;
		if (!row->name)
			return fail(reading, "{file}:{line}: unknown key {key}");
		if (row->read(reading, value, base ? (char *)base + row->offset : NULL) < 0)
			return -1;
		leave(reading);
	}
	return 0;
}

static int check_text(struct reading *reading, const json_t *value, void *member)
{
	(void)member;
	if (!json_is_string(value) || !json_string_length(value))
		return fail(reading, "{file}:{line}: {key} must be a text");
	return 0;
}

static int check_texts(struct reading *reading, const json_t *value, void *member)
{
	const char *name;
	json_t *text;

	if (!json_is_object(value))
		return fail(reading, "{file}:{line}: {key} must be an object");
	json_object_foreach((json_t *)value, name, text) {
		enter(reading, name);
		if (check_text(reading, text, member) < 0)
			return -1;
		leave(reading);
	}
	return 0;
}

static int keep(json_t **member, const json_t *value)
{
	json_decref(*member);
	*member = json_incref((json_t *)value);
	return 0;
}

/* Which of a Node's addresses is connected to. */
static int check_address(struct reading *reading, const json_t *value, void *member)
{
	static const char *const kinds[] = {"InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"};
	const char *text = json_string_value(value);

	(void)member;
	for (size_t i = 0; text && i < array_length(kinds); i++) {
		if (!strcmp(text, kinds[i]))
			return 0;
	}
	if (text && !strncmp(text, "annotation:", 11) && text[11])
		return 0;
	return fail(reading, "{file}:{line}: {key} must be InternalIP, ExternalIP, InternalDNS, ExternalDNS, Hostname "
			     "or annotation:NAME");
}

static int check_minutes(struct reading *reading, const json_t *value, void *member)
{
	(void)member;
	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1440)
		return fail(reading, "{file}:{line}: {key} must be a number of minutes, 0 (never) to 1440");
	return 0;
}

static int read_ssh(struct reading *reading, const json_t *value, void *member)
{
	static const struct member_row rows[] = {
		{"user", check_text, 0},	{"userByNodeGroup", check_texts, 0}, {"userByImage", check_texts, 0},
		{"key", check_text, 0},		{"jump", check_text, 0},	     {"address", check_address, 0},
		{"configFile", check_text, 0},	{"knownHosts", check_text, 0},
		{"recheckMinutes", check_minutes, 0},				     {NULL, NULL, 0},
	};

	if (read_object(reading, value, rows, NULL) < 0)
		return -1;
	return keep(member, value);
}

static int check_clock_time(struct reading *reading, const json_t *value, void *member)
{
	int hour;
	int minute;
	int end = 0;

	(void)member;
	if (!json_is_string(value) ||
	    sscanf(json_string_value(value), "%2d:%2d%n", &hour, &minute, &end) != 2 ||
	    (size_t)end != json_string_length(value) || hour < 0 || hour > 24 || minute < 0 || minute > 59)
		return fail(reading, "{file}:{line}: {key} must be a time of day like 22:00");
	return 0;
}

static int check_days(struct reading *reading, const json_t *value, void *member)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	size_t n = json_array_size(value);

	(void)member;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(value, i));
		size_t day = 0;

		while (text && day < array_length(days) && strcmp(days[day], text) != 0)
			day++;
		if (!text || day == array_length(days))
			return fail(reading,
				    "{file}:{line}: {key} must be a list of Mon Tue Wed Thu Fri Sat Sun");
	}
	return n ? 0 : fail(reading, "{file}:{line}: {key} must be a list of Mon Tue Wed Thu Fri Sat Sun");
}

static int read_maintenance(struct reading *reading, const json_t *value, void *member)
{
	static const struct member_row rows[] = {
		{"days", check_days, 0}, {"from", check_clock_time, 0}, {"to", check_clock_time, 0},
		{"note", check_text, 0}, {NULL, NULL, 0},
	};
	size_t n = json_array_size(value);

	if (!json_is_array(value))
		return fail(reading, "{file}:{line}: {key} must be a list of windows");
	for (size_t i = 0; i < n; i++) {
		const json_t *window = json_array_get(value, i);

		if (read_object(reading, window, rows, NULL) < 0)
			return -1;
		if (!json_object_get(window, "from") || !json_object_get(window, "to"))
			return fail(reading, "{file}:{line}: each window of {key} needs from and to");
	}
	return keep(member, value);
}

static int check_key(struct reading *reading, const char *action, const json_t *value)
{
	struct err unknown;

	if (!json_is_string(value))
		return fail(reading, "{file}:{line}: {key} must be the name of a key, or a list of them");
	if (keymap_check(action, json_string_value(value), &unknown) < 0) {
		auto_free char *reason = err_text(&unknown);
		char line[16];

		snprintf(line, sizeof(line), "%d", json_locate(reading->text, reading->path));
		return err_set(reading->err, ERR_CONFIG, "{file}:{line}: {reason}", "file", reading->file,
			       "line",
			       line, "reason", reason, NULL);
	}
	return 0;
}

static int read_keys(struct reading *reading, const json_t *value, void *member)
{
	const char *action;
	json_t *keys;

	if (!json_is_object(value))
		return fail(reading, "{file}:{line}: {key} must be an object");
	json_object_foreach((json_t *)value, action, keys) {
		size_t n = json_array_size(keys);

		enter(reading, action);
		if (!json_is_array(keys) && check_key(reading, action, keys) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (check_key(reading, action, json_array_get(keys, i)) < 0)
				return -1;
		}
		leave(reading);
	}
	return keep(member, value);
}

static int read_history(struct reading *reading, const json_t *value, void *member)
{
	static const struct member_row rows[] = {
		{"days", read_count, offsetof(struct configuration, history_days)},
		{"maxMiB", read_count, offsetof(struct configuration, history_max_mib)},
		{NULL, NULL, 0},
	};

	return read_object(reading, value, rows, member);
}

static int read_audit(struct reading *reading, const json_t *value, void *member)
{
	static const struct member_row rows[] = {
		{"events", read_bool, offsetof(struct configuration, audit_events)},
		{NULL, NULL, 0},
	};

	return read_object(reading, value, rows, member);
}

static int check_anything(struct reading *reading, const json_t *value, void *member)
{
	(void)reading;
	(void)value;
	(void)member;
	return 0;
}

#define MEMBER(name) offsetof(struct configuration, name)
static const struct member_row configuration_rows[] = {
	{"$schema", check_anything, 0},
	{"protectedContexts", read_strings, MEMBER(protected_contexts)},
	{"readOnly", read_bool, MEMBER(read_only)},
	{"denyObjects", read_strings, MEMBER(deny_objects)},
	{"maintenance", read_maintenance, MEMBER(maintenance)},
	{"ssh", read_ssh, MEMBER(ssh)},
	{"registries", read_strings, MEMBER(registries)},
	{"systemNamespaces", read_strings, MEMBER(system_namespaces)},
	{"history", read_history, 0},
	{"audit", read_audit, 0},
	{"keys", read_keys, MEMBER(keys)},
	{NULL, NULL, 0},
};

static struct configuration *configuration_defaults(const char *file)
{
	static const char *const protected_contexts[] = {"*prod*"};
	static const char *const system_namespaces[] = {"kube-system", "kube-public", "kube-node-lease"};
	struct configuration *configuration = xcalloc(1, sizeof(*configuration));

	configuration->file = xstrdup(file);
	configuration->protected_contexts = strings_copy(protected_contexts,
							 array_length(protected_contexts));
	configuration->system_namespaces = strings_copy(system_namespaces, array_length(system_namespaces));
	configuration->deny_objects = strings_copy(NULL, 0);
	configuration->registries = strings_copy(NULL, 0);
	configuration->history_days = 14;
	configuration->history_max_mib = 256;
	return configuration;
}

int configuration_load(const char *file, struct configuration **ret_configuration, struct err *err)
{
	struct configuration *configuration = configuration_defaults(file);
	struct reading reading = {.file = file, .err = err};
	auto_free char *text = NULL;
	json_t *document = NULL;
	int result = 0;

	if (access(file, F_OK) < 0 && errno == ENOENT) {
		*ret_configuration = configuration;
		return 0;
	}
	configuration->exists = true;
	if (file_read(file, MOST_FILE_BYTES, &text, NULL, err) < 0 ||
	    file_read_json(file, MOST_FILE_BYTES, &document, err) < 0)
		result = -1;
	reading.text = text;
	if (result == 0 && !json_is_object(document))
		result = err_set(err, ERR_CONFIG, "{file}:1: the configuration must be an object", "file",
				 file, NULL);
	else if (result == 0)
		result = read_object(&reading, document, configuration_rows, configuration);
	json_decref(document);
	if (result < 0) {
		err_hint(err, "config.schema.json in assets/ says what may stand there", NULL);
		configuration_free(configuration);
		return -1;
	}
	*ret_configuration = configuration;
	return 0;
}

void configuration_free(struct configuration *configuration)
{
	if (!configuration)
		return;
	free(configuration->file);
	strings_release(configuration->protected_contexts);
	strings_release(configuration->deny_objects);
	strings_release(configuration->system_namespaces);
	strings_release(configuration->registries);
	json_decref(configuration->maintenance);
	json_decref(configuration->ssh);
	json_decref(configuration->keys);
	free(configuration);
}
