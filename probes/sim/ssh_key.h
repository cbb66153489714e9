/*
 * Ed25519 keys made from a seed: the host key of each simulated node, and the
 * one client key that all of them accept. Made by libcrypto, handed on in the
 * forms that OpenSSH reads (PROTOCOL.key, RFC 8709).
 */
#ifndef SIM_SSH_KEY_H
#define SIM_SSH_KEY_H

#include <stdint.h>

#include "probes/base/err.h"

enum { SSH_SEED_SIZE = 32 };

struct ssh_seed {
	unsigned char bytes[SSH_SEED_SIZE];
};

int ssh_seed_random(struct ssh_seed *ret_seed, struct err *err);
/* Another seed, the same for the same seed and text. */
struct ssh_seed ssh_seed_derive(const struct ssh_seed *seed, const char *text);
/* "ssh-ed25519 AAAA...". Caller frees. */
char *ssh_seed_public_line(const struct ssh_seed *seed);
/* "-----BEGIN OPENSSH PRIVATE KEY-----...", without a passphrase. Caller frees with secret_free(). */
char *ssh_seed_private_pem(const struct ssh_seed *seed, const char *comment);

#endif
