/*
 * Finds text as a person types it: letters of either case, no patterns.
 */
#ifndef WIDGETS_SEARCH_H
#define WIDGETS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The first place of needle in text at or after byte "from"; -1 if there is
 * none. *ret_length (may be NULL): the bytes of text that match. An empty
 * needle is found nowhere.
 */
ptrdiff_t search_find(const char *text, size_t from, const char *needle, size_t *ret_length);
bool search_matches(const char *text, const char *needle);

#endif
