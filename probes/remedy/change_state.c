/*
 * The life of a change. Every move is one of these; change_move() is the only
 * place that sets the state, and the journal (journal_write.c) lets a run that
 * it holds move only as it is drawn here.
 *
 *   PLANNING --+--> PREVIEWED --> CONFIRMED --> RUNNING --+--> VERIFYING --+--> VERIFIED ---------+
 *              |        |             |            |      |                +--> NOT_IMPROVED -----+
 *              |        |             |            |      |                +--> COULD_NOT_VERIFY -+
 *              |        v             v            v      |                '--> STOPPED ----------+
 *              +---> REFUSED <--------+------------+      +--> STOPPED ---------------------------+
 *              |                                          '--> FAILED ----------------------------+
 *              '---> NOTHING_TO_DO                                                UNDONE <--------+
 *
 * RUNNING may still be refused as long as nothing was written: the cluster
 * changed since the preview, or somebody else holds the lock. UNDONE is
 * reached in the journal alone, when another run has taken this one back.
 */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/fault_point.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

#define TO(state) (1U << (state))

static const unsigned int moves[] = {
	[CHANGE_PLANNING] = TO(CHANGE_NOTHING_TO_DO) | TO(CHANGE_REFUSED) | TO(CHANGE_PREVIEWED),
	[CHANGE_NOTHING_TO_DO] = 0,
	[CHANGE_REFUSED] = 0,
	[CHANGE_PREVIEWED] = TO(CHANGE_CONFIRMED) | TO(CHANGE_REFUSED),
	[CHANGE_CONFIRMED] = TO(CHANGE_RUNNING) | TO(CHANGE_REFUSED),
	[CHANGE_RUNNING] = TO(CHANGE_VERIFYING) | TO(CHANGE_STOPPED) | TO(CHANGE_FAILED) | TO(CHANGE_REFUSED),
	[CHANGE_VERIFYING] = TO(CHANGE_VERIFIED) | TO(CHANGE_NOT_IMPROVED) | TO(CHANGE_COULD_NOT_VERIFY) |
			     TO(CHANGE_STOPPED),
	[CHANGE_VERIFIED] = TO(CHANGE_UNDONE),
	[CHANGE_NOT_IMPROVED] = TO(CHANGE_UNDONE),
	[CHANGE_COULD_NOT_VERIFY] = TO(CHANGE_UNDONE),
	[CHANGE_STOPPED] = TO(CHANGE_UNDONE),
	[CHANGE_FAILED] = TO(CHANGE_UNDONE),
	[CHANGE_UNDONE] = 0,
};

static const char *const names[] = {
	[CHANGE_PLANNING] = N_("planning"),
	[CHANGE_NOTHING_TO_DO] = N_("nothing_to_do"),
	[CHANGE_REFUSED] = N_("refused"),
	[CHANGE_PREVIEWED] = N_("previewed"),
	[CHANGE_CONFIRMED] = N_("confirmed"),
	[CHANGE_RUNNING] = N_("running"),
	[CHANGE_VERIFYING] = N_("verifying"),
	[CHANGE_VERIFIED] = N_("verified"),
	[CHANGE_NOT_IMPROVED] = N_("not_improved"),
	[CHANGE_COULD_NOT_VERIFY] = N_("could_not_verify"),
	[CHANGE_STOPPED] = N_("stopped"),
	[CHANGE_FAILED] = N_("failed"),
	[CHANGE_UNDONE] = N_("undone"),
};

const char *change_state_name(enum change_state state)
{
	return (size_t)state < array_length(names) ? names[state] : "?";
}

bool change_may_move(enum change_state from, enum change_state to)
{
	return (size_t)from < array_length(moves) && (size_t)to < array_length(moves) && (moves[from] & TO(to)) != 0;
}

static enum change_state state_named(const char *name)
{
	size_t at = 0;

	while (at < array_length(names) && strcmp(names[at], name) != 0)
		at++;
	return (enum change_state)at;
}

bool change_state_may_follow(const char *from, const char *to)
{
	return change_may_move(state_named(from), state_named(to));
}

void change_move(struct change *change, enum change_state to)
{
	if (!change_may_move(change->state, to))
		bug("a change moved where it cannot");
	change->state = to;
	if (change_has_ended(change))
		change->ended_ms = clock_monotonic_ms();
	fault_point("state", change_state_name(to));
	change_changed(change);
}

bool change_has_ended(const struct change *change)
{
	return (moves[change->state] & ~TO(CHANGE_UNDONE)) == 0;
}
