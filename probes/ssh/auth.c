#include "probes/ssh/auth.h"

#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/ssh/agent.h"

enum { TRIES_MAXIMUM = 5 };	/* MaxAuthTries is 6, and the question which methods there are is one */

enum { IDENTITIES_MAXIMUM = 32 };

struct trying {
	const struct handshake_wait *wait;
	ssh_session session;
	const struct host_target *target;
	int tries;
	const char *public_keys[2 * IDENTITIES_MAXIMUM];	/* of the identities, for the agent */
	size_t public_count;
	struct buffer locked;		/* key files with a passphrase */
	struct buffer unreadable;
	bool agent_was_silent;
};

static void add_name(struct buffer *list, const char *path)
{
	buffer_addf(list, "%s%s", list->length ? ", " : "", path);
}

/* What libssh says when the host hung up instead of answering is more than one thing. */
static int settled(const struct trying *trying, int result)
{
	if (result == SSH_AUTH_AGAIN)
		return SSH_AUTH_ERROR;
	return result == SSH_AUTH_DENIED && !session_is_open(trying->session) ? SSH_AUTH_ERROR : result;
}

static int try_key(struct trying *trying, const ssh_key key)
{
	int result;
	trying->tries++;
	while ((result = ssh_userauth_publickey(trying->session, NULL, key)) == SSH_AUTH_AGAIN &&
	       session_is_open(trying->session) && handshake_wait(trying->wait))
		continue;
	return settled(trying, result);
}

static int try_none(struct trying *trying)
{
	int result;
	while ((result = ssh_userauth_none(trying->session, NULL)) == SSH_AUTH_AGAIN &&
	       session_is_open(trying->session) && handshake_wait(trying->wait))
		continue;
	return settled(trying, result);
}

static int ask_agent(struct trying *trying)
{
	int result;
	while ((result = ssh_userauth_agent(trying->session, NULL)) == SSH_AUTH_AGAIN &&
	       session_is_open(trying->session) && handshake_wait(trying->wait))
		continue;
	return settled(trying, result);
}

static void note(struct trying *trying, const struct identity *identity, const char *path)
{
	if (identity->state == IDENTITY_LOCKED)
		add_name(&trying->locked, path);
	if (identity->state == IDENTITY_UNREADABLE)
		add_name(&trying->unreadable, path);
	if (trying->public_count + 2 > array_length(trying->public_keys))
		return;
	if (identity->certificate)
		trying->public_keys[trying->public_count++] = identity->certificate;
	if (identity->public_key)
		trying->public_keys[trying->public_count++] = identity->public_key;
}

/* SSH_AUTH_SUCCESS, SSH_AUTH_DENIED (try the next), SSH_AUTH_PARTIAL or SSH_AUTH_ERROR. */
static int try_files(struct trying *trying, struct key_ring *ring)
{
	int result = SSH_AUTH_DENIED;
	for (size_t i = 0; i < trying->target->identity_count && result == SSH_AUTH_DENIED; i++) {
		const char *path = trying->target->identities[i];
		const struct identity *identity = key_ring_get(ring, path);
		note(trying, identity, path);
		if (identity->certified && trying->tries < TRIES_MAXIMUM)
			result = try_key(trying, identity->certified);
		if (identity->key && result == SSH_AUTH_DENIED && trying->tries < TRIES_MAXIMUM)
			result = try_key(trying, identity->key);
	}
	return result;
}

static int try_agent(struct trying *trying)
{
	struct agent_request request = {
		.socket = trying->target->agent,
		.first = trying->public_keys,
		.first_count = trying->public_count,
		.only_first = trying->target->identities_only,
		.maximum = trying->tries < TRIES_MAXIMUM ? (size_t)(TRIES_MAXIMUM - trying->tries) : 0,
		.deadline_ms = trying->wait->deadline_ms,
		.interrupt = trying->wait->interrupt,
	};
	struct agent *agent;
	int socket;
	enum agent_state state = agent_open(&request, &agent, &socket);
	trying->agent_was_silent = state == AGENT_SILENT;
	if (state != AGENT_READY)
		return SSH_AUTH_DENIED;
	int result = SSH_AUTH_DENIED;
	/* The socket is the session's from here on. */
	if (ssh_set_agent_socket(trying->session, socket) == SSH_OK)
		result = ask_agent(trying);
	else
		close(socket);
	trying->tries += (int)agent_key_count(agent);
	trying->agent_was_silent = agent_close(agent);
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
	else if (trying->agent_was_silent)
		err_hint(err, "the agent at {path} does not answer", "path", target->agent, NULL);
	else if (trying->unreadable.length > 0)
		err_hint(err, "{files} cannot be read as a private key", "files", buffer_text(&trying->unreadable),
			 NULL);
	else if (strcmp(methods(trying->session), "password") == 0)
		err_hint(err, "it takes passwords only, which nks-triage never asks for", NULL);
	else
		err_hint(err, "name the user and the key with --ssh-user and --ssh-key", NULL);
	return -1;
}

static int explain(const struct trying *trying, int result, struct err *err)
{
	const char *host = trying->target->host;
	if (interrupt_is_raised(trying->wait->interrupt))
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
	if (result == SSH_AUTH_ERROR && !session_is_open(trying->session))
		return err_set(err, ERR_CONNECT, "{host} hung up while the key was checked: {reason}", "host", host,
			       "reason", ssh_get_error(trying->session), NULL);
	if (result == SSH_AUTH_ERROR)
		return err_set(err, ERR_TIMEOUT, "{host} did not answer while the key was checked: {reason}", "host",
			       host, "reason", ssh_get_error(trying->session), NULL);
	return refused(trying, err);
}

int auth_run(const struct handshake_wait *wait, const struct host_target *target, struct key_ring *ring,
	     struct err *err)
{
	struct trying trying = {
		.wait = wait,
		.session = wait->session,
		.target = target,
		.locked = BUFFER_INIT(1024),
		.unreadable = BUFFER_INIT(1024),
	};
	int result = try_files(&trying, ring);
	if (result == SSH_AUTH_DENIED && *target->agent)
		result = try_agent(&trying);
	if (result == SSH_AUTH_DENIED && trying.tries == 0)
		result = try_none(&trying);
	int status = result == SSH_AUTH_SUCCESS ? 0 : explain(&trying, result, err);
	buffer_release(&trying.locked);
	buffer_release(&trying.unreadable);
	return status;
}
