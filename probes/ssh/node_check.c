#include "probes/ssh/node_check.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/check_allowed.h"
#include "probes/ssh/check_batch.h"
#include "probes/ssh/pool_private.h"

enum { READ_SECONDS = 20, READ_MARGIN_SECONDS = 5, READ_MAXIMUM = 256 << 10 };

struct pending {
	struct check_batch batch;
	void (*on_done)(void *data, const struct check_run *run);
	void *data;
};

static void release_pending(void *data)
{
	struct pending *pending = data;

	batch_release(&pending->batch);
	free(pending);
}

static void on_output(void *data, int which, const char *bytes, size_t n)
{
	struct pending *pending = data;

	batch_feed(&pending->batch, which, bytes, n, clock_wall_ms());
}

static void on_answer(void *data, const struct node_answer *answer)
{
	struct pending *pending = data;
	size_t count = pending->batch.wanted;
	struct check_result *results = xcalloc(count + 1, sizeof(*results));
	struct check_run run = {.answer = answer, .results = results, .count = count};

	batch_judge(&pending->batch, answer, results);
	pending->on_done(pending->data, &run);
	for (size_t i = 0; i < count; i++)
		check_result_release(&results[i]);
	free(results);
}

struct node_call *node_check(struct node_pool *pool, const struct node_host *host, const struct check *const *checks,
			     size_t count, void (*on_done)(void *data, const struct check_run *run), void *data)
{
	struct pending *pending = xcalloc(1, sizeof(*pending));
	struct node_command_request request = {
		.host = *host,
		.line = "sh -s",
		/* The batch keeps what it needs of the output as it comes. */
		.output_maximum = 1,
		.on_output = on_output,
		.on_done = on_answer,
		.on_release = release_pending,
		.data = pending,
	};

	batch_init(&pending->batch, checks, count, host->runtime, host->os_image, NULL);
	pending->on_done = on_done;
	pending->data = data;
	auto_free char *script = batch_script(&pending->batch);

	request.input = script;
	request.input_length = strlen(script);
	request.timeout_ms = batch_timeout_ms(&pending->batch);
	return pool_run(pool, &request);
}

struct node_call *node_read(struct node_pool *pool, const struct node_host *host, const char *const *argv, bool sudo,
			    void (*on_done)(void *data, const struct node_answer *answer), void *data, struct err *err)
{
	struct node_command_request request = {
		.host = *host,
		.timeout_ms = (READ_SECONDS + READ_MARGIN_SECONDS) * 1000,
		.output_maximum = READ_MAXIMUM,
		.on_done = on_done,
		.data = data,
	};
	char seconds[12];
	const char **words;
	struct node_call *call;

	if (check_allowed(argv, err) < 0)
		return NULL;
	words = wrapped_argv(argv, sudo, READ_SECONDS, seconds);
	auto_free char *line = remote_line(words);

	free(words);
	request.line = line;
	call = pool_run(pool, &request);
	return call;
}

char *node_read_sudoers_line(const char *user, const char *const *argv)
{
	return sudoers_line(user, argv, READ_SECONDS);
}
