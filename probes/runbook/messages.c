#include "probes/runbook/messages.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

#define HASH_PRIME ((UINT64_C(1) << 61) - 1)

enum {
	LEAST_SLOTS = 512,	/* powers of two */
	MOST_SLOTS = 8192,
};

/*
 * What is remembered of texts: a slot is the text's hash, then two bits a
 * rule, tested and matched. The texts themselves are not kept: whoever wrote
 * one cannot know the key, and that two of a cluster's texts have the same
 * hash is less likely than 2^-20.
 */
struct memory {
	uint64_t *slots;	/* slot_count times slot_words */
	size_t slot_count;
	size_t slot_words;
	size_t evicted;		/* since there were that many slots */
	uint64_t key;		/* secret */
};

struct message_book {
	struct message_rule **rules;
	size_t count;
	struct memory memory;
	struct buffer normalised;
	uint64_t normalised_of;	/* hash of the text that is in the buffer; 0: none */
};

struct message_book *message_book_new(void)
{
	struct message_book *book = xcalloc(1, sizeof(*book));

	buffer_init(&book->normalised, PATTERN_SUBJECT_MAX);
	if (getrandom(&book->memory.key, sizeof(book->memory.key), 0) != (ssize_t)sizeof(book->memory.key))
		bug("no random bytes");
	book->memory.key = (book->memory.key & HASH_PRIME) | 1;
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
	free(take_pointer(book->memory.slots));
	book->memory.slot_count = 0;
	book->memory.evicted = 0;
	book->normalised_of = 0;
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

/* a times b modulo the prime 2^61 - 1. */
static uint64_t multiply(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;
	uint64_t sum = (uint64_t)(product & HASH_PRIME) + (uint64_t)(product >> 61);

	return sum >= HASH_PRIME ? sum - HASH_PRIME : sum;
}

/*
 * The text as a polynomial at a secret place: two texts of n bytes have the
 * same value at fewer than n / 7 of 2^61 places (Carter and Wegman). Never 0.
 */
static uint64_t hash(uint64_t key, const char *text, size_t length)
{
	uint64_t value = length + 1;

	while (length) {
		size_t n = length < 7 ? length : 7;
		uint64_t piece = 0;

		memcpy(&piece, text, n);
		value = multiply(value, key) + piece;
		if (value >= HASH_PRIME)
			value -= HASH_PRIME;
		text += n;
		length -= n;
	}
	value = multiply(value, key);
	return value ? value : HASH_PRIME;
}

static size_t slot_of(const struct memory *memory, uint64_t hash_value)
{
	return (size_t)(hash_value & (memory->slot_count - 1)) * memory->slot_words;
}

static void resize(struct memory *memory, size_t slot_count)
{
	struct memory old = *memory;

	memory->slots = xcalloc(slot_count, old.slot_words * sizeof(uint64_t));
	memory->slot_count = slot_count;
	memory->evicted = 0;
	for (size_t i = 0; i < old.slot_count; i++) {
		const uint64_t *slot = old.slots + i * old.slot_words;

		if (*slot)
			memcpy(memory->slots + slot_of(memory, *slot), slot, old.slot_words * sizeof(uint64_t));
	}
	free(old.slots);
}

/* The text's slot, taken from whoever had it; more of them while many are taken away. */
static uint64_t *remember(struct message_book *book, uint64_t hash_value)
{
	struct memory *memory = &book->memory;
	size_t words = 1 + 2 * ((book->count + 63) / 64);
	uint64_t *slot;

	if (!memory->slots || memory->slot_words != words) {
		forget(book);
		memory->slot_words = words;
		resize(memory, LEAST_SLOTS);
	}
	slot = memory->slots + slot_of(memory, hash_value);
	if (*slot == hash_value)
		return slot;
	if (*slot && ++memory->evicted > memory->slot_count / 8 && memory->slot_count < MOST_SLOTS) {
		resize(memory, 2 * memory->slot_count);
		slot = memory->slots + slot_of(memory, hash_value);
	}
	memset(slot, 0, memory->slot_words * sizeof(uint64_t));
	*slot = hash_value;
	return slot;
}

enum pattern_result message_rule_match(struct message_rule *rule, const char *text, size_t length)
{
	struct message_book *book = rule->book;
	uint64_t text_hash = hash(book->memory.key, text, length);
	uint64_t *tested = remember(book, text_hash) + 1 + 2 * (rule->index / 64);
	uint64_t *matched = tested + 1;
	uint64_t bit = (uint64_t)1 << (rule->index & 63);
	enum pattern_result result;

	if (*tested & bit)
		return *matched & bit ? PATTERN_YES : PATTERN_NO;
	if (book->normalised_of != text_hash) {
		buffer_clear(&book->normalised);
		text_normalise(&book->normalised, text, length);
		book->normalised_of = text_hash;
	}
	result = message_rule_match_normalised(rule, buffer_text(&book->normalised), book->normalised.length);
	if (result != PATTERN_LIMIT) {
		*tested |= bit;
		if (result == PATTERN_YES)
			*matched |= bit;
	}
	return result;
}
