#include <string.h>
#include <sys/stat.h>

#include "probes/base/memory.h"
#include "probes/runbook/set.h"

struct lint {
	struct runbook_set *set;
};

static void lint_file(struct lint *lint, const char *path)
{
	struct runbook *runbook = set_read_file(lint->set, path, true);

	if (runbook)
		set_add(lint->set, runbook);
}

static void lint_path(struct lint *lint, const char *path)
{
	struct stat status;
	struct err err = {0};
	char **paths;
	size_t count;
	auto_free char *text = NULL;

	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		lint_file(lint, path);
		return;
	}
	if (!folder_files(path, &paths, &count, &err)) {
		for (size_t i = 0; i < count; i++) {
			lint_file(lint, paths[i]);
			free(paths[i]);
		}
		free(paths);
		return;
	}
	text = err_text(&err);
	set_add_diagnostic(lint->set, path, 0, false, text);
}

/* The shipped runbooks, so that references to them are known; their own faults are not asked for. */
static void add_shipped(struct lint *lint, const char *assets)
{
	auto_free char *folder = xasprintf("%s/runbooks", assets);
	char **paths;
	size_t count;

	if (folder_files(folder, &paths, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		size_t diagnostics = lint->set->diagnostic_count;
		struct runbook *runbook = set_read_file(lint->set, paths[i], true);

		free(paths[i]);
		while (lint->set->diagnostic_count > diagnostics)
			diagnostic_release(&lint->set->diagnostics[--lint->set->diagnostic_count]);
		if (runbook && !runbook_find(lint->set, runbook->id))
			set_add(lint->set, runbook);
		else
			runbook_free(runbook);
	}
	free(paths);
}

static void check_twice(struct lint *lint)
{
	struct runbook_set *set = lint->set;

	for (size_t i = 0; i < set->count; i++) {
		for (size_t k = 0; k < i; k++) {
			auto_free char *text = NULL;

			if (strcmp(set->runbooks[i]->id, set->runbooks[k]->id) != 0 &&
			    strcmp(set->runbooks[i]->slug, set->runbooks[k]->slug) != 0)
				continue;
			text = xasprintf("%s has the same id or slug", set->runbooks[k]->file);
			set_add_diagnostic(set, set->runbooks[i]->file, 1, false, text);
		}
	}
}

size_t runbook_lint(const char *const *paths, size_t path_count, const char *assets,
		    void (*on_diagnostic)(void *data, const struct diagnostic *diagnostic),
		    void (*on_runbook)(void *data, const struct runbook *runbook), void *data)
{
	struct lint lint = {.set = NULL};
	struct err err = {0};
	size_t errors = 0;

	if (set_new(assets, NULL, &lint.set, &err) < 0) {
		auto_free char *text = err_text(&err);
		struct diagnostic diagnostic = {.file = (char *)assets, .text = text};

		on_diagnostic(data, &diagnostic);
		return 1;
	}
	for (size_t i = 0; i < path_count; i++)
		lint_path(&lint, paths[i]);
	check_twice(&lint);
	for (size_t i = 0; on_runbook && i < lint.set->count; i++)
		on_runbook(data, lint.set->runbooks[i]);
	add_shipped(&lint, assets);
	set_check_ids(lint.set);
	for (size_t i = 0; i < lint.set->diagnostic_count; i++) {
		on_diagnostic(data, &lint.set->diagnostics[i]);
		errors += !lint.set->diagnostics[i].is_warning;
	}
	runbook_set_free(lint.set);
	return errors;
}
