#include "tui/link_text.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/world.h"

/* The first answer is waited for from the start; while there is a picture, a moment is nothing to speak of. */
static bool is_waiting(const struct world *world)
{
	const struct link_state *link = world->link;

	return link->waits_for != LINK_NOTHING && world->now_ms - link->waits_since_ms >= WAITING_AFTER_MS;
}

/* "○ waiting for TLS 7s" */
static void add_waiting(const struct world *world, struct buffer *out)
{
	static const char *const words[] = {
		[LINK_NOTHING] = "",		[LINK_DNS] = N_("waiting for DNS"),
		[LINK_TCP] = N_("waiting for TCP"),	[LINK_TLS] = N_("waiting for TLS"),
		[LINK_ANSWER] = N_("waiting for answer"),
		[LINK_CREDENTIALS] = N_("waiting for sign-in"),
	};
	char age[32];

	clock_age((world->now_ms - world->link->waits_since_ms) / 1000, age, sizeof(age));
	buffer_addf(out, "%s %s %s", glyph_text(world->glyphs, GLYPH_STALE), translate(words[world->link->waits_for]),
		    age);
}

/* "○ TCP failed", "○ TLS timeout", "○ 429 busy" */
static void add_failure(const struct world *world, struct buffer *out)
{
	static const char *const layers[] = {
		[HTTP_LAYER_NONE] = "",	[HTTP_LAYER_DNS] = "DNS ", [HTTP_LAYER_TCP] = "TCP ",
		[HTTP_LAYER_TLS] = "TLS ", [HTTP_LAYER_ANSWER] = "answer ",
	};
	const struct link_state *link = world->link;

	buffer_addf(out, "%s ", glyph_text(world->glyphs, GLYPH_STALE));
	if (link->code == ERR_TIMEOUT)
		buffer_addf(out, "%s%s", layers[link->layer], translate("timeout"));
	else
		buffer_addf(out, "%s %s", err_layer(link->code),
			    translate(link->code == ERR_THROTTLED ? "busy" : "failed"));
}

void link_state_text(const struct world *world, struct buffer *out, enum role *ret_role)
{
	const struct link_state *link = world->link;
	int64_t age_ms = link && link->ever_answered ? world->now_ms - link->last_answer_ms : 0;
	char age[32];

	clock_age(age_ms / 1000, age, sizeof(age));
	if (!link) {
		*ret_role = ROLE_ERROR;
		buffer_addf(out, "%s %s", glyph_text(world->glyphs, GLYPH_STALE), translate("no cluster"));
	} else if (link->code == ERR_NONE && is_waiting(world)) {
		*ret_role = ROLE_WARNING;
		add_waiting(world, out);
	} else if (link->code == ERR_NONE && !link->ever_answered) {
		*ret_role = ROLE_INFO;
		buffer_addf(out, "%s %s", glyph_text(world->glyphs, GLYPH_STALE), translate("connecting"));
	} else if (link->code == ERR_NONE) {
		bool is_quiet = age_ms > QUIET_AFTER_MS;

		/* No failure yet, and no sign of life either. */
		*ret_role = is_quiet ? ROLE_DIM : ROLE_OK;
		buffer_addf(out, "%s %s ", glyph_text(world->glyphs, is_quiet ? GLYPH_STALE : GLYPH_LIVE),
			    is_quiet ? translate("quiet") : translate("live"));
		if (age_ms < 10000)
			buffer_addf(out, "%lld.%llds", (long long)(age_ms / 1000),
				    (long long)(age_ms % 1000 / 100));
		else
			buffer_add_text(out, age);
	} else {
		*ret_role = ROLE_ERROR;
		add_failure(world, out);
		if (link->ever_answered)
			buffer_addf(out, " %s", age);
	}
}

void link_failure_text(const struct world *world, struct buffer *out)
{
	const struct link_state *link = world->link;
	char key[KEY_TEXT_SIZE];

	if (!link || link->code == ERR_NONE)
		return;
	auto_free char *what = message_text(&link->err.what);
	auto_free char *hint = message_text(&link->err.hint);

	buffer_addf(out, "%s%s%s; %s %s", what, *hint ? "; " : "", hint,
		    world_key(world, ACTION_RECONNECT, key), translate("tries now"));
}
