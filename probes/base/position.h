/*
 * Where in a JSON text a value is: jansson does not keep lines. Looked up
 * only when something is to be said about a value, so nothing is stored.
 */
#ifndef BASE_POSITION_H
#define BASE_POSITION_H

#include <stdbool.h>
#include <stddef.h>

/* A step from a value into it: a member's key, or an item's index where key is NULL. */
struct place_part {
	const char *key;
	size_t index;
};

/*
 * The way from the document to a value; parts beyond PLACE_DEPTH are not kept (the schema is far
 * less deep).
 */
enum { PLACE_DEPTH = 64 };
struct place {
	struct place_part parts[PLACE_DEPTH];
	size_t depth;
};

void place_push_key(struct place *place, const char *key);
void place_push_index(struct place *place, size_t index);
void place_pop(struct place *place);
/* "steps[0].target", "the document" for the top. Cut to size. */
void place_text(const struct place *place, char *out, size_t size);
/*
 * Line and column (from 1) of the value, or of its key where at_key and it is
 * a member; of the nearest value around it where it is not there. text is
 * valid JSON.
 */
void position_find(const char *text, const struct place *place, bool at_key, int *ret_line, int *ret_column);

#endif
