/*
 * Puts a terminal back when the program dies. Everything is prepared while
 * the program is well: a handler may only use write(), tcsetattr(), raise().
 *
 * A process has one terminal and one set of signal handlers, so this is the
 * one place with static state.
 */
#include "widgets/screen_private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "probes/base/memory.h"

enum { STACK_BYTES = 64 << 10, MOST_RESTORE_BYTES = 512 };

static const struct {
	int number;
	unsigned option;
} restoring[] = {
	{SIGSEGV, SCREEN_RESTORE_ON_CRASH}, {SIGABRT, SCREEN_RESTORE_ON_CRASH},
	{SIGBUS, SCREEN_RESTORE_ON_CRASH},  {SIGFPE, SCREEN_RESTORE_ON_CRASH},
	{SIGILL, SCREEN_RESTORE_ON_CRASH},  {SIGTERM, SCREEN_RESTORE_ON_TERM},
	{SIGHUP, SCREEN_RESTORE_ON_HUP},    {SIGQUIT, SCREEN_RESTORE_ON_QUIT},
};

static struct {
	volatile sig_atomic_t armed;
	int input;
	int output;
	struct termios modes; /* before curses */
	bool has_modes;
	char bytes[MOST_RESTORE_BYTES];
	size_t length;

	unsigned restore_on;
	struct sigaction former[array_length(restoring)];
	void *stack;
	stack_t former_stack;
} saved;

void screen_restore_now(void)
{
	size_t at = 0;

	if (!saved.armed)
		return;
	saved.armed = 0;
	while (at < saved.length) {
		ssize_t n = write(saved.output, saved.bytes + at, saved.length - at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	if (saved.has_modes)
		tcsetattr(saved.input, TCSANOW, &saved.modes);
}

/* SA_RESETHAND made the default action current; it follows when the handler returns. */
static void restore_and_die(int number)
{
	screen_restore_now();
	raise(number);
}

static void install_handlers(void)
{
	struct sigaction action = {.sa_handler = restore_and_die};
	stack_t stack = {.ss_size = STACK_BYTES};

	saved.stack = xmalloc(STACK_BYTES);
	stack.ss_sp = saved.stack;
	sigaltstack(&stack, &saved.former_stack);
	action.sa_flags = SA_ONSTACK;
	action.sa_flags |= (int)SA_RESETHAND;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < array_length(restoring); i++) {
		if (saved.restore_on & restoring[i].option)
			sigaction(restoring[i].number, &action, &saved.former[i]);
	}
}

void restore_keep_terminal(int input, int output, unsigned restore_on)
{
	saved.input = input;
	saved.output = output;
	saved.has_modes = !tcgetattr(input, &saved.modes);
	saved.restore_on = restore_on;
	saved.length = 0;
	install_handlers();
}

/* tputs() hands its bytes to a function without a context. */
static int collect(int byte)
{
	if (saved.length < sizeof(saved.bytes))
		saved.bytes[saved.length++] = (char)byte;
	return byte;
}

void restore_prepare(const char *const *strings, size_t count)
{
	saved.length = 0;
	for (size_t i = 0; i < count; i++) {
		if (strings[i])
			tputs(strings[i], 1, collect);
	}
}

void restore_arm(bool armed)
{
	saved.armed = armed;
}

void restore_forget(void)
{
	saved.armed = 0;
	for (size_t i = 0; i < array_length(restoring); i++) {
		if (saved.restore_on & restoring[i].option)
			sigaction(restoring[i].number, &saved.former[i], NULL);
	}
	saved.restore_on = 0;
	if (saved.stack)
		sigaltstack(&saved.former_stack, NULL);
	free(saved.stack);
	saved.stack = NULL;
}
