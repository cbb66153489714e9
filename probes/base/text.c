#include "probes/base/text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "probes/base/buffer.h"

enum { MOST_COMBINING_MARKS = 2, REPLACEMENT = 0xFFFD };

bool text_init(void)
{
	if (setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8"))
		return true;
	setlocale(LC_CTYPE, "C.UTF-8");
	return false;
}

/* Length that a first byte announces, its payload bits, and the least value allowed; 0 = no first byte. */
static size_t sequence_length(unsigned char first, uint32_t *ret_bits, uint32_t *ret_least)
{
	if (first < 0x80) {
		*ret_bits = first;
		*ret_least = 0;
		return 1;
	}
	if (first >= 0xC2 && first <= 0xDF) {
		*ret_bits = first & 0x1FU;
		*ret_least = 0x80;
		return 2;
	}
	if (first >= 0xE0 && first <= 0xEF) {
		*ret_bits = first & 0x0FU;
		*ret_least = 0x800;
		return 3;
	}
	if (first >= 0xF0 && first <= 0xF4) {
		*ret_bits = first & 0x07U;
		*ret_least = 0x10000;
		return 4;
	}
	return 0;
}

static bool is_invalid_code_point(uint32_t code_point, uint32_t least)
{
	return code_point < least || code_point > 0x10FFFF ||
	       (code_point >= 0xD800 && code_point <= 0xDFFF);
}

size_t text_decode(const char *bytes, size_t n, uint32_t *ret_code_point)
{
	uint32_t code_point = 0;
	uint32_t least = 0;
	size_t length = sequence_length((unsigned char)bytes[0], &code_point, &least);

	*ret_code_point = REPLACEMENT;
	if (!length || length > n)
		return 1;
	for (size_t i = 1; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if ((byte & 0xC0) != 0x80)
			return 1;
		code_point = code_point << 6 | (byte & 0x3FU);
	}
	if (is_invalid_code_point(code_point, least))
		return 1;
	*ret_code_point = code_point;
	return length;
}

size_t text_encode(uint32_t code_point, char out[4])
{
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		out[0] = (char)(0xC0 | code_point >> 6);
		out[1] = (char)(0x80 | (code_point & 0x3F));
		return 2;
	}
	if (code_point < 0x10000) {
		out[0] = (char)(0xE0 | code_point >> 12);
		out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
		out[2] = (char)(0x80 | (code_point & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | code_point >> 18);
	out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
	out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
	out[3] = (char)(0x80 | (code_point & 0x3F));
	return 4;
}

/*
 * What a terminal would obey or hide instead of showing: Unicode categories
 * Cc, Cf, Zl, Zp, Co, variation selectors and tags (tech.md d).
 */
static bool is_dangerous(uint32_t c)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = {
		{0x00, 0x1F},	  {0x7F, 0x9F},	      {0xAD, 0xAD},	  {0x34F, 0x34F},
		{0x600, 0x605},	  {0x61C, 0x61C},     {0x6DD, 0x6DD},	  {0x70F, 0x70F},
		{0x115F, 0x1160}, {0x17B4, 0x17B5},   {0x180B, 0x180F},	  {0x200B, 0x200F},
		{0x2028, 0x202E}, {0x2060, 0x206F},   {0x3164, 0x3164},	  {0xE000, 0xF8FF},
		{0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},	  {0xFFF0, 0xFFFB},
		{0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

static void show_escape(struct buffer *out, uint32_t c)
{
	if (c == '\n')
		buffer_add_text(out, "\\n");
	else if (c == '\r')
		buffer_add_text(out, "\\r");
	else if (c < 0x80)
		buffer_addf(out, "\\x%02x", (unsigned)c);
	else if (c < 0x10000)
		buffer_addf(out, "\\u%04x", (unsigned)c);
	else
		buffer_addf(out, "\\U%08x", (unsigned)c);
}

static void show(struct buffer *out, const char *bytes, size_t n, bool keep_lines)
{
	int marks = 0;

	for (size_t at = 0; at < n;) {
		uint32_t c;
		size_t length = text_decode(bytes + at, n - at, &c);
		bool is_mark = c >= 0x300 && wcwidth((wchar_t)c) == 0;

		if (c == REPLACEMENT && length == 1) {
			buffer_addf(out, "\\x%02x", (unsigned)(unsigned char)bytes[at]);
		} else if (c == '\t') {
			buffer_add_byte(out, ' ');
		} else if (c == '\n' && keep_lines) {
			buffer_add_byte(out, '\n');
		} else if (c == '\r' && keep_lines && at + 1 < n && bytes[at + 1] == '\n') {
			/* the line break follows */
		} else if (is_dangerous(c)) {
			show_escape(out, c);
		} else if (!is_mark || marks < MOST_COMBINING_MARKS) {
			buffer_add(out, bytes + at, length);
		}
		marks = is_mark ? marks + 1 : 0;
		at += length;
	}
}

void text_show(struct buffer *out, const char *bytes, size_t n)
{
	show(out, bytes, n, false);
}

void text_show_lines(struct buffer *out, const char *bytes, size_t n)
{
	show(out, bytes, n, true);
}

int text_cell_width(uint32_t code_point)
{
	int width;

	if (code_point >= 0x20 && code_point < 0x7F)
		return 1;
	width = wcwidth((wchar_t)code_point);
	return width < 0 ? 1 : width;
}

size_t text_fit(const char *shown, int cells, int *ret_used)
{
	size_t n = strlen(shown);
	size_t at = 0;
	int used = 0;

	while (at < n) {
		uint32_t c;
		size_t length = text_decode(shown + at, n - at, &c);
		int width = text_cell_width(c);

		if (used + width > cells)
			break;
		used += width;
		at += length;
	}
	if (ret_used)
		*ret_used = used;
	return at;
}

int text_width(const char *shown)
{
	int used;

	text_fit(shown, 1 << 30, &used);
	return used;
}
