/* The shipped checks and what is said of broken ones; which commands may be run to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/memory.h"
#include "probes/ssh/check_allowed.h"
#include "probes/ssh/check_batch.h"

static void the_shipped_checks_load(void **state)
{
	struct check_set *set = NULL;
	struct err err = {0};
	size_t bad_signs = 0;

	(void)state;
	if (check_set_load("assets/checks", &set, &err) < 0) {
		auto_free char *text = err_text(&err);

		fail_msg("%s", text);
	}
	assert_true(check_count(set) >= 18);
	for (size_t i = 0; i < check_count(set); i++) {
		const struct check *check = check_at(set, i);

		assert_ptr_equal(check_by_name(set, check_name(check)), check);
		assert_string_equal(check_title(check, "fr"), check_title(check, "en"));
		for (size_t s = 0; s < check->sign_count; s++) {
			assert_non_null(check_sign_title(check, check->signs[s].id, "ko"));
			bad_signs += check_sign_is_bad(check, check->signs[s].id);
		}
	}
	assert_true(bad_signs >= 18);
	assert_string_equal(check_title(check_by_name(set, "clock"), "ja"), "時計");
	assert_null(check_by_name(set, "nothing"));
	assert_null(check_sign_title(check_by_name(set, "disk"), "nothing", "en"));
	check_set_free(set);
}

/* A hint holds 512 bytes with its names: a line that is cut would permit something else. */
static void sudoers_lines_fit_in_a_hint(void **state)
{
	struct check_set *set = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(check_set_load("assets/checks", &set, NULL), 0);
	for (size_t i = 0; i < check_count(set); i++) {
		const struct check *check = check_at(set, i);

		for (size_t r = 0; r < check->read_count; r++) {
			const struct check_read *read = &check->reads[r];

			for (size_t c = 0; read->sudo && c < read->command_count; c++, count++) {
				auto_free char *line = sudoers_line("USER", read->commands[c].argv,
								    read->timeout_seconds);
				struct err err = {0};

				err_set(&err, ERR_FORBIDDEN, "x", NULL);
				err_hint(&err, "allow it in sudoers: {line}", "line", line, NULL);
				assert_string_equal(message_value(&err.hint, "line"), line);
				assert_null(strchr(line, '\n'));
			}
		}
	}
	assert_true(count > 10);
	check_set_free(set);
}

#define HEAD                                                                                                          \
	"{\n'format': 1,\n'name': 'x',\n'title': {'en': 'X', 'ko': 'X', 'ja': 'X'},\n'summary': 'x',\n"
#define READ "'reads': [{'as': 'a', 'parser': 'word', 'timeoutSeconds': 5, 'commands': [{'argv': ['uname', '-r']}]}]"

static void broken_checks_say_where(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"{\n'format': 1,,\n}", "x.json:2: "},
		{HEAD "'oops': 1,\n" READ "}", "x.json:6: oops: there is no such member"},
		{HEAD "'reads': []}", "x.json:6: reads: must be a list"},
		{HEAD "'reads': [\n{'as': 'a', 'parser': 'wort', 'timeoutSeconds': 5, 'commands': [{'argv': ['uname']}]}]}",
		 "x.json:7: reads[0].parser: there is no such parser"},
		{HEAD "'reads': [{'as': 'a', 'parser': 'word', 'commands': [{'argv': ['uname']}]}]}",
		 "timeoutSeconds: is missing"},
		{HEAD "'reads': [{'as': 'a', 'parser': 'word', 'timeoutSeconds': 61, 'commands': [{'argv': ['uname']}]}]}",
		 "is no number that is allowed here"},
		{HEAD "'reads': [{'as': 'a', 'parser': 'word', 'timeoutSeconds': 5, 'commands': [{'argv': []}]}]}",
		 "argv: must be a list of words"},
		{HEAD "'reads': [{'as': 'a', 'parser': 'word', 'timeoutSeconds': 5, 'commands': [\n{'argv': ['rm', '-rf']}]}]}",
		 "x.json:7: reads[0].commands[0].argv: rm is none of the commands that only read"},
		{HEAD READ ",\n'signs': [{'id': 's', 'is': 'bad', 'title': {'en': 'S', 'ko': 'S', 'ja': 'S'},\n"
		 "'all': [{'path': 'b.word', 'op': 'eq', 'value': 'x'}]}]}", "x.json:8: signs[0].all[0].path: begins with nothing"},
		{HEAD READ ",\n'signs': [{'id': 's', 'is': 'bad', 'title': {'en': 'S', 'ko': 'S'}, 'all': []}]}",
		 "signs[0].title.ja: is missing"},
		{HEAD READ ",\n'signs': [{'id': 's', 'is': 'bad', 'title': {'en': 'S', 'ko': 'S', 'ja': 'S'},\n"
		 "'all': [{'path': 'a.word', 'op': 'like', 'value': 'x'}]}]}", "is none of the words"},
		{"{'format': 1, 'name': 'x', 'title': {'en': 'X', 'ko': 'X', 'ja': 'X'}, 'summary': '{b.word}', " READ "}",
		 "summary: names something that is not read"},
		{"{'format': 1, 'name': 'y', 'title': {'en': 'X', 'ko': 'X', 'ja': 'X'}, 'summary': 'x', " READ "}",
		 "name: the file is called otherwise"},
		{"{'format': 2, 'name': 'x', 'title': {'en': 'X', 'ko': 'X', 'ja': 'X'}, 'summary': 'x', " READ "}", "format: "},
		{"[]", "must be an object"},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		auto_free char *text = xstrdup(cases[i].text);
		struct check *check = NULL;
		struct err err = {0};

		for (char *at = text; *at; at++)
			*at = *at == '\'' ? '"' : *at;
		assert_int_equal(check_read_text("folder/x.json", text, strlen(text), &check, &err), -1);
		auto_free char *why = err_text(&err);

		if (!strstr(why, cases[i].says))
			fail_msg("%zu: %s", i, why);
	}
	auto_free char *good = xstrdup(HEAD READ "}");
	struct check *check = NULL;

	for (char *at = good; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	assert_int_equal(check_read_text("folder/x.json", good, strlen(good), &check, NULL), 0);
	check_free(check);
}

/* Words with blanks between. */
static int allowed(const char *line)
{
	auto_free char *copy = xstrdup(line);
	const char *words[32] = {0};
	char *rest = copy;

	for (size_t i = 0; i + 1 < array_length(words) && (words[i] = strsep(&rest, " ")) != NULL; i++)
		;
	return check_allowed(words, NULL);
}

static void commands_that_read_are_allowed(void **state)
{
	static const char *const lines[] = {
		"df -P -k /var/lib/docker", "stat --file-system --format=%T /sys/fs/cgroup", "test -f /etc/logrotate.d/docker",
		"sha256sum /etc/logrotate.d/docker", "find /var/log/pods -xdev -size +1M -printf x", "cat /proc/cmdline",
		"systemctl is-active rpcbind", "systemctl show -p Id kubelet", "rpcinfo -p 127.0.0.1", "crictl images",
		"ctr -n k8s.io images ls", "ctr --namespace=k8s.io images ls -q", "docker images", "journalctl -u kubelet --since=-1h -n 50",
		"logrotate -d /etc/logrotate.d/docker", "logrotate --version", "date +%s.%N", "timedatectl",
		"curl -sS -o /dev/null -m 5 -w %{http_code} https://registry.k8s.io/v2/", "containerd config dump", "ps -C kubelet -o args=",
		"ip addr show", "grep -c x /proc/mounts", "lsblk -b -P", "ldconfig -p", "nvidia-smi -L", "dmesg -T", "sudo -n -l systemctl restart rpcbind",
	};

	(void)state;
	for (size_t i = 0; i < array_length(lines); i++) {
		if (allowed(lines[i]) < 0)
			fail_msg("%s", lines[i]);
	}
}

static void commands_that_do_more_are_refused(void **state)
{
	static const char *const lines[] = {
		"rm -rf /", "sh -c x", "bash", "env x", "sudo ls", "sudo -n ls", "sudo -n -l -e x", "sudo -l -n", "/usr/bin/df", "./df", "tee /etc/x", "reboot", "",
		"find / -delete", "find / -exec rm {} ;", "find / -execdir x ;", "find / -okdir x", "find / -fprintf /etc/x y",
		"find / -fls /etc/x", "systemctl restart kubelet", "systemctl -H x status", "systemctl --ho=x status", "systemctl",
		"journalctl --vacuum-size=1", "journalctl --vac=1", "journalctl --rotate", "journalctl -qf", "journalctl --fol",
		"ctr -n k8s.io images rm x", "ctr images pull x", "ctr -n k8s.io run x", "ctr images", "docker run x", "docker rm x",
		"docker -H tcp://x images", "crictl rmi x", "crictl exec x", "logrotate -f /etc/logrotate.d/docker",
		"logrotate -d /tmp/x", "logrotate -d /etc/logrotate.d/../../tmp/x", "logrotate /etc/logrotate.conf",
		"logrotate -d /etc/logrotate.conf -f", "date -s now", "date 010100002030", "curl https://x/", "curl -o /etc/x https://x/",
		"curl -o /dev/null -d @/etc/shadow https://x/", "curl -o /dev/null -w @/etc/shadow https://x/",
		"curl -o /dev/null -w %output{/etc/x} https://x/", "curl -o /dev/null file:///etc/shadow",
		"curl -o /dev/null -o /etc/x https://x/", "cat /etc/shadow", "cat /etc/kubernetes/pki/ca.key", "tail -f /var/log/x",
		"tail -qf /var/log/x", "tail --fol /var/log/x", "grep -r x /etc", "head /root/.ssh/id_rsa", "cat /proc/1/environ",
		"ps auxe", "dmesg -C", "dmesg -Tc", "ip link set eth0 down", "ip addr flush", "ip netns exec x y", "ss -K", "ldconfig",
		"lsof -r 1", "containerd config migrate", "containerd", "chronyc makestep", "chronyc -h x tracking", "timedatectl set-ntp yes",
		"nvidia-smi --gpu-reset", "getent shadow", "getent passwd", "findmnt --poll",
	};

	(void)state;
	for (size_t i = 0; i < array_length(lines); i++) {
		if (allowed(lines[i]) == 0)
			fail_msg("%s", lines[i]);
	}
}

static void hosts_are_known_by_their_words(void **state)
{
	(void)state;
	assert_int_equal(node_runtime_of("containerd://1.6.21"), RUNTIME_CONTAINERD);
	assert_int_equal(node_runtime_of("docker://19.3.15"), RUNTIME_DOCKER);
	assert_int_equal(node_runtime_of("cri-o://1.24"), RUNTIME_OTHER);
	assert_int_equal(node_runtime_of(NULL), RUNTIME_ANY);
	assert_int_equal(node_family_of("CentOS Linux 7 (Core)"), FAMILY_RHEL);
	assert_int_equal(node_family_of("Rocky Linux 8.10 (Green Obsidian)"), FAMILY_RHEL);
	assert_int_equal(node_family_of("Red Hat Enterprise Linux 8.6 (Ootpa)"), FAMILY_RHEL);
	assert_int_equal(node_family_of("Ubuntu 24.04.1 LTS"), FAMILY_DEBIAN);
	assert_int_equal(node_family_of("Flatcar Container Linux"), FAMILY_OTHER);
	assert_int_equal(node_family_of(""), FAMILY_ANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_checks_load),
		cmocka_unit_test(sudoers_lines_fit_in_a_hint),
		cmocka_unit_test(broken_checks_say_where),
		cmocka_unit_test(commands_that_read_are_allowed),
		cmocka_unit_test(commands_that_do_more_are_refused),
		cmocka_unit_test(hosts_are_known_by_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
