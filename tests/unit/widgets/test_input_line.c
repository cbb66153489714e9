#include "tests/unit/widgets/drawn.h"

#include "widgets/input_line.h"

static enum input_result feed(struct input_line *line, const char *name)
{
	struct key key = key_of(name);

	return input_line_feed(line, &key);
}

static void type(struct input_line *line, const char *text)
{
	for (size_t at = 0; text[at];) {
		struct key key = {.sym = KEYSYM_CHARACTER};

		at += text_decode(text + at, strlen(text + at), &key.code_point);
		assert_int_equal(input_line_feed(line, &key), INPUT_CHANGED);
	}
}

static void start(struct input_line *line)
{
	input_line_start(line, &(struct input_options){.prompt = ":"});
}

static void test_editing_goes_by_character(void **state)
{
	struct input_line line;

	(void)state;
	start(&line);
	type(&line, "노드 e\xcc\x81x");
	feed(&line, "left");
	feed(&line, "left");
	type(&line, "-");
	assert_string_equal(input_line_text(&line), "노드 -e\xcc\x81x");
	feed(&line, "delete");
	assert_string_equal(input_line_text(&line), "노드 -x");
	feed(&line, "home");
	assert_int_equal(feed(&line, "backspace"), INPUT_MOVED);
	feed(&line, "right");
	feed(&line, "backspace");
	assert_string_equal(input_line_text(&line), "드 -x");
	feed(&line, "end");
	assert_int_equal(feed(&line, "right"), INPUT_MOVED);
	type(&line, "y");
	assert_string_equal(input_line_text(&line), "드 -xy");
	input_line_stop(&line);
}

static void test_words_and_line_ends(void **state)
{
	struct input_line line;

	(void)state;
	start(&line);
	type(&line, "ns kube system  ");
	feed(&line, "ctrl-w");
	assert_string_equal(input_line_text(&line), "ns kube ");
	feed(&line, "ctrl-w");
	type(&line, "x");
	assert_string_equal(input_line_text(&line), "ns x");
	feed(&line, "left");
	feed(&line, "ctrl-u");
	assert_string_equal(input_line_text(&line), "x");
	feed(&line, "ctrl-d");
	assert_string_equal(input_line_text(&line), "");
	input_line_stop(&line);
}

static void test_keys_of_tmux_and_screen_stay_free(void **state)
{
	static const char *const free_keys[] = {"ctrl-a", "ctrl-b", "ctrl-k", "ctrl-space", "alt-b", "f5"};
	struct input_line line;

	(void)state;
	start(&line);
	type(&line, "abc");
	for (size_t i = 0; i < array_length(free_keys); i++)
		assert_int_equal(feed(&line, free_keys[i]), INPUT_IGNORED);
	assert_string_equal(input_line_text(&line), "abc");
	input_line_stop(&line);
}

static void test_history_keeps_what_was_being_typed(void **state)
{
	struct input_history history = {.maximum = 3};
	struct input_line line;

	(void)state;
	input_history_add(&history, "old");
	input_history_add(&history, "pods");
	input_history_add(&history, "nodes");
	input_history_add(&history, "");
	input_history_add(&history, "pods");
	input_history_add(&history, "runs");
	assert_int_equal(history.count, 3);
	input_line_start(&line, &(struct input_options){.history = &history});
	type(&line, "ty");
	feed(&line, "up");
	assert_string_equal(input_line_text(&line), "runs");
	feed(&line, "up");
	feed(&line, "up");
	assert_string_equal(input_line_text(&line), "nodes");
	assert_int_equal(feed(&line, "up"), INPUT_MOVED);
	feed(&line, "down");
	feed(&line, "down");
	feed(&line, "down");
	assert_string_equal(input_line_text(&line), "ty");
	input_line_stop(&line);
	input_history_release(&history);
}

static void complete_pods(void *context, const char *text, size_t cursor, struct input_candidates *candidates)
{
	size_t start_of_word = cursor;

	(void)context;
	while (start_of_word > 0 && text[start_of_word - 1] != ' ')
		start_of_word--;
	candidates->start = start_of_word;
	if (!strncmp(text + start_of_word, "no", 2)) {
		input_candidates_add(candidates, "nodes");
		input_candidates_add(candidates, "노드");
	}
	if (!strncmp(text + start_of_word, "sy", 2))
		input_candidates_add(candidates, "symptoms");
}

static void test_completion_cycles(void **state)
{
	struct input_line line;
	struct cells cells;

	(void)state;
	input_line_start(&line, &(struct input_options){.complete = complete_pods, .initial = "go no/x"});
	feed(&line, "left");
	feed(&line, "left");
	feed(&line, "tab");
	assert_string_equal(input_line_text(&line), "go nodes/x");
	cells_init(&cells, 1, 30, GLYPHS_ASCII);
	input_line_draw_candidates(&line, &cells, 0, 0, 30);
	assert_row(&cells, 0, "nodes  노드");
	assert_int_equal(cells_at(&cells, 0, 0)->overlay, ROLE_SELECTED);
	assert_int_equal(cells_at(&cells, 0, 7)->overlay, ROLE_NONE);
	feed(&line, "tab");
	assert_string_equal(input_line_text(&line), "go 노드/x");
	feed(&line, "tab");
	assert_string_equal(input_line_text(&line), "go no/x");
	feed(&line, "s-tab");
	assert_string_equal(input_line_text(&line), "go 노드/x");
	assert_int_equal(feed(&line, "esc"), INPUT_CHANGED);
	assert_string_equal(input_line_text(&line), "go no/x");
	assert_int_equal(feed(&line, "esc"), INPUT_CANCELLED);
	/* One candidate is taken at once. */
	input_line_set(&line, "sy");
	feed(&line, "tab");
	type(&line, " !");
	assert_string_equal(input_line_text(&line), "symptoms !");
	assert_int_equal(feed(&line, "tab"), INPUT_MOVED);
	cells_release(&cells);
	input_line_stop(&line);
}

static void test_masked_value_is_not_shown_and_not_kept(void **state)
{
	struct input_history history = {0};
	struct input_line line;
	struct cells cells;

	(void)state;
	input_history_add(&history, "pods");
	input_line_start(&line, &(struct input_options){
					.prompt = "token ", .masked = true, .history = &history});
	type(&line, "se가t");
	assert_int_equal(feed(&line, "up"), INPUT_IGNORED);
	cells_init(&cells, 1, 20, GLYPHS_ASCII);
	assert_int_equal(input_line_draw(&line, &cells, 0, 0, 20), 10);
	assert_row(&cells, 0, "token ****");
	feed(&line, "ctrl-u");
	for (size_t i = 0; i < sizeof(line.text); i++)
		assert_int_equal(line.text[i], 0);
	type(&line, "again");
	input_line_stop(&line);
	for (size_t i = 0; i < sizeof(line.text); i++)
		assert_int_equal(line.text[i], 0);
	cells_release(&cells);
	input_history_release(&history);
}

static void test_pasted_text_is_never_a_command(void **state)
{
	struct key enter = {.sym = KEYSYM_ENTER, .pasted = true};
	struct key tab = {.sym = KEYSYM_TAB, .pasted = true};
	struct key escape = {.sym = KEYSYM_ESCAPE, .pasted = true};
	struct input_line line;

	(void)state;
	input_line_start(&line, &(struct input_options){.complete = complete_pods});
	type(&line, "no");
	assert_int_equal(input_line_feed(&line, &tab), INPUT_CHANGED);
	assert_int_equal(input_line_feed(&line, &enter), INPUT_CHANGED);
	assert_int_equal(input_line_feed(&line, &escape), INPUT_IGNORED);
	assert_string_equal(input_line_text(&line), "no  ");
	input_line_stop(&line);
}

static void test_the_cursor_is_always_seen(void **state)
{
	struct input_line line;
	struct cells cells;

	(void)state;
	start(&line);
	type(&line, "0123456789가나다");
	cells_init(&cells, 1, 10, GLYPHS_ASCII);
	assert_int_equal(input_line_draw(&line, &cells, 0, 0, 10), 9);
	assert_row(&cells, 0, ":89가나다");
	feed(&line, "home");
	assert_int_equal(input_line_draw(&line, &cells, 0, 0, 10), 1);
	assert_row(&cells, 0, ":012345678");
	cells_release(&cells);
	input_line_stop(&line);
}

static void test_length_is_bounded(void **state)
{
	struct key key = key_of("가");
	struct input_line line;

	(void)state;
	input_line_start(&line, &(struct input_options){.maximum = 7, .initial = "가나다라"});
	assert_string_equal(input_line_text(&line), "가나");
	assert_int_equal(input_line_feed(&line, &key), INPUT_MOVED);
	assert_string_equal(input_line_text(&line), "가나");
	assert_int_equal(feed(&line, "enter"), INPUT_ACCEPTED);
	input_line_stop(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_editing_goes_by_character),
		cmocka_unit_test(test_words_and_line_ends),
		cmocka_unit_test(test_keys_of_tmux_and_screen_stay_free),
		cmocka_unit_test(test_history_keeps_what_was_being_typed),
		cmocka_unit_test(test_completion_cycles),
		cmocka_unit_test(test_masked_value_is_not_shown_and_not_kept),
		cmocka_unit_test(test_pasted_text_is_never_a_command),
		cmocka_unit_test(test_the_cursor_is_always_seen),
		cmocka_unit_test(test_length_is_bounded),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
