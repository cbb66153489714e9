/* The match language: operators, three values of truth, ties, joins, time. */
#include "tests/unit/runbook/bench.h"

#define POD(name, more) "{'metadata':{'uid':'u-" name "','namespace':'ns','name':'" name "','resourceVersion':'1'," \
	"'creationTimestamp':'2026-11-21T09:00:00Z'" more
#define CONTAINERS(list) ",'status':{'phase':'Running','containerStatuses':[" list "]," \
	"'conditions':[{'type':'PodScheduled','status':'True','lastTransitionTime':'2026-11-21T09:00:01Z'}," \
	"{'type':'Ready','status':'False','lastTransitionTime':'2026-11-21T09:50:00Z'}]}"

static const struct record *put_two_containers(struct bench *bench)
{
	return bench_put(bench, KIND_POD,
			 POD("p", ",'labels':{'tier':'db'}}")
			 ",'spec':{'nodeName':'n1','containers':[{'name':'a','image':'nginx:1'},"
			 "{'name':'b','image':'quay.io/calico/typha:v3.28.2'}]}"
			 CONTAINERS("{'name':'a','ready':true,'restartCount':0,'image':'nginx:1'},"
				    "{'name':'b','ready':false,'restartCount':7,'image':'x',"
				    "'state':{'waiting':{'reason':'ImagePullBackOff','message':'Back-off pulling image x'}}}")
			 "}");
}

#define S "status.containerStatuses[*]"
#define FIELD(path, rest) "{'field':{'path':'" path "'," rest "}}"

static void compares_fields(void **state)
{
	static const struct {
		const char *text;
		enum truth truth;
	} cases[] = {
		{FIELD("status.phase", "'op':'eq','value':'Running'"), TRUTH_TRUE},
		{FIELD("status.phase", "'op':'ne','value':'Running'"), TRUTH_FALSE},
		{FIELD("status.phase", "'op':'in','value':['Pending','Running']"), TRUTH_TRUE},
		{FIELD("status.phase", "'op':'prefix','value':'Run'"), TRUTH_TRUE},
		{FIELD("status.phase", "'op':'matches','value':'^run'"), TRUTH_TRUE},
		{FIELD("status.reason", "'op':'absent'"), TRUTH_TRUE},
		{FIELD("status.reason", "'op':'exists'"), TRUTH_FALSE},
		{FIELD("status.reason", "'op':'eq','value':'x','default':'x'"), TRUTH_TRUE},
		/* ne speaks of all values: absent is not equal, one equal among several is equal. */
		{FIELD("status.reason", "'op':'ne','value':'Evicted'"), TRUTH_TRUE},
		{FIELD(S ".name", "'op':'ne','value':'a'"), TRUTH_FALSE},
		{FIELD(S ".name", "'op':'eq','value':'b'"), TRUTH_TRUE},
		{FIELD(S ".ready", "'op':'eq','value':false"), TRUTH_TRUE},
		{FIELD(S ".restartCount", "'op':'ge','value':7"), TRUTH_TRUE},
		{FIELD(S ".restartCount", "'op':'gt','value':7"), TRUTH_FALSE},
		{FIELD("metadata.labels[tier]", "'op':'eq','value':'db'"), TRUTH_TRUE},
		{FIELD("metadata.labels[other]", "'op':'exists'"), TRUTH_FALSE},
		{FIELD("metadata.name", "'op':'eq','valueOf':'metadata.name'"), TRUTH_TRUE},
		{FIELD("metadata.name", "'op':'eq','valueOf':'metadata.namespace'"), TRUTH_FALSE},
		{FIELD("status.phase", "'op':'gt','value':3"), TRUTH_UNKNOWN},
	};
	struct bench bench;
	const struct record *pod;

	(void)state;
	bench_init(&bench);
	field_table_want(bench.fields.tables[KIND_POD], "metadata.labels[tier]", &(const struct field_path *){NULL}, NULL);
	pod = put_two_containers(&bench);
	for (size_t i = 0; i < array_length(cases); i++) {
		enum truth truth = bench_says(&bench, pod, KIND_POD, cases[i].text);

		if (truth != cases[i].truth)
			fail_msg("%s: %d", cases[i].text, (int)truth);
	}
	bench_release(&bench);
}

static void compares_versions_and_quantities(void **state)
{
	static const struct {
		const char *op, *value;
		enum truth truth;
	} cases[] = {
		{"le", "v1.29.3", TRUTH_TRUE},  {"lt", "1.29.3", TRUTH_FALSE}, {"gt", "1.9", TRUTH_TRUE},
		{"ge", "1.29.10", TRUTH_FALSE}, {"lt", "1.30", TRUTH_TRUE},
	};
	struct bench bench;
	const struct record *node;

	(void)state;
	bench_init(&bench);
	node = bench_put(&bench, KIND_NODE,
			 "{'metadata':{'uid':'n','name':'n'},'status':{'nodeInfo':{'kubeletVersion':'v1.29.3'}}}");
	for (size_t i = 0; i < array_length(cases); i++) {
		auto_free char *text = xasprintf(FIELD("status.nodeInfo.kubeletVersion", "'op':'%s','value':'%s'"),
						 cases[i].op, cases[i].value);

		if (bench_says(&bench, node, KIND_NODE, text) != cases[i].truth)
			fail_msg("%s", text);
	}
	bench_release(&bench);
}

/* Without a tie, one container may be ready and another be called b. */
static void ties_conditions_to_one_item(void **state)
{
	struct bench bench;
	const struct record *pod;

	(void)state;
	bench_init(&bench);
	pod = put_two_containers(&bench);
	assert_int_equal(bench_says(&bench, pod, KIND_POD,
				    "{'all':[" FIELD(S ".name", "'op':'eq','value':'b'") ","
				    FIELD(S ".ready", "'op':'eq','value':true") "]}"), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD,
				    "{'each':{'in':'" S "','that':{'all':[" FIELD(S ".name", "'op':'eq','value':'b'") ","
				    FIELD(S ".ready", "'op':'eq','value':true") "]}}}"), TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD,
				    "{'each':{'in':'" S "','that':{'all':[" FIELD(S ".name", "'op':'eq','value':'b'") ","
				    FIELD(S ".ready", "'op':'eq','value':false") "]}}}"), TRUTH_TRUE);
	assert_int_equal(bench.evaluation.line_count, 2);
	assert_string_equal(bench.evaluation.lines[1].source, "Pod/ns/p status.containerStatuses[1].ready");
	assert_string_equal(bench.evaluation.lines[1].text, "false");
	/* A waiting container is tied as well; a default speaks of the item. */
	assert_int_equal(bench_says(&bench, pod, KIND_POD,
				    "{'each':{'in':'" S "','that':{'all':[" FIELD(S ".name", "'op':'eq','value':'a'")
				    ",{'waiting':{'reason':'ImagePullBackOff'}}]}}}"), TRUTH_FALSE);
	bench_release(&bench);
}

static void asks_images_not_strings(void **state)
{
	struct bench bench;
	const struct record *pod;

	(void)state;
	bench_init(&bench);
	pod = put_two_containers(&bench);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'image':{'registry':'docker.io','path':'library/nginx'}}"),
			 TRUTH_TRUE);
	assert_string_equal(bench.evaluation.lines[0].source, "Pod/ns/p spec.containers[0].image");
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'image':{'registry':'quay.io','basename':'ty*','tag':'v3.28.*'}}"),
			 TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'image':{'registry':'nginx'}}"), TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD,
				    "{'image':{'basename':'typha','not':{'registry':['docker.io','quay.io'],'path':'calico/*'}}}"),
			 TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD,
				    "{'image':{'basename':'typha','not':{'registry':'docker.io','path':'calico/*'}}}"), TRUTH_TRUE);
	bench_release(&bench);
}

static void knows_since_when(void **state)
{
	struct bench bench;
	const struct record *pod;
	static const char text[] = "{'for':{'seconds':%d,'of':{'each':{'in':'status.conditions[*]','that':{'all':["
				   FIELD("status.conditions[*].type", "'op':'eq','value':'Ready'") ","
				   FIELD("status.conditions[*].status", "'op':'eq','value':'False'") "]}}}}}";
	auto_free char *ten_minutes = xasprintf(text, 600);
	auto_free char *longer = xasprintf(text, 601);
	auto_free char *nameless = xstrdup("{'for':{'seconds':5,'of':" FIELD("metadata.name", "'op':'eq','value':'p'") "}}");

	(void)state;
	bench_init(&bench);
	pod = put_two_containers(&bench);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, ten_minutes), TRUTH_TRUE);
	assert_int_equal(bench.evaluation.since, NOW - 600);
	assert_int_equal(bench.evaluation.recheck_at, 0);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, longer), TRUTH_FALSE);
	assert_int_equal(bench.evaluation.recheck_at, NOW + 1);
	assert_int_equal(bench.evaluation.line_count, 0);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, nameless), TRUTH_UNKNOWN);
	assert_non_null(strstr(bench.evaluation.unknown.id, "since when"));
	bench_release(&bench);
}

static void ages_come_of_age(void **state)
{
	struct bench bench;
	const struct record *pod;

	(void)state;
	bench_init(&bench);
	pod = put_two_containers(&bench);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'age':{'path':'metadata.creationTimestamp','op':'lt','seconds':3601}}"),
			 TRUTH_TRUE);
	assert_int_equal(bench.evaluation.recheck_at, NOW + 1);
	bench.now = bench.evaluation.recheck_at;
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'age':{'path':'metadata.creationTimestamp','op':'lt','seconds':3601}}"),
			 TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'age':{'path':'metadata.creationTimestamp','op':'gt','seconds':3600}}"),
			 TRUTH_TRUE);
	assert_int_equal(bench.evaluation.recheck_at, 0);
	bench_release(&bench);
}

static void put_event(struct bench *bench, const char *name, const char *reason, const char *last, int count)
{
	auto_free char *text = xasprintf(
		"{'metadata':{'uid':'%s','namespace':'ns','name':'%s'},'involvedObject':{'kind':'Pod','namespace':'ns',"
		"'name':'p','uid':'u-p'},'reason':'%s','type':'Warning','message':'it failed','count':%d,"
		"'firstTimestamp':'2026-11-21T09:30:00Z','lastTimestamp':'%s'}", name, name, reason, count, last);

	bench_put(bench, KIND_EVENT, text);
}

static void reads_events(void **state)
{
	struct bench bench;
	const struct record *pod;

	(void)state;
	bench_init(&bench);
	pod = put_two_containers(&bench);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'event':{'reason':'Failed'}}"), TRUTH_FALSE);
	put_event(&bench, "e1", "Failed", "2026-11-21T09:55:00Z", 4);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'event':{'reason':'Failed'}}"), TRUTH_TRUE);
	assert_string_equal(bench.evaluation.lines[0].source, "Event/ns/e1 message");
	assert_int_equal(bench.evaluation.since, NOW - 1800);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'count':{'of':{'event':{'reason':'Failed'}},'op':'ge','n':4}}"),
			 TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'count':{'of':{'event':{'reason':'Failed'}},'op':'ge','n':5}}"),
			 TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'event':{'reason':'Failed','withinSeconds':300}}"), TRUTH_TRUE);
	assert_int_equal(bench.evaluation.recheck_at, NOW + 1);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'event':{'reason':'Failed','withinSeconds':299}}"), TRUTH_FALSE);
	put_event(&bench, "e2", "Pulled", "2026-11-21T09:56:00Z", 1);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'event':{'reason':'Failed','resolvedBy':'Pulled'}}"), TRUTH_FALSE);
	bench_release(&bench);
}

static void forbid(struct bench *bench, enum kind_id kind)
{
	struct err err = {0};

	err_set(&err, ERR_FORBIDDEN, "forbidden", NULL);
	snapshot_set_state(bench->snapshot, kind, COLLECTION_FORBIDDEN, &err, 2);
}

/* What could not be read is neither true nor false, whatever it is combined with. */
static void names_what_it_could_not_read(void **state)
{
	struct bench bench;
	const struct record *pod;
	CLEANUP(buffer_release) struct buffer reason = BUFFER_INIT(256);
	static const char unknown[] = "{'event':{'reason':'Failed'}}";
	static const struct {
		const char *text;
		enum truth truth;
	} cases[] = {
		{"{'all':[%s," FIELD("metadata.name", "'op':'eq','value':'p'") "]}", TRUTH_UNKNOWN},
		{"{'all':[%s," FIELD("metadata.name", "'op':'eq','value':'q'") "]}", TRUTH_FALSE},
		{"{'any':[%s," FIELD("metadata.name", "'op':'eq','value':'p'") "]}", TRUTH_TRUE},
		{"{'any':[%s," FIELD("metadata.name", "'op':'eq','value':'q'") "]}", TRUTH_UNKNOWN},
		{"{'none':[%s]}", TRUTH_UNKNOWN},
		{"{'unread':%s}", TRUTH_TRUE},
		{"{'for':{'seconds':1,'of':%s}}", TRUTH_UNKNOWN},
		{"{'count':{'of':%s,'op':'ge','n':1}}", TRUTH_UNKNOWN},
		{"{'count':{'of':%s,'op':'ge','n':0}}", TRUTH_TRUE},
	};

	(void)state;
	bench_init(&bench);
	pod = put_two_containers(&bench);
	snapshot_free(bench.snapshot);
	bench.snapshot = snapshot_new();
	pod = put_two_containers(&bench);
	forbid(&bench, KIND_EVENT);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, unknown), TRUTH_UNKNOWN);
	message_format(&bench.evaluation.unknown, NULL, &reason);
	assert_string_equal(buffer_text(&reason), "list events: forbidden");
	for (size_t i = 0; i < array_length(cases); i++) {
		auto_free char *text = xasprintf(cases[i].text, unknown);
		enum truth truth = bench_says(&bench, pod, KIND_POD, text);

		if (truth != cases[i].truth)
			fail_msg("%s: %d", text, (int)truth);
	}
	bench_release(&bench);
}

static void put_chain(struct bench *bench)
{
	bench_put(bench, KIND_NODE, "{'metadata':{'uid':'n1','name':'n1'}}");
	bench_put(bench, KIND_DEPLOYMENT, "{'metadata':{'uid':'d1','namespace':'ns','name':'web'},'spec':{'replicas':2}}");
	bench_put(bench, KIND_REPLICA_SET,
		  "{'metadata':{'uid':'r1','namespace':'ns','name':'web-1','ownerReferences':[{'kind':'Deployment',"
		  "'name':'web','uid':'d1','controller':true}]}}");
	for (int i = 0; i < 3; i++) {
		auto_free char *text = xasprintf(
			"{'metadata':{'uid':'p%d','namespace':'ns','name':'web-1-%d','ownerReferences':[{'kind':'ReplicaSet',"
			"'name':'web-1','uid':'r1','controller':true}]},'spec':{'nodeName':'n1'},'status':{'phase':'%s'}}",
			i, i, i ? "Running" : "Pending");

		bench_put(bench, KIND_POD, text);
	}
}

#define RUNNING "'that':" FIELD("status.phase", "'op':'eq','value':'Running'")

static void follows_joins(void **state)
{
	struct bench bench;
	const struct record *web;
	const struct record *pod;

	(void)state;
	bench_init(&bench);
	put_chain(&bench);
	web = snapshot_by_uid(bench.snapshot, "d1");
	pod = snapshot_by_uid(bench.snapshot, "p1");
	assert_int_equal(bench_says(&bench, web, KIND_DEPLOYMENT, "{'join':{'to':'Pod','by':'owned'," RUNNING "}}"), TRUTH_TRUE);
	assert_int_equal(bench.evaluation.object_count, 2);
	assert_string_equal(bench.evaluation.objects[0], "p1");
	assert_string_equal(bench.evaluation.objects[1], "p2");
	assert_int_equal(bench_says(&bench, web, KIND_DEPLOYMENT,
				    "{'join':{'to':'Pod','by':'owned','object':false," RUNNING "}}"), TRUTH_TRUE);
	assert_int_equal(bench.evaluation.object_count, 0);
	assert_int_equal(bench_says(&bench, web, KIND_DEPLOYMENT,
				    "{'count':{'of':{'join':{'to':'Pod','by':'owned'," RUNNING "}},'op':'eq','n':2}}"), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'join':{'to':'Deployment','by':'rootOwner','that':"
				    FIELD("metadata.name", "'op':'eq','value':'web'") "}}"), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'join':{'to':'Node','by':'node','that':"
				    "{'count':{'of':{'join':{'to':'Pod','by':'node'}},'op':'eq','n':3}}}}"), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, "{'join':{'to':'Deployment','by':'name','name':'web'}}"), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, pod, KIND_POD,
				    "{'join':{'to':'Deployment','by':'name','name':'web','namespace':'other'}}"), TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, NULL, KIND_COUNT,
				    "{'join':{'to':'Deployment','by':'name','name':'web','namespace':'*'}}"), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, NULL, KIND_COUNT, "{'join':{'to':'Pod','by':'all'," RUNNING "}}"), TRUTH_TRUE);
	/* Without ReplicaSets nobody knows a Deployment's pods. */
	snapshot_free(bench.snapshot);
	bench.snapshot = snapshot_new();
	put_chain(&bench);
	snapshot_remove(bench.snapshot, KIND_REPLICA_SET, "r1");
	snapshot_set_state(bench.snapshot, KIND_POD, COLLECTION_CURRENT, NULL, 1);
	forbid(&bench, KIND_REPLICA_SET);
	web = snapshot_by_uid(bench.snapshot, "d1");
	assert_int_equal(bench_says(&bench, web, KIND_DEPLOYMENT, "{'join':{'to':'Pod','by':'owned'," RUNNING "}}"), TRUTH_UNKNOWN);
	bench_release(&bench);
}

struct marks {
	char text[256];
};

static void on_mark(void *data, const char *uid)
{
	struct marks *marks = data;
	size_t used = strlen(marks->text);

	snprintf(marks->text + used, sizeof(marks->text) - used, "%s ", uid ? uid : "all");
}

static const char *dependents(struct bench *bench, enum kind_id kind, const char *text, const char *uid,
			      struct marks *marks)
{
	struct evaluation context;
	struct report report;
	struct condition_tree *tree;

	report_init(&report, "test", NULL);
	tree = bench_compile(bench, kind, text, &report);
	assert_non_null(tree);
	report_release(&report);
	marks->text[0] = '\0';
	evaluation_init(&context, bench->snapshot, bench->evidence, bench->now, NULL);
	condition_mark_dependents(tree, &context, snapshot_by_uid(bench->snapshot, uid), on_mark, marks);
	return marks->text;
}

static void marks_who_depends(void **state)
{
	struct bench bench;
	struct marks marks;
	static const char owned[] = "{'join':{'to':'Pod','by':'owned'," RUNNING "}}";
	static const char on_node[] = "{'join':{'to':'Node','by':'node','that':" FIELD("metadata.name", "'op':'eq','value':'n1'") "}}";
	static const char named[] = "{'join':{'to':'Deployment','by':'name','name':'web','namespace':'ns','that':{'join':{'to':'Pod','by':'owned',"
				    "'that':{'event':{'reason':'Failed'}}}}}}";

	(void)state;
	bench_init(&bench);
	put_chain(&bench);
	bench_put(&bench, KIND_EVENT, "{'metadata':{'uid':'e','namespace':'ns','name':'e'},'involvedObject':{'kind':'Pod',"
		  "'namespace':'ns','name':'web-1-1','uid':'p1'},'reason':'Failed','message':'m'}");
	bench_put(&bench, KIND_EVENT, "{'metadata':{'uid':'f','namespace':'ns','name':'f'},'involvedObject':{'kind':'Pod',"
		  "'namespace':'ns','name':'gone','uid':'x'},'reason':'Failed','message':'m'}");
	assert_string_equal(dependents(&bench, KIND_DEPLOYMENT, owned, "p1", &marks), "d1 ");
	assert_string_equal(dependents(&bench, KIND_DEPLOYMENT, owned, "n1", &marks), "");
	assert_string_equal(dependents(&bench, KIND_POD, on_node, "p1", &marks), "");
	assert_int_equal(strlen(dependents(&bench, KIND_POD, on_node, "n1", &marks)), 9);
	assert_string_equal(dependents(&bench, KIND_NODE, named, "d1", &marks), "all ");
	assert_string_equal(dependents(&bench, KIND_NODE, named, "p2", &marks), "all ");
	assert_string_equal(dependents(&bench, KIND_NODE, named, "e", &marks), "all ");
	assert_string_equal(dependents(&bench, KIND_NODE, named, "f", &marks), "");
	assert_string_equal(dependents(&bench, KIND_POD, "{'event':{'reason':'Failed'}}", "e", &marks), "p1 ");
	bench_release(&bench);
}

static void looks_into_collected_logs(void **state)
{
	struct bench bench;
	const struct record *pod;
	json_t *document = json_pack("{s:[{s:s,s:s,s:s,s:i}]}", "collect", "name", "the-log", "type", "log", "container", "a",
				     "tailLines", 50);
	struct collect_item item = {.name = "the-log", .definition = json_array_get(json_object_get(document, "collect"), 0)};
	struct evidence_request request;
	auto_free char *key = NULL;
	static const char text[] = "{'log':{'collect':'the-log','pattern':'disk is full','examples':{'match':['Disk is\\nfull'],"
				   "'nomatch':['fine']}}}";

	(void)state;
	bench_init(&bench);
	bench.runbook.document = document;
	bench.runbook.collect = &item;
	bench.runbook.collect_count = 1;
	pod = put_two_containers(&bench);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, text), TRUTH_UNKNOWN);
	assert_int_equal(collect_item_requests(&item, pod, &bench.evaluation, &request, 1), 1);
	assert_string_equal(request.path, "ns/p/a");
	assert_int_equal(request.tail_lines, 50);
	key = evidence_key(&request);
	free(request.path);
	evidence_put(bench.evidence, key, NULL, xstrdup("all is fine\nnow the disk is full\nbye\n"), NULL, NOW);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, text), TRUTH_TRUE);
	assert_string_equal(bench.evaluation.lines[0].source, key);
	assert_string_equal(bench.evaluation.lines[0].text, "now the disk is full");
	evidence_put(bench.evidence, key, NULL, xstrdup("all is fine\n"), NULL, NOW);
	assert_int_equal(bench_says(&bench, pod, KIND_POD, text), TRUTH_FALSE);
	bench_release(&bench);
	json_decref(document);
}

static void refuses_what_makes_no_sense(void **state)
{
	static const struct {
		enum kind_id kind;
		const char *text, *fault;
	} cases[] = {
		{KIND_NODE, "{'waiting':{}}", "only pods have containers"},
		{KIND_NODE, "{'image':{'registry':'x'}}", "no containers"},
		{KIND_POD, "{'join':{'to':'Pod','by':'node'}}", "\"node\" leads from"},
		{KIND_POD, "{'join':{'to':'Deployment','by':'name'}}", "\"name\" is missing"},
		{KIND_NODE, "{'join':{'to':'Deployment','by':'name','name':'x'}}", "\"namespace\" is missing"},
		{KIND_POD, "{'join':{'to':'Pod','by':'labels'}}", "\"labels\" are missing"},
		{KIND_POD, "{'each':{'in':'status.phase','that':{'waiting':{}}}}", "no list"},
		{KIND_POD, "{'each':{'in':'status.conditions[*]','that':{'waiting':{}}}}", "no path in here"},
		{KIND_POD, FIELD("status.phase", "'op':'exists','value':'x'"), "takes no value"},
		{KIND_POD, FIELD("status.phase", "'op':'eq'"), "needs a value"},
		{KIND_POD, FIELD("status.phase", "'op':'eq','value':['x']"), "only \"in\" takes a list"},
		{KIND_POD, FIELD("status.phase", "'op':'matches','value':'('"), "the pattern is wrong"},
		{KIND_POD, FIELD("status.conditions[0].type", "'op':'exists'"), "no fixed order"},
		{KIND_COUNT, FIELD("metadata.name", "'op':'exists'"), "no object here"},
		{KIND_POD, "{'event':{'message':'nowhere'}}", "no such entry"},
		{KIND_POD, "{'event':{'pattern':'x'}}", "\"examples\" are missing"},
		{KIND_POD, "{'event':{'pattern':'x','examples':{'match':['y'],'nomatch':['z']}}}", "does not match this example"},
		{KIND_POD, "{'event':{'pattern':'x','examples':{'match':['x'],'nomatch':['xx']}}}", "matches this example"},
		{KIND_POD, "{'event':{'unless':'x'}}", "there is none"},
		{KIND_POD, "{'log':{'collect':'nothing','pattern':'x'}}", "nothing is collected"},
		{KIND_POD, "{'detector':'nobody'}", "no detector"},
	};
	struct bench bench;

	(void)state;
	bench_init(&bench);
	for (size_t i = 0; i < array_length(cases); i++) {
		auto_free char *fault = bench_fault(&bench, cases[i].kind, cases[i].text);

		if (!strstr(fault, cases[i].fault))
			fail_msg("%s: %s", cases[i].text, fault);
	}
	bench_release(&bench);
}

static void joins_by_selector_and_reference(void **state)
{
	static const char by_selector[] = "{'join':{'to':'Pod','by':'selector','path':'spec.selector','keys':['app','tier']}}";
	static const char by_reference[] = "{'join':{'to':'StorageClass','by':'reference','path':'spec.storageClassName'}}";
	static const char by_referrers[] = "{'join':{'to':'Pod','by':'referrers','path':'spec.volumes[*].persistentVolumeClaim.claimName'}}";
	const struct record *service, *other, *unknown, *claim, *unused;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	/* Paths are wanted before the first record is scanned. */
	bench_says(&bench, NULL, KIND_SERVICE, by_selector);
	bench_says(&bench, NULL, KIND_PERSISTENT_VOLUME_CLAIM, by_reference);
	bench_says(&bench, NULL, KIND_PERSISTENT_VOLUME_CLAIM, by_referrers);
	bench_put(&bench, KIND_POD, "{'metadata':{'uid':'p','namespace':'ns','name':'p','labels':{'app':'web','tier':'front'}},"
		  "'spec':{'volumes':[{'name':'x'},{'name':'v','persistentVolumeClaim':{'claimName':'data'}}]}}");
	bench_put(&bench, KIND_STORAGE_CLASS, "{'metadata':{'uid':'c','name':'fast'}}");
	service = bench_put(&bench, KIND_SERVICE, "{'metadata':{'uid':'s','namespace':'ns','name':'s'},'spec':{'selector':{'app':'web'}}}");
	other = bench_put(&bench, KIND_SERVICE, "{'metadata':{'uid':'o','namespace':'ns','name':'o'},'spec':{'selector':{'app':'web','tier':'back'}}}");
	unknown = bench_put(&bench, KIND_SERVICE, "{'metadata':{'uid':'u','namespace':'ns','name':'u'},'spec':{'selector':{'role':'web'}}}");
	claim = bench_put(&bench, KIND_PERSISTENT_VOLUME_CLAIM, "{'metadata':{'uid':'d','namespace':'ns','name':'data'},'spec':{'storageClassName':'fast'}}");
	unused = bench_put(&bench, KIND_PERSISTENT_VOLUME_CLAIM, "{'metadata':{'uid':'e','namespace':'ns','name':'other'},'spec':{'storageClassName':'slow'}}");
	assert_int_equal(bench_says(&bench, service, KIND_SERVICE, by_selector), TRUTH_TRUE);
	assert_string_equal(bench.evaluation.objects[0], "p");
	assert_int_equal(bench_says(&bench, other, KIND_SERVICE, by_selector), TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, unknown, KIND_SERVICE, by_selector), TRUTH_UNKNOWN);
	assert_int_equal(bench_says(&bench, claim, KIND_PERSISTENT_VOLUME_CLAIM, by_reference), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, unused, KIND_PERSISTENT_VOLUME_CLAIM, by_reference), TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, claim, KIND_PERSISTENT_VOLUME_CLAIM, by_referrers), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, unused, KIND_PERSISTENT_VOLUME_CLAIM, by_referrers), TRUTH_FALSE);
	bench_release(&bench);
}

static void joins_later_objects_of_the_controller(void **state)
{
	static const char later[] = "{'join':{'to':'Job','by':'successors'}}";
	static const char job[] = "{'metadata':{'uid':'%s','namespace':'ns','name':'%s','creationTimestamp':'2026-11-2%s',"
				  "'ownerReferences':[{'kind':'CronJob','name':'c','uid':'%s','controller':true}]}}";
	struct bench bench;
	auto_free char *first = xasprintf(job, "a", "a", "0T00:00:00Z", "cron");
	auto_free char *second = xasprintf(job, "b", "b", "1T00:00:00Z", "cron");
	auto_free char *third = xasprintf(job, "z", "z", "1T01:00:00Z", "another");
	const struct record *old, *last;

	(void)state;
	bench_init(&bench);
	old = bench_put(&bench, KIND_JOB, first);
	last = bench_put(&bench, KIND_JOB, second);
	bench_put(&bench, KIND_JOB, third);
	assert_int_equal(bench_says(&bench, old, KIND_JOB, later), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, last, KIND_JOB, later), TRUTH_FALSE);
	bench_release(&bench);
}

/* In each, an age is that of the same item; another field may add seconds to it. */
static void ages_are_tied(void **state)
{
	static const char sick_for_long[] =
		"{'each':{'in':'status.conditions[*]','that':{'all':[{'field':{'path':'status.conditions[*].status','op':'eq','value':'False'}},"
		"{'age':{'path':'status.conditions[*].lastTransitionTime','op':'ge','seconds':600}}]}}}";
	static const char overdue[] =
		"{'age':{'path':'metadata.deletionTimestamp','op':'ge','seconds':300,'plus':'metadata.deletionGracePeriodSeconds'}}";
	const struct record *young, *old;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	bench_says(&bench, NULL, KIND_POD, overdue);
	young = bench_put(&bench, KIND_POD, "{'metadata':{'uid':'y','namespace':'ns','name':'y','deletionTimestamp':'2026-11-21T09:54:00Z',"
			  "'deletionGracePeriodSeconds':90},'status':{'conditions':[{'type':'A','status':'True','lastTransitionTime':"
			  "'2026-11-01T00:00:00Z'},{'type':'Ready','status':'False','lastTransitionTime':'2026-11-21T09:59:00Z'}]}}");
	old = bench_put(&bench, KIND_POD, "{'metadata':{'uid':'o','namespace':'ns','name':'o','deletionTimestamp':'2026-11-21T09:54:00Z',"
			"'deletionGracePeriodSeconds':30},'status':{'conditions':[{'type':'A','status':'True','lastTransitionTime':"
			"'2026-11-21T09:59:00Z'},{'type':'Ready','status':'False','lastTransitionTime':'2026-11-21T09:00:00Z'}]}}");
	assert_int_equal(bench_says(&bench, young, KIND_POD, sick_for_long), TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, old, KIND_POD, sick_for_long), TRUTH_TRUE);
	assert_int_equal(bench_says(&bench, young, KIND_POD, overdue), TRUTH_FALSE);
	assert_int_equal(bench_says(&bench, old, KIND_POD, overdue), TRUTH_TRUE);
	bench_release(&bench);
}

/* A join that leads everywhere: a record of which nothing holds that it asks for is nobody's concern. */
static void test_dependents_of_wide_joins(void **state)
{
	static const char all[] = "{'join':{'to':'Node','by':'all','that':{'field':{'path':'spec.unschedulable','op':'eq',"
				  "'value':true}}}}";
	static const char young[] = "{'join':{'to':'Node','by':'all','that':{'age':{'path':'metadata.creationTimestamp',"
				    "'op':'ge','seconds':3600}}}}";
	struct bench bench;
	struct marks marks;

	(void)state;
	bench_init(&bench);
	bench_put(&bench, KIND_NODE, "{'metadata':{'uid':'open','name':'open','creationTimestamp':'2026-11-21T09:59:00Z'}}");
	bench_put(&bench, KIND_NODE, "{'metadata':{'uid':'shut','name':'shut'},'spec':{'unschedulable':true}}");
	assert_string_equal(dependents(&bench, KIND_POD, all, "open", &marks), "");
	assert_string_equal(dependents(&bench, KIND_POD, all, "shut", &marks), "all ");
	/* It does not hold, but time will change that: the subjects have to know when. */
	assert_string_equal(dependents(&bench, KIND_POD, young, "open", &marks), "all ");
	bench_release(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_fields),
		cmocka_unit_test(compares_versions_and_quantities),
		cmocka_unit_test(ties_conditions_to_one_item),
		cmocka_unit_test(asks_images_not_strings),
		cmocka_unit_test(knows_since_when),
		cmocka_unit_test(ages_come_of_age),
		cmocka_unit_test(reads_events),
		cmocka_unit_test(names_what_it_could_not_read),
		cmocka_unit_test(follows_joins),
		cmocka_unit_test(marks_who_depends),
		cmocka_unit_test(looks_into_collected_logs),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(joins_by_selector_and_reference),
		cmocka_unit_test(joins_later_objects_of_the_controller),
		cmocka_unit_test(ages_are_tied),
		cmocka_unit_test(test_dependents_of_wide_joins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
