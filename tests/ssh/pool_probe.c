/*
 * Drives the pool of connections for tests and benches: a request a line on standard input, as JSON, and an answer a
 * line on standard output. See probe.py, which speaks it.
 */
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/net/loop.h"
#include "probes/ssh/host_keys.h"
#include "probes/ssh/node_step.h"
#include "probes/ssh/pool_private.h"

enum { LINE_MAXIMUM = 8 << 20 };

struct probe {
	struct loop *loop;
	struct node_pool *pool;
	struct buffer input;
	struct asked *first;
	bool ended;
};

/* A command under way. */
struct asked {
	struct asked *next;
	struct probe *probe;
	struct node_call *call;
	json_int_t id;
	json_int_t streamed;
	bool quiet;
	json_int_t cancel_at;	/* cancelled in its own output after so many bytes; 0: not */
};

static const char *const TROUBLES[] = {
	[NODE_FINE] = "fine",
	[NODE_UNREACHABLE] = "unreachable",
	[NODE_HOST_KEY_UNKNOWN] = "host key unknown",
	[NODE_HOST_KEY_CHANGED] = "host key changed",
	[NODE_AUTH_REFUSED] = "auth refused",
	[NODE_TIMED_OUT] = "timed out",
	[NODE_LOST] = "lost",
	[NODE_CANCELLED] = "cancelled",
};

static const char *get(const json_t *request, const char *name)
{
	return json_string_value(json_object_get(request, name));
}

static json_int_t get_number(const json_t *request, const char *name)
{
	return json_integer_value(json_object_get(request, name));
}

static void say(json_t *answer)
{
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(answer);
}

static json_t *error_json(const struct err *err)
{
	auto_free char *text = err_text(err);
	return json_string(text);
}

/* Output may be any bytes: what is no UTF-8 becomes shown text. */
static json_t *bytes_json(const char *bytes, size_t n)
{
	json_t *text = json_stringn(bytes, n);
	if (text)
		return text;
	struct buffer shown = BUFFER_INIT(LINE_MAXIMUM);
	text_show_lines(&shown, bytes, n);
	text = json_string(buffer_text(&shown));
	buffer_release(&shown);
	return text;
}

static void forget(struct asked *asked)
{
	struct asked **link = &asked->probe->first;
	while (*link != asked)
		link = &(*link)->next;
	*link = asked->next;
	free(asked);
}

static void on_output(void *data, int which, const char *bytes, size_t n)
{
	struct asked *asked = data;
	asked->streamed += (json_int_t)n;
	if (!asked->quiet)
		say(json_pack("{s:I s:i s:o}", "output", asked->id, "which", which, "bytes", bytes_json(bytes, n)));
	if (asked->cancel_at > 0 && asked->streamed >= asked->cancel_at) {
		say(json_pack("{s:I}", "cancelled", asked->id));
		node_call_cancel(asked->call);
		forget(asked);
	}
}

static void on_done(void *data, const struct node_answer *answer)
{
	struct asked *asked = data;
	json_t *error = answer->trouble == NODE_FINE ? json_null() : error_json(&answer->err);
	say(json_pack("{s:I s:s s:o s:i s:s? s:o s:o s:b s:b s:I s:I}", "done", asked->id, "trouble",
		      TROUBLES[answer->trouble], "error", error, "status", answer->exit_status, "signal", answer->signal,
		      "out", bytes_json(answer->out, answer->out_length), "error_out",
		      bytes_json(answer->error_out, answer->error_out_length), "was_cut", answer->was_cut,
		      "may_have_run", answer->may_have_run, "milliseconds", (json_int_t)answer->milliseconds,
		      "streamed", asked->streamed));
	forget(asked);
}

static void do_new(struct probe *probe, const json_t *request)
{
	struct err err;
	struct node_pool_settings settings = {
		.user = get(request, "user"),
		.key = get(request, "key"),
		.jump = get(request, "jump"),
		.config_file = get(request, "config"),
		.known_hosts = get(request, "known_hosts"),
		.workers = (int)get_number(request, "workers"),
		.connect_timeout_ms = (int)get_number(request, "connect_timeout_ms"),
	};
	if (node_pool_new(probe->loop, &settings, &probe->pool, &err) != 0)
		say(json_pack("{s:s s:o}", "did", "new", "error", error_json(&err)));
	else
		say(json_pack("{s:s s:n}", "did", "new", "error"));
}

static char *line_of(const json_t *request)
{
	const json_t *words = json_object_get(request, "argv");
	const char *argv[64];
	size_t count = 0, i;
	json_t *word;
	if (!words)
		return xstrdup(get(request, "line"));
	json_array_foreach(words, i, word)
		if (count + 1 < array_length(argv))
			argv[count++] = json_string_value(word);
	argv[count] = NULL;
	return remote_line(argv);
}

static void do_run(struct probe *probe, const json_t *request)
{
	struct asked *asked = xcalloc(1, sizeof(*asked));
	auto_free char *line = line_of(request);
	const char *input = get(request, "input");
	json_int_t timeout = get_number(request, "timeout_ms");
	*asked = (struct asked){
		.next = probe->first,
		.probe = probe,
		.id = get_number(request, "id"),
		.quiet = json_is_true(json_object_get(request, "quiet")),
		.cancel_at = get_number(request, "cancel_at"),
	};
	probe->first = asked;
	struct node_command_request command = {
		.host = {.name = get(request, "node"),
			 .uid = get(request, "uid"),
			 .address = get(request, "address"),
			 .user = get(request, "user")},
		.line = line,
		.input = input,
		.input_length = input ? strlen(input) : 0,
		.timeout_ms = timeout ? (int)timeout : 30000,
		.output_maximum = (size_t)get_number(request, "maximum"),
		.on_output = json_is_true(json_object_get(request, "stream")) ? on_output : NULL,
		.on_done = on_done,
		.data = asked,
	};
	asked->call = pool_run(probe->pool, &command);
}

static void do_cancel(struct probe *probe, const json_t *request)
{
	json_int_t id = get_number(request, "id");
	struct asked *asked = probe->first;
	while (asked && asked->id != id)
		asked = asked->next;
	if (asked) {
		node_call_cancel(asked->call);
		forget(asked);
	}
	say(json_pack("{s:s s:b}", "did", "cancel", "found", asked != NULL));
}

static void do_offers(struct probe *probe)
{
	json_t *list = json_array();
	for (size_t i = 0; i < host_key_offer_count(probe->pool); i++) {
		const struct host_key_offer *offer = host_key_offer_at(probe->pool, i);
		json_array_append_new(
			list, json_pack("{s:s s:s s:s s:s s:s s:s s:s s:b s:b}", "node", offer->node, "uid",
					offer->node_uid, "host", offer->host, "type", offer->type, "fingerprint",
					offer->fingerprint, "trouble", TROUBLES[offer->trouble], "known_fingerprint",
					offer->known_fingerprint, "is_revoked", offer->is_revoked, "is_new_node",
					offer->is_new_node));
	}
	say(json_pack("{s:s s:o}", "did", "offers", "offers", list));
}

static void do_accept(struct probe *probe, const json_t *request)
{
	struct err err;
	int result = host_key_accept(probe->pool, get(request, "node"), get(request, "fingerprint"),
				     json_is_true(json_object_get(request, "replaces_old")), &err);
	say(json_pack("{s:s s:o}", "did", "accept", "error", result == 0 ? json_null() : error_json(&err)));
}

static void do_pin(struct probe *probe, const json_t *request)
{
	struct err err;
	size_t count = 0;
	int result = host_keys_pin(probe->pool, get(request, "path"), &count, &err);
	say(json_pack("{s:s s:o s:I}", "did", "pin", "error", result == 0 ? json_null() : error_json(&err), "count",
		      (json_int_t)count));
}

static void do_effective(struct probe *probe, const json_t *request)
{
	struct node_effective effective;
	struct node_host host = {.name = get(request, "node"), .address = get(request, "address"),
				 .user = get(request, "user")};
	struct err err;
	if (node_pool_effective(probe->pool, &host, &effective, &err) != 0) {
		say(json_pack("{s:s s:o}", "did", "effective", "error", error_json(&err)));
		return;
	}
	say(json_pack("{s:s s:s s:s s:i s:s s:s s:s}", "did", "effective", "user", effective.user, "address",
		      effective.address, "port", effective.port, "jump", effective.jump, "identities",
		      effective.identities, "not_followed", effective.not_followed));
	node_effective_release(&effective);
}

static void do_free(struct probe *probe)
{
	int64_t begun = clock_monotonic_ms();
	node_pool_free(probe->pool);
	probe->pool = NULL;
	while (probe->first)
		forget(probe->first);
	say(json_pack("{s:s s:I}", "did", "free", "milliseconds", (json_int_t)(clock_monotonic_ms() - begun)));
}

static void do_memory(void)
{
	char line[256];
	json_int_t anonymous = -1;
	FILE *file = fopen("/proc/self/status", "re");
	memory_trim();
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "RssAnon:", 8) == 0)
			anonymous = strtoll(line + 8, NULL, 10);
	if (file)
		fclose(file);
	say(json_pack("{s:s s:I}", "did", "memory", "kib", anonymous));
}

static void take_line(struct probe *probe, const char *line)
{
	json_t *request = json_loads(line, 0, NULL);
	const char *what = request ? get(request, "do") : NULL;
	if (!what) {
		fprintf(stderr, "pool_probe: not a request: %s\n", line);
		exit(2);
	}
	if (strcmp(what, "new") == 0)
		do_new(probe, request);
	else if (strcmp(what, "run") == 0)
		do_run(probe, request);
	else if (strcmp(what, "cancel") == 0)
		do_cancel(probe, request);
	else if (strcmp(what, "offers") == 0)
		do_offers(probe);
	else if (strcmp(what, "accept") == 0)
		do_accept(probe, request);
	else if (strcmp(what, "pin") == 0)
		do_pin(probe, request);
	else if (strcmp(what, "effective") == 0)
		do_effective(probe, request);
	else if (strcmp(what, "free") == 0)
		do_free(probe);
	else if (strcmp(what, "memory") == 0)
		do_memory();
	json_decref(request);
}

static void on_input(void *data, int ready)
{
	struct probe *probe = data;
	char bytes[65536];
	(void)ready;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n <= 0) {
		probe->ended = true;
		return;
	}
	buffer_add(&probe->input, bytes, (size_t)n);
	for (char *end; probe->input.length > 0 && (end = strchr(probe->input.data, '\n'));) {
		size_t length = (size_t)(end - probe->input.data);
		auto_free char *line = xstrndup(probe->input.data, length);
		buffer_consume(&probe->input, length + 1);
		take_line(probe, line);
	}
}

int main(void)
{
	struct probe probe = {.input = BUFFER_INIT(LINE_MAXIMUM)};
	signal(SIGPIPE, SIG_IGN);
	memory_tune();
	text_init();
	if (loop_new(&probe.loop, NULL) != 0)
		return 1;
	struct descriptor_watch *watch = loop_watch(probe.loop, STDIN_FILENO, WATCH_READ, on_input, &probe);
	while (!probe.ended)
		loop_turn(probe.loop, -1);
	if (probe.pool)
		do_free(&probe);
	descriptor_watch_cancel(watch);
	loop_free(probe.loop);
	buffer_release(&probe.input);
	return 0;
}
