/* Keys become actions, actions change state. */
#include "tests/unit/tui/console_fixture.h"

static enum console_request request_after(struct fixture *fixture, const char *key)
{
	press(fixture, key);
	return console_take_request(&fixture->console);
}

static void tab_goes_round_the_panes(void **state)
{
	struct fixture *fixture = *state;
	struct console *console = &fixture->console;

	assert_int_equal(console->focus, PANE_SYMPTOMS);
	for (int i = 0; i < PANE_COUNT; i++)
		press(fixture, "Tab");
	assert_int_equal(console->focus, PANE_SYMPTOMS);
	press(fixture, "S-Tab");
	assert_int_equal(console->focus, PANE_NODES);
	press(fixture, "5");
	assert_int_equal(console->focus, PANE_EVENTS);
	assert_has(drawn(fixture, 40, 120), " 5 Events (newest first) 1, 1 warning");
}

static void escape_steps_back_and_never_quits(void **state)
{
	struct fixture *fixture = *state;

	press(fixture, "?");
	press(fixture, "@");
	assert_int_equal(fixture->console.page_count, 2);
	for (int i = 0; i < 20; i++)
		assert_int_equal(request_after(fixture, "Esc"), REQUEST_NONE);
	assert_int_equal(fixture->console.page_count, 0);
}

static void q_asks_at_the_top(void **state)
{
	struct fixture *fixture = *state;

	press(fixture, "?");
	press(fixture, "q");
	assert_int_equal(fixture->console.page_count, 0);
	press(fixture, "q");
	assert_has(drawn(fixture, 24, 80), "Quit nks-triage?");
	assert_int_equal(request_after(fixture, "Esc"), REQUEST_NONE);
	press(fixture, "q");
	assert_int_equal(request_after(fixture, "y"), REQUEST_QUIT);
}

static void interrupt_twice_quits(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(request_after(fixture, "Ctrl-c"), REQUEST_NONE);
	assert_int_equal(request_after(fixture, "Ctrl-c"), REQUEST_QUIT);
	/* Not when the second one comes late. */
	console_refresh(&fixture->console, NOW + 10, 11500);
	assert_int_equal(request_after(fixture, "Ctrl-c"), REQUEST_NONE);
}

static void filter_hides_rows_and_says_so(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	press(fixture, "1");
	press(fixture, "/");
	type(fixture, "worker-1");
	press(fixture, "Enter");
	text = drawn(fixture, 40, 120);
	assert_has(text, "1 Nodes 12/12 ready (9 hidden) /worker-1");
	assert_lacks(text, "worker-3 ");
	press(fixture, "/");
	type(fixture, "xx");
	assert_has(drawn(fixture, 40, 120), "the filter hides all 12 rows");
	/* Esc in the prompt takes what was typed back, Esc outside of it the filter. */
	press(fixture, "Esc");
	assert_has(drawn(fixture, 40, 120), "(9 hidden) /worker-1");
	press(fixture, "Esc");
	assert_has(drawn(fixture, 40, 120), "worker-3 ");
}

static void filter_matches_the_whole_name(void **state)
{
	struct fixture *fixture = *state;

	/* The pane shows "worker-3"; the name is pool-a-worker-3. */
	press(fixture, "1");
	press(fixture, "/");
	type(fixture, "name=pool-a-worker-3");
	press(fixture, "Enter");
	assert_has(drawn(fixture, 40, 120), "(11 hidden)");
}

static void selection_stays_on_its_object(void **state)
{
	struct fixture *fixture = *state;
	struct selection selection;

	press(fixture, "1");
	press(fixture, "G");
	assert_true(console_selection(&fixture->console, &selection));
	assert_string_equal(selection.name, "pool-a-worker-11");
	/* It becomes the worst and moves to the top; the cursor goes with it. */
	put_node(fixture, 11, "False", "False");
	look(fixture);
	assert_true(console_selection(&fixture->console, &selection));
	assert_string_equal(selection.name, "pool-a-worker-11");
	press(fixture, "k");
	assert_true(console_selection(&fixture->console, &selection));
	assert_string_equal(selection.name, "pool-a-worker-11");
}

static void order_is_frozen_under_a_dialog(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	press(fixture, "1");
	press(fixture, "q");
	put_node(fixture, 11, "False", "False");
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_true(strstr(text, "worker-0 ") < strstr(text, "worker-11 "));
	press(fixture, "Esc");
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_true(strstr(text, "worker-11 ") < strstr(text, "worker-0 "));
}

static void help_comes_from_the_keymap(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	press(fixture, "F1");
	/* Wide: groups side by side, in one screen. */
	text = drawn(fixture, 40, 120);
	assert_has(text, "Ctrl-d   half a page down");
	assert_has(text, "  Changing the cluster");
	assert_lacks(drawn(fixture, 24, 80), "Changing the cluster");
	press(fixture, "/");
	type(fixture, "yaml");
	press(fixture, "Enter");
	text = drawn(fixture, 100, 120);
	assert_has(text, "y        yaml              the object as the server has it");
	assert_lacks(text, "half a page down");
}

/* Texts call the keys by what the operator made of them. */
static void texts_name_the_keys_that_are_set(void **state)
{
	struct fixture *fixture = *state;
	json_t *keys = json_pack("{s:s, s:s, s:s, s:s}", "fix", "F6", "explain", "F7", "arm", "F8", "reconnect", "F9");
	const char *text;

	keymap_init(&fixture->console.keymap, keys);
	json_decref(keys);
	console_focus(&fixture->console, PANE_SYMPTOMS);
	fixture->console.needs_update = true;
	look(fixture);
	text = drawn(fixture, 40, 120);
	assert_has(text, "F7 explains");
	assert_lacks(text, "X explains");
	assert_has(text, "READ-ONLY  F8 arm");
	err_set(&fixture->link.err, ERR_CONNECT, "refused", NULL);
	fixture->link.code = ERR_CONNECT;
	assert_has(drawn(fixture, 40, 120), "refused; F9 tries now");
}

static void remapped_keys_move_the_action(void **state)
{
	struct fixture *fixture = *state;
	json_t *keys = json_pack("{s:s, s:[s,s]}", "help", "F5", "pane-1", "Alt-n", "f");
	struct key key;

	keymap_init(&fixture->console.keymap, keys);
	json_decref(keys);
	press(fixture, "?");
	assert_int_equal(fixture->console.page_count, 0);
	press(fixture, "F5");
	assert_int_equal(fixture->console.page_count, 1);
	press(fixture, "Esc");
	/* A key that was given away does one thing only. */
	assert_int_equal(key_parse("f", &key), 0);
	assert_int_equal(keymap_find(&fixture->console.keymap, &key), ACTION_PANE_1);
}

static void jamo_act_as_their_letters(void **state)
{
	struct fixture *fixture = *state;
	struct key jamo = key_character(0x3153);	/* on the key of j */
	struct selection selection;

	press(fixture, "1");
	console_key(&fixture->console, &jamo);
	console_refresh(&fixture->console, NOW, 1500);
	assert_true(console_selection(&fixture->console, &selection));
	assert_string_equal(selection.name, "pool-a-worker-1");
}

static void pasted_text_is_no_command(void **state)
{
	struct fixture *fixture = *state;
	struct key key = key_character('?');

	key.pasted = true;
	console_key(&fixture->console, &key);
	assert_int_equal(fixture->console.page_count, 0);
}

static void command_line_opens_views_and_completes(void **state)
{
	struct fixture *fixture = *state;

	press(fixture, ":");
	type(fixture, "pod");
	press(fixture, "Tab");
	press(fixture, "Enter");
	assert_has(drawn(fixture, 40, 120), "┌ Pods 1/2 ");
	press(fixture, ":");
	type(fixture, "nonsense");
	press(fixture, "Enter");
	assert_has(drawn(fixture, 40, 120), "there is no command nonsense");
	press(fixture, ":");
	type(fixture, "ns kube-system");
	press(fixture, "Enter");
	assert_has(drawn(fixture, 40, 120), "Pods in kube-system 1/2");
	press(fixture, ":");
	type(fixture, "ctx other");
	press(fixture, "Enter");
	assert_int_equal(console_take_request(&fixture->console), REQUEST_SWITCH);
	assert_string_equal(fixture->console.wanted_context, "other");
}

static void arming_is_for_a_while(void **state)
{
	struct fixture *fixture = *state;
	int64_t start;

	assert_false(console_is_armed(&fixture->console));
	press(fixture, "F2");
	assert_true(console_is_armed(&fixture->console));
	assert_has(drawn(fixture, 40, 120), "◆ ARMED 15:00");
	press(fixture, "F2");
	assert_false(console_is_armed(&fixture->console));
	press(fixture, "F2");
	start = fixture->console.world.now_ms;
	console_refresh(&fixture->console, NOW + 899, start + 899999);
	assert_true(console_is_armed(&fixture->console));
	/* A wall clock that is set back gives nobody more time. */
	console_refresh(&fixture->console, NOW - 3600, start + 900000);
	assert_false(console_is_armed(&fixture->console));
	assert_has(drawn(fixture, 40, 120), "READ-ONLY");
}

static void read_only_is_a_latch(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.read_only = true;
	press(fixture, "F2");
	assert_false(console_is_armed(&fixture->console));
	press(fixture, ":");
	type(fixture, "arm 15m");
	press(fixture, "Enter");
	assert_false(console_is_armed(&fixture->console));
	assert_has(drawn(fixture, 40, 120), "started with --read-only");
}

static void protected_context_wants_its_name(void **state)
{
	struct fixture *fixture = *state;

	fixture->console.world.is_protected = true;
	press(fixture, "F2");
	assert_false(console_is_armed(&fixture->console));
	assert_has(drawn(fixture, 40, 120), "Allow changes to a protected context?");
	type(fixture, "kr");
	press(fixture, "Enter");
	press(fixture, "Tab");
	press(fixture, "y");
	assert_false(console_is_armed(&fixture->console));
	press(fixture, "Esc");
	press(fixture, "F2");
	type(fixture, "kr1");
	press(fixture, "Enter");
	assert_false(console_is_armed(&fixture->console));
	press(fixture, "Esc");
	press(fixture, "F2");
	type(fixture, "kr1");
	press(fixture, "Tab");
	press(fixture, "y");
	assert_true(console_is_armed(&fixture->console));
}

static void arm_command(struct fixture *fixture, const char *line)
{
	press(fixture, ":");
	type(fixture, line);
	press(fixture, "Enter");
}

static void arming_takes_the_minutes_it_was_given(void **state)
{
	struct fixture *fixture = *state;

	arm_command(fixture, "arm 5h");
	assert_false(console_is_armed(&fixture->console));
	arm_command(fixture, "arm 5m");
	assert_int_equal(fixture->console.armed_until, fixture->console.world.now_ms + 5 * 60 * 1000);
	arm_command(fixture, "arm 30");
	assert_int_equal(fixture->console.armed_until, fixture->console.world.now_ms + 30 * 60 * 1000);
	press(fixture, "F2");
	assert_false(console_is_armed(&fixture->console));
	fixture->console.world.is_protected = true;
	arm_command(fixture, "arm 5m");
	assert_has(drawn(fixture, 40, 120), "Changes are allowed for 5 minutes");
	type(fixture, "kr1");
	press(fixture, "Tab");
	press(fixture, "y");
	assert_int_equal(fixture->console.armed_until, fixture->console.world.now_ms + 5 * 60 * 1000);
}

static void fix_without_a_cluster_says_so(void **state)
{
	struct fixture *fixture = *state;

	press(fixture, "f");
	assert_has(drawn(fixture, 40, 120), "no cluster to plan for");
}

static void enter_drills_in(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	press(fixture, "Enter");
	assert_int_equal(fixture->console.focus, PANE_DETAIL);
	text = drawn(fixture, 40, 120);
	assert_has(text, "Why we say so");
	assert_has(text, "ImagePullBackOff");
	press(fixture, "Enter");
	assert_has(drawn(fixture, 40, 120), "┌ Describe Pod/kube-system/typha-1 ");
	press(fixture, "Esc");
	press(fixture, "Esc");
	assert_int_equal(fixture->console.focus, PANE_SYMPTOMS);
	press(fixture, "X");
	assert_has(drawn(fixture, 40, 120), "Why it happens");
}

static void pages_about_an_object(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	press(fixture, "3");
	press(fixture, "E");
	assert_has(drawn(fixture, 40, 120), "┌ Events of Pod/typha-1 ");
	press(fixture, "q");
	press(fixture, "T");
	text = drawn(fixture, 40, 120);
	assert_has(text, "Timeline Pod/kube-system/typha-1");
	assert_has(text, "created");
	assert_has(text, "Failed");
	press(fixture, "q");
	press(fixture, "l");
	assert_has(drawn(fixture, 40, 120), "Logs of Pod/kube-system/typha-1 [c]");
	press(fixture, "q");
	press(fixture, "1");
	press(fixture, "l");
	assert_has(drawn(fixture, 40, 120), "only pods have logs");
}

static void copy_takes_the_row(void **state)
{
	struct fixture *fixture = *state;

	press(fixture, "3");
	assert_int_equal(request_after(fixture, "c"), REQUEST_COPY);
	assert_has(fixture->console.clipboard, "typha-1  0/1  ImagePullBackOff");
}

static void history_goes_back_and_forth(void **state)
{
	struct fixture *fixture = *state;

	press(fixture, "1");
	press(fixture, "3");
	press(fixture, "[");
	assert_int_equal(fixture->console.focus, PANE_NODES);
	press(fixture, "]");
	assert_int_equal(fixture->console.focus, PANE_PODS);
	press(fixture, "?");
	press(fixture, "-");
	assert_int_equal(fixture->console.page_count, 0);
	press(fixture, "]");
	assert_int_equal(fixture->console.page_count, 1);
}

static void history_keeps_what_comes_after(void **state)
{
	struct fixture *fixture = *state;
	struct console *console = &fixture->console;
	static const enum pane order[] = {PANE_SYMPTOMS, PANE_NODES, PANE_PODS, PANE_EVENTS};

	for (int i = 1; i < 4; i++)
		console_focus(console, order[i]);
	for (int i = 2; i >= 0; i--) {
		press(fixture, "[");
		assert_int_equal(console->focus, order[i]);
	}
	for (int i = 1; i < 4; i++) {
		press(fixture, "]");
		assert_int_equal(console->focus, order[i]);
	}
	press(fixture, "]");
	assert_int_equal(console->focus, PANE_EVENTS);
	/* The last view is here and there. */
	for (int i = 0; i < 6; i++) {
		press(fixture, "-");
		assert_int_equal(console->focus, i % 2 ? PANE_EVENTS : PANE_PODS);
	}
	/* More than it holds. */
	for (int i = 0; i < 3 * CONSOLE_MOST_HISTORY; i++)
		press(fixture, i % 2 ? "1" : "3");
	for (int i = 0; i < 2 * CONSOLE_MOST_HISTORY; i++)
		press(fixture, "[");
	assert_int_equal(console->history_at, 0);
	assert_int_equal(console->history_count, CONSOLE_MOST_HISTORY);
}

static void history_knows_what_pages_are_about(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *key;
		const char *title;
	} pages[] = {{"d", "Describe Pod/kube-system/typha-1"}, {"T", "Timeline Pod/kube-system/typha-1"},
		     {"E", "Events of Pod/typha-1"},	    {"y", "YAML of Pod/kube-system/typha-1"},
		     {"l", "Logs of Pod/kube-system/typha"}, {"p", "Previous logs of Pod/kube-system"}};

	press(fixture, "3");
	for (size_t i = 0; i < array_length(pages); i++) {
		press(fixture, pages[i].key);
		assert_has(drawn(fixture, 40, 120), pages[i].title);
		press(fixture, "Esc");
		press(fixture, "[");
		assert_has(drawn(fixture, 40, 120), pages[i].title);
		press(fixture, "-");
		assert_int_equal(fixture->console.page_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tab_goes_round_the_panes, setup, teardown),
		cmocka_unit_test_setup_teardown(escape_steps_back_and_never_quits, setup, teardown),
		cmocka_unit_test_setup_teardown(q_asks_at_the_top, setup, teardown),
		cmocka_unit_test_setup_teardown(interrupt_twice_quits, setup, teardown),
		cmocka_unit_test_setup_teardown(filter_hides_rows_and_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(filter_matches_the_whole_name, setup, teardown),
		cmocka_unit_test_setup_teardown(selection_stays_on_its_object, setup, teardown),
		cmocka_unit_test_setup_teardown(order_is_frozen_under_a_dialog, setup, teardown),
		cmocka_unit_test_setup_teardown(help_comes_from_the_keymap, setup, teardown),
		cmocka_unit_test_setup_teardown(remapped_keys_move_the_action, setup, teardown),
		cmocka_unit_test_setup_teardown(texts_name_the_keys_that_are_set, setup, teardown),
		cmocka_unit_test_setup_teardown(jamo_act_as_their_letters, setup, teardown),
		cmocka_unit_test_setup_teardown(pasted_text_is_no_command, setup, teardown),
		cmocka_unit_test_setup_teardown(command_line_opens_views_and_completes, setup, teardown),
		cmocka_unit_test_setup_teardown(arming_is_for_a_while, setup, teardown),
		cmocka_unit_test_setup_teardown(read_only_is_a_latch, setup, teardown),
		cmocka_unit_test_setup_teardown(protected_context_wants_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(arming_takes_the_minutes_it_was_given, setup, teardown),
		cmocka_unit_test_setup_teardown(fix_without_a_cluster_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(enter_drills_in, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_about_an_object, setup, teardown),
		cmocka_unit_test_setup_teardown(copy_takes_the_row, setup, teardown),
		cmocka_unit_test_setup_teardown(history_goes_back_and_forth, setup, teardown),
		cmocka_unit_test_setup_teardown(history_keeps_what_comes_after, setup, teardown),
		cmocka_unit_test_setup_teardown(history_knows_what_pages_are_about, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
