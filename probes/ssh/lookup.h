/*
 * The addresses of a name, with a deadline: getaddrinfo() has none, so that it
 * runs in a thread of its own which outlives the wait where it must.
 */
#ifndef SSH_LOOKUP_H
#define SSH_LOOKUP_H

#include <netdb.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/ssh/interrupt.h"

/* Numeric addresses need no thread. *ret_list is freed by freeaddrinfo(). */
int lookup_host(const char *host, int port, int64_t deadline_ms, struct interrupt *interrupt,
		struct addrinfo **ret_list, struct err *err);

#endif
