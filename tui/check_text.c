/* Checks: what was not looked for, and why; what was looked for where nothing was found. */
#include <string.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/view_detail.h"
#include "tui/world.h"
#include "widgets/textview.h"

bool checks_alike(const struct check *a, const struct check *b)
{
	return a->verdict == b->verdict && a->was_left_out == b->was_left_out &&
	       !a->reason.id == !b->reason.id && (!a->reason.id || !strcmp(a->reason.id, b->reason.id)) &&
	       a->reason.used == b->reason.used && !memcmp(a->reason.values, b->reason.values, a->reason.used);
}

void check_text(struct textview *text, const struct world *world, const struct check *check)
{
	auto_free char *reason = message_text(&check->reason);

	textview_addf(text, ROLE_COULD_NOT_CHECK, "%s %s", glyph_text(world->glyphs, GLYPH_COULD_NOT_CHECK),
		      translate("could not check"));
	textview_add(text, ROLE_STRONG, "  ");
	textview_append(text, ROLE_STRONG, *reason ? reason : translate("the reason is not known"));
	textview_indent(text, 2);
	textview_add(text, ROLE_DIM, translate("  Neither healthy nor sick: the console looks again by itself."));
	textview_indent(text, 2);
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Not looked for"));
	for (size_t i = 0; i < symptoms_check_count(world->symptoms); i++) {
		const struct check *other = symptoms_check_at(world->symptoms, i);
		const char *title = runbook_text(other->runbook, world->language, "title");

		if (!checks_alike(check, other))
			continue;
		textview_addf(text, ROLE_STRONG, "  %s ", other->runbook->id);
		textview_append(text, ROLE_NORMAL, title ? title : other->runbook->slug);
		textview_indent(text, 4);
	}
}

static const struct {
	enum glyph glyph;
	enum role role;
	const char *word;
} looks[] = {
	[VERDICT_HIT] = {GLYPH_CRITICAL, ROLE_CRITICAL, N_("found")},
	[VERDICT_CLEAR] = {GLYPH_OK, ROLE_OK, N_("clear")},
	[VERDICT_NOT_APPLICABLE] = {GLYPH_NOT_APPLICABLE, ROLE_DIM, N_("not applicable")},
	[VERDICT_COULD_NOT_CHECK] = {GLYPH_COULD_NOT_CHECK, ROLE_COULD_NOT_CHECK, N_("could not check")},
};

void checks_text(struct textview *text, const struct world *world)
{
	textview_add(text, ROLE_HEADING, translate("What was looked for"));
	for (size_t i = 0; i < symptoms_check_count(world->symptoms); i++) {
		const struct check *check = symptoms_check_at(world->symptoms, i);
		const char *title = runbook_text(check->runbook, world->language, "title");
		auto_free char *reason = message_text(&check->reason);

		/* The verdict first: a title alone reads as if it were so. */
		textview_addf(text, looks[check->verdict].role, "  %s %s  ",
			      glyph_text(world->glyphs, looks[check->verdict].glyph),
			      translate(looks[check->verdict].word));
		textview_appendf(text, ROLE_STRONG, "%s ", check->runbook->id);
		textview_append(text, ROLE_NORMAL, title ? title : check->runbook->slug);
		if (*reason)
			textview_appendf(text, ROLE_DIM, ": %s", reason);
		textview_indent(text, 4);
	}
}
