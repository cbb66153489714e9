#include "probes/sim/node_test.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_files.h"
#include "probes/sim/node_proc.h"

/* A program counts as a file that can be run. */
static bool is_program(const struct command *command, const char *path)
{
	const struct command_entry *entry = command_find(command->shell->machine, path);
	auto_free char *folder = path_parent(path);

	return *path == '/' && entry && entry->folder && !strcmp(entry->folder, folder);
}

static bool is_made_up(const struct command *command, const char *path)
{
	auto_free char *text = proc_text(command->shell->cluster, command->shell->machine, path);

	return text;
}

static bool test_file(const struct command *command, char what, const char *path)
{
	const struct shell *shell = command->shell;
	bool seen = files_reachable(shell, path);
	const json_t *entry = seen ? files_find(shell->machine, path) : NULL;
	const json_t *self = json_object_get(machine_part(shell->machine, "files"), path);
	bool other = seen && !entry && (is_program(command, path) || is_made_up(command, path));

	switch (what) {
	case 'f':
		return other || (entry && !files_is_directory(entry));
	case 'd':
		return entry && files_is_directory(entry);
	case 's':
		return other || (entry && files_size(entry) > 0);
	case 'r':
		return other || (entry && files_may_read(shell, path));
	case 'w':
		return entry && (shell->is_root || !strcmp(files_owner(entry), shell->login));
	case 'x':
		return entry ? files_is_directory(entry) || files_mode(entry) & 0111 : is_program(command, path);
	case 'L':
	case 'h':
		return doc_text(self, "target")[0];
	default:
		return other || entry;
	}
}

static int compare(const struct command *command, const char *left, const char *operator, const char *right)
{
	static const char *const numbers[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
	long long a = strtoll(left, NULL, 10);
	long long b = strtoll(right, NULL, 10);
	const bool holds[] = {a == b, a != b, a < b, a <= b, a > b, a >= b};

	if (!strcmp(operator, "=") || !strcmp(operator, "=="))
		return strcmp(left, right) != 0;
	if (!strcmp(operator, "!="))
		return strcmp(left, right) == 0;
	for (size_t i = 0; i < array_length(numbers); i++)
		if (!strcmp(operator, numbers[i]))
			return !holds[i];
	return command_fail(command, 2, "%s: binary operator expected", operator);
}

static int evaluate(const struct command *command, char **words, size_t count)
{
	if (count && !strcmp(words[0], "!")) {
		int status = evaluate(command, words + 1, count - 1);

		return status > 1 ? status : !status;
	}
	if (count == 0)
		return 1;
	if (count == 1)
		return !*words[0];
	if (count == 3)
		return compare(command, words[0], words[1], words[2]);
	if (count != 2 || words[0][0] != '-' || !words[0][1] || words[0][2])
		return command_fail(command, 2, "%s: unexpected operator", words[0]);
	if (words[0][1] == 'n')
		return !*words[1];
	if (words[0][1] == 'z')
		return *words[1] != '\0';
	return !test_file(command, words[0][1], words[1]);
}

int test_run(const struct command *command)
{
	size_t count = command->count - 1;

	if (!strcmp(command->name, "[")) {
		if (!count || strcmp(command->words[count], "]"))
			return command_fail(command, 2, "missing ]");
		count--;
	}
	return evaluate(command, command->words + 1, count);
}
