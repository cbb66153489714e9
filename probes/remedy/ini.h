/*
 * One key in an INI file as OpenStack's cloud configuration is written (gcfg:
 * sections and keys without regard to case, comments with ; or #, values that
 * may go on after a backslash). Everything else in it stays byte for byte.
 */
#ifndef REMEDY_INI_H
#define REMEDY_INI_H

#include <stdbool.h>

#include "probes/base/err.h"

struct ini_change {
	char *text;		/* the new file; caller wipes and frees (secret_free) */
	char *before;		/* the key's value before; NULL: it had none */
	bool adds_section;
	bool is_same;		/* nothing to change: text equals the old one */
};

/*
 * Sets the key in its section, everywhere it stands; else behind the first head of that section; else in a new
 * section at the end. -1 where the file cannot be understood as a whole, or has not the section that it must have
 * (NULL: none): then nothing may be written in its place.
 */
int ini_set(const char *text, const char *must_have, const char *section, const char *key, const char *value,
	    struct ini_change *ret_change, struct err *err);
/*
 * The way back: sets the old value, or takes the line out that ini_set() put in, and the section with it.
 * -1 where it is not as ini_set() left it.
 */
int ini_restore(const char *text, const char *section, const char *key, const char *before, bool added_section,
		char **ret_text, struct err *err);
void ini_change_release(struct ini_change *change);

#endif
