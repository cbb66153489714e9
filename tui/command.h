/*
 * A command of the command line ("report", "fix", ...): one file that ends in
 * one const struct command, listed in the array of commands.c.
 */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include <jansson.h>
#include <stdio.h>

#include "tui/options.h"

struct configuration;

/* What main() settled for the command that runs. */
struct invocation {
	struct options *options;
	const struct configuration *configuration;
	int argc;			/* the command's own words, GLOBAL options taken out; argv[0] is its name */
	char **argv;
	FILE *out;			/* standard output */
	FILE *error_out;		/* standard error */
	const char *assets;		/* folder assets/ */
	const char *state_dir;		/* made, private */
	const char *config_dir;		/* $XDG_CONFIG_HOME/nks-triage */
};

struct command {
	const char *name;
	const char *usage;		/* "explain ID [--lang L]" */
	const char *help;		/* message id: one line */
	const struct command_flag *flags;	/* ends with name NULL; may be NULL */
	/* Returns the exit code of interfaces.md. */
	int (*run)(struct invocation *invocation);
};

extern const struct command *const commands[];	/* NULL-terminated */

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_CRITICAL = 3,
	EXIT_WARNING = 4,
	EXIT_UNCHECKED = 5,
	EXIT_REFUSED = 6,
	EXIT_STILL_THERE = 7,
	EXIT_HALF_WAY = 8,
	EXIT_INTERRUPTED = 130,
};

/*
 * Options of a command: walks argv after the name; position starts at 1.
 * Returns 1 for a known flag (ret_name; ret_value NULL where it takes none),
 * 0 for a plain word (ret_value), -1 at the end, -2 after an unknown flag or
 * a missing value, which is then said on error_out; so is a value that is
 * none of those that the flag lists ("text|json"). "--flag=value" and "--"
 * work.
 */
int command_next(const struct invocation *invocation, const struct command *command, int *position,
		 const char **ret_name, const char **ret_value);

/* Which of the words "text|json|md" a value is, from 0; -1: none. */
int command_choice(const char *choices, const char *value);

/*
 * For commands without flags: at most so many words behind the name, into words. Returns how many there are, or -1
 * after saying on error_out what there is too much.
 */
int command_take_words(const struct invocation *invocation, const struct command *command, const char **words,
		       int most);

/* Prints an error once, translated and sanitised: "nks-triage: what; hint". Returns EXIT_FAILED. */
int command_fail(const struct invocation *invocation, const struct err *err);
/* The same for words that a command does not take, with its usage; id may name {word}. Returns EXIT_FAILED. */
int command_misused(const struct invocation *invocation, const struct command *command, const char *id,
		    const char *word);
/* Prints foreign text as shown text. */
void print_shown(FILE *out, const char *raw);
/* Prints JSON and a line break; what print_shown() would make visible is escaped, so the values stay exact. */
void print_json_shown(FILE *out, const json_t *value, size_t flags);
/* A message in the chosen language, sanitised; caller frees. */
char *message_text(const struct message *message);
/* The translation of a short text (gettext; decisions.md 5). */
const char *translate(const char *id) __attribute__((format_arg(1)));
/* The same for a text with a count in it: one where n is 1, else many. Both are formats for the same arguments. */
const char *translate_count(size_t n, const char *one, const char *many)
	__attribute__((format_arg(2), format_arg(3)));
/* The field width for printf's "%-*s" that lets text, and blanks behind it, fill so many cells. */
int field_width(const char *text, int cells);
/* The language that translate() answers in: "en", "ko", "ja". */
void translate_to(const char *language);

#endif
