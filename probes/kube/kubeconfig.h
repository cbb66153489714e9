/*
 * kubeconfig, as client-go reads it: KUBECONFIG lists, merging (the first
 * file that has an entry wins, whole entries), paths relative to the file
 * that defines them, *-data before files, in-cluster as the last resort
 * (tech.md a, kubeconfig).
 *
 * A kubeconfig_view is one context made ready for use. It holds secrets: they
 * are wiped by kubeconfig_view_free() and appear in no message.
 */
#ifndef KUBE_KUBECONFIG_H
#define KUBE_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"

struct kubeconfig_options {
	const char *path;	/* --kubeconfig; NULL: KUBECONFIG, ~/.kube/config, in-cluster */
	const char *context;	/* NULL: current-context */
	const char *as_user;	/* --as, --as-group; NULL: as the kubeconfig says */
	const char *const *as_groups;	/* NULL-terminated; may be NULL */
	const char *name_space;	/* --namespace; NULL: as the context says, else "default" */
};

/* How to run a credential plugin (client.authentication.k8s.io/v1 or v1beta1). */
struct kubeconfig_exec {
	char *api_version;
	char *command;
	char **arguments;	/* NULL-terminated */
	char **environment;	/* "NAME=value", NULL-terminated */
	char *install_hint;
	char *interactive_mode;
	bool provide_cluster_info;
	char *cluster_config;	/* JSON of the cluster's extension client.authentication.k8s.io/exec; NULL: none */
};

struct kubeconfig_view {
	char *context;		/* name, "in-cluster" for that */
	char *cluster;		/* name of the cluster entry */
	char *user;		/* name of the user entry; shown in the header */
	char *file;		/* file that defines the context, for messages */
	char *name_space;
	char *server;		/* URL, path prefix kept, no trailing slash */
	char *ca_pem;
	char *certificate_pem;
	char *key_pem;
	char *token;
	char *token_file;	/* read again each minute; its content wins over token */
	char *basic_user;	/* NULL: no password */
	char *basic_password;
	char *tls_server_name;
	char *proxy_url;
	bool insecure_skip_verify;
	bool disable_compression;
	char *as_user;
	char *as_uid;
	char **as_groups;	/* NULL-terminated or NULL */
	char **as_extra;	/* "key", "value" alternating, NULL-terminated or NULL */
	struct kubeconfig_exec *exec;	/* NULL: none */
};

/* An error names file, line where known, what was expected and what to do. Caller frees *ret_view. */
int kubeconfig_load(const struct kubeconfig_options *options, struct kubeconfig_view **ret_view,
		    struct err *err);
void kubeconfig_view_free(struct kubeconfig_view *view);
/* Names of all contexts, NULL-terminated, for completion and :ctx. Caller frees with strings_free(). */
int kubeconfig_contexts(const struct kubeconfig_options *options, char ***ret_names, struct err *err);
void strings_free(char **strings);

#endif
