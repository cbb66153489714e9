#include "probes/ssh/key_ring.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"

enum { PUBLIC_MAXIMUM = 64 << 10 };

/* A changed file makes a new one; the old keys stay until the end, for sessions may be reading them. */
struct ring_key {
	struct ring_key *next;
	char *path;
	struct timespec changed;
	struct identity identity;
};

struct key_ring {
	pthread_mutex_t lock;
	struct ring_key *first;
};

struct key_ring *key_ring_new(void)
{
	struct key_ring *ring = xcalloc(1, sizeof(*ring));
	pthread_mutex_init(&ring->lock, NULL);
	return ring;
}

void key_ring_free(struct key_ring *ring)
{
	if (!ring)
		return;
	for (struct ring_key *key = ring->first, *next; key; key = next) {
		next = key->next;
		ssh_key_free(key->identity.key);
		ssh_key_free(key->identity.certified);
		free(key->identity.public_key);
		free(key->identity.certificate);
		free(key->path);
		free(key);
	}
	pthread_mutex_destroy(&ring->lock);
	free(ring);
}

/* libssh asks only where the key is encrypted. Without this OpenSSL would ask on the terminal by itself. */
static int refuse_passphrase(const char *prompt, char *answer, size_t size, int echo, int verify, void *data)
{
	(void)prompt;
	(void)echo;
	(void)verify;
	bool *asked = data;
	*asked = true;
	if (size > 0)
		*answer = '\0';
	return -1;
}

/* The second word of a file of one line: "ssh-ed25519 AAAA… comment". */
static char *read_second_word(const char *path)
{
	char *text;
	size_t length;
	if (file_read(path, PUBLIC_MAXIMUM, &text, &length, NULL) != 0)
		return NULL;
	char *position = NULL;
	char *word = strtok_r(text, " \t\r\n", &position);
	if (word)
		word = strtok_r(NULL, " \t\r\n", &position);
	char *copy = word ? xstrdup(word) : NULL;
	free(text);
	return copy;
}

/* The public half is told by FILE.pub, or by FILE: a public key itself, or a private one that says it in clear. */
static char *find_public(const char *path)
{
	ssh_key key = NULL;
	char *base64 = NULL;
	auto_free char *beside = xasprintf("%s.pub", path);
	if (ssh_pki_import_pubkey_file(path, &key) != SSH_OK && ssh_pki_import_pubkey_file(beside, &key) != SSH_OK)
		return NULL;
	char *copy = ssh_pki_export_pubkey_base64(key, &base64) == SSH_OK ? xstrdup(base64) : NULL;
	ssh_string_free_char(base64);
	ssh_key_free(key);
	return copy;
}

static void import_certificate(struct identity *identity, const char *path)
{
	auto_free char *beside = xasprintf("%s-cert.pub", path);
	ssh_key certificate = NULL;
	identity->certificate = read_second_word(beside);
	if (!identity->key || ssh_pki_import_cert_file(beside, &certificate) != SSH_OK)
		return;
	identity->certified = ssh_key_dup(identity->key);
	if (identity->certified && ssh_pki_copy_cert_to_privkey(certificate, identity->certified) != SSH_OK) {
		ssh_key_free(identity->certified);
		identity->certified = NULL;
	}
	ssh_key_free(certificate);
}

static void import(struct identity *identity, const char *path, bool is_there)
{
	bool asked = false;
	identity->public_key = find_public(path);
	if (!is_there) {
		identity->state = IDENTITY_MISSING;
	} else if (ssh_pki_import_privkey_file(path, NULL, refuse_passphrase, &asked, &identity->key) == SSH_OK) {
		identity->state = IDENTITY_READY;
	} else {
		/* The file of a public key alone names a key of the agent. */
		identity->key = NULL;
		identity->state = asked		       ? IDENTITY_LOCKED :
				  identity->public_key ? IDENTITY_MISSING :
							 IDENTITY_UNREADABLE;
	}
	import_certificate(identity, path);
}

static struct ring_key *find(struct key_ring *ring, const char *path, const struct timespec *changed)
{
	for (struct ring_key *key = ring->first; key; key = key->next)
		if (strcmp(key->path, path) == 0 && key->changed.tv_sec == changed->tv_sec &&
		    key->changed.tv_nsec == changed->tv_nsec)
			return key;
	return NULL;
}

const struct identity *key_ring_get(struct key_ring *ring, const char *path)
{
	struct stat status = {0};
	bool is_there = stat(path, &status) == 0;
	pthread_mutex_lock(&ring->lock);
	struct ring_key *key = find(ring, path, &status.st_mtim);
	if (!key) {
		key = xcalloc(1, sizeof(*key));
		key->path = xstrdup(path);
		key->changed = status.st_mtim;
		import(&key->identity, path, is_there);
		key->next = ring->first;
		ring->first = key;
	}
	pthread_mutex_unlock(&ring->lock);
	return &key->identity;
}
