/*
 * Connections to nodes: worker threads (32) with a libssh session each, kept
 * open and used again; one channel a command (tech.md c; decisions.md 31, 32).
 * Everything here is called from the loop's thread, and calls back in it;
 * workers get copies and never see a struct of ours that lives elsewhere.
 *
 * Nothing here decides what may be run. node_check.h and node_step.h are the
 * doors to it; pool_private.h holds what they use.
 */
#ifndef SSH_POOL_H
#define SSH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

struct loop;
struct node_pool;

/* A node as the pool needs it; copied. Texts may be NULL where nothing is known. */
struct node_host {
	const char *name;	/* of the Node object; what answers and errors call it */
	const char *uid;	/* of the Node object: with another uid it is another machine (guide E14) */
	const char *address;	/* to connect to; looked up in ssh_config first */
	const char *user;	/* NULL: that of the settings, else ssh_config's, else ours */
	/* For node_check() alone: which checks and commands apply; NULL: found out on the node. */
	const char *runtime;	/* nodeInfo.containerRuntimeVersion, "containerd://1.6.21" */
	const char *os_image;	/* nodeInfo.osImage, "Ubuntu 20.04.6 LTS" */
};

/* All copied. */
struct node_pool_settings {
	const char *user;		/* --ssh-user; NULL: ssh_config says */
	const char *key;		/* --ssh-key, tried first; NULL: ssh_config's and the agent's */
	const char *jump;		/* --ssh-jump "[user@]host[:port][,…]"; NULL: ssh_config's ProxyJump */
	const char *config_file;	/* --ssh-config; NULL: ~/.ssh/config and /etc/ssh/ssh_config */
	const char *known_hosts;	/* our file of this cluster (host_keys.h); never NULL */
	int workers;			/* 0: 32 */
	int connect_timeout_ms;		/* 0: 10,000: name, TCP, banner and key exchange together */
};

int node_pool_new(struct loop *loop, const struct node_pool_settings *settings, struct node_pool **ret_pool,
		  struct err *err);
/* Cancels what is left, without a callback; ends the workers. Not from a callback of its own. NULL is fine. */
void node_pool_free(struct node_pool *pool);

/*
 * What of ssh_config applies to a host and what it asks that libssh cannot do
 * (IdentitiesOnly, CertificateFile, …): for doctor and the node's detail.
 */
struct node_effective {
	char *user;
	char *address;
	int port;
	char *jump;		/* "" none */
	char *identities;	/* files, with ", " between */
	char *not_followed;	/* options, with ", " between; "" none */
};
int node_pool_effective(struct node_pool *pool, const struct node_host *host, struct node_effective *ret_effective,
			struct err *err);
void node_effective_release(struct node_effective *effective);

enum node_trouble {
	NODE_FINE,
	NODE_UNREACHABLE,	/* name, TCP, silence, or it hung up before the command was sent */
	NODE_HOST_KEY_UNKNOWN,	/* see host_keys.h: shown, and accepted by a person */
	NODE_HOST_KEY_CHANGED,	/* also of another type, or revoked: refused */
	NODE_AUTH_REFUSED,
	NODE_TIMED_OUT,		/* the command had its time */
	NODE_LOST,		/* hung up when the command was under way: nobody knows what it did */
	NODE_CANCELLED,
};

/* What became of one command. Borrowed for the call. */
struct node_answer {
	enum node_trouble trouble;
	struct err err;			/* of trouble */
	int exit_status;		/* -1: ended by a signal */
	const char *signal;		/* "KILL"; NULL: none */
	const char *out;		/* standard output, NUL-terminated after out_length; capped */
	size_t out_length;
	const char *error_out;		/* standard error, likewise */
	size_t error_out_length;
	bool was_cut;			/* there was more than the maximum */
	bool may_have_run;		/* the command was sent */
	int64_t milliseconds;		/* from start to answer */
};

struct node_call;
/* No callback any more; what runs on the node may go on there. NULL is fine. */
void node_call_cancel(struct node_call *call);

#endif
