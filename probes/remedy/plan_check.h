/*
 * Preconditions: a table of checks ("preconditions" of a runbook name them),
 * and those that every plan has. Each turns what was read and asked into
 * text, truth and reason.
 */
#ifndef REMEDY_PLAN_CHECK_H
#define REMEDY_PLAN_CHECK_H

#include "probes/base/buffer.h"
#include "probes/remedy/change_private.h"

struct plan_check {
	const char *name;
	/* Starts questions; may be NULL. */
	void (*ask)(struct change *change, const json_t *definition);
	/* Sets ok, and reason where it is not true. */
	void (*judge)(struct change *change, const json_t *definition, struct precondition *precondition);
};

extern const struct plan_check permissions_check;
extern const struct plan_check field_owner_check;
extern const struct plan_check parameter_known_check;
extern const struct plan_check same_tag_check;
extern const struct plan_check registry_images_check;
extern const struct plan_check condition_check;
extern const struct plan_check delivery_check;
extern const struct plan_check parameter_unlike_check;
extern const struct plan_check space_check;

/* Calls visit for each step that "ofSteps" names; without it for all. */
void plan_check_steps(struct change *change, const json_t *definition,
		      void (*visit)(struct change *change, struct plan_step *step, void *data), void *data);
/* check_field_owner.c: names the other managers of what the step changes, on the step. */
void plan_note_owners(struct change *change, struct plan_step *step);
/* Adds "; " between several reasons. */
void plan_check_reason(struct buffer *reasons, const char *text);
/* The patterns hold the text (fnmatch). */
bool plan_check_fits(const json_t *patterns, const char *text);

#endif
