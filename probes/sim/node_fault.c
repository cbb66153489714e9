#include "probes/sim/node_fault.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/merge_patch.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/ssh_server.h"

enum { LINE_MAXIMUM = 64 << 10 };

/* The words with blanks between, the command without its folder. */
static char *line_of(char *const *words, size_t count)
{
	struct buffer line = BUFFER_INIT(LINE_MAXIMUM);

	for (size_t i = 0; i < count; i++) {
		const char *slash = i ? NULL : strrchr(words[i], '/');

		buffer_addf(&line, "%s%s", i ? " " : "", slash ? slash + 1 : words[i]);
	}
	return buffer_detach(&line);
}

static json_t *fault_of(const struct command *command)
{
	auto_free char *line = line_of(command->words, command->count);
	size_t i;
	json_t *fault;

	json_array_foreach(json_object_get(command->shell->machine->faults, "commands"), i, fault)
		if (!fnmatch(doc_text(fault, "match"), line, 0))
			return fault;
	return NULL;
}

static void use_up(const struct machine *machine, json_t *fault)
{
	json_t *faults = json_object_get(machine->faults, "commands");
	int64_t times = doc_int_or(fault, "times", 1);
	size_t i;
	json_t *entry;

	if (times > 1)
		doc_set_int(fault, "times", times - 1);
	if (times != 1)
		return;
	json_array_foreach(faults, i, entry) {
		if (entry == fault) {
			json_array_remove(faults, i);
			return;
		}
	}
}

static void lose(struct shell *shell)
{
	shell->is_lost = true;
	shell->is_over = true;
}

bool fault_before(const struct command *command, int *ret_status)
{
	struct shell *shell = command->shell;
	json_t *fault = fault_of(command);
	bool answers = json_object_get(fault, "exit") || json_object_get(fault, "signal");

	*ret_status = 0;
	if (!fault)
		return false;
	shell_spend(shell, doc_int(fault, "slow"));
	if (!strcmp(doc_text(fault, "drop"), "after"))
		return false;
	if (!answers && !doc_text(fault, "drop")[0]) {
		use_up(shell->machine, fault);
		return false;
	}
	buffer_add_text(command->io->out, doc_text(fault, "out"));
	buffer_add_text(command->io->error_out, doc_text(fault, "error"));
	*ret_status = (int)doc_int(fault, "exit");
	if (doc_text(fault, "drop")[0])
		lose(shell);
	snprintf(shell->signal, sizeof(shell->signal), "%s", doc_text(fault, "signal"));
	shell->is_over = shell->is_over || shell->signal[0];
	use_up(shell->machine, fault);
	return true;
}

void fault_after(const struct command *command, int *status)
{
	json_t *fault = fault_of(command);

	if (!fault || strcmp(doc_text(fault, "drop"), "after"))
		return;
	lose(command->shell);
	*status = -1;
	use_up(command->shell->machine, fault);
}

/* How many words are timeout, env and what belongs to them. */
static size_t count_wrappers(char *const *words, size_t count)
{
	size_t first = 0;

	while (first < count && (!strcmp(words[first], "timeout") || !strcmp(words[first], "env"))) {
		bool timeout = *words[first] == 't';

		for (first++; first < count; first++) {
			bool valued = !strcmp(words[first], "-k");

			if (valued)
				first++;
			else if (*words[first] != '-' && !strchr(words[first], '='))
				break;
		}
		first += timeout;
	}
	return first < count ? first : 0;
}

bool fault_lets_sudo(const struct shell *shell, char *const *words, size_t count)
{
	const json_t *sudo = json_object_get(shell->machine->faults, "sudo");
	size_t first = count_wrappers(words, count);
	auto_free char *line = line_of(words + first, count - first);
	size_t i;
	json_t *pattern;

	if (!strcmp(json_is_string(sudo) ? json_string_value(sudo) : "", "no"))
		return false;
	json_array_foreach(json_object_get(sudo, "refused"), i, pattern)
		if (!fnmatch(json_string_value(pattern), line, 0))
			return false;
	return true;
}

void fault_patch(struct cluster *cluster, struct machine *machine, const json_t *patch)
{
	json_t *merged;

	if (!patch)
		return;
	merged = merge_patch(machine->faults, patch);
	json_decref(machine->faults);
	machine->faults = merged;
	if (doc_true(patch, "newHostKey"))
		ssh_server_change_key(cluster->ssh, machine->name);
	if (cluster->ssh)
		ssh_server_refresh(cluster->ssh, NULL, NULL);
}
