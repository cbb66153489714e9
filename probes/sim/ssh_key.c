#include "probes/sim/ssh_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#include "probes/base/buffer.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"

enum { BLOB_MAXIMUM = 4096, PEM_WIDTH = 70, BLOCK = 8 };

static const char key_type[] = "ssh-ed25519";

int ssh_seed_random(struct ssh_seed *ret_seed, struct err *err)
{
	if (getrandom(ret_seed->bytes, SSH_SEED_SIZE, 0) != SSH_SEED_SIZE)
		return err_set(err, ERR_IO, "the system gives no random bytes", NULL);
	return 0;
}

struct ssh_seed ssh_seed_derive(const struct ssh_seed *seed, const char *text)
{
	struct ssh_seed derived;
	unsigned int n = SSH_SEED_SIZE;

	if (!HMAC(EVP_sha256(), seed->bytes, SSH_SEED_SIZE, (const unsigned char *)text, strlen(text), derived.bytes,
		  &n))
		bug("no HMAC-SHA-256");
	return derived;
}

static void public_bytes(const struct ssh_seed *seed, unsigned char out[32])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed->bytes, SSH_SEED_SIZE);
	size_t n = 32;

	if (!key || EVP_PKEY_get_raw_public_key(key, out, &n) != 1)
		bug("no ed25519");
	EVP_PKEY_free(key);
}

static void add_number(struct buffer *blob, size_t number)
{
	const unsigned char bytes[4] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
					(unsigned char)(number >> 8), (unsigned char)number};

	buffer_add(blob, bytes, sizeof(bytes));
}

static void add_string(struct buffer *blob, const void *bytes, size_t n)
{
	add_number(blob, n);
	buffer_add(blob, bytes, n);
}

static void add_text(struct buffer *blob, const char *text)
{
	add_string(blob, text, strlen(text));
}

static void add_public(struct buffer *blob, const unsigned char key[32])
{
	add_text(blob, key_type);
	add_string(blob, key, 32);
}

char *ssh_seed_public_line(const struct ssh_seed *seed)
{
	CLEANUP(buffer_release) struct buffer blob = BUFFER_INIT(BLOB_MAXIMUM);
	unsigned char key[32];
	auto_free char *text = NULL;

	public_bytes(seed, key);
	add_public(&blob, key);
	text = base64_encode(blob.data, blob.length);
	return xasprintf("%s %s", key_type, text);
}

/* The private section: check numbers, key, comment, then 1, 2, 3... up to a whole block. */
static void add_private(struct buffer *blob, const struct ssh_seed *seed, const unsigned char key[32],
			const char *comment)
{
	struct buffer section = BUFFER_INIT(BLOB_MAXIMUM);
	unsigned char both[64];

	memcpy(both, seed->bytes, 32);
	memcpy(both + 32, key, 32);
	add_number(&section, 0x6e6b73);
	add_number(&section, 0x6e6b73);
	add_public(&section, key);
	add_string(&section, both, sizeof(both));
	add_text(&section, comment);
	for (char i = 1; section.length % BLOCK; i++)
		buffer_add_byte(&section, i);
	add_string(blob, section.data, section.length);
	OPENSSL_cleanse(both, sizeof(both));
	OPENSSL_cleanse(section.data, section.length);
	buffer_release(&section);
}

char *ssh_seed_private_pem(const struct ssh_seed *seed, const char *comment)
{
	struct buffer blob = BUFFER_INIT(BLOB_MAXIMUM);
	struct buffer pem = BUFFER_INIT(2 * BLOB_MAXIMUM);
	struct buffer public = BUFFER_INIT(BLOB_MAXIMUM);
	unsigned char key[32];
	char *text;

	public_bytes(seed, key);
	buffer_add(&blob, "openssh-key-v1", sizeof("openssh-key-v1"));
	add_text(&blob, "none");
	add_text(&blob, "none");
	add_text(&blob, "");
	add_number(&blob, 1);
	add_public(&public, key);
	add_string(&blob, public.data, public.length);
	add_private(&blob, seed, key, comment);
	text = base64_encode(blob.data, blob.length);
	buffer_add_text(&pem, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	for (size_t i = 0; i < strlen(text); i += PEM_WIDTH)
		buffer_addf(&pem, "%.*s\n", PEM_WIDTH, text + i);
	buffer_add_text(&pem, "-----END OPENSSH PRIVATE KEY-----\n");
	secret_free(text);
	OPENSSL_cleanse(blob.data, blob.length);
	buffer_release(&blob);
	buffer_release(&public);
	return buffer_detach(&pem);
}
