/*
 * Is an image there? A HEAD of its manifest, as seen from this machine
 * (decisions.md 28): https only, only hosts on the list, never a private or
 * link-local address, no redirects, anonymous; a token only from a realm on
 * the list (distribution spec; docker.io's token flow).
 *
 * HEAD does not count against Docker Hub's pull limit.
 */
#ifndef REMEDY_REGISTRY_H
#define REMEDY_REGISTRY_H

#include "probes/base/err.h"

struct loop;
struct registry_query;

enum registry_verdict { REGISTRY_UNKNOWN, REGISTRY_PRESENT, REGISTRY_ABSENT };

/*
 * hosts: host names that may be asked ("registry-1.docker.io"), token realms
 * among them; NULL-terminated. on_answer is called once, from the loop; err
 * says why for UNKNOWN and ABSENT. The query is gone when it returns.
 */
struct registry_query *registry_ask(struct loop *loop, const char *image, const char *const *hosts,
				    void (*on_answer)(void *data, enum registry_verdict verdict, const struct err *err),
				    void *data);
/* No callback any more. NULL is fine. */
void registry_cancel(struct registry_query *query);

/* The parts of a Bearer challenge: Www-Authenticate: Bearer realm="…",service="…",scope="…". */
struct registry_challenge {
	char realm[512];
	char service[256];
	char scope[512];
};
/* 0, or -1 where it is no usable Bearer challenge. */
int registry_parse_challenge(const char *header, struct registry_challenge *ret_challenge);
/* The host to ask for images of a registry: docker.io's API has another name. */
const char *registry_api_host(const char *registry);

#endif
