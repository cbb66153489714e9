#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "tui/save.h"

struct save_archive {
	struct archive *archive;
	char *path;
	char *unfinished;	/* beside path, until it is whole */
	int descriptor;
};

static int fail(const struct save_archive *archive, const char *reason, struct err *err)
{
	err_set(err, ERR_IO, "cannot write {path}: {reason}", "path", archive->path, "reason", reason, NULL);
	return -1;
}

static int fail_there(const char *path, struct err *err)
{
	err_set(err, ERR_USAGE, "{path} is there already", "path", path, NULL);
	err_hint(err, "name another file, or move that one away", NULL);
	return -1;
}

int save_archive_open(const char *path, struct save_archive **ret_archive, struct err *err)
{
	struct save_archive *archive;
	struct stat status;

	if (lstat(path, &status) == 0)
		return fail_there(path, err);
	archive = xcalloc(1, sizeof(*archive));
	archive->path = xstrdup(path);
	archive->unfinished = xasprintf("%s.XXXXXX", path);
	archive->descriptor = mkostemp(archive->unfinished, O_CLOEXEC);
	if (archive->descriptor < 0) {
		fail(archive, strerror(errno), err);
		free(archive->unfinished);
		archive->unfinished = NULL;
		save_archive_free(archive);
		return -1;
	}
	archive->archive = archive_write_new();
	archive_write_add_filter_gzip(archive->archive);
	archive_write_set_format_pax_restricted(archive->archive);
	if (archive_write_open_fd(archive->archive, archive->descriptor) != ARCHIVE_OK) {
		fail(archive, archive_error_string(archive->archive), err);
		save_archive_free(archive);
		return -1;
	}
	*ret_archive = archive;
	return 0;
}

/* Adds a file below the archive's one folder. */
static int add_file(struct save_archive *archive, const char *name, const char *text, size_t length, struct err *err)
{
	auto_free char *path = xasprintf("nks-triage-save/%s", name);
	struct archive_entry *entry = archive_entry_new();
	bool is_written;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, (la_int64_t)length);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_mtime(entry, (time_t)clock_wall(), 0);
	is_written = archive_write_header(archive->archive, entry) == ARCHIVE_OK &&
		     archive_write_data(archive->archive, text, length) == (la_ssize_t)length &&
		     archive_write_finish_entry(archive->archive) == ARCHIVE_OK;
	archive_entry_free(entry);
	return is_written ? 0 : fail(archive, archive_error_string(archive->archive), err);
}

int save_archive_add_json(struct save_archive *archive, const char *name, const json_t *document, struct err *err)
{
	auto_free char *text = json_dumps(document, JSON_INDENT(1));

	if (!text)
		return fail(archive, "a text that is no JSON", err);
	return add_file(archive, name, text, strlen(text), err);
}

int save_archive_finish(struct save_archive *archive, struct err *err)
{
	if (archive_write_close(archive->archive) != ARCHIVE_OK)
		return fail(archive, archive_error_string(archive->archive), err);
	if (fsync(archive->descriptor) < 0)
		return fail(archive, strerror(errno), err);
	/* link() does not replace what came there meanwhile, as rename() would; some file systems have no links. */
	if (link(archive->unfinished, archive->path) < 0) {
		if (errno == EEXIST)
			return fail_there(archive->path, err);
		if (rename(archive->unfinished, archive->path) < 0)
			return fail(archive, strerror(errno), err);
		free(archive->unfinished);
		archive->unfinished = NULL;
	}
	return 0;
}

void save_archive_free(struct save_archive *archive)
{
	if (!archive)
		return;
	if (archive->archive)
		archive_write_free(archive->archive);
	if (archive->unfinished)
		unlink(archive->unfinished);
	if (archive->descriptor >= 0)
		close(archive->descriptor);
	free(archive->unfinished);
	free(archive->path);
	free(archive);
}
