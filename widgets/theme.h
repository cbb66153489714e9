/*
 * What things look like. Code names roles; only a theme knows colours.
 *
 * A style is a foreground, a background and attributes. -1 is the terminal's
 * own colour, so that the console sits in the operator's palette. In every
 * scheme, and so in mono too, each role that says something about the cluster
 * comes with a glyph and a word as well; the roles that say where the
 * operator is (focus, selection, match) differ by attributes alone.
 *
 * An overlay is a second role laid over a cell, for the selected row: its
 * background and attributes win, its foreground only where it is not -1, so
 * a red cross stays red in the selected row.
 */
#ifndef WIDGETS_THEME_H
#define WIDGETS_THEME_H

#include <stdbool.h>
#include <stdint.h>

struct err;

#define THEME_ROLES(X) \
	X(NORMAL, "normal")		      /* text */ \
	X(DIM, "dim")			      /* of less weight: units, separators, hints */ \
	X(STRONG, "strong")		      /* names that the eye should find */ \
	X(HEADING, "heading")		      /* a heading in a text */ \
	X(TITLE, "title")		      /* the title in a border */ \
	X(TITLE_FOCUSED, "title-focused") \
	X(BORDER, "border") \
	X(BORDER_FOCUSED, "border-focused") \
	X(HEADER, "header")		      /* the line over a table's columns */ \
	X(BAR, "bar")			      /* the program's own first line */ \
	X(SELECTED, "selected")		      /* overlay: the row under the cursor, pane focused */ \
	X(SELECTED_UNFOCUSED, "selected-unfocused") /* overlay: the same in another pane */ \
	X(MARKED, "marked")		      /* a marked row */ \
	X(CRITICAL, "critical") \
	X(WARNING, "warning") \
	X(INFO, "info") \
	X(OK, "ok") \
	X(UNKNOWN, "unknown")		      /* a state that nobody knows */ \
	X(COULD_NOT_CHECK, "could-not-check") /* a check that could not look */ \
	X(BANNER, "banner")		      /* a protected context */ \
	X(READ_ONLY, "read-only") \
	X(ARMED, "armed")		      /* writing is on */ \
	X(KEY, "key")			      /* a key in a hint */ \
	X(MATCH, "match")		      /* overlay: what a search found */ \
	X(ADDED, "added")		      /* a line of a diff */ \
	X(REMOVED, "removed") \
	X(COMMAND, "command")		      /* a command line or request to copy */ \
	X(ERROR, "error") \
	X(STALE, "stale")		      /* data whose source is lost */ \
	X(INPUT, "input")		      /* what is being typed */ \
	X(DIALOG, "dialog")		      /* text in a dialog */ \
	X(BUTTON, "button") \
	X(BUTTON_FOCUSED, "button-focused") \
	X(BUTTON_DANGEROUS, "button-dangerous") /* dangerous and focused */ \
	X(DISABLED, "disabled") \
	X(GAUGE, "gauge")		      /* the filled part */ \
	X(GAUGE_EMPTY, "gauge-empty") \
	X(SCROLL, "scroll")

enum role {
#define THEME_ROLE_ID(name, text) ROLE_##name,
	THEME_ROLES(THEME_ROLE_ID)
#undef THEME_ROLE_ID
		ROLE_COUNT,
	ROLE_NONE = ROLE_COUNT, /* as an overlay: none */
};

/* Attributes of a style, and of a single cell on top of its role. */
enum {
	ATTRIBUTE_BOLD = 1,
	ATTRIBUTE_DIM = 2,
	ATTRIBUTE_REVERSE = 4,
	ATTRIBUTE_UNDERLINE = 8,
};

struct style {
	int16_t foreground; /* palette index, -1 = the terminal's own */
	int16_t background;
	uint8_t attributes; /* ATTRIBUTE_... */
};

enum theme_scheme {
	THEME_MONO,
	THEME_8_DARK,
	THEME_8_LIGHT,
	THEME_256_DARK,
	THEME_256_LIGHT,
	THEME_SCHEME_COUNT
};

struct theme {
	enum theme_scheme scheme;
	struct style styles[ROLE_COUNT];
};

void theme_init(struct theme *theme, enum theme_scheme scheme);
/*
 * The scheme for a terminal with so many colours. no_color: the value of
 * NO_COLOR (no-color.org: set and not empty means no colour), background:
 * "light", "dark", or NULL or "auto" to guess from colorfgbg, the value of
 * COLORFGBG (dark where it says nothing). The texts may be NULL.
 */
enum theme_scheme theme_choose(int colours, const char *no_color, const char *background,
			       const char *colorfgbg);
/* The style of a cell with a role, an overlay (or ROLE_NONE) and attributes of its own. */
struct style theme_style(const struct theme *theme, enum role role, enum role overlay, unsigned attributes);
/* "could-not-check", "256-dark" etc. */
const char *theme_role_name(enum role role);
const char *theme_scheme_name(enum theme_scheme scheme);

#endif
