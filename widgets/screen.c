#include "widgets/screen_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probes/base/err.h"
#include "probes/base/memory.h"

enum { ESCAPE_DELAY_MS = 25 };

static const char paste_on[] = "\033[?2004h";
static const char paste_off[] = "\033[?2004l";
static const char mouse_off[] = "\033[?1000l\033[?1002l\033[?1006l";

void screen_write(struct screen *screen, const char *bytes, size_t n)
{
	fflush(screen->output);
	while (n > 0) {
		ssize_t written = write(fileno(screen->output), bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		bytes += written;
		n -= (size_t)written;
	}
}

static FILE *open_copy(int descriptor, const char *mode)
{
	int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
	FILE *file = copy >= 0 ? fdopen(copy, mode) : NULL;

	if (!file && copy >= 0)
		close(copy);
	return file;
}

static const char *capability(const char *name)
{
	const char *value = tigetstr(name);

	return value == (const char *)-1 ? NULL : value;
}

/* Asked before newterm(), which loses memory where it fails. */
static bool is_known(const char *term, int descriptor, bool *ret_full_screen)
{
	int result;

	if (!*term || setupterm(term, descriptor, &result) == ERR)
		return false;
	*ret_full_screen = capability("cup") != NULL;
	del_curterm(cur_term);
	return true;
}

/* The type to use, xterm-256color where the terminal database does not know the given one; NULL and err. */
static const char *choose_term(const char *term, int descriptor, struct err *err)
{
	const char *chosen = term;
	bool full_screen = false;

	if (!is_known(chosen, descriptor, &full_screen))
		chosen = "xterm-256color";
	if (chosen != term && !is_known(chosen, descriptor, &full_screen))
		err_set(err, ERR_IO, "the terminal type “{term}” is not known here", "term", term, NULL);
	else if (!full_screen)
		err_set(err, ERR_IO, "a terminal of type “{term}” cannot show a full screen", "term", term,
			NULL);
	else
		return chosen;
	err_hint(err, "set TERM to xterm-256color, or use: nks-triage report", NULL);
	return NULL;
}

static void prepare_restore(struct screen *screen)
{
	const char *leave = capability("rmcup");
	const char *const strings[] = {
		screen->has_paste ? paste_off : NULL,
		screen->mouse ? mouse_off : NULL,
		capability("rmkx"),
		capability("cnorm"),
		capability("sgr0"),
		leave ? leave : "\r\n",
	};

	restore_prepare(strings, array_length(strings));
}

static void start_colours(struct screen *screen, const struct screen_options *options)
{
	const char *no_color = options->no_colour ? "1" : getenv("NO_COLOR");
	int colours = tigetnum("colors");

	theme_init(&screen->theme,
		   theme_choose(colours, no_color, options->background, getenv("COLORFGBG")));
	if (screen->theme.scheme == THEME_MONO || start_color() == ERR)
		return;
	use_default_colors();
	screen->colours = COLORS;
	screen->most_pairs = COLOR_PAIRS - 1 < SCREEN_MOST_PAIRS ? COLOR_PAIRS - 1 : SCREEN_MOST_PAIRS;
}

static void set_up(struct screen *screen, const struct screen_options *options)
{
	raw();
	noecho();
	nonl();
	curs_set(0);
	if (!getenv("ESCDELAY"))
		set_escdelay(ESCAPE_DELAY_MS);
	start_colours(screen, options);
	screen_init_input(screen);
	if (!screen->is_terminal)
		resize_term(options->rows > 0 ? options->rows : 24,
			    options->columns > 0 ? options->columns : 80);
	prepare_restore(screen);
	restore_arm(true);
	if (screen->has_paste)
		screen_write(screen, paste_on, sizeof(paste_on) - 1);
}

static bool knows_paste(const char *term)
{
	static const char *const without[] = {"linux", "vt", "dumb", "ansi", "sun", "cons"};

	for (size_t i = 0; i < array_length(without); i++) {
		if (!strncmp(term, without[i], strlen(without[i])))
			return false;
	}
	return true;
}

static int open_terminal(struct screen *screen, const struct screen_options *options, struct err *err)
{
	bool standard = options->input == 0 && options->output == 0;
	const char *term = options->term ? options->term : getenv("TERM");

	term = term ? term : "";
	screen->input = open_copy(standard ? STDIN_FILENO : options->input, "r");
	screen->output = open_copy(standard ? STDOUT_FILENO : options->output, "w");
	if (!screen->input || !screen->output)
		return err_set(err, ERR_IO, "cannot open the terminal: {reason}", "reason", strerror(errno),
			       NULL);
	screen->is_terminal = isatty(fileno(screen->output));
	screen->has_paste = screen->is_terminal && knows_paste(term);
	term = choose_term(term, fileno(screen->output), err);
	if (!term)
		return -1;
	restore_keep_terminal(fileno(screen->input), fileno(screen->output), options->restore_on);
	screen->curses = newterm(term, screen->output, screen->input);
	if (!screen->curses)
		return err_set(err, ERR_IO, "cannot take over the terminal of type “{term}”", "term", term,
			       NULL);
	return 0;
}

int screen_open(struct screen **ret_screen, const struct screen_options *options, struct err *err)
{
	struct screen *screen = xcalloc(1, sizeof(*screen));

	screen->glyphs = options->glyphs;
	screen->mouse = options->mouse;
	screen->cursor_row = screen->shown_cursor_row = -1;
	screen->repaint = true;
	cells_init(&screen->last, 0, 0, options->glyphs);
	if (open_terminal(screen, options, err)) {
		screen_free(screen);
		return -1;
	}
	set_up(screen, options);
	*ret_screen = screen;
	return 0;
}

static void leave_terminal(struct screen *screen)
{
	if (screen->has_paste)
		screen_write(screen, paste_off, sizeof(paste_off) - 1);
	curs_set(1);
	endwin();
	restore_arm(false);
}

void screen_free(struct screen *screen)
{
	if (!screen)
		return;
	if (screen->keys)
		delwin(screen->keys);
	if (screen->curses) {
		if (!screen->suspended)
			leave_terminal(screen);
		delscreen(screen->curses);
	}
	restore_forget();
	if (screen->input)
		fclose(screen->input);
	if (screen->output)
		fclose(screen->output);
	cells_release(&screen->last);
	free(screen);
}

int screen_rows(const struct screen *screen)
{
	(void)screen;
	return LINES;
}

int screen_columns(const struct screen *screen)
{
	(void)screen;
	return COLS;
}

enum glyph_set screen_glyphs(const struct screen *screen)
{
	return screen->glyphs;
}

int screen_colours(const struct screen *screen)
{
	return screen->colours;
}

const struct theme *screen_theme(const struct screen *screen)
{
	return &screen->theme;
}

void screen_set_theme(struct screen *screen, const struct theme *theme)
{
	screen->theme = *theme;
	screen->repaint = true;
}

int screen_input_fd(const struct screen *screen)
{
	return fileno(screen->input);
}

bool screen_resize(struct screen *screen)
{
	struct winsize size;

	if (ioctl(fileno(screen->output), TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return false;
	if (size.ws_row == LINES && size.ws_col == COLS)
		return false;
	resizeterm(size.ws_row, size.ws_col);
	screen->repaint = true;
	return true;
}

void screen_repaint(struct screen *screen)
{
	screen->repaint = true;
}

void screen_set_cursor(struct screen *screen, int row, int column)
{
	screen->cursor_row = row;
	screen->cursor_column = column;
}

void screen_suspend(struct screen *screen)
{
	if (screen->suspended)
		return;
	def_prog_mode();
	leave_terminal(screen);
	screen->suspended = true;
}

void screen_resume(struct screen *screen)
{
	if (!screen->suspended)
		return;
	screen->suspended = false;
	reset_prog_mode();
	refresh();
	/* The size may have changed in between, and curses shows the cursor again. */
	screen_resize(screen);
	curs_set(0);
	screen->shown_cursor_row = -1;
	restore_arm(true);
	if (screen->has_paste)
		screen_write(screen, paste_on, sizeof(paste_on) - 1);
	screen->repaint = true;
}
