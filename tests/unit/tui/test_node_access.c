/* How nodes are reached: who says which user, address and files, and when nodes are asked by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/model/cluster.h"
#include "probes/net/loop.h"
#include "tests/unit/kube/scan.h"
#include "tui/configuration.h"
#include "tui/node_access.h"
#include "tui/options.h"

static char folder[] = "/tmp/nks-node-access.XXXXXX";

struct fixture {
	struct loop *loop;
	struct options options;
	struct configuration configuration;
	struct field_set fields;
	struct snapshot *snapshot;
	struct node_access *access;
	struct record *record;
};

/* ssh: the configuration's; NULL: none. os and group of the one node. */
static void open_access(struct fixture *fixture, const char *ssh, const char *image, const char *group)
{
	auto_free char *json = xasprintf(
		"{\"metadata\":{\"name\":\"n1\",\"uid\":\"u1\",\"labels\":{\"magnum.openstack.org/nodegroup\":\"%s\"},"
		"\"annotations\":{\"example.com/ssh\":\"203.0.113.9\"}},\"status\":{\"nodeInfo\":{\"osImage\":\"%s\"},"
		"\"addresses\":[{\"type\":\"Hostname\",\"address\":\"n1\"},{\"type\":\"InternalIP\",\"address\":\"10.0.0.1\"}]}}",
		group, image);
	auto_free char *field = NULL;
	struct node_access_options options = {
		.options = &fixture->options,
		.configuration = &fixture->configuration,
		.state_dir = folder,
		.server = "https://one.example:6443",
	};

	assert_int_equal(loop_new(&fixture->loop, NULL), 0);
	fixture->configuration.ssh = ssh ? json_loads(ssh, 0, NULL) : NULL;
	assert_true(!ssh || fixture->configuration.ssh);
	field_set_init(&fixture->fields);
	field = node_access_wanted_field(&fixture->configuration);
	if (field) {
		const struct field_path *found;

		assert_int_equal(field_table_want(fixture->fields.tables[KIND_NODE], field, &found, NULL), 0);
	}
	fixture->snapshot = snapshot_new();
	fixture->record = scan_object(fixture->fields.tables[KIND_NODE], json);
	assert_non_null(fixture->record);
	snapshot_put(fixture->snapshot, fixture->record);
	options.snapshot = fixture->snapshot;
	fixture->access = node_access_new(fixture->loop, &options);
}

static void close_access(struct fixture *fixture)
{
	node_access_free(fixture->access);
	snapshot_free(fixture->snapshot);
	field_set_release(&fixture->fields);
	json_decref(fixture->configuration.ssh);
	loop_free(fixture->loop);
}

static void users(void **state)
{
	static const struct {
		const char *flag;
		const char *ssh;
		const char *image;
		const char *group;
		const char *user;
	} cases[] = {
		{NULL, NULL, "CentOS Linux 7 (Core)", "", "centos"},
		{NULL, NULL, "Rocky Linux 8.8 (Green Obsidian)", "", "rocky"},
		{NULL, NULL, "Ubuntu 22.04.3 LTS", "", "ubuntu"},
		{NULL, NULL, "Debian GNU/Linux 12 (bookworm)", "", "debian"},
		{NULL, NULL, "Flatcar Container Linux", "", NULL},
		{NULL, "{\"user\":\"ops\"}", "Ubuntu 22.04.3 LTS", "a", "ops"},
		{NULL, "{\"user\":\"ops\",\"userByImage\":{\"ubuntu\":\"u\"}}", "Ubuntu 22.04.3 LTS", "a", "u"},
		{NULL, "{\"userByImage\":{\"Rocky\":\"r\",\"Rocky Linux 9\":\"r9\"}}", "Rocky Linux 9.3", "a", "r9"},
		{NULL, "{\"user\":\"ops\",\"userByNodeGroup\":{\"a\":\"ga\"},\"userByImage\":{\"ubuntu\":\"u\"}}", "Ubuntu 22", "a",
		 "ga"},
		{NULL, "{\"userByNodeGroup\":{\"b\":\"gb\"}}", "Ubuntu 22", "a", "ubuntu"},
		{"me", "{\"user\":\"ops\",\"userByNodeGroup\":{\"a\":\"ga\"}}", "Ubuntu 22", "a", "me"},
		/* A chosen ssh_config has its own word. */
		{NULL, "{\"configFile\":\"/dev/null\"}", "Ubuntu 22", "a", NULL},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct fixture fixture = {.options.ssh_user = cases[i].flag};
		struct node_host host;

		open_access(&fixture, cases[i].ssh, cases[i].image, cases[i].group);
		assert_int_equal(node_access_host(fixture.access, fixture.record, &host, NULL), 0);
		assert_string_equal(host.name, "n1");
		assert_string_equal(host.uid, "u1");
		if (cases[i].user)
			assert_string_equal(host.user, cases[i].user);
		else
			assert_null(host.user);
		close_access(&fixture);
	}
}

static void ssh_config_of_the_home_folder_names_the_user(void **state)
{
	static const char config[] = "Host 10.0.0.*\n  User fromconfig\n";
	auto_free char *ssh = xasprintf("%s/.ssh", folder);
	auto_free char *path = xasprintf("%s/.ssh/config", folder);
	struct fixture fixture = {0};
	struct node_host host;

	(void)state;
	assert_int_equal(file_make_folder(ssh, NULL), 0);
	assert_int_equal(file_write(path, config, strlen(config), 0600, NULL), 0);
	open_access(&fixture, NULL, "Ubuntu 22", "a");
	assert_int_equal(node_access_host(fixture.access, fixture.record, &host, NULL), 0);
	assert_null(host.user);
	close_access(&fixture);
	unlink(path);
}

static void addresses(void **state)
{
	static const struct {
		const char *ssh;
		const char *address;
		const char *error;
	} cases[] = {
		{NULL, "10.0.0.1", NULL},
		{"{\"address\":\"InternalIP\"}", "10.0.0.1", NULL},
		{"{\"address\":\"Hostname\"}", "n1", NULL},
		{"{\"address\":\"annotation:example.com/ssh\"}", "203.0.113.9", NULL},
		{"{\"address\":\"ExternalIP\"}", NULL, "node n1 has no address ExternalIP"},
		{"{\"address\":\"annotation:other\"}", NULL, "node n1 has no address annotation:other"},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct fixture fixture = {0};
		struct node_host host;
		struct err err = {0};
		int result;

		open_access(&fixture, cases[i].ssh, "Ubuntu 22", "");
		result = node_access_source(fixture.access)->host(fixture.access, "n1", &host, &err);
		assert_int_equal(result, cases[i].address ? 0 : -1);
		if (cases[i].address) {
			assert_string_equal(host.address, cases[i].address);
		} else {
			auto_free char *text = err_text(&err);

			assert_string_equal(text, cases[i].error);
		}
		assert_int_equal(node_access_source(fixture.access)->host(fixture.access, "n2", &host, NULL), -1);
		close_access(&fixture);
	}
}

static void nobody_is_asked_by_surprise(void **state)
{
	static const struct {
		const char *ssh;
		struct options options;
		bool is_configured;
	} cases[] = {
		{NULL, {0}, false},
		{"{\"address\":\"Hostname\",\"knownHosts\":\"k\",\"recheckMinutes\":5}", {0}, false},
		{"{\"user\":\"u\"}", {0}, true},
		{"{\"userByImage\":{\"a\":\"b\"}}", {0}, true},
		{"{\"key\":\"k\"}", {0}, true},
		{"{\"configFile\":\"k\"}", {0}, true},
		{NULL, {.ssh_user = "u"}, true},
		{NULL, {.ssh_jump = "j"}, true},
		{NULL, {.ssh_key = "k"}, true},
		{NULL, {.ssh_config = "k"}, true},
		{"{\"user\":\"u\"}", {.ssh_user = "u", .no_ssh = true}, false},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct fixture fixture = {.options = cases[i].options};

		open_access(&fixture, cases[i].ssh, "Ubuntu 22", "");
		assert_int_equal(node_access_is_configured(fixture.access), cases[i].is_configured);
		assert_null(node_access_made_pool(fixture.access));
		close_access(&fixture);
	}
}

static void no_ssh_is_no_ssh(void **state)
{
	struct fixture fixture = {.options.no_ssh = true};
	struct err err = {0};

	(void)state;
	open_access(&fixture, "{\"user\":\"u\"}", "Ubuntu 22", "");
	assert_null(node_access_pool(fixture.access, &err));
	assert_int_equal(err.code, ERR_REFUSED);
	close_access(&fixture);
}

static void clusters_have_their_own_host_keys(void **state)
{
	struct fixture fixture = {0};
	struct node_access_options other = {
		.options = &fixture.options,
		.configuration = &fixture.configuration,
		.state_dir = folder,
		.server = "https://two.example:6443",
	};
	struct node_access *two;

	(void)state;
	open_access(&fixture, NULL, "Ubuntu 22", "");
	two = node_access_new(fixture.loop, &other);
	assert_string_not_equal(node_access_known_hosts(fixture.access), node_access_known_hosts(two));
	assert_int_equal(strncmp(node_access_known_hosts(two), folder, strlen(folder)), 0);
	node_access_free(two);
	close_access(&fixture);
}

static void a_pinned_file_that_is_not_there_is_an_error(void **state)
{
	struct fixture fixture = {0};
	struct err err = {0};

	(void)state;
	open_access(&fixture, "{\"user\":\"u\",\"knownHosts\":\"~/nowhere\"}", "Ubuntu 22", "");
	assert_null(node_access_pool(fixture.access, &err));
	assert_int_not_equal(err.code, ERR_NONE);
	close_access(&fixture);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	return setenv("HOME", folder, 1);
}

static int remove_folder(void **state)
{
	auto_free char *command = xasprintf("rm -rf '%s'", folder);

	(void)state;
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users),
		cmocka_unit_test(ssh_config_of_the_home_folder_names_the_user),
		cmocka_unit_test(addresses),
		cmocka_unit_test(nobody_is_asked_by_surprise),
		cmocka_unit_test(no_ssh_is_no_ssh),
		cmocka_unit_test(clusters_have_their_own_host_keys),
		cmocka_unit_test(a_pinned_file_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
