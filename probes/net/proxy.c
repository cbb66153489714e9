#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "probes/base/memory.h"
#include "probes/net/http_private.h"

struct address {
	int family;	/* 0: the text is no address */
	unsigned char bytes[16];
};

static struct address parse_address(const char *text)
{
	struct address address = {0};

	if (inet_pton(AF_INET, text, address.bytes) == 1)
		address.family = AF_INET;
	else if (inet_pton(AF_INET6, text, address.bytes) == 1)
		address.family = AF_INET6;
	return address;
}

static bool is_loopback(const struct address *address)
{
	if (address->family == AF_INET)
		return address->bytes[0] == 127;
	return address->family == AF_INET6 && !memcmp(address->bytes, &in6addr_loopback,
						      sizeof(in6addr_loopback));
}

static bool in_network(const struct address *address, const char *network, const char *prefix)
{
	struct address base = parse_address(network);
	char *end;
	long bits = strtol(prefix, &end, 10);
	long all = base.family == AF_INET ? 32 : 128;

	if (!base.family || base.family != address->family || end == prefix || *end || bits < 0 || bits > all)
		return false;
	for (long i = 0; i < bits; i++) {
		int mask = 0x80 >> (i % 8);

		if ((base.bytes[i / 8] & mask) != (address->bytes[i / 8] & mask))
			return false;
	}
	return true;
}

/* ".example.org" and "*.example.org" cover the names below, "example.org" itself too. */
static bool in_domain(const char *host, const char *pattern)
{
	bool exact = true;
	size_t host_length = strlen(host);
	size_t length;

	if (!strncmp(pattern, "*.", 2))
		pattern++;
	if (*pattern == '.') {
		exact = false;
		pattern++;
	}
	length = strlen(pattern);
	if (!length || host_length < length || strcasecmp(host + host_length - length, pattern) != 0)
		return false;
	if (host_length == length)
		return exact;
	return host[host_length - length - 1] == '.';
}

/* Cuts ":port" off a rule; returns the port or NULL. "[::1]:443" loses its brackets, "::1" is left alone. */
static char *cut_port(char **rule)
{
	char *close = **rule == '[' ? strchr(*rule, ']') : NULL;
	char *colon;

	if (close) {
		(*rule)++;
		*close = '\0';
		return close[1] == ':' ? close + 2 : NULL;
	}
	colon = strchr(*rule, ':');
	if (!colon || strchr(colon + 1, ':'))
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static bool rule_covers(char *rule, const char *host, const char *port)
{
	struct address address = parse_address(host);
	char *slash = strchr(rule, '/');
	char *rule_port;

	if (!strcmp(rule, "*"))
		return true;
	if (slash) {
		*slash = '\0';
		return in_network(&address, rule, slash + 1);
	}
	rule_port = cut_port(&rule);
	if (rule_port && strcmp(rule_port, port) != 0)
		return false;
	if (parse_address(rule).family) {
		struct address other = parse_address(rule);

		return other.family == address.family && !memcmp(other.bytes, address.bytes,
								 sizeof(other.bytes));
	}
	return in_domain(host, rule);
}

bool proxy_excluded(const char *no_proxy, const char *host, const char *port)
{
	auto_free char *rules = xstrdup(no_proxy ? no_proxy : "");
	struct address address = parse_address(host);
	char *rest = rules;
	char *rule;

	if (!strcasecmp(host, "localhost") || is_loopback(&address))
		return true;
	while ((rule = strsep(&rest, ",")) != NULL) {
		rule += strspn(rule, " \t");
		rule[strcspn(rule, " \t")] = '\0';
		if (*rule && rule_covers(rule, host, port))
			return true;
	}
	return false;
}

static const char *either(const char *upper, const char *lower)
{
	const char *value = getenv(upper);

	if (!value || !*value)
		value = getenv(lower);
	return value && *value ? value : NULL;
}

char *proxy_from_environment(const char *scheme, const char *host, const char *port)
{
	const char *proxy = !strcmp(scheme, "https") ? either("HTTPS_PROXY", "https_proxy")
						     : either("HTTP_PROXY", "http_proxy");

	if (!proxy || proxy_excluded(either("NO_PROXY", "no_proxy"), host, port))
		return NULL;
	return strstr(proxy, "://") ? xstrdup(proxy) : xasprintf("http://%s", proxy);
}
