/*
 * A command that may change something runs on the node under a mark: a
 * folder that says that it was started, and then how it ended. When the
 * connection is lost, the mark is looked at: what became of the command is
 * found out, never assumed, and it is never run twice.
 *
 * The mark is written by a small sh script that runs as the login user; sudo
 * is inside of it, before the command alone. So the words that sudo sees hold
 * no run id, and an operator can grant exactly them. The command's words are
 * the script's arguments: the shell reads none of them.
 *
 * Places, the first that can be written and has room: /run/nks-triage (of
 * root, or made by the operator), /tmp, /dev/shm. Output of both streams goes
 * to a file beside the mark: a connection that breaks does not end the
 * command by SIGPIPE.
 *
 * The simulator knows the three scripts by the word after the script.
 */
#ifndef REMEDY_NODE_MARK_H
#define REMEDY_NODE_MARK_H

#include <stdbool.h>

#include "probes/remedy/argv_words.h"

/* "sh -c SCRIPT nks-triage-run MARK WORDS…": ends as the command does, with its output. */
void mark_add_run(struct argv_words *words, const char *mark, const char *const *command);
/* "sh -c SCRIPT nks-triage-look MARK" */
void mark_add_look(struct argv_words *words, const char *mark);
/* "sh -c SCRIPT nks-triage-forget MARK": the outcome is in the journal. */
void mark_add_forget(struct argv_words *words, const char *mark);

/* The run script says so by its exit status and on standard error, before anything ran. */
enum { MARK_REFUSED = 120 };
#define MARK_STARTED_TEXT "nks-triage: started before"
#define MARK_NO_PLACE_TEXT "nks-triage: no place for a mark"

enum mark_state {
	MARK_UNKNOWN,		/* the answer is none of ours */
	MARK_NEVER,		/* it was not started */
	MARK_RUNNING,
	MARK_ENDED,
	MARK_BROKEN,		/* started, gone, and did not say how it ended */
};

struct mark_look {
	enum mark_state state;
	int exit_status;	/* of MARK_ENDED */
	char boot_id[40];	/* of the node; "" not known */
	const char *output;	/* of the command; within the text */
};

/* Reads what the look script printed; text is foreign. */
void mark_read(const char *text, struct mark_look *ret_look);

#endif
