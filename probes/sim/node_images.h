/*
 * Images on a simulated node, by the namespace of its runtime that the kubelet
 * uses: "k8s.io" of containerd, "docker" of Docker. At first those of its pods
 * that run, and the sandbox image, where the scenario does not say otherwise.
 */
#ifndef SIM_NODE_IMAGES_H
#define SIM_NODE_IMAGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct machine;

/* A machine that nobody has looked at yet has none that matters: false. Reads only. */
bool node_has_image(const struct cluster *cluster, const char *node, const char *image);
/* The images of a namespace, by normalised reference; NULL: none. Borrowed. */
const json_t *images_in(const struct machine *machine, const char *namespace);
const char *images_namespace(const struct machine *machine);
/* NULL: pulled; else what the registry said. Caller frees. milliseconds: that it took. */
char *images_pull(struct cluster *cluster, struct machine *machine, const char *namespace, const char *image,
		  int64_t *ret_milliseconds);
/* False: there is no such image. */
bool images_tag(struct machine *machine, const char *namespace, const char *image, const char *tag);
bool images_remove(struct machine *machine, const char *namespace, const char *image);
/* Those that its running pods have. */
void images_adopt(struct cluster *cluster, struct machine *machine);

#endif
