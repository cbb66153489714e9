/*
 * The columns STATUS, ROLES and KERNEL-VERSION of `kubectl get nodes`, by the rules of
 * printNode and findNodeRoles in kubernetes
 * pkg/printers/internalversion/printers.go.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/record.h"

enum { SHOWS_ARCHITECTURE = 36 };	/* the minor version from which on a server does, beside the kernel's */

void node_status_text(const struct node_record *node, struct buffer *out)
{
	const char *status = "Unknown";

	for (size_t i = 0; i < node->condition_count; i++) {
		if (!strcmp(node->conditions[i].type, "Ready"))
			status = strcmp(node->conditions[i].status, "True") ? "NotReady" : "Ready";
	}
	buffer_add_text(out, status);
	if (node->unschedulable)
		buffer_add_text(out, ",SchedulingDisabled");
}

void node_kernel_text(const struct node_record *node, const char *server_version, struct buffer *out)
{
	buffer_add_text(out, *node->kernel_version ? node->kernel_version : "<unknown>");
	if (*node->architecture && kube_version_minor(server_version) >= SHOWS_ARCHITECTURE)
		buffer_addf(out, " (%s)", node->architecture);
}

static int compare_roles(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The role that a label names, or NULL. */
static const char *label_role(const struct label *label)
{
	static const char prefix[] = "node-role.kubernetes.io/";

	if (!strncmp(label->key, prefix, sizeof(prefix) - 1))
		return label->key[sizeof(prefix) - 1] ? label->key + sizeof(prefix) - 1 : NULL;
	if (!strcmp(label->key, "kubernetes.io/role"))
		return *label->value ? label->value : NULL;
	return NULL;
}

void node_roles_text(const struct node_record *node, struct buffer *out)
{
	auto_free const char **roles = xcalloc(node->base.label_count, sizeof(*roles));
	size_t count = 0;

	for (size_t i = 0; i < node->base.label_count; i++) {
		const char *role = label_role(&node->base.labels[i]);

		if (role)
			roles[count++] = role;
	}
	if (!count) {
		buffer_add_text(out, "<none>");
		return;
	}
	qsort(roles, count, sizeof(*roles), compare_roles);
	for (size_t i = 0; i < count; i++) {
		if (i && !strcmp(roles[i], roles[i - 1]))
			continue;
		if (i)
			buffer_add_byte(out, ',');
		buffer_add_text(out, roles[i]);
	}
}
