/*
 * Where in a JSON text a member stands: jansson keeps no positions, and a
 * message about a file should name the line.
 */
#ifndef TUI_JSON_LOCATE_H
#define TUI_JSON_LOCATE_H

#include <stddef.h>

/*
 * The line (from 1) of the key at path, a list of member names from the top,
 * NULL-terminated; 1 where there is none. The text is valid JSON.
 */
int json_locate(const char *text, const char *const *path);

#endif
