/*
 * What a user proves itself with, kept fresh: a token, a token file (read
 * again each minute), a client certificate, or what a credential plugin last
 * said (asked again before it expires and after a 401; one plugin at a time).
 *
 * credential_get() fills in what a request needs now, or says that it has to
 * wait for the plugin: then credential_wait(), and get again when called.
 */
#ifndef KUBE_CREDENTIAL_H
#define KUBE_CREDENTIAL_H

#include <stdbool.h>

#include "probes/base/err.h"
#include "probes/net/http.h"

struct credential;
struct kube_terminal;
struct kubeconfig_view;
struct loop;

enum credential_state { CREDENTIAL_READY, CREDENTIAL_WAIT, CREDENTIAL_FAILED };

/* Part of whoever waits. Zeros: waits for nothing. */
struct credential_waiter {
	struct credential_waiter *next;
	struct credential *credential;	/* NULL: not waiting */
	/* err NULL: get again now. Called once; the waiter is free before that. */
	void (*on_ready)(void *data, const struct err *err);
	void *data;
};

/* The view is borrowed and lives longer. */
struct credential *credential_new(struct loop *loop, const struct kubeconfig_view *view);
/* Of credential plugins: 0 = 60 s; terminal (client.h) is copied and may be NULL. Before the first get(). */
void credential_configure(struct credential *credential, long exec_timeout_ms, const struct kube_terminal *terminal);
void credential_free(struct credential *credential);
/*
 * READY: sets token, certificate and key (borrowed until the next turn of the loop), nothing over
 * plain http.
 */
enum credential_state credential_get(struct credential *credential, struct http_security *security,
				     struct err *err);
void credential_wait(struct credential *credential, struct credential_waiter *waiter);
void credential_wait_cancel(struct credential_waiter *waiter);
/* The operator declined a while ago and now wants to be asked. */
void credential_ask_again(struct credential *credential);
/* The server refused what get() gave. True if asking again may bring something new. */
bool credential_drop(struct credential *credential);

#endif
