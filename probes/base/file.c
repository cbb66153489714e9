#include "probes/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

static int set_errno(struct err *err, const char *id, const char *path)
{
	return err_set(err, ERR_IO, id, "path", path, "reason", strerror(errno), NULL);
}

static int too_large(struct err *err, const char *path, size_t maximum)
{
	char limit[32];

	snprintf(limit, sizeof(limit), "%zu", maximum);
	return err_set(err, ERR_LIMIT, "cannot read {path}: it is larger than {limit} bytes", "path", path, "limit",
		       limit, NULL);
}

static void close_descriptor(const int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

int file_read(const char *path, size_t maximum, char **ret_text, size_t *ret_length, struct err *err)
{
	CLEANUP(buffer_release) struct buffer all = BUFFER_INIT(maximum);
	CLEANUP(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	char piece[16384];
	ssize_t n;

	if (descriptor < 0)
		return set_errno(err, "cannot read {path}: {reason}", path);
	while ((n = read(descriptor, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return set_errno(err, "cannot read {path}: {reason}", path);
		if (buffer_add(&all, piece, (size_t)n) < 0)
			return too_large(err, path, maximum);
	}
	if (ret_length)
		*ret_length = all.length;
	*ret_text = buffer_detach(&all);
	return 0;
}

static int write_all(int descriptor, const char *bytes, size_t n)
{
	while (n) {
		ssize_t written = write(descriptor, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		bytes += written;
		n -= (size_t)written;
	}
	return fsync(descriptor);
}

int file_write(const char *path, const void *bytes, size_t n, unsigned int mode, struct err *err)
{
	auto_free char *beside = xasprintf("%s.XXXXXX", path);
	CLEANUP(close_descriptor) int descriptor = mkostemp(beside, O_CLOEXEC);

	if (descriptor < 0)
		return set_errno(err, "cannot write {path}: {reason}", path);
	if (fchmod(descriptor, (mode_t)mode) < 0 || write_all(descriptor, bytes, n) < 0 ||
	    rename(beside, path) < 0) {
		set_errno(err, "cannot write {path}: {reason}", path);
		unlink(beside);
		return -1;
	}
	return 0;
}

int file_read_json(const char *path, size_t maximum, json_t **ret_value, struct err *err)
{
	auto_free char *text = NULL;
	size_t length;
	json_error_t error;
	json_t *value;
	char line[16];
	char column[16];

	if (file_read(path, maximum, &text, &length, err) < 0)
		return -1;
	value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value) {
		snprintf(line, sizeof(line), "%d", error.line);
		snprintf(column, sizeof(column), "%d", error.column);
		return err_set(err, ERR_CONFIG, "{path}:{line}:{column}: not JSON: {reason}", "path", path, "line",
			       line, "column", column, "reason", error.text, NULL);
	}
	*ret_value = value;
	return 0;
}

int file_make_folder(const char *path, struct err *err)
{
	auto_free char *partial = xstrdup(path);

	for (char *at = partial + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(partial, 0700) < 0 && errno != EEXIST)
			return set_errno(err, "cannot make the folder {path}: {reason}", partial);
		*at = '/';
	}
	if (mkdir(partial, 0700) < 0 && errno != EEXIST)
		return set_errno(err, "cannot make the folder {path}: {reason}", partial);
	return 0;
}
