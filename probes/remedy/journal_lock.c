/*
 * Which runs go on: open file description locks (fcntl(2)), one byte a run.
 * They end with the process whatever ends it, a process id that is used again
 * deceives nobody, and they work between containers and over NFS, where
 * process ids say nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "probes/remedy/journal_private.h"

static struct flock byte_of(short type, int64_t row)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)row, .l_len = 1};
}

static void set(struct journal *journal, short type, int64_t row)
{
	struct flock byte = byte_of(type, row);

	/* A file system without locks: then nobody can know whether a run goes on, and nobody says so. */
	(void)fcntl(journal->lock, F_OFD_SETLK, &byte);
}

void journal_lock_take(struct journal *journal, int64_t row)
{
	set(journal, F_WRLCK, row);
}

void journal_lock_release(struct journal *journal, int64_t row)
{
	set(journal, F_UNLCK, row);
}

enum journal_holder journal_lock_holder(const struct journal *journal, int64_t row)
{
	/* Another description: our own locks are seen like those of others. */
	int descriptor = open(journal->lock_file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct flock byte = byte_of(F_WRLCK, row);
	int code;

	if (descriptor < 0)
		return HOLDER_UNKNOWN;
	code = fcntl(descriptor, F_OFD_GETLK, &byte);
	close(descriptor);
	if (code < 0)
		return HOLDER_UNKNOWN;
	return byte.l_type == F_UNLCK ? HOLDER_NONE : HOLDER_SOMEBODY;
}
