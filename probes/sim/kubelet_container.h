/*
 * One container's way: pull, create, start, end, back off. Part of the kubelet.
 */
#ifndef SIM_KUBELET_CONTAINER_H
#define SIM_KUBELET_CONTAINER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;
struct object;

enum container_stage {
	STAGE_NEW,		/* nothing done, or found in any state */
	STAGE_PULLING,
	STAGE_PULL_FAILED,	/* ErrImagePull */
	STAGE_PULL_BACK_OFF,	/* ImagePullBackOff */
	STAGE_STARTED,
	STAGE_CRASH_BACK_OFF,
};

/* What a kubelet remembers of a container beyond its status. */
struct container_work {
	enum container_stage stage;
	int64_t due;		/* monotonic ms; INT64_MAX = waits for something else */
	int64_t back_off_ms;	/* the next pull or restart waits this long; 0 = not failed yet */
	int64_t retry_at;
	int64_t pull_began;
};

/* One pod while the kubelet looks at it; the document is private. */
struct pod_view {
	struct cluster *cluster;
	const struct object *pod;
	json_t *value;		/* a fork with its own status */
	const json_t *rule;	/* the scenario's workload, or NULL */
	int64_t now_ms;
	int64_t now;		/* wall */
	bool changed;		/* the status is to be stored */
};

/* Goes on with the container; true once it runs (an init container: once it ended well). */
bool container_advance(struct pod_view *view, size_t index, struct container_work *work);
/* Milliseconds times the time scale. */
int64_t scaled(const struct cluster *cluster, int64_t milliseconds);
/* An event of the pod, from its kubelet; message is freed. */
void pod_event(const struct pod_view *view, const char *type, const char *reason, char *message, bool init,
	       const char *container);

#endif
