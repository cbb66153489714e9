#include "probes/ssh/handshake_wait.h"

#include <poll.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"

enum { TURN_MS = 200 };	/* bytes that libssh holds already wake nobody: it is asked again by then */

bool session_is_open(ssh_session session)
{
	return ssh_is_connected(session) && (ssh_get_status(session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

bool handshake_wait(const struct handshake_wait *wait)
{
	int64_t left = wait->deadline_ms - clock_monotonic_ms();
	if (left <= 0 || interrupt_is_raised(wait->interrupt))
		return false;
	short events = ssh_get_status(wait->session) & SSH_WRITE_PENDING ? POLLIN | POLLOUT : POLLIN;
	struct pollfd polled[] = {{.fd = wait->socket, .events = events},
				  {.fd = wait->interrupt->wake, .events = POLLIN}};
	poll(polled, array_length(polled), left < TURN_MS ? (int)left : TURN_MS);
	return !interrupt_is_raised(wait->interrupt);
}
