/*
 * What ssh_config(5) says about one host: the lines that apply, in order. The
 * values of algorithms and the like are libssh's to read (target.h); which
 * lines apply is decided here, because libssh does not tell what it found
 * (several IdentityFile, ProxyJump), runs a shell for "Match exec", and passes
 * over in silence what it does not know.
 *
 * Read once, then constant: any thread may look things up.
 */
#ifndef SSH_SSH_CONFIG_H
#define SSH_SSH_CONFIG_H

#include "probes/base/err.h"

struct ssh_config;

/* file NULL: ~/.ssh/config, then /etc/ssh/ssh_config; those may be missing. */
int ssh_config_load(const char *file, struct ssh_config **ret_config, struct err *err);
void ssh_config_free(struct ssh_config *config);

/*
 * Calls each for every line that applies to this host, in order: the first
 * value of most options is the one that counts. keyword is in lower case, value
 * without the quotes around it and never empty. user NULL: not given on our own command line.
 * A "match exec" is no line that applies: it comes as keyword "match", value "exec".
 */
void ssh_config_each(const struct ssh_config *config, const char *host, const char *user,
		     void (*each)(void *data, const char *keyword, const char *value), void *data);

/* The home folder of this user; "" none known. Caller frees. */
char *ssh_home(void);
/* The name of this user, looked up once; "" none known. Borrowed. */
const char *ssh_config_local_user(const struct ssh_config *config);

#endif
