#include "tests/unit/widgets/drawn.h"

#include <math.h>

#include "probes/base/err.h"
#include "widgets/theme.h"

static unsigned mono_attributes(enum role role)
{
	struct theme theme;

	theme_init(&theme, THEME_MONO);
	return theme.styles[role].attributes;
}

static void test_mono_uses_no_colour(void **state)
{
	struct theme theme;

	(void)state;
	theme_init(&theme, THEME_MONO);
	for (int role = 0; role < ROLE_COUNT; role++) {
		assert_int_equal(theme.styles[role].foreground, -1);
		assert_int_equal(theme.styles[role].background, -1);
	}
}

/* Roles that have no word or glyph of their own must differ by attributes. */
static void test_mono_shows_where_the_operator_is(void **state)
{
	static const enum role pairs[][2] = {
		{ROLE_SELECTED, ROLE_NORMAL},		{ROLE_SELECTED, ROLE_SELECTED_UNFOCUSED},
		{ROLE_SELECTED_UNFOCUSED, ROLE_NORMAL}, {ROLE_MATCH, ROLE_NORMAL},
		{ROLE_MATCH, ROLE_SELECTED},		{ROLE_TITLE, ROLE_TITLE_FOCUSED},
		{ROLE_BORDER, ROLE_BORDER_FOCUSED},	{ROLE_HEADER, ROLE_NORMAL},
		{ROLE_BUTTON, ROLE_BUTTON_FOCUSED},	{ROLE_BUTTON_FOCUSED, ROLE_BUTTON_DANGEROUS},
		{ROLE_BUTTON, ROLE_DISABLED},		{ROLE_INPUT, ROLE_NORMAL},
		{ROLE_ARMED, ROLE_READ_ONLY},		{ROLE_BANNER, ROLE_BAR},
		{ROLE_STALE, ROLE_NORMAL},		{ROLE_ERROR, ROLE_NORMAL},
		{ROLE_ADDED, ROLE_REMOVED},		{ROLE_KEY, ROLE_NORMAL},
		{ROLE_GAUGE, ROLE_GAUGE_EMPTY},		{ROLE_HEADING, ROLE_NORMAL},
	};

	(void)state;
	for (size_t i = 0; i < array_length(pairs); i++)
		assert_int_not_equal(mono_attributes(pairs[i][0]), mono_attributes(pairs[i][1]));
}

/* What the cluster says has a glyph of its own in both sets. */
static void test_severities_have_their_own_glyphs(void **state)
{
	static const enum glyph glyphs[] = {
		GLYPH_CRITICAL, GLYPH_WARNING,	       GLYPH_INFO,	     GLYPH_OK,
		GLYPH_UNKNOWN,	GLYPH_COULD_NOT_CHECK, GLYPH_NOT_APPLICABLE,
	};

	(void)state;
	for (int set = GLYPHS_ASCII; set <= GLYPHS_UTF8; set++) {
		for (size_t i = 0; i < array_length(glyphs); i++) {
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(glyph_code((enum glyph_set)set, glyphs[i]),
						     glyph_code((enum glyph_set)set, glyphs[j]));
		}
	}
}

static void test_every_glyph_takes_one_cell(void **state)
{
	(void)state;
	for (int glyph = 0; glyph < GLYPH_COUNT; glyph++) {
		uint32_t c;

		assert_true(glyph_code(GLYPHS_ASCII, (enum glyph)glyph) < 0x7F);
		assert_int_equal(text_cell_width(glyph_code(GLYPHS_UTF8, (enum glyph)glyph)), 1);
		assert_int_equal(text_width(glyph_text(GLYPHS_UTF8, (enum glyph)glyph)), 1);
		text_decode(glyph_text(GLYPHS_UTF8, (enum glyph)glyph),
			    strlen(glyph_text(GLYPHS_UTF8, (enum glyph)glyph)), &c);
		assert_int_equal(c, glyph_code(GLYPHS_UTF8, (enum glyph)glyph));
	}
}

static void test_eight_colours_stay_below_eight(void **state)
{
	static const enum theme_scheme schemes[] = {THEME_8_DARK, THEME_8_LIGHT};

	(void)state;
	for (size_t i = 0; i < array_length(schemes); i++) {
		struct theme theme;

		theme_init(&theme, schemes[i]);
		for (int role = 0; role < ROLE_COUNT; role++) {
			assert_in_range(theme.styles[role].foreground + 1, 0, 8);
			assert_in_range(theme.styles[role].background + 1, 0, 8);
		}
		assert_int_equal(theme.styles[ROLE_NORMAL].foreground, -1);
	}
}

/* Relative luminance of a palette index of 16 and above, after WCAG 2. */
static double channel(int value)
{
	double c = value / 255.0;

	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(int colour)
{
	static const int levels[] = {0, 95, 135, 175, 215, 255};
	int red;
	int green;
	int blue;

	if (colour >= 232) {
		red = green = blue = 8 + 10 * (colour - 232);
	} else {
		red = levels[(colour - 16) / 36];
		green = levels[(colour - 16) / 6 % 6];
		blue = levels[(colour - 16) % 6];
	}
	return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
}

static double contrast(double a, double b)
{
	return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

static void assert_readable(enum theme_scheme scheme, double terminal_background, double terminal_foreground)
{
	static const enum role texts[] = {
		ROLE_NORMAL,	ROLE_DIM,    ROLE_STRONG,  ROLE_HEADING, ROLE_TITLE,   ROLE_TITLE_FOCUSED,
		ROLE_HEADER,	ROLE_BAR,    ROLE_MARKED,  ROLE_CRITICAL, ROLE_WARNING, ROLE_INFO,
		ROLE_OK,	ROLE_UNKNOWN, ROLE_COULD_NOT_CHECK, ROLE_BANNER, ROLE_READ_ONLY, ROLE_ARMED,
		ROLE_KEY,	ROLE_MATCH,  ROLE_ADDED,   ROLE_REMOVED, ROLE_COMMAND, ROLE_ERROR,
		ROLE_INPUT,	ROLE_BUTTON, ROLE_BUTTON_FOCUSED, ROLE_BUTTON_DANGEROUS,
	};
	static const enum role overlays[] = {ROLE_NONE, ROLE_SELECTED, ROLE_SELECTED_UNFOCUSED, ROLE_DIALOG,
					     ROLE_MATCH};
	struct theme theme;

	theme_init(&theme, scheme);
	for (size_t i = 0; i < array_length(texts); i++) {
		for (size_t j = 0; j < array_length(overlays); j++) {
			struct style style = theme_style(&theme, texts[i], overlays[j], 0);
			double text = terminal_foreground;
			double ground = terminal_background;

			if (style.foreground >= 0)
				text = luminance(style.foreground);
			if (style.background >= 0)
				ground = luminance(style.background);
			/* A role with a ground of its own is never drawn in a selected row. */
			if (theme.styles[texts[i]].background >= 0 && overlays[j] != ROLE_NONE)
				continue;
			if (contrast(text, ground) < 3.0)
				fail_msg("%s: %s under %s has a contrast of %.1f", theme_scheme_name(scheme),
					 theme_role_name(texts[i]), theme_role_name(overlays[j]),
					 contrast(text, ground));
		}
	}
}

static void test_text_can_be_read(void **state)
{
	(void)state;
	assert_readable(THEME_256_DARK, luminance(234), luminance(252));
	assert_readable(THEME_256_DARK, luminance(16), luminance(250));
	assert_readable(THEME_256_LIGHT, luminance(231), luminance(235));
}

static void test_scheme_follows_terminal_and_environment(void **state)
{
	(void)state;
	assert_int_equal(theme_choose(0, NULL, NULL, NULL), THEME_MONO);
	assert_int_equal(theme_choose(-1, NULL, NULL, NULL), THEME_MONO);
	assert_int_equal(theme_choose(256, "1", NULL, NULL), THEME_MONO);
	assert_int_equal(theme_choose(256, "", NULL, NULL), THEME_256_DARK);
	assert_int_equal(theme_choose(8, NULL, NULL, NULL), THEME_8_DARK);
	assert_int_equal(theme_choose(16, NULL, "light", NULL), THEME_8_LIGHT);
	assert_int_equal(theme_choose(256, NULL, NULL, "0;15"), THEME_256_LIGHT);
	assert_int_equal(theme_choose(256, NULL, NULL, "15;default;0"), THEME_256_DARK);
	assert_int_equal(theme_choose(256, NULL, "dark", "0;15"), THEME_256_DARK);
	assert_int_equal(theme_choose(256, NULL, "auto", "0;x"), THEME_256_DARK);
}

static void test_overlay_keeps_the_colour_of_the_text(void **state)
{
	struct theme theme;
	struct style style;

	(void)state;
	theme_init(&theme, THEME_256_DARK);
	style = theme_style(&theme, ROLE_CRITICAL, ROLE_SELECTED, ATTRIBUTE_UNDERLINE | 0x80);
	assert_int_equal(style.foreground, theme.styles[ROLE_CRITICAL].foreground);
	assert_int_equal(style.background, theme.styles[ROLE_SELECTED].background);
	assert_int_equal(style.attributes, ATTRIBUTE_BOLD | ATTRIBUTE_UNDERLINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mono_uses_no_colour),
		cmocka_unit_test(test_mono_shows_where_the_operator_is),
		cmocka_unit_test(test_severities_have_their_own_glyphs),
		cmocka_unit_test(test_every_glyph_takes_one_cell),
		cmocka_unit_test(test_eight_colours_stay_below_eight),
		cmocka_unit_test(test_text_can_be_read),
		cmocka_unit_test(test_scheme_follows_terminal_and_environment),
		cmocka_unit_test(test_overlay_keeps_the_colour_of_the_text),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
