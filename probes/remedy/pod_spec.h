/*
 * What a pod asks of the node that it runs on, from its spec as JSON ("spec"
 * of a pod, "spec.template.spec" of a workload). Requests as the scheduler
 * counts them (k8s.io/component-helpers/resource: PodRequests).
 */
#ifndef REMEDY_POD_SPEC_H
#define REMEDY_POD_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct pod_needs {
	int64_t cpu;		/* thousandths of a core */
	int64_t memory;		/* bytes */
};

void pod_spec_needs(const json_t *spec, struct pod_needs *ret_needs);
/* Its nodeSelector, and tolerations for what keeps pods away (NoSchedule, NoExecute). Affinity is not looked at. */
bool pod_spec_may_run_on(const json_t *spec, const json_t *node);
/* Names of its emptyDir volumes. New reference. */
json_t *pod_spec_empty_dirs(const json_t *spec);
/* Names of its claims, of generic ephemeral volumes ("POD-VOLUME"), too. New reference. */
json_t *pod_spec_claims(const json_t *spec, const char *pod_name);

#endif
