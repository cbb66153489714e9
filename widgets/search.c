#include "widgets/search.h"

#include <stdint.h>
#include <string.h>
#include <wctype.h>

#include "probes/base/text.h"

static uint32_t folded(uint32_t c)
{
	return c < 0x80 ? (c >= 'A' && c <= 'Z' ? c + 32 : c) : (uint32_t)towlower((wint_t)c);
}

/* Bytes of text that match the whole needle at its start, or 0. */
static size_t match_here(const char *text, size_t text_length, const char *needle, size_t needle_length)
{
	size_t at = 0;
	size_t in_needle = 0;

	while (in_needle < needle_length) {
		uint32_t a;
		uint32_t b;

		if (at >= text_length)
			return 0;
		at += text_decode(text + at, text_length - at, &a);
		in_needle += text_decode(needle + in_needle, needle_length - in_needle, &b);
		if (folded(a) != folded(b))
			return 0;
	}
	return at;
}

ptrdiff_t search_find(const char *text, size_t from, const char *needle, size_t *ret_length)
{
	size_t text_length = strlen(text);
	size_t needle_length = strlen(needle);

	if (!needle_length)
		return -1;
	for (size_t at = from; at < text_length;) {
		uint32_t c;
		size_t length = match_here(text + at, text_length - at, needle, needle_length);

		if (length) {
			if (ret_length)
				*ret_length = length;
			return (ptrdiff_t)at;
		}
		at += text_decode(text + at, text_length - at, &c);
	}
	return -1;
}

bool search_matches(const char *text, const char *needle)
{
	return search_find(text, 0, needle, NULL) >= 0;
}
