/*
 * The rows of core kinds but pods, and of events.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/table.h"

#define TABLE(variable, id, of, function)                                                          \
	const struct table_ops variable = {                                                        \
		.kind = (id), .columns = (of), .count = array_length(of), .cells = (function),     \
	}

static const struct column node_columns[] = {
	NAME_COLUMN,
	{"Status", "string", "", 0, "Whether the kubelet is well, and pods may be placed"},
	{"Roles", "string", "", 0, "Roles, from labels"},
	AGE_COLUMN,
	{"Version", "string", "", 0, "Version of the kubelet"},
	{"Internal-IP", "string", "", 1, "Address within the cluster"},
	{"External-IP", "string", "", 1, "Address from outside"},
	{"OS-Image", "string", "", 1, "Operating system"},
	{"Kernel-Version", "string", "", 1, "Kernel"},
	{"Container-Runtime", "string", "", 1, "Container runtime and its version"},
};

static void cell_node_status(struct row *row, const json_t *node)
{
	const json_t *ready = doc_find(doc_get(node, "status.conditions"), "type", "Ready");
	const char *word = "Unknown";

	if (ready)
		word = !strcmp(doc_text(ready, "status"), "True") ? "Ready" : "NotReady";
	cell_format(row, "%s%s", word, doc_true(node, "spec.unschedulable") ? ",SchedulingDisabled" : "");
}

static void cell_roles(struct row *row, const json_t *node)
{
	static const char prefix[] = "node-role.kubernetes.io/";
	struct buffer roles = BUFFER_INIT(4 << 10);
	const char *name;
	json_t *value;

	json_object_foreach(doc_get(node, "metadata.labels"), name, value) {
		const char *role = NULL;

		if (!strncmp(name, prefix, sizeof(prefix) - 1))
			role = name + sizeof(prefix) - 1;
		else if (!strcmp(name, "kubernetes.io/role"))
			role = json_string_value(value);
		if (role && role[0])
			buffer_addf(&roles, "%s%s", roles.length ? "," : "", role);
	}
	cell_or_none(row, buffer_text(&roles));
	buffer_release(&roles);
}

static void node_cells(const json_t *node, struct row *row)
{
	const json_t *addresses = doc_get(node, "status.addresses");

	cell_text(row, doc_text(node, "metadata.name"));
	cell_node_status(row, node);
	cell_roles(row, node);
	cell_age(row, node, "metadata.creationTimestamp");
	cell_text(row, doc_text(node, "status.nodeInfo.kubeletVersion"));
	cell_or_none(row, doc_text(doc_find(addresses, "type", "InternalIP"), "address"));
	cell_or_none(row, doc_text(doc_find(addresses, "type", "ExternalIP"), "address"));
	cell_text(row, doc_text(node, "status.nodeInfo.osImage"));
	cell_text(row, doc_text(node, "status.nodeInfo.kernelVersion"));
	cell_text(row, doc_text(node, "status.nodeInfo.containerRuntimeVersion"));
}
TABLE(node_table, KIND_NODE, node_columns, node_cells);

static const struct column namespace_columns[] = {
	NAME_COLUMN,
	{"Status", "string", "", 0, "Active or Terminating"},
	AGE_COLUMN,
};

static void namespace_cells(const json_t *namespace, struct row *row)
{
	cell_text(row, doc_text(namespace, "metadata.name"));
	cell_text(row, doc_text(namespace, "status.phase"));
	cell_age(row, namespace, "metadata.creationTimestamp");
}
TABLE(namespace_table, KIND_NAMESPACE, namespace_columns, namespace_cells);

static const struct column event_columns[] = {
	{"Last Seen", "string", "", 0, "When it happened last"},
	{"Type", "string", "", 0, "Normal or Warning"},
	{"Reason", "string", "", 0, "Short reason for machines"},
	{"Object", "string", "", 0, "What it is about"},
	{"Subobject", "string", "", 1, "Which part of the object"},
	{"Source", "string", "", 1, "Who says so"},
	{"Message", "string", "", 0, "What happened"},
	{"First Seen", "string", "", 1, "When it happened first"},
	{"Count", "integer", "", 1, "How often it happened"},
	{"Name", "string", "name", 1, "Name of the event"},
};

static void cell_since(struct row *row, int64_t wall)
{
	char age[24];

	if (!wall) {
		cell_text(row, "<unknown>");
		return;
	}
	clock_age(row->now - wall, age, sizeof(age));
	cell_text(row, age);
}

/* kubectl trims the message. */
static void cell_trimmed(struct row *row, const char *text)
{
	size_t n;
	auto_free char *trimmed = NULL;

	text += strspn(text, " \t\r\n");
	n = strlen(text);
	while (n && strchr(" \t\r\n", text[n - 1]))
		n--;
	trimmed = xstrndup(text, n);
	cell_text(row, trimmed);
}

static void event_cells(const json_t *event, struct row *row)
{
	int64_t first = doc_wall(event, "firstTimestamp");
	int64_t last = doc_wall(event, "lastTimestamp");
	const char *component = doc_text(event, "source.component");
	const char *host = doc_text(event, "source.host");
	auto_free char *kind = xstrdup(doc_text(event, "involvedObject.kind"));

	for (char *c = kind; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	if (!first)
		first = doc_wall(event, "eventTime");
	if (doc_get(event, "series"))
		last = doc_wall(event, "series.lastObservedTime");
	cell_since(row, last ? last : first);
	cell_text(row, doc_text(event, "type"));
	cell_text(row, doc_text(event, "reason"));
	cell_format(row, "%s/%s", kind, doc_text(event, "involvedObject.name"));
	cell_text(row, doc_text(event, "involvedObject.fieldPath"));
	cell_format(row, "%s%s%s", component[0] ? component : doc_text(event, "reportingComponent"),
		    host[0] ? ", " : "", host);
	cell_trimmed(row, doc_text(event, "message"));
	cell_since(row, first);
	cell_integer(row, doc_int_or(event, "series.count", doc_int_or(event, "count", 1)));
	cell_text(row, doc_text(event, "metadata.name"));
}
TABLE(event_table, KIND_EVENT, event_columns, event_cells);

static const struct column config_map_columns[] = {
	NAME_COLUMN,
	{"Data", "string", "", 0, "Number of entries"},
	AGE_COLUMN,
};

static int64_t count_members(const json_t *object, const char *path)
{
	return (int64_t)json_object_size(doc_get(object, path));
}

static void config_map_cells(const json_t *map, struct row *row)
{
	cell_text(row, doc_text(map, "metadata.name"));
	cell_integer(row, count_members(map, "data") + count_members(map, "binaryData"));
	cell_age(row, map, "metadata.creationTimestamp");
}
TABLE(config_map_table, KIND_CONFIG_MAP, config_map_columns, config_map_cells);

static const struct column secret_columns[] = {
	NAME_COLUMN,
	{"Type", "string", "", 0, "What the data is"},
	{"Data", "string", "", 0, "Number of entries"},
	AGE_COLUMN,
};

static void secret_cells(const json_t *secret, struct row *row)
{
	cell_text(row, doc_text(secret, "metadata.name"));
	cell_text(row, doc_text(secret, "type"));
	cell_integer(row, count_members(secret, "data"));
	cell_age(row, secret, "metadata.creationTimestamp");
}
TABLE(secret_table, KIND_SECRET, secret_columns, secret_cells);

static const struct column service_columns[] = {
	NAME_COLUMN,
	{"Type", "string", "", 0, "How it is exposed"},
	{"Cluster-IP", "string", "", 0, "Address within the cluster"},
	{"External-IP", "string", "", 0, "Address from outside"},
	{"Port(s)", "string", "", 0, "Ports"},
	AGE_COLUMN,
	{"Selector", "string", "", 1, "Pods behind it"},
};

static void cell_ports(struct row *row, const json_t *ports)
{
	struct buffer text = BUFFER_INIT(4 << 10);
	size_t i;
	json_t *port;

	json_array_foreach(ports, i, port) {
		const char *protocol = doc_text(port, "protocol");
		int64_t node_port = doc_int(port, "nodePort");

		buffer_addf(&text, "%s%" PRId64, i ? "," : "", doc_int(port, "port"));
		if (node_port)
			buffer_addf(&text, ":%" PRId64, node_port);
		buffer_addf(&text, "/%s", protocol[0] ? protocol : "TCP");
	}
	cell_or_none(row, buffer_text(&text));
	buffer_release(&text);
}

static void service_cells(const json_t *service, struct row *row)
{
	const char *type = doc_text(service, "spec.type");
	const json_t *ingress = json_array_get(doc_get(service, "status.loadBalancer.ingress"), 0);

	cell_text(row, doc_text(service, "metadata.name"));
	cell_text(row, type[0] ? type : "ClusterIP");
	cell_or_none(row, doc_text(service, "spec.clusterIP"));
	if (!strcmp(type, "LoadBalancer"))
		cell_text(row, doc_text(ingress, "ip")[0] ? doc_text(ingress, "ip") : "<pending>");
	else
		cell_text(row, "<none>");
	cell_ports(row, doc_get(service, "spec.ports"));
	cell_age(row, service, "metadata.creationTimestamp");
	cell_labels(row, doc_get(service, "spec.selector"));
}
TABLE(service_table, KIND_SERVICE, service_columns, service_cells);

static const struct column endpoints_columns[] = {
	NAME_COLUMN,
	{"Endpoints", "string", "", 0, "Addresses and ports of ready pods"},
	AGE_COLUMN,
};

static void endpoints_cells(const json_t *endpoints, struct row *row)
{
	struct buffer text = BUFFER_INIT(4 << 10);
	const json_t *subset = json_array_get(doc_get(endpoints, "subsets"), 0);
	const json_t *port = json_array_get(doc_get(subset, "ports"), 0);
	const json_t *addresses = doc_get(subset, "addresses");
	size_t i;
	json_t *address;

	json_array_foreach(addresses, i, address)
		if (i < 3)
			buffer_addf(&text, "%s%s:%" PRId64, i ? "," : "", doc_text(address, "ip"),
				    doc_int(port, "port"));
	if (json_array_size(addresses) > 3)
		buffer_addf(&text, " + %zu more...", json_array_size(addresses) - 3);
	cell_text(row, doc_text(endpoints, "metadata.name"));
	cell_or_none(row, buffer_text(&text));
	cell_age(row, endpoints, "metadata.creationTimestamp");
	buffer_release(&text);
}
TABLE(endpoints_table, KIND_ENDPOINTS, endpoints_columns, endpoints_cells);

static const struct column service_account_columns[] = {
	NAME_COLUMN,
	{"Secrets", "integer", "", 0, "Number of secrets that its pods may use"},
	AGE_COLUMN,
};

static void service_account_cells(const json_t *account, struct row *row)
{
	cell_text(row, doc_text(account, "metadata.name"));
	cell_integer(row, (int64_t)json_array_size(doc_get(account, "secrets")));
	cell_age(row, account, "metadata.creationTimestamp");
}
TABLE(service_account_table, KIND_SERVICE_ACCOUNT, service_account_columns, service_account_cells);

static const struct column claim_columns[] = {
	NAME_COLUMN,
	{"Status", "string", "", 0, "Pending, Bound or Lost"},
	{"Volume", "string", "", 0, "Volume that it is bound to"},
	{"Capacity", "string", "", 0, "Real size"},
	{"Access Modes", "string", "", 0, "How it may be mounted"},
	{"StorageClass", "string", "", 0, "Class that provides it"},
	AGE_COLUMN,
	{"VolumeMode", "string", "", 1, "Filesystem or Block"},
};

static void cell_modes(struct row *row, const json_t *modes)
{
	static const struct {
		const char *mode;
		const char *word;
	} words[] = {{"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"},
		     {"ReadWriteOncePod", "RWOP"}};
	struct buffer text = BUFFER_INIT(256);
	size_t i;
	json_t *mode;

	json_array_foreach(modes, i, mode)
		for (size_t j = 0; j < array_length(words); j++)
			if (json_is_string(mode) && !strcmp(json_string_value(mode), words[j].mode))
				buffer_addf(&text, "%s%s", text.length ? "," : "", words[j].word);
	cell_text(row, buffer_text(&text));
	buffer_release(&text);
}

static void claim_cells(const json_t *claim, struct row *row)
{
	cell_text(row, doc_text(claim, "metadata.name"));
	cell_text(row, doc_get(claim, "metadata.deletionTimestamp") ? "Terminating"
								    : doc_text(claim, "status.phase"));
	cell_text(row, doc_text(claim, "spec.volumeName"));
	cell_text(row, doc_text(claim, "status.capacity.storage"));
	cell_modes(row, doc_get(claim, "status.accessModes"));
	cell_text(row, doc_text(claim, "spec.storageClassName"));
	cell_age(row, claim, "metadata.creationTimestamp");
	cell_text(row, doc_text(claim, "spec.volumeMode"));
}
TABLE(claim_table, KIND_CLAIM, claim_columns, claim_cells);

static const struct column volume_columns[] = {
	NAME_COLUMN,
	{"Capacity", "string", "", 0, "Size"},
	{"Access Modes", "string", "", 0, "How it may be mounted"},
	{"Reclaim Policy", "string", "", 0, "What happens when its claim goes"},
	{"Status", "string", "", 0, "Available, Bound, Released or Failed"},
	{"Claim", "string", "", 0, "Claim that it is bound to"},
	{"StorageClass", "string", "", 0, "Class that provides it"},
	{"Reason", "string", "", 0, "Why it is in this state"},
	AGE_COLUMN,
	{"VolumeMode", "string", "", 1, "Filesystem or Block"},
};

static void volume_cells(const json_t *volume, struct row *row)
{
	const json_t *claim = doc_get(volume, "spec.claimRef");

	cell_text(row, doc_text(volume, "metadata.name"));
	cell_text(row, doc_text(volume, "spec.capacity.storage"));
	cell_modes(row, doc_get(volume, "spec.accessModes"));
	cell_text(row, doc_text(volume, "spec.persistentVolumeReclaimPolicy"));
	cell_text(row, doc_text(volume, "status.phase"));
	cell_format(row, "%s%s%s", doc_text(claim, "namespace"), claim ? "/" : "", doc_text(claim, "name"));
	cell_text(row, doc_text(volume, "spec.storageClassName"));
	cell_text(row, doc_text(volume, "status.reason"));
	cell_age(row, volume, "metadata.creationTimestamp");
	cell_text(row, doc_text(volume, "spec.volumeMode"));
}
TABLE(volume_table, KIND_VOLUME, volume_columns, volume_cells);

static const struct column storage_class_columns[] = {
	NAME_COLUMN,
	{"Provisioner", "string", "", 0, "Driver"},
	{"ReclaimPolicy", "string", "", 0, "What happens when a claim goes"},
	{"VolumeBindingMode", "string", "", 0, "When a claim is bound"},
	{"AllowVolumeExpansion", "string", "", 0, "Whether claims may grow"},
	AGE_COLUMN,
};

static void storage_class_cells(const json_t *class, struct row *row)
{
	static const char is_default[] = "storageclass.kubernetes.io/is-default-class";
	const json_t *mark = json_object_get(doc_get(class, "metadata.annotations"), is_default);

	cell_format(row, "%s%s", doc_text(class, "metadata.name"),
		    json_is_string(mark) && !strcmp(json_string_value(mark), "true") ? " (default)" : "");
	cell_text(row, doc_text(class, "provisioner"));
	cell_text(row, doc_text(class, "reclaimPolicy"));
	cell_text(row, doc_text(class, "volumeBindingMode"));
	cell_text(row, doc_true(class, "allowVolumeExpansion") ? "true" : "false");
	cell_age(row, class, "metadata.creationTimestamp");
}
TABLE(storage_class_table, KIND_STORAGE_CLASS, storage_class_columns, storage_class_cells);
