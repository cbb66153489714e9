/*
 * The steps of kubeconfig_load(). Each fills its part of the view; an error
 * names file and line.
 */
#ifndef KUBE_KUBECONFIG_PRIVATE_H
#define KUBE_KUBECONFIG_PRIVATE_H

#include "probes/base/err.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/kubeconfig_file.h"

/* kubeconfig_cluster.c */
int kubeconfig_take_cluster(struct kubeconfig_view *view, const struct kubeconfig_entry *cluster,
			    struct err *err);
/* JSON of the cluster's extension for credential plugins, or NULL. Caller frees. */
char *kubeconfig_exec_extension(const struct kubeconfig_file *file, const char *cluster);

/* kubeconfig_user.c */
int kubeconfig_take_user(struct kubeconfig_view *view, const struct kubeconfig_entry *user, struct err *err);
/* Impersonation alone, which also a plain http server gets. */
int kubeconfig_take_impersonation(struct kubeconfig_view *view, const struct kubeconfig_entry *user,
				  struct err *err);

/* kubeconfig_exec.c */
int kubeconfig_take_exec(struct kubeconfig_view *view, const struct kubeconfig_entry *exec, struct err *err);

/* kubeconfig_in_cluster.c */
bool kubeconfig_is_in_cluster(void);
int kubeconfig_in_cluster(struct kubeconfig_view *view, struct err *err);

/*
 * PEM from KEY-data (base64) or else the file that KEY names; *ret_pem NULL
 * where there is neither. marker: what a line has to hold, "CERTIFICATE-----".
 */
int kubeconfig_read_pem(const struct kubeconfig_entry *entry, const char *key, const char *marker,
			char **ret_pem,
			struct err *err);
bool view_is_tls(const struct kubeconfig_view *view);

#endif
