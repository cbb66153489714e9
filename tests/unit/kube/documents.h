/* Objects as an API server writes them (composed after kubectl get -o json of a 1.30 cluster). */
#ifndef TESTS_UNIT_KUBE_DOCUMENTS_H
#define TESTS_UNIT_KUBE_DOCUMENTS_H

#define MANAGED_FIELDS                                                                                     \
	"\"managedFields\":[{\"apiVersion\":\"v1\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:metadata\":{" \
	"\"f:labels\":{\".\":{},\"f:app\":{}}},\"k:{\\\"uid\\\":\\\"x}]\\\"}\":{\".\":{}}},\"manager\":\"kubelet\"," \
	"\"operation\":\"Update\",\"subresource\":\"status\",\"time\":\"2026-11-21T08:00:00Z\"}]"

static const char document_pod[] =
	"{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"calico-node-x7k2p\","
	"\"generateName\":\"calico-node-\",\"namespace\":\"kube-system\","
	"\"uid\":\"6f1c1f9e-1f33-4c39-9d0c-0c7d2c4fd1a1\",\"resourceVersion\":\"48211\","
	"\"creationTimestamp\":\"2026-11-20T01:02:03Z\",\"deletionTimestamp\":null,"
	"\"labels\":{\"controller-revision-hash\":\"5d\",\"k8s-app\":\"calico-node\",\"tier\":\"node\"},"
	"\"annotations\":{\"kubernetes.io/config.mirror\":\"abc\",\"note\":\"x\"},"
	"\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Other\",\"name\":\"o\",\"uid\":\"not-this\"},"
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"DaemonSet\",\"name\":\"calico-node\","
	"\"uid\":\"d5-uid\",\"controller\":true,\"blockOwnerDeletion\":true}],"
	"\"finalizers\":[\"example.com/one\",\"example.com/two\"]," MANAGED_FIELDS "},"
	"\"spec\":{\"volumes\":[{\"name\":\"lib\",\"hostPath\":{\"path\":\"/lib\"}}],"
	"\"initContainers\":[{\"name\":\"install-cni\",\"image\":\"docker.io/calico/cni:v3.24.1\","
	"\"env\":[{\"name\":\"A\",\"value\":\"1\"}]},"
	"{\"name\":\"proxy\",\"image\":\"proxy:1\",\"restartPolicy\":\"Always\"}],"
	"\"containers\":[{\"name\":\"calico-node\",\"image\":\"docker.io/calico/node:v3.24.1\","
	"\"imagePullPolicy\":\"IfNotPresent\",\"env\":[{\"name\":\"FELIX_BPFENABLED\",\"value\":\"true\"},"
	"{\"name\":\"IP\",\"value\":\"autodetect\"}]}],"
	"\"restartPolicy\":\"Always\",\"nodeName\":\"node-1\",\"hostNetwork\":true,"
	"\"serviceAccountName\":\"calico-node\",\"readinessGates\":[{\"conditionType\":\"example.com/gate\"}],"
	"\"tolerations\":[{\"operator\":\"Exists\"}]},"
	"\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Initialized\",\"status\":\"True\","
	"\"lastProbeTime\":null,\"lastTransitionTime\":\"2026-11-20T01:02:13Z\"},{\"type\":\"Ready\",\"status\":"
	"\"False\",\"reason\":\"ContainersNotReady\",\"message\":\"containers with unready status: [calico-node]\","
	"\"lastTransitionTime\":\"2026-11-21T01:02:13+09:00\"}],"
	"\"hostIP\":\"10.0.0.11\",\"podIP\":\"10.0.0.11\",\"startTime\":\"2026-11-20T01:02:04Z\","
	"\"containerStatuses\":[{\"name\":\"calico-node\",\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\","
	"\"message\":\"Back-off pulling image \\\"docker.io/calico/node:v3.24.1\\\": \\uc548\\ub155 \\ud83d\\ude00\"}},"
	"\"lastState\":{\"terminated\":{\"exitCode\":137,\"signal\":9,\"reason\":\"OOMKilled\","
	"\"finishedAt\":\"2026-11-20T05:00:00Z\"}},\"ready\":false,\"restartCount\":7,\"started\":false,"
	"\"image\":\"docker.io/calico/node:v3.24.1\",\"imageID\":\"\"}],"
	"\"initContainerStatuses\":[{\"name\":\"install-cni\",\"state\":{\"terminated\":{\"exitCode\":0,"
	"\"reason\":\"Completed\",\"startedAt\":\"2026-11-20T01:02:05Z\",\"finishedAt\":\"2026-11-20T01:02:09Z\"}},"
	"\"ready\":true,\"restartCount\":1,\"image\":\"docker.io/calico/cni:v3.24.1\",\"imageID\":\"sha256:1\"},"
	"{\"name\":\"proxy\",\"state\":{\"running\":{\"startedAt\":\"2026-11-20T01:02:10Z\"}},\"ready\":true,"
	"\"started\":true,\"restartCount\":0,\"image\":\"proxy:1\",\"imageID\":\"sha256:2\"}],"
	"\"qosClass\":\"BestEffort\"}}";

static const char document_node[] =
	"{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Node\",\n  \"metadata\": {\n    \"name\": \"node-1\",\n"
	"    \"uid\": \"n1-uid\", \"resourceVersion\": \"77\", \"creationTimestamp\": \"2026-01-01T00:00:00Z\",\n"
	"    \"labels\": {\"kubernetes.io/hostname\": \"node-1\", \"node-role.kubernetes.io/worker\": \"\",\n"
	"      \"node-role.kubernetes.io/etcd\": \"true\", \"magnum.openstack.org/nodegroup\": \"default-worker\"}\n  },\n"
	"  \"spec\": {\"providerID\": \"openstack:///1\", \"unschedulable\": true, \"taints\": [\n"
	"    {\"key\": \"node.kubernetes.io/unschedulable\", \"effect\": \"NoSchedule\",\n"
	"     \"timeAdded\": \"2026-11-20T00:00:00Z\"}, {\"key\": \"dedicated\", \"value\": \"gpu\", \"effect\": "
	"\"NoExecute\"}]},\n"
	"  \"status\": {\"capacity\": {\"cpu\": \"4\"}, \"allocatable\": {\"cpu\": \"3920m\", \"memory\": \"8048912Ki\", "
	"\"pods\": \"110\"},\n"
	"    \"conditions\": [{\"type\": \"DiskPressure\", \"status\": \"True\", \"reason\": \"KubeletHasDiskPressure\",\n"
	"      \"message\": \"kubelet has disk pressure\", \"lastHeartbeatTime\": \"2026-11-21T00:00:10Z\",\n"
	"      \"lastTransitionTime\": \"2026-11-20T23:00:00Z\"}, {\"type\": \"Ready\", \"status\": \"True\"}],\n"
	"    \"addresses\": [{\"type\": \"InternalIP\", \"address\": \"10.0.0.11\"}, {\"type\": \"Hostname\", "
	"\"address\": \"node-1\"}],\n"
	"    \"nodeInfo\": {\"kubeletVersion\": \"v1.30.4\", \"containerRuntimeVersion\": \"containerd://1.6.33\",\n"
	"      \"osImage\": \"Ubuntu 22.04.4 LTS\", \"kernelVersion\": \"5.15.0\", \"architecture\": \"amd64\", "
	"\"bootID\": \"b\"}}\n}\n";

static const char document_event[] =
	"{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p.17f\",\"namespace\":\"default\",\"uid\":"
	"\"e1\",\"resourceVersion\":\"9\",\"creationTimestamp\":\"2026-11-21T00:00:00Z\"},\"involvedObject\":{\"kind\":"
	"\"Pod\",\"namespace\":\"default\",\"name\":\"p\",\"uid\":\"p-uid\",\"fieldPath\":\"spec.containers{main}\"},"
	"\"reason\":\"Failed\",\"message\":\"Failed to pull image \\\"x\\\": 429\",\"source\":{\"component\":\"kubelet\","
	"\"host\":\"node-1\"},\"firstTimestamp\":\"2026-11-21T00:00:00Z\",\"lastTimestamp\":\"2026-11-21T00:10:00Z\","
	"\"count\":5,\"type\":\"Warning\",\"eventTime\":null,\"reportingComponent\":\"kubelet\",\"reportingInstance\":"
	"\"node-1\"}";

static const char document_event_series[] =
	"{\"metadata\":{\"name\":\"p.180\",\"namespace\":\"default\",\"uid\":\"e2\",\"creationTimestamp\":"
	"\"2026-11-21T00:00:00Z\"},\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\"},\"reason\":\"FailedScheduling\","
	"\"message\":\"0/3 nodes\",\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,\"type\":\"Warning\","
	"\"eventTime\":\"2026-11-21T00:01:00.123456Z\",\"series\":{\"count\":12,\"lastObservedTime\":"
	"\"2026-11-21T00:09:00.5Z\"},\"reportingComponent\":\"default-scheduler\",\"reportingInstance\":\"s-0\"}";

static const char document_daemon_set[] =
	"{\"kind\":\"DaemonSet\",\"metadata\":{\"name\":\"calico-node\",\"namespace\":\"kube-system\",\"uid\":\"d5-uid\","
	"\"resourceVersion\":\"5\",\"generation\":3,\"labels\":{\"k8s-app\":\"calico-node\"}},\"spec\":{\"template\":{"
	"\"metadata\":{\"labels\":{\"k8s-app\":\"calico-node\"}},\"spec\":{\"initContainers\":[{\"name\":\"install-cni\","
	"\"image\":\"calico/cni:v3\"}],\"containers\":[{\"name\":\"calico-node\",\"image\":\"calico/node:v3\"}]}},"
	"\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":1}}},\"status\":{"
	"\"currentNumberScheduled\":12,\"numberMisscheduled\":0,\"desiredNumberScheduled\":12,\"numberReady\":4,"
	"\"observedGeneration\":3,\"updatedNumberScheduled\":12,\"numberAvailable\":4,\"numberUnavailable\":8}}";

static const char document_deployment[] =
	"{\"metadata\":{\"name\":\"calico-typha\",\"namespace\":\"kube-system\",\"uid\":\"dp\",\"generation\":2,"
	"\"annotations\":{\"deployment.kubernetes.io/revision\":\"14\"}},\"spec\":{\"replicas\":3,\"paused\":true,"
	"\"strategy\":{\"type\":\"RollingUpdate\"},\"progressDeadlineSeconds\":600,\"template\":{\"spec\":{\"containers\":["
	"{\"name\":\"calico-typha\",\"image\":\"calico/typha:v3\"}]}}},\"status\":{\"observedGeneration\":2,\"replicas\":3,"
	"\"updatedReplicas\":1,\"unavailableReplicas\":3,\"conditions\":[{\"type\":\"Progressing\",\"status\":\"False\","
	"\"lastUpdateTime\":\"2026-11-21T00:00:05Z\",\"lastTransitionTime\":\"2026-11-21T00:00:00Z\",\"reason\":"
	"\"ProgressDeadlineExceeded\",\"message\":\"m\"}]}}";

static const char document_stateful_set[] =
	"{\"metadata\":{\"name\":\"db\",\"namespace\":\"default\",\"uid\":\"ss\"},\"spec\":{\"updateStrategy\":{\"type\":"
	"\"OnDelete\"},\"template\":{\"spec\":{\"containers\":[]}}},\"status\":{\"replicas\":1,\"readyReplicas\":1,"
	"\"updateRevision\":\"db-59\",\"currentRevision\":\"db-58\"}}";

#endif
