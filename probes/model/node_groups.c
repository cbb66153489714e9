#include "probes/model/node_groups.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

/* Failures of the same kind stand together though each names its own node. */
static bool same_failure(const struct err *a, const struct err *b)
{
	if (!a || !b)
		return a == b;
	return a->code == b->code && a->what.id && b->what.id && !strcmp(a->what.id, b->what.id);
}

static bool belongs(const struct node_group *group, const struct node_group *other)
{
	if (group->is_unreached != other->is_unreached || group->verdict != other->verdict)
		return false;
	if (group->err || other->err)
		return same_failure(group->err, other->err);
	return !strcmp(group->text, other->text) &&
	       !strcmp(group->sign ? group->sign : "", other->sign ? other->sign : "");
}

static void add(struct node_groups *groups, const struct node_group *sample, const struct survey_node *node)
{
	struct node_group *group;
	size_t at = 0;

	while (at < groups->count && !belongs(&groups->groups[at], sample))
		at++;
	if (at == groups->count) {
		groups->groups = xreallocarray(groups->groups, groups->count + 1, sizeof(*groups->groups));
		groups->groups[groups->count++] = *sample;
	}
	group = &groups->groups[at];
	group->nodes = xreallocarray(group->nodes, group->count + 1, sizeof(struct survey_node *));
	group->nodes[group->count++] = node;
}

static int compare(const void *left, const void *right)
{
	const struct node_group *a = left;
	const struct node_group *b = right;

	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strverscmp(a->nodes[0]->name, b->nodes[0]->name);
}

void node_groups_make(const struct node_survey *survey, const char *check, struct node_groups *ret_groups)
{
	struct node_groups groups = {0};

	for (size_t i = 0; i < node_survey_count(survey); i++) {
		const struct survey_node *node = node_survey_at(survey, i);
		const struct survey_answer *answer = node_survey_answer(survey, node, check);

		if (node->has_failed && !node->call) {
			const struct node_group failed = {
				.verdict = SURVEY_COULD_NOT, .is_unreached = true, .text = "", .err = &node->err};

			add(&groups, &failed, node);
		} else if (answer) {
			const struct node_group said = {
				.verdict = answer->verdict,
				.sign = answer->sign,
				.text = answer->text,
				.err = answer->reason,
			};

			add(&groups, &said, node);
		} else {
			groups.waiting += node->call != NULL;
		}
	}
	if (groups.count)
		qsort(groups.groups, groups.count, sizeof(*groups.groups), compare);
	*ret_groups = groups;
}

void node_groups_release(struct node_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->groups[i].nodes);
	free(groups->groups);
	*groups = (struct node_groups){0};
}

/* Names */

enum { MOST_DIGITS = 9 };

/* A name and the number that ends it: "worker-" 12 2; digits 0: none, or one that a fold would not give back. */
struct numbered {
	const char *name;
	size_t stem;
	size_t digits;
	unsigned long number;
};

static struct numbered split(const char *name)
{
	size_t length = strlen(name);
	struct numbered numbered = {.name = name, .stem = length};

	while (numbered.stem > 0 && isdigit((unsigned char)name[numbered.stem - 1]))
		numbered.stem--;
	numbered.digits = length - numbered.stem;
	if (numbered.digits > MOST_DIGITS) {
		numbered.stem = length;
		numbered.digits = 0;
	}
	if (numbered.digits)
		numbered.number = strtoul(name + numbered.stem, NULL, 10);
	return numbered;
}

static bool same_stem(const struct numbered *a, const struct numbered *b)
{
	return a->digits && b->digits && a->stem == b->stem && !memcmp(a->name, b->name, a->stem);
}

/* b's number follows a's, and is written the same way: 9 and 10, 09 and 10, not 9 and 010. */
static bool follows(const struct numbered *a, const struct numbered *b)
{
	bool padded = b->name[b->stem] == '0' && b->digits > 1;

	return b->number == a->number + 1 && (a->digits == b->digits || (!padded && a->digits < b->digits));
}

/* The names from first on that share its stem: "worker-[0-4,7]". Returns how many. */
static size_t fold_stem(const struct numbered *names, size_t count, struct buffer *out)
{
	const struct numbered *first = &names[0];
	size_t same = 1;
	size_t at = 0;

	while (same < count && same_stem(first, &names[same]))
		same++;
	if (same == 1) {
		buffer_add_text(out, first->name);
		return 1;
	}
	buffer_add(out, first->name, first->stem);
	while (at < same) {
		size_t last = at;

		while (last + 1 < same && follows(&names[last], &names[last + 1]))
			last++;
		buffer_addf(out, "%s%s", at ? "," : "[", names[at].name + names[at].stem);
		if (last > at)
			buffer_addf(out, "-%s", names[last].name + names[last].stem);
		at = last + 1;
	}
	buffer_add_text(out, "]");
	return same;
}

void node_names_fold(const char *const *names, size_t count, struct buffer *out)
{
	auto_free struct numbered *all = xcalloc(count + 1, sizeof(*all));
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		all[i] = split(names[i]);
	while (at < count) {
		if (at)
			buffer_add_text(out, ", ");
		at += fold_stem(all + at, count - at, out);
	}
}

void node_group_names(const struct node_group *group, struct buffer *out)
{
	auto_free const char **names = xcalloc(group->count + 1, sizeof(char *));

	for (size_t i = 0; i < group->count; i++)
		names[i] = group->nodes[i]->name;
	node_names_fold(names, group->count, out);
}
