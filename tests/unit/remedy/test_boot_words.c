/* /etc/default/grub of three distributions (fixtures made here after their form), and what the guide's sed gets wrong. */
#include "tests/unit/remedy/cmocka_all.h"

#include <stdlib.h>

#include "probes/remedy/boot_words.h"

static const char variable[] = "GRUB_CMDLINE_LINUX";
static const char word[] = "cgroup.memory=nokmem";

static const char centos7[] =
	"GRUB_TIMEOUT=1\n"
	"GRUB_DISTRIBUTOR=\"$(sed 's, release .*$,,g' /etc/system-release)\"\n"
	"GRUB_DEFAULT=saved\n"
	"GRUB_TERMINAL=\"serial console\"\n"
	"GRUB_CMDLINE_LINUX=\"console=tty0 crashkernel=auto net.ifnames=0 console=ttyS0\"\n"
	"GRUB_DISABLE_RECOVERY=\"true\"\n";
static const char rocky8[] =
	"GRUB_TIMEOUT=0\n"
	"GRUB_DEFAULT=saved\n"
	"GRUB_CMDLINE_LINUX='console=ttyS0,115200n8 no_timer_check crashkernel=auto'\n"
	"GRUB_ENABLE_BLSCFG=true\n";
static const char ubuntu[] =
	"# If you change this file, run 'update-grub' afterwards to update\n"
	"#GRUB_CMDLINE_LINUX=\"commented out\"\n"
	"GRUB_DEFAULT=0\n"
	"GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\n"
	"GRUB_CMDLINE_LINUX=\"\"\n";

static void expect(const char *text, const char *wanted)
{
	char *once = NULL;
	char *twice = NULL;

	assert_int_equal(boot_words_add(text, variable, word, &once, NULL), 0);
	assert_string_equal(once, wanted);
	/* What the guide's sed does not do: twice is as good as once. */
	assert_int_equal(boot_words_add(once, variable, word, &twice, NULL), 0);
	assert_string_equal(twice, once);
	free(once);
	free(twice);
}

static void three_distributions(void **state)
{
	(void)state;
	expect(centos7,
	       "GRUB_TIMEOUT=1\n"
	       "GRUB_DISTRIBUTOR=\"$(sed 's, release .*$,,g' /etc/system-release)\"\n"
	       "GRUB_DEFAULT=saved\n"
	       "GRUB_TERMINAL=\"serial console\"\n"
	       "GRUB_CMDLINE_LINUX=\"console=tty0 crashkernel=auto net.ifnames=0 console=ttyS0 "
	       "cgroup.memory=nokmem\"\n"
	       "GRUB_DISABLE_RECOVERY=\"true\"\n");
	expect(rocky8,
	       "GRUB_TIMEOUT=0\n"
	       "GRUB_DEFAULT=saved\n"
	       "GRUB_CMDLINE_LINUX='console=ttyS0,115200n8 no_timer_check crashkernel=auto cgroup.memory=nokmem'\n"
	       "GRUB_ENABLE_BLSCFG=true\n");
	expect(ubuntu,
	       "# If you change this file, run 'update-grub' afterwards to update\n"
	       "#GRUB_CMDLINE_LINUX=\"commented out\"\n"
	       "GRUB_DEFAULT=0\n"
	       "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\n"
	       "GRUB_CMDLINE_LINUX=\"cgroup.memory=nokmem\"\n");
}

static void a_variable_that_is_not_set_gets_a_line(void **state)
{
	(void)state;
	expect("GRUB_DEFAULT=0", "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX=\"cgroup.memory=nokmem\"\n");
	expect("", "GRUB_CMDLINE_LINUX=\"cgroup.memory=nokmem\"\n");
	expect("#GRUB_CMDLINE_LINUX=\"x\"\n",
	       "#GRUB_CMDLINE_LINUX=\"x\"\nGRUB_CMDLINE_LINUX=\"cgroup.memory=nokmem\"\n");
}

static void the_last_assignment_counts(void **state)
{
	(void)state;
	expect("GRUB_CMDLINE_LINUX=\"a\"\nGRUB_CMDLINE_LINUX=\"b\"  # mine\n",
	       "GRUB_CMDLINE_LINUX=\"a\"\nGRUB_CMDLINE_LINUX=\"b cgroup.memory=nokmem\"  # mine\n");
	expect("  export GRUB_CMDLINE_LINUX=quiet\n", "  export GRUB_CMDLINE_LINUX=\"quiet cgroup.memory=nokmem\"\n");
}

static void a_longer_word_is_another(void **state)
{
	(void)state;
	expect("GRUB_CMDLINE_LINUX=\"cgroup.memory=nokmem,nosocket\"\n",
	       "GRUB_CMDLINE_LINUX=\"cgroup.memory=nokmem,nosocket cgroup.memory=nokmem\"\n");
}

static void what_is_not_understood_is_left_alone(void **state)
{
	static const char *const texts[] = {
		"GRUB_CMDLINE_LINUX=\"open\n", "GRUB_CMDLINE_LINUX=\"a\\\nb\"\n", "GRUB_CMDLINE_LINUX=\"a\"'b'\n",
		"GRUB_CMDLINE_LINUX=\"`x`\"\n", "GRUB_CMDLINE_LINUX=a;reboot\n", "GRUB_CMDLINE_LINUX=\"a\\\"b\"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char *text = NULL;
		struct err err = {0};

		assert_int_equal(boot_words_add(texts[i], variable, word, &text, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_null(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_distributions),
		cmocka_unit_test(a_variable_that_is_not_set_gets_a_line),
		cmocka_unit_test(the_last_assignment_counts),
		cmocka_unit_test(a_longer_word_is_another),
		cmocka_unit_test(what_is_not_understood_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
