/*
 * What a step on a node has beside what is shown: what was read there before
 * the plan, and how far its run is. step_ssh_command.c and step_ssh_file.c
 * share it, and what is here.
 */
#ifndef REMEDY_NODE_PART_H
#define REMEDY_NODE_PART_H

#include "probes/remedy/node_file.h"
#include "probes/remedy/node_work.h"
#include "probes/remedy/argv_words.h"

/* A command that sudo was asked about: may it be run. */
struct node_right {
	const char *const *argv;	/* with "sudo -n" before it; borrowed from the step */
	enum truth is_granted;
	struct err err;			/* why that is not known */
};

struct node_part {
	struct err err;			/* what is there could not be read; code ERR_NONE: it could */
	int pending;			/* answers that its preparation waits for */
	struct node_right *rights;
	size_t right_count;

	/* ssh-command */
	bool is_so;			/* "unless" holds */
	char *recorded;			/* what "record" printed before; NULL: it has none */
	char *mark;			/* of this run, or of the one that is gone on with */
	char boot_id[40];		/* of the node, noted before it was sent; "": it was not sent */
	char new_boot_id[40];		/* where that is another one now */
	bool has_ended;
	int exit_status;		/* of what has ended */
	/* The journal has it, or err says why not. */
	void (*after_noted)(struct plan_step *step, const struct err *err);

	/* ssh-file */
	struct node_file before;
	struct node_file after;
	char *temporary;		/* the name beside it */
	size_t placing_index;		/* of the command that renames, or takes away (node_place.h) */
	struct node_file *among;	/* of each node that "majority" looks at */
	size_t among_count;

	/* The run. */
	int phase;
	size_t command_index;		/* of the file's next command */
	int attempts;
	int broken_count;
	int64_t deadline_ms;
	char *reason;			/* why it is cleaned up, then fails */
	bool is_conflict;
};

/* Made when first asked for. */
struct node_part *node_part_get(struct plan_step *step);
void node_part_free(struct node_part *part);

/* Text of a member of the definition; otherwise where it is none. */
const char *node_member(const struct plan_step *step, const char *name, const char *otherwise);
int node_timeout(const struct plan_step *step);
/* With sudo unless the definition says "sudo": false. */
bool node_wants_sudo(const struct plan_step *step);
/* Fills the places of a text for the step's own target; {file} is file (NULL: no such place). Caller frees. */
int node_fill(const struct plan_step *step, const char *text, const char *file, char **ret_text, struct err *err);
/* The words of an argv with places filled; nothing before them. */
int node_fill_words(const struct plan_step *step, const json_t *argv, const char *file, struct argv_words *words,
		    struct err *err);
/* A command of the plan, with sudo, timeout and env before it. Takes words. */
void node_add_command(struct plan_step *step, struct argv_words *words, bool sudo, const char *note);
/* -1: the target is no node that can be planned for. */
int node_check_target(const struct plan_step *step, struct err *err);
/* Shows the name, the argv of the first command, and the ssh line that runs the first so many, one after another. */
void node_show_commands(struct plan_step *step, size_t count);

/* Its reads count as answers that planning waits for. */
void node_prepare_begin(struct plan_step *step);
void node_prepare_end(struct plan_step *step);

/* The commands of all steps become permitted, when the run has its id. */
void node_permit(struct change *change);
/* Ends the step, with nothing of it under way. */
void node_finish(struct plan_step *step, enum step_state state, const char *outcome);
/* Lines of foreign output, as lines of the step. */
void node_say_output(struct plan_step *step, const char *text);

/* step_ssh_run.c: where its mark is looked for; and what the journal is told of that, as JSON text. */
void ssh_command_take_mark(struct plan_step *step);
char *ssh_command_request(const struct plan_step *step);

/* check_sudo.c: asks whether each command may be run; judges; and the lines that would grant what is missing. */
void sudo_ask(struct change *change);
void sudo_judge(struct change *change);

#endif
