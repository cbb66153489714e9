/* A batch of checks: the script, its output taken apart in pieces of any size, and what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/memory.h"
#include "probes/ssh/check_batch.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define MARK(number, status) "\n" NONCE " " number " " status "\n"
#define START MARK("start", "0")

static struct check_set *set;
static const struct node_answer fine;

static int load(void **state)
{
	struct err err = {0};

	(void)state;
	if (check_set_load("assets/checks", &set, &err) == 0)
		return 0;
	auto_free char *text = err_text(&err);

	fail_msg("%s", text);
	return -1;
}

static int unload(void **state)
{
	(void)state;
	check_set_free(set);
	return 0;
}

static struct check_batch batch_of(const char *runtime, const char *first, const char *second)
{
	const struct check *checks[] = {check_by_name(set, first), second ? check_by_name(set, second) : NULL};
	struct check_batch batch;

	assert_non_null(checks[0]);
	batch_init(&batch, checks, second ? 2 : 1, runtime, "Ubuntu 22.04.4 LTS", NONCE);
	return batch;
}

static void feed(struct check_batch *batch, int which, const char *text, size_t n, size_t piece)
{
	for (size_t at = 0; at < n; at += piece)
		batch_feed(batch, which, text + at, n - at < piece ? n - at : piece, 1700000000000);
}

#define FEED(batch, which, text) feed(batch, which, text, sizeof(text) - 1, 7)

static struct check_result judge_first(const struct check_batch *batch, const struct node_answer *answer)
{
	struct check_result results[4] = {0};

	batch_judge(batch, answer, results);
	for (size_t i = 1; i < batch->wanted; i++)
		check_result_release(&results[i]);
	return results[0];
}

static void the_script_is_quoted_lines_and_markers(void **state)
{
	struct check_batch batch = batch_of("docker://19.3", "container-logs", NULL);
	auto_free char *script = batch_script(&batch);

	(void)state;
	assert_int_equal(batch.command_count, 3);
	assert_non_null(strstr(script, "\nsudo -n timeout -k 2 30 env LC_ALL=C PATH="));
	assert_non_null(strstr(script,
			       " find /var/lib/docker/containers -xdev -type f -name '*-json.log*' -size +1023k -printf "
				       "'%b %s %p\\0' </dev/null\ns=$?; printf '\\n%s %s %s\\n' " NONCE " 0 \"$s\""));
	assert_null(strstr(script, "/var/log/pods"));
	batch_release(&batch);
}

static void each_batch_has_a_nonce_of_its_own(void **state)
{
	const struct check *check = check_by_name(set, "disk");
	struct check_batch one;
	struct check_batch two;

	(void)state;
	batch_init(&one, &check, 1, NULL, NULL, NULL);
	batch_init(&two, &check, 1, NULL, NULL, NULL);
	assert_int_equal(strlen(one.nonce), 32);
	assert_string_not_equal(one.nonce, two.nonce);
	batch_release(&one);
	batch_release(&two);
}

#define DF "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 1000000 910000 90000 91% /\n"

static void outputs_are_told_apart_in_pieces_of_any_size(void **state)
{
	static const char out[] = "Welcome to worker-1!\n" START DF MARK("0",
									 "0") "MemTotal: 1000 kB\nMemAvailable: 500 kB" MARK("1", "0");

	(void)state;
	for (size_t piece = 1; piece < sizeof(out); piece = piece * 2 + 1) {
		struct check_batch batch = batch_of("docker://19.3", "disk", "memory");
		struct check_result results[2] = {0};

		feed(&batch, 1, out, sizeof(out) - 1, piece);
		assert_string_equal(buffer_text(&batch.commands[0].output.texts[0]), DF);
		batch_judge(&batch, &fine, results);
		assert_int_equal(results[0].verdict, CHECK_BAD);
		assert_string_equal(results[0].sign, "disk-full");
		assert_true(json_is_true(json_object_get(results[0].signs, "disk-full")));
		assert_string_equal(results[0].text, "/ 91% of 977 MiB");
		assert_int_equal(results[1].verdict, CHECK_OK);
		check_result_release(&results[0]);
		check_result_release(&results[1]);
		batch_release(&batch);
	}
}

/* Output that looks like a marker but for the nonce, or has the number of another command, stays output. */
static void markers_cannot_be_forged(void **state)
{
	static const char out[] = START "Filesystem\n\nfedcba9876543210fedcba9876543210 0 0\n" MARK("1",
												    "0") "\n" NONCE " 0 x\n"
				  "\n" NONCE " 0 0 0\n\n" NONCE " 0\n" DF MARK("0", "0");
	struct check_batch batch = batch_of("docker://19.3", "disk", "memory");

	(void)state;
	FEED(&batch, 1, out);
	assert_true(batch.commands[0].output.has_ended[0]);
	assert_false(batch.commands[1].output.has_ended[0]);
	assert_non_null(strstr(buffer_text(&batch.commands[0].output.texts[0]), "fedcba98"));
	assert_non_null(strstr(buffer_text(&batch.commands[0].output.texts[0]), NONCE " 0 0 0\n"));
	batch_release(&batch);
}

static void what_came_before_the_end_is_kept(void **state)
{
	struct check_batch batch = batch_of("docker://19.3", "disk", "memory");
	struct check_result results[2] = {0};
	struct node_answer lost = {.trouble = NODE_LOST};

	(void)state;
	err_set(&lost.err, ERR_CONNECT, "the connection was lost while the command ran: {reason}", "reason",
		"reset", NULL);
	FEED(&batch, 1, START DF MARK("0", "0") "MemTotal: 10");
	batch_judge(&batch, &lost, results);
	assert_int_equal(results[0].verdict, CHECK_BAD);
	assert_int_equal(results[1].verdict, CHECK_COULD_NOT);
	assert_int_equal(results[1].reason.code, ERR_CONNECT);
	assert_null(results[1].signs);
	assert_null(results[1].value);
	check_result_release(&results[0]);
	check_result_release(&results[1]);
	batch_release(&batch);
}

static void one_flood_does_not_drown_the_others(void **state)
{
	struct check_batch batch = batch_of("docker://19.3", "disk", "memory");
	struct check_result results[2] = {0};
	char line[1024];

	(void)state;
	FEED(&batch, 1, START);
	memset(line, 'A', sizeof(line));
	for (int i = 0; i < 2000; i++)
		batch_feed(&batch, 1, line, sizeof(line), 0);
	FEED(&batch, 1, MARK("0", "0") "MemTotal: 1000 kB\nMemAvailable: 10 kB\n" MARK("1", "0"));
	assert_int_equal(batch.commands[0].output.texts[0].length, 65536);
	assert_true(batch.commands[0].output.texts[0].overflowed);
	batch_judge(&batch, &fine, results);
	assert_int_equal(results[0].verdict, CHECK_COULD_NOT);
	assert_int_equal(results[1].verdict, CHECK_BAD);
	check_result_release(&results[0]);
	check_result_release(&results[1]);
	batch_release(&batch);
}

/* How commands fail on nodes, and what is said of it. */
static void failures_have_reasons(void **state)
{
	static const struct {
		const char *status, *error_text;
		enum err_code code;
		const char *says;
	} cases[] = {
		{"127", "env: 'cat': No such file or directory\n", ERR_NOT_FOUND, "cat is not installed"},
		{"124", "", ERR_TIMEOUT, "cat did not end within 5 s"},
		{"137", "Killed\n", ERR_TIMEOUT, "did not end"},
		{"126", "env: 'cat': Permission denied\n", ERR_FORBIDDEN, "cannot be run"},
		{"1", "cat: /proc/meminfo: Input/output error\n", ERR_IO,
		 "cat ended with 1: cat: /proc/meminfo: Input/output error"},
		{"2", "", ERR_IO, "cat ended with 2"},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct check_batch batch = batch_of("docker://19.3", "memory", NULL);
		auto_free char *out = xasprintf(START "%s" MARK("0", "%s"), "", cases[i].status);
		auto_free char *errors = xasprintf(START "%s" MARK("0", "%s"), cases[i].error_text, cases[i].status);
		struct check_result result;

		feed(&batch, 1, out, strlen(out), 5);
		feed(&batch, 2, errors, strlen(errors), 5);
		result = judge_first(&batch, &fine);
		auto_free char *text = err_text(&result.reason);

		assert_int_equal(result.verdict, CHECK_COULD_NOT);
		assert_int_equal(result.reason.code, cases[i].code);
		if (!strstr(text, cases[i].says))
			fail_msg("%s", text);
		check_result_release(&result);
		batch_release(&batch);
	}
}

/* Each way that sudo says no, by its release and its settings. */
static void a_refused_sudo_names_the_line_that_permits(void **state)
{
	static const char *const refusals[] = {
		"sudo: a password is required\n",
		"sudo: sorry, you must have a tty to run sudo\n",
		"sudo: a terminal is required to read the password; either use the -S option\nsudo: a password is required\n",
		"Sorry, user ubuntu is not allowed to execute '/usr/bin/timeout -k 2 10' as root on worker-1.\n",
	};

	(void)state;
	for (size_t i = 0; i < array_length(refusals); i++) {
		struct check_batch batch = batch_of("containerd://1.6", "cni", NULL);
		auto_free char *errors = xasprintf(START "%s" MARK("0", "1") "%s" MARK("1", "1"), refusals[i],
						   refusals[i]);
		struct check_result result;

		FEED(&batch, 1, START MARK("0", "1") MARK("1", "1"));
		feed(&batch, 2, errors, strlen(errors), 9);
		result = judge_first(&batch, &fine);
		auto_free char *text = err_text(&result.reason);

		assert_int_equal(result.verdict, CHECK_COULD_NOT);
		assert_int_equal(result.reason.code, ERR_FORBIDDEN);
		assert_non_null(strstr(text, "sudo is refused for find"));
		assert_non_null(strstr(text,
				       "USER ALL=(root) NOPASSWD: /usr/bin/timeout -k 2 10 env LC_ALL\\=C PATH\\="));
		check_result_release(&result);
		batch_release(&batch);
	}
}

static void a_missing_file_is_an_answer_where_the_check_says_so(void **state)
{
	static const char no_file[] = "sha256sum: /etc/logrotate.d/docker: No such file or directory\n";
	struct check_batch batch = batch_of("docker://19.3", "log-rotation", NULL);
	auto_free char *errors = xasprintf(START "%s" MARK("0",
							   "1") "stat: cannot statx '/etc/logrotate.d/docker': No such file or "
					   "directory\n" MARK("1", "1"), no_file);
	struct check_result result;

	(void)state;
	FEED(&batch, 1, START MARK("0", "1") MARK("1", "1") MARK("2", "1") MARK("3", "1") MARK("4", "1")
	     "logrotate 3.8.6\n" MARK("5", "0") "Id=crond.service\nActiveState=active\n" MARK("6", "0"));
	feed(&batch, 2, errors, strlen(errors), 3);
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_BAD);
	assert_string_equal(result.sign, "file-missing");
	assert_string_equal(result.text, "file missing: yes");
	assert_true(json_is_true(value_member(result.value, "sum.missing")));
	assert_false(json_is_true(json_object_get(result.signs, "tool-missing")));
	check_result_release(&result);
	batch_release(&batch);
}

/* find that found nothing because the folder is not there is no "0 logs". */
static void an_empty_answer_with_a_status_is_none(void **state)
{
	struct check_batch batch = batch_of("docker://19.3", "container-logs", NULL);
	struct check_result result;

	(void)state;
	FEED(&batch, 1, START MARK("0", "1") DF MARK("1", "0"));
	FEED(&batch, 2, START "find: '/var/lib/docker/containers': No such file or directory\n" MARK("0",
												     "1") MARK("1", "0"));
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_COULD_NOT);
	check_result_release(&result);
	batch_release(&batch);
}

static void another_runtime_is_not_applicable(void **state)
{
	struct check_batch batch = batch_of("containerd://1.6.21", "log-rotation", NULL);
	struct check_result result;

	(void)state;
	assert_int_equal(batch.command_count, 0);
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_NOT_APPLICABLE);
	assert_int_not_equal(result.reason.code, ERR_NONE);
	json_t *document = check_result_document(&result);

	assert_string_equal(json_string_value(json_object_get(document, "verdict")), "not-applicable");
	json_decref(document);
	check_result_release(&result);
	batch_release(&batch);
}

/* Without the Node object the batch asks systemd which runtime is active. */
static void an_unknown_runtime_is_found_out(void **state)
{
	struct check_batch batch = batch_of(NULL, "log-rotation", NULL);
	struct buffer out = BUFFER_INIT(1 << 16);
	struct check_result result;

	(void)state;
	assert_int_equal(batch.count, 2);
	buffer_add_text(&out, START);
	for (size_t i = 0; i < batch.command_count; i++) {
		bool is_units = batch.commands[i].check == 1 && !strcmp(batch.commands[i].read->as, "units");

		buffer_addf(&out, "%s\n" NONCE " %zu %d\n", is_units
			    ? "Id=containerd.service\nActiveState=active\n" : "", i,
			    is_units ? 0 : 1);
	}
	batch_feed(&batch, 1, buffer_text(&out), out.length, 0);
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_NOT_APPLICABLE);
	check_result_release(&result);
	buffer_release(&out);
	batch_release(&batch);
}

static void a_second_command_answers_for_the_first(void **state)
{
	static const char list[] = "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"
				   "k8s.gcr.io/pause:3.7 application/x sha256:aa 298.0 KiB linux/amd64 -\n";
	struct check_batch batch = batch_of("containerd://1.6", "images", NULL);
	auto_free char *out = xasprintf(START MARK("0", "127") "%s" MARK("1", "0"), list);
	struct check_result result;

	(void)state;
	feed(&batch, 1, out, strlen(out), 11);
	FEED(&batch, 2, START "env: 'crictl': No such file or directory\n" MARK("0", "127") MARK("1", "0"));
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_OK);
	assert_int_equal(json_integer_value(value_member(result.value, "images.pauseCount")), 1);
	check_result_release(&result);
	batch_release(&batch);
}

static void the_clock_is_compared_with_ours(void **state)
{
	struct check_batch batch = batch_of("docker://19.3", "clock", NULL);
	struct check_result result;

	(void)state;
	FEED(&batch, 1, START "1700000031.500000000\n" MARK("0", "0") MARK("1", "127") MARK("2", "127"));
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_BAD);
	assert_string_equal(result.sign, "skew");
	assert_float_equal(json_real_value(value_member(result.value, "clock.skewSeconds")), 31.5, 0.01);
	check_result_release(&result);
	batch_release(&batch);
}

static void a_small_file_system_on_a_large_device_is_seen(void **state)
{
	static const char devices[] = "NAME=\"vda\" KNAME=\"vda\" TYPE=\"disk\" SIZE=\"107374182400\" FSTYPE=\"ext4\" MOUNTPOINT=\"/\"\n"
				      "NAME=\"vdb\" KNAME=\"vdb\" TYPE=\"disk\" SIZE=\"214748364800\" FSTYPE=\"ext4\" MOUNTPOINT=\"\"\n";
	static const char disks[] = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
				    "/dev/vda 103079844 10 10 1% /\n"
				    "/dev/vdb 103079844 10 10 1% /var/lib/kubelet/pods/x/volumes/kubernetes.io~csi/y/mount\n";
	struct check_batch batch = batch_of("containerd://1.6", "block-devices", NULL);
	static const char mounts[] = "/dev/vda1 / ext4 rw 0 0\n"
				     "/dev/vdb /var/lib/kubelet/plugins/kubernetes.io/csi/d/9f/globalmount ext4 rw 0 0\n"
				     "/dev/vdb /var/lib/kubelet/pods/x/volumes/kubernetes.io~csi/pvc-y/mount ext4 rw 0 0\n"
				     "tmpfs /var/lib/kubelet/pods/x/volumes/kubernetes.io~csi/pvc-z/mount tmpfs rw 0 0\n"
				     "/dev/vdc /var/lib/kubelet/pods/x/volumes/kubernetes.io~csi/pvc-w/mount ext4 rw 0 0\n";
	auto_free char *out = xasprintf(START "%s" MARK("0", "0") "%s" MARK("1", "0") "%s" MARK("2", "0"), devices,
					disks, mounts);
	struct check_result result;

	(void)state;
	feed(&batch, 1, out, strlen(out), 13);
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_BAD);
	assert_string_equal(json_string_value(value_member(result.value, "gap.device")), "vdb");
	/* By PersistentVolume: only what is a disk that lsblk and df both list. */
	assert_int_equal(json_object_size(json_object_get(result.value, "volumes")), 1);
	assert_string_equal(json_string_value(value_member(result.value, "volumes.pvc-y.device")), "vdb");
	assert_true(json_real_value(value_member(result.value, "volumes.pvc-y.share")) < 0.9);
	check_result_release(&result);
	batch_release(&batch);
}

/* guide E07: the numbers of a node whose kernel kept what was deleted (tests/data/nodes/cgroups-centos7.txt). */
static void dead_cgroups_are_counted(void **state)
{
	struct check_batch batch = batch_of("docker://18.6", "cgroups", NULL);
	struct check_result result;

	(void)state;
	FEED(&batch, 1, START "tmpfs\n" MARK("0",
					     "0") "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t64734\t1\n"
	     MARK("1", "0") "xxxxxxxxxxxx" MARK("2", "0") "ro quiet\n" MARK("3", "0"));
	result = judge_first(&batch, &fine);
	assert_int_equal(result.verdict, CHECK_BAD);
	assert_true(json_is_true(json_object_get(result.signs, "dead-cgroups")));
	assert_true(json_is_true(json_object_get(result.signs, "cgroup-limit")));
	assert_true(json_is_true(json_object_get(result.signs, "kernel-memory-accounted")));
	assert_false(json_is_true(json_object_get(result.signs, "unified")));
	check_result_release(&result);
	batch_release(&batch);
}

static void sandbox_image_is_looked_for_among_the_images(void **state)
{
	static const char list[] = "{\"images\":[{\"repoTags\":[\"registry.k8s.io/pause:3.9\"],\"size\":\"1\"}]}";
	static const struct {
		const char *asked;
		enum check_verdict verdict;
	} cases[] = {{"registry.k8s.io/pause:3.9", CHECK_OK}, {"k8s.gcr.io/pause:3.7", CHECK_BAD}};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		struct check_batch batch = batch_of("containerd://1.6", "sandbox-image", NULL);
		auto_free char *out = xasprintf(START "%s" MARK("0", "0") MARK("1",
									       "127") "[plugins]\n sandbox_image = \"%s\"\n"
						MARK("2", "0"), list, cases[i].asked);
		struct check_result result;

		feed(&batch, 1, out, strlen(out), 17);
		result = judge_first(&batch, &fine);
		assert_int_equal(result.verdict, cases[i].verdict);
		check_result_release(&result);
		batch_release(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_script_is_quoted_lines_and_markers),
		cmocka_unit_test(each_batch_has_a_nonce_of_its_own),
		cmocka_unit_test(outputs_are_told_apart_in_pieces_of_any_size),
		cmocka_unit_test(markers_cannot_be_forged),
		cmocka_unit_test(what_came_before_the_end_is_kept),
		cmocka_unit_test(one_flood_does_not_drown_the_others),
		cmocka_unit_test(failures_have_reasons),
		cmocka_unit_test(a_refused_sudo_names_the_line_that_permits),
		cmocka_unit_test(a_missing_file_is_an_answer_where_the_check_says_so),
		cmocka_unit_test(an_empty_answer_with_a_status_is_none),
		cmocka_unit_test(another_runtime_is_not_applicable),
		cmocka_unit_test(an_unknown_runtime_is_found_out),
		cmocka_unit_test(a_second_command_answers_for_the_first),
		cmocka_unit_test(the_clock_is_compared_with_ours),
		cmocka_unit_test(a_small_file_system_on_a_large_device_is_seen),
		cmocka_unit_test(dead_cgroups_are_counted),
		cmocka_unit_test(sandbox_image_is_looked_for_among_the_images),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
