/* E12 and E13: what Calico's configuration says, from the FelixConfiguration or the DaemonSet's environment. */
#include "tests/unit/runbook/bench.h"

#define FELIX "get:/apis/crd.projectcalico.org/v1/felixconfigurations/default"
#define AGENT "get:/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"

struct cluster {
	struct field_set fields;
	struct runbook_set *set;
	struct snapshot *snapshot;
	struct evidence_store *evidence;
};

static void put(struct cluster *cluster, enum kind_id kind, const char *text)
{
	auto_free char *json = unquoted(text);

	snapshot_put(cluster->snapshot, scan_object(cluster->fields.tables[kind], json));
}

static void collected(struct cluster *cluster, const char *key, const char *text)
{
	auto_free char *json = text ? unquoted(text) : NULL;
	struct err err = {0};

	if (!text)
		err_set(&err, ERR_NOT_FOUND, "not found", NULL);
	evidence_put(cluster->evidence, key, text ? json_loads(json, 0, NULL) : NULL, NULL, &err, NOW);
}

/* The latent signs of an entry on an object of a kind: when and confirm together. */
static enum truth latent(const char *id, enum kind_id kind, const char *name, const char *felix, const char *environment)
{
	struct runbook_load_options options = {.assets = "assets"};
	struct cluster cluster;
	struct evaluation evaluation;
	const struct runbook *runbook;
	const struct record *record;
	auto_free char *agent = xasprintf("{'spec':{'template':{'spec':{'containers':[{'name':'calico-node','env':[%s]}]}}}}",
					  environment);
	enum truth truth = TRUTH_FALSE;
	struct err err = {0};

	field_set_init(&cluster.fields);
	assert_int_equal(runbook_set_load(&options, &cluster.fields, &cluster.set, &err), 0);
	cluster.snapshot = snapshot_new();
	cluster.evidence = evidence_store_new();
	for (int i = 0; i < KIND_COUNT; i++)
		snapshot_set_state(cluster.snapshot, (enum kind_id)i, COLLECTION_CURRENT, NULL, 1);
	put(&cluster, KIND_DAEMON_SET,
	    "{'metadata':{'uid':'d','namespace':'kube-system','name':'calico-node'},'spec':{'template':{'spec':{'containers':["
	    "{'name':'calico-node','image':'docker.io/calico/node:v3.28.0'}]}}}}");
	put(&cluster, KIND_DEPLOYMENT, "{'metadata':{'uid':'i','namespace':'istio-system','name':'istiod','labels':{'app':'istiod'}}}");
	collected(&cluster, FELIX, felix);
	collected(&cluster, AGENT, agent);
	runbook = runbook_find(cluster.set, id);
	record = snapshot_by_name(cluster.snapshot, kind, kind == KIND_DEPLOYMENT ? "istio-system" : "kube-system", name);
	assert_non_null(record);
	for (size_t i = 0; i < runbook->latent_count && truth == TRUTH_FALSE; i++) {
		if (runbook->latent[i].subject != kind)
			continue;
		evaluation_init(&evaluation, cluster.snapshot, cluster.evidence, NOW, NULL);
		evaluation.runbook = runbook;
		truth = condition_evaluate(runbook->latent[i].when, record, &evaluation);
		if (truth == TRUTH_TRUE)
			truth = condition_evaluate(runbook->latent[i].confirm, record, &evaluation);
		evaluation_release(&evaluation);
	}
	snapshot_free(cluster.snapshot);
	evidence_store_free(cluster.evidence);
	runbook_set_free(cluster.set);
	field_set_release(&cluster.fields);
	return truth;
}

#define BPF "{'name':'FELIX_BPFENABLED','value':'true'}"

static void e12_reads_both_places(void **state)
{
	static const struct {
		const char *felix, *environment;
		enum truth truth;
	} cases[] = {
		{"{'spec':{'bpfEnabled':true}}", "", TRUTH_TRUE},
		{"{'spec':{}}", BPF, TRUTH_TRUE},
		{NULL, BPF, TRUTH_TRUE},
		{NULL, "", TRUTH_FALSE},
		{"{'spec':{'bpfEnabled':false}}", "", TRUTH_FALSE},
		{"{'spec':{'bpfEnabled':true,'bpfConnectTimeLoadBalancing':'TCP'}}", "", TRUTH_TRUE},
		{"{'spec':{'bpfEnabled':true,'bpfConnectTimeLoadBalancing':'Enabled'}}", "", TRUTH_FALSE},
		{"{'spec':{'bpfEnabled':true}}", "{'name':'FELIX_BPFCONNECTTIMELOADBALANCING','value':'Enabled'}", TRUTH_FALSE},
		{"{'spec':{'bpfEnabled':true,'bpfHostNetworkedNATWithoutCTLB':'Disabled'}}", "", TRUTH_FALSE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (latent("E12", KIND_DAEMON_SET, "calico-node", cases[i].felix, cases[i].environment) != cases[i].truth)
			fail_msg("%s %s", cases[i].felix ? cases[i].felix : "no object", cases[i].environment);
	}
}

static void e13_is_over_where_balancing_is_off(void **state)
{
	(void)state;
	assert_int_equal(latent("E13", KIND_DEPLOYMENT, "istiod", "{'spec':{'bpfEnabled':true}}", ""), TRUTH_TRUE);
	assert_int_equal(latent("E13", KIND_DEPLOYMENT, "istiod", NULL, BPF), TRUTH_TRUE);
	assert_int_equal(latent("E13", KIND_DEPLOYMENT, "istiod",
				"{'spec':{'bpfEnabled':true,'bpfConnectTimeLoadBalancing':'Disabled'}}", ""), TRUTH_FALSE);
	assert_int_equal(latent("E13", KIND_DEPLOYMENT, "istiod", "{'spec':{'bpfEnabled':true}}",
				"{'name':'FELIX_BPFCONNECTTIMELOADBALANCING','value':'Disabled'}"), TRUTH_FALSE);
	assert_int_equal(latent("E13", KIND_DEPLOYMENT, "istiod", NULL, ""), TRUTH_FALSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e12_reads_both_places),
		cmocka_unit_test(e13_is_over_where_balancing_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
