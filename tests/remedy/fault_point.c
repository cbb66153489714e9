/*
 * What fault_point() is in the tests' program:
 *
 * NKS_TRIAGE_FAULT_TRACE=FILE  adds a line for each place that is passed, with the monotonic time in microseconds
 * NKS_TRIAGE_FAULT_AT=PLACE:N  kills the process there, the Nth time
 */
#include "probes/base/fault_point.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int passed;

static void trace(const char *place)
{
	const char *file = getenv("NKS_TRIAGE_FAULT_TRACE");
	struct timespec now;
	int descriptor = file ? open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (descriptor < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	dprintf(descriptor, "%s %lld\n", place, (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	close(descriptor);
}

static void die_at(const char *place)
{
	const char *wanted = getenv("NKS_TRIAGE_FAULT_AT");
	const char *number = wanted ? strrchr(wanted, ':') : NULL;

	if (!number || strlen(place) != (size_t)(number - wanted) || strncmp(wanted, place, strlen(place)) != 0)
		return;
	if (++passed == strtol(number + 1, NULL, 10))
		kill(getpid(), SIGKILL);
}

void fault_point(const char *where, const char *what)
{
	char place[128];

	snprintf(place, sizeof(place), what ? "%s.%s" : "%s", where, what);
	pthread_mutex_lock(&lock);
	trace(place);
	die_at(place);
	pthread_mutex_unlock(&lock);
}
