/*
 * Looking at one subject of one runbook.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

enum { MOST_UNKNOWN = 100 };	/* signs of a rule */

static void clear_content(struct sign *sign)
{
	evidence_lines_free(sign->lines, sign->line_count);
	for (size_t i = 0; i < sign->joined_count; i++)
		free(sign->joined[i]);
	free(sign->joined);
	free(sign->unknown);
	sign->lines = NULL;
	sign->line_count = 0;
	sign->joined = NULL;
	sign->joined_count = 0;
	sign->unknown = NULL;
}

static void join_truth(struct sign *sign, enum truth truth)
{
	struct sign **first = &sign->rule->by_truth[truth];

	sign->truth = truth;
	sign->previous = NULL;
	sign->next = *first;
	if (sign->next)
		sign->next->previous = sign;
	*first = sign;
	sign->rule->truth_counts[truth]++;
}

static void leave_truth(struct sign *sign)
{
	if (sign->previous)
		sign->previous->next = sign->next;
	else
		sign->rule->by_truth[sign->truth] = sign->next;
	if (sign->next)
		sign->next->previous = sign->previous;
	sign->rule->truth_counts[sign->truth]--;
}

void sign_free(struct symptoms *symptoms, struct sign *sign)
{
	if (!sign)
		return;
	leave_truth(sign);
	recheck_set(symptoms, sign, 0);
	clear_content(sign);
	finding_object_release(&sign->subject);
	free(sign);
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static enum truth truth_not(enum truth truth)
{
	if (truth == TRUTH_UNKNOWN)
		return truth;
	return truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

static enum truth truth_and(enum truth a, enum truth b)
{
	if (a == TRUTH_FALSE || b == TRUTH_FALSE)
		return TRUTH_FALSE;
	return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

/* Another evaluation about the same subject, whose evidence is not the finding's. */
static void aside_init(struct evaluation *aside, const struct evaluation *evaluation)
{
	evaluation_init(aside, evaluation->snapshot, evaluation->evidence, evaluation->now,
			evaluation->system_namespaces);
	aside->runbook = evaluation->runbook;
}

/* What was found changes hands; both ask the same of the same snapshot. */
static void evaluation_swap(struct evaluation *a, struct evaluation *b)
{
	struct evaluation other = *a;

	*a = *b;
	*b = other;
}

static enum truth evaluate_excludes(const struct runbook *runbook, const struct record *subject,
				    struct evaluation *evaluation)
{
	enum truth truth = TRUTH_TRUE;

	for (size_t i = 0; i < runbook->exclude_count && truth != TRUTH_FALSE; i++) {
		CLEANUP(evaluation_release) struct evaluation aside;
		enum truth exclude;

		aside_init(&aside, evaluation);
		exclude = condition_evaluate(runbook->excludes[i], subject, &aside);
		evaluation->recheck_at = earlier(evaluation->recheck_at, aside.recheck_at);
		if (exclude == TRUTH_UNKNOWN && !evaluation->unknown.id)
			evaluation->unknown = aside.unknown;
		truth = truth_and(truth, truth_not(exclude));
	}
	return truth;
}

static enum truth fault_evaluate(const struct runbook *runbook, const struct record *subject,
				 struct evaluation *evaluation, bool *ret_when_holds)
{
	const struct condition_tree *when = runbook_when(runbook, subject->kind->id);
	enum truth truth = when ? condition_evaluate(when, subject, evaluation) : TRUTH_FALSE;

	*ret_when_holds = truth == TRUTH_TRUE;
	if (subject->kind->id != runbook->subject)
		return truth;
	if (truth != TRUTH_FALSE && runbook->confirm)
		truth = truth_and(truth, condition_evaluate(runbook->confirm, subject, evaluation));
	if (truth != TRUTH_FALSE)
		truth = truth_and(truth, evaluate_excludes(runbook, subject, evaluation));
	return truth;
}

/* The first latent signs that hold for the subject, else that may. */
static enum truth latent_evaluate(const struct runbook *runbook, const struct record *subject,
				  struct evaluation *evaluation, struct answer *answer)
{
	enum truth best = TRUTH_FALSE;

	for (size_t i = 0; i < runbook->latent_count && best != TRUTH_TRUE; i++) {
		const struct signature *signature = &runbook->latent[i];
		CLEANUP(evaluation_release) struct evaluation aside;
		enum truth truth;

		aside_init(&aside, evaluation);
		if (signature->subject != subject->kind->id)
			continue;
		truth = condition_evaluate(signature->when, subject, &aside);
		answer->wants_evidence |= truth == TRUTH_TRUE && signature->confirm;
		if (truth != TRUTH_FALSE && signature->confirm)
			truth = truth_and(truth, condition_evaluate(signature->confirm, subject, &aside));
		aside.recheck_at = earlier(evaluation->recheck_at, aside.recheck_at);
		evaluation->recheck_at = aside.recheck_at;
		if (truth == TRUTH_FALSE || truth == best)
			continue;
		best = truth;
		answer->latent = truth == TRUTH_TRUE ? signature : NULL;
		evaluation_swap(evaluation, &aside);
	}
	return best;
}

enum truth signature_evaluate(const struct runbook *runbook, const struct record *subject,
			      struct evaluation *evaluation, struct answer *ret_answer)
{
	CLEANUP(evaluation_release) struct evaluation aside;
	enum truth truth;
	enum truth latent;

	*ret_answer = (struct answer){.latent = NULL};
	evaluation->runbook = runbook;
	truth = fault_evaluate(runbook, subject, evaluation, &ret_answer->wants_evidence);
	aside_init(&aside, evaluation);
	if (truth == TRUTH_TRUE || !runbook->latent_count)
		return truth;
	aside.recheck_at = evaluation->recheck_at;
	latent = latent_evaluate(runbook, subject, &aside, ret_answer);
	evaluation->recheck_at = aside.recheck_at;
	if (latent == TRUTH_FALSE || (latent == TRUTH_UNKNOWN && truth == TRUTH_UNKNOWN))
		return truth;
	evaluation_swap(evaluation, &aside);
	return latent;
}

/* The lines move to the end of those of the evaluation. */
static void move_lines(struct evaluation *to, struct evaluation *from)
{
	if (!from->line_count)
		return;
	to->lines = xreallocarray(to->lines, to->line_count + from->line_count, sizeof(*to->lines));
	memcpy(to->lines + to->line_count, from->lines, from->line_count * sizeof(*to->lines));
	to->line_count += from->line_count;
	from->line_count = 0;
}

/* The first rule that holds; what proves it is evidence too. */
static enum confidence evaluate_confidence(const struct runbook *runbook, const struct record *subject,
					   struct evaluation *evaluation)
{
	for (size_t i = 0; i < runbook->confidence_rule_count; i++) {
		const struct confidence_rule *rule = &runbook->confidence_rules[i];
		CLEANUP(evaluation_release) struct evaluation aside;
		enum truth truth;

		aside_init(&aside, evaluation);
		truth = condition_evaluate(rule->condition, subject, &aside);
		evaluation->recheck_at = earlier(evaluation->recheck_at, aside.recheck_at);
		if (truth == TRUTH_TRUE) {
			move_lines(evaluation, &aside);
			return rule->confidence;
		}
	}
	return CONFIDENCE_LIKELY;
}

/* The first rule that holds. */
static enum severity evaluate_severity(const struct runbook *runbook, const struct record *subject,
				       struct evaluation *evaluation)
{
	for (size_t i = 0; i < runbook->severity_rule_count; i++) {
		const struct severity_rule *rule = &runbook->severity_rules[i];
		CLEANUP(evaluation_release) struct evaluation aside;
		enum truth truth;

		aside_init(&aside, evaluation);
		truth = condition_evaluate(rule->condition, subject, &aside);
		evaluation->recheck_at = earlier(evaluation->recheck_at, aside.recheck_at);
		if (truth == TRUTH_TRUE)
			return rule->severity;
	}
	return SEVERITY_NONE;
}

static bool lines_equal(const struct sign *sign, const struct evaluation *evaluation)
{
	if (sign->line_count != evaluation->line_count || sign->joined_count != evaluation->object_count)
		return false;
	for (size_t i = 0; i < sign->line_count; i++)
		if (strcmp(sign->lines[i].source, evaluation->lines[i].source) != 0 ||
		    strcmp(sign->lines[i].text, evaluation->lines[i].text) != 0)
			return false;
	for (size_t i = 0; i < sign->joined_count; i++)
		if (strcmp(sign->joined[i], evaluation->objects[i]) != 0)
			return false;
	return true;
}

/* What a sign that holds is worth. */
struct weight {
	enum confidence confidence;
	enum severity severity;
	bool is_latent;
};

/* What an evaluation found becomes the sign's; returns whether that is something else than before. */
static bool take_content(struct sign *sign, struct evaluation *evaluation, enum truth truth,
			 const struct weight *weight)
{
	static const struct message nothing;
	const struct message *unknown = truth == TRUTH_UNKNOWN ? &evaluation->unknown : &nothing;
	bool is_same;

	if (truth != TRUTH_TRUE) {	/* lines of a sign that does not hold prove nothing */
		evidence_lines_free(evaluation->lines, evaluation->line_count);
		evaluation->lines = NULL;
		evaluation->line_count = 0;
	}
	is_same = sign->truth == truth && sign->confidence == weight->confidence &&
		  sign->severity == weight->severity && sign->is_latent == weight->is_latent &&
		  sign->since == evaluation->since &&
		  message_equal(sign->unknown ? sign->unknown : &nothing, unknown) &&
		  lines_equal(sign, evaluation);
	if (is_same)
		return false;
	clear_content(sign);
	leave_truth(sign);
	join_truth(sign, truth);
	sign->confidence = weight->confidence;
	sign->severity = weight->severity;
	sign->is_latent = weight->is_latent;
	sign->since = evaluation->since;
	sign->lines = take_pointer(evaluation->lines);
	sign->line_count = evaluation->line_count;
	sign->joined = take_pointer(evaluation->objects);
	sign->joined_count = evaluation->object_count;
	evaluation->line_count = 0;
	evaluation->object_count = 0;
	if (unknown->id) {
		sign->unknown = xmalloc(sizeof(*sign->unknown));
		*sign->unknown = *unknown;
	}
	return true;
}

static void drop(struct look *look, struct sign *sign)
{
	if (!sign)
		return;
	look->signs_changed |= sign->truth != TRUTH_FALSE;
	look->wanted_changed |= sign->wants_evidence;
	map_remove(&sign->rule->signs, sign->subject.uid);
	sign_free(look->symptoms, sign);
}

static struct sign *sign_new(struct rule *rule, const struct record *record)
{
	struct sign *sign = xcalloc(1, sizeof(*sign));

	sign->rule = rule;
	finding_object_init(&sign->subject, record);
	join_truth(sign, TRUTH_FALSE);
	map_put(&rule->signs, sign->subject.uid, sign);
	return sign;
}

/*
 * Thousands of subjects are unknown at once where a list is not whole: some of
 * them are enough for the verdict, which is what their signs are for.
 */
static bool is_one_too_many(const struct rule *rule, const struct evaluation *evaluation)
{
	return !evaluation->recheck_at && rule->truth_counts[TRUTH_UNKNOWN] >= MOST_UNKNOWN;
}

static enum confidence also_confidence(const struct runbook *runbook, enum kind_id kind)
{
	for (size_t i = 0; i < runbook->also_count; i++)
		if (runbook->also[i].subject == kind)
			return runbook->also[i].confidence;
	return CONFIDENCE_LIKELY;
}

static struct weight weigh(const struct runbook *runbook, const struct record *record, const struct answer *answer,
			   struct evaluation *evaluation)
{
	struct weight weight = {.confidence = CONFIDENCE_LIKELY, .is_latent = answer->latent != NULL};

	if (answer->latent) {
		weight.confidence = answer->latent->confidence;
		weight.severity = SEVERITY_WARNING;
	} else if (record->kind->id == runbook->subject) {
		weight.confidence = evaluate_confidence(runbook, record, evaluation);
		weight.severity = evaluate_severity(runbook, record, evaluation);
	} else {
		weight.confidence = also_confidence(runbook, record->kind->id);
	}
	return weight;
}

void sign_look(struct look *look, struct rule *rule, const char *uid, const struct record *record)
{
	struct sign *sign = rule->signs.count ? map_get(&rule->signs, uid) : NULL;
	CLEANUP(evaluation_release) struct evaluation evaluation;
	struct weight weight = {.confidence = CONFIDENCE_LIKELY};
	struct answer answer;
	enum truth truth;

	evaluation_init(&evaluation, look->snapshot, look->evidence, look->now,
			look->symptoms->system_namespaces);
	if (!record || !runbook_is_about(rule->runbook, record->kind->id)) {
		drop(look, sign);
		return;
	}
	truth = signature_evaluate(rule->runbook, record, &evaluation, &answer);
	answer.wants_evidence &= rule->runbook->collect_count > 0;
	if (truth == TRUTH_TRUE)
		weight = weigh(rule->runbook, record, &answer, &evaluation);
	if (record->is_implied)
		weight.confidence = CONFIDENCE_SUSPECTED;
	if (truth == TRUTH_FALSE && !evaluation.recheck_at && !answer.wants_evidence) {
		drop(look, sign);
		return;
	}
	if (!sign && truth == TRUTH_UNKNOWN && !answer.wants_evidence && is_one_too_many(rule, &evaluation)) {
		rule->has_more_unknown = true;
		return;
	}
	if (!sign)
		sign = sign_new(rule, record);
	look->wanted_changed |= answer.wants_evidence || sign->wants_evidence;
	sign->wants_evidence = answer.wants_evidence;
	look->signs_changed |= take_content(sign, &evaluation, truth, &weight);
	if (evaluation.recheck_at && evaluation.recheck_at <= look->now)
		evaluation.recheck_at = look->now + 1;
	recheck_set(look->symptoms, sign, evaluation.recheck_at);
}
