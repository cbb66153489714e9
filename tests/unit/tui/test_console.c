/* What the console draws at every size, from a world without a server. */
#include "tests/unit/tui/console_fixture.h"

static void wide_screen_has_all_panes(void **state)
{
	const char *text = drawn(*state, 40, 120);

	assert_has(text, " nks-triage  kr1 · api.example:6443 · ops");
	assert_has(text, "v1.28.3 · containerd");
	assert_has(text, "● live 0.4s");
	assert_has(text, " 1 critical  0 warning  ·");
	assert_has(text, "READ-ONLY  F2 arm");
	assert_has(text, "\n┌ 1 Nodes 12/12 ready ");
	assert_has(text, "┐┌ 2 Symptoms (worst first) ");
	assert_has(text, "✖ critical image-pull ");
	assert_has(text, "\n├ 3 System pods 1/2 ");
	assert_has(text, "├ 4 Evidence / explain / plan / run ");
	assert_has(text, "ImagePullBackOff");
	assert_has(text, " 5 Events  ");
	assert_has(text, "Pod/typha-1 Failed: Failed to pull image \"typha\" (x14)");
	assert_has(text, "? help  : command");
}

static void names_are_cut_to_what_tells_them_apart(void **state)
{
	struct fixture *fixture = *state;
	const char *text = drawn(fixture, 40, 120);

	/* Where whole names have room they stay whole; beside pods the end says enough. */
	assert_has(text, "│ pool-a-worker-2 ");
	assert_true(strstr(text, "│ pool-a-worker-2 ") < strstr(text, "│ pool-a-worker-10 "));
	assert_has(text, " worker-1");
	/* Alone there is room for the whole name. */
	press(fixture, "3");
	press(fixture, "+");
	assert_has(drawn(fixture, 40, 120), " pool-a-worker-1 ");
}

static void every_size_is_drawn(void **state)
{
	static const struct {
		int rows;
		int columns;
	} sizes[] = {{24, 80}, {40, 120}, {60, 200}, {12, 80}, {50, 84}, {29, 300}, {40, 79}, {5, 20}, {2, 3}, {1, 1}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int pane = 0; pane < PANE_COUNT; pane++) {
			console_focus(&fixture->console, (enum pane)pane);
			drawn(fixture, sizes[i].rows, sizes[i].columns);
			press(fixture, "Ctrl-d");
			press(fixture, "G");
		}
		press(fixture, "?");
		drawn(fixture, sizes[i].rows, sizes[i].columns);
		press(fixture, "x");
		drawn(fixture, sizes[i].rows, sizes[i].columns);
		press(fixture, "Esc");
		press(fixture, "Esc");
	}
}

static void small_screen_has_symptoms_and_one_pane(void **state)
{
	struct fixture *fixture = *state;
	const char *text = drawn(fixture, 24, 80);

	assert_has(text, "┌ 2 Symptoms (worst first) ");
	assert_has(text, "├ 4 Evidence / explain / plan / run ");
	assert_lacks(text, "1 Nodes");
	press(fixture, "1");
	text = drawn(fixture, 24, 80);
	assert_has(text, "├ 1 Nodes 12/12 ready ");
	assert_lacks(text, "4 Evidence");
	/* Back at the symptoms the pane that was there last stays. */
	press(fixture, "2");
	assert_has(drawn(fixture, 24, 80), "├ 1 Nodes 12/12 ready ");
}

static void strip_has_one_line_and_the_symptoms(void **state)
{
	struct fixture *fixture = *state;
	const char *text = drawn(fixture, 12, 80);

	assert_memory_equal(text, " 1 critical  0 warning ", strlen(" 1 critical  0 warning "));
	assert_has(text, " kr1 · api.example:6443 · ops ");
	assert_has(text, "\n┌ 2 Symptoms (worst first) ");
	assert_lacks(text, "Nodes");
	assert_lacks(text, "Events");
	press(fixture, "Tab");
	assert_has(drawn(fixture, 12, 80), "\n┌ 3 System pods 1/2 ");
}

static void narrow_and_tall_screen_stacks_the_panes(void **state)
{
	const char *text = drawn(*state, 60, 84);
	const char *symptoms = strstr(text, " 2 Symptoms");
	const char *detail = strstr(text, " 4 Evidence");
	const char *nodes = strstr(text, " 1 Nodes");
	const char *pods = strstr(text, " 3 System pods");

	assert_true(symptoms && detail && nodes && pods);
	assert_true(symptoms < detail && detail < nodes && nodes < pods);
}

static void hostile_text_is_shown_never_sent(void **state)
{
	struct fixture *fixture = *state;

	put_event(fixture, "e1", "\\u001b[2J\\u009b31m\\u202e bell\\u0007 end");
	put_pod(fixture, "\\u001b]0;x\\u0007", 3, NULL);
	look(fixture);
	drawn(fixture, 40, 120);
	for (const char *at = fixture->text; *at; at++) {
		if (*at != '\n')
			assert_true((unsigned char)*at >= 0x20 && *at != 0x7F);
	}
	assert_has(fixture->text, "\\x1b[2J\\u009b31m\\u202e bell\\x07 end");
}

static void wide_characters_are_cut_by_cell(void **state)
{
	struct fixture *fixture = *state;

	put_event(fixture, "e1", "이미지를 가져올 수 없습니다 레지스트리가 응답하지 않습니다 이미지를 가져올 수 없습니다 레지스트리가 응답하지 않습니다");
	look(fixture);
	for (int columns = 80; columns < 124; columns++) {
		const char *text = drawn(fixture, 40, columns);
		const char *last = text;
		const char *line;

		while ((line = strchr(last, '\n')) && line[1])
			last = line + 1;
		assert_has(last, "이미");
		/* The row is never wider than the screen. */
		assert_true(text_width(last) <= columns + 1);
	}
}

static void ascii_terminal_gets_ascii(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	fixture->console.world.glyphs = GLYPHS_ASCII;
	fixture->console.needs_update = true;
	cells_release(&fixture->cells);
	cells_init(&fixture->cells, 40, 120, GLYPHS_ASCII);
	console_refresh(&fixture->console, NOW, 1500);
	text = drawn(fixture, 40, 120);
	for (const char *at = text; *at; at++)
		assert_true((unsigned char)*at < 0x80);
	assert_has(text, "X critical image-pull");
}

static void sick_nodes_come_first_with_glyph_and_word(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	put_node(fixture, 7, "False", "False");
	put_node(fixture, 5, "True", "True");
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_has(text, "1 Nodes 11/12 ready");
	assert_has(text, "✖ NotReady");
	assert_has(text, "! Disk");
	assert_has(text, "pressure");
	assert_true(strstr(text, "worker-7 ") < strstr(text, "worker-5 "));
	assert_true(strstr(text, "worker-5 ") < strstr(text, "worker-0 "));
}

static void forbidden_list_names_verb_and_resource(void **state)
{
	struct fixture *fixture = *state;
	const char *text;
	struct err err = {0};

	err_set(&err, ERR_FORBIDDEN, "forbidden", NULL);
	for (int i = 0; i < NODES; i++) {
		char uid[16];

		snprintf(uid, sizeof(uid), "n%d", i);
		snapshot_remove(fixture->console.world.snapshot, KIND_NODE, uid);
	}
	snapshot_set_state(fixture->console.world.snapshot, KIND_NODE, COLLECTION_FORBIDDEN, &err, 1000);
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_has(text, "forbidden: list nodes");
	/* The other panes go on. */
	assert_has(text, "3 System pods 1/2");
}

static void lost_link_names_its_layer_and_the_age(void **state)
{
	struct fixture *fixture = *state;
	const char *text;
	struct err err = {0};

	err_set(&err, ERR_CONNECT, "connection refused", NULL);
	fixture->link.code = ERR_CONNECT;
	fixture->link.err = err;
	snapshot_set_state(fixture->console.world.snapshot, KIND_POD, COLLECTION_STALE, &err, 1000);
	console_refresh(&fixture->console, NOW + 65, 66500);
	text = drawn(fixture, 40, 120);
	assert_has(text, "◌ TCP failed 65s");
	assert_has(text, "TCP: 65s old");
	/* What is known stays, greyed. */
	assert_has(text, "typha-1");
	for (int row = 0; row < 40; row++) {
		const struct cell *cell = cells_at(&fixture->cells, row, 2);

		if (cell->text[0] == 'p' && cells_at(&fixture->cells, row, 3)->text[0] == 'r')
			assert_int_equal(cell->role, ROLE_STALE);
	}
}

static void no_session_says_what_to_do(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	err_set(&fixture->console.session_error, ERR_CONFIG, "there is no kubeconfig: {path}", "path", "/x", NULL);
	err_hint(&fixture->console.session_error, "name one with --kubeconfig", NULL);
	text = drawn(fixture, 24, 80);
	assert_has(text, "┌ No cluster ");
	assert_has(text, "configuration: there is no kubeconfig: /x");
	assert_has(text, "name one with --kubeconfig");
	press(fixture, "Ctrl-r");
	assert_int_equal(console_take_request(&fixture->console), REQUEST_RECONNECT);
}

static void nothing_found_is_said_with_its_coverage(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	put_pod(fixture, "typha-1", 1, NULL);
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_has(text, "nothing found: ");
	assert_has(text, " clear, 0 could not check");
}

static void empty_panes_say_that_they_are_listing(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *empty = snapshot_new();
	struct snapshot *full = fixture->console.world.snapshot;

	fixture->console.world.snapshot = empty;
	fixture->console.world.symptoms = NULL;
	fixture->console.needs_update = true;
	console_refresh(&fixture->console, NOW, 1500);
	assert_has(drawn(fixture, 40, 120), "listing nodes ...");
	snapshot_free(full);
}

static void first_lists_say_how_far_they_are(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot = fixture->console.world.snapshot;
	const char *text;

	snapshot_set_state(snapshot, KIND_POD, COLLECTION_NEVER, NULL, 1000);
	snapshot_list_page(snapshot, KIND_POD, 3);
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_has(text, "listing 40%");
	assert_has(text, " listing ...");
	/* What is not listed yet is neither clear nor unknown. */
	assert_lacks(text, "could not check");
	snapshot_set_state(snapshot, KIND_POD, COLLECTION_CURRENT, NULL, 1000);
	look(fixture);
	assert_has(drawn(fixture, 40, 120), "could not check");
	assert_lacks(fixture->text, "listing");
}

/* The first frame comes before there is a session. */
static void first_frame_needs_no_world(void **state)
{
	struct fixture *fixture = *state;
	struct console console;

	console_init(&console, &fixture->invocation, GLYPHS_UTF8);
	console_refresh(&console, NOW, 1500);
	console_draw(&console, &fixture->cells);
	cells_resize(&fixture->cells, 24, 80);
	console_draw(&console, &fixture->cells);
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
		console_act(&console, (enum action)action);
	console_draw(&console, &fixture->cells);
	assert_true(console.page_count > 0 || console.modal.dialog || console.modal.menu || console.message[0]);
	console_release(&console);
}

static void long_messages_are_readable_as_a_whole(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	console_say(&fixture->console, ROLE_ERROR, "short");
	assert_has(drawn(fixture, 24, 80), "\n short");
	assert_has(fixture->text, "? help");
	console_say(&fixture->console, ROLE_ERROR,
		    "cannot read the object DaemonSet/kube-system/calico-node from https://api.example:6443: the "
		    "server answered 403: forbidden; ask for the right to get daemonsets.apps in kube-system");
	text = drawn(fixture, 24, 80);
	assert_has(text, "\n cannot read the object DaemonSet/kube-system/calico-node");
	assert_has(text, "in kube-system\n");
	assert_lacks(text, "? help");
}

static void clear_checks_are_listed_where_nothing_is_found(void **state)
{
	struct fixture *fixture = *state;

	put_pod(fixture, "typha-1", 1, NULL);
	look(fixture);
	assert_has(drawn(fixture, 60, 120), "What was looked for");
	assert_has(fixture->text, "clear  image-pull Image cannot be pulled");
}

static void checks_that_share_a_reason_share_a_row(void **state)
{
	struct fixture *fixture = *state;
	struct err err = {0};
	const char *text;

	err_set(&err, ERR_FORBIDDEN, "forbidden", NULL);
	snapshot_set_state(fixture->console.world.snapshot, KIND_POD, COLLECTION_FORBIDDEN, &err, 2000);
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_has(text, " could not check: cannot list pods: forbidden (");
	press(fixture, "G");
	text = drawn(fixture, 40, 120);
	assert_has(text, "Not looked for");
	assert_has(text, "  E03 Docker Hub");
	press(fixture, "Enter");
	assert_has(drawn(fixture, 40, 120), "┌ Checks ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wide_screen_has_all_panes, setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_cut_to_what_tells_them_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(every_size_is_drawn, setup, teardown),
		cmocka_unit_test_setup_teardown(small_screen_has_symptoms_and_one_pane, setup, teardown),
		cmocka_unit_test_setup_teardown(strip_has_one_line_and_the_symptoms, setup, teardown),
		cmocka_unit_test_setup_teardown(narrow_and_tall_screen_stacks_the_panes, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_text_is_shown_never_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(wide_characters_are_cut_by_cell, setup, teardown),
		cmocka_unit_test_setup_teardown(ascii_terminal_gets_ascii, setup, teardown),
		cmocka_unit_test_setup_teardown(sick_nodes_come_first_with_glyph_and_word, setup, teardown),
		cmocka_unit_test_setup_teardown(long_messages_are_readable_as_a_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(clear_checks_are_listed_where_nothing_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(checks_that_share_a_reason_share_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(forbidden_list_names_verb_and_resource, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_link_names_its_layer_and_the_age, setup, teardown),
		cmocka_unit_test_setup_teardown(no_session_says_what_to_do, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_found_is_said_with_its_coverage, setup, teardown),
		cmocka_unit_test_setup_teardown(first_lists_say_how_far_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(first_frame_needs_no_world, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_panes_say_that_they_are_listing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
