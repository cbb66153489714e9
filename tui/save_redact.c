#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/redact.h"
#include "probes/runbook/runbook.h"
#include "tui/save.h"

enum { MOST_TEXT_BYTES = 8 << 20, MOST_DEPTH = 64 };

static const char redacted[] = "<redacted>";

char *save_words(const struct runbook_set *runbooks)
{
	CLEANUP(buffer_release) struct buffer words = BUFFER_INIT(MOST_TEXT_BYTES);

	for (size_t i = 0; i < runbook_count(runbooks); i++) {
		auto_free char *text = json_dumps(runbook_at(runbooks, i)->document, JSON_COMPACT);

		buffer_add_text(&words, text ? text : "");
	}
	return buffer_detach(&words);
}

static void redact_variables(json_t *variables, const char *words)
{
	json_t *variable;
	size_t i;

	json_array_foreach(variables, i, variable) {
		const char *name = json_string_value(json_object_get(variable, "name"));

		if (json_object_get(variable, "value") && !(name && *name && strstr(words, name)))
			json_object_set_new(variable, "value", json_string(redacted));
	}
}

static void redact_annotations(json_t *annotations, const char *words)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(annotations, next, key, value) {
		if (!strstr(words, key))
			json_object_set_new(annotations, key, json_string(redacted));
	}
}

static void redact_string(json_t *string)
{
	CLEANUP(buffer_release) struct buffer clean = BUFFER_INIT(MOST_TEXT_BYTES);

	text_redact(&clean, json_string_value(string), json_string_length(string));
	json_string_set(string, buffer_text(&clean));
}

static void redact(json_t *value, const char *words, int depth)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value)) {
		redact_string(value);
	} else if (depth < MOST_DEPTH && json_is_array(value)) {
		json_array_foreach(value, i, member)
			redact(member, words, depth + 1);
	} else if (depth < MOST_DEPTH && json_is_object(value)) {
		redact_variables(json_object_get(value, "env"), words);
		redact_annotations(json_object_get(value, "annotations"), words);
		json_object_foreach(value, key, member)
			redact(member, words, depth + 1);
	}
}

void save_redact(json_t *object, const char *words)
{
	redact(object, words, 0);
}
