/*
 * Which key does what: the defaults of actions.h, changed by "keys" of the
 * configuration. In tables and texts 2-beolsik jamo act as the letters of
 * their keys; where text is typed nobody asks the keymap.
 */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include <jansson.h>
#include <stddef.h>

#include "probes/base/err.h"
#include "tui/actions.h"
#include "widgets/keys.h"

enum { KEYMAP_MOST = 256 };

struct keymap {
	struct {
		struct key key;
		enum action action;
	} bindings[KEYMAP_MOST];
	size_t count;
};

/* keys: action -> key name or list of them; NULL: the defaults. They were checked by configuration_load(). */
void keymap_init(struct keymap *keymap, const json_t *keys);
enum action keymap_find(const struct keymap *keymap, const struct key *key);
/* The keys of an action as text: "j Down"; "" for none. */
void keymap_text(const struct keymap *keymap, enum action action, char *out, size_t size);
/* The first of them, for hints. */
void keymap_first(const struct keymap *keymap, enum action action, char out[KEY_TEXT_SIZE]);
/* May the configuration say that? */
int keymap_check(const char *action, const char *key, struct err *err);

#endif
