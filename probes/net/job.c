#include "probes/net/job.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/loop_private.h"
#include "probes/net/spawn.h"

enum {
	OUTPUT_MAXIMUM = 1 << 20,
	KILL_DELAY_MS = 2000,
	END_ALL_MS = 500,
	LOOK_STOPPED_MS = 200,
	LOOK_AGAIN_MS = 20,	/* only where the kernel or its sandbox has no pidfd */
};

struct stream {
	int descriptor;		/* -1: ended */
	struct descriptor_watch *watch;
	struct buffer bytes;
};

struct job {
	struct loop *loop;
	struct job *next;
	struct job *previous;
	pid_t pid;
	int pidfd;		/* -1: looked for by timer */
	struct descriptor_watch *exit_watch;
	struct timer *look_again;
	struct timer *look_stopped;	/* while it has the terminal: was it stopped? */
	struct timer *deadline;
	struct timer *kill_timer;
	struct stream out;
	struct stream error_out;
	bool timed_out;
	bool cancelled;
	bool finishing;
	int terminal;		/* lent; 0: none */
	void (*on_output)(void *data, const char *bytes, size_t n);
	void (*on_done)(void *data, const struct job_result *result);
	void *data;
};

static void stream_close(struct stream *stream)
{
	descriptor_watch_cancel(stream->watch);
	stream->watch = NULL;
	if (stream->descriptor >= 0)
		close(stream->descriptor);
	stream->descriptor = -1;
}

static void stream_release(struct stream *stream)
{
	stream_close(stream);
	/* A credential plugin's output is a credential. */
	if (stream->bytes.data)
		explicit_bzero(stream->bytes.data, stream->bytes.length);
	buffer_release(&stream->bytes);
}

static void job_free(struct job *job)
{
	timer_cancel(job->look_again);
	timer_cancel(job->look_stopped);
	timer_cancel(job->deadline);
	timer_cancel(job->kill_timer);
	descriptor_watch_cancel(job->exit_watch);
	if (job->pidfd >= 0)
		close(job->pidfd);
	stream_release(&job->out);
	stream_release(&job->error_out);
	if (job->previous)
		job->previous->next = job->next;
	else
		job->loop->jobs = job->next;
	if (job->next)
		job->next->previous = job->previous;
	free(job);
}

/* Reads what is there. What exceeds the maximum is read and dropped, so that the child does not block. */
static void stream_read(struct job *job, struct stream *stream)
{
	char bytes[4096];

	while (stream->descriptor >= 0) {
		ssize_t n = read(stream->descriptor, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			stream_close(stream);
			break;
		}
		buffer_add(&stream->bytes, bytes, (size_t)n);
		if (stream == &job->out && job->on_output && !job->cancelled)
			job->on_output(job->data, bytes, (size_t)n);
	}
	explicit_bzero(bytes, sizeof(bytes));
}

static void on_out(void *data, int ready)
{
	struct job *job = data;

	(void)ready;
	stream_read(job, &job->out);
}

static void on_error_out(void *data, int ready)
{
	struct job *job = data;

	(void)ready;
	stream_read(job, &job->error_out);
}

static void take_terminal_back(struct job *job)
{
	if (job->terminal)
		spawn_reclaim_terminal(job->terminal);
	job->terminal = 0;
}

static void finish(struct job *job, int status)
{
	struct job_result result = {
		.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		.timed_out = job->timed_out,
	};

	take_terminal_back(job);
	/* A grandchild may hold the pipes open for ever: what is in them now is the output. */
	stream_read(job, &job->out);
	stream_read(job, &job->error_out);
	result.out = &job->out.bytes;
	result.error_out = &job->error_out.bytes;
	job->finishing = true;
	if (!job->cancelled && job->on_done)
		job->on_done(job->data, &result);
	job_free(job);
}

static bool reap(struct job *job, int options)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(job->pid, &status, options);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	finish(job, pid < 0 ? 0 : status);
	return true;
}

static void on_exit_ready(void *data, int ready)
{
	(void)ready;
	reap(data, WNOHANG);
}

static void on_look_again(void *data)
{
	struct job *job = data;

	job->look_again = NULL;
	if (!reap(job, WNOHANG))
		job->look_again = loop_timer(job->loop, LOOK_AGAIN_MS, on_look_again, job);
}

static void on_kill(void *data)
{
	struct job *job = data;

	job->kill_timer = NULL;
	kill(-job->pid, SIGKILL);
}

static void terminate(struct job *job)
{
	kill(-job->pid, SIGTERM);
	if (!job->kill_timer)
		job->kill_timer = loop_timer(job->loop, KILL_DELAY_MS, on_kill, job);
}

static void on_deadline(void *data)
{
	struct job *job = data;

	job->deadline = NULL;
	job->timed_out = true;
	terminate(job);
}

static void watch_exit(struct job *job)
{
	job->pidfd = pidfd_open(job->pid, 0);
	if (job->pidfd >= 0)
		job->exit_watch = loop_watch(job->loop, job->pidfd, WATCH_READ, on_exit_ready, job);
	else
		job->look_again = loop_timer(job->loop, LOOK_AGAIN_MS, on_look_again, job);
}

/* A pidfd tells of the end alone. */
static void on_look_stopped(void *data)
{
	struct job *job = data;
	siginfo_t what = {0};

	job->look_stopped = NULL;
	if (!job->terminal)
		return;
	if (waitid(P_PID, (id_t)job->pid, &what, WSTOPPED | WNOHANG) == 0 && what.si_pid == job->pid)
		spawn_stop_together(job->terminal, job->pid);
	job->look_stopped = loop_timer(job->loop, LOOK_STOPPED_MS, on_look_stopped, job);
}

int job_start(struct loop *loop, const struct job_request *request, struct job **ret_job, struct err *err)
{
	size_t maximum = request->output_maximum ? request->output_maximum : OUTPUT_MAXIMUM;
	struct spawned child;
	struct job *job;

	const struct spawn_request what = {
		.argv = request->argv,
		.environment = request->environment,
		.dies_with_us = request->dies_with_us,
		.terminal = request->terminal,
	};

	if (spawn(&what, &child, err) < 0)
		return -1;
	job = xcalloc(1, sizeof(*job));
	job->loop = loop;
	job->pid = child.pid;
	job->out = (struct stream){.descriptor = child.out, .bytes = BUFFER_INIT(maximum)};
	job->error_out = (struct stream){.descriptor = child.error_out, .bytes = BUFFER_INIT(maximum)};
	job->terminal = request->terminal;
	job->on_output = request->on_output;
	job->on_done = request->on_done;
	job->data = request->data;
	job->next = loop->jobs;
	if (job->next)
		job->next->previous = job;
	loop->jobs = job;
	job->out.watch = loop_watch(loop, child.out, WATCH_READ, on_out, job);
	if (child.error_out >= 0)
		job->error_out.watch = loop_watch(loop, child.error_out, WATCH_READ, on_error_out, job);
	watch_exit(job);
	if (job->terminal)
		job->look_stopped = loop_timer(loop, LOOK_STOPPED_MS, on_look_stopped, job);
	if (request->timeout_ms > 0)
		job->deadline = loop_timer(loop, request->timeout_ms, on_deadline, job);
	if (ret_job)
		*ret_job = job;
	return 0;
}

pid_t job_pid(const struct job *job)
{
	return job->pid;
}

void job_cancel(struct job *job)
{
	if (!job || job->finishing || job->cancelled)
		return;
	job->cancelled = true;
	take_terminal_back(job);
	timer_cancel(job->deadline);
	job->deadline = NULL;
	terminate(job);
}

static void wait_briefly(const struct job *job, int64_t deadline_ms)
{
	struct pollfd ended = {.fd = job->pidfd, .events = POLLIN};
	int64_t left = deadline_ms - clock_monotonic_ms();

	if (left > 0)
		poll(&ended, job->pidfd >= 0 ? 1 : 0, (int)left);
}

void job_end_all(struct loop *loop)
{
	int64_t deadline_ms = clock_monotonic_ms() + END_ALL_MS;

	for (struct job *job = loop->jobs; job; job = job->next)
		kill(-job->pid, SIGTERM);
	while (loop->jobs) {
		struct job *job = loop->jobs;

		job->cancelled = true;
		take_terminal_back(job);
		wait_briefly(job, deadline_ms);
		/* The group outlives its leader where that left children behind. */
		kill(-job->pid, SIGKILL);
		reap(job, 0);
	}
}
