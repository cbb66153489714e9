/*
 * Texts of events, waiting containers and logs, classified by the patterns of
 * all runbooks. What a rule says of a text is remembered, within bounds, for
 * the same texts come again and again (decisions.md 14).
 */
#ifndef RUNBOOK_MESSAGES_H
#define RUNBOOK_MESSAGES_H

#include <jansson.h>
#include <stddef.h>

#include "probes/runbook/pattern.h"
#include "probes/runbook/report.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/words.h"

struct message_book;

struct message_rule {
	struct message_book *book;
	size_t index;			/* in the book */
	const struct runbook *runbook;
	const char *name;		/* borrowed from the document; "" for a pattern inside a condition */
	struct pattern *pattern;
	struct pattern *unless;		/* NULL: none */
	struct words reasons;		/* the rule speaks of these only; none: of all */
	enum confidence confidence;	/* what the text alone is worth */
};

struct message_book *message_book_new(void);
void message_book_free(struct message_book *book);
size_t message_book_count(const struct message_book *book);
struct message_rule *message_book_at(const struct message_book *book, size_t index);
/* Forgets the rules from count on: those of a runbook that turned out broken. */
void message_book_cut(struct message_book *book, size_t count);

/*
 * Adds the rule of a definition with pattern, unless, reason, confidence and
 * examples, and tries it on its examples. NULL after errors were reported at
 * the report's place.
 */
struct message_rule *message_book_add(struct message_book *book, const struct runbook *runbook,
				      const char *name, const json_t *definition, struct report *report);
struct message_rule *message_book_find(const struct message_book *book, const struct runbook *runbook,
				       const char *name);
/* The raw text's verdict; PATTERN_LIMIT where a pattern could not be run to its end. */
enum pattern_result message_rule_match(struct message_rule *rule, const char *text, size_t length);
/* The same for text that is normalised, without remembering. */
enum pattern_result message_rule_match_normalised(struct message_rule *rule, const char *text, size_t length);

#endif
