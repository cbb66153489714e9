#include "probes/runbook/redact.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

static const char mask[] = "<redacted>";

static bool is_token_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       (byte && strchr("._-+/=~:", byte));
}

static size_t token_length(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && is_token_byte(text[n]))
		n++;
	/* A full stop ends the sentence, not the token. */
	while (n && strchr(".:", text[n - 1]))
		n--;
	return n;
}

static bool starts(const char *text, size_t length, const char *prefix)
{
	size_t n = strlen(prefix);

	return length >= n && !strncasecmp(text, prefix, n);
}

/* "as 'user': token": what is taken, or 0; how much of it is kept before the mask in *ret_kept. */
static size_t login(const char *text, size_t length, struct buffer *out)
{
	const char *quote;
	size_t used;

	if (!starts(text, length, "as '"))
		return 0;
	quote = memchr(text + 4, '\'', length - 4);
	if (!quote)
		return 0;
	used = (size_t)(quote - text) + 1;
	if (used >= length || text[used] != ':')
		return 0;
	used++;
	while (used < length && text[used] == ' ')
		used++;
	buffer_addf(out, "as '%s': %s", mask, mask);
	return used + token_length(text + used, length - used);
}

static size_t prefixed(const char *text, size_t length, struct buffer *out)
{
	static const struct {
		const char *prefix;
		size_t kept;	/* bytes of the prefix that stay */
	} secrets[] = {
		{"dckr_pat_", 0}, {"dckr_jti_", 0}, {"dckr_oat_", 0}, {"Bearer ", 7}, {"Basic ", 6},
		{"eyJhbGci", 0},
	};

	for (size_t i = 0; i < array_length(secrets); i++) {
		size_t n = strlen(secrets[i].prefix);
		size_t token;

		if (!starts(text, length, secrets[i].prefix))
			continue;
		token = token_length(text + n, length - n);
		/* "Bearer realm=…" and "basic auth" are no tokens. */
		if (secrets[i].kept && (token < 16 || memchr(text + n, '=', token - 2)))
			return 0;
		buffer_add(out, text, secrets[i].kept);
		buffer_add_text(out, mask);
		return n + token;
	}
	return 0;
}

/* "://user:password@" */
static size_t userinfo(const char *text, size_t length, struct buffer *out)
{
	size_t n = 3;

	if (!starts(text, length, "://"))
		return 0;
	while (n < length && text[n] > ' ' && !strchr("/@\"'", text[n]))
		n++;
	if (n == length || text[n] != '@' || n == 3)
		return 0;
	buffer_addf(out, "://%s@", mask);
	return n + 1;
}

void text_redact(struct buffer *out, const char *text, size_t length)
{
	size_t i = 0;

	while (i < length) {
		bool is_start = !i || !is_token_byte(text[i - 1]);
		size_t used = userinfo(text + i, length - i, out);

		if (!used && is_start)
			used = login(text + i, length - i, out);
		if (!used && is_start)
			used = prefixed(text + i, length - i, out);
		if (!used)
			buffer_add_byte(out, text[i]);
		i += used ? used : 1;
	}
}
