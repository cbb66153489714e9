#include "probes/net/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "probes/base/memory.h"

enum { REPORT = STDERR_FILENO + 1 };	/* where a forked child tells that exec failed */

/* Everything that the child needs, ready before it exists. */
struct plan {
	char *path;		/* of the program */
	char **argv;
	char **environment;
	int in;
	int out[2];
	int error_out[2];
};

static void close_one(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

static void plan_release(struct plan *plan)
{
	close_one(&plan->in);
	for (int i = 0; i < 2; i++) {
		close_one(&plan->out[i]);
		close_one(&plan->error_out[i]);
	}
	free(plan->path);
	free(plan->argv);
	free(plan->environment);
}

static bool is_program(const char *path)
{
	return access(path, X_OK) == 0;
}

/* As execvp() looks, but without an implied current directory. NULL: there is none. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	auto_free char *folders = xstrdup(path && *path ? path : "/usr/local/bin:/usr/bin:/bin");
	char *rest = folders;
	char *folder;

	if (strchr(name, '/'))
		return is_program(name) ? xstrdup(name) : NULL;
	while ((folder = strsep(&rest, ":")) != NULL) {
		char *candidate = *folder ? xasprintf("%s/%s", folder, name) : NULL;

		if (candidate && is_program(candidate))
			return candidate;
		free(candidate);
	}
	return NULL;
}

static bool same_name(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return !strncmp(a, b, length + 1);
}

static char **join_environment(const char *const *more)
{
	size_t count = 0;
	size_t more_count = 0;
	size_t used = 0;
	char **all;

	while (environ && environ[count])
		count++;
	while (more && more[more_count])
		more_count++;
	all = xcalloc(count + more_count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++) {
		bool replaced = false;

		for (size_t j = 0; j < more_count && !replaced; j++)
			replaced = same_name(more[j], environ[i]);
		if (!replaced)
			all[used++] = environ[i];
	}
	for (size_t j = 0; j < more_count; j++)
		all[used++] = (char *)(uintptr_t)more[j];
	return all;
}

static char **copy_argv(const char *const *argv)
{
	size_t count = 0;
	char **copy;

	while (argv[count])
		count++;
	copy = xcalloc(count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		copy[i] = (char *)(uintptr_t)argv[i];
	return copy;
}

static bool open_error_pipe(struct plan *plan, int terminal)
{
	if (terminal) {
		plan->error_out[1] = fcntl(terminal, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		return plan->error_out[1] >= 0;
	}
	return pipe2(plan->error_out, O_CLOEXEC) == 0 && fcntl(plan->error_out[0], F_SETFL, O_NONBLOCK) == 0;
}

static int open_pipes(struct plan *plan, int terminal, struct err *err)
{
	plan->in = terminal ? fcntl(terminal, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
			    : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (plan->in < 0 || pipe2(plan->out, O_CLOEXEC) < 0 || fcntl(plan->out[0], F_SETFL, O_NONBLOCK) < 0 ||
	    !open_error_pipe(plan, terminal))
		return err_set(err, ERR_IO, "cannot make pipes for a child process: {reason}", "reason",
			       strerror(errno),
			       NULL);
	return 0;
}

static int cannot_run(const char *name, int os_error, struct err *err)
{
	return err_set(err, ERR_IO, "cannot run {command}: {reason}", "command", name, "reason",
		       strerror(os_error), NULL);
}

static int spawn_posix(const struct plan *plan, int terminal, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	sigset_t none;
	int failed;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	/* Before any descriptor takes another's place. */
	if (terminal)
		posix_spawn_file_actions_addtcsetpgrp_np(&actions, terminal);
	posix_spawn_file_actions_adddup2(&actions, plan->in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, plan->out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, plan->error_out[1], STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	/* We ignore SIGPIPE and may block others: a child begins with the defaults. */
	sigfillset(&signals);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, (short)((terminal ? POSIX_SPAWN_SETPGROUP : POSIX_SPAWN_SETSID) |
						      POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
	failed = posix_spawn(ret_pid, plan->path, &actions, &attributes, plan->argv, plan->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

/* In the child, between fork and exec: async-signal-safe calls only. report: told errno where exec fails. */
static _Noreturn void become(const struct plan *plan, pid_t parent, int report)
{
	sigset_t none;
	int os_error;

	setsid();
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	/* Where our end came first, the signal never would: then the parent is another already. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(127);
	if (dup2(plan->in, STDIN_FILENO) < 0 || dup2(plan->out[1], STDOUT_FILENO) < 0 ||
	    dup2(plan->error_out[1], STDERR_FILENO) < 0 ||
	    (report != REPORT && dup3(report, REPORT, O_CLOEXEC) < 0) || close_range(REPORT + 1, ~0U, 0) < 0)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(plan->path, plan->argv, plan->environment);
	os_error = errno;
	if (write(REPORT, &os_error, sizeof(os_error)) < 0)
		_exit(126);
	_exit(127);
}

/* Waits until the child has become the program or could not: returns 0 or its errno. */
static int await_exec(int report, pid_t pid)
{
	int os_error = 0;
	ssize_t n;

	do
		n = read(report, &os_error, sizeof(os_error));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(os_error))
		return 0;
	waitpid(pid, NULL, 0);
	return os_error;
}

static int spawn_fork(const struct plan *plan, pid_t *ret_pid)
{
	pid_t parent = getpid();
	int report[2];
	int failed;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return errno;
	pid = fork();
	if (pid == 0)
		become(plan, parent, report[1]);
	failed = pid < 0 ? errno : 0;
	close(report[1]);
	if (pid > 0) {
		failed = await_exec(report[0], pid);
		*ret_pid = pid;
	}
	close(report[0]);
	return failed;
}

void spawn_reclaim_terminal(int terminal)
{
	sigset_t old;
	sigset_t stop;

	/* Who asks from the background is stopped, unless it does not hear of it. */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &stop, &old);
	tcsetpgrp(terminal, getpgrp());
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* SIGTSTP, not SIGSTOP: where no shell could continue us the kernel does not stop us. */
static void stop_self(void)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	struct sigaction old_action;
	sigset_t old_mask;
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigaction(SIGTSTP, &by_default, &old_action);
	pthread_sigmask(SIG_UNBLOCK, &stop, &old_mask);
	raise(SIGTSTP);
	pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
	sigaction(SIGTSTP, &old_action, NULL);
}

void spawn_stop_together(int terminal, pid_t child)
{
	struct termios modes;
	bool has_modes = tcgetattr(terminal, &modes) == 0;
	sigset_t old;
	sigset_t stop;

	spawn_reclaim_terminal(terminal);
	stop_self();
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &stop, &old);
	/* A question without echo stays one. */
	if (has_modes)
		tcsetattr(terminal, TCSADRAIN, &modes);
	tcsetpgrp(terminal, child);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	kill(-child, SIGCONT);
}

int spawn(const struct spawn_request *request, struct spawned *ret_child, struct err *err)
{
	CLEANUP(plan_release) struct plan plan = {.in = -1, .out = {-1, -1}, .error_out = {-1, -1}};
	pid_t pid = 0;
	int failed;

	plan.path = find_program(request->argv[0]);
	if (!plan.path)
		return cannot_run(request->argv[0], ENOENT, err);
	plan.argv = copy_argv(request->argv);
	plan.environment = join_environment(request->environment);
	if (open_pipes(&plan, request->terminal, err) < 0)
		return -1;
	failed = request->dies_with_us ? spawn_fork(&plan, &pid) : spawn_posix(&plan, request->terminal, &pid);
	if (failed) {
		if (request->terminal)
			spawn_reclaim_terminal(request->terminal);
		return cannot_run(request->argv[0], failed, err);
	}
	*ret_child = (struct spawned){.pid = pid, .out = plan.out[0], .error_out = plan.error_out[0]};
	plan.out[0] = -1;
	plan.error_out[0] = -1;
	return 0;
}
