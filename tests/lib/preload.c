/*
 * What a test cannot do to a machine, done to one process that loads this
 * before the C library: a wall clock that is set, a disk that is full.
 *
 * The file named by PRELOAD_FAULTS holds "SECONDS FULL": what the wall clock
 * is off by, and whether writing to a file whose path has "journal" in it
 * fails with ENOSPC (1). It is read again each time, so that a test sets the
 * clock or fills the disk in the middle of a run.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void read_faults(long *seconds, int *is_full)
{
	const char *path = getenv("PRELOAD_FAULTS");
	char text[64] = "";
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	*seconds = 0;
	*is_full = 0;
	if (file < 0)
		return;
	if (read(file, text, sizeof(text) - 1) > 0)
		(void)sscanf(text, "%ld %d", seconds, is_full);
	(void)close(file);
}

static long seconds_off(void)
{
	int saved = errno;
	long seconds;
	int is_full;

	read_faults(&seconds, &is_full);
	errno = saved;
	return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	int result;

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	result = real(clock, now);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += seconds_off();
	return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &precise) < 0)
		return -1;
	now->tv_sec = precise.tv_sec;
	now->tv_usec = precise.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret_now)
{
	struct timespec precise = {0};

	(void)clock_gettime(CLOCK_REALTIME, &precise);
	if (ret_now)
		*ret_now = precise.tv_sec;
	return precise.tv_sec;
}

static int is_refused(int descriptor)
{
	char link[64];
	char path[512];
	long seconds;
	int is_full;
	ssize_t n;

	read_faults(&seconds, &is_full);
	if (!is_full)
		return 0;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return 0;
	path[n] = '\0';
	if (!strstr(path, "journal"))
		return 0;
	errno = ENOSPC;
	return 1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t n, off64_t offset)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);

	if (!real)
		real = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
	return is_refused(descriptor) ? -1 : real(descriptor, bytes, n, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t n, off_t offset)
{
	return pwrite64(descriptor, bytes, n, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (!real)
		real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	return is_refused(descriptor) ? -1 : real(descriptor, bytes, n);
}
