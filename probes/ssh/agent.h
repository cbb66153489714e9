/*
 * The SSH agent, behind a thread of ours while a host asks for keys: libssh
 * waits for an agent without end and shows a host every key that it has, until
 * the host hangs up (MaxAuthTries). Through this it sees the keys that we
 * chose, and an agent that does not answer in time is gone
 * (draft-ietf-sshm-ssh-agent).
 */
#ifndef SSH_AGENT_H
#define SSH_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/ssh/interrupt.h"

struct agent;

enum agent_state {
	AGENT_READY,
	AGENT_NONE,	/* nobody at that socket, or it has no keys that are wanted */
	AGENT_SILENT,	/* it did not answer */
};

struct agent_request {
	const char *socket;
	const char *const *first;	/* public keys, as base64: these are shown first */
	size_t first_count;
	bool only_first;		/* and no others */
	size_t maximum;			/* keys */
	int64_t deadline_ms;		/* clock_monotonic_ms() */
	struct interrupt *interrupt;
};

/* *ret_agent and *ret_socket, which speaks for the agent and is the caller's, only where AGENT_READY. */
enum agent_state agent_open(const struct agent_request *request, struct agent **ret_agent, int *ret_socket);
/* How many keys it shows. */
size_t agent_key_count(const struct agent *agent);
/* True: it was asked to sign and did not, in time. */
bool agent_close(struct agent *agent);

/* The list of keys that an agent sent (without its length), chosen and put in order. Pure; -1: it is no such list. */
struct buffer;
int agent_choose(const char *answer, size_t n, const struct agent_request *request, struct buffer *ret_answer,
		 size_t *ret_count);

#endif
