/*
 * Evidence of a finding: of every kind of proof some, the texts that name a
 * cause first, so that two hundred equal lines never hide the one that tells.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/runbook/pattern.h"
#include "probes/symptoms/symptoms_private.h"

enum { LINES_MAXIMUM = 20, KIND_SIZE = 160, ALIKE = 14 };

enum rank {
	RANK_TEXT,	/* a message: it may name the cause */
	RANK_ECHO,	/* "Back-off ...": only that something failed before */
	RANK_VALUE,
	RANK_IDENTITY,	/* which condition is meant proves little */
	RANK_SELECTION,	/* that an object has the name it has proves nothing */
};

struct candidate {
	const struct evidence_line *line;
	enum rank rank;
	size_t round;			/* how many of its kind of proof come before it */
	size_t alike;			/* further objects that say the same */
	const char *said;		/* the text without the words that name the object */
	char kind[KIND_SIZE];		/* source without names and digits: what sort of proof this is */
};

/* "Pod/kube-system/x status.containerStatuses[0].ready" is proof of the sort "Pod status.containerStatuses[].ready". */
static void name_kind(struct candidate *candidate)
{
	const char *source = candidate->line->source;
	const char *field = strchr(source, ' ');
	size_t used = 0;

	for (const char *c = source; *c && *c != '/' && *c != ' ' && used < KIND_SIZE / 2; c++)
		candidate->kind[used++] = *c;
	for (const char *c = field ? field : ""; *c && used < KIND_SIZE - 1; c++)
		if (!isdigit((unsigned char)*c))
			candidate->kind[used++] = *c;
	/* Messages that begin alike are of one sort: "Readiness probe", "Failed to pull". */
	for (const char *c = candidate->said; candidate->rank <= RANK_ECHO && *c && used < KIND_SIZE - 1; c++) {
		if (c == candidate->said + ALIKE)
			break;
		candidate->kind[used++] = *c;
	}
	candidate->kind[used] = '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && !strcmp(text + length - strlen(end), end);
}

static enum rank rank_of(const struct evidence_line *line)
{
	if (!strncasecmp(line->text, "Back-off", strlen("Back-off")))
		return RANK_ECHO;
	if (ends_with(line->source, "message") || !strncmp(line->source, "Event/", strlen("Event/")) ||
	    !strncmp(line->source, "log:", strlen("log:")))
		return RANK_TEXT;
	if (ends_with(line->source, ".name") || ends_with(line->source, ".namespace"))
		return RANK_SELECTION;
	return ends_with(line->source, ".type") ? RANK_IDENTITY : RANK_VALUE;
}

/* The name in "Pod/ns/NAME field"; of an event "Event/ns/NAME.hash" that of its object. */
static char *object_name(const char *source)
{
	const char *end = strchr(source, ' ');
	const char *name = end ? end : source + strlen(source);
	bool is_event = !strncmp(source, "Event/", strlen("Event/"));
	size_t length;
	char *copy;
	char *dot;

	while (name > source && name[-1] != '/')
		name--;
	length = end ? (size_t)(end - name) : strlen(name);
	copy = xstrndup(name, length);
	dot = is_event ? strrchr(copy, '.') : NULL;
	if (dot)
		*dot = '\0';
	return copy;
}

/* Two pods say the same if their texts differ in the words that hold their names: "pod=api-1_web(uid)". */
static char *without_name(const char *text, const char *name)
{
	struct buffer said = BUFFER_INIT(PATTERN_SUBJECT_MAX);
	const char *word = text;

	while (*word) {
		size_t length = strcspn(word, " \n\t");
		const char *found = strstr(word, name);

		if (!found || found >= word + length)
			buffer_add(&said, word, length);
		word += length;
		while (*word && strchr(" \n\t", *word))
			word++;
		buffer_add_text(&said, " ");
	}
	return buffer_detach(&said);
}

/* *ret_owned: what must be freed when the candidate is done with; NULL in most cases. */
static void set_said(struct candidate *candidate, char **ret_owned)
{
	auto_free char *name = object_name(candidate->line->source);

	*ret_owned = NULL;
	candidate->said = candidate->line->text;
	if (candidate->rank <= RANK_ECHO && *name && strstr(candidate->said, name))
		candidate->said = *ret_owned = without_name(candidate->line->text, name);
}

static int compare_in_kind(const void *a, const void *b)
{
	const struct candidate *one = a;
	const struct candidate *other = b;
	int order = strcmp(one->kind, other->kind);

	if (!order)
		order = strcmp(one->said, other->said);
	return order ? order : strcmp(one->line->source, other->line->source);
}

static int compare_by_worth(const void *a, const void *b)
{
	const struct candidate *one = a;
	const struct candidate *other = b;

	if ((one->rank >= RANK_IDENTITY || other->rank >= RANK_IDENTITY) && one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	if (one->round != other->round)
		return one->round < other->round ? -1 : 1;
	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	return compare_in_kind(a, b);
}

/* Where there are many of a kind, one that speaks for the others is enough. A workload is named each. */
static bool speaks_for(const struct candidate *one, const struct candidate *other)
{
	const char *source = one->line->source;

	return !strcmp(one->kind, other->kind) && !strcmp(one->said, other->said) &&
	       (!strncmp(source, "Pod/", strlen("Pod/")) || !strncmp(source, "Event/", strlen("Event/")) ||
		!strncmp(source, "Node/", strlen("Node/")));
}

/* Drops what is there twice, counts what says the same and numbers the rest within its kind of proof. */
static size_t number_rounds(struct candidate *candidates, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct candidate *candidate = &candidates[i];
		struct candidate *last = kept ? &candidates[kept - 1] : NULL;

		if (i && !compare_in_kind(&candidates[i - 1], candidate))
			continue;
		if (last && speaks_for(last, candidate)) {
			last->alike++;
			continue;
		}
		candidate->round = last && !strcmp(last->kind, candidate->kind) ? last->round + 1 : 0;
		if (kept != i)
			candidates[kept] = *candidate;
		kept++;
	}
	return kept;
}

/* Without the line breaks that messages end in. The text has lost its secrets where it was found (condition.h). */
static char *copy_text(const char *text)
{
	size_t length = strlen(text);

	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	return xstrndup(text, length);
}

void lines_choose(struct sign *const *signs, size_t sign_count, struct evidence_line **ret_lines, size_t *ret_count)
{
	auto_free struct candidate *candidates = NULL;
	auto_free char **owned = NULL;
	size_t count = 0;
	size_t total = 0;

	for (size_t i = 0; i < sign_count; i++)
		total += signs[i]->line_count;
	candidates = xcalloc(total ? total : 1, sizeof(*candidates));
	owned = xcalloc(total ? total : 1, sizeof(*owned));
	for (size_t i = 0; i < sign_count; i++)
		for (size_t j = 0; j < signs[i]->line_count; j++) {
			candidates[count].line = &signs[i]->lines[j];
			candidates[count].rank = rank_of(&signs[i]->lines[j]);
			set_said(&candidates[count], &owned[count]);
			name_kind(&candidates[count++]);
		}
	qsort(candidates, count, sizeof(*candidates), compare_in_kind);
	count = number_rounds(candidates, count);
	qsort(candidates, count, sizeof(*candidates), compare_by_worth);
	if (count > LINES_MAXIMUM)
		count = LINES_MAXIMUM;
	/* What only chose the object is left out, unless there is nothing else to show. */
	while (count && candidates[count - 1].rank == RANK_SELECTION && candidates[0].rank != RANK_SELECTION)
		count--;
	*ret_lines = xcalloc(count ? count : 1, sizeof(**ret_lines));
	for (size_t i = 0; i < count; i++) {
		(*ret_lines)[i].source = xstrdup(candidates[i].line->source);
		(*ret_lines)[i].text = copy_text(candidates[i].line->text);
		(*ret_lines)[i].alike = candidates[i].alike;
	}
	*ret_count = count;
	for (size_t i = 0; i < total; i++)
		free(owned[i]);
}
