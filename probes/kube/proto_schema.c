#include "probes/kube/proto_schema.h"

#include "probes/base/memory.h"

/*
 * S string, B bool, I int32, L int64, T time, U time with microseconds,
 * Q quantity, X int or string, M message. 0: zero is absent; R: a list;
 * M: a map.
 */
#define S(name, number) {name, number, PROTO_STRING, PROTO_ONE, 0, NULL}
#define S0(name, number) {name, number, PROTO_STRING, PROTO_ONE, 1, NULL}
#define SR(name, number) {name, number, PROTO_STRING, PROTO_LIST, 0, NULL}
#define SM(name, number) {name, number, PROTO_STRING, PROTO_MAP, 0, NULL}
#define B(name, number) {name, number, PROTO_BOOL, PROTO_ONE, 0, NULL}
#define B0(name, number) {name, number, PROTO_BOOL, PROTO_ONE, 1, NULL}
#define I(name, number) {name, number, PROTO_INT32, PROTO_ONE, 0, NULL}
#define I0(name, number) {name, number, PROTO_INT32, PROTO_ONE, 1, NULL}
#define IR(name, number) {name, number, PROTO_INT32, PROTO_LIST, 0, NULL}
#define L(name, number) {name, number, PROTO_INT64, PROTO_ONE, 0, NULL}
#define L0(name, number) {name, number, PROTO_INT64, PROTO_ONE, 1, NULL}
#define LR(name, number) {name, number, PROTO_INT64, PROTO_LIST, 0, NULL}
#define T(name, number) {name, number, PROTO_TIME, PROTO_ONE, 0, NULL}
#define U(name, number) {name, number, PROTO_MICRO_TIME, PROTO_ONE, 0, NULL}
#define Q(name, number) {name, number, PROTO_QUANTITY, PROTO_ONE, 0, NULL}
#define QM(name, number) {name, number, PROTO_QUANTITY, PROTO_MAP, 0, NULL}
#define X(name, number) {name, number, PROTO_INT_OR_STRING, PROTO_ONE, 0, NULL}
#define M(name, number, message) {name, number, PROTO_MESSAGE, PROTO_ONE, 0, &message}
#define MR(name, number, message) {name, number, PROTO_MESSAGE, PROTO_LIST, 0, &message}
#define INLINE(number, message) {"", number, PROTO_MESSAGE, PROTO_INLINE, 0, &message}
#define MESSAGE(id, text, ...)                                    \
	static const struct proto_field id##_fields[] = {__VA_ARGS__}; \
	static const struct proto_message id = {text, id##_fields, array_length(id##_fields)}

MESSAGE(owner_reference, "OwnerReference", S("kind", 1), S("name", 3), S("uid", 4), S("apiVersion", 5),
	B("controller", 6), B("blockOwnerDeletion", 7));
MESSAGE(managed_fields_entry, "ManagedFieldsEntry", S0("manager", 1), S0("operation", 2),
	S0("apiVersion", 3), T("time", 4), S0("fieldsType", 6), S0("subresource", 8));
MESSAGE(object_meta, "ObjectMeta", S0("name", 1), S0("generateName", 2), S0("namespace", 3),
	S0("selfLink", 4), S0("uid", 5), S0("resourceVersion", 6), L0("generation", 7),
	T("creationTimestamp", 8), T("deletionTimestamp", 9), L("deletionGracePeriodSeconds", 10),
	SM("labels", 11), SM("annotations", 12), MR("ownerReferences", 13, owner_reference),
	SR("finalizers", 14), MR("managedFields", 17, managed_fields_entry));
MESSAGE(taint, "Taint", S("key", 1), S0("value", 2), S("effect", 3), T("timeAdded", 4));
MESSAGE(node_spec, "NodeSpec", S0("podCIDR", 1), S0("externalID", 2), S0("providerID", 3),
	B0("unschedulable", 4), MR("taints", 5, taint), SR("podCIDRs", 7));
MESSAGE(node_condition, "NodeCondition", S("type", 1), S("status", 2), T("lastHeartbeatTime", 3),
	T("lastTransitionTime", 4), S0("reason", 5), S0("message", 6));
MESSAGE(node_address, "NodeAddress", S("type", 1), S("address", 2));
MESSAGE(daemon_endpoint, "DaemonEndpoint", I("Port", 1));
MESSAGE(node_daemon_endpoints, "NodeDaemonEndpoints", M("kubeletEndpoint", 1, daemon_endpoint));
MESSAGE(node_swap_status, "NodeSwapStatus", L("capacity", 1));
MESSAGE(node_system_info, "NodeSystemInfo", S("machineID", 1), S("systemUUID", 2), S("bootID", 3),
	S("kernelVersion", 4), S("osImage", 5), S("containerRuntimeVersion", 6), S("kubeletVersion", 7),
	S("kubeProxyVersion", 8), S("operatingSystem", 9), S("architecture", 10),
	M("swap", 11, node_swap_status));
MESSAGE(container_image, "ContainerImage", SR("names", 1), L0("sizeBytes", 2));
MESSAGE(attached_volume, "AttachedVolume", S("name", 1), S("devicePath", 2));
MESSAGE(node_runtime_handler_features, "NodeRuntimeHandlerFeatures", B("recursiveReadOnlyMounts", 1),
	B("userNamespaces", 2));
MESSAGE(node_runtime_handler, "NodeRuntimeHandler", S("name", 1),
	M("features", 2, node_runtime_handler_features));
MESSAGE(node_features, "NodeFeatures", B("supplementalGroupsPolicy", 1));
MESSAGE(node_status, "NodeStatus", QM("capacity", 1), QM("allocatable", 2), S0("phase", 3),
	MR("conditions", 4, node_condition), MR("addresses", 5, node_address),
	M("daemonEndpoints", 6, node_daemon_endpoints), M("nodeInfo", 7, node_system_info),
	MR("images", 8, container_image), SR("volumesInUse", 9), MR("volumesAttached", 10, attached_volume),
	MR("runtimeHandlers", 12, node_runtime_handler), M("features", 13, node_features));
MESSAGE(node, "Node", M("metadata", 1, object_meta), M("spec", 2, node_spec), M("status", 3, node_status));
MESSAGE(host_path_volume_source, "HostPathVolumeSource", S("path", 1), S("type", 2));
MESSAGE(empty_dir_volume_source, "EmptyDirVolumeSource", S0("medium", 1), Q("sizeLimit", 2));
MESSAGE(key_to_path, "KeyToPath", S("key", 1), S("path", 2), I("mode", 3));
MESSAGE(secret_volume_source, "SecretVolumeSource", S0("secretName", 1), MR("items", 2, key_to_path),
	I("defaultMode", 3), B("optional", 4));
MESSAGE(nfs_volume_source, "NFSVolumeSource", S("server", 1), S("path", 2), B0("readOnly", 3));
MESSAGE(persistent_volume_claim_volume_source, "PersistentVolumeClaimVolumeSource", S("claimName", 1),
	B0("readOnly", 2));
MESSAGE(local_object_reference, "LocalObjectReference", S0("name", 1));
MESSAGE(config_map_volume_source, "ConfigMapVolumeSource", INLINE(1, local_object_reference),
	MR("items", 2, key_to_path), I("defaultMode", 3), B("optional", 4));
MESSAGE(csi_volume_source, "CSIVolumeSource", S("driver", 1), B("readOnly", 2), S("fsType", 3),
	SM("volumeAttributes", 4), M("nodePublishSecretRef", 5, local_object_reference));
MESSAGE(volume_source, "VolumeSource", M("hostPath", 1, host_path_volume_source),
	M("emptyDir", 2, empty_dir_volume_source), M("secret", 6, secret_volume_source),
	M("nfs", 7, nfs_volume_source),
	M("persistentVolumeClaim", 10, persistent_volume_claim_volume_source),
	M("configMap", 19, config_map_volume_source), M("csi", 28, csi_volume_source));
MESSAGE(volume, "Volume", S("name", 1), INLINE(2, volume_source));
MESSAGE(container_port, "ContainerPort", S0("name", 1), I0("hostPort", 2), I("containerPort", 3),
	S0("protocol", 4), S0("hostIP", 5));
MESSAGE(object_field_selector, "ObjectFieldSelector", S0("apiVersion", 1), S("fieldPath", 2));
MESSAGE(resource_field_selector, "ResourceFieldSelector", S0("containerName", 1), S("resource", 2),
	Q("divisor", 3));
MESSAGE(config_map_key_selector, "ConfigMapKeySelector", INLINE(1, local_object_reference), S("key", 2),
	B("optional", 3));
MESSAGE(secret_key_selector, "SecretKeySelector", INLINE(1, local_object_reference), S("key", 2),
	B("optional", 3));
MESSAGE(file_key_selector, "FileKeySelector", S("volumeName", 1), S("path", 2), S("key", 3),
	B("optional", 4));
MESSAGE(env_var_source, "EnvVarSource", M("fieldRef", 1, object_field_selector),
	M("resourceFieldRef", 2, resource_field_selector), M("configMapKeyRef", 3, config_map_key_selector),
	M("secretKeyRef", 4, secret_key_selector), M("fileKeyRef", 5, file_key_selector));
MESSAGE(env_var, "EnvVar", S("name", 1), S0("value", 2), M("valueFrom", 3, env_var_source));
MESSAGE(resource_claim, "ResourceClaim", S("name", 1), S0("request", 2));
MESSAGE(resource_requirements, "ResourceRequirements", QM("limits", 1), QM("requests", 2),
	MR("claims", 3, resource_claim));
MESSAGE(volume_mount, "VolumeMount", S("name", 1), B0("readOnly", 2), S("mountPath", 3), S0("subPath", 4),
	S("mountPropagation", 5), S0("subPathExpr", 6), S("recursiveReadOnly", 7));
MESSAGE(exec_action, "ExecAction", SR("command", 1));
MESSAGE(http_header, "HTTPHeader", S("name", 1), S("value", 2));
MESSAGE(http_get_action, "HTTPGetAction", S0("path", 1), X("port", 2), S0("host", 3), S0("scheme", 4),
	MR("httpHeaders", 5, http_header));
MESSAGE(tcp_socket_action, "TCPSocketAction", X("port", 1), S0("host", 2));
MESSAGE(grpc_action, "GRPCAction", I("port", 1), S("service", 2));
MESSAGE(probe_handler, "ProbeHandler", M("exec", 1, exec_action), M("httpGet", 2, http_get_action),
	M("tcpSocket", 3, tcp_socket_action), M("grpc", 4, grpc_action));
MESSAGE(probe, "Probe", INLINE(1, probe_handler), I0("initialDelaySeconds", 2), I0("timeoutSeconds", 3),
	I0("periodSeconds", 4), I0("successThreshold", 5), I0("failureThreshold", 6),
	L("terminationGracePeriodSeconds", 7));
MESSAGE(sleep_action, "SleepAction", L("seconds", 1));
MESSAGE(lifecycle_handler, "LifecycleHandler", M("exec", 1, exec_action), M("httpGet", 2, http_get_action),
	M("tcpSocket", 3, tcp_socket_action), M("sleep", 4, sleep_action));
MESSAGE(lifecycle, "Lifecycle", M("postStart", 1, lifecycle_handler), M("preStop", 2, lifecycle_handler),
	S("stopSignal", 3));
MESSAGE(capabilities, "Capabilities", SR("add", 1), SR("drop", 2));
MESSAGE(se_linux_options, "SELinuxOptions", S0("user", 1), S0("role", 2), S0("type", 3), S0("level", 4));
MESSAGE(windows_security_context_options, "WindowsSecurityContextOptions", S("gmsaCredentialSpecName", 1),
	S("gmsaCredentialSpec", 2), S("runAsUserName", 3), B("hostProcess", 4));
MESSAGE(seccomp_profile, "SeccompProfile", S("type", 1), S("localhostProfile", 2));
MESSAGE(app_armor_profile, "AppArmorProfile", S("type", 1), S("localhostProfile", 2));
MESSAGE(security_context, "SecurityContext", M("capabilities", 1, capabilities), B("privileged", 2),
	M("seLinuxOptions", 3, se_linux_options), L("runAsUser", 4), B("runAsNonRoot", 5),
	B("readOnlyRootFilesystem", 6), B("allowPrivilegeEscalation", 7), L("runAsGroup", 8),
	S("procMount", 9), M("windowsOptions", 10, windows_security_context_options),
	M("seccompProfile", 11, seccomp_profile), M("appArmorProfile", 12, app_armor_profile));
MESSAGE(config_map_env_source, "ConfigMapEnvSource", INLINE(1, local_object_reference), B("optional", 2));
MESSAGE(secret_env_source, "SecretEnvSource", INLINE(1, local_object_reference), B("optional", 2));
MESSAGE(env_from_source, "EnvFromSource", S0("prefix", 1), M("configMapRef", 2, config_map_env_source),
	M("secretRef", 3, secret_env_source));
MESSAGE(volume_device, "VolumeDevice", S("name", 1), S("devicePath", 2));
MESSAGE(container_resize_policy, "ContainerResizePolicy", S("resourceName", 1), S("restartPolicy", 2));
MESSAGE(container_restart_rule_on_exit_codes, "ContainerRestartRuleOnExitCodes", S0("operator", 1),
	IR("values", 2));
MESSAGE(container_restart_rule, "ContainerRestartRule", S0("action", 1),
	M("exitCodes", 2, container_restart_rule_on_exit_codes));
MESSAGE(container, "Container", S("name", 1), S0("image", 2), SR("command", 3), SR("args", 4),
	S0("workingDir", 5), MR("ports", 6, container_port), MR("env", 7, env_var),
	M("resources", 8, resource_requirements), MR("volumeMounts", 9, volume_mount),
	M("livenessProbe", 10, probe), M("readinessProbe", 11, probe), M("lifecycle", 12, lifecycle),
	S0("terminationMessagePath", 13), S0("imagePullPolicy", 14),
	M("securityContext", 15, security_context), B0("stdin", 16), B0("stdinOnce", 17), B0("tty", 18),
	MR("envFrom", 19, env_from_source), S0("terminationMessagePolicy", 20),
	MR("volumeDevices", 21, volume_device), M("startupProbe", 22, probe),
	MR("resizePolicy", 23, container_resize_policy), S("restartPolicy", 24),
	MR("restartPolicyRules", 25, container_restart_rule));
MESSAGE(sysctl, "Sysctl", S("name", 1), S("value", 2));
MESSAGE(pod_security_context, "PodSecurityContext", M("seLinuxOptions", 1, se_linux_options),
	L("runAsUser", 2), B("runAsNonRoot", 3), LR("supplementalGroups", 4), L("fsGroup", 5),
	L("runAsGroup", 6), MR("sysctls", 7, sysctl),
	M("windowsOptions", 8, windows_security_context_options), S("fsGroupChangePolicy", 9),
	M("seccompProfile", 10, seccomp_profile), M("appArmorProfile", 11, app_armor_profile),
	S("supplementalGroupsPolicy", 12), S("seLinuxChangePolicy", 13));
MESSAGE(node_selector_requirement, "NodeSelectorRequirement", S("key", 1), S("operator", 2),
	SR("values", 3));
MESSAGE(node_selector_term, "NodeSelectorTerm", MR("matchExpressions", 1, node_selector_requirement),
	MR("matchFields", 2, node_selector_requirement));
MESSAGE(node_selector, "NodeSelector", MR("nodeSelectorTerms", 1, node_selector_term));
MESSAGE(preferred_scheduling_term, "PreferredSchedulingTerm", I("weight", 1),
	M("preference", 2, node_selector_term));
MESSAGE(node_affinity, "NodeAffinity",
	M("requiredDuringSchedulingIgnoredDuringExecution", 1, node_selector),
	MR("preferredDuringSchedulingIgnoredDuringExecution", 2, preferred_scheduling_term));
MESSAGE(label_selector_requirement, "LabelSelectorRequirement", S("key", 1), S("operator", 2),
	SR("values", 3));
MESSAGE(label_selector, "LabelSelector", SM("matchLabels", 1),
	MR("matchExpressions", 2, label_selector_requirement));
MESSAGE(pod_affinity_term, "PodAffinityTerm", M("labelSelector", 1, label_selector), SR("namespaces", 2),
	S("topologyKey", 3), M("namespaceSelector", 4, label_selector), SR("matchLabelKeys", 5),
	SR("mismatchLabelKeys", 6));
MESSAGE(weighted_pod_affinity_term, "WeightedPodAffinityTerm", I("weight", 1),
	M("podAffinityTerm", 2, pod_affinity_term));
MESSAGE(pod_affinity, "PodAffinity",
	MR("requiredDuringSchedulingIgnoredDuringExecution", 1, pod_affinity_term),
	MR("preferredDuringSchedulingIgnoredDuringExecution", 2, weighted_pod_affinity_term));
MESSAGE(pod_anti_affinity, "PodAntiAffinity",
	MR("requiredDuringSchedulingIgnoredDuringExecution", 1, pod_affinity_term),
	MR("preferredDuringSchedulingIgnoredDuringExecution", 2, weighted_pod_affinity_term));
MESSAGE(affinity, "Affinity", M("nodeAffinity", 1, node_affinity), M("podAffinity", 2, pod_affinity),
	M("podAntiAffinity", 3, pod_anti_affinity));
MESSAGE(toleration, "Toleration", S0("key", 1), S0("operator", 2), S0("value", 3), S0("effect", 4),
	L("tolerationSeconds", 5));
MESSAGE(host_alias, "HostAlias", S("ip", 1), SR("hostnames", 2));
MESSAGE(pod_dns_config_option, "PodDNSConfigOption", S0("name", 1), S("value", 2));
MESSAGE(pod_dns_config, "PodDNSConfig", SR("nameservers", 1), SR("searches", 2),
	MR("options", 3, pod_dns_config_option));
MESSAGE(pod_readiness_gate, "PodReadinessGate", S("conditionType", 1));
MESSAGE(topology_spread_constraint, "TopologySpreadConstraint", I("maxSkew", 1), S("topologyKey", 2),
	S("whenUnsatisfiable", 3), M("labelSelector", 4, label_selector), I("minDomains", 5),
	S("nodeAffinityPolicy", 6), S("nodeTaintsPolicy", 7), SR("matchLabelKeys", 8));
MESSAGE(ephemeral_container_common, "EphemeralContainerCommon", S("name", 1), S0("image", 2),
	SR("command", 3), SR("args", 4), S0("workingDir", 5), MR("ports", 6, container_port),
	MR("env", 7, env_var), M("resources", 8, resource_requirements),
	MR("volumeMounts", 9, volume_mount), M("livenessProbe", 10, probe), M("readinessProbe", 11, probe),
	M("lifecycle", 12, lifecycle), S0("terminationMessagePath", 13), S0("imagePullPolicy", 14),
	M("securityContext", 15, security_context), B0("stdin", 16), B0("stdinOnce", 17), B0("tty", 18),
	MR("envFrom", 19, env_from_source), S0("terminationMessagePolicy", 20),
	MR("volumeDevices", 21, volume_device), M("startupProbe", 22, probe),
	MR("resizePolicy", 23, container_resize_policy), S("restartPolicy", 24),
	MR("restartPolicyRules", 25, container_restart_rule));
MESSAGE(ephemeral_container, "EphemeralContainer", INLINE(1, ephemeral_container_common),
	S0("targetContainerName", 2));
MESSAGE(pod_os, "PodOS", S("name", 1));
MESSAGE(pod_scheduling_gate, "PodSchedulingGate", S("name", 1));
MESSAGE(pod_resource_claim, "PodResourceClaim", S("name", 1), S("resourceClaimName", 3),
	S("resourceClaimTemplateName", 4));
MESSAGE(pod_spec, "PodSpec", MR("volumes", 1, volume), MR("containers", 2, container),
	S0("restartPolicy", 3), L("terminationGracePeriodSeconds", 4), L("activeDeadlineSeconds", 5),
	S0("dnsPolicy", 6), SM("nodeSelector", 7), S0("serviceAccountName", 8), S0("serviceAccount", 9),
	S0("nodeName", 10), B0("hostNetwork", 11), B0("hostPID", 12), B0("hostIPC", 13),
	M("securityContext", 14, pod_security_context), MR("imagePullSecrets", 15, local_object_reference),
	S0("hostname", 16), S0("subdomain", 17), M("affinity", 18, affinity), S0("schedulerName", 19),
	MR("initContainers", 20, container), B("automountServiceAccountToken", 21),
	MR("tolerations", 22, toleration), MR("hostAliases", 23, host_alias), S0("priorityClassName", 24),
	I("priority", 25), M("dnsConfig", 26, pod_dns_config), B("shareProcessNamespace", 27),
	MR("readinessGates", 28, pod_readiness_gate), S("runtimeClassName", 29),
	B("enableServiceLinks", 30), S("preemptionPolicy", 31), QM("overhead", 32),
	MR("topologySpreadConstraints", 33, topology_spread_constraint),
	MR("ephemeralContainers", 34, ephemeral_container), B("setHostnameAsFQDN", 35), M("os", 36, pod_os),
	B("hostUsers", 37), MR("schedulingGates", 38, pod_scheduling_gate),
	MR("resourceClaims", 39, pod_resource_claim), M("resources", 40, resource_requirements),
	S("hostnameOverride", 41));
MESSAGE(pod_condition, "PodCondition", S("type", 1), S("status", 2), T("lastProbeTime", 3),
	T("lastTransitionTime", 4), S0("reason", 5), S0("message", 6), L0("observedGeneration", 7));
MESSAGE(container_state_waiting, "ContainerStateWaiting", S0("reason", 1), S0("message", 2));
MESSAGE(container_state_running, "ContainerStateRunning", T("startedAt", 1));
MESSAGE(container_state_terminated, "ContainerStateTerminated", I("exitCode", 1), I0("signal", 2),
	S0("reason", 3), S0("message", 4), T("startedAt", 5), T("finishedAt", 6), S0("containerID", 7));
MESSAGE(container_state, "ContainerState", M("waiting", 1, container_state_waiting),
	M("running", 2, container_state_running), M("terminated", 3, container_state_terminated));
MESSAGE(volume_mount_status, "VolumeMountStatus", S("name", 1), S("mountPath", 2), B0("readOnly", 3),
	S("recursiveReadOnly", 4));
MESSAGE(linux_container_user, "LinuxContainerUser", L("uid", 1), L("gid", 2), LR("supplementalGroups", 3));
MESSAGE(container_user, "ContainerUser", M("linux", 1, linux_container_user));
MESSAGE(resource_health, "ResourceHealth", S("resourceID", 1), S0("health", 2));
MESSAGE(resource_status, "ResourceStatus", S("name", 1), MR("resources", 2, resource_health));
MESSAGE(container_status, "ContainerStatus", S("name", 1), M("state", 2, container_state),
	M("lastState", 3, container_state), B("ready", 4), I("restartCount", 5), S("image", 6),
	S("imageID", 7), S0("containerID", 8), B("started", 9), QM("allocatedResources", 10),
	M("resources", 11, resource_requirements), MR("volumeMounts", 12, volume_mount_status),
	M("user", 13, container_user), MR("allocatedResourcesStatus", 14, resource_status),
	S("stopSignal", 15));
MESSAGE(pod_ip, "PodIP", S("ip", 1));
MESSAGE(pod_resource_claim_status, "PodResourceClaimStatus", S("name", 1), S("resourceClaimName", 2));
MESSAGE(host_ip, "HostIP", S("ip", 1));
MESSAGE(container_extended_resource_request, "ContainerExtendedResourceRequest", S("containerName", 1),
	S("resourceName", 2), S("requestName", 3));
MESSAGE(pod_extended_resource_claim_status, "PodExtendedResourceClaimStatus",
	MR("requestMappings", 1, container_extended_resource_request), S("resourceClaimName", 2));
MESSAGE(pod_status, "PodStatus", S0("phase", 1), MR("conditions", 2, pod_condition), S0("message", 3),
	S0("reason", 4), S0("hostIP", 5), S0("podIP", 6), T("startTime", 7),
	MR("containerStatuses", 8, container_status), S0("qosClass", 9),
	MR("initContainerStatuses", 10, container_status), S0("nominatedNodeName", 11),
	MR("podIPs", 12, pod_ip), MR("ephemeralContainerStatuses", 13, container_status), S0("resize", 14),
	MR("resourceClaimStatuses", 15, pod_resource_claim_status), MR("hostIPs", 16, host_ip),
	L0("observedGeneration", 17),
	M("extendedResourceClaimStatus", 18, pod_extended_resource_claim_status));
MESSAGE(pod, "Pod", M("metadata", 1, object_meta), M("spec", 2, pod_spec), M("status", 3, pod_status));
MESSAGE(object_reference, "ObjectReference", S0("kind", 1), S0("namespace", 2), S0("name", 3), S0("uid", 4),
	S0("apiVersion", 5), S0("resourceVersion", 6), S0("fieldPath", 7));
MESSAGE(event_source, "EventSource", S0("component", 1), S0("host", 2));
MESSAGE(event_series, "EventSeries", I0("count", 1), U("lastObservedTime", 2));
MESSAGE(event, "Event", M("metadata", 1, object_meta), M("involvedObject", 2, object_reference),
	S0("reason", 3), S0("message", 4), M("source", 5, event_source), T("firstTimestamp", 6),
	T("lastTimestamp", 7), I0("count", 8), S0("type", 9), U("eventTime", 10),
	M("series", 11, event_series), S0("action", 12), M("related", 13, object_reference),
	S("reportingComponent", 14), S("reportingInstance", 15));
MESSAGE(pod_template_spec, "PodTemplateSpec", M("metadata", 1, object_meta), M("spec", 2, pod_spec));
MESSAGE(rolling_update_daemon_set, "RollingUpdateDaemonSet", X("maxUnavailable", 1), X("maxSurge", 2));
MESSAGE(daemon_set_update_strategy, "DaemonSetUpdateStrategy", S0("type", 1),
	M("rollingUpdate", 2, rolling_update_daemon_set));
MESSAGE(daemon_set_spec, "DaemonSetSpec", M("selector", 1, label_selector),
	M("template", 2, pod_template_spec), M("updateStrategy", 3, daemon_set_update_strategy),
	I0("minReadySeconds", 4), I("revisionHistoryLimit", 6));
MESSAGE(daemon_set_condition, "DaemonSetCondition", S("type", 1), S("status", 2),
	T("lastTransitionTime", 3), S0("reason", 4), S0("message", 5));
MESSAGE(daemon_set_status, "DaemonSetStatus", I("currentNumberScheduled", 1), I("numberMisscheduled", 2),
	I("desiredNumberScheduled", 3), I("numberReady", 4), L0("observedGeneration", 5),
	I0("updatedNumberScheduled", 6), I0("numberAvailable", 7), I0("numberUnavailable", 8),
	I("collisionCount", 9), MR("conditions", 10, daemon_set_condition));
MESSAGE(daemon_set, "DaemonSet", M("metadata", 1, object_meta), M("spec", 2, daemon_set_spec),
	M("status", 3, daemon_set_status));
MESSAGE(rolling_update_deployment, "RollingUpdateDeployment", X("maxUnavailable", 1), X("maxSurge", 2));
MESSAGE(deployment_strategy, "DeploymentStrategy", S0("type", 1),
	M("rollingUpdate", 2, rolling_update_deployment));
MESSAGE(deployment_spec, "DeploymentSpec", I("replicas", 1), M("selector", 2, label_selector),
	M("template", 3, pod_template_spec), M("strategy", 4, deployment_strategy),
	I0("minReadySeconds", 5), I("revisionHistoryLimit", 6), B0("paused", 7),
	I("progressDeadlineSeconds", 9));
MESSAGE(deployment_condition, "DeploymentCondition", S("type", 1), S("status", 2), S0("reason", 4),
	S0("message", 5), T("lastUpdateTime", 6), T("lastTransitionTime", 7));
MESSAGE(deployment_status, "DeploymentStatus", L0("observedGeneration", 1), I0("replicas", 2),
	I0("updatedReplicas", 3), I0("availableReplicas", 4), I0("unavailableReplicas", 5),
	MR("conditions", 6, deployment_condition), I0("readyReplicas", 7), I("collisionCount", 8),
	I("terminatingReplicas", 9));
MESSAGE(deployment, "Deployment", M("metadata", 1, object_meta), M("spec", 2, deployment_spec),
	M("status", 3, deployment_status));
MESSAGE(replica_set_spec, "ReplicaSetSpec", I("replicas", 1), M("selector", 2, label_selector),
	M("template", 3, pod_template_spec), I0("minReadySeconds", 4));
MESSAGE(replica_set_condition, "ReplicaSetCondition", S("type", 1), S("status", 2),
	T("lastTransitionTime", 3), S0("reason", 4), S0("message", 5));
MESSAGE(replica_set_status, "ReplicaSetStatus", I("replicas", 1), I0("fullyLabeledReplicas", 2),
	L0("observedGeneration", 3), I0("readyReplicas", 4), I0("availableReplicas", 5),
	MR("conditions", 6, replica_set_condition), I("terminatingReplicas", 7));
MESSAGE(replica_set, "ReplicaSet", M("metadata", 1, object_meta), M("spec", 2, replica_set_spec),
	M("status", 3, replica_set_status));
MESSAGE(rolling_update_stateful_set_strategy, "RollingUpdateStatefulSetStrategy", I("partition", 1),
	X("maxUnavailable", 2));
MESSAGE(stateful_set_update_strategy, "StatefulSetUpdateStrategy", S0("type", 1),
	M("rollingUpdate", 2, rolling_update_stateful_set_strategy));
MESSAGE(stateful_set_persistent_volume_claim_retention_policy, "StatefulSetPersistentVolumeClaimRetentionPolicy",
	S0("whenDeleted", 1), S0("whenScaled", 2));
MESSAGE(stateful_set_ordinals, "StatefulSetOrdinals", I("start", 1));
MESSAGE(stateful_set_spec, "StatefulSetSpec", I("replicas", 1), M("selector", 2, label_selector),
	M("template", 3, pod_template_spec), S("serviceName", 5), S0("podManagementPolicy", 6),
	M("updateStrategy", 7, stateful_set_update_strategy), I("revisionHistoryLimit", 8),
	I0("minReadySeconds", 9),
	M("persistentVolumeClaimRetentionPolicy", 10, stateful_set_persistent_volume_claim_retention_policy),
	M("ordinals", 11, stateful_set_ordinals));
MESSAGE(stateful_set_condition, "StatefulSetCondition", S("type", 1), S("status", 2),
	T("lastTransitionTime", 3), S0("reason", 4), S0("message", 5));
MESSAGE(stateful_set_status, "StatefulSetStatus", L0("observedGeneration", 1), I("replicas", 2),
	I0("readyReplicas", 3), I0("currentReplicas", 4), I0("updatedReplicas", 5),
	S0("currentRevision", 6), S0("updateRevision", 7), I("collisionCount", 9),
	MR("conditions", 10, stateful_set_condition), I("availableReplicas", 11));
MESSAGE(stateful_set, "StatefulSet", M("metadata", 1, object_meta), M("spec", 2, stateful_set_spec),
	M("status", 3, stateful_set_status));

static const struct proto_message *const kinds[KIND_COUNT] = {
	[KIND_NODE] = &node,
	[KIND_POD] = &pod,
	[KIND_EVENT] = &event,
	[KIND_DAEMON_SET] = &daemon_set,
	[KIND_DEPLOYMENT] = &deployment,
	[KIND_REPLICA_SET] = &replica_set,
	[KIND_STATEFUL_SET] = &stateful_set,
};

const struct proto_message *proto_schema(enum kind_id kind)
{
	return kinds[kind];
}
