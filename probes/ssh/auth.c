#include "probes/ssh/auth.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

enum { TRIES_MAXIMUM = 5 };	/* MaxAuthTries is 6, and the question which methods there are is one */

struct trying {
	ssh_session session;
	const struct host_target *target;
	int tries;
	struct buffer locked;	/* key files with a passphrase */
	struct buffer unreadable;
};

static void add_name(struct buffer *list, const char *path)
{
	buffer_addf(list, "%s%s", list->length ? ", " : "", path);
}

static bool is_connected(ssh_session session)
{
	return (ssh_get_status(session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

static int try_key(struct trying *trying, const ssh_key key)
{
	trying->tries++;
	return ssh_userauth_publickey(trying->session, NULL, key);
}

/* SSH_AUTH_SUCCESS, SSH_AUTH_DENIED (try the next), SSH_AUTH_PARTIAL or SSH_AUTH_ERROR. */
static int try_files(struct trying *trying, struct key_ring *ring)
{
	int result = SSH_AUTH_DENIED;
	for (size_t i = 0; i < trying->target->identity_count && result == SSH_AUTH_DENIED; i++) {
		const char *path = trying->target->identities[i];
		ssh_key key = NULL, certified = NULL;
		enum key_state state = key_ring_get(ring, path, &key, &certified);
		if (state == KEY_LOCKED)
			add_name(&trying->locked, path);
		if (state == KEY_UNREADABLE)
			add_name(&trying->unreadable, path);
		if (state != KEY_READY || trying->tries >= TRIES_MAXIMUM)
			continue;
		if (certified)
			result = try_key(trying, certified);
		if (result == SSH_AUTH_DENIED && trying->tries < TRIES_MAXIMUM)
			result = try_key(trying, key);
	}
	return result;
}

static int open_agent(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* libssh waits for the agent without end: a guarded socket of ours ends that. */
static int try_agent(struct trying *trying, struct interrupt *interrupt)
{
	int fd = open_agent(trying->target->agent);
	if (fd < 0)
		return SSH_AUTH_DENIED;
	int guarded = dup(fd);
	if (guarded < 0 || ssh_set_agent_socket(trying->session, fd) != SSH_OK) {
		close(fd);
		if (guarded >= 0)
			close(guarded);
		return SSH_AUTH_DENIED;
	}
	int place = interrupt_guard(interrupt, guarded);
	int result = ssh_userauth_agent(trying->session, NULL);
	interrupt_unguard(interrupt, place);
	close(guarded);
	return result;
}

static const char *methods(ssh_session session)
{
	int list = ssh_userauth_list(session, NULL);
	if (list & (int)SSH_AUTH_METHOD_PUBLICKEY)
		return "publickey";
	if (list & (int)(SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE))
		return "password";
	return list & (int)SSH_AUTH_METHOD_GSSAPI_MIC ? "gssapi-with-mic" : "";
}

static int refused(const struct trying *trying, struct err *err)
{
	const struct host_target *target = trying->target;
	if (trying->tries == 0 && trying->locked.length == 0 && trying->unreadable.length == 0)
		err_set(err, ERR_UNAUTHORIZED, "no key to show to {host} as user {user}", "host", target->host,
			"user", target->user, NULL);
	else
		err_set(err, ERR_UNAUTHORIZED, "{host} takes none of our keys for user {user}", "host",
			target->host, "user", target->user, NULL);
	if (trying->locked.length > 0)
		err_hint(err, "{files} has a passphrase: load it into the agent with ssh-add", "files",
			 buffer_text(&trying->locked), NULL);
	else if (trying->unreadable.length > 0)
		err_hint(err, "{files} cannot be read as a private key", "files", buffer_text(&trying->unreadable),
			 NULL);
	else if (strcmp(methods(trying->session), "password") == 0)
		err_hint(err, "it takes passwords only, which nks-triage never asks for", NULL);
	else
		err_hint(err, "name the user and the key with --ssh-user and --ssh-key", NULL);
	return -1;
}

static int explain(const struct trying *trying, int result, struct interrupt *interrupt, struct err *err)
{
	const char *host = trying->target->host;
	if (interrupt_is_raised(interrupt))
		return err_set(err, ERR_CANCELLED, "cancelled", NULL);
	if (result == SSH_AUTH_PARTIAL)
		return err_set(err, ERR_UNAUTHORIZED, "{host} wants a second proof beside the key", "host", host,
			       NULL);
	/* sshd hangs up after MaxAuthTries keys that it does not know. */
	if (result == SSH_AUTH_ERROR && strstr(ssh_get_error(trying->session), "Too many authentication failures")) {
		err_set(err, ERR_UNAUTHORIZED, "{host} was shown too many keys for user {user} and hung up", "host",
			host, "user", trying->target->user, NULL);
		err_hint(err, "name the key with --ssh-key or IdentityFile", NULL);
		return -1;
	}
	if (result == SSH_AUTH_ERROR && !is_connected(trying->session))
		return err_set(err, ERR_CONNECT, "{host} hung up while the key was checked: {reason}", "host", host,
			       "reason", ssh_get_error(trying->session), NULL);
	if (result == SSH_AUTH_ERROR)
		return err_set(err, ERR_TIMEOUT, "{host} did not answer while the key was checked: {reason}", "host",
			       host, "reason", ssh_get_error(trying->session), NULL);
	return refused(trying, err);
}

int auth_run(ssh_session session, const struct host_target *target, struct key_ring *ring, struct interrupt *interrupt,
	     struct err *err)
{
	struct trying trying = {
		.session = session,
		.target = target,
		.locked = BUFFER_INIT(1024),
		.unreadable = BUFFER_INIT(1024),
	};
	int result = try_files(&trying, ring);
	if (result == SSH_AUTH_DENIED && *target->agent && is_connected(session)) {
		result = try_agent(&trying, interrupt);
		trying.tries++;
	}
	if (result == SSH_AUTH_DENIED && trying.tries == 0)
		result = ssh_userauth_none(session, NULL);
	int status = result == SSH_AUTH_SUCCESS ? 0 : explain(&trying, result, interrupt, err);
	buffer_release(&trying.locked);
	buffer_release(&trying.unreadable);
	return status;
}
