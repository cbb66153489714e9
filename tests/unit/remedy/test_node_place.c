/* The script that puts a file in its place, run by the sh of this machine: only where the present file is the one that was seen. */
#include "tests/unit/remedy/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/remedy/node_place.h"

struct place {
	char folder[64];
	char file[96];
	char beside[96];
	struct node_file before;
};

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static char *first_line(const char *command)
{
	char line[256] = "";
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	assert_non_null(fgets(line, sizeof(line), pipe));
	assert_int_equal(pclose(pipe), 0);
	return xstrndup(line, strcspn(line, "\n"));
}

static int set_up(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));
	auto_free char *owner = first_line("id -un");
	auto_free char *group = first_line("id -gn");

	snprintf(place->folder, sizeof(place->folder), "/tmp/nks-triage-place-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->file, sizeof(place->file), "%s/docker it's", place->folder);
	snprintf(place->beside, sizeof(place->beside), "%s/.docker~", place->folder);
	write_file(place->file, "old\n", 0640);
	write_file(place->beside, "new\n", 0644);
	place->before = (struct node_file){.is_there = true, .content = xstrdup("old\n"), .mode = "0640"};
	digest_sha256("old\n", 4, place->before.digest);
	snprintf(place->before.owner, sizeof(place->before.owner), "%s", owner);
	snprintf(place->before.group, sizeof(place->before.group), "%s", group);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	unlink(place->file);
	unlink(place->beside);
	rmdir(place->folder);
	node_file_release(&place->before);
	free(place);
	return 0;
}

/* Its exit status. */
static int run(struct place *place)
{
	const char *const argv[] = {"mv", "-T", place->beside, place->file, NULL};
	struct argv_words words = {0};
	int status;
	pid_t child;

	place_add(&words, place->file, &place->before, argv);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execvp(words.items[0], words.items);
		_exit(126);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	argv_release(&words);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_content(const struct place *place, const char *wanted)
{
	char text[64] = "";
	FILE *file = fopen(place->file, "r");

	assert_non_null(file);
	(void)!fgets(text, sizeof(text), file);
	fclose(file);
	assert_string_equal(text, wanted);
}

static void the_seen_one_is_replaced(void **state)
{
	struct place *place = *state;

	assert_int_equal(run(place), 0);
	assert_content(place, "new\n");
	assert_int_equal(access(place->beside, F_OK), -1);
}

static void one_that_was_not_there_is_made(void **state)
{
	struct place *place = *state;

	unlink(place->file);
	assert_int_equal(run(place), PLACE_REFUSED);
	assert_int_equal(access(place->file, F_OK), -1);
	node_file_release(&place->before);
	assert_int_equal(run(place), 0);
	assert_content(place, "new\n");
}

static void another_content_is_left(void **state)
{
	struct place *place = *state;

	write_file(place->file, "odd\n", 0640);
	assert_int_equal(run(place), PLACE_REFUSED);
	assert_content(place, "odd\n");
	assert_int_equal(access(place->beside, F_OK), 0);
}

static void another_mode_or_kind_is_left(void **state)
{
	struct place *place = *state;

	write_file(place->file, "old\n", 0600);
	assert_int_equal(run(place), PLACE_REFUSED);
	assert_content(place, "old\n");
	unlink(place->file);
	assert_int_equal(symlink(place->beside, place->file), 0);
	assert_int_equal(run(place), PLACE_REFUSED);
}

static void one_that_came_meanwhile_is_left(void **state)
{
	struct place *place = *state;

	node_file_release(&place->before);
	assert_int_equal(run(place), PLACE_REFUSED);
	assert_content(place, "old\n");
}

static void an_empty_one_is_known(void **state)
{
	struct place *place = *state;

	write_file(place->file, "", 0640);
	free(place->before.content);
	place->before.content = xstrdup("");
	digest_sha256("", 0, place->before.digest);
	assert_int_equal(run(place), 0);
	assert_content(place, "new\n");
}

static void the_commands_end_is_its_own(void **state)
{
	struct place *place = *state;

	unlink(place->beside);
	assert_int_equal(run(place), 1);
	assert_content(place, "old\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_seen_one_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_was_not_there_is_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_content_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_mode_or_kind_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_came_meanwhile_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_one_is_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_commands_end_is_its_own, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
