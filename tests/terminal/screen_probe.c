/*
 * A screen with nothing on it but its size and the last key, for tests that
 * need a real terminal: keys, resizing, and what a dead program leaves behind.
 *
 * Keys: q quits, s crashes, a aborts, z stops the process, c copies.
 * Status 0 after q, 3 when the terminal is gone, 2 when it cannot be opened.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probes/base/err.h"
#include "probes/base/text.h"
#include "widgets/screen.h"

static volatile sig_atomic_t resized;

static void note_resize(int number)
{
	(void)number;
	resized = 1;
}

static void draw(struct screen *screen, struct cells *cells, const struct key *key)
{
	const struct box box = {.title = "probe", .focused = true};
	char name[KEY_TEXT_SIZE];

	key_text(key, name);
	if (cells->rows != screen_rows(screen) || cells->columns != screen_columns(screen))
		cells_resize(cells, screen_rows(screen), screen_columns(screen));
	cells_clear(cells);
	cells_box(cells, cells_area(cells), &box);
	cells_putf(cells, 1, 2, 60, ROLE_NORMAL, 0, "size %dx%d", cells->columns, cells->rows);
	cells_putf(cells, 2, 2, 60, ROLE_CRITICAL, 0, "key %s%s", name, key->pasted ? " pasted" : "");
	cells_put(cells, 3, 2, 60, ROLE_NORMAL, 0, "노드 ノード e\xcc\x81 \033[31m");
	screen_set_cursor(screen, 2, 2);
	screen_show(screen, cells);
}

static void crash(void)
{
	volatile char *nowhere = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*nowhere = 1;
}

static void stop(struct screen *screen)
{
	screen_suspend(screen);
	raise(SIGSTOP);
	screen_resume(screen);
}

static bool obey(struct screen *screen, const struct key *key)
{
	if (key->pasted)
		return true;
	if (key_is_character(key, 's'))
		crash();
	if (key_is_character(key, 'a'))
		abort();
	if (key_is_character(key, 'z'))
		stop(screen);
	if (key_is_character(key, 'c') && screen_copy(screen, "copied\033", 7))
		return false;
	return !key_is_character(key, 'q');
}

/* Until q, or until the terminal is gone. */
static int loop(struct screen *screen, struct cells *cells)
{
	struct key key = {0};
	int got = 1;

	for (;;) {
		struct pollfd wait = {.fd = screen_input_fd(screen), .events = POLLIN};

		draw(screen, cells, &key);
		poll(&wait, 1, -1);
		if (resized) {
			resized = 0;
			screen_resize(screen);
		}
		while ((got = screen_read_key(screen, &key)) > 0) {
			draw(screen, cells, &key);
			if (!obey(screen, &key))
				return 0;
		}
		if (got < 0)
			return 3;
	}
}

int main(void)
{
	struct sigaction action = {.sa_handler = note_resize};
	struct screen_options options = {
		.glyphs = text_init() ? GLYPHS_UTF8 : GLYPHS_ASCII,
		.restore_on = SCREEN_RESTORE_ON_CRASH | SCREEN_RESTORE_ON_TERM | SCREEN_RESTORE_ON_HUP |
			      SCREEN_RESTORE_ON_QUIT,
	};
	struct screen *screen = NULL;
	struct cells cells;
	struct err err = {0};
	int status;

	sigaction(SIGWINCH, &action, NULL);
	if (screen_open(&screen, &options, &err)) {
		char *text = err_text(&err);

		fprintf(stderr, "%s\n", text);
		free(text);
		return 2;
	}
	cells_init(&cells, screen_rows(screen), screen_columns(screen), options.glyphs);
	status = loop(screen, &cells);
	cells_release(&cells);
	screen_free(screen);
	return status;
}
