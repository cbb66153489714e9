/*
 * What a request's path means to an apiserver. For door.c and client.c.
 */
#ifndef KUBE_CLIENT_PATH_H
#define KUBE_CLIENT_PATH_H

#include <stdbool.h>

#include "probes/base/err.h"

enum { PATH_SEGMENTS = 24 };

/* The path without its query, decoded as the server decodes it, in segments. */
struct client_path {
	char *text;			/* decoded, cut into the segments */
	char *segments[PATH_SEGMENTS + 1];
	int count;
	/* Of an API path, "" where there is none; borrowed from text. */
	const char *resource;		/* "pods" */
	const char *name;		/* "" for a collection */
	const char *subresource;	/* "log" */
	char **rest;			/* what follows the subresource, NULL-terminated */
};

/*
 * Refuses what a server could understand otherwise than we do: other bytes than printable ASCII,
 * "#", "..".
 */
int client_path_parse(const char *path, struct client_path *ret_parsed, struct err *err);
void client_path_release(struct client_path *parsed);
/* True if the query has that key, as written. */
bool client_path_has_query(const char *path, const char *key);

#endif
