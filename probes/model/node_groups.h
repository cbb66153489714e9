/*
 * Nodes by what they answered, as clush -b gathers output: who says the same
 * stands together, the worst first, then the many before the few.
 */
#ifndef MODEL_NODE_GROUPS_H
#define MODEL_NODE_GROUPS_H

#include "probes/model/node_survey.h"

struct buffer;

struct node_group {
	enum survey_verdict verdict;
	bool is_unreached;			/* its nodes could not be asked; text is why, of the first of them */
	const char *sign;			/* the id of what holds; NULL: none */
	const char *text;			/* raw, as the first of them said it; hostile */
	const struct err *err;			/* of those that could not be asked or not check; else NULL */
	const struct survey_node **nodes;	/* by name */
	size_t count;
};

struct node_groups {
	struct node_group *groups;
	size_t count;
	size_t waiting;		/* nodes that did not answer this check yet */
};

/* Borrows from the survey: good until it is asked anew or turned. */
void node_groups_make(const struct node_survey *survey, const char *check, struct node_groups *ret_groups);
void node_groups_release(struct node_groups *groups);

/* "worker-[0-4,7], gpu-1": names that differ in one number are folded. Raw. */
void node_names_fold(const char *const *names, size_t count, struct buffer *out);
void node_group_names(const struct node_group *group, struct buffer *out);

#endif
