/*
 * systemctl, journalctl (systemd 219 to 252), rpcinfo and ps on a simulated node.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_effects.h"
#include "probes/sim/node_units.h"

static const char unit_options[] = "-p --property -n --lines -t --type";

static struct machine *machine_under(const struct command *command)
{
	return command->shell->machine;
}

/* --- systemctl --- */

static int is_active(const struct command *command)
{
	const char *word;
	int status = 3;

	for (size_t n = 1; (word = command_operand(command, n, unit_options)); n++) {
		auto_free char *name = unit_name(word);
		const json_t *unit = unit_of(machine_under(command), name);
		bool active = unit_is_active(machine_under(command), name);

		if (!command_has(command, "-q") && !command_has(command, "--quiet"))
			command_out(command, "%s\n", unit ? doc_text(unit, "active") : "inactive");
		status = active ? 0 : status;
	}
	return status;
}

static int is_enabled(const struct command *command)
{
	const char *word;
	int status = 1;

	for (size_t n = 1; (word = command_operand(command, n, unit_options)); n++) {
		auto_free char *name = unit_name(word);
		const json_t *unit = unit_of(machine_under(command), name);
		const char *state = doc_text(unit, "enabled");

		if (!unit) {
			shell_say(command->io->error_out,
				  "Failed to get unit file state for %s: No such file or directory\n", name);
			continue;
		}
		command_out(command, "%s\n", state);
		status = !strcmp(state, "enabled") || !strcmp(state, "static") ? 0 : status;
	}
	return status;
}

/* In systemd's own order, whatever order they were asked in. */
static const char *const properties[] = {"MainPID", "Result", "Id", "Description", "LoadState", "ActiveState",
					 "SubState", "UnitFileState"};

static bool wants(const struct command *command, const char *property)
{
	bool any = false;

	for (size_t i = 1; i < command->count; i++) {
		const char *list = command->words[i];
		size_t n = strlen(property);

		if (!strncmp(list, "--property=", 11))
			list += 11;
		else if (!strcmp(command->words[i - 1], "-p") || !strcmp(command->words[i - 1], "--property"))
			list = command->words[i];
		else
			continue;
		any = true;
		for (const char *at = strstr(list, property); at; at = strstr(at + n, property))
			if ((at == list || at[-1] == ',') && (!at[n] || at[n] == ','))
				return true;
	}
	return !any;
}

static void show_property(const struct command *command, const char *name, const char *property)
{
	const json_t *unit = unit_of(machine_under(command), name);
	const char *active = unit ? doc_text(unit, "active") : "inactive";
	const char *value = doc_text(unit, "enabled");

	if (!strcmp(property, "Id"))
		value = name;
	else if (!strcmp(property, "Description"))
		value = unit ? doc_text(unit, "description") : name;
	else if (!strcmp(property, "LoadState"))
		value = unit ? "loaded" : "not-found";
	else if (!strcmp(property, "ActiveState"))
		value = active;
	else if (!strcmp(property, "SubState"))
		value = unit ? doc_text(unit, "sub") : "dead";
	else if (!strcmp(property, "Result"))
		value = strcmp(active, "failed") ? "success" : "exit-code";
	if (strcmp(property, "MainPID"))
		command_out(command, "%s=%s\n", property, value);
	else
		command_out(command, "MainPID=%" PRId64 "\n", strcmp(active, "active") ? 0 : doc_int(unit, "pid"));
}

static int show(const struct command *command)
{
	const char *word;

	for (size_t n = 1; (word = command_operand(command, n, unit_options)); n++) {
		auto_free char *name = unit_name(word);

		command_out(command, "%s", n > 1 ? "\n" : "");
		for (size_t i = 0; i < array_length(properties); i++)
			if (wants(command, properties[i]))
				show_property(command, name, properties[i]);
	}
	return 0;
}

static int no_right(const struct command *command, const char *verb, const char *name)
{
	shell_say(command->io->error_out,
		  "Failed to %s %s: Interactive authentication required.\n"
		  "See system logs and 'systemctl status %s' for details.\n", verb, name, name);
	return 1;
}

static int change_state(const struct command *command, const char *verb, const char *name)
{
	struct machine *machine = machine_under(command);
	bool active = unit_is_active(machine, name);
	bool tries = !strncmp(verb, "try-", 4) || !strncmp(verb, "reload", 6);

	if (!strcmp(verb, "stop"))
		unit_stop(machine, name);
	else if ((!tries || active) && (strcmp(verb, "start") || !active) && unit_start(machine, name)) {
		shell_say(command->io->error_out,
			  "Job for %s failed because the control process exited with error code.\n"
			  "See \"systemctl status %s\" and \"journalctl -xe\" for details.\n", name, name);
		return 1;
	}
	return 0;
}

static int change_enabled(const struct command *command, bool enable, const char *name)
{
	static const char wants_folder[] = "/etc/systemd/system/multi-user.target.wants";
	struct machine *machine = machine_under(command);
	const char *state = doc_text(unit_of(machine, name), "enabled");

	if (!strcmp(state, "static")) {
		shell_say(command->io->error_out,
			  "The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\nAlias= settings "
			  "in the [Install] section, and DefaultInstance= for template\nunits). This means they "
			  "are not meant to be enabled or disabled using systemctl.\n");
		return 0;
	}
	if (!strcmp(state, "enabled") == enable)
		return 0;
	unit_enable(machine, name, enable);
	if (enable)
		shell_say(command->io->error_out, "Created symlink %s/%s -> /lib/systemd/system/%s.\n", wants_folder,
			  name, name);
	else
		shell_say(command->io->error_out, "Removed %s/%s.\n", wants_folder, name);
	return 0;
}

static int change(const struct command *command, const char *verb)
{
	bool enables = !strcmp(verb, "enable") || !strcmp(verb, "disable");
	int status = 0;
	const char *word;

	for (size_t n = 1; (word = command_operand(command, n, unit_options)); n++) {
		auto_free char *name = unit_name(word);

		if (!command->shell->is_root)
			return no_right(command, verb, name);
		if (!unit_of(machine_under(command), name)) {
			shell_say(command->io->error_out,
				  enables ? "Failed to %s unit: Unit file %s does not exist.\n"
					  : "Failed to %s %s: Unit not found.\n", verb, name);
			status = enables ? 1 : 5;
			continue;
		}
		if (enables) {
			status = change_enabled(command, *verb == 'e', name);
			if (command_has(command, "--now"))
				status = change_state(command, *verb == 'e' ? "start" : "stop", name);
		} else {
			status = change_state(command, verb, name) || status;
		}
	}
	return status;
}

static int reboot(const struct command *command)
{
	if (!command->shell->is_root) {
		shell_say(command->io->error_out, "Failed to set wall message, ignoring: Interactive authentication "
						  "required.\nFailed to reboot system via logind: Interactive "
						  "authentication required.\n");
		return 1;
	}
	machine_reboot(command->shell->cluster, machine_under(command));
	return 0;
}

static int is_system_running(const struct command *command)
{
	const char *name;
	json_t *unit;

	json_object_foreach(machine_part(machine_under(command), "units"), name, unit)
		if (!strcmp(doc_text(unit, "active"), "failed")) {
			command_out(command, "degraded\n");
			return 1;
		}
	command_out(command, "running\n");
	return 0;
}

static int run_systemctl(const struct command *command)
{
	static const char *const changing[] = {"start", "stop", "restart", "try-restart", "reload-or-restart", "enable",
					       "disable"};
	const char *verb = command_operand(command, 0, unit_options);

	if (!verb)
		return command_fail(command, 1, "no command");
	if (!strcmp(verb, "is-active"))
		return is_active(command);
	if (!strcmp(verb, "is-enabled"))
		return is_enabled(command);
	if (!strcmp(verb, "show"))
		return show(command);
	if (!strcmp(verb, "reboot"))
		return reboot(command);
	if (!strcmp(verb, "daemon-reload") || !strcmp(verb, "reset-failed"))
		return command->shell->is_root ? 0 : no_right(command, verb, "");
	if (!strcmp(verb, "is-system-running"))
		return is_system_running(command);
	for (size_t i = 0; i < array_length(changing); i++)
		if (!strcmp(verb, changing[i]))
			return change(command, verb);
	shell_say(command->io->error_out, "Unknown command verb %s.\n", verb);
	return 1;
}

/* --- journalctl --- */

static bool is_of_unit(const struct command *command, const char *unit)
{
	bool any = false;

	for (size_t i = 1; i + 1 < command->count; i++) {
		const char *word = command->words[i + 1];
		size_t n = strlen(word);

		if (strcmp(command->words[i], "-u") && strcmp(command->words[i], "--unit"))
			continue;
		any = true;
		if (!strncmp(unit, word, n) && (!unit[n] || unit[n] == '.'))
			return true;
	}
	return !any;
}

static void print_entry(const struct command *command, const json_t *entry)
{
	time_t wall = (time_t)(clock_wall() - doc_int(entry, "age"));
	const char *unit = doc_text(entry, "unit");
	char stamp[40];
	struct tm tm;

	gmtime_r(&wall, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S+0000", &tm);
	command_out(command, "%s %s %.*s[%" PRId64 "]: %s\n", stamp, machine_under(command)->name,
		    (int)strcspn(unit, "."), unit, doc_int_or(entry, "pid", 1187), doc_text(entry, "text"));
}

/* --since=-1h, "-2h", "1 hour ago"; the journal of a node holds little else. */
static int64_t seconds_back(const char *since)
{
	char *end;
	int64_t number;

	if (!since)
		return INT64_MAX;
	number = strtoll(since + (*since == '-'), &end, 10);
	end += strspn(end, " ");
	return number * (*end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 'd' ? 86400 : 1);
}

static int run_journalctl(const struct command *command)
{
	const json_t *journal = machine_part(machine_under(command), "journal");
	const char *lines = command_option(command, "-n");
	int64_t back = seconds_back(command_option(command, command_option(command, "--since") ? "--since" : "-S"));
	size_t most = lines ? (size_t)strtoull(lines, NULL, 10) : SIZE_MAX;
	size_t from = json_array_size(journal);
	size_t count = 0;
	bool printed = false;

	if (!command->shell->is_root)
		shell_say(command->io->error_out,
			  "Hint: You are currently not seeing messages from other users and the system.\n"
			  "      Users in groups 'adm', 'systemd-journal' can see all messages.\n"
			  "      Pass -q to turn off this notice.\n");
	while (command->shell->is_root && from > 0 && count < most)
		count += is_of_unit(command, doc_text(json_array_get(journal, --from), "unit"));
	for (; command->shell->is_root && from < json_array_size(journal); from++) {
		const json_t *entry = json_array_get(journal, from);

		if (!is_of_unit(command, doc_text(entry, "unit")) || doc_int(entry, "age") > back)
			continue;
		print_entry(command, entry);
		printed = true;
	}
	if (!printed && !command_has(command, "-q"))
		command_out(command, "-- No entries --\n");
	return 0;
}

/* --- rpcinfo --- */

static void print_program(const struct command *command, const char *program, int versions, int lowest, int port,
			  const char *service)
{
	static const char *const protocols[] = {"tcp", "udp"};

	for (int i = 0; i < 2; i++)
		for (int version = lowest + versions - 1; version >= lowest; version--)
			command_out(command, "%10s %4d   %s %6d  %s\n", program, version, protocols[i], port + i * 7,
				    service);
}

static int list_programs(const struct command *command)
{
	command_out(command, "   program vers proto   port  service\n");
	for (int i = 0; i < 2; i++)
		for (int version = 4; version >= 2; version--)
			command_out(command, "    100000 %4d   %s    111  portmapper\n", version, i ? "udp" : "tcp");
	if (rpc_is_registered(machine_under(command), "100024"))
		print_program(command, "100024", 1, 1, 42817, "status");
	return 0;
}

static int call_program(const struct command *command, const char *program)
{
	if (!program || !rpc_is_registered(machine_under(command), program)) {
		shell_say(command->io->error_out, "rpcinfo: RPC: Program not registered\n");
		command_out(command, "program %s is not available\n", program ? program : "?");
		return 1;
	}
	command_out(command, "program %s version 1 ready and waiting\n", program);
	return 0;
}

static int run_rpcinfo(const struct command *command)
{
	const char *host = command_operand(command, 0, "");

	if (!unit_is_active(machine_under(command), "rpcbind.service")) {
		shell_say(command->io->error_out, "%s: RPC: Remote system error - Connection refused\n",
			  host ? host : "rpcinfo: can't contact rpcbind");
		return 1;
	}
	if (command_has(command, "-u") || command_has(command, "-t"))
		return call_program(command, command_operand(command, 1, ""));
	return list_programs(command);
}

/* --- ps --- */

static void print_process(const struct command *command, const char *format, const json_t *process)
{
	const char *state = doc_text(process, "state");
	bool zombie = *state == 'Z';
	const char *separator = "";

	for (; *format; format += strcspn(format, ","), format += *format == ',') {
		command_out(command, "%s", separator);
		separator = " ";
		if (!strncmp(format, "pid", 3))
			command_out(command, "%7" PRId64, doc_int(process, "pid"));
		else if (!strncmp(format, "ppid", 4))
			command_out(command, "%7" PRId64, doc_int_or(process, "ppid", 1));
		else if (!strncmp(format, "stat", 4))
			command_out(command, "%-4s", *state ? state : "Ss");
		else if (!strncmp(format, "user", 4))
			command_out(command, "%-8s", doc_text(process, "user")[0] ? doc_text(process, "user") : "root");
		else if (!strncmp(format, "comm", 4))
			command_out(command, "%s%s", doc_text(process, "command"), zombie ? " <defunct>" : "");
		else if (zombie)
			command_out(command, "[%s] <defunct>", doc_text(process, "command"));
		else
			command_out(command, "%s", doc_text(process, "arguments"));
	}
	command_out(command, "\n");
}

/* What runs of a unit is one process; others are listed by themselves. Yours. */
static json_t *all_processes(const struct machine *machine)
{
	json_t *all = json_array();
	const char *name;
	json_t *unit;

	json_object_foreach(machine_part(machine, "units"), name, unit)
		if (!strcmp(doc_text(unit, "active"), "active") && doc_text(unit, "command")[0])
			json_array_append(all, unit);
	json_array_extend(all, machine_part(machine, "processes"));
	return all;
}

static int run_ps(const struct command *command)
{
	const char *name = command_option(command, "-C");
	const char *given = command_option(command, "-o");
	const char *format = given ? given : command_option(command, "-eo");
	json_t *all = all_processes(machine_under(command));
	int status = 1;
	size_t i;
	json_t *process;

	format = format ? format : "pid=,stat=,args=";
	if (!strchr(format, '='))
		command_out(command, "    PID STAT COMMAND\n");
	json_array_foreach(all, i, process) {
		if (name && strcmp(doc_text(process, "command"), name))
			continue;
		print_process(command, format, process);
		status = 0;
	}
	json_decref(all);
	return status;
}

const struct command_entry commands_of_units[] = {
	{"systemctl", "/usr/bin", run_systemctl}, {"journalctl", "/usr/bin", run_journalctl},
	{"rpcinfo", "/usr/sbin", run_rpcinfo}, {"ps", "/usr/bin", run_ps}, {NULL, NULL, NULL},
};
