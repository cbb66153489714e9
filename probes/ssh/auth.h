/*
 * Proves to a host who we are: key files first, then the agent. Never asks for
 * anything, never writes a file (libssh's ssh_userauth_publickey_auto() does both).
 */
#ifndef SSH_AUTH_H
#define SSH_AUTH_H

#include "probes/base/err.h"
#include "probes/ssh/key_ring.h"
#include "probes/ssh/handshake_wait.h"
#include "probes/ssh/target.h"

/*
 * 0, or -1: ERR_UNAUTHORIZED where the host took none, ERR_CONNECT where it hung up, ERR_CANCELLED. The session
 * does not block.
 */
int auth_run(const struct handshake_wait *wait, const struct host_target *target, struct key_ring *ring,
	     struct err *err);

#endif
