/* Checks of collected evidence: ways into a document, fields to compare with, evidence that decides about evidence. */
#include "probes/runbook/document.h"
#include "tests/unit/runbook/bench.h"

static const char runbook_json[] =
	"{'format':2,'id':'X01','slug':'x','severity':{'default':'warning'},'subject':'Pod','group':'object',"
	"'when':{'any':[{'field':{'path':'spec.hostname','op':'exists'}},{'field':{'path':'spec.subdomain','op':'exists'}}]},'collect':["
	"{'name':'daemon','type':'get','path':'/apis/apps/v1/namespaces/{namespace}/daemonsets/d'},"
	"{'name':'sizes','type':'stats-summary','if':{'check':{'name':'daemon','path':'spec.ask','op':'eq','value':true}}},"
	"{'name':'disk','type':'node-check','argv':['df','-P'],'sudo':true}],"
	"'texts':{'en':{'title':'t','symptom':'s','cause':'c','remedy':'r'}}}";

struct check_bench {
	struct bench bench;
	struct schema *schema;
	struct runbook *runbook;
	const struct record *pod;
	struct report report;
	char *text;
};

static void open_bench(struct check_bench *check)
{
	struct err err = {0};

	bench_init(&check->bench);
	check->text = unquoted(runbook_json);
	assert_int_equal(schema_load("assets/runbook.schema.json", &check->schema, &err), 0);
	report_init(&check->report, "x.json", check->text);
	check->runbook = document_read(&(struct reading){.schema = check->schema, .book = check->bench.book,
							  .fields = &check->bench.fields},
				       strlen(check->text), &check->report);
	if (!check->runbook)
		fail_msg("%s", check->report.diagnostics[0].text);
	check->runbook->is_trusted = true;
	check->bench.runbook = *check->runbook;
	check->pod = bench_put(&check->bench, KIND_POD,
			       "{'metadata':{'uid':'p','namespace':'shop','name':'a.b'},'spec':{'nodeName':'n1',"
			       "'hostname':'100Mi'}}");
}

static void close_bench(struct check_bench *check)
{
	runbook_free(check->runbook);
	schema_free(check->schema);
	report_release(&check->report);
	free(check->text);
	bench_release(&check->bench);
}

static void put(struct check_bench *check, const char *key, const char *json)
{
	auto_free char *text = unquoted(json);

	evidence_put(check->bench.evidence, key, json_loads(text, 0, NULL), NULL, NULL, NOW);
}

static void says(struct check_bench *check, enum truth truth, const char *condition)
{
	auto_free char *text = xasprintf("{'check':%s}", condition);
	enum truth found = bench_says(&check->bench, check->pod, KIND_POD, text);

	if (found != truth)
		fail_msg("%s: %d", text, found);
}

static void finds_its_way_into_documents(void **state)
{
	struct check_bench check;

	(void)state;
	open_bench(&check);
	put(&check, "get:/apis/apps/v1/namespaces/shop/daemonsets/d",
	    "{'spec':{'c':[{'name':'x','env':[]},{'name':'y','env':[{'name':'A','value':'1'},{'name':'B','value':'true'}]}],"
	    "'m':{'shop/a.b':{'n':104857600}}}}");
	says(&check, TRUTH_TRUE, "{'name':'daemon','path':'spec.c[name=y].env[name=B].value','op':'eq','value':'true'}");
	says(&check, TRUTH_FALSE, "{'name':'daemon','path':'spec.c[name=x].env[name=B].value','op':'eq','value':'true'}");
	says(&check, TRUTH_FALSE, "{'name':'daemon','path':'spec.c[name=z].env[name=B].value','op':'exists'}");
	says(&check, TRUTH_TRUE, "{'name':'daemon','path':'spec.m[{namespace}/{name}].n','op':'exists'}");
	says(&check, TRUTH_TRUE, "{'name':'daemon','path':'spec.m[{namespace}/other].n','op':'absent'}");
	says(&check, TRUTH_FALSE, "{'name':'daemon','path':'spec.m[','op':'exists'}");
	says(&check, TRUTH_TRUE, "{'name':'daemon','path':'spec.m[{namespace}/{name}].n','op':'eq','valueOf':'spec.hostname'}");
	says(&check, TRUTH_FALSE, "{'name':'daemon','path':'spec.m[{namespace}/{name}].n','op':'lt','valueOf':'spec.hostname','percent':100}");
	says(&check, TRUTH_TRUE, "{'name':'daemon','path':'spec.m[{namespace}/{name}].n','op':'lt','valueOf':'spec.hostname','percent':101}");
	assert_string_equal(check.bench.evaluation.lines[0].source,
			    "DaemonSet/shop/d spec.m[shop/a.b].n");
	says(&check, TRUTH_FALSE, "{'name':'daemon','path':'spec.m[{namespace}/{name}].n','op':'lt','valueOf':'spec.subdomain','percent':101}");
	close_bench(&check);
}

static void an_object_that_is_not_there_is_an_answer(void **state)
{
	struct check_bench check;
	struct err err = {0};
	CLEANUP(buffer_release) struct buffer reason = BUFFER_INIT(256);

	(void)state;
	open_bench(&check);
	err_set(&err, ERR_NOT_FOUND, "not found", NULL);
	evidence_put(check.bench.evidence, "get:/apis/apps/v1/namespaces/shop/daemonsets/d", NULL, NULL, &err, NOW);
	says(&check, TRUTH_TRUE, "{'name':'daemon','path':'spec.x','op':'ne','value':'Disabled'}");
	says(&check, TRUTH_FALSE, "{'name':'daemon','path':'spec.x','op':'eq','value':true}");
	says(&check, TRUTH_FALSE, "{'name':'daemon','op':'exists'}");
	/* Of the kubelet's numbers it is none. */
	put(&check, "get:/apis/apps/v1/namespaces/shop/daemonsets/d", "{'spec':{'ask':true}}");
	evidence_put(check.bench.evidence, "stats:n1", NULL, NULL, &err, NOW);
	says(&check, TRUTH_UNKNOWN, "{'name':'sizes','path':'volumes','op':'exists'}");
	err_set(&err, ERR_FORBIDDEN, "no", NULL);
	evidence_put(check.bench.evidence, "stats:n1", NULL, NULL, &err, NOW);
	says(&check, TRUTH_UNKNOWN, "{'name':'sizes','path':'volumes','op':'exists'}");
	message_format(&check.bench.evaluation.unknown, NULL, &reason);
	assert_string_equal(buffer_text(&reason), "forbidden: nodes/proxy");
	assert_false(unknown_is_by_choice(&check.bench.evaluation.unknown, true));
	close_bench(&check);
}

static size_t wanted(struct check_bench *check, struct evidence_request *requests)
{
	size_t count = 0;

	for (size_t i = 0; i < check->runbook->collect_count; i++) {
		struct evaluation evaluation;

		evaluation_init(&evaluation, check->bench.snapshot, check->bench.evidence, NOW, NULL);
		evaluation.runbook = check->runbook;
		count += collect_item_requests(&check->runbook->collect[i], check->pod, &evaluation, requests + count, 4);
		evaluation_release(&evaluation);
	}
	return count;
}

static void costly_evidence_waits_for_cheap_one(void **state)
{
	struct check_bench check;
	struct evidence_request requests[8];
	auto_free char *key = NULL;
	size_t count;

	(void)state;
	open_bench(&check);
	count = wanted(&check, requests);
	assert_int_equal(count, 2);
	key = evidence_key(&requests[1]);
	assert_string_equal(key, "node:n1 sudo [\"df\",\"-P\"]");
	assert_false(requests[1].is_untrusted);
	for (size_t i = 0; i < count; i++)
		free(requests[i].path);
	check.runbook->is_trusted = false;
	put(&check, "get:/apis/apps/v1/namespaces/shop/daemonsets/d", "{'spec':{'ask':true}}");
	count = wanted(&check, requests);
	assert_int_equal(count, 3);
	assert_int_equal(requests[1].type, EVIDENCE_STATS);
	assert_string_equal(requests[1].path, "n1");
	assert_true(requests[2].is_untrusted);
	for (size_t i = 0; i < count; i++)
		free(requests[i].path);
	close_bench(&check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_its_way_into_documents),
		cmocka_unit_test(an_object_that_is_not_there_is_an_answer),
		cmocka_unit_test(costly_evidence_waits_for_cheap_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
