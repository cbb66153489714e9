#include "probes/remedy/node_door.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/argv_words.h"
#include "probes/ssh/node_check.h"
#include "probes/ssh/node_step.h"

enum { SSH_PORT = 22 };

struct node_door {
	const struct node_source *source;
	struct node_runner runner;
	char *why;		/* as why_not() said it last */
};

/* Of one command, until it answered or was cancelled. */
struct running {
	struct node_call *call;
	node_done *on_done;
	void *data;
};

static void on_answer(void *data, const struct node_answer *answer)
{
	struct running running = *(struct running *)data;

	free(data);
	running.on_done(running.data, answer);
}

static struct node_pool *pool_of(struct node_door *door, struct err *err)
{
	return door->source->pool(door->source->data, err);
}

static int find_host(struct node_door *door, const struct node_command *command, struct node_host *ret_host,
		     struct err *err)
{
	*ret_host = (struct node_host){0};
	if (door->source->host(door->source->data, command->node, ret_host, err) < 0)
		return -1;
	ret_host->name = command->node;
	ret_host->uid = command->uid;
	return 0;
}

static const char *why_not(void *data, const char *node)
{
	struct node_door *door = data;
	struct node_host host = {0};
	struct err err;

	free(take_pointer(door->why));
	if (pool_of(door, &err) && door->source->host(door->source->data, node, &host, &err) == 0)
		return NULL;
	door->why = err_text(&err);
	return door->why;
}

static void *run_read(void *data, const struct node_command *command, node_done *on_done, void *done_data,
		      struct err *err)
{
	struct node_door *door = data;
	struct node_pool *pool = pool_of(door, err);
	struct running *running;
	struct node_host host;

	if (!pool || find_host(door, command, &host, err) < 0)
		return NULL;
	running = xcalloc(1, sizeof(*running));
	*running = (struct running){.on_done = on_done, .data = done_data};
	running->call = node_read(pool, &host, command->argv, command->sudo, on_answer, running, err);
	if (running->call)
		return running;
	free(running);
	return NULL;
}

static void *run_step(void *data, const struct node_token *token, const struct node_command *command,
		      node_done *on_done, void *done_data, struct err *err)
{
	struct node_door *door = data;
	struct node_step_request request = {
		.argv = command->argv,
		.input = command->input,
		.timeout_seconds = command->timeout_seconds,
		.on_done = on_answer,
	};
	struct node_pool *pool = pool_of(door, err);
	struct running *running;

	if (!pool || find_host(door, command, &request.host, err) < 0)
		return NULL;
	running = xcalloc(1, sizeof(*running));
	*running = (struct running){.on_done = on_done, .data = done_data};
	request.data = running;
	if (node_step(pool, token, &request, &running->call, err) == 0)
		return running;
	free(running);
	return NULL;
}

static void cancel(void *data, void *what)
{
	struct running *running = what;

	(void)data;
	node_call_cancel(running->call);
	free(running);
}

static int effective(struct node_door *door, const char *node, struct node_effective *ret_effective)
{
	struct node_pool *pool = pool_of(door, NULL);
	struct node_host host = {0};

	if (!pool || door->source->host(door->source->data, node, &host, NULL) < 0)
		return -1;
	host.name = node;
	return node_pool_effective(pool, &host, ret_effective, NULL);
}

static char *user(void *data, const char *node)
{
	CLEANUP(node_effective_release) struct node_effective found = {0};

	return effective(data, node, &found) == 0 ? take_pointer(found.user) : NULL;
}

static bool add_destination(void *data, const char *node, struct argv_words *words)
{
	CLEANUP(node_effective_release) struct node_effective found = {0};
	auto_free char *port = NULL;
	auto_free char *where = NULL;

	if (effective(data, node, &found) < 0 || !found.address)
		return false;
	if (found.jump && *found.jump) {
		argv_add(words, "-J");
		argv_add(words, found.jump);
	}
	if (found.port > 0 && found.port != SSH_PORT) {
		port = xasprintf("%d", found.port);
		argv_add(words, "-p");
		argv_add(words, port);
	}
	where = found.user && *found.user ? xasprintf("%s@%s", found.user, found.address) : xstrdup(found.address);
	argv_add(words, where);
	return true;
}

struct node_door *node_door_new(const struct node_source *source)
{
	struct node_door *door = xcalloc(1, sizeof(*door));

	door->source = source;
	door->runner = (struct node_runner){
		.data = door,
		.why_not = why_not,
		.read = run_read,
		.run = run_step,
		.cancel = cancel,
		.user = user,
		.add_destination = add_destination,
	};
	return door;
}

void node_door_free(struct node_door *door)
{
	if (!door)
		return;
	free(door->why);
	free(door);
}

const struct node_runner *node_door_runner(const struct node_door *door)
{
	return &door->runner;
}
