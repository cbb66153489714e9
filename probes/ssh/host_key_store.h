/*
 * Which host keys are trusted: our known_hosts file of this cluster, the files
 * that ssh_config names (only read), and what they revoke. libssh passes over
 * @revoked lines and takes StrictHostKeyChecking from the configuration
 * (tech.md c), so the files are gone through here, each line parsed by it.
 *
 * Any thread may call; the file is read anew when it was changed on disk.
 * The comment of a line of ours says for which Node it was accepted:
 * "NODE uid=UID".
 */
#ifndef SSH_HOST_KEY_STORE_H
#define SSH_HOST_KEY_STORE_H

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"
#include "probes/ssh/target.h"

struct host_key_store;

enum host_key_state {
	HOST_KEY_KNOWN,
	HOST_KEY_UNKNOWN,	/* no line for this host */
	HOST_KEY_CHANGED,	/* lines for this host, none with this key */
	HOST_KEY_REVOKED,
};

struct host_key_verdict {
	enum host_key_state state;
	char *known_fingerprint;	/* of the same type, where changed; NULL: none */
	char *known_type;		/* of another type, where changed and none is of the same; NULL: none */
	bool is_new_node;		/* changed, and ours was accepted for a Node with another uid */
	bool in_other_file;		/* changed, and a file says so that is not ours: nothing here replaces it */
};

struct host_key_store *host_key_store_new(const char *path);
void host_key_store_free(struct host_key_store *store);
void host_key_store_check(struct host_key_store *store, const struct host_target *target, const char *uid,
			  const ssh_key key, struct host_key_verdict *ret_verdict);
void host_key_verdict_release(struct host_key_verdict *verdict);
/* Host key algorithms for the handshake, those of known keys first, so that a known key is offered. Caller frees. */
char *host_key_store_algorithms(struct host_key_store *store, const struct host_target *target);
/*
 * Adds a line for this host. replaces_host: our other lines for it go. The file
 * is written beside and renamed, mode 0600.
 */
int host_key_store_add(struct host_key_store *store, const char *known_name, const char *type, const char *base64,
		       const char *node, const char *uid, bool replaces_host, struct err *err);
/* Adds the lines of a known_hosts file, @revoked ones too. */
int host_key_store_pin(struct host_key_store *store, const char *path, size_t *ret_count, struct err *err);
/* "SHA256:…"; caller frees. */
char *host_key_fingerprint(const ssh_key key);

#endif
