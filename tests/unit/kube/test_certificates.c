/* When certificates of a kubeconfig end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "probes/base/memory.h"
#include "probes/kube/certificates.h"
#include "probes/kube/kubeconfig.h"

enum { NOW = 1795255200, DAY = 24 * 60 * 60 };	/* 2026-11-21T10:00:00Z */

/* A certificate that began so many days ago and ends in so many. Caller frees. */
static char *make_pem(const char *name, int began, int ends)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *certificate = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long length;
	char *pem;

	ASN1_TIME_set(X509_getm_notBefore(certificate), NOW - (time_t)began * DAY);
	ASN1_TIME_set(X509_getm_notAfter(certificate), NOW + (time_t)ends * DAY);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char *)name,
				   -1, -1, 0);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()));
	assert_true(PEM_write_bio_X509(bio, certificate));
	length = BIO_get_mem_data(bio, &bytes);
	pem = xstrndup(bytes, (size_t)length);
	BIO_free(bio);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return pem;
}

static void soonest_with(const struct kubeconfig_view *view, const char *server, const char *text, json_int_t seconds)
{
	json_t *document = certificates_describe(view, server, NOW);
	const json_t *found = json_object_get(document, "soonest");

	if (!text) {
		assert_null(found);
	} else {
		assert_string_equal(json_string_value(json_object_get(found, "text")), text);
		assert_int_equal(json_integer_value(json_object_get(found, "secondsLeft")), seconds);
	}
	json_decref(document);
}

static void soonest(const struct kubeconfig_view *view, const char *text, json_int_t seconds)
{
	soonest_with(view, NULL, text, seconds);
}

static void names_the_one_that_ends_first(void **state)
{
	auto_free char *client = make_pem("joe", 100, 10);
	auto_free char *authority = make_pem("ca", 1000, 5);
	auto_free char *server = make_pem("api", 300, 3);
	auto_free char *other = make_pem("new-ca", 10, 3000);
	auto_free char *both = xasprintf("# text\n%s%s", authority, other);
	struct kubeconfig_view view = {.certificate_pem = client, .ca_pem = authority};

	(void)state;
	soonest(&view, "certificate authority ca: ends 2026-11-26T10:00:00Z", 5 * DAY);
	/* One good authority of several is enough. */
	view.ca_pem = both;
	soonest(&view, "client certificate joe: ends 2026-12-01T10:00:00Z", 10 * DAY);
	view.ca_pem = authority;
	soonest_with(&view, server, "server certificate api: ends 2026-11-24T10:00:00Z", 3 * DAY);
	/* What nobody verifies does not matter. */
	view.insecure_skip_verify = true;
	soonest_with(&view, server, "client certificate joe: ends 2026-12-01T10:00:00Z", 10 * DAY);
}

static void leaves_out_what_is_renewed_and_what_is_none(void **state)
{
	auto_free char *short_lived = make_pem("pod", 1, 6);
	auto_free char *ended = make_pem("old", 400, -2);
	struct kubeconfig_view view = {.certificate_pem = short_lived};

	(void)state;
	soonest(&view, NULL, 0);
	view.certificate_pem = ended;
	soonest(&view, "client certificate old: ends 2026-11-19T10:00:00Z", -2 * DAY);
	view.certificate_pem = (char *)"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n";
	soonest(&view, NULL, 0);
	view.certificate_pem = NULL;
	soonest(&view, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_one_that_ends_first),
		cmocka_unit_test(leaves_out_what_is_renewed_and_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
