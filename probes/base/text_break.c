/* Where a line of shown text may be broken: the rules of Korean and Japanese beside those of blanks. */
#include "probes/base/text.h"

#include "probes/base/memory.h"

/* Kana and Han are written without blanks; Hangul has them and is broken there. */
static bool is_unspaced(uint32_t c)
{
	return (c >= 0x3001 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
	       (c >= 0xFF01 && c <= 0xFF60) || (c >= 0x20000 && c <= 0x3FFFF);
}

static bool is_one_of(uint32_t c, const uint32_t *of, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (of[i] == c)
			return true;
	}
	return false;
}

/* Closing marks, small kana and the long sound (JIS X 4051); quotes do not tell which end they are. */
static bool may_begin_row(uint32_t c)
{
	static const uint32_t never[] = {
		0x3001, 0x3002, 0x3005, 0x3009, 0x300B, 0x300D, 0x300F, 0x3011, 0x3015, 0x301C, 0x3041, 0x3043,
		0x3045, 0x3047, 0x3049, 0x3063, 0x3083, 0x3085, 0x3087, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9,
		0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x30FB, 0x30FC, 0xFF01, 0xFF09, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B,
		0xFF1F, 0xFF3D, 0xFF5D, 0x2019, 0x201D, 0x2026, ')',	 ']',	 '}',	 ',',	 '.',	 ':',
		';',	'!',	'?',	'"',	'\'',	'/',	'%',
	};

	return !is_one_of(c, never, array_length(never));
}

static bool may_end_row(uint32_t c)
{
	static const uint32_t never[] = {
		0x3008, 0x300A, 0x300C, 0x300E, 0x3010, 0x3014, 0xFF08, 0xFF3B,
		0xFF5B, 0x2018, 0x201C, '(',	'[',	'{',	'"',	'\'',
	};

	return !is_one_of(c, never, array_length(never));
}

bool text_may_break(uint32_t before, uint32_t after)
{
	if (before == ' ' || after == ' ')
		return true;
	return (is_unspaced(before) || is_unspaced(after)) && may_end_row(before) && may_begin_row(after);
}
