/*
 * A TCP connection to a node by its name or address: looked up and connected
 * here because libssh 0.10 blocks in getaddrinfo() and tries the first
 * address alone (tech.md c).
 */
#ifndef SSH_CONNECT_H
#define SSH_CONNECT_H

#include <stdint.h>

#include "probes/base/err.h"
#include "probes/ssh/interrupt.h"

/*
 * Tries the addresses of a name, families in turn, the next one 250 ms after
 * the last or at once when that failed (RFC 8305). deadline_ms as
 * clock_monotonic_ms(). *ret_socket blocks, does not delay small packets, and
 * notices a dead peer within half a minute. ERR_CANCELLED where it was interrupted.
 */
int connect_tcp(const char *host, int port, int64_t deadline_ms, struct interrupt *interrupt, int *ret_socket,
		struct err *err);

#endif
