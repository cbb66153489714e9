#include "probes/runbook/set.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/runbook/trust.h"

enum { FILE_SIZE_MAX = 1 << 20 };

/* Without them the runbooks that name one are refused, and each says so. */
static void load_checks(struct runbook_set *set, const char *assets)
{
	auto_free char *folder = xasprintf("%s/checks", assets);
	struct err err = {0};

	if (check_set_load(folder, &set->checks, &err) < 0) {
		auto_free char *text = err_text(&err);

		set_add_diagnostic(set, folder, 0, true, text);
	}
}

int set_new(const char *assets, struct field_set *fields, struct runbook_set **ret_set, struct err *err)
{
	struct runbook_set *set = xcalloc(1, sizeof(*set));
	auto_free char *schema = xasprintf("%s/runbook.schema.json", assets);

	set->fields = fields;
	if (!fields) {
		for (int kind = 0; kind < KIND_COUNT; kind++)
			set->own_fields.tables[kind] = field_table_new(kind_get((enum kind_id)kind));
		set->has_own_fields = true;
		set->fields = &set->own_fields;
	}
	set->book = message_book_new();
	if (schema_load(schema, &set->schema, err) < 0) {
		runbook_set_free(set);
		return -1;
	}
	load_checks(set, assets);
	*ret_set = set;
	return 0;
}

void runbook_set_free(struct runbook_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		runbook_free(set->runbooks[i]);
	for (size_t i = 0; i < set->diagnostic_count; i++)
		diagnostic_release(&set->diagnostics[i]);
	for (int kind = 0; set->has_own_fields && kind < KIND_COUNT; kind++)
		field_table_free(set->own_fields.tables[kind]);
	message_book_free(set->book);
	schema_free(set->schema);
	check_set_free(set->checks);
	free(set->diagnostics);
	free(set->runbooks);
	free(set);
}

void set_add_diagnostic(struct runbook_set *set, const char *file, int line, bool is_warning,
			const char *text)
{
	struct buffer shown = BUFFER_INIT(4096);

	text_show(&shown, text, strlen(text));
	set->diagnostics =
		xreallocarray(set->diagnostics, set->diagnostic_count + 1, sizeof(*set->diagnostics));
	set->diagnostics[set->diagnostic_count++] = (struct diagnostic){
		.file = xstrdup(file),
		.line = line,
		.text = buffer_detach(&shown),
		.is_warning = is_warning,
	};
}

static void take_diagnostics(struct runbook_set *set, struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		set_add_diagnostic(set, report->diagnostics[i].file, report->diagnostics[i].line,
				   report->diagnostics[i].is_warning, report->diagnostics[i].text);
	report_release(report);
}

static void add_err(struct runbook_set *set, const char *file, const struct err *err)
{
	auto_free char *text = err_text(err);

	set_add_diagnostic(set, file, 0, false, text);
}

struct runbook *set_read_file(struct runbook_set *set, const char *path, bool is_shipped)
{
	struct reading reading = {
		.schema = set->schema, .book = set->book, .fields = set->fields, .checks = set->checks};
	auto_free char *text = NULL;
	struct report report;
	struct runbook *runbook;
	struct err err = {0};
	size_t length;

	if (trust_check_file(path, is_shipped, &err) < 0 ||
	    file_read(path, FILE_SIZE_MAX, &text, &length, &err) < 0) {
		add_err(set, path, &err);
		return NULL;
	}
	report_init(&report, path, text);
	runbook = document_read(&reading, length, &report);
	if (runbook)
		runbook->is_trusted = runbook->is_shipped = is_shipped;
	take_diagnostics(set, &report);
	return runbook;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int folder_files(const char *folder, char ***ret_paths, size_t *ret_count, struct err *err)
{
	DIR *directory = opendir(folder);
	char **paths = NULL;
	size_t count = 0;
	struct dirent *entry;

	if (!directory)
		return err_set(err, ERR_IO, "cannot read the folder {path}: {reason}", "path", folder,
			       "reason", strerror(errno), NULL);
	while ((entry = readdir(directory)) != NULL) {
		size_t n = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || n < 6 || strcmp(entry->d_name + n - 5, ".json") != 0)
			continue;
		paths = xreallocarray(paths, count + 1, sizeof(char *));
		paths[count++] = xasprintf("%s/%s", folder, entry->d_name);
	}
	closedir(directory);
	if (count)
		qsort(paths, count, sizeof(char *), by_text);
	*ret_paths = paths;
	*ret_count = count;
	return 0;
}

void set_add(struct runbook_set *set, struct runbook *runbook)
{
	set->runbooks = xreallocarray(set->runbooks, set->count + 1, sizeof(struct runbook *));
	set->runbooks[set->count++] = runbook;
}

static void drop_at(struct runbook_set *set, size_t index)
{
	runbook_free(set->runbooks[index]);
	memmove(set->runbooks + index, set->runbooks + index + 1,
		(set->count - index - 1) * sizeof(struct runbook *));
	set->count--;
}

/*
 * Whether the set takes it: an id belongs to one file, unless that one is replaced by name
 * (decisions.md 18).
 */
static bool make_room(struct runbook_set *set, const struct runbook *runbook)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct runbook *other = set->runbooks[i];
		auto_free char *text = NULL;

		if (strcasecmp(other->id, runbook->id) != 0 && strcasecmp(other->slug, runbook->slug) != 0)
			continue;
		if (runbook->replaces && !strcmp(runbook->replaces, other->id) && other->is_shipped) {
			/* Its messages stay in the book without a runbook to answer for them. */
			for (size_t rule = 0; rule < message_book_count(set->book); rule++) {
				struct message_rule *orphan = message_book_at(set->book, rule);

				if (orphan->runbook == other)
					orphan->runbook = NULL;
			}
			drop_at(set, i);
			return make_room(set, runbook);
		}
		text = xasprintf("the id or slug of \"%s\" belongs to %s already%s", runbook->id, other->file,
				 other->is_shipped ? "; \"replaces\" says that it is meant" : "");
		set_add_diagnostic(set, runbook->file, 1, false, text);
		return false;
	}
	return true;
}

static void load_files(struct runbook_set *set, char **paths, size_t count, bool is_shipped,
		       const json_t *approvals)
{
	for (size_t i = 0; i < count; i++) {
		size_t rules = message_book_count(set->book);
		struct runbook *runbook = set_read_file(set, paths[i], is_shipped);

		free(paths[i]);
		if (!runbook)
			continue;
		if (!is_shipped)
			runbook->is_trusted = trust_has(approvals, runbook->digest);
		if (make_room(set, runbook)) {
			set_add(set, runbook);
			continue;
		}
		message_book_cut(set->book, rules);
		runbook_free(runbook);
	}
	free(paths);
}

static void load_user_folder(struct runbook_set *set, const struct runbook_load_options *options)
{
	json_t *approvals = NULL;
	char **paths = NULL;
	size_t count = 0;
	struct err err = {0};
	DIR *directory = options->user_folder ? opendir(options->user_folder) : NULL;

	if (!directory)
		return;		/* most operators have none */
	closedir(directory);
	if (trust_check_file(options->user_folder, false, &err) < 0 ||
	    folder_files(options->user_folder, &paths, &count, &err) < 0) {
		add_err(set, options->user_folder, &err);
		return;
	}
	if (trust_load(options->state_folder, &approvals, &err) < 0)
		add_err(set, options->state_folder, &err);
	load_files(set, paths, count, false, approvals);
	json_decref(approvals);
}

int runbook_set_load(const struct runbook_load_options *options, struct field_set *fields,
		     struct runbook_set **ret_set, struct err *err)
{
	auto_free char *folder = xasprintf("%s/runbooks", options->assets);
	struct runbook_set *set;
	char **paths;
	size_t count;

	if (set_new(options->assets, fields, &set, err) < 0)
		return -1;
	if (folder_files(folder, &paths, &count, err) < 0) {
		runbook_set_free(set);
		return -1;
	}
	load_files(set, paths, count, true, NULL);
	load_user_folder(set, options);
	if (!set->count) {
		runbook_set_free(set);
		return err_set(err, ERR_CONFIG, "there is no usable runbook in {path}", "path", folder, NULL);
	}
	for (size_t i = 0; fields && i < set->count; i++)
		runbook_kinds(set->runbooks[i], fields->is_watched);
	set_order(set);
	set_check_ids(set);
	/* It is three times as large in memory as a runbook with all its texts, and has done its work. */
	schema_free(take_pointer(set->schema));
	*ret_set = set;
	return 0;
}

size_t runbook_count(const struct runbook_set *set)
{
	return set->count;
}

const struct runbook *runbook_at(const struct runbook_set *set, size_t index)
{
	return set->runbooks[index];
}

const struct runbook *runbook_find(const struct runbook_set *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!strcasecmp(set->runbooks[i]->id, id) || !strcasecmp(set->runbooks[i]->slug, id))
			return set->runbooks[i];
	}
	return NULL;
}

size_t runbook_diagnostic_count(const struct runbook_set *set)
{
	return set->diagnostic_count;
}

const struct diagnostic *runbook_diagnostic_at(const struct runbook_set *set, size_t index)
{
	return &set->diagnostics[index];
}
