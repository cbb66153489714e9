/* :trust shows every word that a runbook of the operator's would run, and approves exactly that file. */
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tui/console_fixture.h"

struct trusting {
	struct fixture *fixture;
	struct runbook_set *before;	/* the fixture's own */
	struct runbook_set *set;
	char folder[64];
};

static void load(struct trusting *trusting)
{
	const struct runbook_load_options options = {
		.assets = "assets", .user_folder = "assets/examples", .state_folder = trusting->folder};
	struct err err = {0};

	runbook_set_free(trusting->set);
	assert_int_equal(runbook_set_load(&options, NULL, &trusting->set, &err), 0);
	trusting->fixture->console.world.runbooks = trusting->set;
}

static void open_trusting(struct trusting *trusting, struct fixture *fixture)
{
	*trusting = (struct trusting){.fixture = fixture, .folder = "/tmp/nks-trust-XXXXXX",
		.before = fixture->console.world.runbooks};
	assert_non_null(mkdtemp(trusting->folder));
	fixture->invocation.state_dir = trusting->folder;
	load(trusting);
}

static void close_trusting(struct trusting *trusting)
{
	auto_free char *file = xasprintf("%s/trusted.json", trusting->folder);

	trusting->fixture->console.world.runbooks = trusting->before;
	runbook_set_free(trusting->set);
	unlink(file);
	rmdir(trusting->folder);
}

static bool is_trusted(const struct trusting *trusting)
{
	return runbook_find(trusting->set, "X-dcgm-exporter")->is_trusted;
}

static void shows_every_command_and_approves(void **state)
{
	struct fixture *fixture = *state;
	struct trusting trusting;
	const char *text;

	open_trusting(&trusting, fixture);
	console_command(&fixture->console, "trust X-dcgm-exporter");
	text = drawn(fixture, 70, 200);
	assert_has(text, "May X-dcgm-exporter run its commands?");
	assert_has(text, "assets/examples/dcgm-exporter.json");
	assert_has(text, "sudo -n sed --in-place 's/^DCGM_FI_PROF/#");
	assert_has(text, "sudo -n ldconfig");
	assert_has(text, "sudo -n systemctl restart nvidia-dcgm");
	assert_has(text, "sudo -n cp --archive");
	/* Enter is no approval (decisions.md 30). */
	press(fixture, "Enter");
	assert_false(is_trusted(&trusting));
	console_command(&fixture->console, "trust");	/* the only one that waits */
	press(fixture, "y");
	assert_true(is_trusted(&trusting));
	/* It is remembered on this machine. */
	load(&trusting);
	assert_true(is_trusted(&trusting));
	console_command(&fixture->console, "trust X-dcgm-exporter");
	assert_has(drawn(fixture, 60, 140), "is trusted already");
	close_trusting(&trusting);
}

static void is_about_the_file_that_was_shown(void **state)
{
	struct fixture *fixture = *state;
	struct trusting trusting;

	open_trusting(&trusting, fixture);
	console_command(&fixture->console, "trust X-dcgm-exporter");
	free(fixture->console.trusted_digest);
	fixture->console.trusted_digest = xstrdup("another");
	press(fixture, "y");
	assert_false(is_trusted(&trusting));
	assert_has(drawn(fixture, 60, 140), "is not the one that was shown");
	console_command(&fixture->console, "trust E08");
	assert_has(drawn(fixture, 60, 140), "E08 is trusted already");
	console_command(&fixture->console, "trust nothing");
	assert_has(drawn(fixture, 60, 140), "there is no such runbook");
	close_trusting(&trusting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shows_every_command_and_approves, setup, teardown),
		cmocka_unit_test_setup_teardown(is_about_the_file_that_was_shown, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
