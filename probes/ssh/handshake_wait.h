/*
 * Waiting for the other side between the steps of a session that does not
 * block. A blocking one would be simpler, but libssh 0.10 waits for its whole
 * time-out when the host says good-bye in the middle, on a socket that it has
 * closed already, so that nothing can break that off.
 */
#ifndef SSH_HANDSHAKE_WAIT_H
#define SSH_HANDSHAKE_WAIT_H

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stdint.h>

#include "probes/ssh/interrupt.h"

struct handshake_wait {
	ssh_session session;
	int socket;		/* its own, or a dup */
	int64_t deadline_ms;	/* clock_monotonic_ms() */
	struct interrupt *interrupt;
};

bool session_is_open(ssh_session session);
/* True: call libssh again. False: it is over, interrupted, or the connection is gone. */
bool handshake_wait(const struct handshake_wait *wait);

#endif
