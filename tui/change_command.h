/*
 * What `plan` and `fix` share: the session, the finding, the planned change.
 */
#ifndef TUI_CHANGE_COMMAND_H
#define TUI_CHANGE_COMMAND_H

#include <stdbool.h>

#include "probes/remedy/change.h"
#include "probes/remedy/journal.h"
#include "tui/session.h"

enum { CHANGE_SETTINGS_MAXIMUM = 16 };

/* --set NAME=VALUE, as often as it was given; borrowed. */
struct change_settings {
	const char *items[CHANGE_SETTINGS_MAXIMUM + 1];	/* NULL-terminated */
	size_t count;
};

/* -1: there are too many, or it is no NAME=VALUE. */
int change_settings_add(struct change_settings *settings, const char *item);

struct change_command {
	const struct invocation *invocation;
	struct session *session;
	struct journal *journal;	/* NULL for plan */
	const struct runbook *runbook;
	bool was_found;			/* there was a finding to plan for */
	const char *alternative;	/* of the runbook's ways; NULL: the first */
	struct change_settings settings;
	struct change *change;
	bool interrupted;		/* by a signal, before anything ran */
	int signals;			/* descriptor; -1: none */
	struct descriptor_watch *watch;
	int interrupts;			/* SIGINTs so far */
};

/*
 * Signals are taken from a descriptor from here on, so that none interrupts a
 * write. Opens the session and (for what changes something) the journal and
 * waits for the first picture. Returns EXIT_DONE, or the exit code after the
 * error was printed. change_command_close() in either case.
 */
int change_command_open(struct change_command *command, const struct invocation *invocation, bool with_journal);
/* Plans the fix of an entry; returns as above. target may be NULL. */
int change_command_plan(struct change_command *command, const char *id, const char *target);
/* Keys of the findings of an entry, worst first; NULL-terminated, freed by the caller one by one. NULL: no entry. */
char **change_command_keys(const struct change_command *command, const char *id);
/* Plans the fix of the finding with this key. */
int change_command_plan_key(struct change_command *command, const char *id, const char *key);
/* The entry that was planned last is found somewhere now. */
bool change_command_has_finding(const struct change_command *command);
/* Plans the way back of a run of the journal. */
int change_command_plan_undo(struct change_command *command, const char *run_id);
/* Plans what is left of a run of the journal. */
int change_command_plan_resume(struct change_command *command, const char *run_id);
void change_command_close(struct change_command *command);
/* Turns the loop until done() or an interrupt before the run. */
void change_command_wait(struct change_command *command, bool (*done)(const struct change *change));
/* EXIT_DONE, or EXIT_FAILED after saying what a --target looks like. NULL is fine. */
int change_command_check_target(const struct invocation *invocation, const char *target);

#endif
