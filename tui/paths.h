/*
 * Where things lie: our own files beside the program in a checkout, or where
 * `make install` put them; the operator's in the XDG folders.
 */
#ifndef TUI_PATHS_H
#define TUI_PATHS_H

#include "probes/base/err.h"
#include "tui/options.h"

struct paths {
	char *program_folder;	/* of the running program */
	char *assets;		/* folder assets/ */
	char *simulator;	/* nks-triage-sim */
	char *locale;		/* compiled catalogues */
	char *config_dir;	/* $XDG_CONFIG_HOME/nks-triage */
	char *config_file;
	char *state_dir;	/* --state-dir, or $XDG_STATE_HOME/nks-triage */
};

/* Looks, makes nothing. */
int paths_init(struct paths *paths, const struct options *options, struct err *err);
void paths_release(struct paths *paths);
/* Makes the folder private; refuses one that others can write (decisions.md 42). */
int paths_make_state(const struct paths *paths, struct err *err);

/* "0.1.0" */
const char *program_version(void);
/* nks-triage-sim, for commands that start it. Caller frees; NULL where it is not there. */
char *paths_simulator(void);

#endif
