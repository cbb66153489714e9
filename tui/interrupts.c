#include "tui/interrupts.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void on_signal(void *data, int ready)
{
	struct interrupts *interrupts = data;
	struct signalfd_siginfo info;

	(void)ready;
	if (read(interrupts->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		interrupts->session->interrupted = true;
}

int interrupts_start(struct interrupts *interrupts, struct session *session, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	interrupts->session = session;
	interrupts->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (interrupts->signals < 0)
		return err_set(err, ERR_IO, "cannot wait for signals: {reason}", "reason", strerror(errno), NULL);
	interrupts->watch = loop_watch(session->loop, interrupts->signals, WATCH_READ, on_signal, interrupts);
	return 0;
}

void interrupts_stop(struct interrupts *interrupts)
{
	if (interrupts->signals < 0)
		return;
	descriptor_watch_cancel(interrupts->watch);
	close(interrupts->signals);
}
