#include "probes/kube/certificates.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"

enum { DAY = 24 * 60 * 60, SHORT_LIFE = 30 * DAY, MOST_CERTIFICATES = 64, SUBJECT_MAX_BYTES = 256 };

/* Seconds from now; a date that cannot be read is no date. */
static bool seconds_until(const ASN1_TIME *time, int64_t now, int64_t *ret_seconds)
{
	ASN1_TIME *base = ASN1_TIME_set(NULL, (time_t)now);
	int days;
	int seconds;
	bool is_known = base && ASN1_TIME_diff(&days, &seconds, base, time);

	if (is_known)
		*ret_seconds = (int64_t)days * DAY + seconds;
	ASN1_TIME_free(base);
	return is_known;
}

/* NULL: it says nothing, or somebody renews it. */
static json_t *describe(const X509 *certificate, const char *what, int64_t now)
{
	char subject[SUBJECT_MAX_BYTES] = "";
	char expires_at[21];
	int64_t left;
	int64_t passed;
	json_t *name;

	if (!seconds_until(X509_get0_notAfter(certificate), now, &left) ||
	    !seconds_until(X509_get0_notBefore(certificate), now, &passed) || left - passed < SHORT_LIFE)
		return NULL;
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, subject,
				      sizeof(subject)) < 0)
		subject[0] = '\0';
	clock_format(now + left, expires_at);
	name = json_string(subject);	/* NULL where it is no UTF-8 */
	return json_pack("{s:s, s:o, s:s, s:I}", "what", what, "subject", name ? name : json_string("?"), "expiresAt",
			 expires_at, "secondsLeft", (json_int_t)left);
}

/* The one of the PEM text that ends first, or last; NULL: there is none. */
static json_t *find(const char *pem, const char *what, bool is_last, int64_t now)
{
	size_t length = pem ? strlen(pem) : 0;
	BIO *bio = length && length < INT_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
	json_t *found = NULL;
	X509 *certificate;

	for (int i = 0; bio && i < MOST_CERTIFICATES; i++) {
		json_t *one;
		bool is_nearer;

		certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!certificate)
			break;
		one = describe(certificate, what, now);
		X509_free(certificate);
		is_nearer = one && (!found || is_last == (json_integer_value(json_object_get(one, "secondsLeft")) >
							  json_integer_value(json_object_get(found, "secondsLeft"))));
		if (is_nearer) {
			json_decref(found);
			found = one;
		} else {
			json_decref(one);
		}
	}
	BIO_free(bio);
	ERR_clear_error();	/* the end of the text is no error of anybody's */
	return found;
}

static void add(json_t *document, json_t *one)
{
	const json_t *soonest = json_object_get(document, "soonest");
	auto_free char *text = NULL;

	if (!one)
		return;
	json_array_append_new(json_object_get(document, "certificates"), one);
	if (soonest && json_integer_value(json_object_get(soonest, "secondsLeft")) <=
			       json_integer_value(json_object_get(one, "secondsLeft")))
		return;
	text = xasprintf("%s %s: ends %s", json_string_value(json_object_get(one, "what")),
			 json_string_value(json_object_get(one, "subject")),
			 json_string_value(json_object_get(one, "expiresAt")));
	one = json_deep_copy(one);
	json_object_set_new(one, "text", json_string(text));
	json_object_set_new(document, "soonest", one);
}

json_t *certificates_describe(const struct kubeconfig_view *view, const char *server_pem, int64_t now)
{
	json_t *document = json_pack("{s:[]}", "certificates");

	add(document, find(view->certificate_pem, "client certificate", false, now));
	if (view->insecure_skip_verify)
		return document;	/* nobody looks at these */
	add(document, find(server_pem, "server certificate", false, now));
	if (view->ca_pem)
		add(document, find(view->ca_pem, "certificate authority", true, now));
	return document;
}
