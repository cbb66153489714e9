/*
 * Values that nobody may see, for a change without the screen: from a file or
 * the standard input (--secret-file NAME=PATH|-), or typed unseen on the
 * terminal. Never from arguments or the environment (decisions.md 22, 27).
 */
#ifndef TUI_SECRET_FILES_H
#define TUI_SECRET_FILES_H

#include <stddef.h>

#include "probes/remedy/change.h"

enum { SECRET_FILES_MAXIMUM = 16 };

struct secret_files {
	const char *items[SECRET_FILES_MAXIMUM];	/* NAME=PATH, borrowed */
	size_t count;
	char *standard_input;		/* what "-" gave: read once, for all plans; NULL: not yet */
};

/* -1: there are too many, or it is no NAME=PATH. */
int secret_files_add(struct secret_files *files, const char *item);
/* Gives each value to the change; one line break at the end of a file is none of it. */
int secret_files_give(struct secret_files *files, struct change *change, struct err *err);
/* Wipes what is kept. */
void secret_files_release(struct secret_files *files);
/* Asks on the terminal for what is still missing, without echo. */
int secret_files_ask(int terminal, struct change *change, struct err *err);

#endif
