/* The screen on a terminal that is not there: curses draws into its own memory, which is read back. */
#include "tests/unit/widgets/drawn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "probes/base/err.h"
#include "widgets/screen_private.h"

struct fixture {
	struct screen *screen;
	struct cells cells;
	int terminal;
};

static int open_screen(struct fixture *f, const char *term, bool no_colour)
{
	struct screen_options options = {
		.term = term, .glyphs = GLYPHS_UTF8, .rows = 6, .columns = 20, .no_colour = no_colour};
	struct err err = {0};

	f->terminal = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(f->terminal > 0);
	options.input = options.output = f->terminal;
	if (screen_open(&f->screen, &options, &err)) {
		close(f->terminal);
		return (int)err.code;
	}
	cells_init(&f->cells, 6, 20, GLYPHS_UTF8);
	return 0;
}

static void close_screen(struct fixture *f)
{
	screen_free(f->screen);
	cells_release(&f->cells);
	close(f->terminal);
}

/* The character, attributes and colours that curses has at a place. */
static wchar_t shown_at(int row, int column, attr_t *ret_attributes, short *ret_foreground,
			short *ret_background)
{
	wchar_t text[CCHARW_MAX + 1] = {0};
	attr_t attributes;
	cchar_t character;
	short pair;

	assert_int_equal(mvwin_wch(stdscr, row, column, &character), OK);
	assert_int_equal(getcchar(&character, text, &attributes, &pair, NULL), OK);
	if (ret_attributes)
		*ret_attributes = attributes & (A_BOLD | A_DIM | A_REVERSE | A_UNDERLINE);
	if (ret_foreground)
		assert_int_equal(pair_content(pair, ret_foreground, ret_background), OK);
	return text[0];
}

static void test_cells_come_to_the_terminal(void **state)
{
	struct fixture f;
	attr_t attributes;
	short foreground;
	short background;

	(void)state;
	assert_int_equal(open_screen(&f, "xterm-256color", false), 0);
	assert_int_equal(screen_rows(f.screen), 6);
	assert_int_equal(screen_columns(f.screen), 20);
	assert_int_equal(screen_colours(f.screen), 256);
	cells_put(&f.cells, 2, 3, 10, ROLE_CRITICAL, 0, "가x\xcc\x81");
	cells_overlay(&f.cells, (struct rect){2, 3, 1, 2}, ROLE_SELECTED);
	screen_show(f.screen, &f.cells);
	assert_int_equal(shown_at(2, 3, &attributes, &foreground, &background), L'가');
	assert_true(attributes & A_BOLD);
	assert_int_equal(foreground, screen_theme(f.screen)->styles[ROLE_CRITICAL].foreground);
	assert_int_equal(background, screen_theme(f.screen)->styles[ROLE_SELECTED].background);
	assert_int_equal(shown_at(2, 5, NULL, &foreground, &background), L'x');
	assert_int_equal(background, -1);
	/* What was wide and is not any more leaves nothing. */
	cells_put(&f.cells, 2, 3, 10, ROLE_NORMAL, 0, "ab나");
	screen_show(f.screen, &f.cells);
	assert_int_equal(shown_at(2, 3, NULL, NULL, NULL), L'a');
	assert_int_equal(shown_at(2, 4, NULL, NULL, NULL), L'b');
	assert_int_equal(shown_at(2, 5, NULL, NULL, NULL), L'나');
	close_screen(&f);
}

static void test_cells_of_another_size_are_cut(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(open_screen(&f, "xterm-256color", false), 0);
	cells_resize(&f.cells, 9, 21);
	cells_put(&f.cells, 0, 19, 2, ROLE_NORMAL, 0, "가");
	cells_put(&f.cells, 5, 19, 1, ROLE_NORMAL, 0, "z");
	screen_show(f.screen, &f.cells);
	assert_int_equal(shown_at(0, 19, NULL, NULL, NULL), L' ');
	assert_int_equal(shown_at(5, 19, NULL, NULL, NULL), L'z');
	cells_resize(&f.cells, 1, 4);
	screen_show(f.screen, &f.cells);
	assert_int_equal(shown_at(5, 19, NULL, NULL, NULL), L' ');
	close_screen(&f);
}

static void test_mono_and_small_palettes(void **state)
{
	struct fixture f;
	attr_t attributes;
	short foreground = 0;
	short background = 0;

	(void)state;
	assert_int_equal(open_screen(&f, "xterm-256color", true), 0);
	assert_int_equal(screen_colours(f.screen), 0);
	cells_put(&f.cells, 0, 0, 5, ROLE_BUTTON_DANGEROUS, 0, "run");
	screen_show(f.screen, &f.cells);
	shown_at(0, 0, &attributes, NULL, NULL);
	assert_int_equal(attributes, A_BOLD | A_REVERSE);
	close_screen(&f);
	assert_int_equal(open_screen(&f, "vt100", false), 0);
	assert_int_equal(screen_theme(f.screen)->scheme, THEME_MONO);
	close_screen(&f);
	assert_int_equal(open_screen(&f, "linux", false), 0);
	assert_int_equal(screen_colours(f.screen), 8);
	for (int role = 0; role < ROLE_COUNT; role++)
		cells_put(&f.cells, role / 20, role % 20, 1, (enum role)role, 0, "x");
	screen_show(f.screen, &f.cells);
	shown_at(ROLE_CRITICAL / 20, ROLE_CRITICAL % 20, NULL, &foreground, &background);
	assert_int_equal(foreground, COLOR_RED);
	close_screen(&f);
}

static void test_terminal_types(void **state)
{
	struct fixture f;

	(void)state;
	/* Unknown: xterm-256color is tried. Known but too simple: an error, not the end of the program. */
	assert_int_equal(open_screen(&f, "no-such-terminal", false), 0);
	assert_int_equal(screen_colours(f.screen), 256);
	close_screen(&f);
	assert_int_equal(open_screen(&f, "dumb", false), ERR_IO);
}

static void assert_key(struct fixture *f, const char *name, bool pasted)
{
	char text[KEY_TEXT_SIZE];
	struct key key = {0};

	assert_int_equal(screen_read_key(f->screen, &key), 1);
	key_text(&key, text);
	assert_string_equal(text, name);
	assert_int_equal(key.pasted, pasted);
}

static void test_keys_are_decoded(void **state)
{
	static const struct {
		int code;
		const char *name;
	} codes[] = {
		{KEY_UP, "Up"},	      {KEY_F(2), "F2"},	      {KEY_F(14), "S-F2"},     {KEY_BTAB, "S-Tab"},
		{KEY_PPAGE, "PgUp"},  {KEY_BACKSPACE, "Backspace"}, {KEY_DC, "Delete"}, {'\r', "Enter"},
		{'\t', "Tab"},	      {0x7F, "Backspace"},    {18, "Ctrl-r"},	       {26, "Ctrl-z"},
		{'G', "G"},	      {' ', "Space"},	      {CODE_CTRL_LEFT, "Ctrl-Left"},
	};
	struct fixture f;
	struct key key;

	(void)state;
	assert_int_equal(open_screen(&f, "xterm-256color", false), 0);
	for (size_t i = 0; i < array_length(codes); i++) {
		ungetch(codes[i].code);
		assert_key(&f, codes[i].name, false);
	}
	unget_wch(L'ㅓ');
	assert_key(&f, "ㅓ", false);
	/* A resize and codes that nobody knows are no keys; the file has no more: the terminal is gone. */
	ungetch(KEY_RESIZE);
	ungetch(KEY_F(50));
	assert_int_equal(screen_read_key(f.screen, &key), -1);
	close_screen(&f);
}

static void test_pasted_keys_are_marked(void **state)
{
	struct fixture f;

	(void)state;
	assert_int_equal(open_screen(&f, "xterm-256color", false), 0);
	ungetch('a');
	ungetch(CODE_PASTE_END);
	ungetch('\r');
	ungetch('y');
	ungetch(CODE_PASTE_START);
	assert_key(&f, "y", true);
	assert_key(&f, "Enter", true);
	assert_key(&f, "a", false);
	close_screen(&f);
}

/* Through a pipe: the bytes that a terminal sends. */
static void test_sequences_and_the_end_of_input(void **state)
{
	static const char bytes[] = "\033[1~\033[200~x\033[201~\033OQ\xe3\x85\x93";
	struct screen_options options = {.term = "xterm-256color", .rows = 6, .columns = 20};
	struct fixture f = {0};
	struct key key;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	options.input = ends[0];
	options.output = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_int_equal(screen_open(&f.screen, &options, NULL), 0);
	assert_int_equal(screen_read_key(f.screen, &key), 0);
	assert_int_equal(write(ends[1], bytes, sizeof(bytes) - 1), sizeof(bytes) - 1);
	assert_key(&f, "Home", false);
	assert_key(&f, "x", true);
	assert_key(&f, "F2", false);
	assert_key(&f, "ㅓ", false);
	assert_int_equal(screen_read_key(f.screen, &key), 0);
	assert_int_equal(write(ends[1], "\033x\033", 3), 3);
	assert_key(&f, "Alt-x", false);
	assert_key(&f, "Esc", false);
	close(ends[1]);
	assert_int_equal(screen_read_key(f.screen, &key), -1);
	assert_int_equal(screen_read_key(f.screen, &key), -1);
	screen_free(f.screen);
	close(ends[0]);
	close(options.output);
}

/* Bytes that reached a file that stands for the terminal. */
static off_t sent(int file)
{
	return lseek(file, 0, SEEK_END);
}

static void test_nothing_is_sent_when_nothing_changed(void **state)
{
	char name[] = "/tmp/nks-triage-screen-XXXXXX";
	struct screen_options options = {.term = "xterm-256color", .rows = 6, .columns = 20};
	struct fixture f = {0};
	int file = mkstemp(name);
	off_t before;

	(void)state;
	assert_true(file > 0);
	unlink(name);
	options.input = options.output = file;
	assert_int_equal(screen_open(&f.screen, &options, NULL), 0);
	cells_init(&f.cells, 6, 20, GLYPHS_ASCII);
	cells_put(&f.cells, 0, 0, 20, ROLE_BAR, PUT_PAD, "first");
	screen_show(f.screen, &f.cells);
	before = sent(file);
	assert_true(before > 20);
	screen_show(f.screen, &f.cells);
	assert_int_equal(sent(file), before);
	cells_put(&f.cells, 3, 0, 20, ROLE_NORMAL, 0, "x");
	screen_show(f.screen, &f.cells);
	assert_in_range(sent(file) - before, 1, 60);
	before = sent(file);
	screen_set_cursor(f.screen, 2, 2);
	screen_show(f.screen, &f.cells);
	assert_true(sent(file) > before);
	before = sent(file);
	screen_show(f.screen, &f.cells);
	assert_int_equal(sent(file), before);
	screen_repaint(f.screen);
	screen_show(f.screen, &f.cells);
	assert_true(sent(file) > before + 20);
	/* While another program has the terminal, nothing is drawn. */
	screen_suspend(f.screen);
	before = sent(file);
	cells_put(&f.cells, 3, 0, 20, ROLE_NORMAL, 0, "yyy");
	screen_show(f.screen, &f.cells);
	assert_int_equal(sent(file), before);
	screen_resume(f.screen);
	screen_show(f.screen, &f.cells);
	assert_true(sent(file) > before);
	screen_free(f.screen);
	cells_release(&f.cells);
	close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells_come_to_the_terminal),
		cmocka_unit_test(test_cells_of_another_size_are_cut),
		cmocka_unit_test(test_mono_and_small_palettes),
		cmocka_unit_test(test_terminal_types),
		cmocka_unit_test(test_keys_are_decoded),
		cmocka_unit_test(test_pasted_keys_are_marked),
		cmocka_unit_test(test_sequences_and_the_end_of_input),
		cmocka_unit_test(test_nothing_is_sent_when_nothing_changed),
	};

	text_init();
	unsetenv("NO_COLOR");
	unsetenv("COLORFGBG");
	unsetenv("ESCDELAY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
