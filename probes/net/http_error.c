#include <errno.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "probes/net/http_private.h"

/* libcurl's own sentence where it wrote one; it names hosts and files, never credentials. */
static const char *reason_of(const struct http_slot *slot, CURLcode code)
{
	return slot->error_text[0] ? slot->error_text : curl_easy_strerror(code);
}

static void explain_name(const struct http_slot *slot, CURLcode code, struct err *err)
{
	if (code == CURLE_COULDNT_RESOLVE_PROXY) {
		err_set(err, ERR_DNS, "cannot find the address of the proxy {proxy}", "proxy", slot->proxy,
			NULL);
		err_hint(err, "check proxy-url in the kubeconfig, HTTPS_PROXY, and DNS on this machine",
			 NULL);
		return;
	}
	err_set(err, ERR_DNS, "cannot find the address of {host}", "host", slot->host, NULL);
	err_hint(err, "check the server's name in the kubeconfig, and DNS or VPN on this machine", NULL);
}

/* The peer of the TCP connection: the proxy where there is one. */
static const char *peer_host(const struct http_slot *slot)
{
	return slot->proxy ? slot->proxy : slot->host;
}

static void explain_connect(const struct http_slot *slot, CURLcode code, struct err *err)
{
	long os_error = 0;

	if (slot->address_refused) {
		err_set(err, ERR_REFUSED,
			"{host} is at a private or special address, where this check does not go", "host",
			slot->host, NULL);
		err_hint(err, "list the host in the configuration if it is meant", NULL);
		return;
	}
	curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &os_error);
	if (slot->proxy) {
		err_set(err, ERR_CONNECT, "cannot connect to the proxy {proxy}: {reason}", "proxy",
			slot->proxy, "reason",
			os_error ? strerror((int)os_error) : reason_of(slot, code), NULL);
		err_hint(err, "check proxy-url in the kubeconfig and HTTPS_PROXY in the environment", NULL);
		return;
	}
	if (os_error == ECONNREFUSED) {
		err_set(err, ERR_CONNECT, "{host} refuses connections on port {port}", "host", slot->host,
			"port",
			slot->port, NULL);
		err_hint(err, "check that the apiserver runs and that the port in the kubeconfig is right",
			 NULL);
		return;
	}
	err_set(err, ERR_CONNECT, "cannot connect to {host} port {port}: {reason}", "host", slot->host,
		"port", slot->port,
		"reason", os_error ? strerror((int)os_error) : reason_of(slot, code), NULL);
	err_hint(err, "check VPN, routes and security groups between this machine and the cluster", NULL);
}

/* The certificate that was refused, in words; NULL where OpenSSL found nothing wrong itself. */
static const char *certificate_fault(long verify_result)
{
	switch (verify_result) {
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED:	/* libcurl's own beginning: it looks at the name before the chain */
		return NULL;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return N_("the certificate of {host}:{port} has expired");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return N_("the certificate of {host}:{port} is not valid yet");
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return N_("the certificate of {host}:{port} is signed by an authority that the kubeconfig "
			  "does not name");
	default:
		return N_("the certificate of {host}:{port} is not accepted: {reason}");
	}
}

static const char *certificate_hint(long verify_result)
{
	if (verify_result == X509_V_ERR_CERT_NOT_YET_VALID || verify_result == X509_V_ERR_CERT_HAS_EXPIRED)
		return N_("check the clock of this machine, then renew the apiserver's certificate");
	return N_("check certificate-authority-data of the cluster entry, or fetch a new kubeconfig");
}

static void explain_tls(const struct http_slot *slot, CURLcode code, struct err *err)
{
	const char *reason = reason_of(slot, code);
	long verify_result = 0;
	long connect_status = 0;
	const char *fault;

	/* Until the proxy has answered, it is the one that is spoken with. */
	curl_easy_getinfo(slot->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	if (slot->proxy_is_tls && !connect_status && code != CURLE_SSL_CERTPROBLEM) {
		err_set(err, ERR_TLS, "no TLS with the proxy {proxy}: {reason}", "proxy", slot->proxy, "reason",
			reason, NULL);
		err_hint(err, "check proxy-url; the cluster's certificate-authority has to know the proxy too", NULL);
		return;
	}
	curl_easy_getinfo(slot->easy, CURLINFO_SSL_VERIFYRESULT, &verify_result);
	fault = code == CURLE_PEER_FAILED_VERIFICATION ? certificate_fault(verify_result) : NULL;
	if (fault) {
		err_set(err, ERR_TLS, fault, "host", slot->host, "port", slot->port, "reason",
			X509_verify_cert_error_string(verify_result), NULL);
		err_hint(err, certificate_hint(verify_result), NULL);
	} else if (code == CURLE_PEER_FAILED_VERIFICATION) {
		err_set(err, ERR_TLS, "the certificate of {host}:{port} is for another name: {reason}",
			"host", slot->host,
			"port", slot->port, "reason", reason, NULL);
		err_hint(err, "check the server's name in the kubeconfig, or set tls-server-name", NULL);
	} else if (code == CURLE_SSL_CACERT_BADFILE) {
		err_set(err, ERR_TLS, "the certificate authority cannot be read: {reason}", "reason", reason,
			NULL);
		err_hint(err, "check certificate-authority or certificate-authority-data in the kubeconfig",
			 NULL);
	} else if (code == CURLE_SSL_CERTPROBLEM) {
		err_set(err, ERR_TLS, "the client certificate or its key cannot be used: {reason}", "reason",
			reason, NULL);
		err_hint(err,
			 "check that client-certificate and client-key of the user entry belong together",
			 NULL);
	} else {
		err_set(err, ERR_TLS, "no TLS with {host}:{port}: {reason}", "host", slot->host, "port",
			slot->port,
			"reason", reason, NULL);
		err_hint(err,
			 "check that the port speaks https, and whether the server asks for a client certificate",
			 NULL);
	}
}

static void explain_slow_connect(const struct http_slot *slot, bool looked_up, struct err *err)
{
	if (!looked_up) {
		err_set(err, ERR_TIMEOUT, "looking up {host} took too long", "host", peer_host(slot), NULL);
		err_hint(err, "check DNS or VPN on this machine", NULL);
		return;
	}
	if (slot->proxy)
		err_set(err, ERR_TIMEOUT, "the proxy {proxy} does not answer connections", "proxy",
			slot->proxy, NULL);
	else
		err_set(err, ERR_TIMEOUT, "{host} port {port} does not answer connections", "host",
			slot->host, "port",
			slot->port, NULL);
	err_hint(err, "check VPN, routes and security groups between this machine and the cluster", NULL);
}

/*
 * How far it had come says which layer hangs. libcurl 7.88 stamps the time of the TCP connection
 * only after TLS.
 */
static void explain_timeout(const struct http_slot *slot, struct err *err)
{
	curl_off_t looked_up = 0;
	curl_off_t ready = 0;
	long local_port = 0;
	long connects = 0;
	char seconds[32];

	curl_easy_getinfo(slot->easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
	curl_easy_getinfo(slot->easy, CURLINFO_CONNECT_TIME_T, &ready);
	curl_easy_getinfo(slot->easy, CURLINFO_LOCAL_PORT, &local_port);
	curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &connects);
	if (!slot->status && !local_port) {
		explain_slow_connect(slot, looked_up > 0, err);
		return;
	}
	if (!slot->status && !ready && connects > 0) {
		err_set(err, ERR_TIMEOUT, "{host}:{port} takes the connection but does not begin TLS", "host",
			slot->host,
			"port", slot->port, NULL);
		err_hint(err, "check that the port is the apiserver's, and the load balancer in front of it",
			 NULL);
		return;
	}
	snprintf(seconds, sizeof(seconds), "%.3g", (double)slot->head_timeout_ms / 1000);
	err_set(err, ERR_TIMEOUT, "{host}:{port} did not answer within {seconds} s", "host", slot->host,
		"port", slot->port,
		"seconds", seconds, NULL);
	err_hint(err, "check the load of the apiserver and the network to it", NULL);
}

enum http_layer http_layer_reached(const struct http_slot *slot)
{
	curl_off_t looked_up = 0;
	curl_off_t ready = 0;
	long local_port = 0;
	long connects = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
	curl_easy_getinfo(slot->easy, CURLINFO_CONNECT_TIME_T, &ready);
	curl_easy_getinfo(slot->easy, CURLINFO_LOCAL_PORT, &local_port);
	curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &connects);
	if (local_port <= 0)
		return looked_up ? HTTP_LAYER_TCP : HTTP_LAYER_DNS;
	return !ready && connects > 0 ? HTTP_LAYER_TLS : HTTP_LAYER_ANSWER;
}

enum http_layer http_layer_of(const struct http_slot *slot, const struct err *err)
{
	enum http_layer reached;

	if (slot->status || !err)
		return HTTP_LAYER_ANSWER;
	if (!slot->easy || err->code == ERR_CONFIG)
		return HTTP_LAYER_NONE;
	if (err->code == ERR_DNS || err->code == ERR_TLS)
		return err->code == ERR_DNS ? HTTP_LAYER_DNS : HTTP_LAYER_TLS;
	reached = http_layer_reached(slot);
	/* A connection that was refused had an address; a proxy that refuses is one that cannot be got past. */
	if ((reached == HTTP_LAYER_DNS && err->code != ERR_TIMEOUT) || (slot->proxy && err->code == ERR_CONNECT))
		return HTTP_LAYER_TCP;
	return reached;
}

void http_explain_idle(const struct http_slot *slot, struct err *err)
{
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%.3g", (double)slot->timeout_ms / 1000);
	err_set(err, ERR_TIMEOUT, "nothing came from {host}:{port} for {seconds} s", "host", slot->host,
		"port", slot->port,
		"seconds", seconds, NULL);
	err_hint(err, "the connection is probably dead; it is opened again", NULL);
}

static void explain_proxy_answer(const struct http_slot *slot, long status, struct err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", status);
	err_set(err, ERR_CONNECT, "the proxy {proxy} refuses the connection to {host}:{port} with {status}",
		"proxy",
		slot->proxy, "host", slot->host, "port", slot->port, "status", text, NULL);
	err_hint(err, status == 407 ? "the proxy wants a user and password in its URL"
				    : "check the proxy's rules, or add the server to NO_PROXY", NULL);
}

static void explain_broken(const struct http_slot *slot, CURLcode code, struct err *err)
{
	long connect_status = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	if (slot->proxy && connect_status >= 300) {
		explain_proxy_answer(slot, connect_status, err);
		return;
	}
	/* TLS 1.3 servers refuse a client certificate only after the handshake. */
	if (strstr(slot->error_text, "alert")) {
		explain_tls(slot, CURLE_SSL_CONNECT_ERROR, err);
		return;
	}
	if (code == CURLE_GOT_NOTHING)
		err_set(err, ERR_CONNECT, "{host}:{port} closed the connection without an answer", "host",
			slot->host,
			"port", slot->port, NULL);
	else
		err_set(err, ERR_CONNECT, "the connection to {host}:{port} broke before the answer was whole",
			"host",
			slot->host, "port", slot->port, NULL);
	err_hint(err, "check the apiserver, and load balancers and proxies in front of it", NULL);
}

static void explain_coding(const struct http_slot *slot, CURLcode code, struct err *err)
{
	err_set(err, ERR_PROTOCOL, "the answer of {host}:{port} cannot be decoded: {reason}", "host", slot->host,
		"port", slot->port, "reason", reason_of(slot, code), NULL);
	err_hint(err, "check proxies and load balancers in front of the apiserver", NULL);
}

static void explain_write(const struct http_slot *slot, struct err *err)
{
	char limit[32];

	if (slot->body_too_long) {
		snprintf(limit, sizeof(limit), "%zu", slot->body.maximum);
		err_set(err, ERR_LIMIT, "the answer of {host}:{port} is larger than {limit} bytes", "host",
			slot->host,
			"port", slot->port, "limit", limit, NULL);
		err_hint(err, "an apiserver does not say so much here: check what answers in its place", NULL);
	} else if (slot->headers_too_long) {
		snprintf(limit, sizeof(limit), "%d", HTTP_HEADERS_MAXIMUM);
		err_set(err, ERR_LIMIT, "the headers of {host}:{port} are larger than {limit} bytes", "host",
			slot->host,
			"port", slot->port, "limit", limit, NULL);
		err_hint(err, "an apiserver sends few: check what answers in its place", NULL);
	} else if (slot->aborted) {
		err_set(err, ERR_CANCELLED, "the answer of {host}:{port} was not read to its end", "host",
			slot->host,
			"port", slot->port, NULL);
	} else {
		explain_coding(slot, CURLE_WRITE_ERROR, err);
	}
}

/* libcurl 7.88 says "out of memory" of it, later ones "too large". */
static void explain_long_line(const struct http_slot *slot, struct err *err)
{
	char limit[32];

	snprintf(limit, sizeof(limit), "%d", HTTP_HEADER_LINE_MAXIMUM);
	err_set(err, ERR_LIMIT, "a header of {host}:{port} is larger than {limit} bytes", "host", slot->host, "port",
		slot->port, "limit", limit, NULL);
	err_hint(err, "an apiserver sends short ones: check what answers in its place", NULL);
}

static bool is_long_line(const struct http_slot *slot, CURLcode code)
{
#if LIBCURL_VERSION_NUM >= 0x080600
	if (code == CURLE_TOO_LARGE)
		return true;
#endif
	return code == CURLE_OUT_OF_MEMORY && !slot->status;
}

static void explain_other(const struct http_slot *slot, CURLcode code, struct err *err)
{
	err_set(err, ERR_PROTOCOL, "{host}:{port} does not answer in HTTP: {reason}", "host", slot->host,
		"port",
		slot->port, "reason", reason_of(slot, code), NULL);
	err_hint(err, "check that the address and port in the kubeconfig are the apiserver's", NULL);
}

void http_explain(const struct http_slot *slot, CURLcode code, struct err *err)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		explain_name(slot, code, err);
		return;
	case CURLE_COULDNT_CONNECT:
	case CURLE_INTERFACE_FAILED:
		explain_connect(slot, code, err);
		return;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_ENGINE_INITFAILED:
		explain_tls(slot, code, err);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		explain_timeout(slot, err);
		return;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_PARTIAL_FILE:
		explain_broken(slot, code, err);
		return;
	case CURLE_PROXY:
		err_set(err, ERR_CONNECT, "the proxy {proxy} does not connect to {host}:{port}: {reason}",
			"proxy",
			slot->proxy, "host", slot->host, "port", slot->port, "reason", reason_of(slot, code),
			NULL);
		err_hint(err, "check the proxy's rules, or add the server to NO_PROXY", NULL);
		return;
	case CURLE_WRITE_ERROR:
		explain_write(slot, err);
		return;
	default:
		if (slot->headers_too_long || slot->body_too_long || slot->aborted)
			explain_write(slot, err);
		else if (is_long_line(slot, code))
			explain_long_line(slot, err);
		else if (code == CURLE_BAD_CONTENT_ENCODING)
			explain_coding(slot, code, err);
		else
			explain_other(slot, code, err);
		return;
	}
}
