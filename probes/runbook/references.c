#include <string.h>

#include "probes/base/memory.h"
#include "probes/runbook/document.h"

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static const json_t *by_id(const json_t *list, const char *member, const char *id)
{
	size_t index;
	const json_t *item;

	json_array_foreach(list, index, item) {
		const char *other = text_of(item, member);

		if (other && !strcmp(other, id))
			return item;
	}
	return NULL;
}

/* Ids of a list are unique. */
static void check_unique(const struct runbook *runbook, const char *list_name, const char *member,
			 struct report *report)
{
	const json_t *list = json_object_get(runbook->document, list_name);
	size_t index;
	const json_t *item;

	place_push_key(&report->place, list_name);
	json_array_foreach(list, index, item) {
		place_push_index(&report->place, index);
		place_push_key(&report->place, member);
		if (by_id(list, member, text_of(item, member)) != item)
			report_error(report, false, "\"%s\" is there twice", text_of(item, member));
		place_pop(&report->place);
		place_pop(&report->place);
	}
	place_pop(&report->place);
}

/* "ofSteps", "onlyAfter": ids of steps. */
static void check_step_ids(const struct runbook *runbook, const json_t *parent, const char *name,
			   struct report *report)
{
	const json_t *steps = json_object_get(runbook->document, "steps");
	size_t index;
	const json_t *id;

	place_push_key(&report->place, name);
	json_array_foreach(json_object_get(parent, name), index, id) {
		place_push_index(&report->place, index);
		if (!by_id(steps, "id", json_string_value(id)))
			report_error(report, false, "there is no step \"%s\"", json_string_value(id));
		place_pop(&report->place);
	}
	place_pop(&report->place);
}

static void check_alternative(const struct runbook *runbook, const json_t *step, struct report *report)
{
	const char *name = text_of(step, "alternative");

	if (!name || by_id(json_object_get(runbook->document, "alternatives"), "id", name))
		return;
	place_push_key(&report->place, "alternative");
	report_error(report, false, "there is no alternative \"%s\"", name);
	place_pop(&report->place);
}

static void check_parameter_name(const struct runbook *runbook, const json_t *parent, struct report *report)
{
	const char *name = text_of(parent, "parameter");

	if (!name || json_object_get(json_object_get(runbook->document, "parameters"), name))
		return;
	place_push_key(&report->place, "parameter");
	report_error(report, false, "there is no parameter \"%s\"", name);
	place_pop(&report->place);
}

static bool is_place_name(const struct runbook *runbook, const char *name, size_t n)
{
	static const char *const own[] = {"namespace",  "name",		   "node",	   "kind", "basename",
					  "imageOwner", "imageRepository", "imageVersion", "now"};
	auto_free char *key = xstrndup(name, n);

	for (size_t i = 0; i < array_length(own); i++) {
		if (!strcmp(key, own[i]))
			return true;
	}
	return json_object_get(json_object_get(runbook->document, "parameters"), key) != NULL;
}

static bool is_name_letter(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
	(letter >= '0' && letter <= '9');
}

/* {places} in a text that a step sends; braces around anything but a name are just braces. */
static void check_places(const struct runbook *runbook, const char *text, struct report *report)
{
	for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
		size_t n = 0;

		while (is_name_letter(open[1 + n]))
			n++;
		if (!n || open[1 + n] != '}' || is_place_name(runbook, open + 1, n))
			continue;
		report_error(report, false, "{%.*s} is neither a parameter nor a place of the object", (int)n,
			     open + 1);
	}
}

static void check_places_below(const struct runbook *runbook, const json_t *value, struct report *report)
{
	const char *key;
	size_t index;
	json_t *member;

	if (json_is_string(value))
		check_places(runbook, json_string_value(value), report);
	json_object_foreach((json_t *)value, key, member) {
		place_push_key(&report->place, key);
		check_places_below(runbook, member, report);
		place_pop(&report->place);
	}
	json_array_foreach(value, index, member) {
		place_push_index(&report->place, index);
		check_places_below(runbook, member, report);
		place_pop(&report->place);
	}
}

static void check_target(const json_t *parent, struct report *report)
{
	const json_t *target = json_object_get(parent, "target");

	if (target && !strcmp(text_of(target, "kind") ? text_of(target, "kind") : "", "Cluster"))
		return;
	if (!target || (json_object_get(target, "name") != NULL) != (json_object_get(target, "each") != NULL))
		return;
	place_push_key(&report->place, "target");
	report_error(report, false, "a target has either a \"name\" or \"each\"");
	place_pop(&report->place);
}

static void check_step(const struct runbook *runbook, const json_t *step, struct report *report)
{
	static const char *const sent[] = {"target", "images", "patch", "object", "argv", "undoArgv", "file",
					   "content", "instruction"};

	check_step_ids(runbook, step, "ofSteps", report);
	check_step_ids(runbook, step, "onlyAfter", report);
	check_alternative(runbook, step, report);
	check_parameter_name(runbook, step, report);
	check_target(step, report);
	for (size_t i = 0; i < array_length(sent); i++) {
		place_push_key(&report->place, sent[i]);
		check_places_below(runbook, json_object_get(step, sent[i]), report);
		place_pop(&report->place);
	}
}

static void check_list(const struct runbook *runbook, const char *list_name,
		       void (*check)(const struct runbook *runbook, const json_t *item,
				     struct report *report),
		       struct report *report)
{
	size_t index;
	const json_t *item;

	place_push_key(&report->place, list_name);
	json_array_foreach(json_object_get(runbook->document, list_name), index, item) {
		place_push_index(&report->place, index);
		check(runbook, item, report);
		place_pop(&report->place);
	}
	place_pop(&report->place);
}

static void check_precondition(const struct runbook *runbook, const json_t *item, struct report *report)
{
	check_step_ids(runbook, item, "ofSteps", report);
	check_parameter_name(runbook, item, report);
	check_target(item, report);
}

/* Every text in three languages: a warning, for English steps in. */
static void check_languages(const json_t *value, struct report *report)
{
	static const char *const languages[] = {"ko", "ja"};
	const char *key;
	size_t index;
	json_t *member;

	for (size_t i = 0; json_object_get(value, "en") && i < array_length(languages); i++) {
		if (!json_object_get(value, languages[i]))
			report_warning(report, false, "the text is not there in \"%s\"", languages[i]);
	}
	json_object_foreach((json_t *)value, key, member) {
		place_push_key(&report->place, key);
		check_languages(member, report);
		place_pop(&report->place);
	}
	json_array_foreach(value, index, member) {
		place_push_index(&report->place, index);
		check_languages(member, report);
		place_pop(&report->place);
	}
}

/* A section that English has, every language has. */
static void check_sections(json_t *texts, struct report *report)
{
	const char *language;
	json_t *sections;
	const char *name;
	json_t *text;

	place_push_key(&report->place, "texts");
	json_object_foreach(texts, language, sections) {
		place_push_key(&report->place, language);
		json_object_foreach(json_object_get(texts, "en"), name, text) {
			if (!json_object_get(sections, name))
				report_warning(report, true, "\"%s\" is missing in this language", name);
		}
		place_pop(&report->place);
	}
	place_pop(&report->place);
}

/* Words of a later format would be lost on a console that knows only the file's own. */
static void refuse_word(const json_t *object, const char *word, struct report *report)
{
	if (!json_object_get(object, word))
		return;
	place_push_key(&report->place, word);
	report_error(report, true, "\"%s\" is a word of format 2, and this file's format is 1", word);
	place_pop(&report->place);
}

static void check_format_of_collect(const struct runbook *runbook, const json_t *item, struct report *report)
{
	(void)runbook;
	refuse_word(item, "if", report);
	refuse_word(item, "check", report);
	if (!strcmp(json_string_value(json_object_get(item, "type")), "certificates"))
		report_error(report, false, "certificates are collected from format 2 on, and this file's format is 1");
}

static void check_format_of_also(const struct runbook *runbook, const json_t *item, struct report *report)
{
	(void)runbook;
	refuse_word(item, "confidence", report);
}

static void check_format(const struct runbook *runbook, struct report *report)
{
	if (json_integer_value(json_object_get(runbook->document, "format")) >= 2)
		return;
	refuse_word(runbook->document, "latent", report);
	check_list(runbook, "also", check_format_of_also, report);
	check_list(runbook, "collect", check_format_of_collect, report);
}

static void check_remedy(const struct runbook *runbook, struct report *report)
{
	if (runbook->remedy < REMEDY_MANUAL || json_object_get(runbook->document, "verify"))
		return;
	place_push_key(&report->place, "steps");
	report_error(report, true, "steps that change something need \"verify\"");
	place_pop(&report->place);
}

void document_check(const struct runbook *runbook, struct report *report)
{
	check_unique(runbook, "steps", "id", report);
	check_unique(runbook, "preconditions", "id", report);
	check_unique(runbook, "collect", "name", report);
	check_list(runbook, "steps", check_step, report);
	check_list(runbook, "preconditions", check_precondition, report);
	check_remedy(runbook, report);
	check_languages(runbook->document, report);
	check_sections(json_object_get(runbook->document, "texts"), report);
	if (json_object_get(runbook->document, "latent")) {
		place_push_key(&report->place, "latent");
		check_sections(json_object_get(json_object_get(runbook->document, "latent"), "texts"), report);
		place_pop(&report->place);
	}
	check_format(runbook, report);
}
