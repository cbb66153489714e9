/* The configuration: strict, and what is wrong is named with file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "tui/configuration.h"

static char folder[] = "/tmp/nks-configuration.XXXXXX";

static int load(const char *text, struct configuration **ret_configuration, struct err *err)
{
	auto_free char *path = xasprintf("%s/config.json", folder);

	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
	return configuration_load(path, ret_configuration, err);
}

static void missing_file_gives_the_defaults(void **state)
{
	struct configuration *configuration;
	struct err err = {0};

	(void)state;
	assert_int_equal(configuration_load("/nowhere/config.json", &configuration, &err), 0);
	assert_false(configuration->exists);
	assert_false(configuration->read_only);
	assert_string_equal(configuration->protected_contexts[0], "*prod*");
	assert_null(configuration->protected_contexts[1]);
	assert_string_equal(configuration->system_namespaces[0], "kube-system");
	configuration_free(configuration);
}

static void everything_is_read(void **state)
{
	struct configuration *configuration;
	struct err err = {0};

	(void)state;
	assert_int_equal(load("{\"protectedContexts\":[\"live-*\",\"x\"],\"readOnly\":true,"
			      "\"denyObjects\":[\"Node/*\"],"
			      "\"maintenance\":[{\"days\":[\"Sat\"],\"from\":\"22:00\",\"to\":\"06:00\"}],"
			      "\"ssh\":{\"user\":\"centos\",\"userByNodeGroup\":{\"a\":\"rocky\"},"
			      "\"userByImage\":{\"Flatcar\":\"core\"},\"key\":\"~/k\",\"jump\":\"j\","
			      "\"address\":\"annotation:a.b/c\",\"configFile\":\"f\",\"knownHosts\":\"k\","
			      "\"recheckMinutes\":0},"
			      "\"registries\":[\"reg.example\"],\"systemNamespaces\":[\"kube-system\",\"infra\"],"
			      "\"history\":{\"days\":3,\"maxMiB\":10},"
			      "\"keys\":{\"help\":[\"F5\",\"Alt-h\"],\"fix\":\"F\"}}",
			      &configuration, &err), 0);
	assert_true(configuration->exists && configuration->read_only);
	assert_string_equal(configuration->protected_contexts[1], "x");
	assert_string_equal(configuration->deny_objects[0], "Node/*");
	assert_string_equal(configuration->system_namespaces[1], "infra");
	assert_int_equal(configuration->history_days, 3);
	assert_int_equal(configuration->history_max_mib, 10);
	assert_int_equal(json_array_size(configuration->maintenance), 1);
	assert_string_equal(json_string_value(json_object_get(configuration->ssh, "user")), "centos");
	assert_int_equal(json_object_size(configuration->keys), 2);
	configuration_free(configuration);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *what;
	} cases[] = {
		{"{\n\n \"readonly\": true}", "config.json:3: unknown key readonly"},
		{"{\"readOnly\": \"yes\"}", "config.json:1: readOnly must be true or false"},
		{"{\n\"ssh\": {\"user\": \"a\",\n\"pasword\": \"b\"}}", "config.json:3: unknown key pasword"},
		{"{\"ssh\": {\n\"address\": \"IP\"}}", "config.json:2: address must be InternalIP"},
		{"{\"ssh\": {\"address\": \"annotation:\"}}", "config.json:1: address must be"},
		{"{\"ssh\": {\"userByImage\": {\n\"CentOS\": 1}}}", "config.json:2: CentOS must be a text"},
		{"{\"ssh\": {\"recheckMinutes\": -1}}", "recheckMinutes must be a number of minutes"},
		{"{\"ssh\": {\"recheckMinutes\": 1441}}", "recheckMinutes must be a number of minutes"},
		{"{\"registries\": \"a\",\n\"readOnly\": true}", "config.json:1: registries must be a list of texts"},
		{"{\"registries\": [\"a\", 1]}", "registries must be a list of texts"},
		{"{\"history\": {\n\"days\": 0}}", "config.json:2: days must be a whole number above 0"},
		{"{\"keys\": {\n\"fly\": \"f\"}}", "config.json:2: there is no action fly"},
		{"{\"keys\": {\n\"fix\": \"Hyper-q\"}}", "config.json:2: fix: there is no key Hyper-q"},
		{"{\"maintenance\": [{\"from\": \"22:00\"}]}", "needs from and to"},
		{"{\"maintenance\": [{\"from\": \"25:00\", \"to\": \"01:00\"}]}", "from must be a time of day"},
		{"{\"maintenance\": [{\"days\": [\"Sun\", \"Fry\"], \"from\": \"1:00\", \"to\": \"2:00\"}]}",
		 "days must be a list"},
		{"[]", "the configuration must be an object"},
		{"{\"readOnly\": true", "config.json:1:"},
		{"{\"readOnly\": true, \"readOnly\": false}", "not JSON"},
		/* A key of the same name elsewhere does not lead the line astray. */
		{"{\"ssh\": {\"userByNodeGroup\": {\"days\": \"x\"}},\n\"history\":\n{\"days\": \"x\"}}",
		 "config.json:3: days"},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct configuration *configuration = NULL;
		struct err err = {0};
		auto_free char *text = NULL;

		assert_int_equal(load(cases[i].text, &configuration, &err), -1);
		assert_null(configuration);
		text = err_text(&err);
		if (!strstr(text, cases[i].what))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].what, text);
	}
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	auto_free char *path = xasprintf("%s/config.json", folder);

	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_file_gives_the_defaults),
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
