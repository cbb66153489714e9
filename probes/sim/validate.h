/*
 * What an API server refuses about an object: names, required and immutable
 * fields of workloads and pods, and members that no such kind has.
 *
 * Limits: of specs, what people create and patch is checked (metadata, replicas,
 * selector, strategy, pod template, containers, env, ports, Leases, budgets); deeper
 * structures (probes, volumes, affinity...) are taken as they are.
 */
#ifndef SIM_VALIDATE_H
#define SIM_VALIDATE_H

#include <jansson.h>
#include <stdbool.h>

#include "probes/sim/kinds.h"

/*
 * An array of causes {reason, message, field}; empty where nothing is wrong. before is NULL for a new object. Yours.
 */
json_t *validate_object(const struct kind *kind, const json_t *object, const json_t *before);
/* DNS-1123 subdomain, as names of most objects must be. */
bool validate_name(const char *name);
/* Paths of unknown members ("spec.template.spec.contaners"), an array of strings. Yours. */
json_t *unknown_fields(const struct kind *kind, const json_t *object);
/* The same, taken out of a private object. */
json_t *prune_unknown(const struct kind *kind, json_t *object);
/*
 * The path and types of the first member whose JSON type is wrong, as the words of Go's decoder; NULL where all
 * are right. Caller frees.
 */
char *wrong_type(const struct kind *kind, const json_t *object);

#endif
