#include "probes/ssh/key_ring.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/base/memory.h"

/* A changed file makes a new one; the old keys stay until the end, for sessions may be reading them. */
struct ring_key {
	struct ring_key *next;
	char *path;
	struct timespec changed;
	enum key_state state;
	ssh_key key;
	ssh_key certified;
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
		ssh_key_free(key->key);
		ssh_key_free(key->certified);
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

static void import(struct ring_key *key)
{
	bool asked = false;
	if (ssh_pki_import_privkey_file(key->path, NULL, refuse_passphrase, &asked, &key->key) != SSH_OK) {
		key->key = NULL;
		key->state = asked ? KEY_LOCKED : KEY_UNREADABLE;
		return;
	}
	key->state = KEY_READY;
	auto_free char *path = xasprintf("%s-cert.pub", key->path);
	ssh_key certificate = NULL;
	if (ssh_pki_import_cert_file(path, &certificate) != SSH_OK)
		return;
	key->certified = ssh_key_dup(key->key);
	if (key->certified && ssh_pki_copy_cert_to_privkey(certificate, key->certified) != SSH_OK) {
		ssh_key_free(key->certified);
		key->certified = NULL;
	}
	ssh_key_free(certificate);
}

static struct ring_key *find(struct key_ring *ring, const char *path, const struct stat *status)
{
	for (struct ring_key *key = ring->first; key; key = key->next)
		if (strcmp(key->path, path) == 0 && key->changed.tv_sec == status->st_mtim.tv_sec &&
		    key->changed.tv_nsec == status->st_mtim.tv_nsec)
			return key;
	return NULL;
}

enum key_state key_ring_get(struct key_ring *ring, const char *path, ssh_key *ret_key, ssh_key *ret_certified)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return KEY_MISSING;
	pthread_mutex_lock(&ring->lock);
	struct ring_key *key = find(ring, path, &status);
	if (!key) {
		key = xcalloc(1, sizeof(*key));
		key->path = xstrdup(path);
		key->changed = status.st_mtim;
		import(key);
		key->next = ring->first;
		ring->first = key;
	}
	pthread_mutex_unlock(&ring->lock);
	*ret_key = key->key;
	*ret_certified = key->certified;
	return key->state;
}
