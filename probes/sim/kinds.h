/*
 * The kinds of object that the simulated cluster serves, as its discovery
 * documents name them.
 */
#ifndef SIM_KINDS_H
#define SIM_KINDS_H

#include <stdbool.h>
#include <stddef.h>

enum kind_id {
	KIND_NODE,
	KIND_NAMESPACE,
	KIND_POD,
	KIND_EVENT,
	KIND_CONFIG_MAP,
	KIND_SECRET,
	KIND_SERVICE,
	KIND_ENDPOINTS,
	KIND_SERVICE_ACCOUNT,
	KIND_CLAIM,
	KIND_VOLUME,
	KIND_REPLICATION_CONTROLLER,
	KIND_DAEMON_SET,
	KIND_DEPLOYMENT,
	KIND_REPLICA_SET,
	KIND_STATEFUL_SET,
	KIND_CONTROLLER_REVISION,
	KIND_JOB,
	KIND_CRON_JOB,
	KIND_DISRUPTION_BUDGET,
	KIND_LEASE,
	KIND_STORAGE_CLASS,
	KIND_CSI_DRIVER,
	KIND_CLUSTER_ROLE,
	KIND_CLUSTER_ROLE_BINDING,
	KIND_CUSTOM_RESOURCE,	/* CustomResourceDefinition */
	KIND_API_SERVICE,
	KIND_FELIX_CONFIGURATION,
	KIND_EVENT_VIEW,	/* events.k8s.io/v1: the same storage as KIND_EVENT */
	KIND_COUNT
};

struct kind {
	enum kind_id id;
	const char *group;	/* "" for core */
	const char *version;
	const char *resource;	/* plural, as in URLs */
	const char *kind;
	const char *singular;
	const char *short_names;	/* space-separated; NULL = none */
	const char *categories;		/* space-separated; NULL = none */
	bool namespaced;
	bool has_status;	/* the status subresource */
	bool has_scale;		/* named in discovery; answered 501 */
};

const struct kind *kind_at(enum kind_id id);
/* NULL where the simulated cluster has no such resource. */
const struct kind *kind_by_resource(const char *group, const char *version, const char *resource);
/* api_version as in an object: "v1", "apps/v1". */
const struct kind *kind_by_name(const char *api_version, const char *kind);
/* Where its objects are kept: itself, but for views. */
enum kind_id kind_storage(const struct kind *kind);
/* "apps/v1", "v1"; out holds at least 64 bytes. */
const char *kind_api_version(const struct kind *kind, char *out, size_t size);
/* "daemonsets.apps", "pods": as in the messages of an API server. */
const char *kind_qualified(const struct kind *kind, char *out, size_t size);

/* The API groups but core, in the order of their documents; NULL after the last. */
struct api_group {
	const char *name;
	const char *version;
};
const struct api_group *kind_groups(void);

#endif
