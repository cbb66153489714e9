#include "tui/nodes_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/model/node_groups.h"
#include "tui/command.h"

enum { NAMES_BYTES = 32 << 10, LINE_BYTES = 4 << 10, CHECK_CELLS = 16 };

static const struct {
	enum glyph glyph;
	enum role role;
	const char *word;
} looks[SURVEY_VERDICTS] = {
	[SURVEY_BAD] = {GLYPH_WARNING, ROLE_WARNING, N_("found")},
	[SURVEY_COULD_NOT] = {GLYPH_COULD_NOT_CHECK, ROLE_COULD_NOT_CHECK, N_("could not check")},
	[SURVEY_OK] = {GLYPH_OK, ROLE_OK, N_("clear")},
	[SURVEY_NOT_APPLICABLE] = {GLYPH_NOT_APPLICABLE, ROLE_DIM, N_("not applicable")},
};

/* How a verdict looks. */
static enum glyph verdict_glyph(enum survey_verdict verdict)
{
	return looks[verdict].glyph;
}

static enum role verdict_role(enum survey_verdict verdict)
{
	return looks[verdict].role;
}

static const char *verdict_word(enum survey_verdict verdict)
{
	return translate(looks[verdict].word);
}

/* With the hint where there is one. Caller frees. */
static char *reason_text(const struct err *err)
{
	auto_free char *what = message_text(&err->what);
	auto_free char *hint = err->hint.id ? message_text(&err->hint) : NULL;

	return hint ? xasprintf("%s; %s", what, hint) : xstrdup(what);
}

static char *line_of(const struct nodes_page *page, const char *check, const char *sign, const char *said,
		     const struct err *err)
{
	const char *title = node_survey_sign_title(page->survey, check, sign, page->language);

	if (err)
		return reason_text(err);
	if (*title && *said)
		return xasprintf("%s: %s", title, said);
	return xstrdup(*title ? title : said);
}

/* What an answer says in one line: the sign that holds, what was read, or why nothing was. Raw; caller frees. */
static char *answer_line(const struct nodes_page *page, const struct survey_answer *answer)
{
	return line_of(page, answer->check, answer->sign, answer->text, answer->reason);
}

static void add_seconds(struct textview *text, enum role role, const char *format, int64_t milliseconds)
{
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%.1f", (double)milliseconds / 1000);
	textview_appendf(text, role, format, seconds);
}

void nodes_progress_text(struct textview *text, const struct nodes_page *page)
{
	struct survey_progress progress;

	node_survey_progress(page->survey, &progress);
	textview_addf(text, ROLE_STRONG, translate("%zu of %zu nodes answered"), progress.done - progress.failed,
		      progress.total);
	if (progress.failed)
		textview_appendf(text, ROLE_CRITICAL, translate(", %zu failed"), progress.failed);
	if (progress.done < progress.total)
		textview_appendf(text, ROLE_DIM, translate(", %zu to come"), progress.total - progress.done);
	if (!progress.slowest)
		return;
	textview_append(text, ROLE_DIM, translate("; slowest "));
	textview_append(text, ROLE_NORMAL, progress.slowest->name);
	add_seconds(text, ROLE_DIM, translate(" %s s"), progress.slowest->took_ms);
}

static void add_verdict(struct textview *text, const struct nodes_page *page, enum survey_verdict verdict)
{
	textview_addf(text, verdict_role(verdict), "  %s %s", glyph_text(page->glyphs, verdict_glyph(verdict)),
		      verdict_word(verdict));
}

/* "✔ clear  worker-[0-2] (3)" and the line that they all said. */
static void add_group(struct textview *text, const struct nodes_page *page, const char *check,
		      const struct node_group *group)
{
	CLEANUP(buffer_release) struct buffer names = BUFFER_INIT(NAMES_BYTES);
	auto_free char *line = line_of(page, check, group->sign, group->text, group->err);

	node_group_names(group, &names);
	add_verdict(text, page, group->verdict);
	textview_append(text, ROLE_NORMAL, "  ");
	textview_append(text, ROLE_STRONG, buffer_text(&names));
	if (group->count > 1)
		textview_appendf(text, ROLE_DIM, " (%zu)", group->count);
	textview_indent(text, 4);
	if (!*line)
		return;
	textview_add(text, ROLE_NORMAL, "      ");
	textview_append(text, ROLE_NORMAL, line);
	textview_indent(text, 6);
}

/* Nodes whose answers are fine but not the same, in one line, with the first of the answers. */
static void add_merged(struct textview *text, const struct nodes_page *page, const char *check,
		       const struct node_groups *groups, enum survey_verdict verdict)
{
	struct node_group all = {.verdict = verdict, .text = ""};
	size_t kinds = 0;

	for (size_t i = 0; i < groups->count; i++) {
		const struct node_group *group = &groups->groups[i];

		if (group->verdict != verdict || group->is_unreached)
			continue;
		if (!kinds++)
			all = (struct node_group){.verdict = verdict, .text = group->text, .sign = group->sign,
						  .err = group->err};
		for (size_t j = 0; j < group->count; j++) {
			all.nodes = xreallocarray(all.nodes, all.count + 1, sizeof(struct survey_node *));
			all.nodes[all.count++] = group->nodes[j];
		}
	}
	if (kinds > 1) {
		auto_free char *note = xasprintf(translate("%zu different answers"), kinds);

		all.text = note;
		all.sign = NULL;
		all.err = NULL;
		add_group(text, page, check, &all);
	} else if (kinds) {
		add_group(text, page, check, &all);
	}
	free(all.nodes);
}

void nodes_check_text(struct textview *text, const struct nodes_page *page, const char *check, bool whole)
{
	struct node_groups groups;

	node_groups_make(page->survey, check, &groups);
	textview_add(text, ROLE_HEADING, check);
	textview_append(text, ROLE_DIM, "  ");
	textview_append(text, ROLE_DIM, node_survey_check_title(page->survey, check, page->language));
	if (whole && groups.count > 1)
		textview_appendf(text, ROLE_DIM, translate("  %zu different answers"), groups.count);
	else if (whole && groups.count == 1 && groups.groups[0].count > 1)
		textview_append(text, ROLE_DIM, translate("  all the same"));
	for (size_t i = 0; i < groups.count; i++) {
		const struct node_group *group = &groups.groups[i];

		if (whole || group->verdict == SURVEY_BAD ||
		    (group->verdict == SURVEY_COULD_NOT && !group->is_unreached))
			add_group(text, page, check, group);
	}
	if (!whole) {
		add_merged(text, page, check, &groups, SURVEY_OK);
		add_merged(text, page, check, &groups, SURVEY_NOT_APPLICABLE);
	}
	if (groups.waiting)
		textview_addf(text, ROLE_DIM, translate("    %zu to come"), groups.waiting);
	node_groups_release(&groups);
}

/* Any check's groups tell who could not be asked. */
void nodes_failed_text(struct textview *text, const struct nodes_page *page)
{
	struct node_groups groups;
	bool is_first = true;

	node_groups_make(page->survey, "", &groups);
	for (size_t i = 0; i < groups.count; i++) {
		if (!groups.groups[i].is_unreached)
			continue;
		if (is_first)
			textview_add(text, ROLE_HEADING, translate("Nodes that could not be asked"));
		is_first = false;
		add_group(text, page, "", &groups.groups[i]);
	}
	node_groups_release(&groups);
}

static bool was_answered(const struct node_survey *survey, const char *check)
{
	for (size_t i = 0; i < node_survey_count(survey); i++) {
		if (survey_answer_find(node_survey_at(survey, i), check))
			return true;
	}
	return false;
}

void nodes_overview_text(struct textview *text, const struct nodes_page *page)
{
	for (size_t i = 0; i < node_survey_check_count(page->survey); i++) {
		const char *check = node_survey_check_name(page->survey, i);

		if (!was_answered(page->survey, check))
			continue;
		nodes_check_text(text, page, check, false);
		textview_add(text, ROLE_NORMAL, "");
	}
	nodes_failed_text(text, page);
}

static void add_age(struct textview *text, const struct nodes_page *page, int64_t then)
{
	char age[32];

	clock_age(page->now - then, age, sizeof(age));
	textview_appendf(text, ROLE_DIM, translate("  %s ago"), age);
}

static void add_state(struct textview *text, const struct nodes_page *page, const struct survey_node *node)
{
	auto_free char *reason = node->has_failed ? reason_text(&node->err) : NULL;

	if (node->call) {
		textview_add(text, ROLE_INFO, translate("being asked over SSH"));
	} else if (node->has_failed) {
		textview_addf(text, ROLE_COULD_NOT_CHECK, "%s ", glyph_text(page->glyphs, GLYPH_COULD_NOT_CHECK));
		textview_append(text, ROLE_COULD_NOT_CHECK, reason);
		textview_indent(text, 2);
		add_age(text, page, node->answered_at);
	} else if (node->answered_at) {
		textview_add(text, ROLE_OK, translate("answered over SSH"));
		add_seconds(text, ROLE_DIM, translate(" in %s s"), node->took_ms);
		add_age(text, page, node->answered_at);
	}
}

static void add_answer(struct textview *text, const struct nodes_page *page, const struct survey_node *node,
		       const struct survey_answer *answer)
{
	auto_free char *line = answer_line(page, answer);

	bool is_bad = answer->verdict == SURVEY_BAD;
	enum role bad = answer->is_critical ? ROLE_CRITICAL : ROLE_WARNING;

	textview_addf(text, is_bad ? bad : verdict_role(answer->verdict), "  %s ",
		      glyph_text(page->glyphs,
				 is_bad && answer->is_critical ? GLYPH_CRITICAL : verdict_glyph(answer->verdict)));
	textview_appendf(text, ROLE_STRONG, "%-*s ", CHECK_CELLS, answer->check);
	textview_append(text, is_bad ? bad : ROLE_NORMAL, line);
	/* The others are as old as the line above says. */
	if (node->has_failed || answer->measured_at != node->answered_at)
		add_age(text, page, answer->measured_at);
	textview_indent(text, CHECK_CELLS + 5);
}

/* "disk +2.5% an hour over 50m; full in about 3h" */
static void add_trend(struct textview *text, const struct survey_node *node)
{
	struct survey_gauges gauges;
	int64_t seconds;
	int an_hour = survey_trend_an_hour(node, &seconds);
	char change[32];
	char span[32];

	if (!an_hour)
		return;
	survey_gauges_read(node, &gauges);
	clock_age(seconds, span, sizeof(span));
	snprintf(change, sizeof(change), "%+.1f%%", an_hour / 10.0);
	textview_addf(text, an_hour > 0 ? ROLE_WARNING : ROLE_NORMAL, translate("disk %s an hour over %s"), change,
		      span);
	if (an_hour <= 0 || gauges.disk < 0 || gauges.disk >= 1000)
		return;
	clock_age((int64_t)(1000 - gauges.disk) * 3600 / an_hour, span, sizeof(span));
	textview_appendf(text, ROLE_WARNING, translate("; full in about %s"), span);
}

/* Worst first. */
void node_checks_text(struct textview *text, const struct nodes_page *page, const struct survey_node *node)
{
	add_state(text, page, node);
	add_trend(text, node);
	for (int verdict = 0; verdict < SURVEY_VERDICTS; verdict++) {
		for (size_t i = 0; i < node->count; i++) {
			if ((int)node->answers[i].verdict == verdict)
				add_answer(text, page, node, &node->answers[i]);
		}
	}
}

static void add_pair(struct textview *text, const char *label, enum role role, const char *value)
{
	textview_addf(text, ROLE_DIM, "%-*s ", field_width(label, CHECK_CELLS), label);
	textview_append(text, role, value);
	textview_indent(text, CHECK_CELLS + 1);
}

static int compare_offers(const void *left, const void *right)
{
	const struct host_key_offer *const *a = left;
	const struct host_key_offer *const *b = right;

	return strverscmp((*a)->node, (*b)->node);
}

const struct host_key_offer **host_keys_offered(const struct node_pool *pool, size_t *ret_count)
{
	size_t count = pool ? host_key_offer_count(pool) : 0;
	const struct host_key_offer **offers = xcalloc(count + 1, sizeof(struct host_key_offer *));

	for (size_t i = 0; i < count; i++)
		offers[i] = host_key_offer_at(pool, i);
	qsort(offers, count, sizeof(struct host_key_offer *), compare_offers);
	*ret_count = count;
	return offers;
}

void host_key_line(struct textview *text, const struct host_key_offer *offer)
{
	textview_add(text, ROLE_STRONG, offer->node);
	textview_appendf(text, ROLE_DIM, "  %s  %s", offer->host, offer->type);
	textview_add(text, ROLE_NORMAL, "    ");
	textview_append(text, ROLE_NORMAL, offer->fingerprint);
}

void host_key_text(struct textview *text, const struct host_key_offer *offer)
{
	bool is_changed = offer->trouble == NODE_HOST_KEY_CHANGED;

	textview_add(text, ROLE_STRONG, offer->node);
	add_pair(text, translate("host"), ROLE_NORMAL, offer->host);
	add_pair(text, translate("key"), ROLE_NORMAL, offer->type);
	add_pair(text, translate("fingerprint"), is_changed ? ROLE_CRITICAL : ROLE_STRONG, offer->fingerprint);
	if (is_changed && offer->known_fingerprint && *offer->known_fingerprint)
		add_pair(text, translate("accepted before"), ROLE_NORMAL, offer->known_fingerprint);
	if (offer->is_revoked)
		textview_add(text, ROLE_CRITICAL,
			     translate("THIS KEY IS REVOKED: whoever has it is not to be trusted."));
	else if (is_changed && offer->is_new_node)
		textview_add(text, ROLE_WARNING,
			     translate("The same name, but a new node (E14): the Node object has another uid than when "
				       "the key was accepted. A node that was made anew has a new key."));
	else if (is_changed)
		textview_add(text, ROLE_CRITICAL,
			     translate("THE HOST KEY IS ANOTHER ONE, and the Node object is still the same: somebody "
				       "may stand between you and the node. It is refused. If the machine was "
				       "reinstalled, "
				       "compare the fingerprint on its console and remove the old line of the file."));
}
