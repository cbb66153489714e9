/*
 * Evidence of a finding: of every kind of proof some, the texts that name a
 * cause first, so that two hundred equal lines never hide the one that tells.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

enum { LINES_MAXIMUM = 20, KIND_SIZE = 160 };

struct candidate {
	const struct evidence_line *line;
	int rank;			/* texts first */
	size_t round;			/* how many of its kind of proof come before it */
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
	candidate->kind[used] = '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && !strcmp(text + length - strlen(end), end);
}

static int rank_of(const struct evidence_line *line)
{
	bool is_text = ends_with(line->source, "message") || !strncmp(line->source, "Event/", strlen("Event/")) ||
		       strstr(line->source, " log") != NULL;

	return is_text ? 0 : 1;
}

static int compare_in_kind(const void *a, const void *b)
{
	const struct candidate *one = a;
	const struct candidate *other = b;
	int order = strcmp(one->kind, other->kind);

	if (!order)
		order = strcmp(one->line->source, other->line->source);
	return order ? order : strcmp(one->line->text, other->line->text);
}

static int compare_by_worth(const void *a, const void *b)
{
	const struct candidate *one = a;
	const struct candidate *other = b;

	if (one->round != other->round)
		return one->round < other->round ? -1 : 1;
	if (one->rank != other->rank)
		return one->rank - other->rank;
	return compare_in_kind(a, b);
}

/* Drops what is there twice and numbers the rest within its kind of proof. */
static size_t number_rounds(struct candidate *candidates, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct candidate *candidate = &candidates[i];
		const struct candidate *last = kept ? &candidates[kept - 1] : NULL;

		if (last && !compare_in_kind(last, candidate))
			continue;
		candidate->round = last && !strcmp(last->kind, candidate->kind) ? last->round + 1 : 0;
		if (kept != i)
			candidates[kept] = *candidate;
		kept++;
	}
	return kept;
}

void lines_choose(struct sign *const *signs, size_t sign_count, struct evidence_line **ret_lines, size_t *ret_count)
{
	auto_free struct candidate *candidates = NULL;
	size_t count = 0;
	size_t total = 0;

	for (size_t i = 0; i < sign_count; i++)
		total += signs[i]->line_count;
	candidates = xcalloc(total ? total : 1, sizeof(*candidates));
	for (size_t i = 0; i < sign_count; i++)
		for (size_t j = 0; j < signs[i]->line_count; j++) {
			candidates[count].line = &signs[i]->lines[j];
			candidates[count].rank = rank_of(&signs[i]->lines[j]);
			name_kind(&candidates[count++]);
		}
	qsort(candidates, count, sizeof(*candidates), compare_in_kind);
	count = number_rounds(candidates, count);
	qsort(candidates, count, sizeof(*candidates), compare_by_worth);
	if (count > LINES_MAXIMUM)
		count = LINES_MAXIMUM;
	*ret_lines = xcalloc(count ? count : 1, sizeof(**ret_lines));
	for (size_t i = 0; i < count; i++) {
		(*ret_lines)[i].source = xstrdup(candidates[i].line->source);
		(*ret_lines)[i].text = xstrdup(candidates[i].line->text);
	}
	*ret_count = count;
}
