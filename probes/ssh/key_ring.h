/*
 * Private keys from files: imported once, then shared by the workers, which
 * only read them. A key with a passphrase is never asked for: it belongs into the agent.
 */
#ifndef SSH_KEY_RING_H
#define SSH_KEY_RING_H

#include <libssh/libssh.h>

struct key_ring;

enum identity_state {
	IDENTITY_READY,
	IDENTITY_MISSING,	/* no private key: the agent may have it */
	IDENTITY_LOCKED,	/* it has a passphrase */
	IDENTITY_UNREADABLE,
};

/* What an identity file FILE says, with FILE.pub and FILE-cert.pub beside it. */
struct identity {
	enum identity_state state;
	ssh_key key;			/* NULL unless ready */
	ssh_key certified;		/* the same with its certificate; NULL: none */
	char *public_key;		/* base64, to find it in the agent; NULL: not known */
	char *certificate;		/* likewise */
};

struct key_ring *key_ring_new(void);
/* After the last session that used a key. */
void key_ring_free(struct key_ring *ring);
/* Borrowed from the ring. The file is read anew when it was changed. */
const struct identity *key_ring_get(struct key_ring *ring, const char *path);

#endif
