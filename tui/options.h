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
	bool read_only;
	const char *language;		/* "en", "ko", "ja"; never NULL once options are settled */
	bool no_ssh;
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

#endif
