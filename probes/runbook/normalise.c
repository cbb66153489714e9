#include <string.h>

#include "probes/base/text.h"
#include "probes/runbook/pattern.h"

/* Where a terminal's escape sequence has got to. */
enum escape { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI, ESCAPE_STRING };

struct folding {
	struct buffer *out;
	bool blank;	/* a blank is due before the next character */
	size_t column;	/* of the line, counted in characters */
	size_t widest;	/* the longest line so far */
	size_t width;	/* a line of this length goes on in the next one, word and all; 0: every break is a blank */
	bool after_break;	/* nothing but indentation came since a line went on */
	enum escape escape;
};

/* Takes the byte when it belongs to an escape sequence (colours of a log, a terminal's title). */
static bool is_escape(struct folding *folding, unsigned char byte)
{
	switch (folding->escape) {
	case ESCAPE_NONE:
		if (byte != 0x1b)
			return false;
		folding->escape = ESCAPE_BEGUN;
		return true;
	case ESCAPE_BEGUN:
		if (byte >= 0x20 && byte < 0x30)
			return true;
		folding->escape = byte == '[' ? ESCAPE_CSI : byte == ']' ? ESCAPE_STRING : ESCAPE_NONE;
		return byte >= ' ' && byte < 0x7f;
	case ESCAPE_CSI:
		if (byte >= 0x20 && byte < 0x40)
			return true;
		folding->escape = ESCAPE_NONE;
		return byte >= 0x40 && byte < 0x7f;
	case ESCAPE_STRING:
		if (byte == 0x07 || byte == '\n')
			folding->escape = ESCAPE_NONE;
		else if (byte == 0x1b)
			folding->escape = ESCAPE_BEGUN;
		return true;
	}
	return false;
}

static void break_line(struct folding *folding)
{
	folding->after_break = folding->width && folding->column == folding->width;
	folding->blank = folding->blank || !folding->after_break;
	if (folding->column > folding->widest)
		folding->widest = folding->column;
	folding->column = 0;
}

/* One blank after a break is the text's own, more are indentation. */
static void blank(struct folding *folding)
{
	folding->column++;
	folding->blank = !folding->after_break || folding->column == 1;
}

static void put(struct folding *folding, const char *bytes, size_t length)
{
	if (folding->blank && folding->out->length)
		buffer_add_byte(folding->out, ' ');
	folding->blank = false;
	folding->after_break = false;
	folding->column++;
	buffer_add(folding->out, bytes, length);
}

static void fold(struct folding *folding, char byte)
{
	if (is_escape(folding, (unsigned char)byte))
		return;
	if (byte == '\r')
		folding->blank = folding->blank || !folding->width;
	else if (byte == '\n')
		break_line(folding);
	else if ((unsigned char)byte <= ' ' || byte == 0x7f)
		blank(folding);
	else
		put(folding, &byte, 1);
}

/* Seen by nobody: soft hyphen, zero width, direction marks, byte order mark. */
static bool is_invisible(uint32_t code_point)
{
	return code_point == 0xad || (code_point >= 0x200b && code_point <= 0x200f) ||
	       (code_point >= 0x202a && code_point <= 0x202e) || (code_point >= 0x2060 && code_point <= 0x2064) ||
	       code_point == 0xfeff;
}

/* What word processors and East Asian keyboards make of ASCII; 0: none of these. */
static char plain(uint32_t code_point)
{
	if (code_point >= 0xff01 && code_point <= 0xff5e)
		return (char)(code_point - 0xff01 + '!');
	if (code_point == 0xa0 || code_point == 0x3000 || code_point == 0x202f ||
	    (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 || code_point == 0x2029)
		return ' ';
	if (code_point >= 0x2010 && code_point <= 0x2013)
		return '-';
	if (code_point >= 0x2018 && code_point <= 0x201b)
		return '\'';
	return code_point >= 0x201c && code_point <= 0x201f ? '"' : 0;
}

/* Bytes taken. A byte that is no UTF-8 becomes a question mark, for no dot would match it. */
static size_t fold_wide(struct folding *folding, const char *text, size_t left)
{
	uint32_t code_point;
	size_t length = text_decode(text, left, &code_point);

	if (length == 1)
		put(folding, "?", 1);
	else if (plain(code_point))
		fold(folding, plain(code_point));
	else if (!is_invisible(code_point))
		put(folding, text, length);
	return length;
}

/* The value of digits in a base, or -1 where one is none. */
static int number_at(const char *at, size_t digits, int base)
{
	int value = 0;

	for (size_t i = 0; i < digits; i++) {
		const char *all = "0123456789abcdef";
		const char *digit = at[i] ? strchr(all, at[i] | 0x20) : NULL;

		if (!digit || digit - all >= base)
			return -1;
		value = value * base + (int)(digit - all);
	}
	return value;
}

/*
 * The ASCII character of \u00XX (Go escapes <, > and & so), \x1b or \033 (a
 * terminal's escape), and how many bytes it takes; else -1.
 */
static int escaped_ascii(const char *at, size_t left, size_t *ret_length)
{
	int value = -1;

	if (left >= 5 && at[0] == 'u' && at[1] == '0' && at[2] == '0') {
		value = number_at(at + 3, 2, 16);
		*ret_length = 5;
	} else if (left >= 3 && at[0] == 'x') {
		value = number_at(at + 1, 2, 16);
		*ret_length = 3;
	} else if (left >= 3 && !strncmp(at, "033", 3)) {
		value = 0x1b;
		*ret_length = 3;
	}
	return value < 0x80 ? value : -1;
}

/* &quot; and its like, of a ticket that came through a web page; else 0. */
static char entity(const char *at, size_t left, size_t *ret_length)
{
	static const struct {
		const char *name;
		char byte;
	} entities[] = {{"&quot;", '"'}, {"&#34;", '"'}, {"&#39;", '\''}, {"&amp;", '&'}, {"&lt;", '<'},
			{"&gt;", '>'}, {"&nbsp;", ' '}};

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		*ret_length = strlen(entities[i].name);
		if (left >= *ret_length && !strncmp(at, entities[i].name, *ret_length))
			return entities[i].byte;
	}
	return 0;
}

/* One character after its backslashes; how many bytes it took. */
static size_t fold_one(struct folding *folding, const char *at, size_t left, bool is_escaped)
{
	size_t length = 1;
	int ascii = is_escaped ? escaped_ascii(at, left, &length) : -1;

	if (ascii >= 0) {
		fold(folding, (char)ascii);
		return length;
	}
	if (is_escaped && *at && strchr("nrt", *at)) {
		folding->column -= *at == 'n';
		fold(folding, *at == 't' ? ' ' : '\n');
		return 1;
	}
	if ((unsigned char)*at >= 0x80)
		return fold_wide(folding, at, left);
	if (*at == '&' && entity(at, left, &length)) {
		fold(folding, entity(at, left, &length));
		return length;
	}
	fold(folding, *at);
	return 1;
}

static void normalise(struct folding *folding, const char *text, size_t length)
{
	for (size_t i = 0; i < length && !folding->out->overflowed;) {
		size_t backslash = i;

		while (i < length && text[i] == '\\')
			i++;
		if (i == length)
			return;
		folding->column += i - backslash;
		i += fold_one(folding, text + i, length - i, i > backslash);
	}
}

void text_normalise(struct buffer *out, const char *text, size_t length)
{
	struct folding folding = {.out = out};

	normalise(&folding, text, length);
}

/* Two readings: the first tells how wide the terminal was. */
void text_normalise_joined(struct buffer *out, const char *text, size_t length)
{
	struct folding folding = {.out = out};

	normalise(&folding, text, length);
	if (!folding.widest)
		return;
	buffer_clear(out);
	folding = (struct folding){.out = out, .width = folding.widest};
	normalise(&folding, text, length);
}
