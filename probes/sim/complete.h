/*
 * What a server adds to an object that a client wrote: defaults, and of a new one what admission gives it.
 */
#ifndef SIM_COMPLETE_H
#define SIM_COMPLETE_H

#include <jansson.h>

struct kind;

/* object is private; before: its present state, NULL for a new one. */
void complete_object(const struct kind *kind, json_t *object, const json_t *before);

#endif
