/*
 * Private keys from files: imported once, then shared by the workers, which
 * only read them. A key with a passphrase is never asked for: it belongs into the agent.
 */
#ifndef SSH_KEY_RING_H
#define SSH_KEY_RING_H

#include <libssh/libssh.h>
#include <stdbool.h>

struct key_ring;

enum key_state {
	KEY_READY,
	KEY_MISSING,
	KEY_LOCKED,	/* it has a passphrase */
	KEY_UNREADABLE,
};

struct key_ring *key_ring_new(void);
/* After the last session that used a key. */
void key_ring_free(struct key_ring *ring);
/*
 * The key of a file; *ret_key is borrowed from the ring, and *ret_certified, the same with the certificate in
 * FILE-cert.pub, NULL where there is none. Read anew when the file was changed.
 */
enum key_state key_ring_get(struct key_ring *ring, const char *path, ssh_key *ret_key, ssh_key *ret_certified);

#endif
