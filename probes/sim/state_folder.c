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

static int write_ssh_config(struct state_folder *folder, const struct cluster *cluster, struct err *err)
{
	const struct table *nodes = &cluster->store.tables[KIND_NODE];
	struct buffer text = BUFFER_INIT(1 << 20);
	int result;

	buffer_add_text(&text, "# The nodes of the simulated cluster. This release simulates no SSH server:\n"
			       "# connections to these hosts are refused at once.\n");
	buffer_add_text(&text, "Host");
	for (size_t i = 0; i < nodes->count; i++) {
		const json_t *addresses = doc_get(nodes->objects[i]->now->value, "status.addresses");

		buffer_addf(&text, " %s %s", nodes->objects[i]->name,
			    doc_text(doc_find(addresses, "type", "InternalIP"), "address"));
	}
	if (!nodes->count)
		buffer_add_text(&text, " none");
	buffer_add_text(&text, "\n    HostName 127.0.0.1\n    Port 1\n    BatchMode yes\n    ConnectTimeout 2\n"
			       "    UserKnownHostsFile /dev/null\n");
	folder->ssh_config = xasprintf("%s/ssh_config", folder->path);
	result = file_write(folder->ssh_config, buffer_text(&text), text.length, 0600, err);
	buffer_release(&text);
	return result;
}

int state_folder_make(struct state_folder *folder, const char *path, struct cluster *cluster, uint16_t port,
		      struct err *err)
{
	int result;

	if (make_path(folder, path, err) || write_kubeconfig(folder, port, err))
		return -1;
	cluster_lock(cluster);
	result = write_ssh_config(folder, cluster, err);
	cluster_unlock(cluster);
	return result;
}

void state_folder_remove(struct state_folder *folder)
{
	if (folder->kubeconfig)
		unlink(folder->kubeconfig);
	if (folder->ssh_config)
		unlink(folder->ssh_config);
	if (folder->own)
		rmdir(folder->path);
	free(folder->path);
	free(folder->kubeconfig);
	free(folder->ssh_config);
	*folder = (struct state_folder){0};
}
