#include "probes/ssh/target.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/ssh/pool.h"
#include "probes/ssh/ssh_config.h"

enum {
	TEXT_MAXIMUM = 64 << 10,
	FILES_MAXIMUM = 16,
	PORT_DEFAULT = 22,
};

/* The lines of one host as they come. */
struct collecting {
	struct host_target *target;
	const char *address;
	char *home;
	const char *local_user;
	bool has_port, has_user, has_jump, has_agent, has_alias, has_known_hosts, has_global, has_only;
	char *identities[FILES_MAXIMUM];	/* raw, for their %r needs the user */
	size_t identity_count;
	char *known_hosts;	/* raw */
	char *global;
	struct buffer algorithms;
	struct buffer not_followed;
};

/* Read by libssh itself (target.h). */
static const char *const FOR_LIBSSH[] = {
	"ciphers",	  "macs",	   "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms",
	"pubkeyacceptedkeytypes", "rekeylimit",
};

/* What changes whether or how a node is reached, or who is trusted, and is not done here. */
static const char *const NOT_FOLLOWED[] = {
	"certificatefile", "revokedhostkeys", "knownhostscommand", "addressfamily",
	"bindaddress", "bindinterface", "pkcs11provider", "securitykeyprovider",
	"canonicalizehostname", "remotecommand", "verifyhostkeydns",
};
static const char *const NOT_FOLLOWED_NAMES[] = {
	"CertificateFile", "RevokedHostKeys", "KnownHostsCommand", "AddressFamily",
	"BindAddress", "BindInterface", "PKCS11Provider", "SecurityKeyProvider",
	"CanonicalizeHostname", "RemoteCommand", "VerifyHostKeyDNS",
};

static bool is_one_of(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

static void name_not_followed(struct collecting *collecting, const char *name)
{
	const char *text = buffer_text(&collecting->not_followed);
	const char *found = strstr(text, name);
	size_t n = strlen(name);
	if (found && (found[n] == ',' || !found[n]) && (found == text || found[-1] == ' '))
		return;
	if (*text)
		buffer_add_text(&collecting->not_followed, ", ");
	buffer_add_text(&collecting->not_followed, name);
}

static bool says_no(const char *value)
{
	return strcasecmp(value, "no") == 0 || strcasecmp(value, "none") == 0 || strcasecmp(value, "any") == 0 ||
	       strcasecmp(value, "false") == 0 || strcasecmp(value, "internal") == 0;
}

static void take_other(struct collecting *collecting, const char *keyword, const char *value)
{
	if (is_one_of(FOR_LIBSSH, array_length(FOR_LIBSSH), keyword)) {
		buffer_addf(&collecting->algorithms, "%s %s\n", keyword, value);
		return;
	}
	for (size_t i = 0; i < array_length(NOT_FOLLOWED); i++)
		if (strcmp(NOT_FOLLOWED[i], keyword) == 0 && !says_no(value))
			name_not_followed(collecting, NOT_FOLLOWED_NAMES[i]);
	if (strcmp(keyword, "match") == 0)
		name_not_followed(collecting, "Match exec");
	else if (strcmp(keyword, "stricthostkeychecking") == 0 &&
		 (strcasecmp(value, "no") == 0 || strcasecmp(value, "off") == 0 ||
		  strcasecmp(value, "accept-new") == 0))
		name_not_followed(collecting, "StrictHostKeyChecking");
}

/* The first value counts: true the first time. */
static bool first(bool *seen)
{
	bool is_first = !*seen;
	*seen = true;
	return is_first;
}

static void replace(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

static void take_proxy(struct collecting *collecting, const char *keyword, const char *value)
{
	/* The first of the two counts for both (ssh_config(5)). */
	if (!first(&collecting->has_jump) || strcasecmp(value, "none") == 0)
		return;
	if (strcmp(keyword, "proxyjump") == 0)
		replace(&collecting->target->jump, value);
	else
		name_not_followed(collecting, "ProxyCommand");
}

static void take_line(void *data, const char *keyword, const char *value)
{
	struct collecting *collecting = data;
	struct host_target *target = collecting->target;
	if (strcmp(keyword, "hostname") == 0) {
		if (!target->host)
			target->host = xstrdup(value);
	} else if (strcmp(keyword, "port") == 0) {
		if (first(&collecting->has_port))
			target->port = (int)strtol(value, NULL, 10);
	} else if (strcmp(keyword, "user") == 0) {
		if (first(&collecting->has_user))
			replace(&target->user, value);
	} else if (strcmp(keyword, "proxyjump") == 0 || strcmp(keyword, "proxycommand") == 0) {
		take_proxy(collecting, keyword, value);
	} else if (strcmp(keyword, "identityfile") == 0) {
		if (collecting->identity_count < FILES_MAXIMUM)
			collecting->identities[collecting->identity_count++] = xstrdup(value);
	} else if (strcmp(keyword, "identityagent") == 0) {
		if (first(&collecting->has_agent))
			replace(&target->agent, value);
	} else if (strcmp(keyword, "identitiesonly") == 0) {
		if (first(&collecting->has_only))
			target->identities_only = strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0;
	} else if (strcmp(keyword, "hostkeyalias") == 0) {
		if (first(&collecting->has_alias))
			replace(&target->known_as, value);
	} else if (strcmp(keyword, "userknownhostsfile") == 0) {
		if (first(&collecting->has_known_hosts))
			replace(&collecting->known_hosts, value);
	} else if (strcmp(keyword, "globalknownhostsfile") == 0) {
		if (first(&collecting->has_global))
			replace(&collecting->global, value);
	} else {
		take_other(collecting, keyword, value);
	}
}

static void add_token(const struct collecting *collecting, struct buffer *out, char token)
{
	const struct host_target *target = collecting->target;
	switch (token) {
	case 'd':
		buffer_add_text(out, collecting->home);
		break;
	case 'h':
	case 'k':
		buffer_add_text(out, token == 'k' && target->known_as ? target->known_as : target->host);
		break;
	case 'n':
		buffer_add_text(out, collecting->address);
		break;
	case 'p':
		buffer_addf(out, "%d", target->port);
		break;
	case 'r':
		buffer_add_text(out, target->user);
		break;
	case 'u':
		buffer_add_text(out, collecting->local_user);
		break;
	case 'i':
		buffer_addf(out, "%u", (unsigned int)getuid());
		break;
	case '%':
		buffer_add_byte(out, '%');
		break;
	default:	/* %l, %L, %C: ours are not ssh's; such a file is not found */
		buffer_addf(out, "%%%c", token);
	}
}

/* A file's name: ~, %-tokens and ${VARIABLE}. */
static char *expand(const struct collecting *collecting, const char *raw)
{
	struct buffer out = BUFFER_INIT(TEXT_MAXIMUM);
	if (strncmp(raw, "~/", 2) == 0) {
		buffer_add_text(&out, collecting->home);
		raw++;
	}
	while (*raw) {
		const char *end = raw[0] == '$' && raw[1] == '{' ? strchr(raw, '}') : NULL;
		if (*raw == '%' && raw[1]) {
			add_token(collecting, &out, raw[1]);
			raw += 2;
		} else if (end) {
			auto_free char *name = xstrndup(raw + 2, (size_t)(end - raw) - 2);
			const char *value = getenv(name);
			buffer_add_text(&out, value ? value : "");
			raw = end + 1;
		} else {
			buffer_add_byte(&out, *raw++);
		}
	}
	return buffer_detach(&out);
}

static void add_file(char ***files, size_t *count, char *path)
{
	*files = xreallocarray(*files, *count + 1, sizeof(**files));
	(*files)[(*count)++] = path;
}

/* The words of a list of files. */
static void add_files(const struct collecting *collecting, const char *words)
{
	struct host_target *target = collecting->target;
	auto_free char *copy = xstrdup(words);
	char *position = NULL;
	for (char *word = strtok_r(copy, " \t\"", &position); word; word = strtok_r(NULL, " \t\"", &position))
		if (strcasecmp(word, "none") != 0 && target->known_hosts_count < FILES_MAXIMUM)
			add_file(&target->known_hosts, &target->known_hosts_count, expand(collecting, word));
}

/* Those that ssh looks for where none is named; the fastest first. */
static void add_default_identities(const struct collecting *collecting)
{
	static const char *const NAMES[] = {"id_ed25519", "id_ecdsa", "id_rsa"};
	struct host_target *target = collecting->target;
	for (size_t i = 0; i < array_length(NAMES); i++) {
		char *path = xasprintf("%s/.ssh/%s", collecting->home, NAMES[i]);
		if (access(path, F_OK) == 0)
			add_file(&target->identities, &target->identity_count, path);
		else
			free(path);
	}
}

static void settle_identities(struct collecting *collecting, const struct node_pool_settings *settings)
{
	struct host_target *target = collecting->target;
	if (settings->key)
		add_file(&target->identities, &target->identity_count, xstrdup(settings->key));
	for (size_t i = 0; i < collecting->identity_count; i++) {
		char *path = expand(collecting, collecting->identities[i]);
		bool is_none = strcasecmp(path, "none") == 0;
		if (is_none || (settings->key && strcmp(settings->key, path) == 0))
			free(path);
		else
			add_file(&target->identities, &target->identity_count, path);
	}
	if (!settings->key && collecting->identity_count == 0)
		add_default_identities(collecting);
}

static void settle_agent(struct collecting *collecting)
{
	struct host_target *target = collecting->target;
	const char *from_environment = getenv("SSH_AUTH_SOCK");
	if (!from_environment)
		from_environment = "";
	if (!target->agent || strcmp(target->agent, "SSH_AUTH_SOCK") == 0) {
		replace(&target->agent, from_environment);
	} else if (strcasecmp(target->agent, "none") == 0) {
		replace(&target->agent, "");
	} else if (target->agent[0] == '$' && target->agent[1] != '{') {
		const char *value = getenv(target->agent + 1);
		replace(&target->agent, value ? value : "");
	} else {
		char *path = expand(collecting, target->agent);
		free(target->agent);
		target->agent = path;
	}
}

static void settle(struct collecting *collecting, const struct node_pool_settings *settings)
{
	struct host_target *target = collecting->target;
	if (!target->host) {
		target->host = xstrdup(collecting->address);
		for (char *c = target->host; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	}
	if (target->port <= 0 || target->port > 65535)
		target->port = PORT_DEFAULT;
	if (!target->user)
		target->user = xstrdup(collecting->local_user);
	if (!target->jump)
		target->jump = xstrdup("");
	settle_identities(collecting, settings);
	settle_agent(collecting);
	add_files(collecting, collecting->known_hosts ? collecting->known_hosts :
							"~/.ssh/known_hosts ~/.ssh/known_hosts2");
	add_files(collecting, collecting->global ? collecting->global :
						   "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2");
	target->algorithms = buffer_detach(&collecting->algorithms);
	target->not_followed = buffer_detach(&collecting->not_followed);
}

static void collecting_release(struct collecting *collecting)
{
	for (size_t i = 0; i < collecting->identity_count; i++)
		free(collecting->identities[i]);
	free(collecting->known_hosts);
	free(collecting->global);
	free(collecting->home);
	buffer_release(&collecting->algorithms);
	buffer_release(&collecting->not_followed);
}

struct host_target *host_target_new(const struct ssh_config *config, const struct node_pool_settings *settings,
			  const char *address, int port, const char *user, bool is_hop)
{
	struct host_target *target = xcalloc(1, sizeof(*target));
	struct collecting collecting = {
		.target = target,
		.address = address,
		.home = ssh_home(),
		.local_user = ssh_config_local_user(config),
		.algorithms = BUFFER_INIT(TEXT_MAXIMUM),
		.not_followed = BUFFER_INIT(TEXT_MAXIMUM),
	};
	const char *own_user = user || is_hop ? user : settings->user;
	if (own_user && first(&collecting.has_user))
		target->user = xstrdup(own_user);
	if (port > 0 && first(&collecting.has_port))
		target->port = port;
	if (settings->jump && !is_hop && first(&collecting.has_jump) && strcasecmp(settings->jump, "none") != 0)
		target->jump = xstrdup(settings->jump);
	ssh_config_each(config, address, own_user, take_line, &collecting);
	settle(&collecting, settings);
	collecting_release(&collecting);
	return target;
}

void host_target_free(struct host_target *target)
{
	if (!target)
		return;
	for (size_t i = 0; i < target->identity_count; i++)
		free(target->identities[i]);
	for (size_t i = 0; i < target->known_hosts_count; i++)
		free(target->known_hosts[i]);
	free(target->identities);
	free(target->known_hosts);
	free(target->host);
	free(target->user);
	free(target->known_as);
	free(target->jump);
	free(target->agent);
	free(target->algorithms);
	free(target->not_followed);
	free(target);
}

char *host_target_known_name(const struct host_target *target)
{
	if (target->known_as)
		return xstrdup(target->known_as);
	return target->port == PORT_DEFAULT ? xstrdup(target->host) :
					      xasprintf("[%s]:%d", target->host, target->port);
}
