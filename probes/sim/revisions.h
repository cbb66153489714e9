/*
 * ControllerRevisions: what DaemonSets and StatefulSets remember of their templates.
 */
#ifndef SIM_REVISIONS_H
#define SIM_REVISIONS_H

#include <stdint.h>

struct cluster;
struct object;

/*
 * Makes the one of the present template, or gives an old one the highest number again.
 * hash_label: the value of its label controller-revision-hash.
 */
void revision_ensure(struct cluster *cluster, const struct object *owner, const char *hash, const char *hash_label,
		     int64_t now);

#endif
