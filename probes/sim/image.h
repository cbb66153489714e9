/*
 * Image references, and what the simulated registries say to a pull.
 *
 * A scenario's `registry` is a list of rules; the first whose pattern matches
 * the normalised reference holds:
 *
 *	{"image": "docker.io/calico/?*", "seconds": 2}
 *	{"image": "docker.io/library/calico-*", "error": "... {reference} ... {repository} ... {image}"}
 *
 * A rule with "unlessCredentials": "docker.io" does not hold for who has a login for that registry.
 * {image}: as written in the pod; {reference}: normalised; {repository}: without the tag.
 */
#ifndef SIM_IMAGE_H
#define SIM_IMAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* "docker.io/library/nginx:latest" of "nginx". Caller frees. */
char *image_normalise(const char *image);
/* Normalised, without tag and digest. Caller frees. */
char *image_repository(const char *image);
/* No tag and no digest, or the tag "latest". */
bool image_is_latest(const char *image);

struct pull {
	bool resolves;
	int64_t milliseconds;	/* that the pull takes, before the time scale */
	char *error;		/* the runtime's message when it does not resolve */
};

/*
 * registry: the scenario's list, or NULL; credentials: an object with a member for each registry that the puller
 * has a login for, or NULL. A pod's pulls: pull_secret.h.
 */
void image_pull(const json_t *registry, const char *image, const json_t *credentials, struct pull *pull);
void pull_release(struct pull *pull);

#endif
