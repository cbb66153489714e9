#include "probes/remedy/identity.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/memory.h"

/* Texts of the environment are anybody's. */
enum { TEXT_MAXIMUM = 255, ENTRY_BYTES = 16384 };

static char *user_name(uid_t uid)
{
	auto_free char *space = xmalloc(ENTRY_BYTES);
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &entry, space, ENTRY_BYTES, &found) == 0 && found && *found->pw_name)
		return xstrndup(found->pw_name, TEXT_MAXIMUM);
	return xasprintf("uid %lu", (unsigned long)uid);
}

static char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? xstrndup(value, TEXT_MAXIMUM) : NULL;
}

/* sshd(8): "client-address client-port server-address server-port". */
static char *ssh_client(void)
{
	char *client = variable("SSH_CONNECTION");

	if (client)
		client[strcspn(client, " ")] = '\0';
	return client;
}

void identity_read(struct identity *identity)
{
	char host[TEXT_MAXIMUM + 1] = "";

	(void)gethostname(host, sizeof(host) - 1);
	identity->user = user_name(geteuid());
	/* sudo(8) sets it; whoever is that user already became nobody else. */
	identity->sudo_user = variable("SUDO_USER");
	if (identity->sudo_user && !strcmp(identity->sudo_user, identity->user)) {
		free(identity->sudo_user);
		identity->sudo_user = NULL;
	}
	identity->host = xstrdup(host);
	identity->client = ssh_client();
}

void identity_release(struct identity *identity)
{
	free(identity->user);
	free(identity->sudo_user);
	free(identity->host);
	free(identity->client);
	*identity = (struct identity){0};
}
