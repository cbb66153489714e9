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

/* What the check of a collect item said on a node, with ' in the place of "; NULL: it did not answer. */
static void answer(struct cluster *cluster, const char *id, const char *item, const char *node, const char *document)
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
			auto_free char *text = xstrdup(document ? document : "");
			struct err err = {0};

			assert_non_null(requests[j].check);
			for (char *at = text; *at; at++)
				*at = *at == '\'' ? '"' : *at;
			if (!document)
				err_set(&err, ERR_TIMEOUT, "no answer", NULL);
			evidence_put(cluster->evidence, key, document ? json_loads(text, 0, NULL) : NULL,
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
	truth = condition_evaluate(runbook->confirm, snapshot_by_name(cluster->snapshot, KIND_NODE, "", node),
				   &evaluation);
	if (text)
		snprintf(text, size, "%s", evaluation.line_count ? evaluation.lines[0].text : "");
	evaluation_release(&evaluation);
	return truth;
}

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define FILE_IS(hex, mode, owner)                                                                                  \
	"{'verdict':'ok','signs':{'file-missing':false},'value':{'sum':{'sha256':'" hex "'},'file':{'mode':'" mode \
	"','owner':'" owner "','group':'root'}}}"
#define SUM_A FILE_IS(HEX_A, "644", "root")
#define SUM_B FILE_IS(HEX_B, "644", "root")
#define NO_FILE                                                                                                    \
	"{'verdict':'bad','signs':{'file-missing':true},'value':{'sum':{'missing':true},'file':{'missing':true}}}"

static void e02_compares_with_what_most_nodes_have(void **state)
{
	struct cluster cluster;
	char text[128];

	(void)state;
	open_cluster(&cluster);
	for (char name[] = "n1"; name[1] <= '4'; name[1]++) {
		put_node(&cluster, name, "docker://20.10.9");
		answer(&cluster, "E02", "rotation-file", name, SUM_A);
	}
	put_node(&cluster, "c1", "containerd://1.6.33");
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_FALSE);
	answer(&cluster, "E02", "rotation-file", "n3", SUM_B);
	answer(&cluster, "E02", "rotation-file", "n4", NO_FILE);
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_FALSE);
	assert_int_equal(confirms(&cluster, "E02", "n3", text, sizeof(text)), TRUTH_TRUE);
	assert_string_equal(text, "sha256 bbbbbbbbbbbbbbbb... 644 root:root, as on 1 of the nodes that were read");
	assert_int_equal(confirms(&cluster, "E02", "n4", text, sizeof(text)), TRUTH_TRUE);
	assert_string_equal(text, "missing; 2 nodes have it");
	/* A node that does not answer is neither; it does not hide the others. */
	answer(&cluster, "E02", "rotation-file", "n1", NULL);
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_UNKNOWN);
	assert_int_equal(confirms(&cluster, "E02", "n4", NULL, 0), TRUTH_TRUE);
	/* Now one has A and one has B: nobody can say which is meant. */
	assert_int_equal(confirms(&cluster, "E02", "n2", NULL, 0), TRUTH_TRUE);
	/* Nowhere: that is E01's matter. */
	for (char name[] = "n1"; name[1] <= '4'; name[1]++)
		answer(&cluster, "E02", "rotation-file", name, NO_FILE);
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_FALSE);
	close_cluster(&cluster);
}

static void e02_sees_another_mode_and_owner(void **state)
{
	struct cluster cluster;

	(void)state;
	open_cluster(&cluster);
	for (char name[] = "n1"; name[1] <= '4'; name[1]++) {
		put_node(&cluster, name, "docker://20.10.9");
		answer(&cluster, "E02", "rotation-file", name, SUM_A);
	}
	answer(&cluster, "E02", "rotation-file", "n3", FILE_IS(HEX_A, "666", "root"));
	assert_int_equal(confirms(&cluster, "E02", "n3", NULL, 0), TRUTH_TRUE);
	answer(&cluster, "E02", "rotation-file", "n3", FILE_IS(HEX_A, "644", "centos"));
	assert_int_equal(confirms(&cluster, "E02", "n3", NULL, 0), TRUTH_TRUE);
	assert_int_equal(confirms(&cluster, "E02", "n1", NULL, 0), TRUTH_FALSE);
	close_cluster(&cluster);
}

#define LOGS(share, big)                                                                                          \
	"{'verdict':'bad','signs':{'log-share':" share ",'big-log':" big "},'value':{},'text':'60.0 GiB in 3 logs'}"

/* The file that the runbook itself writes. */
static char *own_file(const struct cluster *cluster)
{
	const json_t *steps = json_object_get(runbook_find(cluster->set, "E01")->document, "steps");
	char digest[DIGEST_HEX_SIZE] = "";
	size_t index;
	const json_t *step;

	json_array_foreach(steps, index, step) {
		const char *content = json_string_value(json_object_get(step, "content"));

		if (content)
			digest_sha256(content, strlen(content), digest);
	}
	assert_int_equal(strlen(digest), 64);
	/* "confirm" of E01 holds this sum, too: for a step of another content it is to be changed. */
	print_message("# the step's file: sha256 %s\n", digest);
	return xasprintf("{'verdict':'ok','signs':{'file-missing':false},'value':{'sum':{'sha256':'%s'}}}", digest);
}

static void e01_wants_much_in_logs_and_no_rotation(void **state)
{
	struct cluster cluster;
	char text[128];

	(void)state;
	open_cluster(&cluster);
	auto_free char *own = own_file(&cluster);

	put_node(&cluster, "n1", "docker://20.10.9");
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_UNKNOWN);
	answer(&cluster, "E01", "rotation", "n1", NO_FILE);
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_UNKNOWN);
	/* A fifth of the disk in many logs, none of them large; or one large one. */
	answer(&cluster, "E01", "logs", "n1", LOGS("true", "false"));
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_TRUE);
	answer(&cluster, "E01", "logs", "n1", LOGS("false", "true"));
	assert_int_equal(confirms(&cluster, "E01", "n1", text, sizeof(text)), TRUTH_TRUE);
	/* The disk is full of something else. */
	answer(&cluster, "E01", "logs", "n1", LOGS("false", "false"));
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_FALSE);
	/* Somebody's own rotation that does not keep up; but a large log alone is no reason to replace it. */
	answer(&cluster, "E01", "rotation", "n1", SUM_A);
	answer(&cluster, "E01", "logs", "n1", LOGS("true", "true"));
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_TRUE);
	answer(&cluster, "E01", "logs", "n1", LOGS("false", "true"));
	assert_int_equal(confirms(&cluster, "E01", "n1", NULL, 0), TRUTH_FALSE);
	/* The file is there as the runbook would write it: writing it again mends nothing. */
	answer(&cluster, "E01", "rotation", "n1", own);
	answer(&cluster, "E01", "logs", "n1", LOGS("true", "true"));
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
		const char *text;
		enum truth excluded;
	} cases[] = {
		{NULL, TRUTH_FALSE},
		{"{'verdict':'ok','signs':{'unified':false}}", TRUTH_FALSE},
		{"{'verdict':'ok','signs':{'unified':true}}", TRUTH_TRUE},
	};

	(void)state;
	open_cluster(&cluster);
	runbook = runbook_find(cluster.set, "E07");
	put_node(&cluster, "n1", "containerd://1.6.33");
	pod = scan_object(cluster.fields.tables[KIND_POD],
			  "{\"metadata\":{\"uid\":\"p\",\"namespace\":\"a\",\"name\":\"p\"},\"spec\":{\"nodeName\":\"n1\"}}");
	snapshot_put(cluster.snapshot, pod);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum truth excluded = TRUTH_FALSE;

		answer(&cluster, "E07", "cgroups", "n1", cases[i].text);
		evaluation_init(&evaluation, cluster.snapshot, cluster.evidence, NOW, NULL);
		evaluation.runbook = runbook;
		for (size_t j = 0; j < runbook->exclude_count && excluded == TRUTH_FALSE; j++)
			excluded = condition_evaluate(runbook->excludes[j], pod, &evaluation);
		evaluation_release(&evaluation);
		assert_int_equal(excluded, cases[i].excluded);
	}
	close_cluster(&cluster);
}

/* The first confidence rule of an entry that holds for a pending pod of n1; -1: none. */
static int confidence(struct cluster *cluster, const char *id)
{
	const struct runbook *runbook = runbook_find(cluster->set, id);
	const struct record *pod = snapshot_by_name(cluster->snapshot, KIND_POD, "a", "p");
	struct evaluation evaluation;
	int found = -1;

	evaluation_init(&evaluation, cluster->snapshot, cluster->evidence, NOW, NULL);
	evaluation.runbook = runbook;
	for (size_t i = 0; i < runbook->confidence_rule_count && found < 0; i++) {
		if (condition_evaluate(runbook->confidence_rules[i].condition, pod, &evaluation) == TRUTH_TRUE)
			found = (int)runbook->confidence_rules[i].confidence;
	}
	evaluation_release(&evaluation);
	return found;
}

static void open_with_pod(struct cluster *cluster)
{
	open_cluster(cluster);
	put_node(cluster, "n1", "containerd://1.6.33");
	snapshot_put(cluster->snapshot, scan_object(cluster->fields.tables[KIND_POD],
						    "{\"metadata\":{\"uid\":\"p\",\"namespace\":\"a\",\"name\":\"p\"},"
						    "\"spec\":{\"nodeName\":\"n1\"},\"status\":{\"phase\":\"Pending\"}}"));
}

static void e09_asks_the_node_whether_statd_is_registered(void **state)
{
	struct cluster cluster;

	(void)state;
	open_with_pod(&cluster);
	assert_int_equal(confidence(&cluster, "E09"), -1);
	answer(&cluster, "E09", "rpc", "n1",
	       "{'verdict':'ok','signs':{'statd-unregistered':true},'value':{'registered':{'statd':false}}}");
	assert_int_equal(confidence(&cluster, "E09"), CONFIDENCE_CERTAIN);
	answer(&cluster, "E09", "rpc", "n1",
	       "{'verdict':'ok','signs':{'statd-unregistered':false},'value':{'registered':{'statd':true}}}");
	assert_int_equal(confidence(&cluster, "E09"), CONFIDENCE_SUSPECTED);
	close_cluster(&cluster);
}

#define REACHES(kubernetes, legacy)                                                                               \
	"{'verdict':'ok','signs':{'registry-unreachable':false,'legacy-unreachable':false},'value':{'kubernetes':" \
	"{'reachable':" kubernetes "},'legacy':{'reachable':" legacy "}}}"

static void e04_asks_the_node_for_image_and_registry(void **state)
{
	struct cluster cluster;

	(void)state;
	open_with_pod(&cluster);
	assert_int_equal(confidence(&cluster, "E04"), -1);
	answer(&cluster, "E04", "sandbox", "n1", "{'verdict':'bad','signs':{'sandbox-image-missing':true},'value':{}}");
	assert_int_equal(confidence(&cluster, "E04"), -1);
	answer(&cluster, "E04", "registry", "n1",
	       "{'verdict':'ok','signs':{'registry-unreachable':true,'legacy-unreachable':true},'value':{}}");
	assert_int_equal(confidence(&cluster, "E04"), CONFIDENCE_CERTAIN);
	/* The image is there: nothing is certain by the node alone. */
	answer(&cluster, "E04", "sandbox", "n1", "{'verdict':'ok','signs':{'sandbox-image-missing':false},'value':{}}");
	assert_int_equal(confidence(&cluster, "E04"), -1);
	/* Both hosts answer the node by now. */
	answer(&cluster, "E04", "registry", "n1", REACHES("true", "true"));
	assert_int_equal(confidence(&cluster, "E04"), CONFIDENCE_SUSPECTED);
	answer(&cluster, "E04", "registry", "n1", REACHES("true", "false"));
	assert_int_equal(confidence(&cluster, "E04"), -1);
	close_cluster(&cluster);
}

static void e11_and_e16_ask_the_node_too(void **state)
{
	struct cluster cluster;

	(void)state;
	open_with_pod(&cluster);
	assert_int_equal(confidence(&cluster, "E11"), CONFIDENCE_SUSPECTED);
	answer(&cluster, "E11", "journal", "n1", "{'verdict':'ok','signs':{'ownership-slow':true},'value':{}}");
	assert_int_equal(confidence(&cluster, "E11"), CONFIDENCE_LIKELY);
	answer(&cluster, "E16", "images", "n1", "{'verdict':'ok','signs':{'no-calico-image':true},'value':{}}");
	assert_int_equal(confidence(&cluster, "E16"), -1);
	answer(&cluster, "E16", "cni", "n1", "{'verdict':'bad','signs':{'no-config':true},'value':{}}");
	assert_int_equal(confidence(&cluster, "E16"), CONFIDENCE_CERTAIN);
	close_cluster(&cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e02_compares_with_what_most_nodes_have),
		cmocka_unit_test(e02_sees_another_mode_and_owner),
		cmocka_unit_test(e01_wants_much_in_logs_and_no_rotation),
		cmocka_unit_test(e09_asks_the_node_whether_statd_is_registered),
		cmocka_unit_test(e11_and_e16_ask_the_node_too),
		cmocka_unit_test(e04_asks_the_node_for_image_and_registry),
		cmocka_unit_test(e07_leaves_out_nodes_of_the_second_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
