#include "probes/kube/json_scan_span.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

void json_span_start(struct json_span *span)
{
	*span = (struct json_span){0};
}

/* One byte outside of strings that may be a bracket. */
static void count_bracket(struct json_span *span, char byte)
{
	if (byte == '{' || byte == '[') {
		if (++span->depth > JSON_DEPTH_MAX)
			span->too_deep = true;
	} else if (byte == '}' || byte == ']') {
		if (--span->depth <= 0)
			span->done = true;
	}
}

size_t json_span_feed_plainly(struct json_span *span, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char byte = bytes[i];

		if (span->escaped)
			span->escaped = false;
		else if (byte == '\\')
			span->escaped = true;
		else if (byte == '"')
			span->in_string = ~span->in_string;
		else if (!span->in_string)
			count_bracket(span, byte);
		if (span->done || span->too_deep)
			return i + 1;
	}
	return n;
}

#ifdef __SSE2__

/* Bit i of each mask is about byte i of the block. */
struct block_masks {
	uint64_t quotes;
	uint64_t backslashes;
	uint64_t opening;
	uint64_t closing;
};

static uint64_t equal_bytes(const __m128i parts[4], char byte)
{
	const __m128i wanted = _mm_set1_epi8(byte);
	uint64_t mask = 0;

	for (int i = 3; i >= 0; i--)
		mask = mask << 16 | (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(parts[i], wanted));
	return mask;
}

static void read_block(const char *bytes, struct block_masks *masks)
{
	const __m128i fold = _mm_set1_epi8(0x20); /* '[' becomes '{', ']' becomes '}' */
	__m128i parts[4];

	for (int i = 0; i < 4; i++)
		parts[i] = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i));
	masks->quotes = equal_bytes(parts, '"');
	masks->backslashes = equal_bytes(parts, '\\');
	for (int i = 0; i < 4; i++)
		parts[i] = _mm_or_si128(parts[i], fold);
	masks->opening = equal_bytes(parts, '{');
	masks->closing = equal_bytes(parts, '}');
}

/* The bytes of a block that follow an unescaped backslash. */
static uint64_t find_escaped(struct json_span *span, uint64_t backslashes)
{
	uint64_t escaped = span->escaped;

	span->escaped = false;
	backslashes &= ~escaped;
	while (backslashes) {
		int at = __builtin_ctzll(backslashes);

		if (at == BLOCK - 1) {
			span->escaped = true;
			break;
		}
		escaped |= 2ULL << at;
		backslashes &= ~(3ULL << at);
	}
	return escaped;
}

/* Each bit becomes the parity of the bits up to it: from quotes to the insides of strings. */
static uint64_t parity_so_far(uint64_t bits)
{
	for (int shift = 1; shift < BLOCK; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

/* False: the span may end, or go too deep, within the block; nothing was taken. */
static bool take_block(struct json_span *span, const char *bytes)
{
	struct json_span next = *span;
	struct block_masks masks;
	uint64_t inside;
	int opened;
	int closed;

	read_block(bytes, &masks);
	if (masks.backslashes || span->escaped) {
		uint64_t plain = ~find_escaped(&next, masks.backslashes);

		masks.quotes &= plain;
		masks.opening &= plain;
		masks.closing &= plain;
	}
	inside = parity_so_far(masks.quotes) ^ span->in_string;
	opened = __builtin_popcountll(masks.opening & ~inside);
	closed = __builtin_popcountll(masks.closing & ~inside);
	if (closed >= span->depth || span->depth + opened > JSON_DEPTH_MAX)
		return false;
	next.depth += opened - closed;
	next.in_string = (uint64_t)((int64_t)inside >> 63);
	*span = next;
	return true;
}

size_t json_span_feed(struct json_span *span, const char *bytes, size_t n)
{
	size_t at = 0;

	while (n - at >= BLOCK) {
		if (take_block(span, bytes + at)) {
			at += BLOCK;
			continue;
		}
		at += json_span_feed_plainly(span, bytes + at, BLOCK);
		if (span->done || span->too_deep)
			return at;
	}
	return at + json_span_feed_plainly(span, bytes + at, n - at);
}

#else

size_t json_span_feed(struct json_span *span, const char *bytes, size_t n)
{
	return json_span_feed_plainly(span, bytes, n);
}

#endif

const char *json_string_end(const char *at, const char *end)
{
	const char *start = at;

	for (;;) {
		const char *quote = memchr(at, '"', (size_t)(end - at));
		size_t backslashes = 0;

		if (!quote)
			return NULL;
		while (quote - backslashes > start && quote[-1 - (ptrdiff_t)backslashes] == '\\')
			backslashes++;
		if (backslashes % 2 == 0)
			return quote;
		at = quote + 1;
	}
}
