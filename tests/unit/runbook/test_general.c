/* The general symptoms as shipped: what each finds, and the ordinary noise that it leaves alone. */
#include "tests/unit/runbook/bench.h"

struct cluster_bench {
	struct field_set fields;
	struct runbook_set *set;
	struct snapshot *snapshot;
};

static void bench_open(struct cluster_bench *bench)
{
	struct runbook_load_options options = {.assets = "assets"};
	struct err err = {0};

	field_set_init(&bench->fields);
	assert_int_equal(runbook_set_load(&options, &bench->fields, &bench->set, &err), 0);
	bench->snapshot = snapshot_new();
	for (int kind = 0; kind < KIND_COUNT; kind++)
		snapshot_set_state(bench->snapshot, (enum kind_id)kind, COLLECTION_CURRENT, NULL, 1);
}

static void bench_close(struct cluster_bench *bench)
{
	snapshot_free(bench->snapshot);
	runbook_set_free(bench->set);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		field_table_free(bench->fields.tables[kind]);
}

static void put(struct cluster_bench *bench, enum kind_id kind, const char *text)
{
	auto_free char *json = unquoted(text);
	struct record *record = scan_object(bench->fields.tables[kind], json);

	if (!record)
		fail_msg("no record: %s", text);
	snapshot_put(bench->snapshot, record);
}

/* Ids of the general symptoms that hold for the object, each with a blank behind it. */
static void symptoms_of(struct cluster_bench *bench, const char *uid, char out[256])
{
	const struct record *record = snapshot_by_uid(bench->snapshot, uid);

	out[0] = '\0';
	for (size_t i = 0; i < runbook_count(bench->set); i++) {
		const struct runbook *runbook = runbook_at(bench->set, i);
		struct evaluation evaluation;

		if (!runbook->is_general || runbook->subject != record->kind->id)
			continue;
		evaluation_init(&evaluation, bench->snapshot, NULL, NOW, NULL);
		evaluation.runbook = runbook;
		if (condition_evaluate(runbook->when, record, &evaluation) == TRUTH_TRUE)
			snprintf(out + strlen(out), 256 - strlen(out), "%s ", runbook->id);
		evaluation_release(&evaluation);
	}
}

#define READY(status, since) "{'type':'Ready','status':'" status "','lastTransitionTime':'" since "'}"
#define NOT_READY(since) "{'type':'Ready','status':'False','reason':'ContainersNotReady','lastTransitionTime':'" since "'}"
#define NODE_READY(status) "'conditions':[{'type':'Ready','status':'" status "'}]"

static void judges_nodes(void **state)
{
	static const struct {
		const char *conditions, *symptoms;
	} cases[] = {
		{READY("True", "2026-11-01T00:00:00Z"), ""},
		{READY("False", "2026-11-21T09:59:00Z"), "node-not-ready "},
		{READY("Unknown", "2026-11-21T09:59:00Z"), "node-not-ready "},
		{READY("True", "2026-11-01T00:00:00Z") ",{'type':'DiskPressure','status':'True'}", "disk-pressure "},
		/* Unknown is not True, whatever the reason says. */
		{READY("True", "2026-11-01T00:00:00Z") ",{'type':'DiskPressure','status':'Unknown','reason':'KubeletHasDiskPressure'}", ""},
		{READY("True", "2026-11-01T00:00:00Z") ",{'type':'MemoryPressure','status':'True'}", "memory-pressure "},
		{READY("True", "2026-11-01T00:00:00Z") ",{'type':'PIDPressure','status':'True'}", "pid-pressure "},
		{READY("True", "2026-11-01T00:00:00Z") ",{'type':'NetworkUnavailable','status':'True'}", "network-unavailable "},
		{"{'type':'DiskPressure','status':'False'}", ""},
	};
	struct cluster_bench bench;
	char found[256];

	(void)state;
	bench_open(&bench);
	for (size_t i = 0; i < array_length(cases); i++) {
		auto_free char *text = xasprintf("{'metadata':{'uid':'n%zu','name':'n%zu'},'status':{'conditions':[%s]}}", i, i,
						 cases[i].conditions);
		auto_free char *uid = xasprintf("n%zu", i);

		put(&bench, KIND_NODE, text);
		symptoms_of(&bench, uid, found);
		if (strcmp(found, cases[i].symptoms) != 0)
			fail_msg("%s: %s", cases[i].conditions, found);
	}
	bench_close(&bench);
}

#define RUN "'state':{'running':{'startedAt':'2026-11-21T08:00:00Z'}}"

static void judges_pods(void **state)
{
	static const struct {
		const char *status, *symptoms;
	} cases[] = {
		{"'phase':'Running','conditions':[" READY("True", "2026-11-21T08:00:00Z") "],'containerStatuses':[{'name':'c','ready':true," RUN "}]", ""},
		{"'phase':'Pending','containerStatuses':[{'name':'c','state':{'waiting':{'reason':'ErrImagePull','message':'m'}}}]", "image-pull "},
		{"'phase':'Pending','initContainerStatuses':[{'name':'c','state':{'waiting':{'reason':'ImagePullBackOff'}}}]", "image-pull "},
		{"'phase':'Running','ephemeralContainerStatuses':[{'name':'c','state':{'waiting':{'reason':'InvalidImageName'}}}]", "image-pull "},
		{"'phase':'Pending','containerStatuses':[{'name':'c','state':{'waiting':{'reason':'ContainerCreating'}}}]", ""},
		{"'phase':'Running','containerStatuses':[{'name':'c','restartCount':9,'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]", "crash-loop "},
		/* Between two runs, three restarts in the last half hour. */
		{"'phase':'Running','containerStatuses':[{'name':'c','restartCount':3,'state':{'terminated':{'reason':'Error','exitCode':1,'finishedAt':'2026-11-21T09:58:00Z'}}}]", "crash-loop "},
		{"'phase':'Running','containerStatuses':[{'name':'c','restartCount':1,'state':{'terminated':{'reason':'Error','exitCode':1,'finishedAt':'2026-11-21T09:58:00Z'}}}]", ""},
		/* One restart last week, and a job that ended. */
		{"'phase':'Running','conditions':[" READY("True", "2026-11-14T08:00:00Z") "],'containerStatuses':[{'name':'c','ready':true,'restartCount':1," RUN ",'lastState':{'terminated':{'reason':'Error','finishedAt':'2026-11-14T08:00:00Z'}}}]", ""},
		{"'phase':'Succeeded','conditions':[{'type':'Ready','status':'False','reason':'PodCompleted','lastTransitionTime':'2026-11-20T08:00:00Z'}],'containerStatuses':[{'name':'c','state':{'terminated':{'reason':'Completed','finishedAt':'2026-11-20T08:00:00Z'}}}]", ""},
		{"'phase':'Running','conditions':[" NOT_READY("2026-11-21T09:57:00Z") "],'containerStatuses':[{'name':'c','ready':false," RUN "}]", "not-ready "},
		{"'phase':'Running','conditions':[" NOT_READY("2026-11-21T09:57:01Z") "],'containerStatuses':[{'name':'c','ready':false," RUN "}]", ""},
		/* A narrower symptom has the word. */
		{"'phase':'Running','conditions':[" NOT_READY("2026-11-21T09:00:00Z") "],'containerStatuses':[{'name':'c','ready':false," RUN "},{'name':'d','state':{'waiting':{'reason':'CrashLoopBackOff'}}}]", "crash-loop "},
	};
	struct cluster_bench bench;
	char found[256];

	(void)state;
	bench_open(&bench);
	put(&bench, KIND_NODE, "{'metadata':{'uid':'n','name':'n'},'status':{" NODE_READY("True") "}}");
	for (size_t i = 0; i < array_length(cases); i++) {
		auto_free char *text = xasprintf("{'metadata':{'uid':'p%zu','namespace':'ns','name':'p%zu'},'spec':{'nodeName':'n'},'status':{%s}}",
						 i, i, cases[i].status);
		auto_free char *uid = xasprintf("p%zu", i);

		put(&bench, KIND_POD, text);
		symptoms_of(&bench, uid, found);
		if (strcmp(found, cases[i].symptoms) != 0)
			fail_msg("%s: %s", cases[i].status, found);
	}
	bench_close(&bench);
}

/* The node is what is wrong; a pod that is going away need not be ready. */
static void not_ready_has_excuses(void **state)
{
	static const char sick[] = "'status':{'phase':'Running','conditions':[" NOT_READY("2026-11-21T09:00:00Z") "],"
				   "'containerStatuses':[{'name':'c','ready':false," RUN "}]}}";
	struct cluster_bench bench;
	auto_free char *on_dead_node = xasprintf("{'metadata':{'uid':'a','namespace':'ns','name':'a'},'spec':{'nodeName':'dead'},%s", sick);
	auto_free char *leaving = xasprintf("{'metadata':{'uid':'b','namespace':'ns','name':'b','deletionTimestamp':"
					    "'2026-11-21T09:59:00Z'},'spec':{'nodeName':'n'},%s", sick);
	auto_free char *plain = xasprintf("{'metadata':{'uid':'c','namespace':'ns','name':'c'},'spec':{'nodeName':'n'},%s", sick);
	char found[256];

	(void)state;
	bench_open(&bench);
	put(&bench, KIND_NODE, "{'metadata':{'uid':'n','name':'n'},'status':{" NODE_READY("True") "}}");
	put(&bench, KIND_NODE, "{'metadata':{'uid':'dead','name':'dead'},'status':{" NODE_READY("Unknown") "}}");
	put(&bench, KIND_POD, on_dead_node);
	put(&bench, KIND_POD, leaving);
	put(&bench, KIND_POD, plain);
	symptoms_of(&bench, "a", found);
	assert_string_equal(found, "");
	symptoms_of(&bench, "b", found);
	assert_string_equal(found, "");
	symptoms_of(&bench, "c", found);
	assert_string_equal(found, "not-ready ");
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_nodes),
		cmocka_unit_test(judges_pods),
		cmocka_unit_test(not_ready_has_excuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
