#include "probes/sim/node_mark.h"

#include <inttypes.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_proc.h"
#include "probes/sim/store.h"

enum { REFUSED = 120, PLACE_REFUSED = 121, BY_SIGNAL = 137 };

static const char *boot_id(const struct command *command)
{
	const struct object *node = machine_node(command->shell->cluster, command->shell->machine);

	return node ? doc_text(node->now->value, "status.nodeInfo.bootID") : "";
}

/* Of this boot; NULL: there is none. */
static json_t *find_mark(const struct command *command, const char *name)
{
	json_t *mark = json_object_get(machine_part(command->shell->machine, "marks"), name);

	return mark && !strcmp(doc_text(mark, "boot"), boot_id(command)) ? mark : NULL;
}

static void put_mark(const struct command *command, const char *name, json_t *mark)
{
	json_object_set_new(machine_own(command->shell->machine, "marks"), name, mark);
}

static int run(const struct command *command, const char *name, char **words, size_t count)
{
	struct shell *shell = command->shell;
	CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	const struct shell_io io = {.input = "", .out = &out, .error_out = &out};
	int64_t before = shell->milliseconds;
	int status;

	if (find_mark(command, name)) {
		buffer_add_text(command->io->error_out, "nks-triage: started before\n");
		return REFUSED;
	}
	status = command_run(shell, words, count, &io);
	/* A fault of the simulator ends with -1 after the effect, and with another status before it. */
	if (shell->is_lost && status >= 0)
		return status;
	/* The script outlives a command that a signal ends. */
	if (shell->signal[0]) {
		status = BY_SIGNAL;
		shell->signal[0] = '\0';
		shell->is_over = false;
	}
	put_mark(command, name,
		 json_pack("{s:s, s:i, s:s, s:I}", "boot", boot_id(command), "status", status < 0 ? 0 : status, "out",
			   buffer_text(&out), "until", shell->milliseconds < 0
				? (json_int_t)-1 : (json_int_t)(clock_monotonic_ms() + shell->milliseconds - before)));
	buffer_add(command->io->out, out.data, out.length);
	return status;
}

static int look(const struct command *command, const char *name)
{
	const json_t *mark = find_mark(command, name);
	int64_t until = mark ? doc_int(mark, "until") : 0;

	command_out(command, "boot %s\n", boot_id(command));
	if (!mark)
		command_out(command, "never\n");
	else if (until < 0 || clock_monotonic_ms() < until)
		command_out(command, "running\n");
	else
		command_out(command, "ended %" PRId64 "\n%s", doc_int(mark, "status"), doc_text(mark, "out"));
	return 0;
}

static int forget(const struct command *command, const char *name)
{
	(void)json_object_del(machine_own(command->shell->machine, "marks"), name);
	return 0;
}

/* The first so many bytes that end before one of these, of what the command says; reader: "" or "sudo -n". */
static void add_answer(struct shell *shell, const char *reader, const char *const *argv, const char *ends,
		       struct buffer *state)
{
	CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	const struct shell_io io = {.input = "", .out = &out, .error_out = &out};
	const char *words[8] = {"sudo", "-n"};
	size_t count = *reader ? 2 : 0;

	while (*argv)
		words[count++] = *argv++;
	command_run(shell, (char **)(uintptr_t)words, count, &io);
	buffer_add(state, buffer_text(&out), strcspn(buffer_text(&out), ends));
}

/* words: FILE STATE READER COMMAND…; see probes/remedy/node_place.h */
static int place(const struct command *command, char **words, size_t count)
{
	CLEANUP(buffer_release) struct buffer state = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	const char *const looks[] = {"stat", "--format=%F:%a:%U:%G", words[0], NULL};
	const char *const sums[] = {"sha256sum", words[0], NULL};
	const char *seen;

	add_answer(command->shell, words[2], looks, "\n", &state);
	buffer_add_byte(&state, ' ');
	add_answer(command->shell, words[2], sums, " \n", &state);
	seen = strstr(buffer_text(&state), "No such file") ? "none" : buffer_text(&state);
	if (strcmp(seen, words[1]) != 0) {
		buffer_add_text(command->io->error_out, "nks-triage: the file is not as it was\n");
		return PLACE_REFUSED;
	}
	return command_run(command->shell, words + 3, count - 3, command->io);
}

bool mark_run(const struct command *command, char **words, size_t count, int *ret_status)
{
	if (count < 2)
		return false;
	if (!strcmp(words[0], "nks-triage-run") && count > 2)
		*ret_status = run(command, words[1], words + 2, count - 2);
	else if (!strcmp(words[0], "nks-triage-look"))
		*ret_status = look(command, words[1]);
	else if (!strcmp(words[0], "nks-triage-forget"))
		*ret_status = forget(command, words[1]);
	else if (!strcmp(words[0], "nks-triage-place") && count > 4)
		*ret_status = place(command, words + 1, count - 1);
	else
		return false;
	return true;
}
