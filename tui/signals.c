#include "tui/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/memory.h"

static const int taken[] = {SIGTERM, SIGHUP, SIGINT, SIGWINCH, SIGTSTP};

static int ends[2] = {-1, -1};

static void on_signal(int number)
{
	int kept = errno;
	unsigned char byte = (unsigned char)number;
	/* A full pipe loses nothing that matters: the same signals are in it. */
	ssize_t written = write(ends[1], &byte, 1);

	(void)written;
	errno = kept;
}

int signals_start(struct err *err)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(err, ERR_IO, "cannot make a pipe: {reason}", "reason", strerror(errno), NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < array_length(taken); i++)
		sigaction(taken[i], &action, NULL);
	return 0;
}

void signals_stop(void)
{
	for (size_t i = 0; i < array_length(taken); i++)
		signal(taken[i], SIG_DFL);
	close(ends[0]);
	close(ends[1]);
	ends[0] = ends[1] = -1;
}

int signals_descriptor(void)
{
	return ends[0];
}

int signals_take(void)
{
	unsigned char byte;

	return read(ends[0], &byte, 1) == 1 ? byte : 0;
}
