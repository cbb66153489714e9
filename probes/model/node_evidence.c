#include "probes/model/node_evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/net/loop.h"
#include "probes/ssh/node_check.h"

enum {
	AT_ONCE = 8,
	QUEUE_MAXIMUM = 2048,
	TEXT_MAXIMUM = 256 << 10,
	UNREACHABLE_MS = 60 * 1000,	/* a node that may be starting */
	REFUSED_MS = 600 * 1000,	/* nothing changes by itself, and failed log-ins lock accounts */
	TIMED_OUT_EXIT = 124,		/* of coreutils' timeout */
	CANNOT_RUN_EXIT = 126,
	NO_COMMAND_EXIT = 127,
};

struct read {
	struct node_evidence *owner;
	struct read *next;		/* of those that wait */
	char *key;
	char *node;
	char **argv;		/* of a command; else NULL */
	const struct check *check;	/* a shipped one; else NULL */
	bool sudo;
	bool is_under_way;
	struct node_call *call;
};

/* Why a node is not tried again before a time. */
struct pause {
	char *node;
	int64_t until_ms;
	struct err err;
};

struct node_evidence {
	struct loop *loop;
	struct evidence_store *store;
	struct node_source source;
	const struct check_set *checks;
	struct map by_key;		/* key -> struct read: waiting and under way */
	struct map busy;		/* node -> struct read: under way */
	struct map pauses;		/* node -> struct pause */
	struct read *first;
	struct read **last;
	size_t under_way;
	struct timer *timer;		/* to start what waits outside of a callback of the pool */
};

struct node_evidence *node_evidence_new(struct loop *loop, struct evidence_store *store,
					const struct node_source *source, const struct check_set *checks)
{
	struct node_evidence *evidence = xcalloc(1, sizeof(*evidence));

	evidence->loop = loop;
	evidence->store = store;
	evidence->source = *source;
	evidence->checks = checks;
	evidence->last = &evidence->first;
	return evidence;
}

static void read_free(struct read *read)
{
	node_call_cancel(read->call);
	for (char **word = read->argv; word && *word; word++)
		free(*word);
	free(read->argv);
	free(read->key);
	free(read->node);
	free(read);
}

static void pause_free(struct pause *pause)
{
	free(pause->node);
	free(pause);
}

void node_evidence_free(struct node_evidence *evidence)
{
	struct read *read;
	struct pause *pause;
	size_t position = 0;

	if (!evidence)
		return;
	timer_cancel(evidence->timer);
	while ((read = map_next(&evidence->by_key, &position)) != NULL)
		read_free(read);
	position = 0;
	while ((pause = map_next(&evidence->pauses, &position)) != NULL)
		pause_free(pause);
	map_release(&evidence->by_key);
	map_release(&evidence->busy);
	map_release(&evidence->pauses);
	free(evidence);
}

/* Only valid UTF-8 without NUL becomes JSON. Caller frees. */
static char *clean_text(const char *bytes, size_t n)
{
	CLEANUP(buffer_release) struct buffer clean = BUFFER_INIT(TEXT_MAXIMUM);

	for (size_t at = 0; at < n;) {
		uint32_t code_point;
		char encoded[4];
		size_t length = text_decode(bytes + at, n - at, &code_point);

		at += length;
		if (code_point && buffer_add(&clean, encoded, text_encode(code_point, encoded)) < 0)
			break;
	}
	return buffer_detach(&clean);
}

/* sudo's own word, not the command's: it begins its lines with its name. */
static bool is_refused_by_sudo(const struct read *read, const struct node_answer *answer)
{
	return read->sudo && answer->exit_status == 1 && !strncmp(answer->error_out, "sudo:", 5);
}

/* The first line that the node said on standard error. Caller frees. */
static char *first_line(const struct node_answer *answer)
{
	return xstrndup(answer->error_out, strcspn(answer->error_out, "\r\n"));
}

/*
 * Why a node did not answer. That a host key is refused is our own word, but nobody chose to leave the node out: it
 * was to be checked and could not be.
 */
static void failure_of(const struct node_answer *answer, struct err *ret_err)
{
	*ret_err = answer->err;
	if (ret_err->code == ERR_REFUSED)
		ret_err->code = ERR_FORBIDDEN;
}

/* What ran tells something only where the command itself was there, was let run, and came to its end. */
static int judge(const struct read *read, const struct node_answer *answer, struct err *err)
{
	auto_free char *said = first_line(answer);

	if (answer->trouble != NODE_FINE) {
		failure_of(answer, err);
		return -1;
	}
	if (is_refused_by_sudo(read, answer)) {
		err_set(err, ERR_FORBIDDEN, "node {node}: sudo does not let us run {command}: {reason}", "node",
			read->node, "command", read->argv[0], "reason", said, NULL);
		err_hint(err, "nks-triage doctor says what each node permits", NULL);
		return -1;
	}
	if (answer->exit_status < 0)
		return err_set(err, ERR_IO, "node {node}: {command} was ended by signal {signal}", "node", read->node,
			       "command", read->argv[0], "signal", answer->signal ? answer->signal : "?", NULL);
	if (answer->exit_status == TIMED_OUT_EXIT)
		return err_set(err, ERR_TIMEOUT, "node {node}: {command} did not end in time", "node", read->node,
			       "command", read->argv[0], NULL);
	if (answer->exit_status == CANNOT_RUN_EXIT || answer->exit_status == NO_COMMAND_EXIT)
		return err_set(err, ERR_NOT_FOUND, "node {node}: {command} cannot be run there: {reason}", "node",
			       read->node, "command", read->argv[0], "reason", *said ? said : "?", NULL);
	return 0;
}

static int pause_ms(enum node_trouble trouble)
{
	switch (trouble) {
	case NODE_UNREACHABLE:
	case NODE_TIMED_OUT:
	case NODE_LOST:
		return UNREACHABLE_MS;
	case NODE_HOST_KEY_UNKNOWN:
	case NODE_HOST_KEY_CHANGED:
	case NODE_AUTH_REFUSED:
		return REFUSED_MS;
	case NODE_FINE:
	case NODE_CANCELLED:
		break;
	}
	return 0;
}

static void pause_node(struct node_evidence *evidence, const char *node, const struct node_answer *answer)
{
	int wait = pause_ms(answer->trouble);
	struct pause *pause = map_get(&evidence->pauses, node);

	if (!wait)
		return;
	if (!pause) {
		pause = xcalloc(1, sizeof(*pause));
		pause->node = xstrdup(node);
		map_put(&evidence->pauses, pause->node, pause);
	}
	pause->until_ms = clock_monotonic_ms() + wait;
	failure_of(answer, &pause->err);
}

/* NULL: it may be tried. */
static const struct err *paused(struct node_evidence *evidence, const char *node)
{
	struct pause *pause = map_get(&evidence->pauses, node);

	if (!pause || pause->until_ms > clock_monotonic_ms())
		return pause ? &pause->err : NULL;
	map_remove(&evidence->pauses, node);
	pause_free(pause);
	return NULL;
}

void node_evidence_retry(struct node_evidence *evidence, const char *node)
{
	struct pause *pause;
	size_t position = 0;

	/* Ended, they go when they are looked at next. */
	while ((pause = map_next(&evidence->pauses, &position)) != NULL) {
		if (!node || !strcmp(node, pause->node))
			pause->until_ms = 0;
	}
}

static void forget(struct read *read)
{
	struct node_evidence *evidence = read->owner;

	map_remove(&evidence->by_key, read->key);
	if (read->is_under_way) {
		map_remove(&evidence->busy, read->node);
		evidence->under_way--;
	}
	read_free(read);
}

static void put_failure(struct read *read, const struct err *err)
{
	evidence_put(read->owner->store, read->key, NULL, NULL, err, clock_wall());
	forget(read);
}

static void on_time(void *data);

static void start_soon(struct node_evidence *evidence)
{
	if (!evidence->timer)
		evidence->timer = loop_timer(evidence->loop, 0, on_time, evidence);
}

static void on_done(void *data, const struct node_answer *answer)
{
	struct read *read = data;
	struct node_evidence *evidence = read->owner;
	struct err err = {0};

	read->call = NULL;
	pause_node(evidence, read->node, answer);
	if (judge(read, answer, &err) < 0) {
		put_failure(read, &err);
	} else {
		auto_free char *text = clean_text(answer->out, answer->out_length);
		json_t *document = json_pack("{s:i,s:s}", "exit", answer->exit_status, "text", text);

		if (answer->was_cut)
			json_object_set_new(document, "cut", json_true());
		evidence_put(evidence->store, read->key, document, NULL, NULL, clock_wall());
		forget(read);
	}
	start_soon(evidence);
}

static void on_checked(void *data, const struct check_run *run)
{
	struct read *read = data;
	struct node_evidence *evidence = read->owner;
	struct err err = {0};

	read->call = NULL;
	pause_node(evidence, read->node, run->answer);
	if (run->answer->trouble != NODE_FINE || run->count != 1) {
		failure_of(run->answer, &err);
		put_failure(read, &err);
	} else if (run->results[0].verdict == CHECK_COULD_NOT) {
		put_failure(read, &run->results[0].reason);
	} else {
		evidence_put(evidence->store, read->key, check_result_document(&run->results[0]), NULL, NULL,
			     clock_wall());
		forget(read);
	}
	start_soon(evidence);
}

static struct node_call *call(struct read *read, struct node_pool *pool, const struct node_host *host,
			      struct err *err)
{
	if (read->check)
		return node_check(pool, host, &read->check, 1, on_checked, read);
	return node_read(pool, host, (const char *const *)read->argv, read->sudo, on_done, read, err);
}

static void start(struct read *read)
{
	struct node_evidence *evidence = read->owner;
	const struct err *why = paused(evidence, read->node);
	struct node_host host;
	struct node_pool *pool;
	struct err err = {0};

	if (why) {
		err = *why;
		put_failure(read, &err);
		return;
	}
	pool = evidence->source.pool(evidence->source.data, &err);
	if (!pool || evidence->source.host(evidence->source.data, read->node, &host, &err) < 0) {
		put_failure(read, &err);
		return;
	}
	read->call = call(read, pool, &host, &err);
	if (!read->call) {
		put_failure(read, &err);
		return;
	}
	read->is_under_way = true;
	map_put(&evidence->busy, read->node, read);
	evidence->under_way++;
}

static void take_out(struct node_evidence *evidence, struct read **place)
{
	struct read *read = *place;

	*place = read->next;
	if (!*place)
		evidence->last = place;
	read->next = NULL;
}

/* In order, but a node that has its command does not hold up others. */
static void on_time(void *data)
{
	struct node_evidence *evidence = data;
	struct read **place = &evidence->first;

	evidence->timer = NULL;
	while (*place && evidence->under_way < AT_ONCE) {
		struct read *read = *place;

		if (map_get(&evidence->busy, read->node)) {
			place = &read->next;
			continue;
		}
		take_out(evidence, place);
		start(read);
	}
}

/* NULL: the words of the request are no texts. */
static char **copy_argv(const json_t *argv)
{
	size_t count = json_array_size(argv);
	char **words = xcalloc(count + 1, sizeof(*words));

	for (size_t i = 0; i < count; i++)
		words[i] = xstrdup(json_string_value(json_array_get(argv, i)));
	return words;
}

static bool is_argv(const json_t *argv)
{
	size_t count = json_array_size(argv);

	for (size_t i = 0; i < count; i++) {
		if (!json_is_string(json_array_get(argv, i)))
			return false;
	}
	return count > 0;
}

static int read_node(void *data, const struct evidence_request *request, const char *key, struct err *err)
{
	struct node_evidence *evidence = data;
	const struct check *check = NULL;
	struct read *read;

	if (map_get(&evidence->by_key, key))
		return 0;
	if (request->check && evidence->checks)
		check = check_by_name(evidence->checks, request->check);
	if (request->check && !check)
		return err_set(err, ERR_REFUSED, "there is no check {name}", "name", request->check, NULL);
	if (!check && !is_argv(request->argv))
		return err_set(err, ERR_REFUSED, "node {node}: what is to be read there is no command", "node",
			       request->path, NULL);
	if (evidence->by_key.count >= QUEUE_MAXIMUM)
		return err_set(err, ERR_LIMIT, "node {node}: too many commands wait for their turn", "node",
			       request->path, NULL);
	read = xcalloc(1, sizeof(*read));
	read->owner = evidence;
	read->key = xstrdup(key);
	read->node = xstrdup(request->path);
	read->check = check;
	read->argv = check ? NULL : copy_argv(request->argv);
	read->sudo = request->sudo;
	map_put(&evidence->by_key, read->key, read);
	*evidence->last = read;
	evidence->last = &read->next;
	start_soon(evidence);
	return 0;
}

static bool is_idle(void *data)
{
	return !((struct node_evidence *)data)->by_key.count;
}

static void forget_unneeded(void *data, bool (*is_needed)(void *needed_data, const char *key), void *needed_data)
{
	struct node_evidence *evidence = data;
	struct read **place = &evidence->first;

	while (*place) {
		struct read *read = *place;

		if (is_needed(needed_data, read->key)) {
			place = &read->next;
			continue;
		}
		take_out(evidence, place);
		forget(read);
	}
}

struct node_reader node_evidence_reader(struct node_evidence *evidence)
{
	return (struct node_reader){
		.read = read_node, .is_idle = is_idle, .forget = forget_unneeded, .data = evidence};
}
