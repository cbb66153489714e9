#include <string.h>
#include <strings.h>
#include <time.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/http_private.h"
#include "probes/net/loop_private.h"

/* Seconds or a date (RFC 9110, 10.2.3). A date far ahead is cut like any other. */
static int64_t retry_after(const char *value)
{
	char *end;
	long long seconds = strtoll(value, &end, 10);

	if (end == value || *end) {
		time_t when = curl_getdate(value, NULL);

		if (when < 0)
			return -1;
		seconds = (long long)when - clock_wall();
	}
	if (seconds < 0)
		return 0;
	return seconds > HTTP_RETRY_AFTER_MAXIMUM_MS / 1000 ? HTTP_RETRY_AFTER_MAXIMUM_MS : seconds * 1000;
}

/* "299 - \"text\"": the quoted text without its escapes (RFC 7234, 5.5), a line each. */
static void add_warning(struct buffer *out, const char *value)
{
	const char *quote = strchr(value, '"');

	if (out->length)
		buffer_add_byte(out, '\n');
	if (!quote) {
		buffer_add_text(out, value);
		return;
	}
	for (const char *at = quote + 1; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		buffer_add_byte(out, *at);
	}
}

static void replace(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

static void take_header(struct http_slot *slot, const char *name, const char *value)
{
	if (!strcasecmp(name, "content-type"))
		replace(&slot->content_type, value);
	else if (!strcasecmp(name, "audit-id"))
		replace(&slot->audit_id, value);
	else if (!strcasecmp(name, "www-authenticate"))
		replace(&slot->challenge, value);
	else if (!strcasecmp(name, "retry-after"))
		slot->retry_after_ms = retry_after(value);
	else if (!strcasecmp(name, "warning"))
		add_warning(&slot->warnings, value);
}

/* A status line begins an answer; what an earlier, interim one (100) said is forgotten. */
static void begin_answer(struct http_slot *slot)
{
	replace(&slot->content_type, "");
	replace(&slot->audit_id, "");
	replace(&slot->challenge, "");
	slot->retry_after_ms = -1;
	buffer_clear(&slot->warnings);
}

static void end_headers(struct http_slot *slot)
{
	long status = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200 || slot->status)
		return;		/* an interim answer, or trailers */
	slot->status = status;
	if (status > 299) {
		slot->on_body = NULL;
		if (slot->body_maximum > HTTP_FAILED_BODY_MAXIMUM)
			slot->body.maximum = HTTP_FAILED_BODY_MAXIMUM;
		return;
	}
	if (!slot->on_head || slot->cancelled)
		return;
	slot->loop->callbacks++;
	slot->on_head(slot->data, status, slot->content_type ? slot->content_type : "");
}

static void header_line(struct http_slot *slot, char *line)
{
	char *colon = strchr(line, ':');
	char *value;

	line[strcspn(line, "\r\n")] = '\0';
	if (!*line) {
		end_headers(slot);
		return;
	}
	if (!strncmp(line, "HTTP/", 5)) {
		begin_answer(slot);
		return;
	}
	if (!colon || slot->status)
		return;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	take_header(slot, line, value);
}

size_t http_on_header(char *bytes, size_t size, size_t n, void *data)
{
	struct http_slot *slot = data;
	size_t length = size * n;
	auto_free char *line = NULL;

	slot->last_byte_ms = clock_monotonic_ms();
	slot->header_bytes += length;
	if (slot->cancelled || slot->header_bytes > HTTP_HEADERS_MAXIMUM) {
		slot->headers_too_long = !slot->cancelled;
		return 0;
	}
	line = xstrndup(bytes, length);
	header_line(slot, line);
	return slot->cancelled ? 0 : length;
}

size_t http_on_bytes(char *bytes, size_t size, size_t n, void *data)
{
	struct http_slot *slot = data;
	size_t length = size * n;

	slot->last_byte_ms = clock_monotonic_ms();
	if (slot->cancelled)
		return 0;
	if (slot->on_body) {
		slot->loop->callbacks++;
		if (slot->on_body(slot->data, bytes, length) < 0)
			slot->aborted = true;
		return slot->aborted || slot->cancelled ? 0 : length;
	}
	if (buffer_add(&slot->body, bytes, length) == 0)
		return length;
	slot->body_too_long = true;
	return 0;
}
