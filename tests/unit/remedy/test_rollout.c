#include "tests/unit/remedy/cmocka_all.h"

#include "probes/base/err.h"
#include "probes/base/memory.h"
#include "probes/remedy/rollout.h"

struct row {
	const char *document;
	enum rollout_state state;
	const char *what;	/* part of the id of the message */
};

#define OBJECT(kind, spec, status)                                                                 \
	"{'kind':'" kind "','metadata':{'generation':2},'spec':{" spec "},'status':{" status "}}"
#define DEPLOYMENT(spec, status) OBJECT("Deployment", spec, status)
#define DAEMON_SET(spec, status) OBJECT("DaemonSet", spec, status)
#define STATEFUL_SET(spec, status) OBJECT("StatefulSet", spec, status)

/* One row a branch of kubectl's rollout_status.go. */
static const struct row rows[] = {
	{DEPLOYMENT("'replicas':3", "'observedGeneration':1,'updatedReplicas':3,'replicas':3,'availableReplicas':3"),
	 ROLLOUT_WAITING, "controller"},
	{DEPLOYMENT("'replicas':3", "'observedGeneration':2,'updatedReplicas':1,'replicas':3,'conditions':"
				    "[{'type':'Progressing','reason':'ProgressDeadlineExceeded'}]"),
	 ROLLOUT_FAILED, "deadline"},
	{DEPLOYMENT("'replicas':3", "'observedGeneration':2,'updatedReplicas':2,'replicas':3"), ROLLOUT_WAITING,
	 "new replicas"},
	{DEPLOYMENT("'replicas':3", "'observedGeneration':2,'updatedReplicas':3,'replicas':4"), ROLLOUT_WAITING,
	 "old replicas"},
	{DEPLOYMENT("'replicas':3", "'observedGeneration':2,'updatedReplicas':3,'replicas':3,'availableReplicas':2"),
	 ROLLOUT_WAITING, "available"},
	{DEPLOYMENT("'replicas':3", "'observedGeneration':2,'updatedReplicas':3,'replicas':3,'availableReplicas':3"),
	 ROLLOUT_DONE, "rolled out"},
	{DEPLOYMENT("'replicas':0", "'observedGeneration':2"), ROLLOUT_DONE, "rolled out"},
	{DEPLOYMENT("", "'observedGeneration':2"), ROLLOUT_WAITING, "new replicas"},
	{DAEMON_SET("'updateStrategy':{'type':'OnDelete'}", "'observedGeneration':2"), ROLLOUT_FAILED, "strategy"},
	{DAEMON_SET("'updateStrategy':{'type':'RollingUpdate'}", "'observedGeneration':1,'desiredNumberScheduled':2,"
								 "'updatedNumberScheduled':2,'numberAvailable':2"),
	 ROLLOUT_WAITING, "controller"},
	{DAEMON_SET("", "'observedGeneration':2,'desiredNumberScheduled':2,'updatedNumberScheduled':1,'numberAvailable':2"),
	 ROLLOUT_WAITING, "new pods"},
	{DAEMON_SET("", "'observedGeneration':2,'desiredNumberScheduled':2,'updatedNumberScheduled':2,'numberAvailable':1"),
	 ROLLOUT_WAITING, "updated pods"},
	{DAEMON_SET("", "'observedGeneration':2,'desiredNumberScheduled':2,'updatedNumberScheduled':2,'numberAvailable':2"),
	 ROLLOUT_DONE, "rolled out"},
	{STATEFUL_SET("'replicas':2", "'observedGeneration':0,'readyReplicas':2"), ROLLOUT_WAITING, "controller"},
	{STATEFUL_SET("'replicas':2", "'observedGeneration':2,'readyReplicas':1"), ROLLOUT_WAITING, "ready"},
	{STATEFUL_SET("'replicas':3,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':1}}",
		      "'observedGeneration':2,'readyReplicas':3,'updatedReplicas':1"),
	 ROLLOUT_WAITING, "updated"},
	{STATEFUL_SET("'replicas':3,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':1}}",
		      "'observedGeneration':2,'readyReplicas':3,'updatedReplicas':2,'updateRevision':'b','currentRevision':'a'"),
	 ROLLOUT_DONE, "rolled out"},
	{STATEFUL_SET("'replicas':2", "'observedGeneration':2,'readyReplicas':2,'updateRevision':'b','currentRevision':'a'"),
	 ROLLOUT_WAITING, "updated"},
	{STATEFUL_SET("'replicas':2", "'observedGeneration':2,'readyReplicas':2,'updateRevision':'b','currentRevision':'b'"),
	 ROLLOUT_DONE, "rolled out"},
	{STATEFUL_SET("'replicas':2,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':0}}",
		      "'observedGeneration':2,'readyReplicas':2,'updatedReplicas':1,'updateRevision':'b','currentRevision':'b'"),
	 ROLLOUT_WAITING, "updated"},
	{STATEFUL_SET("'replicas':2,'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{'partition':0}}",
		      "'observedGeneration':2,'readyReplicas':2,'updatedReplicas':2,'updateRevision':'b','currentRevision':'a'"),
	 ROLLOUT_DONE, "rolled out"},
	{DEPLOYMENT("'replicas':1", "'observedGeneration':2,'updatedReplicas':1,'replicas':1,'availableReplicas':1,'conditions':"
				    "[{'type':'Progressing','reason':'x'},{'type':'Progressing','reason':'ProgressDeadlineExceeded'}]"),
	 ROLLOUT_DONE, "rolled out"},
	{"{'kind':'ConfigMap'}", ROLLOUT_FAILED, "no rollout"},
};

static void test_rollouts_are_judged_as_kubectl_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(rows); i++) {
		json_t *document = json_of(rows[i].document);
		struct rollout rollout;

		rollout_look(document, &rollout);
		if (rollout.state != rows[i].state || !strstr(rollout.what.id, rows[i].what))
			fail_msg("row %zu: state %d, \"%s\"", i, (int)rollout.state, rollout.what.id);
		assert_in_range(rollout.progress, 0, 100);
		assert_true((rollout.progress == 100) == (rollout.state == ROLLOUT_DONE));
		json_decref(document);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rollouts_are_judged_as_kubectl_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
