/*
 * Settles what every command needs (character set, language, flags,
 * configuration, folders) and runs the command, or the console without one.
 */
#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/app.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/help_command.h"
#include "tui/options.h"
#include "tui/paths.h"

#if defined(__SANITIZE_ADDRESS__)
enum { IS_DEBUG_BUILD = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { IS_DEBUG_BUILD = 1 };
#else
enum { IS_DEBUG_BUILD = 0 };
#endif
#else
enum { IS_DEBUG_BUILD = 0 };
#endif

/* Tokens and keys are in our memory: no core, no ptrace by others (decisions.md 42). */
static void keep_memory_private(void)
{
	const struct rlimit none = {0, 0};

	if (IS_DEBUG_BUILD)
		return;
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/*
 * Where the caller closed a standard descriptor, the next socket or file would get its number and what is printed
 * would be written there. Opened for reading alone: what is printed to it is known to be lost.
 */
static void hold_standard_descriptors(void)
{
	int descriptor;

	do
		descriptor = open("/dev/null", O_RDONLY);
	while (descriptor >= 0 && descriptor <= STDERR_FILENO);
	if (descriptor >= 0)
		close(descriptor);
}

/* What was done to the cluster is done, whoever could read of it. */
static bool changes_something(const struct command *command)
{
	static const char *const names[] = {"fix", "undo", "resume"};

	for (size_t i = 0; command && i < array_length(names); i++) {
		if (!strcmp(command->name, names[i]))
			return true;
	}
	return false;
}

/* A code that says what was found stands for a report that was written whole; the others stay. */
static int code_of_output(const struct invocation *invocation, const struct command *command, int code)
{
	struct err err;
	int reason;

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	reason = errno;
	/* A reader that has seen enough, as head has, is told nothing. */
	if ((reason && reason != EPIPE) || changes_something(command)) {
		err_set(&err, ERR_IO, "standard output could not be written whole: {reason}", "reason",
			reason ? strerror(reason) : "a write failed", NULL);
		if (changes_something(command))
			err_hint(&err, "the exit code is that of the run; nks-triage runs shows it", NULL);
		command_fail(invocation, &err);
	}
	if (changes_something(command))
		return code;
	return code == EXIT_DONE || code == EXIT_CRITICAL || code == EXIT_WARNING ? EXIT_FAILED : code;
}

/* What the names of locales say, whether they are installed or not (decisions.md 5). */
static const char *language_of_environment(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < array_length(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value) {
			const char *language = language_of_locale(value);

			return language ? language : "en";
		}
	}
	return "en";
}

static void start_language(struct options *options, const struct paths *paths)
{
	if (!options->language)
		options->language = language_of_environment();
	bindtextdomain("nks-triage", paths->locale);
	bind_textdomain_codeset("nks-triage", "UTF-8");
	translate_to(options->language);
}

static void print_request(const struct log_line *line)
{
	char time[21];

	clock_format(line->wall_ms / 1000, time);
	fprintf(stderr, "%s ", time);
	print_shown(stderr, line->text);
	fputc('\n', stderr);
}

/* Commands that explain the program need neither folders nor configuration. */
static bool needs_nothing(const struct command *command)
{
	static const char *const names[] = {"help", "version", "completion", "sim"};

	for (size_t i = 0; command && i < array_length(names); i++) {
		if (!strcmp(command->name, names[i]))
			return true;
	}
	return false;
}

static int run_configured(struct invocation *invocation, const struct command *command,
			  const struct paths *paths)
{
	struct configuration *configuration = NULL;
	struct err err;
	int code;

	if (paths_make_state(paths, &err) < 0 ||
	    configuration_load(paths->config_file, &configuration, &err) < 0)
		return command_fail(invocation, &err);
	/* A file that was named may hold what protects: a mistyped path must not pass for "nothing configured". */
	if (invocation->options->config_file && !configuration->exists) {
		err_set(&err, ERR_CONFIG, "there is no configuration file {path}", "path", paths->config_file, NULL);
		configuration_free(configuration);
		return command_fail(invocation, &err);
	}
	if (configuration->read_only)
		invocation->options->read_only = true;
	invocation->configuration = configuration;
	if (command && invocation->options->verbose)
		log_on_line(print_request);
	code = command ? command->run(invocation) : app_run(invocation);
	configuration_free(configuration);
	return code;
}

static int run(struct invocation *invocation, int argc, char **argv, const struct command **ret_command)
{
	auto_free char **words = NULL;
	struct paths paths = {0};
	const struct command *command = NULL;
	struct err err;
	int code;

	if (options_init(invocation->options, &err) < 0 ||
	    options_parse(invocation->options, argc, argv, &command, &invocation->argc, &words, &err) < 0 ||
	    paths_init(&paths, invocation->options, &err) < 0)
		return command_fail(invocation, &err);
	*ret_command = command;
	start_language(invocation->options, &paths);
	invocation->argv = words;
	invocation->assets = paths.assets;
	invocation->state_dir = paths.state_dir;
	invocation->config_dir = paths.config_dir;
	if (invocation->options->help) {
		if (command)
			help_print_command(invocation->out, command);
		else
			help_print_all(invocation->out);
		code = EXIT_DONE;
	} else if (needs_nothing(command)) {
		code = command->run(invocation);
	} else {
		code = run_configured(invocation, command, &paths);
	}
	paths_release(&paths);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct invocation invocation = {.options = &options, .out = stdout, .error_out = stderr};
	const struct command *command = NULL;
	int code;

	memory_tune();
	hold_standard_descriptors();
	options.utf8 = text_init();
	keep_memory_private();
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is an error of its write, as a full disk is. */
	signal(SIGXFSZ, SIG_IGN);
	code = run(&invocation, argc, argv, &command);
	code = code_of_output(&invocation, command, code);
	options_release(&options);
	return code;
}
