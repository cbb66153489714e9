/*
 * One SSH connection to a simulated node: libssh's server side, in the thread
 * that calls it. With ssh_server.c the only user of libssh here.
 *
 * A command line is read by node_run.h, never by a shell of this machine.
 */
#ifndef SIM_SSH_SESSION_H
#define SIM_SSH_SESSION_H

struct cluster;

/* Borrowed for the call. */
struct ssh_session_settings {
	struct cluster *cluster;
	const char *node;
	const char *user;	/* the only one who may log in */
	const char *host_key;	/* PEM */
	const char *client_key;	/* the only key that is accepted: "ssh-ed25519 AAAA..." */
	int fd;			/* closed at the end */
	void (*on_end)(void *data);	/* before that: nobody else uses fd any more */
	void *data;
};

/* Serves until the client goes, or the socket is shut down. */
void ssh_session_serve(const struct ssh_session_settings *settings);

#endif
