#include "probes/sim/node_run.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/node_effects.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/node_shell.h"

static bool is_word(const char *line, const char *at, size_t n)
{
	return (at == line || strchr(" \t\n;&|(/'{", at[-1])) && (!at[n] || strchr(" \t\n;&|<>)'}", at[n]));
}

/* It is fed by another command. */
static bool is_behind_pipe(const char *line, const char *at)
{
	while (at > line && strchr(" \t'", at[-1]))
		at--;
	return at > line && at[-1] == '|' && (at == line + 1 || at[-2] != '|');
}

/* No operand follows, or one that means the standard input. */
static bool stands_alone(const char *rest)
{
	rest += strspn(rest, " \t'");
	return !*rest || strchr("\n;&|>)}", *rest) || !strncmp(rest, "-s", 2) ||
	       (*rest == '-' && (!rest[1] || strchr(" '\n", rest[1])));
}

/* By its look: a shell without a script, a reader without a file, or what names its standard input. */
bool node_line_wants_input(const char *line)
{
	static const char *const readers[] = {"cat", "sh", "bash", "dash", "sha256sum", "tee"};

	if (strstr(line, "/dev/stdin"))
		return true;
	for (size_t i = 0; i < array_length(readers); i++) {
		size_t n = strlen(readers[i]);
		bool always = !strcmp(readers[i], "tee");

		for (const char *at = strstr(line, readers[i]); at; at = strstr(at + n, readers[i]))
			if (is_word(line, at, n) && !is_behind_pipe(line, at) && (always || stands_alone(at + n)))
				return true;
	}
	return false;
}

void node_run(const struct node_run_request *request, struct node_run *ret_run)
{
	struct shell shell = {.cluster = request->cluster, .login = request->user, .variables = json_object(),
			      .is_root = !strcmp(request->user, "root")};
	const struct shell_io io = {.input = request->input, .input_length = request->input_length,
				    .out = &ret_run->out, .error_out = &ret_run->error_out};

	*ret_run = (struct node_run){.out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM),
				     .error_out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM)};
	ret_run->timeline.io = &io;
	shell.timeline = &ret_run->timeline;
	cluster_lock(request->cluster);
	shell.machine = machine_of(request->cluster, request->node);
	if (shell.machine) {
		shell_spend(&shell, doc_int(shell.machine->faults, "slow"));
		ret_run->status = shell_run(&shell, request->line, &io);
		machine_changed(request->cluster, shell.machine);
	}
	cluster_unlock(request->cluster);
	ret_run->lost = shell.is_lost || !shell.machine;
	ret_run->milliseconds = ret_run->lost ? 0 : shell.milliseconds;
	ret_run->timeline.io = NULL;
	memcpy(ret_run->signal, shell.signal, sizeof(ret_run->signal));
	json_decref(shell.variables);
}

void node_run_release(struct node_run *run)
{
	buffer_release(&run->out);
	buffer_release(&run->error_out);
	*run = (struct node_run){0};
}
