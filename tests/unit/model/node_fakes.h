/*
 * Nodes for tests, without SSH: the doors of probes/ssh as these tests need
 * them. What a node answers is set beforehand; it comes when the test says so.
 */
#ifndef TESTS_UNIT_MODEL_NODE_FAKES_H
#define TESTS_UNIT_MODEL_NODE_FAKES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/memory.h"
#include "probes/model/node_source.h"
#include "probes/ssh/node_check.h"

enum { MOST_CALLS = 64 };

struct check {
	const char *name;
};

struct node_call {
	char node[64];
	char line[256];		/* of node_read(): the words */
	bool sudo;
	const struct check *checks[8];
	size_t count;
	void (*on_checked)(void *data, const struct check_run *run);
	void (*on_read)(void *data, const struct node_answer *answer);
	void *data;
	bool is_open;
};

static const struct check fake_checks[] = {{"disk"}, {"inodes"}, {"memory"}, {"mounts"}};
static struct node_call fake_calls[MOST_CALLS];
static size_t fake_call_count;
static int fake_pool;

/* The doors */

int check_set_load(const char *folder, struct check_set **ret_set, struct err *err)
{
	(void)folder;
	(void)err;
	*ret_set = NULL;
	return 0;
}

void check_set_free(struct check_set *set)
{
	(void)set;
}

size_t check_count(const struct check_set *set)
{
	(void)set;
	return array_length(fake_checks);
}

const struct check *check_at(const struct check_set *set, size_t index)
{
	(void)set;
	return &fake_checks[index];
}

const struct check *check_by_name(const struct check_set *set, const char *name)
{
	for (size_t i = 0; i < array_length(fake_checks); i++) {
		if (!strcmp(check_at(set, i)->name, name))
			return check_at(set, i);
	}
	return NULL;
}

const char *check_name(const struct check *check)
{
	return check->name;
}

const char *check_title(const struct check *check, const char *language)
{
	(void)language;
	return check->name;
}

const char *check_sign_title(const struct check *check, const char *sign, const char *language)
{
	(void)check;
	(void)language;
	return sign;
}

json_t *check_result_document(const struct check_result *result)
{
	return json_pack("{s:s}", "text", result->text);
}

static struct node_call *new_call(const struct node_host *host, void *data)
{
	struct node_call *call = &fake_calls[fake_call_count++];

	assert_true(fake_call_count <= MOST_CALLS);
	*call = (struct node_call){.data = data, .is_open = true};
	snprintf(call->node, sizeof(call->node), "%s", host->name);
	return call;
}

struct node_call *node_check(struct node_pool *pool, const struct node_host *host, const struct check *const *checks,
			     size_t count, void (*on_done)(void *data, const struct check_run *run), void *data)
{
	struct node_call *call = new_call(host, data);

	assert_non_null(pool);
	call->on_checked = on_done;
	call->count = count;
	memcpy(call->checks, checks, count * sizeof(*checks));
	return call;
}

struct node_call *node_read(struct node_pool *pool, const struct node_host *host, const char *const *argv, bool sudo,
			    void (*on_done)(void *data, const struct node_answer *answer), void *data,
			    struct err *err)
{
	struct node_call *call;

	assert_non_null(pool);
	if (!strcmp(argv[0], "reboot")) {
		err_set(err, ERR_REFUSED, "{command} does not read", "command", argv[0], NULL);
		return NULL;
	}
	call = new_call(host, data);
	call->on_read = on_done;
	call->sudo = sudo;
	for (; *argv; argv++)
		snprintf(call->line + strlen(call->line), sizeof(call->line) - strlen(call->line), "%s ", *argv);
	return call;
}

void node_call_cancel(struct node_call *call)
{
	if (call)
		call->is_open = false;
}

/* For the tests */

static struct node_pool *fake_source_pool(void *data, struct err *err)
{
	(void)data;
	(void)err;
	return (struct node_pool *)&fake_pool;
}

static int fake_source_host(void *data, const char *node, struct node_host *ret_host, struct err *err)
{
	(void)data;
	if (!strcmp(node, "lost"))
		return err_set(err, ERR_NOT_FOUND, "there is no node {node}", "node", node, NULL);
	*ret_host = (struct node_host){.name = node, .uid = "u", .address = "10.0.0.1"};
	return 0;
}

static const struct node_source fake_source = {.pool = fake_source_pool, .host = fake_source_host};

/* The latest call to a node that is open; NULL: none. */
static inline struct node_call *call_to(const char *node)
{
	for (size_t i = fake_call_count; i > 0; i--) {
		if (fake_calls[i - 1].is_open && !strcmp(fake_calls[i - 1].node, node))
			return &fake_calls[i - 1];
	}
	return NULL;
}

static inline void fail_call(struct node_call *call, enum node_trouble trouble, const char *id)
{
	struct node_answer answer = {.trouble = trouble, .out = "", .error_out = ""};
	const struct check_run run = {.answer = &answer};

	assert_non_null(call);
	err_set(&answer.err, ERR_CONNECT, id, "node", call->node, NULL);
	call->is_open = false;
	if (call->on_checked)
		call->on_checked(call->data, &run);
	else
		call->on_read(call->data, &answer);
}

/* All of its checks with the same words. */
static inline void answer_checks(struct node_call *call, enum check_verdict verdict, const char *text, json_t *value)
{
	struct node_answer answer = {.trouble = NODE_FINE, .out = "", .error_out = "", .milliseconds = 100};
	struct check_result results[8];
	const struct check_run run = {.answer = &answer, .results = results, .count = call->count};
	auto_free char *own = xstrdup(text);

	for (size_t i = 0; i < call->count; i++)
		results[i] = (struct check_result){
			.check = call->checks[i], .verdict = verdict, .text = own, .value = value};
	call->is_open = false;
	call->on_checked(call->data, &run);
	json_decref(value);
}

#endif
