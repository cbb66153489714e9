/*
 * The life of a change. Every move is one of these; change_move() is the only
 * place that sets the state.
 *
 *   PLANNING --+--> PREVIEWED --> CONFIRMED --> RUNNING --+--> VERIFYING --+--> VERIFIED
 *              |        |             |            |      |                +--> NOT_IMPROVED
 *              |        |             |            |      |                +--> COULD_NOT_VERIFY
 *              |        v             v            v      |                '--> STOPPED
 *              +---> REFUSED <--------+------------+      +--> STOPPED
 *              '---> NOTHING_TO_DO                        '--> FAILED
 *
 * RUNNING may still be refused as long as nothing was written: the cluster
 * changed since the preview, or somebody else holds the lock.
 */
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
	[CHANGE_VERIFIED] = 0,
	[CHANGE_NOT_IMPROVED] = 0,
	[CHANGE_COULD_NOT_VERIFY] = 0,
	[CHANGE_STOPPED] = 0,
	[CHANGE_FAILED] = 0,
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
};

const char *change_state_name(enum change_state state)
{
	return (size_t)state < array_length(names) ? names[state] : "?";
}

bool change_may_move(enum change_state from, enum change_state to)
{
	return (size_t)from < array_length(moves) && (size_t)to < array_length(moves) && (moves[from] & TO(to)) != 0;
}

void change_move(struct change *change, enum change_state to)
{
	if (!change_may_move(change->state, to))
		bug("a change moved where it cannot");
	change->state = to;
	change_changed(change);
}

bool change_has_ended(const struct change *change)
{
	return moves[change->state] == 0;
}
