#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/http_private.h"
#include "probes/net/loop_private.h"

enum {
	KEEPALIVE_PROBES = 3,
	DNS_KEPT_S = 60,		/* libcurl's own */
	RECEIVE_LIST = 128 << 10,
	RECEIVE_OTHER = 16 << 10,	/* a dozen watches must not cost a megabyte */
};

struct target {
	char *scheme;
	char *host;	/* without brackets */
	char *port;
};

static void target_release(struct target *target)
{
	free(target->scheme);
	free(target->host);
	free(target->port);
}

static char *url_part(CURLU *url, CURLUPart part, unsigned int flags)
{
	char *text = NULL;
	char *copy;

	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

/* "[::1]" becomes "::1". */
static void strip_brackets(char *host)
{
	size_t length = host ? strlen(host) : 0;

	if (length < 2 || host[0] != '[')
		return;
	memmove(host, host + 1, length - 2);
	host[length - 2] = '\0';
}

static int parse_target(const char *url, struct target *target, struct err *err)
{
	CURLU *parsed = curl_url();
	bool fine = parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK;

	if (fine) {
		target->scheme = url_part(parsed, CURLUPART_SCHEME, 0);
		target->host = url_part(parsed, CURLUPART_HOST, 0);
		target->port = url_part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	}
	curl_url_cleanup(parsed);
	strip_brackets(target->host);
	if (!target->scheme || !target->host || !target->port ||
	    (strcmp(target->scheme, "http") != 0 && strcmp(target->scheme, "https") != 0)) {
		err_set(err, ERR_CONFIG, "the server's address is no http or https URL", NULL);
		err_hint(err, "check \"server\" of the cluster entry in the kubeconfig", NULL);
		return -1;
	}
	return 0;
}

/*
 * Called for each new socket. libcurl 7.88 has no option for probes, user time-out and close-on-exec.
 * After the silence the kernel probes thrice; a peer that acknowledges nothing for twice the silence
 * is gone, whether probes or a request wait (TCP_USER_TIMEOUT decides for both, tcp(7)).
 */
static int on_socket(void *data, curl_socket_t descriptor, curlsocktype purpose)
{
	const struct http_slot *slot = data;
	int on = 1;
	int idle = slot->keepalive_ms < 1000 ? 1 : (int)(slot->keepalive_ms / 1000);
	int interval = idle / KEEPALIVE_PROBES + 1;
	int probes = KEEPALIVE_PROBES;
	unsigned int unacknowledged = 2 * (unsigned int)slot->keepalive_ms;

	(void)purpose;
	(void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
	(void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	(void)setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof(unacknowledged));
	return CURL_SOCKOPT_OK;
}

/* A value from outside must not begin another header. */
static int check_header(const char *name, const char *value, struct err *err)
{
	for (const char *at = value; *at; at++) {
		if ((unsigned char)*at < 0x20 && *at != '\t')
			return err_set(err, ERR_CONFIG,
				       "the value for the header {header} holds a control character",
				       "header", name, NULL);
	}
	return 0;
}

static int add_header(struct http_slot *slot, const char *name, const char *value, struct err *err)
{
	/* libcurl takes "Name;" for a header without a value, and "Name:" for "leave it out". */
	auto_free char *line = *value ? xasprintf("%s: %s", name, value) : xasprintf("%s;", name);
	struct curl_slist *longer;

	if (check_header(name, value, err) < 0)
		return -1;
	longer = curl_slist_append(slot->headers, line);
	if (!longer)
		bug("libcurl is out of memory");
	slot->headers = longer;
	return 0;
}

static int set_headers(struct http_slot *slot, const struct http_request *request, struct err *err)
{
	struct curl_slist *no_expect;

	for (size_t i = 0; i < request->header_count; i++) {
		if (add_header(slot, request->headers[i].name, request->headers[i].value, err) < 0)
			return -1;
	}
	if (request->body &&
	    add_header(slot, "Content-Type", request->content_type ? request->content_type
		       : "application/json",
		       err) < 0)
		return -1;
	no_expect = curl_slist_append(slot->headers, "Expect:");
	if (!no_expect)
		bug("libcurl is out of memory");
	slot->headers = no_expect;
	curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->headers);
	return 0;
}

/* What was read once cannot be had again: there is no way back, so that libcurl cannot repeat the request. */
static size_t read_once(char *out, size_t size, size_t n, void *data)
{
	struct http_slot *slot = data;
	size_t left = slot->request_body_length - slot->request_body_read;
	size_t taken = size * n < left ? size * n : left;

	memcpy(out, slot->request_body + slot->request_body_read, taken);
	slot->request_body_read += taken;
	return taken;
}

static void set_body(struct http_slot *slot, const struct http_request *request)
{
	slot->request_body_length = request->body ? request->body_length : 0;
	slot->request_body = xmalloc(slot->request_body_length + 1);
	if (request->body)
		memcpy(slot->request_body, request->body, slot->request_body_length);
	if (request->sends_once && slot->request_body_length) {
		curl_easy_setopt(slot->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(slot->easy, CURLOPT_READFUNCTION, read_once);
		curl_easy_setopt(slot->easy, CURLOPT_READDATA, slot);
	} else {
		curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->request_body);
		if (request->sends_once)
			curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, 1L);
	}
	curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->request_body_length);
}

static void set_method(struct http_slot *slot, const struct http_request *request)
{
	if (request->body || !strcmp(request->method, "POST"))
		set_body(slot, request);
	else if (request->sends_once)
		curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, 1L);
	if (!strcmp(request->method, "HEAD"))
		curl_easy_setopt(slot->easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(request->method, "GET") != 0)
		curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

/*
 * The address that is connected to is judged, not the name: a name may lead anywhere, and elsewhere
 * each time.
 */
static curl_socket_t open_public(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_slot *slot = data;

	(void)purpose;
	if (!address_is_public(&address->addr)) {
		slot->address_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static CURLcode set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = {.data = (void *)(uintptr_t)pem, .len = strlen(pem), .flags = CURL_BLOB_COPY};

	return curl_easy_setopt(easy, option, &blob);
}

/* The system's authorities: where Go looks too, SSL_CERT_FILE and SSL_CERT_DIR first. */
static void use_system_authorities(CURL *easy)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *folder = getenv("SSL_CERT_DIR");

	if (file && *file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, file);
	/*
	 * One parsed store shared by all connections needs the folder switched off (libcurl 7.88,
	 * vtls/openssl.c).
	 */
	curl_easy_setopt(easy, CURLOPT_CAPATH, folder && *folder ? folder : NULL);
}

static int set_security(struct http_slot *slot, const struct http_security *security, struct err *err)
{
	CURL *easy = slot->easy;
	CURLcode code = CURLE_OK;

	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);	/* of each handshake, which is seldom */
	if (security && security->ca_pem) {
		code = set_blob(easy, CURLOPT_CAINFO_BLOB, security->ca_pem);
		/* Else public authorities stay trusted for the cluster (tech.md 0.5). */
		curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	} else {
		use_system_authorities(easy);
	}
	if (!security)
		return 0;
	if (security->insecure_skip_verify) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (security->certificate_pem && security->key_pem && code == CURLE_OK) {
		curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
		curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
		code = set_blob(easy, CURLOPT_SSLCERT_BLOB, security->certificate_pem);
		if (code == CURLE_OK)
			code = set_blob(easy, CURLOPT_SSLKEY_BLOB, security->key_pem);
	}
	if (code != CURLE_OK)
		return err_set(err, ERR_TLS, "libcurl does not take the certificates: {reason}", "reason",
			       curl_easy_strerror(code), NULL);
	if (security->basic_user || security->basic_password) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME, security->basic_user ? security->basic_user : "");
		curl_easy_setopt(easy, CURLOPT_PASSWORD, security->basic_password ? security->basic_password : "");
	}
	if (!security->bearer_token)
		return 0;
	if (check_header("Authorization", security->bearer_token, err) < 0)
		return -1;
	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
	curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, security->bearer_token);
	return 0;
}

static char *bracketed(const char *host)
{
	return strchr(host, ':') ? xasprintf("[%s]", host) : xstrdup(host);
}

/*
 * Another name in SNI and verification: the URL names it, the connection goes
 * to the real host, the Host header stays the real one (tech.md a, kubeconfig).
 */
static int set_server_name(struct http_slot *slot, const struct target *target, const char *name,
			   const char *url,
			   struct err *err)
{
	auto_free char *real = bracketed(target->host);
	auto_free char *shown = bracketed(name);
	auto_free char *line = xasprintf("%s:%s:%s:%s", shown, target->port, real, target->port);
	auto_free char *authority = xasprintf("%s:%s", real, target->port);
	auto_free char *renamed = NULL;
	CURLU *parsed = curl_url();

	if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_set(parsed, CURLUPART_HOST, shown, 0) == CURLUE_OK)
		renamed = url_part(parsed, CURLUPART_URL, 0);
	curl_url_cleanup(parsed);
	if (!renamed) {
		err_set(err, ERR_CONFIG, "tls-server-name {name} is no host name", "name", name, NULL);
		return -1;
	}
	slot->connect_to = curl_slist_append(NULL, line);
	curl_easy_setopt(slot->easy, CURLOPT_CONNECT_TO, slot->connect_to);
	curl_easy_setopt(slot->easy, CURLOPT_URL, renamed);
	return add_header(slot, "Host", authority, err);
}

/* Go's socks5 lets the proxy look names up; libcurl calls that socks5h. */
static char *proxy_for_curl(const char *proxy)
{
	if (!strncmp(proxy, "socks5://", 9))
		return xasprintf("socks5h://%s", proxy + 9);
	return xstrdup(proxy);
}

/* A proxy reached by https is judged like the server: by the kubeconfig's authorities, else the system's. */
static int set_proxy_security(struct http_slot *slot, const struct http_security *security, struct err *err)
{
	CURLcode code = CURLE_OK;

	slot->proxy_is_tls = true;
	if (security && security->ca_pem) {
		code = set_blob(slot->easy, CURLOPT_PROXY_CAINFO_BLOB, security->ca_pem);
		curl_easy_setopt(slot->easy, CURLOPT_PROXY_CAINFO, NULL);
		curl_easy_setopt(slot->easy, CURLOPT_PROXY_CAPATH, NULL);
	}
	/* A proxy that asks who we are hears what the server would: Go has one TLS configuration for both. */
	if (security && security->certificate_pem && security->key_pem && code == CURLE_OK) {
		curl_easy_setopt(slot->easy, CURLOPT_PROXY_SSLCERTTYPE, "PEM");
		curl_easy_setopt(slot->easy, CURLOPT_PROXY_SSLKEYTYPE, "PEM");
		code = set_blob(slot->easy, CURLOPT_PROXY_SSLCERT_BLOB, security->certificate_pem);
		if (code == CURLE_OK)
			code = set_blob(slot->easy, CURLOPT_PROXY_SSLKEY_BLOB, security->key_pem);
	}
	if (security && security->insecure_skip_verify) {
		curl_easy_setopt(slot->easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(slot->easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
	}
	if (code != CURLE_OK)
		return err_set(err, ERR_TLS, "libcurl does not take the certificates: {reason}", "reason",
			       curl_easy_strerror(code), NULL);
	return 0;
}

static int set_proxy(struct http_slot *slot, const struct target *target, const struct http_security *security,
		     struct err *err)
{
	const char *wanted = security ? security->proxy_url : NULL;
	auto_free char *proxy = wanted && *wanted ? xstrdup(wanted)
						  : proxy_from_environment(target->scheme, target->host,
									   target->port);
	auto_free char *url = NULL;
	auto_free char *host = NULL;
	auto_free char *port = NULL;
	CURLU *parsed;

	/* The rules of the environment are ours: libcurl's own reading of it is switched off. */
	curl_easy_setopt(slot->easy, CURLOPT_NOPROXY, "");
	if (!proxy) {
		curl_easy_setopt(slot->easy, CURLOPT_PROXY, "");
		return 0;
	}
	url = proxy_for_curl(proxy);
	parsed = curl_url();
	if (parsed && curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
		host = url_part(parsed, CURLUPART_HOST, 0);
		port = url_part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	}
	curl_url_cleanup(parsed);
	if (!host || curl_easy_setopt(slot->easy, CURLOPT_PROXY, url) != CURLE_OK) {
		err_set(err, ERR_CONFIG, "the address of the proxy is no http, https or socks5 URL", NULL);
		err_hint(err, "check proxy-url in the kubeconfig and HTTPS_PROXY in the environment", NULL);
		return -1;
	}
	curl_easy_setopt(slot->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* Proxy-Authorization and the like must never reach the server, nor ours the proxy. */
	curl_easy_setopt(slot->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	slot->proxy = port ? xasprintf("%s:%s", host, port) : xstrdup(host);
	return strncasecmp(url, "https://", 8) ? 0 : set_proxy_security(slot, security, err);
}

/* A connection gets no more time than the request that wants it. */
static long connect_limit_ms(const struct http_slot *slot)
{
	long limit = slot->kind == HTTP_STREAM ? slot->head_timeout_ms : slot->timeout_ms;

	return slot->kind == HTTP_FOLLOW || limit > HTTP_CONNECT_TIMEOUT_MS ? HTTP_CONNECT_TIMEOUT_MS : limit;
}

/* libcurl counts the lives of connections and of looked-up names in whole seconds. */
static void use_young_connections(struct http_slot *slot)
{
	int64_t forgotten = slot->loop->forgotten_ms;
	int64_t seconds = (clock_monotonic_ms() - forgotten) / 1000;

	if (!forgotten)
		return;
	if (seconds < 2)
		curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, 1L);
	else
		curl_easy_setopt(slot->easy, CURLOPT_MAXLIFETIME_CONN, (long)(seconds - 1));
	if (seconds < DNS_KEPT_S)
		curl_easy_setopt(slot->easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)seconds);
}

static void set_behaviour(struct http_slot *slot, const struct http_request *request)
{
	CURL *easy = slot->easy;
	bool big = request->on_body && request->kind == HTTP_ONCE;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->error_text);
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, http_user_agent());
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_limit_ms(slot));
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)(big ? RECEIVE_LIST : RECEIVE_OTHER));
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, slot);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
	if (request->kind == HTTP_ONCE)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, slot->timeout_ms);
	if (request->accept_gzip)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	use_young_connections(slot);
}

int http_setup(struct http_slot *slot, const struct http_request *request, struct err *err)
{
	const struct http_security *security = request->security;
	CLEANUP(target_release) struct target target = {0};

	slot->easy = curl_easy_init();
	if (!slot->easy)
		bug("libcurl is out of memory");
	set_behaviour(slot, request);
	set_method(slot, request);
	if (parse_target(request->url, &target, err) < 0)
		return -1;
	slot->host = xstrdup(target.host);
	slot->port = xstrdup(target.port);
	if (set_security(slot, security, err) < 0 ||
	    set_proxy(slot, &target, security, err) < 0)
		return -1;
	if (security && security->tls_server_name && !strcmp(target.scheme, "https") &&
	    set_server_name(slot, &target, security->tls_server_name, request->url, err) < 0)
		return -1;
	if (request->public_only && !slot->proxy) {
		curl_easy_setopt(slot->easy, CURLOPT_OPENSOCKETFUNCTION, open_public);
		curl_easy_setopt(slot->easy, CURLOPT_OPENSOCKETDATA, slot);
		/* A connection that is open already was opened under other rules. */
		curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, 1L);
	}
	return set_headers(slot, request, err);
}
