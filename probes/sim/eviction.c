#include "probes/sim/eviction.h"

#include <inttypes.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/controllers.h"
#include "probes/sim/delete.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/pod_delete.h"
#include "probes/sim/selector.h"
#include "probes/sim/status.h"
#include "probes/sim/write.h"

/* The budget that selects the pod and allows no disruption now, or NULL. */
static struct object *blocking_budget(const struct cluster *cluster, const struct object *pod)
{
	const struct table *budgets = &cluster->store.tables[KIND_DISRUPTION_BUDGET];
	size_t i;
	size_t end;

	store_range(&cluster->store, KIND_DISRUPTION_BUDGET, pod->namespace, &i, &end);
	for (; i < end; i++) {
		const json_t *value = budgets->objects[i]->now->value;
		const json_t *labels = doc_get(pod->now->value, "metadata.labels");

		if (label_selector_matches(doc_get(value, "spec.selector"), labels) &&
		    doc_int(value, "status.disruptionsAllowed") <= 0)
			return budgets->objects[i];
	}
	return NULL;
}

static void answer_blocked(struct request *request, const struct object *budget)
{
	json_t *status = status_new(429, "Cannot evict pod as it would violate the pod's disruption budget.");
	auto_free char *message = xasprintf("The disruption budget %s needs %" PRId64 " healthy pods and has %" PRId64
					    " currently", budget->name,
					    doc_int(budget->now->value, "status.desiredHealthy"),
					    doc_int(budget->now->value, "status.currentHealthy"));

	status_add_cause(status, "DisruptionBudget", message, NULL);
	answer_status(request, status);
}

/* An eviction uses its disruption up at once, before the controller counts again. */
static void use_budgets(struct cluster *cluster, const struct object *pod)
{
	const struct table *budgets = &cluster->store.tables[KIND_DISRUPTION_BUDGET];
	size_t i;
	size_t end;

	store_range(&cluster->store, KIND_DISRUPTION_BUDGET, pod->namespace, &i, &end);
	for (; i < end; i++) {
		struct object *budget = budgets->objects[i];
		json_t *value;
		json_t *status;

		if (!label_selector_matches(doc_get(budget->now->value, "spec.selector"),
					    doc_get(pod->now->value, "metadata.labels")))
			continue;
		value = doc_fork(budget->now->value);
		status = doc_own(value, "status");
		doc_set_int(status, "disruptionsAllowed", doc_int(status, "disruptionsAllowed") - 1);
		store_put(&cluster->store, KIND_DISRUPTION_BUDGET, value);
	}
}

/* Pods that are not ready cannot be disrupted: budgets leave them alone. */
static bool is_disruption(const struct object *pod)
{
	return pod_is_available(pod, 0, 0) && !is_terminating(pod) && !pod_is_finished(pod);
}

void eviction_create(struct request *request)
{
	struct cluster *cluster = request->cluster;
	const struct target *target = &request->target;
	struct object *pod = store_find(&cluster->store, KIND_POD, target->namespace, target->name);
	json_t *body = read_body(request);
	const json_t *options = doc_get(body, "deleteOptions");
	struct object *budget = NULL;
	json_t *status = NULL;

	if (!body)
		return;
	if (strcmp(doc_text(body, "metadata.name"), target->name) && doc_text(body, "metadata.name")[0])
		status = status_new(400, "name in URL does not match name in Eviction object");
	else if (!pod)
		status = status_not_found(target->kind, target->name);
	else
		status = delete_preconditions(pod, options);
	if (!status && is_disruption(pod))
		budget = blocking_budget(cluster, pod);
	if (status) {
		answer_status(request, status);
	} else if (budget) {
		answer_blocked(request, budget);
	} else {
		if (!is_dry_run(request) && !json_array_size(doc_get(options, "dryRun"))) {
			if (is_disruption(pod))
				use_budgets(cluster, pod);
			pod_delete(cluster, pod, doc_int_or(options, "gracePeriodSeconds", pod_grace(pod)));
		}
		answer_json(request, 201, json_pack("{s:s, s:s, s:{}, s:s, s:i}", "kind", "Status", "apiVersion", "v1",
						    "metadata", "status", "Success", "code", 201));
	}
	json_decref(body);
}
