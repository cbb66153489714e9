/* E08 and E03 as shipped, on small clusters: what they find, what they must leave alone, and how sure they are. */
#include "tests/unit/runbook/bench.h"

struct outage {
	struct field_set fields;
	struct runbook_set *set;
	const struct runbook *runbook;
	struct snapshot *snapshot;
	struct evaluation evaluation;
};

/* What a test changes of the outage that E08 is made for. */
struct scene {
	const char *typha_image;	/* NULL: calico-typha:v3.24.1 */
	int typha_available;		/* of 2 */
	bool typha_runs;		/* its pods do not wait */
	int sick_agents;		/* of 3 */
	int sick_seconds;
	const char *event_message;	/* NULL: felix's own words; "": no event */
	bool events_forbidden;
	bool pods_forbidden;
	const char *pull_message;	/* NULL: pull access denied */
};

static const char felix[] = "Readiness probe failed: calico/node is not ready: felix is not ready: readiness probe reporting 503";

static void put(struct outage *outage, enum kind_id kind, char *text)
{
	auto_free char *json = unquoted(text);
	struct record *record = scan_object(outage->fields.tables[kind], json);

	if (!record)
		fail_msg("no record: %s", text);
	snapshot_put(outage->snapshot, record);
	free(text);
}

static void put_event(struct outage *outage, const char *pod, const char *reason, const char *message)
{
	put(outage, KIND_EVENT,
	    xasprintf("{'metadata':{'uid':'%s-%s','namespace':'kube-system','name':'%s.%s'},'involvedObject':{'kind':'Pod',"
		      "'namespace':'kube-system','name':'%s'},'type':'Warning','reason':'%s','message':'%s','count':9,"
		      "'firstTimestamp':'2026-11-21T09:30:00Z','lastTimestamp':'2026-11-21T09:59:50Z'}",
		      pod, reason, pod, reason, pod, reason, message));
}

static void put_typha(struct outage *outage, const struct scene *scene)
{
	const char *image = scene->typha_image ? scene->typha_image : "calico-typha:v3.24.1";

	put(outage, KIND_DEPLOYMENT,
	    xasprintf("{'metadata':{'uid':'typha','namespace':'kube-system','name':'calico-typha'},'spec':{'replicas':2,"
		      "'template':{'spec':{'containers':[{'name':'calico-typha','image':'%s'}]}}},"
		      "'status':{'availableReplicas':%d}}", image, scene->typha_available));
	put(outage, KIND_REPLICA_SET,
	    xstrdup("{'metadata':{'uid':'rs','namespace':'kube-system','name':'calico-typha-1','ownerReferences':[{'kind':"
		    "'Deployment','name':'calico-typha','uid':'typha','controller':true}]}}"));
	put(outage, KIND_POD,
	    xasprintf("{'metadata':{'uid':'t0','namespace':'kube-system','name':'calico-typha-1-0','ownerReferences':[{'kind':"
		      "'ReplicaSet','name':'calico-typha-1','uid':'rs','controller':true}]},'status':{'phase':'Pending',"
		      "'containerStatuses':[{'name':'calico-typha','ready':false,'state':{%s}}]}}",
		      scene->typha_runs ? "'running':{'startedAt':'2026-11-21T09:00:00Z'}"
					: "'waiting':{'reason':'ImagePullBackOff','message':'Back-off'}"));
	put_event(outage, "calico-typha-1-0", "Failed",
		  scene->pull_message ? scene->pull_message
				      : "Failed to pull image <calico-typha:v3.24.1>: failed to resolve reference "
					"docker.io/library/calico-typha:v3.24.1: pull access denied");
}

static void put_agents(struct outage *outage, const struct scene *scene)
{
	char since[21];

	clock_format(NOW - scene->sick_seconds, since);
	put(outage, KIND_DAEMON_SET,
	    xasprintf("{'metadata':{'uid':'ds','namespace':'kube-system','name':'calico-node'},'status':{"
		      "'desiredNumberScheduled':3,'numberUnavailable':%d}}", scene->sick_agents));
	for (int i = 0; i < 3; i++) {
		auto_free char *name = xasprintf("calico-node-%d", i);
		bool is_sick = i < scene->sick_agents;

		put(outage, KIND_POD,
		    xasprintf("{'metadata':{'uid':'a%d','namespace':'kube-system','name':'%s','ownerReferences':[{'kind':"
			      "'DaemonSet','name':'calico-node','uid':'ds','controller':true}]},'status':{'phase':'Running',"
			      "'conditions':[{'type':'Ready','status':'%s','lastTransitionTime':'%s'}],'containerStatuses':["
			      "{'name':'calico-node','ready':%s,'state':{'running':{'startedAt':'2026-11-21T08:00:00Z'}}}]}}",
			      i, name, is_sick ? "False" : "True", since, is_sick ? "false" : "true"));
		if (is_sick && !(scene->event_message && !*scene->event_message))
			put_event(outage, name, "Unhealthy", scene->event_message ? scene->event_message : felix);
	}
}

static void outage_init(struct outage *outage, const char *id, const struct scene *scene)
{
	struct runbook_load_options options = {.assets = "assets"};
	struct err err = {0};

	memset(outage, 0, sizeof(*outage));
	for (int kind = 0; kind < KIND_COUNT; kind++)
		outage->fields.tables[kind] = field_table_new(kind_get((enum kind_id)kind));
	assert_int_equal(runbook_set_load(&options, &outage->fields, &outage->set, &err), 0);
	outage->runbook = runbook_find(outage->set, id);
	assert_non_null(outage->runbook);
	outage->snapshot = snapshot_new();
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		bool is_forbidden = (kind == KIND_EVENT && scene->events_forbidden) ||
				    (kind == KIND_POD && scene->pods_forbidden);

		err_set(&err, ERR_FORBIDDEN, "forbidden", NULL);
		snapshot_set_state(outage->snapshot, (enum kind_id)kind,
				   is_forbidden ? COLLECTION_FORBIDDEN : COLLECTION_CURRENT, is_forbidden ? &err : NULL, 1);
	}
	put_typha(outage, scene);
	put_agents(outage, scene);
	if (!scene->events_forbidden)
		return;
	snapshot_remove(outage->snapshot, KIND_EVENT, "calico-typha-1-0-Failed");
	for (int i = 0; i < 3; i++) {
		auto_free char *uid = xasprintf("calico-node-%d-Unhealthy", i);

		snapshot_remove(outage->snapshot, KIND_EVENT, uid);
	}
}

static void outage_release(struct outage *outage)
{
	evaluation_release(&outage->evaluation);
	snapshot_free(outage->snapshot);
	runbook_set_free(outage->set);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		field_table_free(outage->fields.tables[kind]);
}

static enum truth found(struct outage *outage, const char *subject)
{
	evaluation_release(&outage->evaluation);
	evaluation_init(&outage->evaluation, outage->snapshot, NULL, NOW, NULL);
	outage->evaluation.runbook = outage->runbook;
	return condition_evaluate(outage->runbook->when, snapshot_by_uid(outage->snapshot, subject), &outage->evaluation);
}

static enum confidence confidence(struct outage *outage, const char *subject)
{
	for (size_t i = 0; i < outage->runbook->confidence_rule_count; i++) {
		const struct confidence_rule *rule = &outage->runbook->confidence_rules[i];

		if (condition_evaluate(rule->condition, snapshot_by_uid(outage->snapshot, subject), &outage->evaluation) ==
		    TRUTH_TRUE)
			return rule->confidence;
	}
	return CONFIDENCE_LIKELY;
}

static enum truth scene_says(const struct scene *scene, enum confidence *ret_confidence)
{
	struct outage outage;
	enum truth truth;

	outage_init(&outage, "E08", scene);
	truth = found(&outage, "typha");
	if (truth == TRUTH_TRUE && ret_confidence)
		*ret_confidence = confidence(&outage, "typha");
	outage_release(&outage);
	return truth;
}

static const struct scene plain = {.sick_agents = 3, .sick_seconds = 600};

static void finds_the_outage(void **state)
{
	struct outage outage;
	bool has_felix = false;

	(void)state;
	outage_init(&outage, "E08", &plain);
	assert_int_equal(found(&outage, "typha"), TRUTH_TRUE);
	/* The DaemonSet, the agents, the pod that cannot pull: all in order of uid. */
	assert_int_equal(outage.evaluation.object_count, 5);
	assert_string_equal(outage.evaluation.objects[0], "a0");
	assert_string_equal(outage.evaluation.objects[3], "ds");
	assert_string_equal(outage.evaluation.objects[4], "t0");
	for (size_t i = 0; i < outage.evaluation.line_count; i++)
		has_felix |= !strcmp(outage.evaluation.lines[i].text, felix);
	assert_true(has_felix);
	assert_int_equal(outage.evaluation.since, NOW - 1800);
	assert_int_equal(confidence(&outage, "typha"), CONFIDENCE_CERTAIN);
	assert_int_equal(found(&outage, "a0"), TRUTH_FALSE);
	outage_release(&outage);
}

static void leaves_false_friends_alone(void **state)
{
	struct scene scene;

	(void)state;
	scene = plain;
	scene.sick_seconds = 120;	/* starting up */
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
	scene = plain;
	scene.sick_agents = 1;		/* one node has its own trouble */
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
	scene = plain;
	scene.sick_agents = 0;		/* Typha is gone, but nobody suffers: an image-pull, not an outage */
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
	scene = plain;
	scene.typha_runs = true;	/* a port is blocked */
	scene.typha_available = 2;
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
	scene = plain;
	scene.typha_image = "docker.io/calico/typha:v3.24.1";	/* the fix would set what is there */
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
	scene = plain;
	scene.typha_image = "calico/typha:v3.24.1";	/* the same, as people write it */
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
	scene = plain;
	scene.event_message = "Readiness probe failed: calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.1";
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
	scene = plain;
	scene.event_message = "";	/* the agents never said that it is Felix */
	assert_int_equal(scene_says(&scene, NULL), TRUTH_FALSE);
}

static void says_how_sure_it_is(void **state)
{
	struct scene scene;
	enum confidence sure = CONFIDENCE_CERTAIN;

	(void)state;
	scene = plain;
	scene.typha_available = 1;	/* another Typha still serves: something else may be wrong as well */
	assert_int_equal(scene_says(&scene, &sure), TRUTH_TRUE);
	assert_int_equal(sure, CONFIDENCE_LIKELY);
	scene = plain;
	scene.pull_message = "Error: ImagePullBackOff";
	assert_int_equal(scene_says(&scene, &sure), TRUTH_TRUE);
	assert_int_equal(sure, CONFIDENCE_LIKELY);
	scene = plain;
	scene.events_forbidden = true;
	assert_int_equal(scene_says(&scene, &sure), TRUTH_TRUE);
	assert_int_equal(sure, CONFIDENCE_SUSPECTED);
	scene = plain;
	scene.typha_image = "mirror.example/k8s/docker.io/calico/typha:v3.24.1";	/* a host's name in a path */
	assert_int_equal(scene_says(&scene, &sure), TRUTH_TRUE);
	scene = plain;
	scene.sick_seconds = 180;
	assert_int_equal(scene_says(&scene, &sure), TRUTH_TRUE);
}

static void does_not_call_healthy_what_it_cannot_see(void **state)
{
	struct outage outage;
	struct scene scene = plain;
	CLEANUP(buffer_release) struct buffer reason = BUFFER_INIT(256);

	(void)state;
	scene.pods_forbidden = true;
	outage_init(&outage, "E08", &scene);
	assert_int_equal(found(&outage, "typha"), TRUTH_UNKNOWN);
	message_format(&outage.evaluation.unknown, NULL, &reason);
	assert_string_equal(buffer_text(&reason), "list pods: forbidden");
	assert_int_equal(outage.evaluation.line_count, 0);
	outage_release(&outage);
}

static void hub_limit(const char *message, enum truth truth, enum confidence sure)
{
	struct outage outage;
	struct scene scene = plain;

	scene.pull_message = message;
	outage_init(&outage, "E03", &scene);
	assert_int_equal(found(&outage, "t0"), truth);
	if (truth == TRUTH_TRUE)
		assert_int_equal(confidence(&outage, "t0"), sure);
	outage_release(&outage);
}

static void tells_hub_limits_from_others(void **state)
{
	(void)state;
	hub_limit("Failed to pull image <x>: unexpected status code https://registry-1.docker.io/v2/x: 429 Too Many Requests",
		  TRUTH_TRUE, CONFIDENCE_CERTAIN);
	hub_limit("Failed to pull image <x>: toomanyrequests: You have reached your pull rate limit.", TRUTH_TRUE,
		  CONFIDENCE_LIKELY);
	hub_limit("Failed to pull image <x>: unexpected status from HEAD request to https://quay.io/v2/x: 429 Too Many Requests",
		  TRUTH_FALSE, 0);
	hub_limit("Failed to pull image <x>: pull access denied, repository does not exist", TRUTH_FALSE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_outage),
		cmocka_unit_test(leaves_false_friends_alone),
		cmocka_unit_test(says_how_sure_it_is),
		cmocka_unit_test(does_not_call_healthy_what_it_cannot_see),
		cmocka_unit_test(tells_hub_limits_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
