#include <string.h>
#include <strings.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/set.h"

enum {
	WINDOW = PATTERN_SUBJECT_MAX / 2,	/* bytes of a long text that are looked at together */
	OVERLAP = WINDOW / 2,
};

/* A text as patterns see it: line breaks are blanks, or, where a terminal broke words, nothing. */
struct readings {
	struct buffer text[2];
	size_t count;
};

static void readings_init(struct readings *readings, const char *text, size_t length)
{
	for (size_t i = 0; i < array_length(readings->text); i++)
		buffer_init(&readings->text[i], PATTERN_SUBJECT_MAX);
	text_normalise(&readings->text[0], text, length);
	text_normalise_joined(&readings->text[1], text, length);
	readings->count = strcmp(buffer_text(&readings->text[0]), buffer_text(&readings->text[1])) ? 2 : 1;
}

static void readings_release(struct readings *readings)
{
	for (size_t i = 0; i < array_length(readings->text); i++)
		buffer_release(&readings->text[i]);
}

static bool begins_with(const char *text, const char *start)
{
	return !strncasecmp(text, start, strlen(start));
}

/* 0: a digit, A: a letter, else itself. */
static bool fits_shape(char byte, char shape)
{
	if (shape == '0')
		return byte >= '0' && byte <= '9';
	if (shape == 'A')
		return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
	return byte == shape;
}

/* The header of a line of klog, or a time: `E1121 12:00:00`, `2026-11-21T12:00:00`, `Nov 21 12:00:00`. */
static bool is_log_header(const char *at)
{
	static const char *const shapes[] = {"A0000 00:00:00", "0000-00-00A00:00:00", "0000-00-00 00:00:00",
					     "AAA 00 00:00:00", "AAA 0 00:00:00"};

	for (size_t i = 0; i < array_length(shapes); i++) {
		const char *shape = shapes[i];
		size_t n = 0;

		while (shape[n] && fits_shape(at[n], shape[n]))
			n++;
		if (!shape[n])
			return true;
	}
	return false;
}

/* A row of events: its type, then its reason. */
static bool is_event_row(const char *at)
{
	size_t n = begins_with(at, "warning ") ? 8 : begins_with(at, "normal ") ? 7 : 0;
	size_t reason = n;

	while (n && (at[reason] | 0x20) >= 'a' && (at[reason] | 0x20) <= 'z')
		reason++;
	return reason > n && at[reason] == ' ';
}

/* Several messages in one text: here the next one begins, and not a part of the former. */
static bool is_next_message(const char *text, size_t at)
{
	static const char *const starts[] = {"failed to pull image ", "back-off pulling image ",
					     "successfully pulled image ", "container image ",
					     "failed create pod sandbox", "failed to create pod sandbox",
					     "(combined from similar",
					     "mountvolume.", "attachvolume.", "multi-attach error",
					     "unable to attach or mount", "unable to mount volumes",
					     "readiness probe failed", "liveness probe failed",
					     "failed to connect to ", "mount.nfs: ", "rpc error: "};

	if (!at || text[at - 1] != ' ' || (at > 1 && strchr(":=([,", text[at - 2])))
		return false;
	if (is_event_row(text + at) || is_log_header(text + at))
		return true;
	for (size_t i = 0; i < array_length(starts); i++) {
		if (begins_with(text + at, starts[i]))
			return true;
	}
	return false;
}

/*
 * What a rule looks for stands in one message, not in the words of two that
 * follow each other. What speaks against it too; against a hint, anywhere: the
 * cause beside a generic sign may be another event of the same pod.
 */
static bool rule_fits_one(struct message_rule *rule, const char *text, size_t length)
{
	size_t begin = 0;

	for (size_t at = 1; at <= length; at++) {
		if (at < length && !is_next_message(text, at))
			continue;
		if (message_rule_match_normalised(rule, text + begin, at - begin) == PATTERN_YES)
			return true;
		begin = at;
	}
	return false;
}

static bool rule_fits(struct message_rule *rule, const struct readings *readings)
{
	bool hints = rule->confidence == CONFIDENCE_SUSPECTED;
	bool found = false;

	for (size_t i = 0; i < readings->count; i++) {
		const char *text = buffer_text(&readings->text[i]);
		size_t length = readings->text[i].length;

		if (hints && rule->unless && pattern_match(rule->unless, text, length) != PATTERN_NO)
			return false;
		found = found || rule_fits_one(rule, text, length);
	}
	return found;
}

/* The best that the runbook's own texts say; false where none fits. */
static bool best_of(const struct runbook_set *set, const struct runbook *runbook,
		    const struct readings *readings, enum confidence *ret_confidence)
{
	bool found = false;

	for (size_t i = 0; i < message_book_count(set->book); i++) {
		struct message_rule *rule = message_book_at(set->book, i);

		/* A pattern inside a condition may as well be what speaks against the runbook. */
		if (rule->runbook != runbook || !*rule->name)
			continue;
		if (found && rule->confidence <= *ret_confidence)
			continue;
		if (!rule_fits(rule, readings))
			continue;
		*ret_confidence = rule->confidence;
		found = true;
	}
	return found;
}

/*
 * Runbooks are in the order of rules: the first whose text says more than a
 * hint wins, else the first hint; the others are seen as well. General
 * symptoms are no answer to the question which entry a text belongs to.
 */
static void match_window(const struct runbook_set *set, const char *text, size_t length,
			 struct text_match *ret_match)
{
	CLEANUP(readings_release) struct readings readings = {0};
	struct text_match match = {0};

	readings_init(&readings, text, length);
	for (size_t i = 0; i < set->count; i++) {
		const struct runbook *runbook = set->runbooks[i];
		const struct runbook *other = runbook;
		enum confidence confidence = CONFIDENCE_SUSPECTED;

		if (runbook->is_general || !best_of(set, runbook, &readings, &confidence))
			continue;
		if (!match.runbook ||
		    (match.confidence == CONFIDENCE_SUSPECTED && confidence > CONFIDENCE_SUSPECTED)) {
			other = match.runbook;
			match.runbook = runbook;
			match.confidence = confidence;
		}
		if (other && match.also_count < array_length(match.also))
			match.also[match.also_count++] = other;
	}
	*ret_match = match;
}

static size_t order_of(const struct runbook_set *set, const struct runbook *runbook)
{
	size_t i = 0;

	while (i < set->count && set->runbooks[i] != runbook)
		i++;
	return i;
}

static void see_also(struct text_match *match, const struct runbook *runbook)
{
	for (size_t i = 0; i < match->also_count; i++) {
		if (match->also[i] == runbook)
			return;
	}
	if (runbook && runbook != match->runbook && match->also_count < array_length(match->also))
		match->also[match->also_count++] = runbook;
}

/* More than a hint before a hint, then the order of rules. */
static bool is_better(const struct runbook_set *set, const struct text_match *a, const struct text_match *b)
{
	bool a_hints = a->confidence == CONFIDENCE_SUSPECTED;
	bool b_hints = b->confidence == CONFIDENCE_SUSPECTED;

	if (!a->runbook || !b->runbook)
		return a->runbook != NULL;
	if (a_hints != b_hints)
		return b_hints;
	if (a->runbook == b->runbook)
		return a->confidence > b->confidence;
	return order_of(set, a->runbook) < order_of(set, b->runbook);
}

/* A long text, `describe` in a ticket, is read in windows that overlap. */
void runbook_match_text(const struct runbook_set *set, const char *text, size_t length,
			struct text_match *ret_match)
{
	struct text_match best = {0};

	for (size_t at = 0; at == 0 || at + OVERLAP < length; at += WINDOW - OVERLAP) {
		size_t left = length - at < WINDOW ? length - at : WINDOW;
		struct text_match match;
		struct text_match former = best;

		match_window(set, text + at, left, &match);
		if (is_better(set, &match, &best))
			best = match;
		else
			former = match;
		see_also(&best, former.runbook);
		for (size_t i = 0; i < former.also_count; i++)
			see_also(&best, former.also[i]);
	}
	*ret_match = best;
}
