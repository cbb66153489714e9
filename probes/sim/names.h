/*
 * Seeded names, uids and hashes: the same seed gives the same cluster.
 */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { UID_SIZE = 37 };

struct random_source {
	uint64_t state;
};

uint64_t random_next(struct random_source *source);
/* 0 <= result < bound; bound > 0. */
uint64_t random_below(struct random_source *source, uint64_t bound);
/* A version 4 UUID. */
void random_uid(struct random_source *source, char out[UID_SIZE]);
/* n characters of the alphabet that Kubernetes uses for generated names; out holds n + 1. */
void random_suffix(struct random_source *source, size_t n, char *out);
/* The pod-template-hash of a template: 8 to 10 characters of the same alphabet; out holds 11. */
void template_hash(const json_t *template, char out[11]);

#endif
