#include "tui/node_access.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "probes/base/digest.h"
#include "probes/base/file.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/model/snapshot.h"
#include "probes/ssh/host_keys.h"
#include "tui/configuration.h"
#include "tui/options.h"

#define NODE_GROUP_LABEL "magnum.openstack.org/nodegroup"
#define ANNOTATION "annotation:"

enum { RECHECK_MINUTES = 10, CLUSTER_DIGITS = 16 };

struct node_access {
	struct loop *loop;
	struct node_access_options given;
	char *server;
	char *demo_config;
	char *known_hosts;
	struct node_pool *pool;		/* NULL until somebody needs it */
	struct node_source source;
	char *own_user;			/* who we are here */
};

/* What images are known to have, as NHN's and their makers' instructions say. */
static const struct {
	const char *image;
	const char *user;
} known_users[] = {{"CentOS", "centos"}, {"Rocky", "rocky"}, {"Ubuntu", "ubuntu"}, {"Debian", "debian"}};

static const char *setting(const struct node_access *access, const char *name)
{
	return json_string_value(json_object_get(access->given.configuration->ssh, name));
}

/* A file of the configuration may be under the home folder. Caller frees; NULL for NULL. */
static char *home_path(const char *path)
{
	const char *home = getenv("HOME");

	if (!path)
		return NULL;
	return path[0] == '~' && path[1] == '/' && home ? xasprintf("%s%s", home, path + 1) : xstrdup(path);
}

static struct node_pool *source_pool(void *data, struct err *err)
{
	return node_access_pool(data, err);
}

static int source_host(void *data, const char *node, struct node_host *ret_host, struct err *err)
{
	struct node_access *access = data;
	const struct record *record = snapshot_by_name(access->given.snapshot, KIND_NODE, "", node);

	if (!record)
		return err_set(err, ERR_NOT_FOUND, "there is no node {node}", "node", node, NULL);
	return node_access_host(access, record, ret_host, err);
}

/* A file a cluster: the same address in another cluster is another machine. */
static char *known_hosts_path(const struct node_access *access)
{
	char digest[DIGEST_HEX_SIZE];

	if (access->demo_config) {
		const char *slash = strrchr(access->demo_config, '/');

		/* In the simulator's own folder, which goes with it. */
		return xasprintf("%.*s/known_hosts.accepted", slash ? (int)(slash - access->demo_config) : 1,
				 slash ? access->demo_config : ".");
	}
	digest_sha256(access->server, strlen(access->server), digest);
	return xasprintf("%s/known_hosts/%.*s", access->given.state_dir, CLUSTER_DIGITS, digest);
}

struct node_access *node_access_new(struct loop *loop, const struct node_access_options *options)
{
	struct node_access *access = xcalloc(1, sizeof(*access));
	const struct passwd *own = getpwuid(geteuid());

	access->loop = loop;
	access->given = *options;
	access->server = xstrdup(options->server ? options->server : "");
	access->demo_config = options->demo_config ? xstrdup(options->demo_config) : NULL;
	access->own_user = xstrdup(own ? own->pw_name : "");
	access->known_hosts = known_hosts_path(access);
	access->source = (struct node_source){.pool = source_pool, .host = source_host, .data = access};
	return access;
}

void node_access_free(struct node_access *access)
{
	if (!access)
		return;
	node_pool_free(access->pool);
	free(access->server);
	free(access->demo_config);
	free(access->known_hosts);
	free(access->own_user);
	free(access);
}

bool node_access_is_off(const struct node_access *access)
{
	return access->given.options->no_ssh;
}

bool node_access_is_chosen(const struct options *options, const struct configuration *configuration, bool is_demo)
{
	static const char *const choices[] = {"user", "userByNodeGroup", "userByImage", "key", "jump", "configFile"};

	if (options->no_ssh)
		return false;
	if (is_demo || options->ssh_user || options->ssh_key || options->ssh_jump || options->ssh_config)
		return true;
	for (size_t i = 0; i < array_length(choices); i++) {
		if (json_object_get(configuration->ssh, choices[i]))
			return true;
	}
	return false;
}

bool node_access_is_configured(const struct node_access *access)
{
	return node_access_is_chosen(access->given.options, access->given.configuration, access->demo_config);
}

/* What a flag or the environment says, else the configuration's file. Caller frees; NULL: neither. */
static char *file_of(const struct node_access *access, const char *flag, const char *name)
{
	return flag ? xstrdup(flag) : home_path(setting(access, name));
}

static char *config_file(const struct node_access *access)
{
	if (access->demo_config && !access->given.options->ssh_config)
		return xstrdup(access->demo_config);
	return file_of(access, access->given.options->ssh_config, "configFile");
}

static int pin(struct node_pool *pool, const char *path, struct err *err)
{
	size_t count;

	if (host_keys_pin(pool, path, &count, err) < 0)
		return -1;
	if (count)
		log_line("ssh: %zu host keys of %s are trusted", count, path);
	return 0;
}

static int make_known_hosts_folder(const struct node_access *access, struct err *err)
{
	auto_free char *folder = xstrdup(access->known_hosts);

	*strrchr(folder, '/') = '\0';
	return file_make_folder(folder, err);
}

struct node_pool *node_access_pool(struct node_access *access, struct err *err)
{
	const struct options *options = access->given.options;
	auto_free char *key = file_of(access, options->ssh_key, "key");
	auto_free char *config = config_file(access);
	auto_free char *pinned = home_path(setting(access, "knownHosts"));
	const struct node_pool_settings settings = {
		.user = options->ssh_user,
		.key = key,
		.jump = options->ssh_jump ? options->ssh_jump : setting(access, "jump"),
		.config_file = config,
		.known_hosts = access->known_hosts,
	};

	if (node_access_is_off(access)) {
		err_set(err, ERR_REFUSED, "no SSH to the nodes: --no-ssh was given", NULL);
		return NULL;
	}
	if (access->pool)
		return access->pool;
	if (make_known_hosts_folder(access, err) < 0 ||
	    node_pool_new(access->loop, &settings, &access->pool, err) < 0)
		return NULL;
	if (pinned && pin(access->pool, pinned, err) < 0) {
		node_pool_free(take_pointer(access->pool));
		return NULL;
	}
	return access->pool;
}

struct node_pool *node_access_made_pool(const struct node_access *access)
{
	return access->pool;
}

const struct node_source *node_access_source(const struct node_access *access)
{
	return &access->source;
}

const char *node_access_known_hosts(const struct node_access *access)
{
	return access->known_hosts;
}

int node_access_recheck_minutes(const struct node_access *access)
{
	const json_t *minutes = json_object_get(access->given.configuration->ssh, "recheckMinutes");

	return minutes ? (int)json_integer_value(minutes) : RECHECK_MINUTES;
}

/* Addresses */

static const char *address_of_kind(const struct node_record *node, const char *kind)
{
	for (size_t i = 0; i < node->address_count; i++) {
		if (!strcmp(node->addresses[i].type, kind) && node->addresses[i].address[0])
			return node->addresses[i].address;
	}
	return NULL;
}

char *node_access_wanted_field(const struct configuration *configuration)
{
	const char *kind = json_string_value(json_object_get(configuration->ssh, "address"));

	if (!kind || strncmp(kind, ANNOTATION, strlen(ANNOTATION)) != 0)
		return NULL;
	return xasprintf("metadata.annotations[%s]", kind + strlen(ANNOTATION));
}

static const char *configured_address(const struct record *record, const char *kind)
{
	const char *value;

	if (strncmp(kind, ANNOTATION, strlen(ANNOTATION)) != 0)
		return address_of_kind(record_node(record), kind);
	value = record_annotation(record, kind + strlen(ANNOTATION));
	return value && *value ? value : NULL;
}

/* Without a configured kind what the cluster itself would use, then what else there is. */
static const char *usual_address(const struct node_record *node)
{
	static const char *const kinds[] = {"InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"};

	for (size_t i = 0; i < array_length(kinds); i++) {
		const char *address = address_of_kind(node, kinds[i]);

		if (address)
			return address;
	}
	return NULL;
}

/* Users */

const char *node_group_of(const struct record *record)
{
	const char *group = record_label(record, NODE_GROUP_LABEL);

	return group ? group : "";
}

/* The longest name that is part of the image's decides: "Rocky Linux 9" before "Rocky". */
static const char *user_by_image(const json_t *users, const char *image)
{
	const char *name;
	const json_t *user;
	const char *found = NULL;
	size_t longest = 0;

	json_object_foreach((json_t *)users, name, user) {
		if (strlen(name) <= longest || !strcasestr(image, name))
			continue;
		longest = strlen(name);
		found = json_string_value(user);
	}
	return found;
}

static const char *known_user(const char *image)
{
	for (size_t i = 0; i < array_length(known_users); i++) {
		if (strcasestr(image, known_users[i].image))
			return known_users[i].user;
	}
	return NULL;
}

static const char *chosen_user(const struct node_access *access, const struct record *record)
{
	const json_t *ssh = access->given.configuration->ssh;
	const char *user = access->given.options->ssh_user;

	if (!user)
		user = json_string_value(json_object_get(json_object_get(ssh, "userByNodeGroup"),
							 node_group_of(record)));
	if (!user)
		user = user_by_image(json_object_get(ssh, "userByImage"), record_node(record)->os_image);
	return user ? user : setting(access, "user");
}

/* An ssh_config names a user for this host: its word counts more than what images are known to have. */
static bool config_names_user(struct node_access *access, const struct node_host *host)
{
	struct node_effective effective = {0};
	bool is_named;

	if (access->demo_config || access->given.options->ssh_config || setting(access, "configFile"))
		return true;
	if (!node_access_pool(access, NULL) || node_pool_effective(access->pool, host, &effective, NULL) < 0)
		return false;
	is_named = strcmp(effective.user, access->own_user) != 0;
	node_effective_release(&effective);
	return is_named;
}

int node_access_host(struct node_access *access, const struct record *record, struct node_host *ret_host,
		     struct err *err)
{
	const struct node_record *node = record_node(record);
	const char *kind = setting(access, "address");
	struct node_host host = {
		.name = record->name,
		.uid = record->uid,
		.address = kind ? configured_address(record, kind) : usual_address(node),
		.user = chosen_user(access, record),
	};

	if (!host.address && kind)
		return err_set(err, ERR_NOT_FOUND, "node {node} has no address {kind}", "node", record->name, "kind",
			       kind, NULL);
	if (!host.address)
		return err_set(err, ERR_NOT_FOUND, "node {node} has no address", "node", record->name, NULL);
	if (!host.user && !config_names_user(access, &host))
		host.user = known_user(node->os_image);
	*ret_host = host;
	return 0;
}
