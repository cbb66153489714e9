#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/image.h"
#include "probes/net/http.h"
#include "probes/net/loop.h"
#include "probes/remedy/registry.h"

enum { REGISTRY_TIMEOUT_MS = 8000, REGISTRY_BODY_MAXIMUM = 256 << 10 };

struct registry_query {
	struct loop *loop;
	char *image;
	char *host;
	char *manifest_url;
	char *scope;
	char **hosts;
	struct http_slot *slot;
	struct timer *refusal;
	char *token;
	struct err err;
	void (*on_answer)(void *data, enum registry_verdict verdict, const struct err *err);
	void *data;
};

static void ask_manifest(struct registry_query *query);

const char *registry_api_host(const char *registry)
{
	return strcmp(registry, "docker.io") != 0 ? registry : "registry-1.docker.io";
}

/* Takes `name="value"` out of a challenge; values hold no escapes in practice, and one that does is not taken. */
static int challenge_part(const char *header, const char *name, char *out, size_t size)
{
	size_t length = strlen(name);

	for (const char *at = header; (at = strcasestr(at, name)); at += length) {
		const char *value = at + length;
		const char *end;

		if ((at > header && (isalnum((unsigned char)at[-1]) || at[-1] == '_')) || strncmp(value, "=\"", 2) != 0)
			continue;
		value += 2;
		end = strpbrk(value, "\"\\");
		if (!end || *end == '\\' || (size_t)(end - value) >= size)
			return -1;
		memcpy(out, value, (size_t)(end - value));
		out[end - value] = '\0';
		return 0;
	}
	return -1;
}

int registry_parse_challenge(const char *header, struct registry_challenge *ret_challenge)
{
	struct registry_challenge challenge = {0};

	while (*header == ' ')
		header++;
	if (strncasecmp(header, "Bearer ", 7) != 0 ||
	    challenge_part(header, "realm", challenge.realm, sizeof(challenge.realm)) < 0)
		return -1;
	(void)challenge_part(header, "service", challenge.service, sizeof(challenge.service));
	(void)challenge_part(header, "scope", challenge.scope, sizeof(challenge.scope));
	*ret_challenge = challenge;
	return 0;
}

static bool is_listed(const struct registry_query *query, const char *host)
{
	for (char **listed = query->hosts; *listed; listed++) {
		if (!strcasecmp(*listed, host) || !strcasecmp(registry_api_host(*listed), host))
			return true;
	}
	return false;
}

/* An address that the operator listed as such may be a private one. */
static bool is_address(const char *host)
{
	auto_free char *bare = xstrndup(host, host[0] == '[' ? strcspn(host, "]") : strcspn(host, ":"));
	struct in6_addr address;

	return inet_pton(AF_INET, bare, &address) == 1 ||
	       (bare[0] == '[' && inet_pton(AF_INET6, bare + 1, &address) == 1);
}

static void query_free(struct registry_query *query)
{
	for (char **host = query->hosts; host && *host; host++)
		free(*host);
	free(query->hosts);
	free(query->image);
	free(query->host);
	free(query->manifest_url);
	free(query->scope);
	free(query->token);
	free(query);
}

void registry_cancel(struct registry_query *query)
{
	if (!query)
		return;
	http_cancel(query->slot);
	timer_cancel(query->refusal);
	query_free(query);
}

static void answer(struct registry_query *query, enum registry_verdict verdict, const struct err *err)
{
	query->on_answer(query->data, verdict, err);
	query_free(query);
}

static void on_refusal(void *data)
{
	struct registry_query *query = data;

	answer(query, REGISTRY_UNKNOWN, &query->err);
}

/* The hints of a failed transfer speak of the kubeconfig's server. */
static void answer_failed(struct registry_query *query, const struct http_result *result)
{
	query->err = result->err;
	query->err.hint.id = NULL;
	answer(query, REGISTRY_UNKNOWN, &query->err);
}

static void answer_unknown(struct registry_query *query, long status)
{
	auto_free char *text = xasprintf("%ld", status);

	err_set(&query->err, ERR_PROTOCOL, "{host} answers HTTP {status} for {image}", "host", query->host,
		"status", text,
		"image", query->image, NULL);
	answer(query, REGISTRY_UNKNOWN, &query->err);
}

static void on_token(void *data, const struct http_result *result)
{
	struct registry_query *query = data;
	json_t *document;
	const char *token;

	query->slot = NULL;
	if (result->code != ERR_NONE) {
		answer_failed(query, result);
		return;
	}
	document = result->body ? json_loadb(result->body->data ? result->body->data : "",
					     result->body->length, 0, NULL)
				: NULL;
	token = json_string_value(json_object_get(document, "token"));
	if (!token)
		token = json_string_value(json_object_get(document, "access_token"));
	query->token = token ? xstrdup(token) : NULL;
	json_decref(document);
	if (!query->token) {
		answer_unknown(query, result->status);
		return;
	}
	ask_manifest(query);
}

/* A token realm that is not on the list gets nothing; ours is anonymous, but a request is a message too. */
static int ask_token(struct registry_query *query, const char *header)
{
	struct registry_challenge challenge;
	auto_free char *host = NULL;
	auto_free char *service = NULL;
	auto_free char *scope = NULL;
	auto_free char *url = NULL;
	struct http_request request = {.method = "GET", .on_done = on_token, .data = query};

	if (registry_parse_challenge(header, &challenge) < 0 || strncmp(challenge.realm, "https://", 8) != 0)
		return -1;
	host = xstrndup(challenge.realm + 8, strcspn(challenge.realm + 8, "/?#"));
	if (!is_listed(query, host) || strchr(host, '@'))
		return -1;
	service = kube_escape(challenge.service);
	scope = kube_escape(query->scope);
	url = xasprintf("%s%cservice=%s&scope=%s", challenge.realm, strchr(challenge.realm, '?') ? '&' : '?', service,
			scope);
	request.url = url;
	request.timeout_ms = REGISTRY_TIMEOUT_MS;
	request.body_maximum = REGISTRY_BODY_MAXIMUM;
	request.public_only = !is_address(host);
	query->slot = http_start(query->loop, &request);
	return 0;
}

static void on_manifest(void *data, const struct http_result *result)
{
	struct registry_query *query = data;

	query->slot = NULL;
	if (result->code != ERR_NONE) {
		answer_failed(query, result);
	} else if (result->status >= 200 && result->status < 300) {
		answer(query, REGISTRY_PRESENT, &query->err);
	} else if (result->status == 404) {
		err_set(&query->err, ERR_NOT_FOUND, "{host} has no {image}", "host", query->host, "image", query->image,
			NULL);
		answer(query, REGISTRY_ABSENT, &query->err);
	} else if (result->status != 401 || query->token || ask_token(query, result->challenge) < 0) {
		answer_unknown(query, result->status);
	}
}

static void ask_manifest(struct registry_query *query)
{
	const struct http_header accept = {
		"Accept",
		"application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
		"application/vnd.docker.distribution.manifest.list.v2+json, "
		"application/vnd.docker.distribution.manifest.v2+json"};
	const struct http_security security = {.bearer_token = query->token};
	const struct http_request request = {
		.method = "HEAD",
		.url = query->manifest_url,
		.headers = &accept,
		.header_count = 1,
		.security = query->token ? &security : NULL,
		.timeout_ms = REGISTRY_TIMEOUT_MS,
		.body_maximum = REGISTRY_BODY_MAXIMUM,
		.public_only = !is_address(query->host),
		.on_done = on_manifest,
		.data = query,
	};

	query->slot = http_start(query->loop, &request);
}

static char **copy_hosts(const char *const *hosts)
{
	size_t count = 0;
	char **copy;

	while (hosts && hosts[count])
		count++;
	copy = xcalloc(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = xstrdup(hosts[i]);
	return copy;
}

struct registry_query *registry_ask(struct loop *loop, const char *image, const char *const *hosts,
				    void (*on_answer)(void *data, enum registry_verdict verdict, const struct err *err),
				    void *data)
{
	struct registry_query *query = xcalloc(1, sizeof(*query));
	struct image_reference reference;

	query->loop = loop;
	query->image = xstrdup(image);
	query->hosts = copy_hosts(hosts);
	query->on_answer = on_answer;
	query->data = data;
	if (image_parse(image, &reference) < 0) {
		err_set(&query->err, ERR_INVALID, "{image} is no image reference", "image", image, NULL);
		query->refusal = loop_timer(loop, 0, on_refusal, query);
		return query;
	}
	query->host = xstrdup(registry_api_host(reference.registry));
	query->scope = xasprintf("repository:%s:pull", reference.path);
	query->manifest_url = xasprintf("https://%s/v2/%s/manifests/%s", query->host, reference.path,
					*reference.digest ? reference.digest : reference.tag);
	if (!is_listed(query, query->host)) {
		err_set(&query->err, ERR_REFUSED, "{host} is not on the list of registries that may be asked", "host",
			query->host, NULL);
		err_hint(&query->err, "add it to \"registries\" in the configuration", NULL);
		query->refusal = loop_timer(loop, 0, on_refusal, query);
		return query;
	}
	ask_manifest(query);
	return query;
}
