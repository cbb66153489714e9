#include "tui/saved.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/saved_documents.h"
#include "tui/saved_private.h"

enum {
	FILE_MAXIMUM = 512 << 20,	/* bytes of one file */
	FILES_MAXIMUM = 50000,
	DEPTH_MAXIMUM = 24,		/* folders in folders */
};

static const size_t bytes_maximum = (size_t)2 << 30;	/* of all files together */

struct saved *saved_new(const struct field_set *fields)
{
	struct saved *saved = xcalloc(1, sizeof(*saved));

	saved->fields = fields;
	saved->snapshot = snapshot_new();
	return saved;
}

void saved_free(struct saved *saved)
{
	if (!saved)
		return;
	for (size_t i = 0; i < saved->input_count; i++) {
		free(saved->inputs[i].path);
		free(saved->inputs[i].error);
	}
	free(saved->inputs);
	free(saved->root);
	snapshot_free(saved->snapshot);
	evidence_store_free(saved->evidence);
	free(saved);
}

static void add_input(struct saved *saved, const char *path, size_t objects, const struct err *err)
{
	struct report_input *input;

	saved->inputs = xreallocarray(saved->inputs, saved->input_count + 1, sizeof(*saved->inputs));
	input = &saved->inputs[saved->input_count++];
	*input = (struct report_input){.path = xstrdup(path), .objects = objects};
	if (err && err->code != ERR_NONE)
		input->error = err_text(err);
}

void saved_add_failure(struct saved *saved, const char *path, const char *reason)
{
	struct err err = {0};

	err_set(&err, ERR_IO, "cannot read it: {reason}", "reason", reason, NULL);
	add_input(saved, path, 0, &err);
	saved->has_unread = true;
}

/* Reads all; refuses what is too large, and what is no file (a pipe is one only as standard input). */
static int read_all(int descriptor, struct buffer *out)
{
	char bytes[64 << 10];
	ssize_t n;

	while ((n = read(descriptor, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (buffer_add(out, bytes, (size_t)n) < 0) {
			errno = EFBIG;
			return -1;
		}
	}
	return 0;
}

/* "kubectl get pods > pods.json": the file's name, or its folder's, tells a kind where the content does not. */
static const struct kind *kind_of_name(const char *path)
{
	auto_free char *copy = xstrdup(path);
	char *base = strrchr(copy, '/');
	const struct kind *kind = NULL;

	for (int part = 0; part < 2 && !kind; part++) {
		char *word = base ? base + 1 : copy;

		kind = NULL;
		word[strcspn(word, ".")] = '\0';
		kind = kind_find(word);
		if (!base)
			break;
		*base = '\0';
		base = strrchr(copy, '/');
	}
	return kind;
}

struct reading {
	struct saved *saved;
	const struct kind *hint;
	size_t objects;
	size_t documents;
};

static void on_document(void *data, json_t *document)
{
	struct reading *reading = data;

	reading->documents++;
	reading->objects += saved_take_document(reading->saved, document, reading->hint);
}

bool saved_count_file(struct saved *saved)
{
	return ++saved->files <= FILES_MAXIMUM;
}

static const char *const not_objects = "not usable: neither JSON nor YAML of Kubernetes objects";

/* Lines of JSON between others: nothing was lost where such a text cannot be read to its end. */
static bool is_log(const struct reading *reading, const char *text, size_t length)
{
	return !reading->objects && (reading->documents || !memmem(text, length, "apiVersion", 10));
}

static void read_documents(struct saved *saved, const char *path, const char *text, size_t length)
{
	struct reading reading = {.saved = saved, .hint = kind_of_name(path)};
	enum saved_form form = saved_form_of(text, length);
	struct err err = {0};

	if (form == SAVED_OTHER) {
		err_set(&err, ERR_CONFIG, not_objects, NULL);
	} else if (saved_documents_each(path, text, length, on_document, &reading, &err) < 0) {
		if (is_log(&reading, text, length))
			err_set(&err, ERR_CONFIG, not_objects, NULL);
		else
			saved->has_unread = true;
	} else if (!reading.objects && reading.documents) {
		bool is_empty_list = saved->has_list;

		for (enum kind_id kind = 0; kind < KIND_COUNT; kind++)
			is_empty_list |= saved->was_seen[kind];
		if (!is_empty_list)
			err_set(&err, ERR_CONFIG, "not usable: no objects with a status that is looked at", NULL);
	}
	add_input(saved, path, reading.objects, &err);
}

void saved_read_text(struct saved *saved, const char *path, const char *text, size_t length)
{
	CLEANUP(buffer_release) struct buffer space = BUFFER_INIT(FILE_MAXIMUM);

	if (saved_form_of(text, length) == SAVED_ARCHIVE) {
		saved_read_archive(saved, path, text, length);
		return;
	}
	text = saved_documents_plain(text, &length, &space);
	read_documents(saved, path, text, length);
}

static void read_descriptor(struct saved *saved, const char *path, int descriptor)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(FILE_MAXIMUM);

	if (!saved_count_file(saved) || saved->bytes > bytes_maximum) {
		saved_add_failure(saved, path, "more than 50000 files, or 2 GiB in all, are not read");
		return;
	}
	if (read_all(descriptor, &text) < 0) {
		saved_add_failure(saved, path, errno == EFBIG ? "it is larger than 512 MiB, and that is not read"
							      : strerror(errno));
		return;
	}
	saved->bytes += text.length;
	saved_read_text(saved, path, buffer_text(&text), text.length);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_path(struct saved *saved, const char *path, int depth);

/* In the order of names, without hidden files. */
static void read_folder(struct saved *saved, const char *path, int descriptor, int depth)
{
	DIR *folder = fdopendir(descriptor);
	struct dirent *entry;
	char **names = NULL;
	size_t count = 0;

	if (!folder) {
		close(descriptor);
		saved_add_failure(saved, path, strerror(errno));
		return;
	}
	while ((entry = readdir(folder)) != NULL && count <= FILES_MAXIMUM) {
		if (entry->d_name[0] == '.')
			continue;
		names = xreallocarray(names, count + 1, sizeof(char *));
		names[count++] = xasprintf("%s/%s", path, entry->d_name);
	}
	closedir(folder);
	if (count)
		qsort(names, count, sizeof(char *), by_name);
	for (size_t i = 0; i < count; i++) {
		read_path(saved, names[i], depth + 1);
		free(names[i]);
	}
	free(names);
}

/* A link to what is read anyway, as bundles have them for logs. */
static bool leads_inside(const struct saved *saved, const char *path)
{
	auto_free char *target = realpath(path, NULL);
	size_t length = saved->root ? strlen(saved->root) : 0;

	return target && length && !strncmp(target, saved->root, length) && target[length] == '/';
}

static void read_path(struct saved *saved, const char *path, int depth)
{
	/* Links below a folder are not followed: they could lead anywhere, and in circles. */
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (depth ? O_NOFOLLOW : 0));
	struct stat status;

	if (descriptor < 0 && errno == ELOOP && depth && leads_inside(saved, path))
		return;
	if (descriptor < 0 || fstat(descriptor, &status) < 0) {
		saved_add_failure(saved, path, strerror(errno));
	} else if (S_ISDIR(status.st_mode) && depth < DEPTH_MAXIMUM) {
		read_folder(saved, path, descriptor, depth);
		return;
	} else if (S_ISREG(status.st_mode) || (!depth && S_ISFIFO(status.st_mode))) {
		fcntl(descriptor, F_SETFL, 0);
		read_descriptor(saved, path, descriptor);
	} else {
		saved_add_failure(saved, path, "neither a file nor a folder");
	}
	if (descriptor >= 0)
		close(descriptor);
}

void saved_read(struct saved *saved, const char *path)
{
	if (!strcmp(path, "-"))
		read_descriptor(saved, "-", STDIN_FILENO);
	else {
		free(saved->root);
		saved->root = realpath(path, NULL);
		read_path(saved, path, 0);
	}
}

void saved_finish(struct saved *saved)
{
	saved_imply_objects(saved);
	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++) {
		const struct err *unjudged = &saved->unjudged[kind];

		if (!saved->was_seen[kind])
			snapshot_set_state(saved->snapshot, kind, COLLECTION_ABSENT, NULL, 0);
		else if (unjudged->code != ERR_NONE)
			snapshot_set_state(saved->snapshot, kind, COLLECTION_FAILED, unjudged, 0);
		else
			snapshot_set_state(saved->snapshot, kind, COLLECTION_CURRENT, NULL, 0);
	}
}

struct snapshot *saved_snapshot(struct saved *saved)
{
	return saved->snapshot;
}

const struct report_input *saved_inputs(const struct saved *saved, size_t *ret_count)
{
	*ret_count = saved->input_count;
	return saved->inputs;
}

const struct evidence_store *saved_evidence(const struct saved *saved)
{
	return saved->evidence;
}

int64_t saved_newest(const struct saved *saved)
{
	return saved->saved_at ? saved->saved_at : saved->newest;
}

bool saved_has_unread(const struct saved *saved)
{
	return saved->has_unread;
}

bool saved_is_empty(const struct saved *saved)
{
	if (saved->has_list)
		return false;
	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++)
		if (saved->was_seen[kind])
			return false;
	return true;
}
