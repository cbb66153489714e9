#include "probes/ssh/host_key_store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"

enum {
	FILE_MAXIMUM = 4 << 20,
	ALGORITHMS_MAXIMUM = 1024,
};

struct host_key_store {
	char *path;
	pthread_mutex_t write_lock;	/* between our threads; other programs are kept out by flock() */
};

struct host_key_store *host_key_store_new(const char *path)
{
	struct host_key_store *store = xcalloc(1, sizeof(*store));
	store->path = xstrdup(path);
	pthread_mutex_init(&store->write_lock, NULL);
	return store;
}

void host_key_store_free(struct host_key_store *store)
{
	if (!store)
		return;
	pthread_mutex_destroy(&store->write_lock);
	free(store->path);
	free(store);
}

char *host_key_fingerprint(const ssh_key key)
{
	unsigned char *hash = NULL;
	size_t length = 0;
	if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != 0)
		return xstrdup("");
	char *text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
	char *copy = xstrdup(text ? text : "");
	ssh_string_free_char(text);
	ssh_clean_pubkey_hash(&hash);
	return copy;
}

/* One line of a known_hosts file that is about our host. */
struct found_key {
	const struct ssh_knownhosts_entry *entry;
	bool revoked;
	bool ours;
};

struct walk {
	const char *name;	/* "[10.0.0.1]:2222" */
	const char *bare;	/* "10.0.0.1": ssh takes that line for another port too */
	void (*each)(void *data, const struct found_key *found);
	void *data;
};

/* Takes "@revoked" off; *line moves on. A certificate authority is no key of a host. */
static bool take_marker(const char **line, bool *revoked)
{
	static const char REVOKED[] = "@revoked";
	*line += strspn(*line, " \t");
	*revoked = false;
	if (**line != '@')
		return **line && **line != '#';
	if (strncmp(*line, REVOKED, sizeof(REVOKED) - 1) != 0)
		return false;
	*line += sizeof(REVOKED) - 1;
	*line += strspn(*line, " \t");
	*revoked = true;
	return true;
}

static void walk_line(const struct walk *walk, const char *line, bool ours)
{
	struct found_key found = {.ours = ours};
	if (!take_marker(&line, &found.revoked))
		return;
	const char *names[] = {walk->name, walk->bare};
	for (size_t i = 0; i < array_length(names); i++) {
		struct ssh_knownhosts_entry *entry = NULL;
		if (i > 0 && strcmp(names[0], names[1]) == 0)
			break;
		if (ssh_known_hosts_parse_line(names[i], line, &entry) != SSH_OK || !entry)
			continue;
		found.entry = entry;
		if (entry->publickey)
			walk->each(walk->data, &found);
		ssh_knownhosts_entry_free(entry);
		break;
	}
}

/* A file that is not there has no keys. */
static void walk_file(const struct walk *walk, const char *path, bool ours)
{
	char *text;
	size_t length;
	if (file_read(path, FILE_MAXIMUM, &text, &length, NULL) != 0)
		return;
	char *position = NULL;
	for (char *line = strtok_r(text, "\r\n", &position); line; line = strtok_r(NULL, "\r\n", &position))
		walk_line(walk, line, ours);
	free(text);
}

static void walk_all(struct host_key_store *store, const struct host_target *target,
		     void (*each)(void *data, const struct found_key *found), void *data)
{
	auto_free char *name = host_target_known_name(target);
	struct walk walk = {.name = name, .bare = target->known_as ? name : target->host, .each = each, .data = data};
	walk_file(&walk, store->path, true);
	for (size_t i = 0; i < target->known_hosts_count; i++)
		walk_file(&walk, target->known_hosts[i], false);
}

/* The host itself, not a pattern that covers it, is what a changed key is about; both count as known. */
struct checking {
	const ssh_key key;
	const char *uid;
	bool same, revoked, any;
	bool other_uid;
	struct host_key_verdict *verdict;
};

/* A line of ours says for which Node the key was accepted. */
static bool is_for_other_node(const char *comment, const char *uid)
{
	const char *said = comment ? strstr(comment, "uid=") : NULL;
	return said && *uid && said[4] && strcmp(said + 4, uid) != 0;
}

static void check_one(void *data, const struct found_key *found)
{
	struct checking *checking = data;
	const struct ssh_knownhosts_entry *entry = found->entry;
	bool same = ssh_key_cmp(entry->publickey, checking->key, SSH_KEY_CMP_PUBLIC) == 0;
	if (found->revoked) {
		checking->revoked |= same;
		return;
	}
	checking->any = true;
	checking->same |= same;
	if (same)
		return;
	struct host_key_verdict *verdict = checking->verdict;
	verdict->in_other_file |= !found->ours;
	checking->other_uid |= found->ours && is_for_other_node(entry->comment, checking->uid);
	if (ssh_key_type(entry->publickey) == ssh_key_type(checking->key)) {
		if (!verdict->known_fingerprint)
			verdict->known_fingerprint = host_key_fingerprint(entry->publickey);
	} else if (!verdict->known_type) {
		verdict->known_type = xstrdup(ssh_key_type_to_char(ssh_key_type(entry->publickey)));
	}
}

void host_key_store_check(struct host_key_store *store, const struct host_target *target, const char *uid,
			  const ssh_key key, struct host_key_verdict *ret_verdict)
{
	*ret_verdict = (struct host_key_verdict){0};
	struct checking checking = {.key = key, .uid = uid ? uid : "", .verdict = ret_verdict};
	walk_all(store, target, check_one, &checking);
	ret_verdict->state = checking.revoked ? HOST_KEY_REVOKED :
			     checking.same    ? HOST_KEY_KNOWN :
			     checking.any     ? HOST_KEY_CHANGED :
						HOST_KEY_UNKNOWN;
	ret_verdict->is_new_node = ret_verdict->state == HOST_KEY_CHANGED && checking.other_uid;
}

void host_key_verdict_release(struct host_key_verdict *verdict)
{
	free(verdict->known_fingerprint);
	free(verdict->known_type);
}

/* Best first; what libssh can do without SHA-1 and DSA. */
static const struct {
	enum ssh_keytypes_e type;
	const char *algorithms;
} ALGORITHMS[] = {
	{SSH_KEYTYPE_ED25519, "ssh-ed25519"},
	{SSH_KEYTYPE_ECDSA_P256, "ecdsa-sha2-nistp256"},
	{SSH_KEYTYPE_ECDSA_P384, "ecdsa-sha2-nistp384"},
	{SSH_KEYTYPE_ECDSA_P521, "ecdsa-sha2-nistp521"},
	{SSH_KEYTYPE_RSA, "rsa-sha2-512,rsa-sha2-256"},
};

static void note_type(void *data, const struct found_key *found)
{
	bool *known = data;
	for (size_t i = 0; i < array_length(ALGORITHMS); i++)
		if (!found->revoked && ALGORITHMS[i].type == ssh_key_type(found->entry->publickey))
			known[i] = true;
}

char *host_key_store_algorithms(struct host_key_store *store, const struct host_target *target)
{
	bool known[array_length(ALGORITHMS)] = {false};
	walk_all(store, target, note_type, known);
	struct buffer out = BUFFER_INIT(ALGORITHMS_MAXIMUM);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < array_length(ALGORITHMS); i++)
			if (known[i] == (pass == 0))
				buffer_addf(&out, "%s%s", out.length ? "," : "", ALGORITHMS[i].algorithms);
	return buffer_detach(&out);
}

/* Keeps other programs and threads out while the file is read, changed and replaced. */
static int lock(struct host_key_store *store, int *ret_lock, struct err *err)
{
	auto_free char *path = xasprintf("%s.lock", store->path);
	auto_free char *folder = xstrdup(store->path);
	if (file_make_folder(dirname(folder), err) != 0)
		return -1;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot write {path}: {reason}", "path", store->path, "reason",
			       strerror(errno), NULL);
	pthread_mutex_lock(&store->write_lock);
	(void)flock(fd, LOCK_EX);	/* where the file system cannot, the rename still keeps the file whole */
	*ret_lock = fd;
	return 0;
}

static void unlock(struct host_key_store *store, int fd)
{
	pthread_mutex_unlock(&store->write_lock);
	close(fd);
}

static int read_own(struct host_key_store *store, struct buffer *text, struct err *err)
{
	char *old = NULL;
	size_t length = 0;
	if (access(store->path, F_OK) != 0)
		return 0;
	if (file_read(store->path, FILE_MAXIMUM, &old, &length, err) != 0)
		return -1;
	buffer_add(text, old, length);
	if (length > 0 && old[length - 1] != '\n')
		buffer_add_byte(text, '\n');
	free(old);
	return 0;
}

static bool has_beginning(const struct buffer *text, const char *beginning)
{
	const char *begin = buffer_text(text);
	for (const char *found = begin; (found = strstr(found, beginning)); found++)
		if (found == begin || found[-1] == '\n')
			return true;
	return false;
}

static bool is_about(const char *line, const char *name)
{
	struct ssh_knownhosts_entry *entry = NULL;
	bool revoked;
	if (!take_marker(&line, &revoked) || revoked)
		return false;
	bool matches = ssh_known_hosts_parse_line(name, line, &entry) == SSH_OK;
	ssh_knownhosts_entry_free(entry);
	return matches;
}

static void drop_lines(struct buffer *text, const char *name)
{
	struct buffer kept = BUFFER_INIT(FILE_MAXIMUM);
	const char *line = buffer_text(text);
	while (*line) {
		size_t n = strcspn(line, "\n");
		auto_free char *copy = xstrndup(line, n);
		if (!is_about(copy, name)) {
			buffer_add(&kept, line, n);
			buffer_add_byte(&kept, '\n');
		}
		line += n + (line[n] == '\n');
	}
	buffer_release(text);
	*text = kept;
}

static int write_own(struct host_key_store *store, const struct buffer *text, struct err *err)
{
	if (text->overflowed)
		return err_set(err, ERR_LIMIT, "{path} is full", "path", store->path, NULL);
	return file_write(store->path, buffer_text(text), text->length, 0600, err);
}

int host_key_store_add(struct host_key_store *store, const char *known_name, const char *type, const char *base64,
		       const char *node, const char *uid, bool replaces_host, struct err *err)
{
	struct buffer text = BUFFER_INIT(FILE_MAXIMUM);
	int held;
	if (lock(store, &held, err) != 0)
		return -1;
	int result = read_own(store, &text, err);
	auto_free char *line = xasprintf("%s %s %s ", known_name, type, base64);
	/* A host may stand for several nodes: a jump host. */
	if (result == 0 && (replaces_host || !has_beginning(&text, line))) {
		if (replaces_host)
			drop_lines(&text, known_name);
		buffer_addf(&text, "%s%s%s%s\n", line, node, *uid ? " uid=" : "", uid);
		result = write_own(store, &text, err);
	}
	unlock(store, held);
	buffer_release(&text);
	return result;
}

/* Whether a line has the form of a known key or a revoked one. */
static bool is_key_line(const char *line)
{
	bool revoked;
	struct ssh_knownhosts_entry *entry = NULL;
	if (!take_marker(&line, &revoked))
		return false;
	/* libssh parses what matches: the line's own first name does, a hashed one cannot be asked. */
	auto_free char *names = xstrndup(line, strcspn(line, " \t"));
	if (*names == '|')
		return strstr(line, " ssh-") || strstr(line, " ecdsa-");
	names[strcspn(names, ",")] = '\0';
	bool fine = ssh_known_hosts_parse_line(names, line, &entry) == SSH_OK;
	ssh_knownhosts_entry_free(entry);
	return fine;
}

static bool has_line(const struct buffer *text, const char *line)
{
	size_t n = strlen(line);
	const char *begin = buffer_text(text);
	for (const char *found = begin; (found = strstr(found, line)); found += n)
		if ((found == begin || found[-1] == '\n') && found[n] == '\n')
			return true;
	return false;
}

int host_key_store_pin(struct host_key_store *store, const char *path, size_t *ret_count, struct err *err)
{
	char *given = NULL;
	size_t length, added = 0;
	int held;
	if (file_read(path, FILE_MAXIMUM, &given, &length, err) != 0)
		return -1;
	if (lock(store, &held, err) != 0) {
		free(given);
		return -1;
	}
	struct buffer text = BUFFER_INIT(FILE_MAXIMUM);
	int result = read_own(store, &text, err);
	char *position = NULL;
	for (char *line = strtok_r(given, "\r\n", &position); result == 0 && line;
	     line = strtok_r(NULL, "\r\n", &position)) {
		if (!is_key_line(line) || has_line(&text, line))
			continue;
		buffer_addf(&text, "%s\n", line);
		added++;
	}
	if (result == 0 && added > 0)
		result = write_own(store, &text, err);
	if (result == 0)
		*ret_count = added;
	unlock(store, held);
	buffer_release(&text);
	free(given);
	return result;
}
