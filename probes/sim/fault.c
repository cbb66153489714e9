#include "probes/sim/fault.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"

static const struct {
	const char *name;
	size_t offset;
} switches[] = {
	{"unauthorized", offsetof(struct faults, unauthorized)}, {"hang", offsetof(struct faults, hang)},
	{"html", offsetof(struct faults, html)}, {"half", offsetof(struct faults, half)},
	{"watchEnd", offsetof(struct faults, watch_end)}, {"reset", offsetof(struct faults, reset)},
};

static bool set_switch(struct faults *faults, const char *name, const json_t *value)
{
	for (size_t i = 0; i < array_length(switches); i++) {
		if (strcmp(switches[i].name, name))
			continue;
		*(bool *)((char *)faults + switches[i].offset) = json_is_true(value);
		return true;
	}
	return false;
}

/* null and false switch off. What it wants where it got something else, or NULL. */
static const char *wants_other(const char *name, const json_t *value)
{
	bool is_off = json_is_null(value) || json_is_false(value);

	if (is_off)
		return NULL;
	for (size_t i = 0; i < array_length(switches); i++) {
		if (!strcmp(switches[i].name, name))
			return json_is_true(value) ? NULL : "true or false";
	}
	if (!strcmp(name, "forbidden"))
		return json_is_string(value) ? NULL : "a resource: forbidden=pods";
	if (!strcmp(name, "throttle"))
		return json_is_integer(value) && json_integer_value(value) >= 0 ? NULL : "seconds: throttle=5";
	if (!strcmp(name, "slow"))
		return json_is_integer(value) && json_integer_value(value) >= 0 ? NULL : "milliseconds: slow=200";
	if (!strcmp(name, "gone") && !json_is_true(value)) {
		const char *text = json_is_string(value) ? json_string_value(value) : "";

		return !strcmp(text, "event") || !strcmp(text, "http") ? NULL : "event or http: gone=http";
	}
	return NULL;
}

static int set_one(struct cluster *cluster, const char *name, const json_t *value, struct err *err)
{
	struct faults *faults = &cluster->faults;
	const char *text = json_is_string(value) ? json_string_value(value) : "";

	const char *wanted = wants_other(name, value);

	if (wanted)
		return err_set(err, ERR_USAGE, "the fault {name} wants {value}", "name", name, "value", wanted, NULL);
	if (set_switch(faults, name, value))
		return 0;
	if (!strcmp(name, "forbidden")) {
		snprintf(faults->forbidden, sizeof(faults->forbidden), "%s", text);
	} else if (!strcmp(name, "throttle")) {
		faults->throttle_seconds = (int)json_integer_value(value);
	} else if (!strcmp(name, "slow")) {
		faults->slow_ms = json_integer_value(value);
	} else if (!strcmp(name, "gone")) {
		faults->gone_event = !strcmp(text, "event") || json_is_true(value);
		faults->gone_http = !strcmp(text, "http");
	} else if (!strcmp(name, "compact")) {
		if (json_is_true(value))
			store_compact(&cluster->store);
	} else {
		return err_set(err, ERR_USAGE, "there is no fault named {name}", "name", name, NULL);
	}
	return 0;
}

int faults_set(struct cluster *cluster, const json_t *settings, struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(settings))
		return err_set(err, ERR_USAGE, "faults are a JSON object of names and values", NULL);
	json_object_foreach((json_t *)(uintptr_t)settings, name, value)
		if (set_one(cluster, name, value, err))
			return -1;
	return 0;
}

int faults_set_text(struct cluster *cluster, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	auto_free char *name = equals ? xstrndup(text, (size_t)(equals - text)) : xstrdup(text);
	json_t *value = equals ? doc_parse(equals + 1, strlen(equals + 1), NULL) : json_true();
	int result;

	if (!value)
		value = json_string(equals + 1);
	result = set_one(cluster, name, value, err);
	json_decref(value);
	return result;
}

json_t *faults_show(const struct faults *faults)
{
	json_t *shown = json_object();

	for (size_t i = 0; i < array_length(switches); i++)
		doc_set(shown, switches[i].name,
			json_boolean(*(const bool *)((const char *)faults + switches[i].offset)));
	doc_set_text(shown, "forbidden", faults->forbidden);
	doc_set_int(shown, "throttle", faults->throttle_seconds);
	doc_set_int(shown, "slow", faults->slow_ms);
	doc_set(shown, "gone", faults->gone_event || faults->gone_http
					? json_string(faults->gone_http ? "http" : "event") : json_false());
	return shown;
}
