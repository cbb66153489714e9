/*
 * The words that are spoken with credential plugins: the ExecCredential that
 * they are given and the one that they answer with
 * (client.authentication.k8s.io/v1 and v1beta1).
 */
#ifndef KUBE_CREDENTIAL_EXEC_H
#define KUBE_CREDENTIAL_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

struct job_result;
struct kubeconfig_view;

struct exec_answer {
	char *token;		/* NULL: none */
	char *certificate_pem;	/* NULL: none; else key_pem too */
	char *key_pem;
	int64_t expires;	/* wall time, 0: never */
};

void exec_answer_release(struct exec_answer *answer);
/* "KUBERNETES_EXEC_INFO=..." for the plugin's environment. Caller frees. */
char *exec_information(const struct kubeconfig_view *view, bool is_interactive);
/* Reads what the plugin wrote; an error names the plugin, never what it wrote on standard output. */
int exec_read(const struct kubeconfig_view *view, const struct job_result *result,
	      struct exec_answer *ret_answer,
	      struct err *err);

#endif
