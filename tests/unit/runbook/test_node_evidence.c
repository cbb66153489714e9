/* What entries conclude from evidence of nodes: E01's rotation file and logs, E02's comparison, E07's cgroups. */
#include "tests/unit/runbook/bench.h"

struct cluster {
	struct field_set fields;
	struct runbook_set *set;
	struct snapshot *snapshot;
	struct evidence_store *evidence;
};

static void open_cluster(struct cluster *cluster)
{
	struct runbook_load_options options = {.assets = "assets"};
	struct err err = {0};

	field_set_init(&cluster->fields);
	assert_int_equal(runbook_set_load(&options, &cluster->fields, &cluster->set, &err), 0);
	cluster->snapshot = snapshot_new();
	cluster->evidence = evidence_store_new();
	for (int kind = 0; kind < KIND_COUNT; kind++)
		snapshot_set_state(cluster->snapshot, (enum kind_id)kind, COLLECTION_CURRENT, NULL, 1);
}

static void close_cluster(struct cluster *cluster)
{
	snapshot_free(cluster->snapshot);
	evidence_store_free(cluster->evidence);
	runbook_set_free(cluster->set);
	field_set_release(&cluster->fields);
}

static const struct record *put_node(struct cluster *cluster, const char *name, const char *runtime)
{
	auto_free char *text = xasprintf(
		"{\"metadata\":{\"uid\":\"%s\",\"name\":\"%s\"},\"status\":{\"nodeInfo\":{\"containerRuntimeVersion\":\"%s\"},"
		"\"conditions\":[{\"type\":\"DiskPressure\",\"status\":\"True\"}]}}", name, name, runtime);
	struct record *record = scan_object(cluster->fields.tables[KIND_NODE], text);

	snapshot_put(cluster->snapshot, record);
	return record;
}

/* What the command of a collect item said on a node. */
static void answer(struct cluster *cluster, const char *id, const char *item, const char *node, int code, const char *text)
{
	const struct runbook *runbook = runbook_find(cluster->set, id);
	const struct record *record = snapshot_by_name(cluster->snapshot, KIND_NODE, "", node);
	struct evidence_request requests[4];
	struct evaluation evaluation;

	evaluation_init(&evaluation, cluster->snapshot, cluster->evidence, NOW, NULL);
	evaluation.runbook = runbook;
	for (size_t i = 0; i < runbook->collect_count; i++) {
		size_t count = strcmp(runbook->collect[i].name, item) != 0 ? 0 :
			       collect_item_requests(&runbook->collect[i], record, &evaluation, requests, 4);

		for (size_t j = 0; j < count; j++) {
			auto_free char *key = evidence_key(&requests[j]);
			struct err err = {0};

			if (code < 0)
				err_set(&err, ERR_TIMEOUT, "no answer", NULL);
			evidence_put(cluster->evidence, key, code < 0 ? NULL : json_pack("{s:i, s:s}", "exit", code, "text", text),
				     NULL, &err, NOW);
			free(requests[j].path);
		}
	}
	evaluation_release(&evaluation);
}

static enum truth confirms(struct cluster *cluster, const char *id, const char *node, char *text, size_t size)
{
	const struct runbook *runbook = runbook_find(cluster->set, id);
	struct evaluation evaluation;
	enum truth truth;

	evaluation_init(&evaluation, cluster->snapshot, cluster->evidence, NOW, NULL);
	evaluation.runbook = runbook;
	truth = condition_evaluate(runbook->confirm, snapshot_by_name(cluster->snapshot, KIND_NODE, "", node), &evaluation);
	if (text)
		snprintf(text, size, "%s", evaluation.line_count ? evaluation.lines[0].text : "");
	evaluation_release(&evaluation);
	return truth;
}

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  /etc/logrotate.d/docker\n"
#define SUM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  /etc/logrotate.d/docker\n"

static void e02_compares_with_what_most_nodes_have(void **state)
{
	struct cluster cluster;
	char text[128];

	(void)state;
	open_cluster(&cluster);
	for (char name[] = "n1"; name[1] <= '4'; name[1]++) {
		put_node(&cluster, name, "docker://20.10.9");
		answer(&cluster, "E02", "rotation-file", name, 0, SUM_A);
	}
	put_node(&cluster, "c1", "containerd://1.6.33");
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_FALSE);
	answer(&cluster, "E02", "rotation-file", "n3", 0, SUM_B);
	answer(&cluster, "E02", "rotation-file", "n4", 1, "");
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_FALSE);
	assert_int_equal(confirms(&cluster, "E02", "n3", text, sizeof(text)), TRUTH_TRUE);
	assert_string_equal(text, "sha256 bbbbbbbbbbbbbbbb..., as on 1 of the nodes that were read");
	assert_int_equal(confirms(&cluster, "E02", "n4", text, sizeof(text)), TRUTH_TRUE);
	assert_string_equal(text, "missing; 2 nodes have it");
	/* A node that does not answer is neither; it does not hide the others. */
	answer(&cluster, "E02", "rotation-file", "n1", -1, NULL);
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_UNKNOWN);
	assert_int_equal(confirms(&cluster, "E02", "n4", NULL, 0), TRUTH_TRUE);
	/* Now one has A and one has B: nobody can say which is meant. */
	assert_int_equal(confirms(&cluster, "E02", "n2", NULL, 0), TRUTH_TRUE);
	/* Nowhere: that is E01's matter. */
	for (char name[] = "n1"; name[1] <= '4'; name[1]++)
		answer(&cluster, "E02", "rotation-file", name, 1, "");
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_FALSE);
	close_cluster(&cluster);
}

static void e01_wants_big_logs_and_no_rotation(void **state)
{
	struct cluster cluster;

	(void)state;
	open_cluster(&cluster);
	put_node(&cluster, "n1", "docker://20.10.9");
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_UNKNOWN);
	answer(&cluster, "E01", "rotation-file", "n1", 1, "");
	answer(&cluster, "E01", "big-logs", "n1", 0, "52428800 KiB /var/lib/docker/containers/ab/ab-json.log\n");
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_TRUE);
	/* The disk is full of something else. */
	answer(&cluster, "E01", "big-logs", "n1", 0, "");
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_FALSE);
	/* Logs are rotated. */
	answer(&cluster, "E01", "rotation-file", "n1", 0, "");
	answer(&cluster, "E01", "big-logs", "n1", 0, "1048580 KiB /var/lib/docker/containers/ab/ab-json.log\n");
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_FALSE);
	close_cluster(&cluster);
}

static void e07_leaves_out_nodes_of_the_second_version(void **state)
{
	struct cluster cluster;
	const struct runbook *runbook;
	struct evaluation evaluation;
	struct record *pod;
	static const struct {
		int code;
		const char *text;
		enum truth excluded;
	} cases[] = {{-1, NULL, TRUTH_FALSE}, {0, "tmpfs\n", TRUTH_FALSE}, {0, "cgroup2fs\n", TRUTH_TRUE}};

	(void)state;
	open_cluster(&cluster);
	runbook = runbook_find(cluster.set, "E07");
	put_node(&cluster, "n1", "containerd://1.6.33");
	pod = scan_object(cluster.fields.tables[KIND_POD],
			  "{\"metadata\":{\"uid\":\"p\",\"namespace\":\"a\",\"name\":\"p\"},\"spec\":{\"nodeName\":\"n1\"}}");
	snapshot_put(cluster.snapshot, pod);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum truth excluded = TRUTH_FALSE;

		answer(&cluster, "E07", "cgroup-version", "n1", cases[i].code, cases[i].text);
		evaluation_init(&evaluation, cluster.snapshot, cluster.evidence, NOW, NULL);
		evaluation.runbook = runbook;
		for (size_t j = 0; j < runbook->exclude_count && excluded == TRUTH_FALSE; j++)
			excluded = condition_evaluate(runbook->excludes[j], pod, &evaluation);
		evaluation_release(&evaluation);
		assert_int_equal(excluded, cases[i].excluded);
	}
	close_cluster(&cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e02_compares_with_what_most_nodes_have),
		cmocka_unit_test(e01_wants_big_logs_and_no_rotation),
		cmocka_unit_test(e07_leaves_out_nodes_of_the_second_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
