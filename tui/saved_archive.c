/*
 * Saved clusters in .tar, .tar.gz and .zip. An archive is as hostile as its
 * sender: nothing is written anywhere, links and paths that lead outside are
 * refused, what unpacks to far more than it is ends the reading
 * (decisions.md 42).
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/saved_private.h"

enum {
	RATIO_MAXIMUM = 200,		/* of unpacked to packed bytes, */
	FREE_BYTES = 64 << 20,		/* beyond so many */
	ENTRY_MAXIMUM = 256 << 20,
	ARCHIVES_MAXIMUM = 2,		/* one in another: a bundle's compressed files */
};

struct unpacking {
	struct saved *saved;
	const char *name;
	struct archive *archive;
	size_t packed;
	size_t unpacked;
};

static bool leads_outside(const char *path)
{
	if (path[0] == '/')
		return true;
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && !strncmp(path, "..", 2))
			return true;
		path += length;
		path += *path == '/';
	}
	return false;
}

/* A link to another entry, which is read by its own name: bundles have them for logs. */
static bool leads_to_entry(struct archive_entry *entry, const char *path)
{
	const char *target = archive_entry_hardlink(entry);
	int depth = 0;

	if (target)
		return !leads_outside(target);
	target = archive_entry_filetype(entry) == AE_IFLNK ? archive_entry_symlink(entry) : NULL;
	if (!target || target[0] == '/' || leads_outside(path))
		return false;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		depth++;
	for (; *target && depth >= 0; target += strcspn(target, "/"), target += *target == '/')
		depth += strncmp(target, "..", 2) || (target[2] && target[2] != '/') ? 1 : -1;
	return depth >= 0;
}

static bool is_hidden(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return base[0] == '.';
}

/* Returns NULL, or why it was not read whole. */
static const char *unpack(struct unpacking *unpacking, struct buffer *out)
{
	char bytes[64 << 10];
	la_ssize_t n;

	while ((n = archive_read_data(unpacking->archive, bytes, sizeof(bytes))) > 0) {
		unpacking->unpacked += (size_t)n;
		if (unpacking->unpacked > FREE_BYTES && unpacking->unpacked / RATIO_MAXIMUM > unpacking->packed)
			return "it unpacks to more than 200 times its size, and that is not read";
		if (buffer_add(out, bytes, (size_t)n) < 0)
			return "it is larger than 256 MiB unpacked, and that is not read";
	}
	return n < 0 ? "the archive is damaged here" : NULL;
}

static void read_entry(struct unpacking *unpacking, struct archive_entry *entry)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(ENTRY_MAXIMUM);
	const char *path = archive_entry_pathname(entry);
	/* A file that was only compressed has no entries; the library calls its content so. */
	bool is_plain = archive_format(unpacking->archive) == ARCHIVE_FORMAT_RAW;
	auto_free char *name = is_plain ? xstrdup(unpacking->name)
					: xasprintf("%s:%s", unpacking->name, path ? path : "?");
	const char *why = NULL;

	if (archive_entry_filetype(entry) == AE_IFDIR || (path && is_hidden(path)) ||
	    (path && leads_to_entry(entry, path)))
		return;
	if (!path || leads_outside(path))
		why = "its path leads outside of the archive";
	else if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		why = "neither a file nor a folder";
	else
		why = unpack(unpacking, &text);
	if (why)
		saved_add_failure(unpacking->saved, name, why);
	if (!why || text.length)
		saved_read_text(unpacking->saved, name, buffer_text(&text), text.length);
}

static void read_entries(struct saved *saved, const char *name, const char *bytes, size_t length)
{
	struct unpacking unpacking = {saved, name, archive_read_new(), length, 0};
	struct archive_entry *entry;
	int status;

	archive_read_support_filter_gzip(unpacking.archive);
	archive_read_support_format_tar(unpacking.archive);
	archive_read_support_format_zip(unpacking.archive);
	archive_read_support_format_raw(unpacking.archive);
	status = archive_read_open_memory(unpacking.archive, bytes, length);
	while (status == ARCHIVE_OK || status == ARCHIVE_WARN) {
		status = archive_read_next_header(unpacking.archive, &entry);
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			break;
		if (!saved_count_file(saved)) {
			saved_add_failure(saved, name, "more than 50000 files are not read");
			archive_read_free(unpacking.archive);
			return;
		}
		read_entry(&unpacking, entry);
		if (unpacking.unpacked > FREE_BYTES && unpacking.unpacked / RATIO_MAXIMUM > length)
			break;
	}
	if (status != ARCHIVE_EOF && status != ARCHIVE_OK && status != ARCHIVE_WARN) {
		const char *why = archive_error_string(unpacking.archive);

		saved_add_failure(saved, name, why ? why : "the archive is damaged");
	}
	archive_read_free(unpacking.archive);
}

void saved_read_archive(struct saved *saved, const char *name, const char *bytes, size_t length)
{
	if (saved->archives == ARCHIVES_MAXIMUM) {
		saved_add_failure(saved, name, "an archive in an archive in an archive");
		return;
	}
	saved->archives++;
	read_entries(saved, name, bytes, length);
	saved->archives--;
}
