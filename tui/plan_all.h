/*
 * The plans of all findings of an entry, in the order of the findings, with
 * one digest over them (decisions.md 10, 22): SHA-256 over the canonical JSON
 * {"format":1,"plans":[digest of each plan that can be confirmed]}. Of one
 * plan alone it is that plan's own.
 */
#ifndef TUI_PLAN_ALL_H
#define TUI_PLAN_ALL_H

#include <stddef.h>
#include <stdio.h>

#include "probes/base/digest.h"
#include "tui/change_command.h"

struct plan_all {
	struct change_command *command;
	struct change **changes;
	char **keys;			/* of their findings; NULL where there is one plan */
	size_t count;
	size_t runnable;		/* those that can be confirmed */
	char digest[DIGEST_HEX_SIZE];	/* "" where none can */
};

/*
 * Plans them all, with a target the one that it belongs to; returns as
 * change_command_plan() does. The command's change is borrowed from it until
 * plan_all_release(), which is needed in either case.
 */
int plan_all_make(struct plan_all *all, struct change_command *command, const char *id, const char *target);
void plan_all_release(struct plan_all *all);
/* The finding of a plan is still there. */
bool plan_all_is_found(const struct plan_all *all, size_t index);
/* Each plan, then the digest of all where there are several. */
void plan_all_print(const struct plan_all *all, FILE *out);
/* In the form of one plan (interfaces.md), its steps numbered on; the plans themselves are in "plans". */
void plan_all_print_json(const struct plan_all *all, FILE *out);

#endif
