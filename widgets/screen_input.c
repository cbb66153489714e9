/* Keys of screen.h: from curses' codes to ours. */
#include "widgets/screen_private.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probes/base/memory.h"

/* Sequences that terminals send though their terminfo entry says otherwise, or nothing. */
static const struct {
	const char *sequence;
	int code;
} sequences[] = {
	{"\033[1~", KEY_HOME},	      {"\033[4~", KEY_END},
	{"\033[7~", KEY_HOME},	      {"\033[8~", KEY_END},
	{"\033[H", KEY_HOME},	      {"\033[F", KEY_END},
	{"\033OH", KEY_HOME},	      {"\033OF", KEY_END},
	{"\033[A", KEY_UP},	      {"\033[B", KEY_DOWN},
	{"\033[C", KEY_RIGHT},	      {"\033[D", KEY_LEFT},
	{"\033OA", KEY_UP},	      {"\033OB", KEY_DOWN},
	{"\033OC", KEY_RIGHT},	      {"\033OD", KEY_LEFT},
	{"\033[3~", KEY_DC},	      {"\033[2~", KEY_IC},
	{"\033[5~", KEY_PPAGE},	      {"\033[6~", KEY_NPAGE},
	{"\033[Z", KEY_BTAB},	      {"\033[11~", KEY_F(1)},
	{"\033[12~", KEY_F(2)},	      {"\033OP", KEY_F(1)},
	{"\033OQ", KEY_F(2)},	      {"\033[[A", KEY_F(1)},
	{"\033[[B", KEY_F(2)},	      {"\033[1;5D", CODE_CTRL_LEFT},
	{"\033[1;5C", CODE_CTRL_RIGHT}, {"\033[200~", CODE_PASTE_START},
	{"\033[201~", CODE_PASTE_END},
};

void screen_init_input(struct screen *screen)
{
	screen->keys = newpad(1, 1);
	if (!screen->keys)
		bug("no memory for a pad of one cell");
	keypad(screen->keys, TRUE);
	nodelay(screen->keys, TRUE);
	for (size_t i = 0; i < array_length(sequences); i++)
		define_key(sequences[i].sequence, sequences[i].code);
	if (screen->mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0);
	}
}

static const struct {
	int code;
	enum keysym sym;
	unsigned modifiers;
} named[] = {
	{KEY_ENTER, KEYSYM_ENTER, 0},
	{KEY_BTAB, KEYSYM_TAB, MODIFIER_SHIFT},
	{KEY_BACKSPACE, KEYSYM_BACKSPACE, 0},
	{KEY_DC, KEYSYM_DELETE, 0},
	{KEY_IC, KEYSYM_INSERT, 0},
	{KEY_UP, KEYSYM_UP, 0},
	{KEY_DOWN, KEYSYM_DOWN, 0},
	{KEY_LEFT, KEYSYM_LEFT, 0},
	{KEY_RIGHT, KEYSYM_RIGHT, 0},
	{KEY_HOME, KEYSYM_HOME, 0},
	{KEY_FIND, KEYSYM_HOME, 0},
	{KEY_END, KEYSYM_END, 0},
	{KEY_SELECT, KEYSYM_END, 0},
	{KEY_PPAGE, KEYSYM_PAGE_UP, 0},
	{KEY_NPAGE, KEYSYM_PAGE_DOWN, 0},
	{KEY_SLEFT, KEYSYM_LEFT, MODIFIER_SHIFT},
	{KEY_SRIGHT, KEYSYM_RIGHT, MODIFIER_SHIFT},
	{KEY_SR, KEYSYM_UP, MODIFIER_SHIFT},
	{KEY_SF, KEYSYM_DOWN, MODIFIER_SHIFT},
	{KEY_SDC, KEYSYM_DELETE, MODIFIER_SHIFT},
	{KEY_SHOME, KEYSYM_HOME, MODIFIER_SHIFT},
	{KEY_SEND, KEYSYM_END, MODIFIER_SHIFT},
	{CODE_CTRL_LEFT, KEYSYM_LEFT, MODIFIER_CTRL},
	{CODE_CTRL_RIGHT, KEYSYM_RIGHT, MODIFIER_CTRL},
};

static bool key_from_mouse(struct key *key)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return false;
	key->row = event.y;
	key->column = event.x;
	if (event.bstate & BUTTON4_PRESSED)
		key->sym = KEYSYM_WHEEL_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		key->sym = KEYSYM_WHEEL_DOWN;
	else
		key->sym = KEYSYM_CLICK;
	return true;
}

/* False for what is no key: a resize, the marks of a paste, codes that nobody knows. */
static bool key_from_code(struct screen *screen, int code, struct key *key)
{
	if (code == CODE_PASTE_START || code == CODE_PASTE_END) {
		screen->pasting = code == CODE_PASTE_START;
		return false;
	}
	if (code == KEY_MOUSE)
		return key_from_mouse(key);
	if (code >= KEY_F(1) && code <= KEY_F(24)) {
		int number = (code - KEY_F(1)) % 12;

		key->sym = (enum keysym)(KEYSYM_F1 + number);
		key->modifiers = code > KEY_F(12) ? MODIFIER_SHIFT : 0;
		return true;
	}
	for (size_t i = 0; i < array_length(named); i++) {
		if (named[i].code == code) {
			key->sym = named[i].sym;
			key->modifiers = named[i].modifiers;
			return true;
		}
	}
	return false;
}

static void key_from_character(uint32_t c, struct key *key)
{
	if (c == '\r' || c == '\n') {
		key->sym = KEYSYM_ENTER;
	} else if (c == '\t') {
		key->sym = KEYSYM_TAB;
	} else if (c == 0x1B) {
		key->sym = KEYSYM_ESCAPE;
	} else if (c == 0x7F || c == '\b') {
		key->sym = KEYSYM_BACKSPACE;
	} else if (c < ' ') {
		key->sym = KEYSYM_CHARACTER;
		key->modifiers = MODIFIER_CTRL;
		key->code_point = c == 0 ? ' ' : c <= 26 ? c + 'a' - 1 : c + '@';
	} else {
		key->sym = KEYSYM_CHARACTER;
		key->code_point = c;
	}
}

/*
 * Nothing came: is there nothing, or is the terminal gone? A descriptor that
 * is readable and holds no byte is at its end, and stays "readable" forever.
 */
static bool is_gone(struct screen *screen)
{
	struct pollfd wait = {.fd = fileno(screen->input), .events = POLLIN};
	int pending = 0;

	if (poll(&wait, 1, 0) <= 0)
		return false;
	if (wait.revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	if (!(wait.revents & POLLIN))
		return false;
	if (ioctl(wait.fd, FIONREAD, &pending))
		return !screen->is_terminal;
	/* It may have come since curses looked: only two looks at nothing are an end. */
	return pending == 0 && poll(&wait, 1, 0) > 0 && !ioctl(wait.fd, FIONREAD, &pending) && pending == 0;
}

/* Esc and at once another key is Alt with that key; a lone Esc is Esc. */
static void take_alt(struct screen *screen, struct key *key)
{
	wint_t c;
	int result = wget_wch(screen->keys, &c);

	if (result == ERR)
		return;
	if (result == KEY_CODE_YES || c < ' ' || c == 0x7F) {
		if (result == KEY_CODE_YES)
			ungetch((int)c);
		else
			unget_wch((wchar_t)c);
		return;
	}
	key_from_character((uint32_t)c, key);
	key->modifiers |= MODIFIER_ALT;
}

int screen_read_key(struct screen *screen, struct key *ret_key)
{
	if (screen->suspended)
		return 0;
	for (;;) {
		struct key key = {.pasted = screen->pasting};
		wint_t c;
		int result = wget_wch(screen->keys, &c);

		if (result == ERR)
			return is_gone(screen) ? -1 : 0;
		if (result == KEY_CODE_YES && !key_from_code(screen, (int)c, &key))
			continue;
		if (result == OK)
			key_from_character((uint32_t)c, &key);
		if (key.sym == KEYSYM_ESCAPE && !screen->pasting)
			take_alt(screen, &key);
		*ret_key = key;
		return 1;
	}
}
