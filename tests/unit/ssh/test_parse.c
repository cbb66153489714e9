/* What parsers make of outputs of the systems that NKS has (tests/data/nodes/README.md says where they are from). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/ssh/check_batch.h"

/* expected: the member at the path as compact JSON, "" for none. */
struct wanted {
	const char *file;
	const char *parser;
	const char *path;
	const char *expected;
};

static const struct wanted table[] = {
	{"df-centos7-docker.txt", "df", "worst.mount", "\"/\""},
	{"df-centos7-docker.txt", "df", "worst.usedPercent", "83"},
	{"df-centos7-docker.txt", "df", "worst.sizeBytes", "53660876800"},
	{"df-centos7-docker.txt", "df", "filesystems[mount=/home].availableBytes", "41800437760"},
	{"df-rocky8-volumes.txt", "df", "worst.mount", "\"/\""},
	{"df-rocky8-volumes.txt", "df", "volumes[device=/dev/vdb].usedPercent", "96"},
	{"df-rocky8-volumes.txt", "df", "filesystems[device=/dev/vdc].mount", "\"/mnt/two words\""},
	{"df-ubuntu2404-efivarfs.txt", "df", "worst.mount", "\"/boot\""},
	{"df-inodes-ubuntu1804.txt", "df-inodes", "worst.usedPercent", "99"},
	{"df-inodes-ubuntu1804.txt", "df-inodes", "worst.inodes", "6451200"},
	{"df-inodes-ubuntu1804.txt", "df-inodes", "filesystems[mount=/boot/efi].usedPercent", ""},
	{"cgroups-centos7.txt", "cgroups", "memory", "{\"count\":64734,\"enabled\":true,\"hierarchy\":4}"},
	{"cgroups-rocky9.txt", "cgroups", "memory.hierarchy", "0"},
	{"cmdline-centos7.txt", "cmdline", "nokmem", "false"},
	{"cmdline-rocky8-nokmem.txt", "cmdline", "nokmem", "true"},
	{"rpcinfo-centos7-statd.txt", "rpcinfo", "statd", "true"},
	{"rpcinfo-centos7-statd.txt", "rpcinfo", "portmapper", "true"},
	{"rpcinfo-centos7-statd.txt", "rpcinfo", "programs[service=status].port", "58846"},
	{"rpcinfo-rhel5-nfs-server.txt", "rpcinfo", "statd", "false"},
	{"rpcinfo-rhel5-nfs-server.txt", "rpcinfo", "reachable", "true"},
	{"chrony-rhel7.txt", "chrony", "synchronised", "true"},
	{"chrony-rocky9-lost.txt", "chrony", "synchronised", "false"},
	{"timedatectl-centos7.txt", "timedatectl", "synchronised", "true"},
	{"timedatectl-ubuntu1604.txt", "timedatectl", "synchronised", "false"},
	{"timedatectl-ubuntu2204.txt", "timedatectl", "synchronised", "true"},
	{"logrotate-status-centos7.txt", "logrotate-status", "latest", "\"2023-11-06 03:27\""},
	{"logrotate-status-centos7.txt", "logrotate-status", "containerCount", "1"},
	{"logrotate-status-debian12.txt", "logrotate-status", "count", "2"},
	{"systemd-units-centos7.txt", "systemd-units", "units[id=rpc-statd.service].activeState", "\"inactive\""},
	{"systemd-units-centos7.txt", "systemd-units", "units[id=rpc-statd.service].unitFileState", "\"static\""},
	{"systemd-units-centos7.txt", "systemd-units", "active", "1"},
	{"systemd-units-ubuntu2204.txt", "systemd-units", "units[id=docker.service].loadState", "\"not-found\""},
	{"systemd-units-ubuntu2204.txt", "systemd-units", "active", "2"},
	{"images-docker-centos7.txt", "images-docker", "count", "4"},
	{"images-docker-centos7.txt", "images-docker", "totalBytes", "1582683000"},
	{"images-docker-centos7.txt", "images-docker", "pause",
	 "[\"k8s.gcr.io/pause:3.2\",\"internal.example/pause:3.2\"]"},
	{"images-docker-centos7.txt", "images-docker", "calicoCount", "1"},
	{"images-crictl-ubuntu2204.json", "images-crictl", "count", "2"},
	{"images-crictl-ubuntu2204.json", "images-crictl", "totalBytes", "21538464"},
	{"images-crictl-ubuntu2204.json", "images-crictl", "pauseCount", "2"},
	{"images-ctr-k3s.txt", "images-ctr", "count", "1"},
	{"images-ctr-k3s.txt", "images-ctr", "pauseCount", "2"},
	{"images-ctr-k3s.txt", "images-ctr", "totalBytes", "75812044"},
	{"containerd-config-16.toml", "containerd-config", "image", "\"k8s.gcr.io/pause:3.7\""},
	{"containerd-config-16.toml", "containerd-config", "root", "\"/var/lib/containerd\""},
	{"containerd-config-20.toml", "containerd-config", "image", "\"registry.k8s.io/pause:3.10\""},
	{"kubelet-centos7.txt", "arguments", "image", "\"k8s.gcr.io/pause:3.2\""},
	{"kubelet-centos7.txt", "arguments", "config", "\"/var/lib/kubelet/config.yaml\""},
	{"mounts-nfs3.txt", "mounts", "nfsCount", "3"},
	{"mounts-nfs3.txt", "mounts", "nfs3Count", "1"},
	{"mounts-nfs3.txt", "mounts", "readOnly", "[\"/data\"]"},
	{"mounts-nfs3.txt", "mounts", "nfs[mount=/mnt/no locks].version", "\"3\""},
	{"lsblk-centos7.txt", "lsblk", "count", "4"},
	{"lsblk-centos7.txt", "lsblk", "devices[name=centos-root].kernelName", "\"dm-0\""},
	{"lsblk-centos7.txt", "lsblk", "devices[name=vdb].bytes", "214748364800"},
	{"lsblk-centos7.txt", "lsblk", "devices[name=vda].mount", ""},
	{"os-release-centos7.txt", "os-release", "prettyName", "\"CentOS Linux 7 (Core)\""},
	{"os-release-centos7.txt", "os-release", "family", "\"rhel\""},
	{"os-release-rocky8.txt", "os-release", "family", "\"rhel\""},
	{"os-release-rocky9.txt", "os-release", "versionId", "\"9.4\""},
	{"os-release-ubuntu1804.txt", "os-release", "id", "\"ubuntu\""},
	{"os-release-ubuntu2004.txt", "os-release", "versionId", "\"20.04\""},
	{"os-release-ubuntu2204.txt", "os-release", "family", "\"debian\""},
	{"os-release-ubuntu2404.txt", "os-release", "prettyName", "\"Ubuntu 24.04.1 LTS\""},
	{"meminfo-centos7.txt", "meminfo", "totalBytes", "8201560064"},
	{"meminfo-centos7.txt", "meminfo", "usedPercent", "70"},
	{"meminfo-linux310-early.txt", "meminfo", "availableBytes", "409600000"},
	{"resolv-ubuntu2204.txt", "resolv", "nameservers", "[\"127.0.0.53\"]"},
	{"resolv-ubuntu2204.txt", "resolv", "options", "[\"edns0\",\"trust-ad\"]"},
	{"resolv-rocky8-many.txt", "resolv", "nameserverCount", "4"},
	{"resolv-rocky8-many.txt", "resolv", "search", "[\"novalocal\"]"},
	{"journal-rocky8.txt", "journal", "lineCount", "5"},
	{"journal-rocky8.txt", "journal", "errorCount", "3"},
	{"journal-rocky8.txt", "journal", "rateLimitCount", "1"},
	{"journal-rocky8.txt", "journal", "sandboxCount", "1"},
	{"journal-rocky8.txt", "journal", "cgroupCount", "1"},
	{"journal-rocky8.txt", "journal", "ownershipCount", "1"},
	{"journal-rocky8.txt", "journal", "spaceCount", "0"},
};

static json_t *parse_file(const char *file, const char *parser)
{
	auto_free char *path = xasprintf("tests/data/nodes/%s", file);
	auto_free char *text = NULL;
	struct err err = {0};
	json_t *value = NULL;
	size_t n;

	if (file_read(path, 1 << 20, &text, &n, &err) == 0)
		value = check_parse(parser, text, n, &err);
	if (!value) {
		auto_free char *why = err_text(&err);

		fail_msg("%s: %s", file, why);
	}
	return value;
}

static void recorded_outputs_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(table); i++) {
		json_t *value = parse_file(table[i].file, table[i].parser);
		const json_t *member = value_member(value, table[i].path);
		auto_free char *got = member ? json_dumps(member,
							  JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : xstrdup("");

		if (strcmp(got, table[i].expected) != 0)
			fail_msg("%s %s: %s, not %s", table[i].file, table[i].path, got, table[i].expected);
		json_decref(value);
	}
}

/* Short texts that have no file: with ' in the place of ", and \0 where find prints one. */
static void expect(const char *parser, const char *text, size_t n, const char *path, const char *expected)
{
	struct err err = {0};
	json_t *value = check_parse(parser, text, n, &err);
	const json_t *member = value_member(value, path);
	auto_free char *got = member ? json_dumps(member,
						  JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : xstrdup("");

	if (!value || strcmp(got, expected) != 0)
		fail_msg("%s %s: %s, not %s", parser, path, got, expected);
	json_decref(value);
}

#define EXPECT(parser, text, path, expected) expect(parser, text, sizeof(text) - 1, path, expected)

static void small_outputs(void **state)
{
	static const char sizes[] = "2097160 1073741824 /var/lib/docker/containers/aa/aa-json.log\0"
				    "41943040 21474836480 /var/lib/docker/containers/b b/bb\nbb-json.log\0"
				    "8 4000 /var/lib/docker/containers/c/c-json.log.1\0";

	(void)state;
	EXPECT("find-sizes", sizes, "count", "3");
	EXPECT("find-sizes", sizes, "totalBytes", "22548586496");
	EXPECT("find-sizes", sizes, "largestBytes", "21474836480");
	EXPECT("find-sizes", sizes, "largest[path=/var/lib/docker/containers/aa/aa-json.log].bytes", "1073741824");
	EXPECT("find-sizes", "", "totalBytes", "0");
	EXPECT("sha256", "254a1e1e35a1faac6200f823489207bcd4989c08a535ab5d982766a38d82873e  /etc/logrotate.d/docker\n",
	       "sha256", "\"254a1e1e35a1faac6200f823489207bcd4989c08a535ab5d982766a38d82873e\"");
	EXPECT("stat", "644 root root 187 1700000000 regular file\n", "mode", "\"644\"");
	EXPECT("stat", "644 root root 187 1700000000 regular empty file\n", "type", "\"regular empty file\"");
	EXPECT("find-files", "600 root root 658 1700000000.1234567890 /etc/cni/net.d/10-calico.conflist\0"
	       "600 root root 2800 1700000000.0000000000 /etc/cni/net.d/calico-kubeconfig\0", "networkCount", "1");
	EXPECT("find-files", "755 root root 658 1700000000.1 /opt/cni/bin/portmap\0", "names", "[\"portmap\"]");
	EXPECT("version", "Docker version 19.03.15, build 99e3ed8919\n", "version", "\"19.03.15\"");
	EXPECT("version",
	       "containerd github.com/containerd/containerd v1.6.21 3dce8eb055cbb6872793272b4f20ed16117344f8\n",
	       "version", "\"1.6.21\"");
	EXPECT("version", "containerd containerd.io 1.6.33 d2d58213f83a351ca8f528a95fbd145f5654e957\n",
	       "version", "\"1.6.33\"");
	EXPECT("count", "xxxx", "count", "4");
	EXPECT("count", "", "count", "0");
	/* lsof 4.95 of Debian 12: two descriptors of one file, shared memory, one that is empty */
	EXPECT("deleted-files", "p812\nf3\nD0xfe00\ns300\ni17\nn/var/log/a.log (deleted)\nf4\nD0xfe00\ns300\ni17\n"
	       "n/var/log/a.log (deleted)\np900\nf5\nD0x1\ns5000\ni2\nn/dev/shm/x (deleted)\nf6\nD0xfe00\ns0\ni18\n"
	       "n/tmp/#18 (deleted)\n", "totalBytes", "300");
	EXPECT("deleted-files", "p812\nf3\nD0xfe00\ns300\ni17\nn/var/log/a.log (deleted)\n", "largest",
	       "{\"bytes\":300,\"path\":\"/var/log/a.log (deleted)\"}");
	EXPECT("uptime", "350735.47 234388.90\n", "seconds", "350735");
	EXPECT("word", "cgroup2fs\n", "word", "\"cgroup2fs\"");
	EXPECT("hosts", "203.0.113.7     registry.k8s.io\n2001:db8::7 registry.k8s.io\n", "addresses",
	       "[\"203.0.113.7\",\"2001:db8::7\"]");
	EXPECT("curl", "401 203.0.113.7\n", "reachable", "true");
	EXPECT("curl", "000 \n", "reachable", "false");
	EXPECT("processes", "  812 Ss   rpc.statd\n  900 Z    rpc.statd <defunct>\n", "zombieCount", "1");
	EXPECT("systemd-units", "Id=a.service\nActiveState=active\n", "active", "1");
	EXPECT("journal", "", "lineCount", "0");
	EXPECT("resolv", "", "nameserverCount", "0");
}

static json_t *with_status(const char *parser, const char *text, const char *error_text, int status, struct err *err)
{
	const struct parse_input input = {
		.text = text,
		.length = strlen(text),
		.error_text = error_text,
		.error_length = strlen(error_text),
		.exit_status = status,
	};

	return parser_run(parser_by_name(parser), &input, err);
}

static void statuses_that_say_something(void **state)
{
	static const struct {
		const char *parser, *text, *error_text;
		int status;
		const char *path, *expected;
	} cases[] = {
		{"rpcinfo", "",
		 "rpcinfo: can't contact portmapper: RPC: Remote system error - Connection refused\n", 1, "statd",
		 "false"},
		{"rpcinfo", "",
		 "rpcinfo: can't contact rpcbind: : RPC: Unable to receive; errno = Connection refused\n", 1,
		 "reachable", "false"},
		/* rpcbind 1.2.6 of Debian 12 */
		{"rpcinfo", "", "127.0.0.1: RPC: Remote system error - Connection refused\n", 1, "reachable", "false"},
		{"processes", "", "", 1, "count", "0"},
		{"deleted-files", "", "", 1, "totalBytes", "0"},
		{"arguments", "", "", 1, "running", "false"},
		{"hosts", "", "", 2, "found", "false"},
		{"curl", "000 ", "curl: (28) Connection timed out after 5001 milliseconds\n", 28, "trouble",
		 "\"timeout\""},
		{"curl", "000 ", "curl: (6) Could not resolve host: registry.k8s.io\n", 6, "trouble", "\"DNS\""},
		/* logrotate 3.8 says its version on the standard error */
		{"version", "", "logrotate 3.8.6\n", 0, "version", "\"3.8.6\""},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct err err = {0};
		json_t *value = with_status(cases[i].parser, cases[i].text, cases[i].error_text, cases[i].status, &err);
		const json_t *member = value_member(value, cases[i].path);
		auto_free char *got = member ? json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY) : xstrdup("");

		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("%s: %s is %s, not %s", cases[i].parser, cases[i].path, got, cases[i].expected);
		json_decref(value);
	}
}

/* Text of another kind is an error that says something, never an empty answer. */
static void foreign_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"bash: df: command not found\n",
		"<html>503</html>\n\n",
		"Last login: Sat Nov 21 11:16:33 2026 from 203.0.113.7\n\n\n",
		"\xff\xfe\x01 \x1b[31m -1 99999999999999999999999% %\n\x7f",
		"{\"images\":7}",
	};
	static const char *const lenient[] = {"arguments", "cmdline", "journal", "resolv", "hosts", "processes"};

	(void)state;
	for (size_t p = 0; parser_at(p); p++) {
		bool is_lenient = false;

		for (size_t i = 0; i < array_length(lenient); i++)
			is_lenient |= !strcmp(parser_at(p)->name, lenient[i]);
		for (size_t t = 0; t < array_length(texts); t++) {
			struct err err = {0};
			json_t *value = check_parse(parser_at(p)->name, texts[t], strlen(texts[t]), &err);

			if (!value)
				assert_int_not_equal(err.code, ERR_NONE);
			else if (!is_lenient && strcmp(parser_at(p)->name, "word") != 0 &&
				 strcmp(parser_at(p)->name, "count") != 0)
				fail_msg("%s takes text %zu", parser_at(p)->name, t);
			json_decref(value);
		}
	}
}

static void numbers_do_not_overflow(void **state)
{
	(void)state;
	EXPECT("df",
	       "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 9223372036854775807 1 1 1% /\n",
	       "worst.sizeBytes", "9223372036854775807");
	EXPECT("find-sizes", "9223372036854775807 1 /a\0" "9223372036854775807 1 /b\0", "totalBytes",
	       "9223372036854775807");
	EXPECT("meminfo", "MemTotal: 9223372036854775807 kB\nMemAvailable: 9223372036854775807 kB\n",
	       "usedPercent", "0");
}

static void bytes_that_are_no_text_are_kept_as_marks(void **state)
{
	(void)state;
	EXPECT("find-sizes", "8 4 /var/\xff\x80\xed\xa0\x80/x\0", "largest",
	       "[{\"bytes\":4,\"path\":\"/var/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd/x\"}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_outputs_are_understood),
		cmocka_unit_test(small_outputs),
		cmocka_unit_test(statuses_that_say_something),
		cmocka_unit_test(foreign_text_is_refused),
		cmocka_unit_test(numbers_do_not_overflow),
		cmocka_unit_test(bytes_that_are_no_text_are_kept_as_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
