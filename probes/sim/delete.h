/*
 * delete and deletecollection, and what goes with an object: its dependents.
 */
#ifndef SIM_DELETE_H
#define SIM_DELETE_H

#include <jansson.h>

struct cluster;
struct object;
struct request;

void delete_one(struct request *request);
void delete_collection(struct request *request);
/* The object goes, whatever finalizers it has, and then what it owns. */
void object_remove(struct cluster *cluster, struct object *object);
/*
 * The Status of preconditions in DeleteOptions that do not hold, or NULL. Yours.
 */
json_t *delete_preconditions(const struct object *object, const json_t *options);

#endif
