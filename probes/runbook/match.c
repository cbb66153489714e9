#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/set.h"

/* The best that the runbook's own texts say; false where none fits. */
static bool best_of(const struct runbook_set *set, const struct runbook *runbook, const struct buffer *text,
		    enum confidence *ret_confidence)
{
	bool found = false;

	for (size_t i = 0; i < message_book_count(set->book); i++) {
		struct message_rule *rule = message_book_at(set->book, i);

		/* A pattern inside a condition may as well be what speaks against the runbook. */
		if (rule->runbook != runbook || !*rule->name)
			continue;
		if (found && rule->confidence <= *ret_confidence)
			continue;
		if (message_rule_match_normalised(rule, buffer_text(text), text->length) != PATTERN_YES)
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
void runbook_match_text(const struct runbook_set *set, const char *text, size_t length,
			struct text_match *ret_match)
{
	CLEANUP(buffer_release) struct buffer normalised = BUFFER_INIT(PATTERN_SUBJECT_MAX);
	struct text_match match = {0};

	text_normalise(&normalised, text, length);
	for (size_t i = 0; i < set->count; i++) {
		const struct runbook *runbook = set->runbooks[i];
		const struct runbook *other = runbook;
		enum confidence confidence = CONFIDENCE_SUSPECTED;

		if (runbook->is_general || !best_of(set, runbook, &normalised, &confidence))
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
