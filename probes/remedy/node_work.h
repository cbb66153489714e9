/*
 * Commands of a change on nodes. All go through here, as requests go through
 * change_call(): when the change is freed, none calls back.
 */
#ifndef REMEDY_NODE_WORK_H
#define REMEDY_NODE_WORK_H

#include "probes/remedy/change_private.h"
#include "probes/remedy/node_runner.h"

struct node_work_request {
	struct plan_step *step;		/* on its node */
	const char *node;		/* on this node instead; NULL: the step's */
	const char *uid;		/* of that node; NULL: not known */
	const char *const *argv;
	const char *input;
	int timeout_seconds;
	bool is_read;			/* needs no confirmation; argv without sudo, timeout and env */
	bool sudo;			/* of a read */
	/* Once; from the loop, or at once where it cannot even be tried: then with trouble and its reason. */
	void (*on_done)(struct change *change, void *data, const struct node_answer *answer);
	void *data;
	void (*drop)(void *data);	/* of a call that is cancelled; NULL: data is the step's */
};

void node_work(struct change *change, const struct node_work_request *request);
/* Drops the calls of this step (NULL: all) without a callback. What runs there may go on. */
void node_work_cancel(struct change *change, const struct plan_step *step);

/* Why it failed, as one sentence: the connection, sudo, or the exit status with what the command said last. */
char *node_work_why(const struct change *change, const struct node_answer *answer);

#endif
