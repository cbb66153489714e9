#include "widgets/glyph.h"

#include <stddef.h>

static const uint32_t codes[GLYPH_COUNT][2] = {
#define GLYPH_CODES(name, utf8, ascii) [GLYPH_##name] = {(ascii), (utf8)},
	GLYPHS(GLYPH_CODES)
#undef GLYPH_CODES
};

/* Room for every glyph of both sets in UTF-8: three bytes reach to U+FFFF. */
#define UTF8_BYTES(c) \
	{ \
		(char)((c) < 0x80 ? (c) : (c) < 0x800 ? 0xC0 | (c) >> 6 : 0xE0 | (c) >> 12), \
		(char)((c) < 0x80 ? 0 : (c) < 0x800 ? 0x80 | ((c)&0x3F) : 0x80 | ((c) >> 6 & 0x3F)), \
		(char)((c) < 0x800 ? 0 : 0x80 | ((c)&0x3F)), 0 \
	}

static const char texts[GLYPH_COUNT][2][4] = {
#define GLYPH_TEXTS(name, utf8, ascii) [GLYPH_##name] = {UTF8_BYTES(ascii), UTF8_BYTES(utf8)},
	GLYPHS(GLYPH_TEXTS)
#undef GLYPH_TEXTS
};

uint32_t glyph_code(enum glyph_set set, enum glyph glyph)
{
	return codes[glyph][set == GLYPHS_UTF8];
}

const char *glyph_text(enum glyph_set set, enum glyph glyph)
{
	return texts[glyph][set == GLYPHS_UTF8];
}
