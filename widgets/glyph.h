/*
 * Single characters with a meaning, in two sets: UTF-8 and ASCII. Each glyph
 * takes one cell in both. Which set is used is decided once, from
 * text_init(), and travels with struct cells.
 */
#ifndef WIDGETS_GLYPH_H
#define WIDGETS_GLYPH_H

#include <stdint.h>

enum glyph_set {
	GLYPHS_ASCII,
	GLYPHS_UTF8,
};

/* name, UTF-8, ASCII */
#define GLYPHS(X) \
	X(CRITICAL, 0x2716, 'X')       /* ✖ */ \
	X(WARNING, 0x25B2, '!')	       /* ▲ */ \
	X(INFO, 0x2139, 'i')	       /* ℹ */ \
	X(OK, 0x2714, '+')	       /* ✔ */ \
	X(UNKNOWN, 0x25CB, 'o')	       /* ○ */ \
	X(COULD_NOT_CHECK, '?', '?') \
	X(NOT_APPLICABLE, 0x00B7, '.') /* · */ \
	X(LIVE, 0x25CF, '*')	       /* ● the link is up */ \
	X(STALE, 0x25CC, '~')	       /* ◌ the link is lost */ \
	X(ARMED, 0x25C6, '#') /* ◆ writing is armed */ \
	X(RUNNING, 0x25B6, '>')	       /* ▶ a step that runs */ \
	X(PENDING, 0x25CB, '-')	       /* ○ a step to come */ \
	X(FAILED, 0x2716, 'X')	       /* ✖ a step that failed */ \
	X(DONE, 0x2714, '+')	       /* ✔ a step that is done */ \
	X(MARK, 0x25A0, '*')	       /* ■ a marked row */ \
	X(CURSOR, 0x203A, '>')	       /* › the row under the cursor */ \
	X(BULLET, 0x2022, '*')	       /* • */ \
	X(SEPARATOR, 0x00B7, '|')      /* · between facts on a line */ \
	X(ELLIPSIS, 0x2026, '~')       /* … text was cut here */ \
	X(ARROW_RIGHT, 0x2192, '>')    /* → */ \
	X(ARROW_UP, 0x2191, '^')       /* ↑ */ \
	X(ARROW_DOWN, 0x2193, 'v')     /* ↓ */ \
	X(BAR_FULL, 0x2587, '#')       /* ▇ */ \
	X(BAR_EMPTY, 0x2581, '.')      /* ▁ */ \
	X(SCROLL_THUMB, 0x2590, '#')   /* ▐ */ \
	X(SCROLL_TRACK, 0x2502, '|')   /* │ */ \
	X(TREE_BRANCH, 0x251C, '|')    /* ├ */ \
	X(TREE_LAST, 0x2514, '`')      /* └ */ \
	X(LINE, 0x2500, '-')	       /* ─ */ \
	X(MASKED, '*', '*')            /* a character that must not be seen */

enum glyph {
#define GLYPH_ID(name, utf8, ascii) GLYPH_##name,
	GLYPHS(GLYPH_ID)
#undef GLYPH_ID
		GLYPH_COUNT
};

uint32_t glyph_code(enum glyph_set set, enum glyph glyph);
/* The same as a string, static. */
const char *glyph_text(enum glyph_set set, enum glyph glyph);

#endif
