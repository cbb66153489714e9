/* guide E14: what the history proves, and whose address BGP lacks. */
#include <stdlib.h>
#include <unistd.h>

#include "probes/model/history.h"
#include "tests/unit/runbook/bench.h"

#define NODE(uid, created)                                                                                     \
	"{'metadata':{'uid':'" uid "','name':'n1','creationTimestamp':'" created "'},'status':{'addresses':["      \
	"{'type':'InternalIP','address':'10.0.0.1'}]}}"
#define CONTROLLERS(started)                                                                                   \
	"{'metadata':{'uid':'k','namespace':'kube-system','name':'calico-kube-controllers-7-x'},'status':{"        \
	"'containerStatuses':[{'name':'c','state':{'running':{'startedAt':'" started "'}}}]}}"

static void see(struct bench *bench, struct history *history, enum kind_id kind, const char *text, int64_t now)
{
	auto_free char *json = unquoted(text);
	struct record *record = scan_object(bench->fields.tables[kind], json);

	history_see(history, record, now);
	record_free(record);
}

/* The node lived until 09:00 and came back at 09:30; the controllers started at some time. */
static enum truth with_restart_at(const char *controllers, bool has_life_before, char *text, size_t size)
{
	struct bench bench;
	struct history *history;
	struct err err = {0};
	char folder[] = "/tmp/nks-readd-XXXXXX";
	auto_free char *file = NULL;
	const struct record *node;
	enum truth truth;

	bench_init(&bench);
	assert_non_null(mkdtemp(folder));
	file = xasprintf("%s/history.db", folder);
	assert_int_equal(history_open(folder, "https://a", 14, NOW, &history, &err), 0);
	if (has_life_before)
		see(&bench, history, KIND_NODE, NODE("old", "2026-10-01T00:00:00Z"), NOW - 3600);
	see(&bench, history, KIND_NODE, NODE("new", "2026-11-21T09:30:00Z"), NOW);
	see(&bench, history, KIND_POD, controllers, NOW);
	snapshot_set_history(bench.snapshot, history);
	node = bench_put(&bench, KIND_NODE, NODE("new", "2026-11-21T09:30:00Z"));
	truth = bench_says(&bench, node, KIND_NODE, "{'detector':'node-came-back'}");
	if (bench.evaluation.line_count)
		snprintf(text, size, "%s|%s", bench.evaluation.lines[0].source, bench.evaluation.lines[0].text);
	history_free(history, NOW);
	bench_release(&bench);
	unlink(file);
	rmdir(folder);
	return truth;
}

static void proves_that_the_controllers_were_restarted_meanwhile(void **state)
{
	char text[256] = "";

	(void)state;
	assert_int_equal(with_restart_at(CONTROLLERS("2026-11-21T09:10:00Z"), true, text, sizeof(text)), TRUTH_TRUE);
	assert_string_equal(text, "history of Node/n1|last seen as old at 2026-11-21T09:00:00Z; calico-kube-controllers started at "
				  "2026-11-21T09:10:00Z; created again at 2026-11-21T09:30:00Z");
	assert_int_equal(with_restart_at(CONTROLLERS("2026-11-20T09:10:00Z"), true, text, sizeof(text)), TRUTH_FALSE);
	assert_int_equal(with_restart_at(CONTROLLERS("2026-11-21T09:45:00Z"), true, text, sizeof(text)), TRUTH_FALSE);
	/* A new node, whatever the controllers did. */
	assert_int_equal(with_restart_at(CONTROLLERS("2026-11-21T09:10:00Z"), false, text, sizeof(text)), TRUTH_FALSE);
}

static void without_a_history_it_does_not_know(void **state)
{
	struct bench bench;
	const struct record *node;

	(void)state;
	bench_init(&bench);
	node = bench_put(&bench, KIND_NODE, NODE("new", "2026-11-21T09:30:00Z"));
	assert_int_equal(bench_says(&bench, node, KIND_NODE, "{'detector':'node-came-back'}"), TRUTH_UNKNOWN);
	bench_release(&bench);
}

static enum truth with_message(const char *message, const char *pod, const char *on, const char *last)
{
	struct bench bench;
	const struct record *node;
	auto_free char *agent = xasprintf("{'metadata':{'uid':'c','namespace':'kube-system','name':'%s'},'spec':{'nodeName':'%s'}}",
					  pod, on);
	auto_free char *event = xasprintf(
		"{'metadata':{'uid':'e','namespace':'kube-system','name':'e'},'type':'Warning','reason':'Unhealthy','message':'%s',"
		"'involvedObject':{'kind':'Pod','namespace':'kube-system','name':'%s','uid':'c'},'lastTimestamp':'%s'}", message, pod,
		last);
	enum truth truth;

	bench_init(&bench);
	node = bench_put(&bench, KIND_NODE, NODE("new", "2026-11-21T09:30:00Z"));
	bench_put(&bench, KIND_POD, agent);
	bench_put(&bench, KIND_EVENT, event);
	truth = bench_says(&bench, node, KIND_NODE, "{'detector':'bgp-not-established-with-node'}");
	bench_release(&bench);
	return truth;
}

static void finds_the_nodes_own_address(void **state)
{
	static const char now[] = "2026-11-21T09:59:00Z";

	(void)state;
	assert_int_equal(with_message("BIRD is not ready: BGP not established with 10.0.0.1", "calico-node-a", "n2", now), TRUTH_TRUE);
	assert_int_equal(with_message("BGP not established with 10.0.0.7,10.0.0.1 2026-11-21 x", "calico-node-a", "n2", now), TRUTH_TRUE);
	assert_int_equal(with_message("BGP not established with 10.0.0.14", "calico-node-a", "n2", now), TRUTH_FALSE);
	assert_int_equal(with_message("BGP not established with 110.0.0.1", "calico-node-a", "n2", now), TRUTH_FALSE);
	assert_int_equal(with_message("BGP not established with 10.0.0.1.9", "calico-node-a", "n2", now), TRUTH_FALSE);
	assert_int_equal(with_message("10.0.0.1 is gone; BGP not established with 10.0.0.2", "calico-node-a", "n2", now), TRUTH_FALSE);
	/* Another's pod, the node's own, an old event. */
	assert_int_equal(with_message("BGP not established with 10.0.0.1", "web-1", "n2", now), TRUTH_FALSE);
	assert_int_equal(with_message("BGP not established with 10.0.0.1", "calico-node-a", "n1", now), TRUTH_FALSE);
	assert_int_equal(with_message("BGP not established with 10.0.0.1", "calico-node-a", "n2", "2026-11-21T08:00:00Z"), TRUTH_FALSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proves_that_the_controllers_were_restarted_meanwhile),
		cmocka_unit_test(without_a_history_it_does_not_know),
		cmocka_unit_test(finds_the_nodes_own_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
