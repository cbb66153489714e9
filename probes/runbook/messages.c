#include "probes/runbook/messages.h"

#include <stdint.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

enum {
	MEMO_SLOTS = 1024,	/* a power of two */
	MEMO_TEXT_MAX = 2048,	/* longer texts are rare and not remembered */
};

/* A text and what some rules said of it: two bits a rule, tested and matched. */
struct memo {
	char *text;
	size_t length;
	uint64_t *tested;
	uint64_t *matched;
};

struct message_book {
	struct message_rule **rules;
	size_t count;
	struct memo memos[MEMO_SLOTS];
	struct buffer normalised;
	const struct memo *normalised_of;	/* whose text is in the buffer; NULL: nobody's */
};

struct message_book *message_book_new(void)
{
	struct message_book *book = xcalloc(1, sizeof(*book));

	buffer_init(&book->normalised, PATTERN_SUBJECT_MAX);
	return book;
}

static void rule_free(struct message_rule *rule)
{
	pattern_free(rule->pattern);
	pattern_free(rule->unless);
	words_release(&rule->reasons);
	free(rule);
}

static void forget(struct message_book *book)
{
	for (size_t i = 0; i < MEMO_SLOTS; i++) {
		free(book->memos[i].text);
		free(book->memos[i].tested);
	}
	memset(book->memos, 0, sizeof(book->memos));
	book->normalised_of = NULL;
}

void message_book_cut(struct message_book *book, size_t count)
{
	while (book->count > count)
		rule_free(book->rules[--book->count]);
	forget(book);
}

void message_book_free(struct message_book *book)
{
	if (!book)
		return;
	message_book_cut(book, 0);
	buffer_release(&book->normalised);
	free(book->rules);
	free(book);
}

size_t message_book_count(const struct message_book *book)
{
	return book->count;
}

struct message_rule *message_book_at(const struct message_book *book, size_t index)
{
	return book->rules[index];
}

struct message_rule *message_book_find(const struct message_book *book, const struct runbook *runbook,
				       const char *name)
{
	for (size_t i = 0; i < book->count; i++) {
		if (book->rules[i]->runbook == runbook && !strcmp(book->rules[i]->name, name))
			return book->rules[i];
	}
	return NULL;
}

static int compile(const json_t *definition, const char *member, struct pattern **ret_pattern,
		   struct report *report)
{
	const char *source = json_string_value(json_object_get(definition, member));
	struct err err = {0};
	int result;

	if (!source)
		return 0;
	result = pattern_new(source, ret_pattern, &err);
	if (result < 0) {
		auto_free char *text = err_text(&err);

		place_push_key(&report->place, member);
		report_error(report, false, "%s", text);
		place_pop(&report->place);
	}
	return result;
}

static void try_examples(struct message_rule *rule, const json_t *examples, const char *member,
			 enum pattern_result wanted, struct report *report)
{
	size_t index;
	const json_t *example;

	place_push_key(&report->place, "examples");
	place_push_key(&report->place, member);
	json_array_foreach(json_object_get(examples, member), index, example) {
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PATTERN_SUBJECT_MAX);
		enum pattern_result result;

		text_normalise(&text, json_string_value(example), json_string_length(example));
		result = message_rule_match_normalised(rule, buffer_text(&text), text.length);
		if (result == wanted)
			continue;
		place_push_index(&report->place, index);
		report_error(report, false, "%s",
			     result == PATTERN_LIMIT ? "the pattern reaches its match limit on this example"
			     : result == PATTERN_YES ? "the pattern matches this example and should not"
						     : "the pattern does not match this example");
		place_pop(&report->place);
	}
	place_pop(&report->place);
	place_pop(&report->place);
}

struct message_rule *message_book_add(struct message_book *book, const struct runbook *runbook,
				      const char *name, const json_t *definition, struct report *report)
{
	struct message_rule *rule = xcalloc(1, sizeof(*rule));
	const char *confidence = json_string_value(json_object_get(definition, "confidence"));
	const json_t *examples = json_object_get(definition, "examples");

	rule->book = book;
	rule->index = book->count;
	rule->runbook = runbook;
	rule->name = name;
	rule->confidence = CONFIDENCE_LIKELY;
	if (confidence)
		confidence_parse(confidence, &rule->confidence);
	words_init(&rule->reasons, json_object_get(definition, "reason"));
	if (compile(definition, "pattern", &rule->pattern, report) < 0 ||
	    compile(definition, "unless", &rule->unless, report) < 0) {
		rule_free(rule);
		return NULL;
	}
	if (examples) {
		try_examples(rule, examples, "match", PATTERN_YES, report);
		try_examples(rule, examples, "nomatch", PATTERN_NO, report);
	}
	book->rules = xreallocarray(book->rules, book->count + 1, sizeof(struct message_rule *));
	book->rules[book->count++] = rule;
	return rule;
}

enum pattern_result message_rule_match_normalised(struct message_rule *rule, const char *text, size_t length)
{
	enum pattern_result result = pattern_match(rule->pattern, text, length);

	if (result != PATTERN_YES || !rule->unless)
		return result;
	result = pattern_match(rule->unless, text, length);
	if (result == PATTERN_LIMIT)
		return PATTERN_LIMIT;
	return result == PATTERN_YES ? PATTERN_NO : PATTERN_YES;
}

/* FNV-1a. */
static uint64_t hash(const char *text, size_t length)
{
	uint64_t value = 14695981039346656037U;

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)text[i]) * 1099511628211U;
	return value ^ (value >> 29);
}

/* The text's slot, taken from whoever had it. */
static struct memo *memo_of(struct message_book *book, const char *text, size_t length)
{
	struct memo *memo = &book->memos[hash(text, length) & (MEMO_SLOTS - 1)];
	size_t words = (book->count + 63) / 64;

	if (memo->text && memo->length == length && !memcmp(memo->text, text, length))
		return memo;
	free(memo->text);
	memo->text = xstrndup(text, length);
	memo->length = length;
	if (!memo->tested) {
		memo->tested = xcalloc(2 * words, sizeof(uint64_t));
		memo->matched = memo->tested + words;
	}
	memset(memo->tested, 0, 2 * words * sizeof(uint64_t));
	if (book->normalised_of == memo)
		book->normalised_of = NULL;
	return memo;
}

enum pattern_result message_rule_match(struct message_rule *rule, const char *text, size_t length)
{
	struct message_book *book = rule->book;
	struct memo *memo = length <= MEMO_TEXT_MAX ? memo_of(book, text, length) : NULL;
	uint64_t bit = (uint64_t)1 << (rule->index & 63);
	enum pattern_result result;

	if (memo && memo->tested[rule->index / 64] & bit)
		return memo->matched[rule->index / 64] & bit ? PATTERN_YES : PATTERN_NO;
	if (!memo || book->normalised_of != memo) {
		buffer_clear(&book->normalised);
		text_normalise(&book->normalised, text, length);
		book->normalised_of = memo;
	}
	result = message_rule_match_normalised(rule, buffer_text(&book->normalised), book->normalised.length);
	if (memo && result != PATTERN_LIMIT) {
		memo->tested[rule->index / 64] |= bit;
		if (result == PATTERN_YES)
			memo->matched[rule->index / 64] |= bit;
	}
	return result;
}
