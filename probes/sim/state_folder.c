#include "probes/sim/state_folder.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/ssh_server.h"

enum { FILES_MAXIMUM = 8 << 20 };

static int make_path(struct state_folder *folder, const char *path, struct err *err)
{
	const char *temporary = getenv("TMPDIR");

	if (path) {
		if (file_make_folder(path, err))
			return -1;
		folder->path = realpath(path, NULL);
		if (!folder->path)
			return err_set(err, ERR_IO, "cannot use the folder {path}", "path", path, NULL);
		return 0;
	}
	folder->path = xasprintf("%s/nks-triage-sim-XXXXXX", temporary && temporary[0] ? temporary : "/tmp");
	folder->own = mkdtemp(folder->path);
	return folder->own ? 0 : err_set(err, ERR_IO, "cannot make a folder in {path}", "path", folder->path, NULL);
}

static int write_kubeconfig(struct state_folder *folder, uint16_t port, struct err *err)
{
	auto_free char *text = xasprintf(
		"apiVersion: v1\n"
		"kind: Config\n"
		"clusters:\n"
		"- name: simulated\n"
		"  cluster:\n"
		"    server: http://127.0.0.1:%u\n"
		"users:\n"
		"- name: admin\n"
		"  user: {}\n"
		"contexts:\n"
		"- name: simulated\n"
		"  context:\n"
		"    cluster: simulated\n"
		"    user: admin\n"
		"current-context: simulated\n",
		port);

	folder->kubeconfig = xasprintf("%s/kubeconfig", folder->path);
	return file_write(folder->kubeconfig, text, strlen(text), 0600, err);
}

/* Both names of a node lead to it, as neither resolves here. */
static void describe(struct cluster *cluster, const struct object *node, const struct state_folder *folder,
		     struct buffer *config, struct buffer *keys)
{
	const json_t *addresses = doc_get(node->now->value, "status.addresses");
	struct ssh_node_address address;

	if (!ssh_server_node(cluster->ssh, node->name, &address))
		return;
	buffer_addf(config, "Host %s %s\n    HostName 127.0.0.1\n    Port %u\n    User %s\n", node->name,
		    doc_text(doc_find(addresses, "type", "InternalIP"), "address"), address.port, address.user);
	buffer_addf(config, "    IdentityFile %s\n    IdentitiesOnly yes\n    UserKnownHostsFile %s\n",
		    folder->identity, folder->known_hosts);
	buffer_addf(keys, "[127.0.0.1]:%u %s\n", address.port, address.host_key);
}

static int write_ssh_files(struct state_folder *folder, struct cluster *cluster, struct err *err)
{
	const struct table *nodes = &cluster->store.tables[KIND_NODE];
	struct buffer config = BUFFER_INIT(FILES_MAXIMUM);
	struct buffer keys = BUFFER_INIT(FILES_MAXIMUM);
	int result = ssh_server_refresh(cluster->ssh, NULL, err);

	folder->nodes_seen = cluster->nodes_changed;
	buffer_add_text(&config, "# The nodes of the simulated cluster.\n");
	for (size_t i = 0; i < nodes->count; i++)
		describe(cluster, nodes->objects[i], folder, &config, &keys);
	buffer_add_text(&config, "# Nothing else is there: no name leads away from this machine.\n"
				 "Host *\n    HostName 127.0.0.1\n    Port 1\n");
	if (!result)
		result = file_write(folder->known_hosts, buffer_text(&keys), keys.length, 0600, err);
	if (!result)
		result = file_write(folder->ssh_config, buffer_text(&config), config.length, 0600, err);
	buffer_release(&config);
	buffer_release(&keys);
	return result;
}

void state_folder_refresh(struct state_folder *folder, struct cluster *cluster)
{
	if (folder->nodes_seen != cluster->nodes_changed)
		write_ssh_files(folder, cluster, NULL);
}

int state_folder_make(struct state_folder *folder, const char *path, struct cluster *cluster, uint16_t port,
		      struct err *err)
{
	const char *key = ssh_server_client_pem(cluster->ssh);
	int result;

	if (make_path(folder, path, err) || write_kubeconfig(folder, port, err))
		return -1;
	folder->ssh_config = xasprintf("%s/ssh_config", folder->path);
	folder->known_hosts = xasprintf("%s/known_hosts", folder->path);
	folder->identity = xasprintf("%s/id_ed25519", folder->path);
	if (file_write(folder->identity, key, strlen(key), 0600, err))
		return -1;
	cluster_lock(cluster);
	result = write_ssh_files(folder, cluster, err);
	cluster_unlock(cluster);
	return result;
}

static void remove_file(char **path)
{
	if (*path)
		unlink(*path);
	free(*path);
	*path = NULL;
}

void state_folder_remove(struct state_folder *folder)
{
	remove_file(&folder->kubeconfig);
	remove_file(&folder->ssh_config);
	remove_file(&folder->known_hosts);
	remove_file(&folder->identity);
	if (folder->own)
		rmdir(folder->path);
	free(folder->path);
	*folder = (struct state_folder){0};
}
