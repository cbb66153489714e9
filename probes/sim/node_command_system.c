/*
 * What a simulated node says of itself: names, time, users, packages, and what it reaches.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/kubelet_container.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_logrotate.h"

enum { SILENCE_MS = 1000 };

static const struct machine *machine_under(const struct command *command)
{
	return command->shell->machine;
}

static const char *node_info(const struct command *command, const char *name)
{
	const struct object *node = machine_node(command->shell->cluster, machine_under(command));

	return doc_text(doc_get(node->now->value, "status.nodeInfo"), name);
}

static int run_hostname(const struct command *command)
{
	command_out(command, "%s\n", machine_under(command)->name);
	return 0;
}

static int run_uname(const struct command *command)
{
	const char *option = command->count > 1 ? command->words[1] : "-s";

	if (!strcmp(option, "-r"))
		command_out(command, "%s\n", node_info(command, "kernelVersion"));
	else if (!strcmp(option, "-m"))
		command_out(command, "x86_64\n");
	else if (!strcmp(option, "-n"))
		command_out(command, "%s\n", machine_under(command)->name);
	else if (!strcmp(option, "-a"))
		command_out(command, "Linux %s %s #1 SMP x86_64 GNU/Linux\n", machine_under(command)->name,
			    node_info(command, "kernelVersion"));
	else
		command_out(command, "Linux\n");
	return 0;
}

static double clock_offset(const struct machine *machine)
{
	return json_number_value(json_object_get(machine_part(machine, "clock"), "offset"));
}

static bool is_synchronised(const struct machine *machine)
{
	return !json_is_false(json_object_get(machine_part(machine, "clock"), "synchronised"));
}

/* Its clock may be another than this machine's. +%s, +%s.%N and an ISO form are what is asked for. */
static int run_date(const struct command *command)
{
	int64_t taken = command->shell->milliseconds > 0 ? command->shell->milliseconds : 0;
	int64_t now_ms = clock_wall_ms() + taken + (int64_t)(1000 * clock_offset(machine_under(command)));
	const char *format = command_operand(command, 0, "");
	time_t wall = (time_t)(now_ms / 1000);
	char text[80];
	struct tm tm;

	if (format && !strcmp(format, "+%s.%N")) {
		command_out(command, "%" PRId64 ".%03" PRId64 "000000\n", now_ms / 1000, now_ms % 1000);
		return 0;
	}
	gmtime_r(&wall, &tm);
	if (format && !strcmp(format, "+%s"))
		command_out(command, "%" PRId64 "\n", now_ms / 1000);
	else if (strftime(text, sizeof(text), "%a %b %e %H:%M:%S UTC %Y", &tm))
		command_out(command, "%s\n", text);
	return 0;
}

static int run_chronyc(const struct command *command)
{
	double offset = clock_offset(machine_under(command));
	bool synchronised = is_synchronised(machine_under(command));
	time_t wall = (time_t)clock_wall() - 31;
	char text[40];
	struct tm tm;

	gmtime_r(&wall, &tm);
	strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Y", &tm);
	command_out(command, "Reference ID    : %s\nStratum         : %d\nRef time (UTC)  : %s\n",
		    synchronised ? "0A000902 (10.0.9.2)" : "00000000 ()", synchronised ? 3 : 0,
		    synchronised ? text : "Thu Jan 01 00:00:00 1970");
	command_out(command, "System time     : %.9f seconds %s of NTP time\n", offset < 0 ? -offset : offset,
		    offset < 0 ? "slow" : "fast");
	command_out(command, "Last offset     : %+.9f seconds\nRMS offset      : 0.000028417 seconds\n"
			     "Frequency       : 12.513 ppm fast\nResidual freq   : +0.000 ppm\n"
			     "Skew            : 0.013 ppm\nRoot delay      : 0.000731000 seconds\n"
			     "Root dispersion : 0.000421000 seconds\nUpdate interval : 64.3 seconds\n"
			     "Leap status     : %s\n", offset, synchronised ? "Normal" : "Not synchronised");
	return 0;
}

static int run_timedatectl(const struct command *command)
{
	const char *synchronised = is_synchronised(machine_under(command)) ? "yes" : "no";
	time_t wall = (time_t)clock_wall();
	char text[40];
	struct tm tm;

	if (command_has(command, "show")) {
		command_out(command, "Timezone=Asia/Seoul\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=%s\n",
			    synchronised);
		return 0;
	}
	gmtime_r(&wall, &tm);
	strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S", &tm);
	command_out(command, "               Local time: %s UTC\n           Universal time: %s UTC\n"
			     "                 RTC time: %s\n                Time zone: Etc/UTC (UTC, +0000)\n"
			     "System clock synchronized: %s\n              NTP service: active\n"
			     "          RTC in local TZ: no\n", text, text, text, synchronised);
	return 0;
}

/* The address that the node resolves a name to; NULL: it does not. A pattern may stand for many names. */
static const char *address_of(const struct machine *machine, const char *name)
{
	const char *pattern;
	json_t *address;

	json_object_foreach(machine_part(machine, "hosts"), pattern, address)
		if (!fnmatch(pattern, name, 0))
			return json_string_value(address);
	return NULL;
}

static int run_getent(const struct command *command)
{
	const char *database = command_operand(command, 0, "");
	const char *name = command_operand(command, 1, "");
	const char *address = name ? address_of(machine_under(command), name) : NULL;

	if (!database || !name || (strcmp(database, "hosts") && strcmp(database, "ahosts")))
		return 1;
	if (!address)
		return 2;
	command_out(command, "%-15s %s\n", address, name);
	return 0;
}

static int run_id(const struct command *command)
{
	const char *user = command->shell->is_root ? "root" : command->shell->login;
	int id = command->shell->is_root ? 0 : 1000;

	if (command_has(command, "-u"))
		command_out(command, "%d\n", id);
	else if (command_has(command, "-un"))
		command_out(command, "%s\n", user);
	else
		command_out(command, "uid=%d(%s) gid=%d(%s) groups=%d(%s)\n", id, user, id, user, id, user);
	return 0;
}

static int run_whoami(const struct command *command)
{
	command_out(command, "%s\n", command->shell->is_root ? "root" : command->shell->login);
	return 0;
}

static int run_uptime(const struct command *command)
{
	int64_t days = (clock_wall() - machine_under(command)->booted) / 86400;

	command_out(command, " 12:00:00 up %" PRId64 " days,  3:41,  0 users,  load average: 0.42, 0.51, 0.47\n", days);
	return 0;
}

static int run_dpkg_query(const struct command *command)
{
	const char *name = command_operand(command, 0, "-f --showformat");
	const char *version = name ? json_string_value(json_object_get(machine_part(machine_under(command), "packages"),
								       name)) : NULL;

	if (!version)
		return command_fail(command, 1, "no packages found matching %s", name ? name : "");
	if (command_option(command, "-f") || command_option(command, "--showformat"))
		command_out(command, "%s", version);
	else
		command_out(command, "%s\t%s\n", name, version);
	return 0;
}

static int run_rpm(const struct command *command)
{
	const char *name = command_operand(command, 0, "");
	const char *version = name ? json_string_value(json_object_get(machine_part(machine_under(command), "packages"),
								       name)) : NULL;

	if (version)
		command_out(command, "%s-%s.x86_64\n", name, version);
	else
		command_out(command, "package %s is not installed\n", name ? name : "");
	return version ? 0 : 1;
}

/* Only what says whether a host answers: -w "%{http_code} %{remote_ip}\n". One that is closed lets it hang. */
static int run_curl(const struct command *command)
{
	const char *url = command_operand(command, 0, "-o -m -w -H -X --max-time --connect-timeout");
	const char *limit = command_option(command, "-m");
	size_t scheme = url && strstr(url, "://") ? (size_t)(strstr(url, "://") - url) + 3 : 0;
	auto_free char *host = url ? xstrndup(url + scheme, strcspn(url + scheme, "/:")) : NULL;
	const char *address = host ? address_of(machine_under(command), host) : NULL;
	const json_t *closed = machine_part(machine_under(command), "closed");
	size_t i;
	json_t *pattern;

	if (!url)
		return command_fail(command, 2, "no URL specified!");
	if (!address) {
		command_out(command, "000 \n");
		return command_fail(command, 6, "(6) Could not resolve host: %s", host);
	}
	json_array_foreach(closed, i, pattern) {
		if (fnmatch(json_string_value(pattern), host, 0))
			continue;
		/* A second stands for all that curl waits, as other times here are short. */
		shell_spend(command->shell, limit ? scaled(command->shell->cluster, SILENCE_MS) : -1);
		command_out(command, "000 \n");
		return command_fail(command, 28, "(28) Connection timed out after %s000 milliseconds",
				    limit ? limit : "130");
	}
	command_out(command, "401 %s\n", address);
	return 0;
}

static int run_kubelet(const struct command *command)
{
	command_out(command, "Kubernetes %s\n", node_info(command, "kubeletVersion"));
	return 0;
}

const struct command_entry commands_of_system[] = {
	{"hostname", "/usr/bin", run_hostname}, {"uname", "/usr/bin", run_uname}, {"date", "/usr/bin", run_date},
	{"chronyc", "/usr/bin", run_chronyc}, {"timedatectl", "/usr/bin", run_timedatectl},
	{"getent", "/usr/bin", run_getent}, {"id", "/usr/bin", run_id}, {"whoami", "/usr/bin", run_whoami},
	{"uptime", "/usr/bin", run_uptime}, {"dpkg-query", "/usr/bin", run_dpkg_query}, {"rpm", "/usr/bin", run_rpm},
	{"curl", "/usr/bin", run_curl}, {"kubelet", "/usr/bin", run_kubelet},
	{"logrotate", "/usr/sbin", logrotate_run}, {NULL, NULL, NULL},
};
