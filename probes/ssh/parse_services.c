/*
 * Services and processes: systemctl show, rpcinfo -p, ps, versions, the
 * kubelet's arguments, the journal.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/ssh/parse.h"

/* Ends the unit that is being read, if any. */
static void add_unit(json_t *units, json_t **unit, int64_t *active)
{
	const char *state = json_string_value(json_object_get(*unit, "activeState"));

	if (!*unit)
		return;
	if (json_object_get(*unit, "id") && json_array_size(units) < PARSE_ITEMS_MAX) {
		*active += state && !strcmp(state, "active");
		json_array_append(units, *unit);
	}
	json_decref(*unit);
	*unit = NULL;
}

/* systemctl show -p Id -p … A B: KEY=VALUE lines in no promised order, an empty line between units. */
json_t *parse_systemd_units(const struct parse_input *input, struct err *err)
{
	static const char *const keys[] = {"Id", "LoadState", "ActiveState", "SubState", "UnitFileState"};
	static const char *const members[] = {"id", "loadState", "activeState", "subState", "unitFileState"};
	struct piece rest = piece_of(input->text, input->length);
	json_t *units = json_array();
	json_t *unit = NULL;
	int64_t active = 0;
	struct piece line;

	while (piece_line(&rest, &line)) {
		struct piece key;

		if (!line.length)
			add_unit(units, &unit, &active);
		if (!line.length || !piece_until(&line, '=', &key))
			continue;
		for (size_t i = 0; i < array_length(keys); i++) {
			if (!piece_is(key, keys[i]))
				continue;
			if (!unit)
				unit = json_object();
			parse_set(unit, members[i], line);
		}
	}
	add_unit(units, &unit, &active);
	if (!json_array_size(units)) {
		json_decref(units);
		err_set(err, ERR_PROTOCOL, "systemctl shows no unit", NULL);
		return NULL;
	}
	return json_pack("{s:o, s:I}", "units", units, "active", (json_int_t)active);
}

static const char statd_program[] = "100024";
static const char portmapper_program[] = "100000";

static json_t *no_rpcbind(void)
{
	return json_pack("{s:b, s:b, s:b, s:[]}", "reachable", 0, "statd", 0, "portmapper", 0, "programs");
}

/* "   100024    1   udp  45987  status" */
static json_t *read_program(struct piece line, struct piece *ret_program)
{
	struct piece words[4];
	struct piece service = {"", 0};
	size_t count = 0;
	int64_t numbers[3];

	while (count < array_length(words) && piece_word(&line, &words[count]))
		count++;
	if (count < array_length(words) || !piece_integer(words[0], &numbers[0]) ||
	    !piece_integer(words[1], &numbers[1]) || !piece_integer(words[3], &numbers[2]))
		return NULL;
	piece_word(&line, &service);
	*ret_program = words[0];
	return json_pack("{s:I, s:I, s:o, s:I, s:o}", "program", (json_int_t)numbers[0], "version",
			 (json_int_t)numbers[1], "protocol", piece_json(words[2]), "port", (json_int_t)numbers[2],
			 "service", piece_json(service));
}

json_t *parse_rpcinfo(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct piece error = piece_of(input->error_text, input->error_length);
	json_t *programs;
	struct piece line;
	struct piece program;
	bool statd = false;
	bool portmapper = false;

	/* Old ones: "rpcinfo: can't contact portmapper: RPC: …"; new ones: "127.0.0.1: RPC: … Connection refused" */
	if (input->exit_status && piece_holds(error, ": RPC: "))
		return no_rpcbind();
	programs = json_array();
	while (piece_line(&rest, &line)) {
		json_t *entry = read_program(line, &program);

		if (!entry)
			continue;
		statd |= piece_is(program, statd_program);
		portmapper |= piece_is(program, portmapper_program);
		if (json_array_size(programs) < PARSE_ITEMS_MAX)
			json_array_append(programs, entry);
		json_decref(entry);
	}
	if (!json_array_size(programs)) {
		json_decref(programs);
		err_set(err, ERR_PROTOCOL, "rpcinfo lists no program", NULL);
		return NULL;
	}
	return json_pack("{s:b, s:b, s:b, s:o}", "reachable", 1, "statd", statd, "portmapper", portmapper, "programs",
			 programs);
}

/* ps -o pid=,stat=,comm=; it ends with 1 where there is no such process. */
json_t *parse_processes(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *processes;
	json_int_t zombies = 0;
	struct piece line;

	if (input->exit_status && (input->length || input->error_length)) {
		err_set(err, ERR_PROTOCOL, "ps ended with {exit}", "exit", "1", NULL);
		return NULL;
	}
	processes = json_array();
	while (piece_line(&rest, &line) && json_array_size(processes) < PARSE_ITEMS_MAX) {
		struct piece pid;
		struct piece state;
		int64_t number;

		if (!piece_word(&line, &pid) || !piece_integer(pid, &number) || !piece_word(&line, &state))
			continue;
		zombies += piece_begins(state, "Z");
		json_array_append_new(processes, json_pack("{s:I, s:o, s:o}", "pid", (json_int_t)number, "state",
							   piece_json(state), "command", piece_json(piece_trim(line))));
	}
	return json_pack("{s:I, s:I, s:o}", "count", (json_int_t)json_array_size(processes), "zombieCount", zombies,
			 "processes", processes);
}

/* The first word like 1.6.21 or v1.6.21. */
static bool find_version(struct piece text, struct piece *ret_version)
{
	struct piece word;

	while (piece_word(&text, &word)) {
		size_t dots = 0;

		piece_skip(&word, "v");
		while (word.length && strchr(",;", word.at[word.length - 1]))
			word.length--;
		for (size_t i = 0; i < word.length; i++)
			dots += word.at[i] == '.';
		/* Three dots are an address. */
		if (dots && dots < 3 && word.at[0] >= '0' && word.at[0] <= '9') {
			*ret_version = word;
			return true;
		}
	}
	return false;
}

/* What a program says of its version; old logrotates say it on the standard error. */
json_t *parse_version(const struct parse_input *input, struct err *err)
{
	struct piece version;

	if (!find_version(piece_of(input->text, input->length), &version) &&
	    !find_version(piece_of(input->error_text, input->error_length), &version)) {
		err_set(err, ERR_PROTOCOL, "no version is said", NULL);
		return NULL;
	}
	return json_pack("{s:o}", "version", piece_json(version));
}

/* The flags of the kubelet that say something about a node's disk, images and sockets. */
static const struct {
	const char *flag, *member;
} kubelet_flags[] = {
	{"pod-infra-container-image", "image"},
	{"container-runtime-endpoint", "runtimeEndpoint"},
	{"container-runtime", "containerRuntime"},
	{"config", "config"},
	{"image-gc-high-threshold", "imageGcHighThreshold"},
	{"eviction-hard", "evictionHard"},
	{"root-dir", "rootDir"},
	{"cgroup-driver", "cgroupDriver"},
	{"network-plugin", "networkPlugin"},
};

/* "/usr/bin/kubelet --config=… --v 2", as ps -o args= shows it; it ends with 1 where there is none. */
json_t *parse_arguments(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *value = json_pack("{s:b}", "running", piece_trim(rest).length > 0);
	struct piece word;

	if (input->exit_status && (input->length || input->error_length)) {
		json_decref(value);
		err_set(err, ERR_PROTOCOL, "ps ended with {exit}", "exit", "1", NULL);
		return NULL;
	}
	while (piece_word(&rest, &word)) {
		struct piece flag;

		if (!piece_skip(&word, "--") || !piece_until(&word, '=', &flag))
			continue;
		for (size_t i = 0; i < array_length(kubelet_flags); i++) {
			struct piece given = word;

			if (!piece_is(flag, kubelet_flags[i].flag))
				continue;
			if (!given.length && !piece_word(&rest, &given))
				break;
			parse_set(value, kubelet_flags[i].member, given);
		}
	}
	return value;
}

enum { TAIL = 20 };

/* What the entries of the guide and their causes leave in a journal; every text of a set counts. */
static const struct {
	const char *member;
	const char *texts[2];
	const char *beside;	/* also in the line; NULL: nothing more */
} journal_counts[] = {
	{"rateLimitCount", {"toomanyrequests", "429 Too Many Requests"}, NULL},
	{"sandboxCount", {"failed to create pod sandbox", "failed to get sandbox image"}, NULL},
	{"cgroupCount", {"cannot allocate memory", "no space left on device"}, "/sys/fs/cgroup/memory/"},
	{"spaceCount", {"no space left on device", "garbage collect required amount of images"}, NULL},
	{"ownershipCount", {"setting volume ownership", "volume ownership is taking"}, NULL},
	{"statdCount", {"rpc.statd is not running", "rpc.statd is not running"}, NULL},
};

/* klog's "E1121 11:16:33.822 …" and logrus' level=error */
static bool is_error(struct piece message)
{
	bool is_klog = message.length > 6 && (message.at[0] == 'E' || message.at[0] == 'F') && message.at[5] == ' ';

	for (size_t i = 1; is_klog && i < 5; i++)
		is_klog = message.at[i] >= '0' && message.at[i] <= '9';
	return is_klog || piece_holds(message, "level=error") || piece_holds(message, "level=fatal");
}

/* What follows "2026-11-21T11:16:33+0900 host unit[812]: ". */
static struct piece message_of(struct piece line)
{
	for (size_t i = 0; i + 1 < line.length; i++) {
		if (line.at[i] == ':' && line.at[i + 1] == ' ' && i > 20)
			return piece_of(line.at + i + 2, line.length - i - 2);
	}
	return line;
}

static void count_journal_line(struct piece line, int64_t counts[array_length(journal_counts)])
{
	for (size_t i = 0; i < array_length(journal_counts); i++) {
		if ((piece_holds(line, journal_counts[i].texts[0]) || piece_holds(line, journal_counts[i].texts[1])) &&
		    (!journal_counts[i].beside || piece_holds(line, journal_counts[i].beside)))
			counts[i]++;
	}
}

/* journalctl -o short-iso -q: an hour without a line is an answer. */
json_t *parse_journal(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	int64_t counts[array_length(journal_counts)] = {0};
	struct piece tail[TAIL];
	struct piece line = {"", 0};
	size_t lines = 0;
	int64_t errors = 0;
	json_t *value = json_object();
	json_t *list = json_array();

	(void)err;
	while (piece_line(&rest, &line)) {
		if (!line.length || piece_begins(line, "-- "))
			continue;
		tail[lines++ % TAIL] = line;
		errors += is_error(message_of(line));
		count_journal_line(line, counts);
	}
	for (size_t i = lines < TAIL ? 0 : lines - TAIL; i < lines; i++)
		json_array_append_new(list, piece_json(tail[i % TAIL]));
	json_object_set_new(value, "lineCount", json_integer((json_int_t)lines));
	json_object_set_new(value, "errorCount", json_integer(errors));
	for (size_t i = 0; i < array_length(journal_counts); i++)
		json_object_set_new(value, journal_counts[i].member, json_integer(counts[i]));
	if (lines)
		parse_set(value, "last", message_of(tail[(lines - 1) % TAIL]));
	json_object_set_new(value, "tail", list);
	json_object_set_new(value, "atLeast", json_boolean(input->was_cut));
	return value;
}
