#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"

/* PEM is looked at only by its marks here; "Q0VS" and the like are base64. */
#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nQ0VS\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nS0VZ\n-----END PRIVATE KEY-----\n"
#define ENCRYPTED_KEY "-----BEGIN ENCRYPTED PRIVATE KEY-----\nS0VZ\n-----END ENCRYPTED PRIVATE KEY-----\n"
#define CERTIFICATE_BASE64 "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClEwVlMKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define HEAD "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://k8s.example.org:6443'}}]\n"

static char folder[] = "/tmp/nks-triage-test-XXXXXX";

static char *in_folder(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void put(const char *name, const char *text)
{
	auto_free char *path = in_folder(name);

	assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
}

static int group_set_up(void **state)
{
	auto_free char *sub = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	sub = in_folder("sub");
	assert_int_equal(mkdir(sub, 0700), 0);
	put("sub/ca.pem", CERTIFICATE);
	put("sub/cert.pem", CERTIFICATE);
	put("sub/key.pem", KEY);
	put("sub/encrypted.pem", ENCRYPTED_KEY);
	put("sub/token", "from-file\n");
	return 0;
}

static int group_tear_down(void **state)
{
	auto_free char *command = xasprintf("%s", folder);
	static const char *const names[] = {"sub/ca.pem", "sub/cert.pem", "sub/key.pem", "sub/encrypted.pem",
					    "sub/token",  "sub/config",	  "sub",	 "config",
					    "one",	  "two"};

	(void)state;
	for (size_t i = 0; i < array_length(names); i++) {
		auto_free char *path = in_folder(names[i]);

		(void)remove(path);
	}
	return rmdir(command);
}

static int set_up(void **state)
{
	(void)state;
	unsetenv("KUBECONFIG");
	unsetenv("KUBERNETES_SERVICE_HOST");
	setenv("HOME", folder, 1);
	return 0;
}

static struct kubeconfig_view *load_with(const char *text, struct kubeconfig_options options)
{
	auto_free char *path = in_folder("sub/config");
	struct kubeconfig_view *view = NULL;
	struct err err = {0};

	put("sub/config", text);
	options.path = path;
	if (kubeconfig_load(&options, &view, &err) < 0) {
		auto_free char *error = err_text(&err);

		fail_msg("%s", error);
	}
	return view;
}

static struct kubeconfig_view *load(const char *text)
{
	return load_with(text, (struct kubeconfig_options){0});
}

static void test_files_are_relative_to_their_kubeconfig(void **state)
{
	struct kubeconfig_view *view;
	auto_free char *token_file = in_folder("sub/token");

	(void)state;
	view = load(HEAD "clusters: [{name: c, cluster: {server: 'https://k8s.example.org:6443/k8s/clusters/x/', "
		    "certificate-authority: ca.pem, tls-server-name: api, proxy-url: 'socks5://p:1080', "
		    "disable-compression: true}}]\n"
		    "users: [{name: u, user: {client-certificate: cert.pem, client-key: ./key.pem, tokenFile: token, "
		    "token: inline}}]\n");
	assert_string_equal(view->server, "https://k8s.example.org:6443/k8s/clusters/x");
	assert_string_equal(view->ca_pem, CERTIFICATE);
	assert_string_equal(view->certificate_pem, CERTIFICATE);
	assert_string_equal(view->key_pem, KEY);
	assert_string_equal(view->token_file, token_file);
	assert_string_equal(view->token, "inline");
	assert_string_equal(view->tls_server_name, "api");
	assert_string_equal(view->proxy_url, "socks5://p:1080");
	assert_true(view->disable_compression);
	assert_false(view->insecure_skip_verify);
	assert_string_equal(view->context, "a");
	assert_string_equal(view->user, "u");
	assert_string_equal(view->name_space, "default");
	kubeconfig_view_free(view);
}

static void test_data_wins_over_files_and_json_is_read(void **state)
{
	struct kubeconfig_view *view;

	(void)state;
	view = load("{\"current-context\": \"a\", \"contexts\": [{\"name\": \"a\", \"context\": {\"cluster\": \"c\", "
		    "\"user\": \"u\", \"namespace\": \"n\"}}], \"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": "
		    "\"https://[::1]:6443\", \"certificate-authority\": \"missing\", \"certificate-authority-data\": \""
		    CERTIFICATE_BASE64 "\"}}], \"users\": [{\"name\": \"u\", \"user\": {\"token\": 12345}}]}");
	assert_string_equal(view->ca_pem, CERTIFICATE);
	assert_string_equal(view->server, "https://[::1]:6443");
	assert_string_equal(view->token, "12345");
	assert_string_equal(view->name_space, "n");
	kubeconfig_view_free(view);
}

static void test_plain_http_drops_proofs_but_not_impersonation(void **state)
{
	struct kubeconfig_view *view;
	static const char *const groups[] = {"g", NULL};

	(void)state;
	view = load_with(HEAD "clusters: [{name: c, cluster: {server: '127.0.0.1:8080'}}]\n"
			 "users: [{name: u, user: {token: t, username: x, auth-provider: {name: gcp}, as: viewer, as-uid: '7', "
			 "as-user-extra: {k: [v1, v2]}}}]\n",
			 (struct kubeconfig_options){.as_groups = groups, .name_space = "kube-system"});
	assert_string_equal(view->server, "http://127.0.0.1:8080");
	assert_null(view->token);
	assert_string_equal(view->as_user, "viewer");
	assert_string_equal(view->as_uid, "7");
	assert_string_equal(view->as_groups[0], "g");
	assert_string_equal(view->as_extra[2], "k");
	assert_string_equal(view->as_extra[3], "v2");
	assert_null(view->as_extra[4]);
	assert_string_equal(view->name_space, "kube-system");
	kubeconfig_view_free(view);
}

static void test_exec_plugins_are_read_and_give_way_to_tokens(void **state)
{
	static const char exec[] = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a, '1'], "
				   "env: [{name: N, value: v}], interactiveMode: Never, provideClusterInfo: true, "
				   "installHint: get it}";
	auto_free char *text = xasprintf(
		HEAD "clusters: [{name: c, cluster: {server: 'https://h', extensions: [{name: client.authentication.k8s.io/exec, "
		     "extension: {n: 1, s: '1', t: true}}]}}]\nusers: [{name: u, user: {%s}}]\n", exec);
	auto_free char *with_token = xasprintf(HEAD CLUSTER "users: [{name: u, user: {token: t, %s}}]\n",
					       exec);
	auto_free char *command = in_folder("sub/./plugin");
	struct kubeconfig_view *view = load(text);

	(void)state;
	assert_non_null(view->exec);
	assert_string_equal(view->exec->command, command);
	assert_string_equal(view->exec->arguments[1], "1");
	assert_string_equal(view->exec->environment[0], "N=v");
	assert_string_equal(view->exec->install_hint, "get it");
	assert_true(view->exec->provide_cluster_info);
	assert_string_equal(view->exec->cluster_config, "{\"n\":1,\"s\":\"1\",\"t\":true}");
	kubeconfig_view_free(view);
	view = load(with_token);
	assert_null(view->exec);
	kubeconfig_view_free(view);
}

static void test_first_file_of_a_list_wins_by_whole_entries(void **state)
{
	auto_free char *list = xasprintf("%s/one::%s/missing:%s/two:%s/one", folder, folder, folder, folder);
	struct kubeconfig_options options = {0};
	struct kubeconfig_view *view = NULL;
	auto_free char *two = in_folder("two");
	char **names = NULL;

	(void)state;
	put("one", "current-context: ''\nclusters: [{name: c, cluster: {server: 'https://one'}}]\n"
		   "users: [{name: u}]\ncontexts: [{name: x, context: {cluster: c}}]\n");
	put("two",
	    "current-context: a\nclusters: [{name: c, cluster: {server: 'https://two', tls-server-name: t}}]\n"
		   "users: [{name: u, user: {token: two}}]\n"
		   "contexts: [{name: a, context: {cluster: c, user: u, namespace: n}}, {name: x, context: {}}]\n");
	setenv("KUBECONFIG", list, 1);
	assert_int_equal(kubeconfig_load(&options, &view, NULL), 0);
	assert_string_equal(view->server, "https://one");
	assert_null(view->tls_server_name);
	assert_null(view->token);
	assert_string_equal(view->file, two);
	assert_string_equal(view->name_space, "n");
	kubeconfig_view_free(view);
	options.context = "x";
	assert_int_equal(kubeconfig_load(&options, &view, NULL), 0);
	assert_string_equal(view->user, "");
	kubeconfig_view_free(view);
	assert_int_equal(kubeconfig_contexts(&options, &names, NULL), 0);
	assert_string_equal(names[0], "x");
	assert_string_equal(names[1], "a");
	assert_null(names[2]);
	strings_free(names);
}

static void test_faults_say_what_where_and_what_to_do(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", "config sets no current-context (it has none"},
		{"[1, 2]\n", "config is no kubeconfig"},
		{"hello", "config is no kubeconfig"},
		{"a: b: c\n", "config, line 1, column 5: "},
		{"current-context: zz\ncontexts: [{name: a, context: {}}, {name: b, context: {}}]\n",
		 "config has no context zz (it has a, b)"},
		{"contexts: [{name: a, context: {}}]\n",
		 "config sets no current-context (choose one with --context: a)"},
		{"contexts: {}\n", "config, line 1: contexts has to be a list"},
		{"users:\n- user: {}\n", "config, line 2: an entry of users has no name"},
		{"users:\n- name: u\n- name: u\n", "config, line 3: the name u is there twice"},
		{"current-context: a\ncontexts: [{name: a, context: {user: u}}]\n",
		 "the context a names no cluster"},
		{HEAD, "config, line 2: the context names the cluster c, which is not there"},
		{HEAD CLUSTER, "the context names the user u, which is not there"},
		{HEAD "clusters: [{name: c, cluster: {}}]\n", "the cluster c has no server"},
		{HEAD "clusters: [{name: c, cluster: {server: 'ftp://x'}}]\n",
		 "config, line 3: the server of c is no http"},
		{HEAD "clusters: [{name: c, cluster: {server: 'https://u:pw@x'}}]\n",
		 "holds a user or password"},
		{HEAD "clusters: [{name: c, cluster: {server: [x]}}]\n",
		 "config, line 3: server has to be a text"},
		{HEAD "clusters: [{name: c, cluster: {server: 'https://x', proxy-url: 'ftp://p'}}]\n",
		 "proxy-url has to be"},
		{HEAD "clusters: [{name: c, cluster: {server: 'https://x', insecure-skip-tls-verify: maybe}}]\n",
		 "insecure-skip-tls-verify has to be true or false"},
		{HEAD "clusters: [{name: c, cluster: {server: 'https://x', insecure-skip-tls-verify: true, "
		 "certificate-authority: ca.pem}}]\n",
		 "has a certificate authority and insecure-skip-tls-verify"},
		{HEAD "clusters: [{name: c, cluster: {server: 'https://x', certificate-authority: nope.pem}}]\n", "nope.pem"},
		{HEAD "clusters: [{name: c, cluster: {server: 'https://x', certificate-authority: token}}]\n",
		 "certificate-authority holds no PEM"},
		{HEAD "clusters: [{name: c, cluster: {server: 'https://x', certificate-authority-data: '***'}}]\n",
		 "certificate-authority-data is not base64"},
		{HEAD CLUSTER "users: [{name: u, user: {auth-provider: {name: gcp}}}]\n",
		 "users sign in by the auth-provider gcp, which is not supported"},
		{HEAD CLUSTER "users: [{name: u, user: {username: me, password: pw, token: t}}]\n",
		 "has a token and a password"},
		{HEAD CLUSTER "users: [{name: u, user: {client-certificate: cert.pem}}]\n",
		 "needs both client-certificate and"},
		{HEAD CLUSTER "users: [{name: u, user: {client-certificate: cert.pem, client-key: encrypted.pem}}]\n",
		 "the client key of user u is encrypted"},
		{HEAD CLUSTER "users: [{name: u, user: {token: \"a\\nb\"}}]\n",
		 "the token of user u holds a space"},
		{HEAD CLUSTER "users: [{name: u, user: {as-groups: [g]}}]\n", "but no user ("},
		{HEAD CLUSTER "users: [{name: u, user: {exec: {command: p, apiVersion: client.authentication.k8s.io/v1alpha1}}}]\n",
		 "exec plugins of version client.authentication.k8s.io/v1alpha1 are not supported"},
		{HEAD CLUSTER "users: [{name: u, user: {exec: {command: p, apiVersion: client.authentication.k8s.io/v1}}}]\n",
		 "interactiveMode has to be Never, IfAvailable or Always"},
		{HEAD CLUSTER "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1}}}]\n",
		 "exec names no command"},
	};
	auto_free char *path = in_folder("sub/config");
	struct kubeconfig_options options = {.path = path};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct kubeconfig_view *view = NULL;
		struct err err = {0};
		auto_free char *error = NULL;

		put("sub/config", cases[i].text);
		if (kubeconfig_load(&options, &view, &err) != -1)
			fail_msg("loaded: %s", cases[i].text);
		error = err_text(&err);
		if (!strstr(error, cases[i].expected) || strstr(error, "pw"))
			fail_msg("expected \"%s\", found \"%s\"", cases[i].expected, error);
		if (strchr(error, '{'))
			fail_msg("a place without a value: %s", error);
	}
}

static void test_files_that_cannot_be_read(void **state)
{
	auto_free char *missing = in_folder("missing");
	struct kubeconfig_options options = {.path = missing};
	struct kubeconfig_view *view = NULL;
	struct err err = {0};
	auto_free char *error = NULL;
	auto_free char *none = NULL;

	(void)state;
	assert_int_equal(kubeconfig_load(&options, &view, &err), -1);
	error = err_text(&err);
	assert_non_null(strstr(error, "missing"));
	options.path = folder;
	assert_int_equal(kubeconfig_load(&options, &view, &err), -1);
	options.path = NULL;
	assert_int_equal(kubeconfig_load(&options, &view, &err), -1);
	none = err_text(&err);
	assert_non_null(strstr(none, "/.kube/config (name one with --kubeconfig or KUBECONFIG"));
	/* A path in the list that exists but is broken is no path that is missing. */
	put("one", "{");
	auto_free char *list = xasprintf("%s:%s/one", missing, folder);
	setenv("KUBECONFIG", list, 1);
	assert_int_equal(kubeconfig_load(&options, &view, &err), -1);
	assert_string_equal(message_value(&err.what, "line"), "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_files_are_relative_to_their_kubeconfig, set_up),
		cmocka_unit_test_setup(test_data_wins_over_files_and_json_is_read, set_up),
		cmocka_unit_test_setup(test_plain_http_drops_proofs_but_not_impersonation, set_up),
		cmocka_unit_test_setup(test_exec_plugins_are_read_and_give_way_to_tokens, set_up),
		cmocka_unit_test_setup(test_first_file_of_a_list_wins_by_whole_entries, set_up),
		cmocka_unit_test_setup(test_faults_say_what_where_and_what_to_do, set_up),
		cmocka_unit_test_setup(test_files_that_cannot_be_read, set_up),
	};

	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
