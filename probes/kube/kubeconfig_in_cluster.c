#include <string.h>
#include <unistd.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig_private.h"

/* Where a kubelet mounts the pod's service account (Kubernetes: "Accessing the API from within a Pod"). */
#define ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

enum { ACCOUNT_FILE_MAXIMUM = 1 << 20 };

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

bool kubeconfig_is_in_cluster(void)
{
	return variable("KUBERNETES_SERVICE_HOST") && variable("KUBERNETES_SERVICE_PORT") &&
	       access(ACCOUNT_FOLDER "/token", F_OK) == 0;
}

static char *read_account(const char *path)
{
	size_t length;
	char *text;

	if (file_read(path, ACCOUNT_FILE_MAXIMUM, &text, &length, NULL) < 0)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

int kubeconfig_in_cluster(struct kubeconfig_view *view, struct err *err)
{
	const char *host = variable("KUBERNETES_SERVICE_HOST");
	const char *port = variable("KUBERNETES_SERVICE_PORT");
	size_t length;

	view->context = xstrdup("in-cluster");
	view->cluster = xstrdup("in-cluster");
	view->user = xstrdup("service account");
	view->file = xstrdup(ACCOUNT_FOLDER);
	view->server = xasprintf(strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
	view->token_file = xstrdup(ACCOUNT_FOLDER "/token");
	if (file_read(ACCOUNT_FOLDER "/ca.crt", ACCOUNT_FILE_MAXIMUM, &view->ca_pem, &length, err) < 0)
		return -1;
	view->name_space = variable("POD_NAMESPACE") ? xstrdup(variable("POD_NAMESPACE"))
						     : read_account(ACCOUNT_FOLDER "/namespace");
	return 0;
}
