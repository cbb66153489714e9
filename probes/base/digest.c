#include "probes/base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "probes/base/memory.h"

enum { HASH_BYTES = 32 };

static void write_hex(const unsigned char *hash, char out[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_BYTES; i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[2 * HASH_BYTES] = '\0';
}

void digest_sha256(const void *bytes, size_t n, char out[DIGEST_HEX_SIZE])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (!EVP_Digest(bytes, n, hash, &length, EVP_sha256(), NULL) || length != HASH_BYTES)
		bug("libcrypto has no SHA-256");
	write_hex(hash, out);
}

void digest_hmac(const void *key, size_t key_length, const void *bytes, size_t n, char out[DIGEST_HEX_SIZE])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (!HMAC(EVP_sha256(), key, (int)key_length, bytes, n, hash, &length) || length != HASH_BYTES)
		bug("libcrypto has no HMAC");
	write_hex(hash, out);
}

char *json_canonical(const json_t *value)
{
	char *text = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		bug("a JSON value that cannot be written");
	return text;
}

void digest_json(const json_t *value, char out[DIGEST_HEX_SIZE])
{
	auto_free char *text = json_canonical(value);

	digest_sha256(text, strlen(text), out);
}

/* EVP_DecodeBlock() wants whole groups without white space. */
static char *without_space(const char *text, size_t *ret_length)
{
	char *packed = xmalloc(strlen(text) + 1);
	size_t length = 0;

	for (; *text; text++) {
		if (!strchr(" \t\r\n", *text))
			packed[length++] = *text;
	}
	packed[length] = '\0';
	*ret_length = length;
	return packed;
}

char *base64_encode(const void *bytes, size_t n)
{
	char *text;

	if (n > (64U << 20))
		bug("far too much for base64");
	text = xmalloc(n / 3 * 4 + 5);
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	return text;
}

int base64_decode(const char *text, char **ret_bytes, size_t *ret_length, struct err *err)
{
	size_t length;
	auto_free char *packed = without_space(text, &length);
	auto_free unsigned char *bytes = xmalloc(length / 4 * 3 + 1);
	int decoded;
	int padding = 0;

	if (length % 4 || length > (64U << 20))
		return err_set(err, ERR_CONFIG, "not base64: {length} characters", "length",
			       length % 4 ? "a number that is no multiple of 4 of" : "too many", NULL);
	while (padding < 2 && length && packed[length - 1 - (size_t)padding] == '=')
		padding++;
	decoded = EVP_DecodeBlock(bytes, (const unsigned char *)packed, (int)length);
	if (decoded < 0 || decoded < padding)
		return err_set(err, ERR_CONFIG, "not base64: a character that base64 does not have", NULL);
	decoded -= padding;
	bytes[decoded] = '\0';
	*ret_length = (size_t)decoded;
	*ret_bytes = (char *)take_pointer(bytes);
	return 0;
}
