#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/jump.h"

static int parse_port(const char *text, int *ret_port)
{
	char *end;
	long port = strtol(text, &end, 10);
	if (end == text || *end || port < 1 || port > 65535)
		return -1;
	*ret_port = (int)port;
	return 0;
}

/* "host", "host:port", "[address]:port", or an IPv6 address as it is. */
static int parse_host(char *text, struct jump_hop *hop)
{
	char *colon = strrchr(text, ':');
	if (*text == '[') {
		char *end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -1;
		colon = end[1] ? end + 1 : NULL;
		*end = '\0';
		text++;
	} else if (colon && strchr(text, ':') != colon) {
		colon = NULL;
	}
	if (colon && parse_port(colon + 1, &hop->port) != 0)
		return -1;
	if (colon)
		*colon = '\0';
	if (!*text || *text == '-')
		return -1;
	hop->host = xstrdup(text);
	return 0;
}

static int parse_word(char *word, struct jump_hop *hop)
{
	static const char SCHEME[] = "ssh://";
	if (strncmp(word, SCHEME, sizeof(SCHEME) - 1) == 0)
		word += sizeof(SCHEME) - 1;
	char *at = strrchr(word, '@');
	if (at == word)
		return -1;
	if (at) {
		*at = '\0';
		hop->user = xstrdup(word);
		word = at + 1;
	}
	return parse_host(word, hop);
}

int jump_hop_parse(const char *list, struct jump_hop *ret_hop)
{
	const char *comma = strrchr(list, ',');
	struct jump_hop hop = {.before = xstrndup(list, comma ? (size_t)(comma - list) : 0)};
	const char *last = comma ? comma + 1 : list;
	last += strspn(last, " \t");
	size_t n = strcspn(last, " \t");
	auto_free char *word = xstrndup(last, n);
	if ((comma && comma == list) || last[n + strspn(last + n, " \t")] || parse_word(word, &hop) != 0) {
		jump_hop_release(&hop);
		return -1;
	}
	*ret_hop = hop;
	return 0;
}

void jump_hop_release(struct jump_hop *hop)
{
	free(hop->before);
	free(hop->user);
	free(hop->host);
	*hop = (struct jump_hop){0};
}
