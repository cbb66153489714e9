/*
 * Keys as the program sees them, and their names in key maps and help texts.
 *
 * A key is a character (with its code point) or a named key, and modifiers.
 * Terminals cannot tell some pairs apart: Ctrl-i is Tab, Ctrl-m and Ctrl-j are
 * Enter, Ctrl-h may be Backspace, Ctrl-[ is Esc; Shift with a character is the
 * other character ("G", not Shift-g).
 */
#ifndef WIDGETS_KEYS_H
#define WIDGETS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* id, name as shown; parsing takes either case */
#define KEYSYMS(X) \
	X(ENTER, "Enter") \
	X(TAB, "Tab") \
	X(ESCAPE, "Esc") \
	X(BACKSPACE, "Backspace") \
	X(DELETE, "Delete") \
	X(INSERT, "Insert") \
	X(UP, "Up") \
	X(DOWN, "Down") \
	X(LEFT, "Left") \
	X(RIGHT, "Right") \
	X(HOME, "Home") \
	X(END, "End") \
	X(PAGE_UP, "PgUp") \
	X(PAGE_DOWN, "PgDn") \
	X(F1, "F1") \
	X(F2, "F2") \
	X(F3, "F3") \
	X(F4, "F4") \
	X(F5, "F5") \
	X(F6, "F6") \
	X(F7, "F7") \
	X(F8, "F8") \
	X(F9, "F9") \
	X(F10, "F10") \
	X(F11, "F11") \
	X(F12, "F12") \
	X(CLICK, "Click")	  /* at row, column; only with the mouse on */ \
	X(WHEEL_UP, "WheelUp") \
	X(WHEEL_DOWN, "WheelDown")

enum keysym {
	KEYSYM_NONE, /* no key: a zeroed struct */
	KEYSYM_CHARACTER,
#define KEYSYM_ID(id, name) KEYSYM_##id,
	KEYSYMS(KEYSYM_ID)
#undef KEYSYM_ID
		KEYSYM_COUNT
};

enum {
	MODIFIER_CTRL = 1,
	MODIFIER_ALT = 2,
	MODIFIER_SHIFT = 4, /* named keys only: S-Tab */
};

struct key {
	enum keysym sym;
	uint32_t code_point; /* of KEYSYM_CHARACTER; a letter with Ctrl is the small letter */
	unsigned modifiers;
	bool pasted; /* came between the marks of a bracketed paste: text, never a command */
	int row;     /* where the mouse was, for KEYSYM_CLICK */
	int column;
};

enum { KEY_TEXT_SIZE = 32 };

/* The same key and modifiers; pasted and the mouse's place do not count. */
bool key_equal(const struct key *a, const struct key *b);
struct key key_character(uint32_t code_point);
struct key key_ctrl(char letter);
struct key key_named(enum keysym sym);
/* A character without Ctrl or Alt. */
bool key_is_character(const struct key *key, uint32_t code_point);
bool key_is(const struct key *key, enum keysym sym);

/* "Ctrl-r", "Alt-x", "S-Tab", "F2", "Enter", "Space", "j", "ㅓ". */
void key_text(const struct key *key, char out[KEY_TEXT_SIZE]);
/* The other way, in any case: "ctrl-r", "C-r", "^R", "alt-x", "M-x", "s-tab", "f2", "space". 0, or -1. */
int key_parse(const char *text, struct key *ret_key);

/*
 * With a Hangul input method on, the letter keys give 2-beolsik jamo. Returns
 * the key that has the jamo on it (ㅓ is j, ㅃ is Q), or 0 where the code
 * point is no such jamo. Compatibility jamo U+3131..3163 only: composed
 * syllables are text, not keys.
 */
uint32_t key_from_jamo(uint32_t code_point);
/*
 * The key with a jamo replaced by its letter. *ret_was_jamo (may be NULL) says
 * whether it was one: a jamo never confirms (decisions.md 30).
 */
struct key key_without_jamo(const struct key *key, bool *ret_was_jamo);

/* Moves that lists, texts and menus share. */
enum movement {
	MOVEMENT_NONE,
	MOVEMENT_UP,
	MOVEMENT_DOWN,
	MOVEMENT_LEFT,
	MOVEMENT_RIGHT,
	MOVEMENT_HALF_UP,
	MOVEMENT_HALF_DOWN,
	MOVEMENT_PAGE_UP,
	MOVEMENT_PAGE_DOWN,
	MOVEMENT_HOME,
	MOVEMENT_END,
};

/* What arrows, Home, End and Page keys mean; letters too where with_letters: j k g G Ctrl-d Ctrl-u. */
enum movement movement_from_key(const struct key *key, bool with_letters);

#endif
