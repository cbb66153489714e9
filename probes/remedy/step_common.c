/* What steps of several types share: saying things once, being for nothing, the time that a confirmation fixes. */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/step.h"

enum { FILLED_MAXIMUM = 64 << 10 };

static const char now_place[] = "${now}";

void step_say_once(struct change *change, struct plan_step *step, const char *text)
{
	if (step->last_said && !strcmp(step->last_said, text))
		return;
	free(step->last_said);
	step->last_said = xstrdup(text);
	step->moved_ms = clock_monotonic_ms();
	free(step->shown.doing);
	step->shown.doing = xstrdup(text);
	change_output(change, step->shown.number, text);
}

static bool is_named(const json_t *ids, const char *id)
{
	size_t i;
	json_t *one;

	json_array_foreach((json_t *)(uintptr_t)ids, i, one) {
		if (!strcmp(json_string_value(one), id))
			return true;
	}
	return false;
}

/* It may be a later one, which is not planned yet: what was read on its node says the same. */
static bool has_work(const struct plan_step *step)
{
	return step->shown.state != STEP_SKIPPED && !(step->part && step->part->is_so);
}

bool step_is_for_nothing(struct change *change, struct plan_step *step)
{
	const json_t *ids = json_object_get(step->definition, "onlyAfter");

	for (size_t i = 0; ids && i < change->step_count; i++) {
		const struct plan_step *earlier = change->steps[i];

		if (is_named(ids, earlier->id) && (has_work(earlier) || earlier->was_done_before))
			return false;
	}
	if (!ids)
		return false;
	step->shown.state = STEP_SKIPPED;
	step->shown.outcome = change_say(change, "has nothing to come after: nothing is changed before it", NULL);
	return true;
}

static char *filled(const char *text, const char *now)
{
	struct buffer out = BUFFER_INIT(FILLED_MAXIMUM);

	for (const char *at; (at = strstr(text, now_place)); text = at + strlen(now_place)) {
		buffer_add(&out, text, (size_t)(at - text));
		buffer_add_text(&out, now);
	}
	buffer_add_text(&out, text);
	return buffer_detach(&out);
}

void step_fill_now(struct plan_step *step)
{
	char now[21];
	char *body;
	size_t i;
	json_t *touch;

	if (!step->shown.body || !strstr(step->shown.body, now_place))
		return;
	clock_format(clock_wall(), now);
	body = filled(step->shown.body, now);
	free(step->shown.body);
	step->shown.body = body;
	json_array_foreach(step->touched, i, touch) {
		auto_free char *text = json_dumps(json_object_get(touch, "after"), JSON_ENCODE_ANY);
		auto_free char *after = filled(text, now);

		json_object_set_new(touch, "after", json_loads(after, JSON_DECODE_ANY, NULL));
	}
}

char *step_body(const struct change *change, const struct plan_step *step, bool is_real)
{
	if (step->ops->body)
		return step->ops->body(change, step, is_real);
	return step->shown.body ? xstrdup(step->shown.body) : NULL;
}

void step_wait_start(struct plan_step *step, int64_t otherwise_seconds)
{
	json_int_t seconds = json_integer_value(json_object_get(step->definition, "timeoutSeconds"));

	step->deadline_ms = clock_monotonic_ms() + (seconds > 0 ? (int64_t)seconds : otherwise_seconds) * 1000;
}

void step_wait_finish(struct change *change, struct plan_step *step, enum step_state state, const char *outcome)
{
	timer_cancel(step->timer);
	step->timer = NULL;
	free(step->shown.watched);
	step->shown.watched = NULL;
	run_step_finished(change, step, state, outcome, NULL);
}

void step_wait_stop(struct change *change, struct plan_step *step, const char *outcome)
{
	auto_free char *text = change_say(change, outcome, NULL);

	change_cancel_calls(change, step);
	step_wait_finish(change, step, STEP_SKIPPED, text);
}
