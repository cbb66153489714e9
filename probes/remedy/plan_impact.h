/*
 * What a plan reaches beyond its targets, in parts: budgets and workloads
 * (plan_impact.c), pods that go for good from where they are (plan_moving.c),
 * room for them elsewhere (plan_room.c), and all of it as sentences
 * (plan_effects.c).
 *
 * change->impact is the object that plan -o json shows as "blastRadius"
 * beside its counts; each part adds members to it.
 */
#ifndef REMEDY_PLAN_IMPACT_H
#define REMEDY_PLAN_IMPACT_H

#include "probes/remedy/change_private.h"

/* Adds a value to the list of this name, which is made when it is the first. Takes value. */
void impact_add(struct change *change, const char *list, json_t *value);
/* "Pod/shop/web-1", or "Node/a" where the namespace is "". New reference. */
json_t *impact_label(const char *kind, const char *name_space, const char *name);
/* Something that was meant to be looked at and could not be. Each text once. */
void impact_add_unseen(struct change *change, const char *text);

/*
 * plan_moving.c: change->moving, the pods that are evicted or deleted: [{"namespace","name","uid","node","how","spec",
 * "labels","isBare","owner"}]; spec and labels are there once the pod was read.
 */
void moving_ask(struct change *change);
void moving_judge(struct change *change);

/* plan_room.c: whether what is evicted finds room on other nodes. */
void room_ask(struct change *change);
void room_judge(struct change *change);

/* plan_effects.c: change->effects from change->impact. */
void effects_make(struct change *change);

#endif
