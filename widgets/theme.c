#include "widgets/theme.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/err.h"

enum {
	BOLD = ATTRIBUTE_BOLD,
	DIM = ATTRIBUTE_DIM,
	REVERSE = ATTRIBUTE_REVERSE,
	UNDERLINE = ATTRIBUTE_UNDERLINE,
};
enum { OWN = -1, BLACK = 0, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE };

/*
 * The tables. A role without a row is plain. Mono says with attributes where
 * the operator is; what the cluster says has its glyph and word there.
 */
static const struct style mono[ROLE_COUNT] = {
	[ROLE_NORMAL] = {OWN, OWN, 0},
	[ROLE_DIM] = {OWN, OWN, 0},
	[ROLE_STRONG] = {OWN, OWN, BOLD},
	[ROLE_HEADING] = {OWN, OWN, BOLD | UNDERLINE},
	[ROLE_TITLE] = {OWN, OWN, 0},
	[ROLE_TITLE_FOCUSED] = {OWN, OWN, BOLD | REVERSE},
	[ROLE_BORDER] = {OWN, OWN, DIM},
	[ROLE_BORDER_FOCUSED] = {OWN, OWN, BOLD},
	[ROLE_HEADER] = {OWN, OWN, UNDERLINE},
	[ROLE_BAR] = {OWN, OWN, REVERSE},
	[ROLE_SELECTED] = {OWN, OWN, REVERSE},
	[ROLE_SELECTED_UNFOCUSED] = {OWN, OWN, UNDERLINE},
	[ROLE_MARKED] = {OWN, OWN, BOLD},
	[ROLE_CRITICAL] = {OWN, OWN, BOLD},
	[ROLE_WARNING] = {OWN, OWN, BOLD},
	[ROLE_INFO] = {OWN, OWN, 0},
	[ROLE_OK] = {OWN, OWN, 0},
	[ROLE_UNKNOWN] = {OWN, OWN, DIM},
	[ROLE_COULD_NOT_CHECK] = {OWN, OWN, UNDERLINE},
	[ROLE_BANNER] = {OWN, OWN, BOLD | REVERSE},
	[ROLE_READ_ONLY] = {OWN, OWN, BOLD},
	[ROLE_ARMED] = {OWN, OWN, BOLD | REVERSE},
	[ROLE_KEY] = {OWN, OWN, BOLD},
	[ROLE_MATCH] = {OWN, OWN, BOLD | REVERSE | UNDERLINE},
	[ROLE_ADDED] = {OWN, OWN, BOLD},
	[ROLE_REMOVED] = {OWN, OWN, UNDERLINE},
	[ROLE_COMMAND] = {OWN, OWN, BOLD},
	[ROLE_ERROR] = {OWN, OWN, BOLD | UNDERLINE},
	[ROLE_STALE] = {OWN, OWN, DIM},
	[ROLE_INPUT] = {OWN, OWN, UNDERLINE},
	[ROLE_DIALOG] = {OWN, OWN, 0},
	[ROLE_BUTTON] = {OWN, OWN, 0},
	[ROLE_BUTTON_FOCUSED] = {OWN, OWN, REVERSE},
	[ROLE_BUTTON_DANGEROUS] = {OWN, OWN, BOLD | REVERSE},
	[ROLE_DISABLED] = {OWN, OWN, DIM},
	[ROLE_GAUGE] = {OWN, OWN, 0},
	[ROLE_GAUGE_EMPTY] = {OWN, OWN, DIM},
	[ROLE_SCROLL] = {OWN, OWN, DIM},
};

static const struct style eight_dark[ROLE_COUNT] = {
	[ROLE_NORMAL] = {OWN, OWN, 0},
	[ROLE_DIM] = {OWN, OWN, DIM},
	[ROLE_STRONG] = {OWN, OWN, BOLD},
	[ROLE_HEADING] = {CYAN, OWN, BOLD},
	[ROLE_TITLE] = {OWN, OWN, BOLD},
	[ROLE_TITLE_FOCUSED] = {CYAN, OWN, BOLD | REVERSE},
	[ROLE_BORDER] = {OWN, OWN, DIM},
	[ROLE_BORDER_FOCUSED] = {CYAN, OWN, BOLD},
	[ROLE_HEADER] = {OWN, OWN, BOLD | UNDERLINE},
	[ROLE_BAR] = {WHITE, BLUE, BOLD},
	[ROLE_SELECTED] = {OWN, OWN, REVERSE},
	[ROLE_SELECTED_UNFOCUSED] = {OWN, OWN, UNDERLINE},
	[ROLE_MARKED] = {YELLOW, OWN, BOLD},
	[ROLE_CRITICAL] = {RED, OWN, BOLD},
	[ROLE_WARNING] = {YELLOW, OWN, BOLD},
	[ROLE_INFO] = {CYAN, OWN, 0},
	[ROLE_OK] = {GREEN, OWN, 0},
	[ROLE_UNKNOWN] = {OWN, OWN, DIM},
	[ROLE_COULD_NOT_CHECK] = {MAGENTA, OWN, BOLD},
	[ROLE_BANNER] = {WHITE, RED, BOLD},
	[ROLE_READ_ONLY] = {GREEN, OWN, BOLD},
	[ROLE_ARMED] = {BLACK, YELLOW, 0},
	[ROLE_KEY] = {CYAN, OWN, BOLD},
	[ROLE_MATCH] = {BLACK, YELLOW, 0},
	[ROLE_ADDED] = {GREEN, OWN, 0},
	[ROLE_REMOVED] = {RED, OWN, 0},
	[ROLE_COMMAND] = {CYAN, OWN, 0},
	[ROLE_ERROR] = {RED, OWN, BOLD},
	[ROLE_STALE] = {OWN, OWN, DIM},
	[ROLE_INPUT] = {OWN, OWN, UNDERLINE},
	[ROLE_DIALOG] = {OWN, OWN, 0},
	[ROLE_BUTTON] = {OWN, OWN, 0},
	[ROLE_BUTTON_FOCUSED] = {OWN, OWN, REVERSE},
	[ROLE_BUTTON_DANGEROUS] = {WHITE, RED, BOLD},
	[ROLE_DISABLED] = {OWN, OWN, DIM},
	[ROLE_GAUGE] = {GREEN, OWN, 0},
	[ROLE_GAUGE_EMPTY] = {OWN, OWN, DIM},
	[ROLE_SCROLL] = {OWN, OWN, DIM},
};

/* Yellow and cyan cannot be read on white: other colours, or attributes alone. */
static const struct style eight_light[ROLE_COUNT] = {
	[ROLE_NORMAL] = {OWN, OWN, 0},
	[ROLE_DIM] = {OWN, OWN, DIM},
	[ROLE_STRONG] = {OWN, OWN, BOLD},
	[ROLE_HEADING] = {BLUE, OWN, BOLD},
	[ROLE_TITLE] = {OWN, OWN, BOLD},
	[ROLE_TITLE_FOCUSED] = {BLUE, OWN, BOLD | REVERSE},
	[ROLE_BORDER] = {OWN, OWN, DIM},
	[ROLE_BORDER_FOCUSED] = {BLUE, OWN, BOLD},
	[ROLE_HEADER] = {OWN, OWN, BOLD | UNDERLINE},
	[ROLE_BAR] = {WHITE, BLUE, BOLD},
	[ROLE_SELECTED] = {OWN, OWN, REVERSE},
	[ROLE_SELECTED_UNFOCUSED] = {OWN, OWN, UNDERLINE},
	[ROLE_MARKED] = {BLUE, OWN, BOLD},
	[ROLE_CRITICAL] = {RED, OWN, BOLD},
	[ROLE_WARNING] = {MAGENTA, OWN, BOLD},
	[ROLE_INFO] = {BLUE, OWN, 0},
	[ROLE_OK] = {GREEN, OWN, 0},
	[ROLE_UNKNOWN] = {OWN, OWN, DIM},
	[ROLE_COULD_NOT_CHECK] = {OWN, OWN, UNDERLINE},
	[ROLE_BANNER] = {WHITE, RED, BOLD},
	[ROLE_READ_ONLY] = {GREEN, OWN, BOLD},
	[ROLE_ARMED] = {BLACK, YELLOW, 0},
	[ROLE_KEY] = {BLUE, OWN, BOLD},
	[ROLE_MATCH] = {BLACK, YELLOW, 0},
	[ROLE_ADDED] = {GREEN, OWN, 0},
	[ROLE_REMOVED] = {RED, OWN, 0},
	[ROLE_COMMAND] = {BLUE, OWN, 0},
	[ROLE_ERROR] = {RED, OWN, BOLD},
	[ROLE_STALE] = {OWN, OWN, DIM},
	[ROLE_INPUT] = {OWN, OWN, UNDERLINE},
	[ROLE_DIALOG] = {OWN, OWN, 0},
	[ROLE_BUTTON] = {OWN, OWN, 0},
	[ROLE_BUTTON_FOCUSED] = {OWN, OWN, REVERSE},
	[ROLE_BUTTON_DANGEROUS] = {WHITE, RED, BOLD},
	[ROLE_DISABLED] = {OWN, OWN, DIM},
	[ROLE_GAUGE] = {BLUE, OWN, 0},
	[ROLE_GAUGE_EMPTY] = {OWN, OWN, DIM},
	[ROLE_SCROLL] = {OWN, OWN, DIM},
};

static const struct style many_dark[ROLE_COUNT] = {
	[ROLE_NORMAL] = {OWN, OWN, 0},
	[ROLE_DIM] = {245, OWN, 0},
	[ROLE_STRONG] = {OWN, OWN, BOLD},
	[ROLE_HEADING] = {110, OWN, BOLD},
	[ROLE_TITLE] = {250, OWN, BOLD},
	[ROLE_TITLE_FOCUSED] = {117, OWN, BOLD | REVERSE},
	[ROLE_BORDER] = {240, OWN, 0},
	[ROLE_BORDER_FOCUSED] = {117, OWN, BOLD},
	[ROLE_HEADER] = {109, OWN, BOLD},
	[ROLE_BAR] = {255, 24, BOLD},
	[ROLE_SELECTED] = {OWN, 237, BOLD},
	[ROLE_SELECTED_UNFOCUSED] = {OWN, 235, 0},
	[ROLE_MARKED] = {222, OWN, BOLD},
	[ROLE_CRITICAL] = {203, OWN, BOLD},
	[ROLE_WARNING] = {215, OWN, BOLD},
	[ROLE_INFO] = {75, OWN, 0},
	[ROLE_OK] = {114, OWN, 0},
	[ROLE_UNKNOWN] = {246, OWN, 0},
	[ROLE_COULD_NOT_CHECK] = {177, OWN, BOLD},
	[ROLE_BANNER] = {231, 160, BOLD},
	[ROLE_READ_ONLY] = {114, OWN, BOLD},
	[ROLE_ARMED] = {16, 220, BOLD},
	[ROLE_KEY] = {117, OWN, BOLD},
	[ROLE_MATCH] = {16, 222, 0},
	[ROLE_ADDED] = {114, OWN, 0},
	[ROLE_REMOVED] = {210, OWN, 0},
	[ROLE_COMMAND] = {180, OWN, 0},
	[ROLE_ERROR] = {203, OWN, BOLD},
	[ROLE_STALE] = {243, OWN, 0},
	[ROLE_INPUT] = {255, 237, 0},
	[ROLE_DIALOG] = {OWN, 234, 0},
	[ROLE_BUTTON] = {252, 239, 0},
	[ROLE_BUTTON_FOCUSED] = {16, 117, BOLD},
	[ROLE_BUTTON_DANGEROUS] = {231, 160, BOLD},
	[ROLE_DISABLED] = {241, OWN, 0},
	[ROLE_GAUGE] = {73, OWN, 0},
	[ROLE_GAUGE_EMPTY] = {239, OWN, 0},
	[ROLE_SCROLL] = {244, OWN, 0},
};

static const struct style many_light[ROLE_COUNT] = {
	[ROLE_NORMAL] = {OWN, OWN, 0},
	[ROLE_DIM] = {243, OWN, 0},
	[ROLE_STRONG] = {OWN, OWN, BOLD},
	[ROLE_HEADING] = {24, OWN, BOLD},
	[ROLE_TITLE] = {238, OWN, BOLD},
	[ROLE_TITLE_FOCUSED] = {25, OWN, BOLD | REVERSE},
	[ROLE_BORDER] = {249, OWN, 0},
	[ROLE_BORDER_FOCUSED] = {25, OWN, BOLD},
	[ROLE_HEADER] = {24, OWN, BOLD},
	[ROLE_BAR] = {231, 24, BOLD},
	[ROLE_SELECTED] = {OWN, 153, BOLD},
	[ROLE_SELECTED_UNFOCUSED] = {OWN, 254, 0},
	[ROLE_MARKED] = {94, OWN, BOLD},
	[ROLE_CRITICAL] = {160, OWN, BOLD},
	[ROLE_WARNING] = {130, OWN, BOLD},
	[ROLE_INFO] = {26, OWN, 0},
	[ROLE_OK] = {28, OWN, 0},
	[ROLE_UNKNOWN] = {242, OWN, 0},
	[ROLE_COULD_NOT_CHECK] = {91, OWN, BOLD},
	[ROLE_BANNER] = {231, 160, BOLD},
	[ROLE_READ_ONLY] = {28, OWN, BOLD},
	[ROLE_ARMED] = {16, 214, BOLD},
	[ROLE_KEY] = {25, OWN, BOLD},
	[ROLE_MATCH] = {16, 222, 0},
	[ROLE_ADDED] = {28, OWN, 0},
	[ROLE_REMOVED] = {124, OWN, 0},
	[ROLE_COMMAND] = {94, OWN, 0},
	[ROLE_ERROR] = {160, OWN, BOLD},
	[ROLE_STALE] = {245, OWN, 0},
	[ROLE_INPUT] = {16, 254, 0},
	[ROLE_DIALOG] = {OWN, 255, 0},
	[ROLE_BUTTON] = {236, 252, 0},
	[ROLE_BUTTON_FOCUSED] = {231, 25, BOLD},
	[ROLE_BUTTON_DANGEROUS] = {231, 160, BOLD},
	[ROLE_DISABLED] = {247, OWN, 0},
	[ROLE_GAUGE] = {30, OWN, 0},
	[ROLE_GAUGE_EMPTY] = {251, OWN, 0},
	[ROLE_SCROLL] = {245, OWN, 0},
};

static const struct style *const tables[THEME_SCHEME_COUNT] = {
	[THEME_MONO] = mono,
	[THEME_8_DARK] = eight_dark,
	[THEME_8_LIGHT] = eight_light,
	[THEME_256_DARK] = many_dark,
	[THEME_256_LIGHT] = many_light,
};

void theme_init(struct theme *theme, enum theme_scheme scheme)
{
	theme->scheme = scheme;
	memcpy(theme->styles, tables[scheme], sizeof(theme->styles));
}

/* COLORFGBG is "15;0" or "15;default;0": the last number is the background; 7 and 9 to 15 are light. */
static bool is_light(const char *background, const char *colorfgbg)
{
	const char *last;
	char *end;
	long colour;

	if (background && !strcmp(background, "light"))
		return true;
	if (background && !strcmp(background, "dark"))
		return false;
	last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
	if (!last)
		return false;
	colour = strtol(last + 1, &end, 10);
	return end != last + 1 && !*end && (colour == 7 || (colour >= 9 && colour <= 15));
}

enum theme_scheme theme_choose(int colours, const char *no_color, const char *background,
			       const char *colorfgbg)
{
	bool light = is_light(background, colorfgbg);

	if (colours < 8 || (no_color && *no_color))
		return THEME_MONO;
	if (colours < 256)
		return light ? THEME_8_LIGHT : THEME_8_DARK;
	return light ? THEME_256_LIGHT : THEME_256_DARK;
}

struct style theme_style(const struct theme *theme, enum role role, enum role overlay, unsigned attributes)
{
	unsigned known = BOLD | DIM | REVERSE | UNDERLINE;
	struct style style;

	if (role >= ROLE_COUNT)
		role = ROLE_NORMAL;
	style = theme->styles[role];
	style.attributes |= (uint8_t)(attributes & known);
	if (overlay < ROLE_COUNT) {
		const struct style *over = &theme->styles[overlay];

		if (over->foreground != OWN)
			style.foreground = over->foreground;
		if (over->background != OWN)
			style.background = over->background;
		/* Dim and reversed text cannot be read, and two reversals would be none. */
		if (over->attributes & REVERSE)
			style.attributes &= (uint8_t)~DIM;
		style.attributes |= over->attributes;
	}
	return style;
}

static const char *const role_names[ROLE_COUNT] = {
#define ROLE_NAME(name, text) [ROLE_##name] = (text),
	THEME_ROLES(ROLE_NAME)
#undef ROLE_NAME
};

const char *theme_role_name(enum role role)
{
	return role < ROLE_COUNT ? role_names[role] : "none";
}

const char *theme_scheme_name(enum theme_scheme scheme)
{
	static const char *const names[THEME_SCHEME_COUNT] = {
		[THEME_MONO] = "mono",
		[THEME_8_DARK] = "8-dark",
		[THEME_8_LIGHT] = "8-light",
		[THEME_256_DARK] = "256-dark",
		[THEME_256_LIGHT] = "256-light",
	};

	return scheme < THEME_SCHEME_COUNT ? names[scheme] : "unknown";
}
