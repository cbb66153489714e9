/*
 * Evidence of a finding: of every kind of proof some, the texts that name a
 * cause first, so that two hundred equal lines never hide the one that tells.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

enum { LINES_MAXIMUM = 20, KIND_SIZE = 160, ALIKE = 14 };

enum rank {
	RANK_TEXT,	/* a message: it may name the cause */
	RANK_VALUE,
	RANK_IDENTITY,	/* that an object is the one it is proves little */
};

struct candidate {
	const struct evidence_line *line;
	enum rank rank;
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
	/* Messages that begin alike are of one sort: "Readiness probe", "Failed to pull". */
	for (const char *c = candidate->line->text; candidate->rank == RANK_TEXT && *c && used < KIND_SIZE - 1; c++) {
		if (c == candidate->line->text + ALIKE)
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
	if (ends_with(line->source, "message") || !strncmp(line->source, "Event/", strlen("Event/")) ||
	    !strncmp(line->source, "log:", strlen("log:")))
		return RANK_TEXT;
	if (ends_with(line->source, ".name") || ends_with(line->source, ".namespace") ||
	    ends_with(line->source, ".type"))
		return RANK_IDENTITY;
	return RANK_VALUE;
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

	if ((one->rank == RANK_IDENTITY) != (other->rank == RANK_IDENTITY))
		return one->rank == RANK_IDENTITY ? 1 : -1;
	if (one->round != other->round)
		return one->round < other->round ? -1 : 1;
	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
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

/*
 * Without white space at the end, and without the credential that Docker Hub
 * puts into its refusals (guide E03): "... limit as 'user': TOKEN. You may ...".
 */
static char *copy_text(const char *text)
{
	size_t length = strlen(text);
	char *copy;
	char *user;

	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	copy = xstrndup(text, length);
	for (user = strstr(copy, " as '"); user; user = strstr(user, " as '")) {
		char *end = strstr(user + strlen(" as '"), "': ");
		char *token = end ? end + strlen("': ") : NULL;

		if (!token)
			break;
		auto_free char *before = xstrndup(copy, (size_t)(user - copy));
		char *replaced = xasprintf("%s as <redacted>%s", before, token + strcspn(token, " \t\n"));

		user = replaced + (user - copy) + strlen(" as <redacted>");
		free(copy);
		copy = replaced;
	}
	return copy;
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
		(*ret_lines)[i].text = copy_text(candidates[i].line->text);
	}
	*ret_count = count;
}
