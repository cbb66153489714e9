#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"

static const struct action_info infos[ACTION_COUNT] = {
#define ACTION_INFO(id, text, kind, bits, defaults, about)                                                 \
	[ACTION_##id] = {                                                                                   \
		.name = text, .group = GROUP_##kind, .flags = bits, .keys = defaults, .help = about},
	ACTIONS(ACTION_INFO)
#undef ACTION_INFO
};

const struct action_info *action_info(enum action action)
{
	return &infos[action];
}

enum action action_from_name(const char *name)
{
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		if (!strcmp(infos[i].name, name))
			return (enum action)i;
	}
	return ACTION_NONE;
}

const char *action_group_title(enum action_group group)
{
	static const char *const titles[ACTION_GROUP_COUNT] = {
		[GROUP_MOVING] = N_("Moving"),
		[GROUP_PANES] = N_("Panes and views"),
		[GROUP_LOOKING] = N_("Looking closer"),
		[GROUP_CHANGING] = N_("Changing the cluster"),
		[GROUP_PROGRAM] = N_("The program"),
	};

	return titles[group];
}

static void unbind_key(struct keymap *keymap, const struct key *key)
{
	size_t kept = 0;

	for (size_t i = 0; i < keymap->count; i++) {
		if (!key_equal(&keymap->bindings[i].key, key))
			keymap->bindings[kept++] = keymap->bindings[i];
	}
	keymap->count = kept;
}

static void unbind_action(struct keymap *keymap, enum action action)
{
	size_t kept = 0;

	for (size_t i = 0; i < keymap->count; i++) {
		if (keymap->bindings[i].action != action)
			keymap->bindings[kept++] = keymap->bindings[i];
	}
	keymap->count = kept;
}

static void bind(struct keymap *keymap, const char *name, enum action action)
{
	struct key key;

	if (key_parse(name, &key) < 0 || keymap->count == KEYMAP_MOST)
		return;
	unbind_key(keymap, &key);
	keymap->bindings[keymap->count].key = key;
	keymap->bindings[keymap->count].action = action;
	keymap->count++;
}

static void bind_defaults(struct keymap *keymap, enum action action)
{
	const char *at = infos[action].keys;

	while (*at) {
		size_t length = strcspn(at, " ");
		char name[KEY_TEXT_SIZE];

		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		bind(keymap, name, action);
		at += length;
		at += strspn(at, " ");
	}
}

void keymap_init(struct keymap *keymap, const json_t *keys)
{
	const char *name;
	json_t *value;

	keymap->count = 0;
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
		bind_defaults(keymap, (enum action)i);
	json_object_foreach((json_t *)keys, name, value)
		unbind_action(keymap, action_from_name(name));
	json_object_foreach((json_t *)keys, name, value) {
		if (json_is_string(value))
			bind(keymap, json_string_value(value), action_from_name(name));
		for (size_t i = 0; i < json_array_size(value); i++)
			bind(keymap, json_string_value(json_array_get(value, i)), action_from_name(name));
	}
}

enum action keymap_find(const struct keymap *keymap, const struct key *key)
{
	struct key plain = key_without_jamo(key, NULL);

	if (key->pasted)
		return ACTION_NONE;
	for (size_t i = 0; i < keymap->count; i++) {
		if (key_equal(&keymap->bindings[i].key, &plain))
			return keymap->bindings[i].action;
	}
	return ACTION_NONE;
}

void keymap_text(const struct keymap *keymap, enum action action, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < keymap->count; i++) {
		char text[KEY_TEXT_SIZE];

		if (keymap->bindings[i].action != action)
			continue;
		key_text(&keymap->bindings[i].key, text);
		if (used + strlen(text) + 2 > size)
			return;
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "", text);
	}
}

void keymap_first(const struct keymap *keymap, enum action action, char out[KEY_TEXT_SIZE])
{
	out[0] = '\0';
	for (size_t i = 0; i < keymap->count; i++) {
		if (keymap->bindings[i].action == action) {
			key_text(&keymap->bindings[i].key, out);
			return;
		}
	}
}

int keymap_check(const char *action, const char *key, struct err *err)
{
	struct key parsed;

	if (action_from_name(action) == ACTION_NONE)
		return err_set(err, ERR_CONFIG, "there is no action {action}", "action", action, NULL);
	if (key_parse(key, &parsed) < 0)
		return err_set(err, ERR_CONFIG, "{action}: there is no key {key}", "action", action, "key",
			       key, NULL);
	return 0;
}
