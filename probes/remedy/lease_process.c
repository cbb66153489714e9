#include "probes/remedy/lease_process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/memory.h"

enum { STAT_MAXIMUM = 1024, START_FIELD = 22, STATE_FIELD = 3 };

static bool read_line(const char *path, char *out, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = file < 0 ? -1 : read(file, out, size - 1);

	if (file >= 0)
		(void)close(file);
	if (n <= 0)
		return false;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return true;
}

/* "BOOT-ID NAMESPACE": where process numbers mean the same. */
static bool read_place(char *out, size_t size)
{
	char boot[64];
	char name_space[64];
	ssize_t n = readlink("/proc/self/ns/pid", name_space, sizeof(name_space) - 1);

	if (n <= 0 || !read_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)))
		return false;
	name_space[n] = '\0';
	return snprintf(out, size, "%s %s", boot, name_space) < (int)size;
}

/* The fields after the name, which may hold blanks and brackets itself. */
static const char *field_of(const char *stat, int number)
{
	const char *at = strrchr(stat, ')');

	for (int field = 2; at && field < number; field++) {
		at = strchr(at + 1, ' ');
		if (!at)
			return NULL;
	}
	return at ? at + 1 : NULL;
}

/* When it started, in ticks since the boot; 0: there is no such process, or only what is left of one. */
static unsigned long long started(long pid)
{
	char path[40];
	char stat[STAT_MAXIMUM];
	const char *state;
	const char *start;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (!read_line(path, stat, sizeof(stat)))
		return 0;
	state = field_of(stat, STATE_FIELD);
	start = field_of(stat, START_FIELD);
	if (!state || !start || *state == 'Z' || *state == 'X')
		return 0;
	return strtoull(start, NULL, 10);
}

char *process_mark(void)
{
	char place[160];
	unsigned long long start = started((long)getpid());

	if (!start || !read_place(place, sizeof(place)))
		return xstrdup("");
	return xasprintf("%s %ld %llu", place, (long)getpid(), start);
}

bool process_is_gone(const char *mark)
{
	char place[160];
	size_t length;
	unsigned long long start;
	char *end;
	long pid;

	if (!mark || !read_place(place, sizeof(place)))
		return false;
	length = strlen(place);
	if (strncmp(mark, place, length) != 0 || mark[length] != ' ')
		return false;
	pid = strtol(mark + length + 1, &end, 10);
	if (pid <= 0 || *end != ' ')
		return false;
	start = strtoull(end + 1, &end, 10);
	return start > 0 && !*end && started(pid) != start;
}
