/*
 * The GLOBAL options of interfaces.md, accepted before or after the command.
 * Flags beat environment (NKS_TRIAGE_...), environment beats the
 * configuration file (configuration.h).
 */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	const char *kubeconfig;
	const char *context;
	const char *name_space;
	const char *as_user;
	const char **as_groups;		/* NULL-terminated or NULL */
	double request_timeout;		/* seconds; 0 = default */
	double quiet_after;		/* seconds; 0 = default */
	bool read_only;
	const char *language;		/* "en", "ko", "ja"; never NULL once options are settled */
	bool no_ssh;
	bool no_protobuf;	/* for tests, and for servers whose protobuf is broken */
	const char *ssh_config;
	const char *ssh_user;
	const char *ssh_key;
	const char *ssh_jump;
	const char *theme;
	enum color_choice color;
	bool compact;
	const char *config_file;
	const char *state_dir;
	double wait;			/* seconds a one-shot command waits for the first complete picture */
	bool verbose;
	bool help;
	const char *demo;		/* scenario; NULL: no demo */
	bool utf8;			/* the terminal's character set; else glyphs are ASCII */
};

struct command;

/* A flag of GLOBAL or of a command itself, for help, completion and the option parser. */
struct command_flag {
	const char *name;		/* "--target" or "-o" */
	const char *value;		/* "T"; NULL where it takes none */
	const char *help;		/* message id */
};

/* The GLOBAL flags, for help and completion; ends with name NULL. */
extern const struct command_flag global_flags[];

/* Into a struct of zeros: defaults, then NKS_TRIAGE_... of the environment, whose values are borrowed. */
int options_init(struct options *options, struct err *err);
/*
 * Takes the GLOBAL flags out of argv, wherever they are. *ret_words gets the
 * others: first the command's name where one is given; a command's own flag
 * of the same name wins behind it. Values are borrowed from argv. *ret_command
 * is NULL where no command is named. Caller frees *ret_words (not the words).
 */
int options_parse(struct options *options, int argc, char **argv, const struct command **ret_command,
		  int *ret_count, char ***ret_words, struct err *err);
void options_release(struct options *options);
/* "en", "ko" or "ja", from a locale's name ("ko_KR.UTF-8"); NULL for others. */
const char *language_of_locale(const char *locale);

#endif
