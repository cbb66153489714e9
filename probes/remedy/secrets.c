/*
 * Values that nobody may see (decisions.md 27): masked parameters, and digests
 * of secret data. Digests are HMACs under a random key in the state folder, so
 * that a journal that leaks cannot be tried against a list of passwords.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "probes/base/digest.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

static struct secret *find(const struct change *change, const char *name)
{
	for (size_t i = 0; i < change->secret_count; i++) {
		if (!strcmp(change->secrets[i].name, name))
			return &change->secrets[i];
	}
	return NULL;
}

void secret_need(struct change *change, const char *name)
{
	if (find(change, name))
		return;
	change->secrets = xreallocarray(change->secrets, change->secret_count + 1, sizeof(*change->secrets));
	change->secrets[change->secret_count++] = (struct secret){.name = xstrdup(name)};
}

const char *secret_value(const struct change *change, const char *name)
{
	const struct secret *secret = find(change, name);

	return secret ? secret->value : NULL;
}

const char *secret_missing(const struct change *change)
{
	for (size_t i = 0; i < change->secret_count; i++) {
		if (!change->secrets[i].value)
			return change->secrets[i].name;
	}
	return NULL;
}

size_t change_secret_count(const struct change *change)
{
	return change->secret_count;
}

const char *change_secret_name(const struct change *change, size_t index)
{
	return change->secrets[index].name;
}

static const json_t *definition_of(const struct change *change, const char *name)
{
	return json_object_get(json_object_get(change->document, "parameters"), name);
}

const char *change_secret_description(const struct change *change, size_t index)
{
	const json_t *definition = definition_of(change, change->secrets[index].name);

	return change_localized(change, json_object_get(definition, "description"));
}

bool change_secret_is_given(const struct change *change, size_t index)
{
	return change->secrets[index].value != NULL;
}

/* One line of text: what is pasted with more was not meant so. */
static bool is_one_line(const char *value)
{
	for (; *value; value++) {
		if ((unsigned char)*value < ' ')
			return false;
	}
	return true;
}

int change_give_secret(struct change *change, const char *name, const char *value, struct err *err)
{
	struct secret *secret = find(change, name);

	if (!secret)
		return err_set(err, ERR_USAGE, "the plan asks for no value {name}", "name", name, NULL);
	if (change->state != CHANGE_PREVIEWED)
		return err_set(err, ERR_REFUSED, "there is no preview to confirm: the change is {state}", "state",
			       change_state_name(change->state), NULL);
	if (!*value || !is_one_line(value))
		return err_set(err, ERR_USAGE, "the value of {name} is empty or no single line", "name", name,
			       NULL);
	secret_free(secret->value);
	secret->value = xstrdup(value);
	return 0;
}

static int make_key_file(const char *file, const unsigned char *key, struct err *err)
{
	int descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool is_written;

	/* Another console may have been quicker: then its key counts. */
	if (descriptor < 0 && errno == EEXIST)
		return 0;
	if (descriptor < 0)
		return err_set(err, ERR_IO, "cannot make {file}: {reason}", "file", file, "reason", strerror(errno),
			       NULL);
	is_written = write(descriptor, key, SECRET_KEY_BYTES) == SECRET_KEY_BYTES && fsync(descriptor) == 0;
	close(descriptor);
	if (is_written)
		return 0;
	(void)unlink(file);
	return err_set(err, ERR_IO, "cannot write {file}", "file", file, NULL);
}

static int load_key(struct change *change, struct err *err)
{
	auto_free char *file = NULL;
	char *bytes = NULL;
	size_t length = 0;

	if (getrandom(change->secret_key, SECRET_KEY_BYTES, 0) != SECRET_KEY_BYTES)
		return err_set(err, ERR_IO, "the kernel gives no random bytes", NULL);
	change->has_secret_key = true;
	if (!change->context.state_dir)
		return 0;
	file = xasprintf("%s/digest.key", change->context.state_dir);
	change->has_secret_key = false;
	if (file_make_folder(change->context.state_dir, err) < 0 || make_key_file(file, change->secret_key, err) < 0 ||
	    file_read(file, 4096, &bytes, &length, err) < 0)
		return -1;
	if (length == SECRET_KEY_BYTES)
		memcpy(change->secret_key, bytes, SECRET_KEY_BYTES);
	explicit_bzero(bytes, length);
	free(bytes);
	change->has_secret_key = length == SECRET_KEY_BYTES;
	if (change->has_secret_key)
		return 0;
	return err_set(err, ERR_INVALID, "{file} is no key of this program", "file", file, NULL);
}

int secret_digest(struct change *change, const char *bytes, size_t n, char **ret_text, struct err *err)
{
	char hex[DIGEST_HEX_SIZE];

	if (!change->has_secret_key && load_key(change, err) < 0)
		return -1;
	digest_hmac(change->secret_key, SECRET_KEY_BYTES, bytes, n, hex);
	*ret_text = xasprintf("hmac:%s", hex);
	return 0;
}

void secrets_release(struct change *change)
{
	for (size_t i = 0; i < change->secret_count; i++) {
		free(change->secrets[i].name);
		secret_free(change->secrets[i].value);
	}
	free(change->secrets);
	explicit_bzero(change->secret_key, sizeof(change->secret_key));
}

static void wipe(json_t *value)
{
	const char *key;
	size_t i;
	json_t *member;

	if (json_is_string(value))
		explicit_bzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_object_foreach(value, key, member)
		wipe(member);
	json_array_foreach(value, i, member)
		wipe(member);
}

void secret_json_free(json_t *value)
{
	wipe(value);
	json_decref(value);
}
