#include "probes/kube/client_path.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"

char *kube_escape(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	struct buffer out = BUFFER_INIT(3 * strlen(text));

	/* A segment of dots alone would be a step in the path. */
	if (!strcmp(text, ".") || !strcmp(text, ".."))
		return xstrdup(text[1] ? "%2E%2E" : "%2E");
	for (const char *at = text; *at; at++) {
		if (strchr(plain, *at))
			buffer_add_byte(&out, *at);
		else
			buffer_addf(&out, "%%%02X", (unsigned int)(unsigned char)*at);
	}
	return buffer_detach(&out);
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, digit >= 'A' && digit <= 'F' ? digit - 'A' + 'a' : digit)
	: NULL;

	return found ? (int)(found - digits) : -1;
}

/* In place. -1: a "%" that escapes nothing, or a NUL. */
static int decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		int high;
		int low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_digit(from[1]);
		low = high < 0 ? -1 : hex_digit(from[2]);
		if (low < 0 || (high == 0 && low == 0))
			return -1;
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return 0;
}

static bool has_other_bytes(const char *path)
{
	for (const char *at = path; *at; at++) {
		if (*at <= 0x20 || *at > 0x7e || strchr("#\\\"<>^`{|}", *at))
			return true;
	}
	return false;
}

static int split(struct client_path *parsed)
{
	char *rest = parsed->text + 1;
	char *segment;

	while ((segment = strsep(&rest, "/")) != NULL) {
		bool last = !rest;

		if (!*segment && last)
			break;
		if (!*segment || !strcmp(segment, ".") || !strcmp(segment, "..") ||
		    parsed->count == PATH_SEGMENTS)
			return -1;
		parsed->segments[parsed->count++] = segment;
	}
	return 0;
}

static bool is_of_namespace(const char *segment)
{
	return !strcmp(segment, "status") || !strcmp(segment, "finalize");
}

/*
 * /api/VERSION/..., /apis/GROUP/VERSION/..., then
 * [namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE[/...]]]
 */
static void find_resource(struct client_path *parsed)
{
	char **at = parsed->segments;
	int left = parsed->count;
	int head = left > 0 && !strcmp(at[0], "api") ? 2 : left > 0 && !strcmp(at[0], "apis") ? 3 : left;

	parsed->resource = parsed->name = parsed->subresource = "";
	parsed->rest = parsed->segments + parsed->count;
	if (left <= head)
		return;
	at += head;
	left -= head;
	if (left >= 3 && !strcmp(at[0], "namespaces") && !is_of_namespace(at[2])) {
		at += 2;
		left -= 2;
	}
	parsed->resource = at[0];
	parsed->name = left > 1 ? at[1] : "";
	parsed->subresource = left > 2 ? at[2] : "";
	if (left > 3)
		parsed->rest = at + 3;
}

int client_path_parse(const char *path, struct client_path *ret_parsed, struct err *err)
{
	struct client_path parsed = {0};

	parsed.text = xstrndup(path, strcspn(path, "?"));
	if (*path != '/' || has_other_bytes(path) || decode(parsed.text) < 0 || split(&parsed) < 0) {
		client_path_release(&parsed);
		return err_set(err, ERR_REFUSED, "{path} is no path of the Kubernetes API", "path", path,
			       NULL);
	}
	find_resource(&parsed);
	*ret_parsed = parsed;
	return 0;
}

void client_path_release(struct client_path *parsed)
{
	free(parsed->text);
	*parsed = (struct client_path){0};
}

bool client_path_has_query(const char *path, const char *key)
{
	const char *at = strchr(path, '?');
	size_t length = strlen(key);

	while (at) {
		at++;
		if (!strncmp(at, key, length) && (at[length] == '=' || at[length] == '&' || !at[length]))
			return true;
		at = strchr(at, '&');
	}
	return false;
}
