#include "probes/model/node_survey.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/model/snapshot.h"
#include "probes/net/loop.h"
#include "probes/ssh/node_check.h"

struct node_survey {
	struct loop *loop;
	struct node_source source;
	struct check_set *checks;
	bool keeps_values;
	struct map by_name;		/* name -> struct survey_node */
	struct survey_node **nodes;	/* by name */
	size_t count;
	size_t capacity;
	size_t under_way;
	unsigned round;
	int64_t round_started_ms;
	int64_t round_started_at;	/* wall */
	uint64_t version;
};

const char *survey_verdict_name(enum survey_verdict verdict)
{
	static const char *const names[] = {
		[SURVEY_BAD] = "hit",
		[SURVEY_COULD_NOT] = "could_not_check",
		[SURVEY_OK] = "clear",
		[SURVEY_NOT_APPLICABLE] = "not_applicable",
	};

	return names[verdict];
}

static enum survey_verdict verdict_of(enum check_verdict verdict)
{
	switch (verdict) {
	case CHECK_OK:
		return SURVEY_OK;
	case CHECK_BAD:
		return SURVEY_BAD;
	case CHECK_NOT_APPLICABLE:
		return SURVEY_NOT_APPLICABLE;
	case CHECK_COULD_NOT:
		break;
	}
	return SURVEY_COULD_NOT;
}

int node_survey_new(struct loop *loop, const char *checks, const struct node_source *source,
		    struct node_survey **ret_survey, struct err *err)
{
	struct node_survey *survey = xcalloc(1, sizeof(*survey));

	if (check_set_load(checks, &survey->checks, err) < 0) {
		free(survey);
		return -1;
	}
	survey->loop = loop;
	survey->source = *source;
	survey->round = 1;
	*ret_survey = survey;
	return 0;
}

static void answer_release(struct survey_answer *answer)
{
	free(answer->reason);
	json_decref(answer->value);
	free(answer->text);
}

static void forget_answers(struct survey_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		answer_release(&node->answers[i]);
	free(node->answers);
	node->answers = NULL;
	node->count = 0;
}

static void node_free(struct survey_node *node)
{
	if (node->call)
		node->owner->under_way--;
	node_call_cancel(node->call);
	forget_answers(node);
	free(node->name);
	free(node->uid);
	free(node->address);
	free(node);
}

void node_survey_free(struct node_survey *survey)
{
	if (!survey)
		return;
	for (size_t i = 0; i < survey->count; i++)
		node_free(survey->nodes[i]);
	free(survey->nodes);
	map_release(&survey->by_name);
	check_set_free(survey->checks);
	free(survey);
}

void node_survey_keep_values(struct node_survey *survey)
{
	survey->keeps_values = true;
}

const struct check_set *node_survey_checks(const struct node_survey *survey)
{
	return survey->checks;
}

size_t node_survey_check_count(const struct node_survey *survey)
{
	return check_count(survey->checks);
}

const char *node_survey_check_name(const struct node_survey *survey, size_t index)
{
	return check_name(check_at(survey->checks, index));
}

const char *node_survey_check_title(const struct node_survey *survey, const char *name, const char *language)
{
	const struct check *check = check_by_name(survey->checks, name);

	return check ? check_title(check, language) : name;
}

const char *node_survey_sign_title(const struct node_survey *survey, const char *name, const char *sign,
				   const char *language)
{
	const struct check *check = sign ? check_by_name(survey->checks, name) : NULL;
	const char *title = check ? check_sign_title(check, sign, language) : NULL;

	return title ? title : "";
}

bool node_survey_has_check(const struct node_survey *survey, const char *name)
{
	return check_by_name(survey->checks, name) != NULL;
}

/* Its place in the order of the checks; the count of them where there is no such check. */
static size_t check_place(const struct node_survey *survey, const char *name)
{
	size_t place = 0;

	while (place < check_count(survey->checks) && strcmp(node_survey_check_name(survey, place), name) != 0)
		place++;
	return place;
}

/* Nodes */

/* Where a node with this name is or belongs. */
static size_t node_place(const struct node_survey *survey, const char *name)
{
	size_t low = 0;
	size_t high = survey->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strverscmp(survey->nodes[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct survey_node *add_node(struct node_survey *survey, const char *name, const char *uid)
{
	struct survey_node *node = xcalloc(1, sizeof(*node));
	size_t place = node_place(survey, name);

	node->owner = survey;
	node->name = xstrdup(name);
	node->uid = xstrdup(uid);
	node->address = xstrdup("");
	if (survey->count == survey->capacity) {
		survey->capacity = survey->capacity ? survey->capacity * 2 : 16;
		survey->nodes = xreallocarray(survey->nodes, survey->capacity, sizeof(struct survey_node *));
	}
	memmove(survey->nodes + place + 1, survey->nodes + place,
		(survey->count - place) * sizeof(struct survey_node *));
	survey->nodes[place] = node;
	survey->count++;
	map_put(&survey->by_name, node->name, node);
	return node;
}

static void remove_node(struct node_survey *survey, size_t place)
{
	struct survey_node *node = survey->nodes[place];

	map_remove(&survey->by_name, node->name);
	survey->count--;
	memmove(survey->nodes + place, survey->nodes + place + 1,
		(survey->count - place) * sizeof(struct survey_node *));
	node_free(node);
	survey->version++;
}

/* The node, new where it is another machine than before. */
static struct survey_node *node_for(struct node_survey *survey, const char *name, const char *uid)
{
	struct survey_node *node = map_get(&survey->by_name, name);

	if (node && strcmp(node->uid, uid) != 0) {
		remove_node(survey, node_place(survey, name));
		node = NULL;
	}
	return node ? node : add_node(survey, name, uid);
}

void node_survey_sweep(struct node_survey *survey, const struct snapshot *snapshot)
{
	for (size_t i = survey->count; i > 0; i--) {
		const struct survey_node *node = survey->nodes[i - 1];
		const struct record *record = snapshot_by_name(snapshot, KIND_NODE, "", node->name);

		if (!record || strcmp(record->uid, node->uid) != 0)
			remove_node(survey, i - 1);
	}
}

/* Answers */

static struct survey_answer *answer_for(struct survey_node *node, const char *check)
{
	const struct node_survey *survey = node->owner;
	size_t place = check_place(survey, check);
	size_t at = 0;

	while (at < node->count && check_place(survey, node->answers[at].check) < place)
		at++;
	if (at < node->count && !strcmp(node->answers[at].check, check)) {
		answer_release(&node->answers[at]);
	} else {
		node->answers = xreallocarray(node->answers, node->count + 1, sizeof(*node->answers));
		memmove(node->answers + at + 1, node->answers + at, (node->count - at) * sizeof(*node->answers));
		node->count++;
	}
	node->answers[at] = (struct survey_answer){.check = check};
	return &node->answers[at];
}

static void keep_result(struct survey_node *node, const struct check_result *result, int64_t now)
{
	struct survey_answer *answer = answer_for(node, check_name(result->check));

	answer->verdict = verdict_of(result->verdict);
	answer->is_critical = result->is_critical;
	answer->sign = result->sign;
	answer->measured_at = now;
	if (node->owner->keeps_values || survey_is_gauge(answer->check))
		answer->value = json_incref(result->value);
	answer->text = xstrdup(result->text ? result->text : "");
	if (result->verdict != CHECK_OK && result->verdict != CHECK_BAD && result->reason.code != ERR_NONE) {
		answer->reason = xmalloc(sizeof(*answer->reason));
		*answer->reason = result->reason;
	}
}

/* What was known stays, with its age: the node only could not be asked now. */
static void fail(struct survey_node *node, enum node_trouble trouble, const struct err *err)
{
	node->has_failed = true;
	node->trouble = trouble;
	node->err = *err;
	node->answered_at = clock_wall();
	node->took_ms = clock_monotonic_ms() - node->asked_ms;
	node->owner->version++;
}

/* Asked for another check, the disk is as old as it was: that is no new point. */
static void note_trend(struct survey_node *node)
{
	const struct survey_answer *disk = survey_answer_find(node, "disk");
	struct survey_gauges gauges;

	if (!disk)
		return;
	survey_gauges_read(node, &gauges);
	survey_trend_add(&node->trend, gauges.disk, disk->measured_at);
}

static void on_done(void *data, const struct check_run *run)
{
	struct survey_node *node = data;
	int64_t now = clock_wall();

	node->call = NULL;
	node->owner->under_way--;
	if (run->answer->trouble != NODE_FINE) {
		fail(node, run->answer->trouble, &run->answer->err);
		return;
	}
	for (size_t i = 0; i < run->count; i++)
		keep_result(node, &run->results[i], now);
	note_trend(node);
	node->has_failed = false;
	node->trouble = NODE_FINE;
	node->err = (struct err){0};
	node->answered_at = now;
	node->took_ms = run->answer->milliseconds;
	node->owner->version++;
}

static void start(struct survey_node *node, const struct check *const *checks, size_t count)
{
	struct node_survey *survey = node->owner;
	struct node_host host;
	struct node_pool *pool;
	struct err err = {0};

	node->asked_ms = clock_monotonic_ms();
	node->round = survey->round;
	survey->version++;
	pool = survey->source.pool(survey->source.data, &err);
	if (!pool || survey->source.host(survey->source.data, node->name, &host, &err) < 0) {
		fail(node, NODE_UNREACHABLE, &err);
		return;
	}
	free(node->address);
	node->address = xstrdup(host.address);
	node->call = node_check(pool, &host, checks, count, on_done, node);
	survey->under_way++;
}

int node_survey_ask(struct node_survey *survey, const char *name, const char *uid, const char *check, struct err *err)
{
	const struct check *one = check ? check_by_name(survey->checks, check) : NULL;
	size_t count = one ? 1 : check_count(survey->checks);
	struct survey_node *node;

	if (check && !one) {
		err_set(err, ERR_USAGE, "there is no check {name}", "name", check, NULL);
		return -1;
	}
	node = node_for(survey, name, uid);
	if (node->call) {
		node->round = survey->round;
		return 0;
	}
	auto_free const struct check **wanted = xcalloc(count + 1, sizeof(struct check *));

	for (size_t i = 0; i < count; i++)
		wanted[i] = one ? one : check_at(survey->checks, i);
	start(node, wanted, count);
	return 0;
}

void node_survey_start_round(struct node_survey *survey)
{
	survey->round++;
	survey->round_started_ms = clock_monotonic_ms();
	survey->round_started_at = clock_wall();
	survey->version++;
}

void node_survey_progress(const struct node_survey *survey, struct survey_progress *ret_progress)
{
	struct survey_progress progress = {.started_ms = survey->round_started_ms};

	for (size_t i = 0; i < survey->count; i++) {
		const struct survey_node *node = survey->nodes[i];

		if (node->round != survey->round)
			continue;
		progress.total++;
		progress.done += !node->call;
		progress.failed += !node->call && node->has_failed;
		if (!node->call && !node->has_failed &&
		    (!progress.slowest || node->took_ms > progress.slowest->took_ms))
			progress.slowest = node;
	}
	*ret_progress = progress;
}

bool node_survey_is_idle(const struct node_survey *survey)
{
	return !survey->under_way;
}

/* Reading */

size_t node_survey_count(const struct node_survey *survey)
{
	return survey->count;
}

const struct survey_node *node_survey_at(const struct node_survey *survey, size_t index)
{
	return survey->nodes[index];
}

const struct survey_node *node_survey_find(const struct node_survey *survey, const char *node)
{
	return map_get(&survey->by_name, node);
}

const struct survey_answer *survey_answer_find(const struct survey_node *node, const char *check)
{
	for (size_t i = 0; i < node->count; i++) {
		if (!strcmp(node->answers[i].check, check))
			return &node->answers[i];
	}
	return NULL;
}

const struct survey_answer *node_survey_answer(const struct node_survey *survey, const struct survey_node *node,
					       const char *check)
{
	const struct survey_answer *answer = survey_answer_find(node, check);

	return answer && node->call && answer->measured_at < survey->round_started_at ? NULL : answer;
}

uint64_t node_survey_version(const struct node_survey *survey)
{
	return survey->version;
}
