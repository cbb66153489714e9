/*
 * Image references, parsed as container runtimes do (distribution/reference):
 * ask about registry, path, tag and digest, never about substrings
 * (entries.md 0.7): a host name inside a mirror's path is not that host.
 *
 * "busybox"                       docker.io / library/busybox : latest
 * "calico/node:v3.24.1"           docker.io / calico/node     : v3.24.1
 * "reg.example:5000/a/b@sha256:…" reg.example:5000 / a/b      @ sha256:…
 */
#ifndef KUBE_IMAGE_H
#define KUBE_IMAGE_H

#include <stdbool.h>

struct image_reference {
	char registry[256];	/* "docker.io" where the reference names none */
	char path[512];		/* "library/busybox" */
	char tag[129];		/* "latest" where there is neither tag nor digest; "" with a digest alone */
	char digest[160];	/* "sha256:…" or "" */
	bool names_registry;	/* the text itself names a registry */
};

/* 0, or -1 where the text is no image reference. */
int image_parse(const char *text, struct image_reference *ret_reference);
/* registry/path[:tag][@digest]; size 1100 holds every one. */
void image_format(const struct image_reference *reference, char *out, unsigned long size);
/* The last part of the path: "node" of "calico/node". */
const char *image_basename(const struct image_reference *reference);

#endif
