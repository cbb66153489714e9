/*
 * The disruption controller: how many pods of a budget may go now.
 */
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/selector.h"
#include "probes/sim/workload_controllers.h"

void disruption_budget_reconcile(struct cluster *cluster, struct object *budget, int64_t now)
{
	const json_t *spec = doc_get(budget->now->value, "spec");
	const struct table *pods = &cluster->store.tables[KIND_POD];
	int64_t expected = 0;
	int64_t healthy = 0;
	int64_t desired;
	json_t *status;
	size_t i;
	size_t end;

	store_range(&cluster->store, KIND_POD, budget->namespace, &i, &end);
	for (; i < end; i++) {
		const struct object *pod = pods->objects[i];

		if (!label_selector_matches(doc_get(spec, "selector"), doc_get(pod->now->value, "metadata.labels")) ||
		    pod_is_finished(pod) || is_terminating(pod))
			continue;
		expected++;
		healthy += pod_is_available(pod, 0, now);
	}
	if (doc_get(spec, "maxUnavailable"))
		desired = expected - int_or_percent(doc_get(spec, "maxUnavailable"), expected, true, 0);
	else
		desired = int_or_percent(doc_get(spec, "minAvailable"), expected, true, 1);
	status = json_pack("{s:I, s:I, s:I, s:I, s:I}", "currentHealthy", (json_int_t)healthy, "desiredHealthy",
			   (json_int_t)(desired > 0 ? desired : 0), "disruptionsAllowed",
			   (json_int_t)(healthy > desired ? healthy - desired : 0), "expectedPods",
			   (json_int_t)expected, "observedGeneration",
			   (json_int_t)doc_int(budget->now->value, "metadata.generation"));
	put_status(cluster, budget, status);
}
