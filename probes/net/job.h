/*
 * Child processes in the loop: credential plugins, the simulated cluster.
 *
 * Children get their own session, /dev/null as standard input, pipes as
 * standard output and error (so that nothing reaches the screen), and no
 * other descriptor of ours. Output is hostile, collected up to a maximum.
 */
#ifndef NET_JOB_H
#define NET_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"

struct loop;
struct job;

struct job_result {
	int exit_code;			/* -1 when ended by a signal or never started */
	int signal;			/* 0, or the signal that ended it */
	bool timed_out;
	const struct buffer *out;
	const struct buffer *error_out;
};

struct job_request {
	const char *const *argv;	/* argv[0] is looked up in PATH; NULL-terminated */
	const char *const *environment;	/* "NAME=value" added to ours; NULL-terminated; may be NULL */
	long timeout_ms;		/* 0: none */
	size_t output_maximum;		/* of each stream; 0 = 1 MiB */
	/*
	 * The terminal's descriptor, lent until on_done or job_cancel(): the child reads its keys and writes its
	 * complaints there; 0: none. Only for a terminal that is ours and in whose foreground we are.
	 */
	int terminal;
	bool dies_with_us;		/* kernel sends it SIGTERM when this process ends, however that happens */
	/* Each piece of standard output as it comes; may be NULL. */
	void (*on_output)(void *data, const char *bytes, size_t n);
	/* Once, last, unless cancelled; the job is gone when it returns. */
	void (*on_done)(void *data, const struct job_result *result);
	void *data;
};

int job_start(struct loop *loop, const struct job_request *request, struct job **ret_job, struct err *err);
pid_t job_pid(const struct job *job);
/* SIGTERM to its group, SIGKILL two seconds later, reaped by the loop; no callback any more. NULL is fine. */
void job_cancel(struct job *job);

#endif
