#include "probes/kube/json_scan_text.h"

#include <string.h>

#include "probes/base/text.h"

enum { REPLACEMENT = 0xFFFD };

struct decoder {
	const char *at;
	const char *end;
	char *out;
	size_t length;
	size_t limit;
};

/* False: the limit is reached. */
static bool put(struct decoder *decoder, uint32_t code_point)
{
	char bytes[4];
	size_t n = text_encode(code_point, bytes);

	if (decoder->length + n > decoder->limit)
		return false;
	memcpy(decoder->out + decoder->length, bytes, n);
	decoder->length += n;
	return true;
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* The four digits at text; -1 where they are not four. */
static int32_t hex4(const char *text, const char *end)
{
	int32_t number = 0;

	if (end - text < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return -1;
		number = number * 16 + digit;
	}
	return number;
}

/* After "\u": -1 where it is broken. */
static int32_t unicode_escape(struct decoder *decoder)
{
	int32_t high = hex4(decoder->at, decoder->end);
	int32_t low;

	if (high < 0)
		return -1;
	decoder->at += 4;
	if (high == 0 || (high >= 0xDC00 && high <= 0xDFFF))
		return REPLACEMENT;
	if (high < 0xD800 || high > 0xDBFF)
		return high;
	if (decoder->end - decoder->at < 6 || decoder->at[0] != '\\' || decoder->at[1] != 'u')
		return REPLACEMENT;
	low = hex4(decoder->at + 2, decoder->end);
	if (low < 0xDC00 || low > 0xDFFF)
		return REPLACEMENT;
	decoder->at += 6;
	return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* At a backslash: moves past the escape; -1 where it is broken. */
static int32_t escape(struct decoder *decoder)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (decoder->end - decoder->at < 2)
		return -1;
	if (decoder->at[1] == 'u') {
		decoder->at += 2;
		return unicode_escape(decoder);
	}
	found = memchr(names, decoder->at[1], sizeof(names) - 1);
	if (!found)
		return -1;
	decoder->at += 2;
	return meanings[found - names];
}

/* Copies plain ASCII, which most strings are. */
static bool copy_plain(struct decoder *decoder)
{
	while (decoder->at < decoder->end) {
		unsigned char byte = (unsigned char)*decoder->at;

		if (byte == '\\' || byte >= 0x80 || byte == 0)
			break;
		if (decoder->length == decoder->limit)
			return false;
		decoder->out[decoder->length++] = (char)byte;
		decoder->at++;
	}
	return true;
}

int json_text_decode(const char *raw, size_t n, size_t limit, char *out, size_t *ret_length)
{
	struct decoder decoder = {.at = raw, .end = raw + n, .out = out, .limit = limit};

	while (copy_plain(&decoder) && decoder.at < decoder.end) {
		const char *start = decoder.at;
		uint32_t code_point = REPLACEMENT;

		if (*decoder.at == '\\') {
			int32_t escaped = escape(&decoder);

			if (escaped < 0) {
				*ret_length = (size_t)(start - raw);
				return -1;
			}
			code_point = (uint32_t)escaped;
		} else if (*decoder.at == '\0') {
			decoder.at++;
		} else {
			decoder.at += text_decode(decoder.at, (size_t)(decoder.end - decoder.at),
						  &code_point);
		}
		if (!put(&decoder, code_point))
			break;
	}
	*ret_length = decoder.length;
	return 0;
}

static size_t digits(const char *raw, size_t n, size_t at)
{
	size_t start = at;

	while (at < n && raw[at] >= '0' && raw[at] <= '9')
		at++;
	return at - start;
}

bool json_text_is_number(const char *raw, size_t n)
{
	size_t at = n && raw[0] == '-' ? 1 : 0;
	size_t whole = digits(raw, n, at);
	size_t more;

	if (!whole || (whole > 1 && raw[at] == '0'))
		return false;
	at += whole;
	if (at < n && raw[at] == '.') {
		more = digits(raw, n, ++at);
		if (!more)
			return false;
		at += more;
	}
	if (at < n && (raw[at] == 'e' || raw[at] == 'E')) {
		at++;
		if (at < n && (raw[at] == '+' || raw[at] == '-'))
			at++;
		more = digits(raw, n, at);
		if (!more)
			return false;
		at += more;
	}
	return at == n;
}

int json_text_int(const char *raw, size_t n, int64_t *ret_number)
{
	bool is_negative = n > 0 && raw[0] == '-';
	size_t at = is_negative ? 1 : 0;
	int64_t number = 0;

	if (at == n)
		return -1;
	for (; at < n; at++) {
		if (raw[at] < '0' || raw[at] > '9')
			return -1;
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_sub_overflow(number, raw[at] - '0', &number))
			return -1;
	}
	if (!is_negative && number == INT64_MIN)
		return -1;
	*ret_number = is_negative ? number : -number;
	return 0;
}
