/*
 * One file of assets/checks/, from its text to a struct check. What is wrong
 * is said with file, line and place, as for runbooks; the form is that of
 * assets/checks.schema.json.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/base/position.h"
#include "probes/ssh/check_allowed.h"
#include "probes/ssh/check_set.h"

struct reader {
	const char *path;
	const char *text;
	struct place place;
	struct err *err;
	struct check *check;
};

enum { OUTPUT_DEFAULT = 64 << 10, OUTPUT_MAXIMUM = 1 << 20, TIMEOUT_MAXIMUM = 60, WORDS_MAXIMUM = 40 };

/* About the value at the reader's place. */
static int wrong(struct reader *reader, const char *what)
{
	char where[256];
	char number[16];
	int line = 0;
	int column = 0;

	place_text(&reader->place, where, sizeof(where));
	position_find(reader->text, &reader->place, false, &line, &column);
	snprintf(number, sizeof(number), "%d", line);
	return err_set(reader->err, ERR_CONFIG, "{file}:{line}: {place}: {what}", "file", reader->path, "line", number,
		       "place", where, "what", what, NULL);
}

static int wrong_member(struct reader *reader, const char *key, const char *what)
{
	place_push_key(&reader->place, key);
	wrong(reader, what);
	place_pop(&reader->place);
	return -1;
}

/* Words with a blank between; a member of another name is an error. */
static int only_members(struct reader *reader, const json_t *object, const char *names)
{
	const char *key;
	json_t *member;

	if (!json_is_object(object))
		return wrong(reader, "must be an object");
	json_object_foreach((json_t *)(uintptr_t)object, key, member) {
		auto_free char *word = xasprintf(" %s ", key);

		if (!strstr(names, word))
			return wrong_member(reader, key, "there is no such member");
	}
	return 0;
}

/* A text that is not empty; *ret_text stays where it is not there and not required. */
static int text_member(struct reader *reader, const json_t *object, const char *key, bool is_required,
		       const char **ret_text)
{
	const json_t *value = json_object_get(object, key);

	if (!value && !is_required)
		return 0;
	if (!value)
		return wrong_member(reader, key, "is missing");
	if (!json_is_string(value) || !json_string_length(value))
		return wrong_member(reader, key, "must be a text");
	*ret_text = json_string_value(value);
	return 0;
}

static int flag_member(struct reader *reader, const json_t *object, const char *key, bool *ret_flag)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_boolean(value))
		return wrong_member(reader, key, "must be true or false");
	*ret_flag = json_is_true(value);
	return 0;
}

static int number_member(struct reader *reader, const json_t *object, const char *key, json_int_t least,
			 json_int_t most,
			 json_int_t *ret_number)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most)
		return wrong_member(reader, key, "is no number that is allowed here");
	*ret_number = json_integer_value(value);
	return 0;
}

/* One of a list of words, by its place from 1; 0: not there. */
static int choice_member(struct reader *reader, const json_t *object, const char *key, const char *const *words,
			 int *ret_choice)
{
	const char *text = NULL;

	*ret_choice = 0;
	if (text_member(reader, object, key, false, &text) < 0)
		return -1;
	for (int i = 0; text && words[i]; i++) {
		if (!strcmp(words[i], text))
			*ret_choice = i + 1;
	}
	return text && !*ret_choice ? wrong_member(reader, key, "is none of the words that are allowed here") : 0;
}

static int title_member(struct reader *reader, const json_t *object)
{
	static const char *const languages[] = {"en", "ko", "ja"};
	const json_t *title = json_object_get(object, "title");
	const char *text = NULL;
	int result = 0;

	place_push_key(&reader->place, "title");
	result = only_members(reader, title, " en ko ja ");
	for (size_t i = 0; result == 0 && i < array_length(languages); i++)
		result = text_member(reader, title, languages[i], true, &text);
	place_pop(&reader->place);
	return result;
}

static int where_it_applies(struct reader *reader, const json_t *object, enum node_runtime *ret_runtime,
			    enum node_family *ret_family)
{
	static const char *const runtimes[] = {"docker", "containerd", NULL};
	static const char *const families[] = {"rhel", "debian", NULL};
	int runtime;
	int family;

	if (choice_member(reader, object, "runtime", runtimes, &runtime) < 0 ||
	    choice_member(reader, object, "family", families, &family) < 0)
		return -1;
	*ret_runtime = (enum node_runtime)runtime;
	*ret_family = (enum node_family)family;
	return 0;
}

static int parser_member(struct reader *reader, const json_t *object, bool is_required,
			 const struct parser **ret_parser)
{
	const char *name = NULL;

	if (text_member(reader, object, "parser", is_required, &name) < 0)
		return -1;
	if (name)
		*ret_parser = parser_by_name(name);
	return *ret_parser ? 0 : wrong_member(reader, "parser", "there is no such parser");
}

static int read_argv(struct reader *reader, const json_t *object, struct check_command *command)
{
	const json_t *words = json_object_get(object, "argv");
	size_t count = json_array_size(words);
	struct err why = {0};

	if (!count || count > WORDS_MAXIMUM)
		return wrong_member(reader, "argv", "must be a list of words");
	command->argv = xcalloc(count + 1, sizeof(*command->argv));
	for (size_t i = 0; i < count; i++) {
		command->argv[i] = json_string_value(json_array_get(words, i));
		if (!command->argv[i] || !*command->argv[i])
			return wrong_member(reader, "argv", "must be a list of words");
	}
	if (check_allowed(command->argv, &why) < 0) {
		auto_free char *text = err_text(&why);

		return wrong_member(reader, "argv", text);
	}
	return 0;
}

static int read_command(struct reader *reader, const json_t *object, const struct parser *parser,
			struct check_command *command)
{
	command->parser = parser;
	if (only_members(reader, object, " argv parser runtime family ") < 0 ||
	    parser_member(reader, object, false, &command->parser) < 0 ||
	    where_it_applies(reader, object, &command->runtime, &command->family) < 0)
		return -1;
	return read_argv(reader, object, command);
}

static int read_commands(struct reader *reader, const json_t *object, struct check_read *read)
{
	const json_t *list = json_object_get(object, "commands");
	const struct parser *parser = NULL;
	int result = 0;

	if (parser_member(reader, object, true, &parser) < 0)
		return -1;
	if (!json_array_size(list))
		return wrong_member(reader, "commands", "must be a list of commands");
	read->commands = xcalloc(json_array_size(list), sizeof(*read->commands));
	read->command_count = json_array_size(list);
	place_push_key(&reader->place, "commands");
	for (size_t i = 0; result == 0 && i < read->command_count; i++) {
		place_push_index(&reader->place, i);
		result = read_command(reader, json_array_get(list, i), parser, &read->commands[i]);
		place_pop(&reader->place);
	}
	place_pop(&reader->place);
	return result;
}

static int read_exits(struct reader *reader, const json_t *object, struct check_read *read)
{
	size_t index;
	const json_t *exit;

	read->exits = json_object_get(object, "exits");
	if (read->exits && !json_array_size(read->exits))
		return wrong_member(reader, "exits", "must be a list of exit statuses");
	json_array_foreach(read->exits, index, exit) {
		if (!json_is_integer(exit) || json_integer_value(exit) < 0 || json_integer_value(exit) > 123)
			return wrong_member(reader, "exits", "must be a list of exit statuses");
	}
	return 0;
}

static int read_read(struct reader *reader, const json_t *object, void *into)
{
	struct check_read *read = into;
	json_int_t timeout = 0;
	json_int_t maximum = OUTPUT_DEFAULT;

	if (only_members(reader, object,
			 " as parser sudo timeoutSeconds maximumBytes exits missing optional commands ") < 0 ||
	    text_member(reader, object, "as", true, &read->as) < 0 ||
	    flag_member(reader, object, "sudo", &read->sudo) < 0 ||
	    flag_member(reader, object, "missing", &read->takes_missing) < 0 ||
	    flag_member(reader, object, "optional", &read->is_optional) < 0 ||
	    number_member(reader, object, "timeoutSeconds", 1, TIMEOUT_MAXIMUM, &timeout) < 0 ||
	    number_member(reader, object, "maximumBytes", 256, OUTPUT_MAXIMUM, &maximum) < 0 ||
	    read_exits(reader, object, read) < 0)
		return -1;
	if (!timeout)
		return wrong_member(reader, "timeoutSeconds", "is missing");
	read->timeout_seconds = (int)timeout;
	read->maximum = (size_t)maximum;
	return read_commands(reader, object, read);
}

/* Whether the first word of a path is something that the check has. */
static bool is_known_path(const struct check *check, const char *path)
{
	static const char *const derived[] = {[DERIVE_NOTHING] = "", [DERIVE_RUNTIME] = "runtime",
					      [DERIVE_SKEW] = "clock",
					      [DERIVE_GAP] = "gap"};
	auto_free char *first = xstrndup(path, strcspn(path, ".[:"));

	for (size_t i = 0; i < check->read_count; i++) {
		if (!strcmp(check->reads[i].as, first))
			return true;
	}
	return check->derive != DERIVE_NOTHING && !strcmp(derived[check->derive], first);
}

static int read_test(struct reader *reader, const json_t *test, void *unused)
{
	static const char *const operators[] = {"eq", "ne", "gt", "ge", "lt", "le", "exists", "absent", "not-in", NULL};
	static const char *const members[] = {"path", "per", "minus", "of"};
	const json_t *value = json_object_get(test, "value");
	const char *text = NULL;
	int operator;

	(void)unused;
	if (only_members(reader, test, " path per minus op value of ") < 0 ||
	    choice_member(reader, test, "op", operators, &operator) < 0)
		return -1;
	for (size_t i = 0; i < array_length(members); i++) {
		const char *path = NULL;

		if (text_member(reader, test, members[i], i == 0, &path) < 0)
			return -1;
		if (path && !is_known_path(reader->check, path))
			return wrong_member(reader, members[i], "begins with nothing that is read");
	}
	if (!operator)
		return wrong_member(reader, "op", "is missing");
	if (operator <= 6 && !json_is_string(value) && !json_is_number(value) && !json_is_boolean(value))
		return wrong_member(reader, "value", "must be a text, a number, true or false");
	return operator == 9 ? text_member(reader, test, "of", true, &text) : 0;
}

/* Every item of the list under key, by a function that gets the place of the item in an array of the caller's. */
static int read_items(struct reader *reader, const char *key, const json_t *list,
		      int (*read)(struct reader *reader, const json_t *item, void *into), void *array, size_t size)
{
	int result = 0;

	place_push_key(&reader->place, key);
	for (size_t i = 0; result == 0 && i < json_array_size(list); i++) {
		place_push_index(&reader->place, i);
		result = read(reader, json_array_get(list, i), array ? (char *)array + i * size : NULL);
		place_pop(&reader->place);
	}
	place_pop(&reader->place);
	return result;
}

static int read_sign(struct reader *reader, const json_t *object, void *into)
{
	static const char *const weights[] = {"bad", "note", NULL};
	static const char *const severities[] = {"critical", "warning", NULL};
	struct check_sign *sign = into;
	int severity;
	int weight;

	sign->title = json_object_get(object, "title");
	sign->tests = json_object_get(object, "all");
	if (only_members(reader, object, " id is severity title all ") < 0 ||
	    text_member(reader, object, "id", true, &sign->id) < 0 ||
	    choice_member(reader, object, "is", weights, &weight) < 0 || title_member(reader, object) < 0)
		return -1;
	if (!weight)
		return wrong_member(reader, "is", "is missing");
	sign->is_bad = weight == 1;
	if (choice_member(reader, object, "severity", severities, &severity) < 0)
		return -1;
	if (severity && !sign->is_bad)
		return wrong_member(reader, "severity", "is only of signs that are bad");
	sign->is_critical = severity == 1;
	if (!json_array_size(sign->tests))
		return wrong_member(reader, "all", "must be a list of tests");
	return read_items(reader, "all", sign->tests, read_test, NULL, 0);
}

static int read_reads(struct reader *reader, struct check *check)
{
	const json_t *list = json_object_get(check->document, "reads");

	if (!json_array_size(list))
		return wrong_member(reader, "reads", "must be a list");
	check->reads = xcalloc(json_array_size(list), sizeof(*check->reads));
	check->read_count = json_array_size(list);
	return read_items(reader, "reads", list, read_read, check->reads, sizeof(*check->reads));
}

static int read_signs(struct reader *reader, struct check *check)
{
	const json_t *list = json_object_get(check->document, "signs");

	if (list && !json_array_size(list))
		return wrong_member(reader, "signs", "must be a list");
	check->signs = xcalloc(json_array_size(list) + 1, sizeof(*check->signs));
	check->sign_count = json_array_size(list);
	return read_items(reader, "signs", list, read_sign, check->signs, sizeof(*check->signs));
}

/* {path} and {path:form} of the summary. */
static int check_summary(struct reader *reader, const struct check *check)
{
	for (const char *open = strchr(check->summary, '{'); open; open = strchr(open + 1, '{')) {
		if (!strchr(open, '}') || !is_known_path(check, open + 1))
			return wrong_member(reader, "summary", "names something that is not read");
	}
	return 0;
}

static int read_document(struct reader *reader, struct check *check)
{
	static const char *const derives[] = {"runtime", "skew", "gap", NULL};
	const json_t *applies = json_object_get(check->document, "applies");
	json_int_t format = 0;
	int derive;

	if (only_members(reader, check->document,
			 " $schema format name title applies reads derive signs summary ") < 0 ||
	    number_member(reader, check->document, "format", 1, 1, &format) < 0 ||
	    text_member(reader, check->document, "name", true, &check->name) < 0 ||
	    text_member(reader, check->document, "summary", true, &check->summary) < 0 ||
	    choice_member(reader, check->document, "derive", derives, &derive) < 0 ||
	    title_member(reader, check->document) < 0)
		return -1;
	if (!format)
		return wrong_member(reader, "format", "is missing");
	check->derive = (enum check_derive)derive;
	place_push_key(&reader->place, "applies");
	if (applies && (only_members(reader, applies, " runtime family ") < 0 ||
			where_it_applies(reader, applies, &check->runtime, &check->family) < 0))
		return -1;
	place_pop(&reader->place);
	if (read_reads(reader, check) < 0 || read_signs(reader, check) < 0)
		return -1;
	return check_summary(reader, check);
}

static int check_file_name(struct reader *reader, const struct check *check)
{
	const char *slash = strrchr(reader->path, '/');
	auto_free char *wanted = xasprintf("%s.json", check->name);

	return strcmp(slash ? slash + 1 : reader->path, wanted) ? wrong_member(reader, "name",
									       "the file is called otherwise") : 0;
}

int check_read_text(const char *path, const char *text, size_t length, struct check **ret_check, struct err *err)
{
	struct check *check = xcalloc(1, sizeof(*check));
	struct reader reader = {.path = path, .text = text, .err = err, .check = check};
	json_error_t where;
	char line[16];

	check->document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
	if (!check->document) {
		snprintf(line, sizeof(line), "%d", where.line);
		check_free(check);
		return err_set(err, ERR_CONFIG, "{file}:{line}: {what}", "file", path, "line", line, "what",
			       where.text, NULL);
	}
	if (read_document(&reader, check) < 0 || check_file_name(&reader, check) < 0) {
		check_free(check);
		return -1;
	}
	*ret_check = check;
	return 0;
}
