#include "widgets/keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"

bool key_equal(const struct key *a, const struct key *b)
{
	if (a->sym != b->sym || a->modifiers != b->modifiers)
		return false;
	return a->sym != KEYSYM_CHARACTER || a->code_point == b->code_point;
}

struct key key_character(uint32_t code_point)
{
	return (struct key){.sym = KEYSYM_CHARACTER, .code_point = code_point};
}

struct key key_ctrl(char letter)
{
	return (struct key){.sym = KEYSYM_CHARACTER, .code_point = (unsigned char)letter,
			    .modifiers = MODIFIER_CTRL};
}

struct key key_named(enum keysym sym)
{
	return (struct key){.sym = sym};
}

bool key_is_character(const struct key *key, uint32_t code_point)
{
	return key->sym == KEYSYM_CHARACTER && key->code_point == code_point && !key->modifiers;
}

bool key_is(const struct key *key, enum keysym sym)
{
	return key->sym == sym && !key->modifiers;
}

static const char *const keysym_names[KEYSYM_COUNT] = {
#define KEYSYM_NAME(id, name) [KEYSYM_##id] = (name),
	KEYSYMS(KEYSYM_NAME)
#undef KEYSYM_NAME
};

void key_text(const struct key *key, char out[KEY_TEXT_SIZE])
{
	char character[5] = "";
	const char *name = character;

	if (key->sym == KEYSYM_CHARACTER && key->code_point == ' ')
		name = "Space";
	else if (key->sym == KEYSYM_CHARACTER)
		text_encode(key->code_point, character);
	else if (key->sym > KEYSYM_CHARACTER && key->sym < KEYSYM_COUNT)
		name = keysym_names[key->sym];
	snprintf(out, KEY_TEXT_SIZE, "%s%s%s%s", key->modifiers & MODIFIER_CTRL ? "Ctrl-" : "",
		 key->modifiers & MODIFIER_ALT ? "Alt-" : "",
		 key->modifiers & MODIFIER_SHIFT ? "S-" : "", name);
}

/* Takes one modifier from the front of the text: its length, or 0. "-" alone is the character. */
static size_t parse_modifier(const char *text, unsigned *modifiers)
{
	static const struct {
		const char *prefix;
		unsigned modifier;
	} prefixes[] = {
		{"ctrl-", MODIFIER_CTRL}, {"c-", MODIFIER_CTRL},  {"^", MODIFIER_CTRL},
		{"alt-", MODIFIER_ALT},	  {"m-", MODIFIER_ALT},	  {"shift-", MODIFIER_SHIFT},
		{"s-", MODIFIER_SHIFT},
	};

	for (size_t i = 0; i < array_length(prefixes); i++) {
		size_t length = strlen(prefixes[i].prefix);

		if (!strncasecmp(text, prefixes[i].prefix, length) && text[length]) {
			*modifiers |= prefixes[i].modifier;
			return length;
		}
	}
	return 0;
}

static enum keysym keysym_from_name(const char *name)
{
	static const struct {
		const char *name;
		enum keysym sym;
	} others[] = {
		{"return", KEYSYM_ENTER}, {"escape", KEYSYM_ESCAPE},	 {"del", KEYSYM_DELETE},
		{"ins", KEYSYM_INSERT},	  {"pageup", KEYSYM_PAGE_UP},	 {"pagedown", KEYSYM_PAGE_DOWN},
		{"bs", KEYSYM_BACKSPACE},
	};

	for (int sym = KEYSYM_CHARACTER + 1; sym < KEYSYM_COUNT; sym++) {
		if (!strcasecmp(keysym_names[sym], name))
			return (enum keysym)sym;
	}
	for (size_t i = 0; i < array_length(others); i++) {
		if (!strcasecmp(others[i].name, name))
			return others[i].sym;
	}
	return KEYSYM_NONE;
}

/* A letter with Ctrl is the small one; what terminals cannot tell apart is the named key. */
static void settle(struct key *key)
{
	if (!(key->modifiers & MODIFIER_CTRL))
		return;
	if (key->code_point >= 'A' && key->code_point <= 'Z')
		key->code_point += 'a' - 'A';
	if (key->code_point == 'i')
		key->sym = KEYSYM_TAB;
	else if (key->code_point == 'm' || key->code_point == 'j')
		key->sym = KEYSYM_ENTER;
	else if (key->code_point == '[')
		key->sym = KEYSYM_ESCAPE;
	else
		return;
	key->code_point = 0;
	key->modifiers &= ~(unsigned)MODIFIER_CTRL;
}

int key_parse(const char *text, struct key *ret_key)
{
	struct key key = {.sym = KEYSYM_CHARACTER};
	size_t length;

	while ((length = parse_modifier(text, &key.modifiers)) > 0)
		text += length;
	if (!*text)
		return -1;
	if (!strcasecmp(text, "space")) {
		key.code_point = ' ';
	} else if (text_decode(text, strlen(text), &key.code_point) != strlen(text)) {
		key.sym = keysym_from_name(text);
		key.code_point = 0;
	}
	if (key.sym == KEYSYM_NONE)
		return -1;
	if (key.sym == KEYSYM_CHARACTER) {
		/* Shift with a character is another character. */
		if (key.modifiers & MODIFIER_SHIFT || key.code_point < ' ' || key.code_point == 0xFFFD)
			return -1;
		settle(&key);
	}
	*ret_key = key;
	return 0;
}

uint32_t key_from_jamo(uint32_t code_point)
{
	/* KS X 5002 (2-beolsik), by jamo from U+3131; a space where a jamo has no key of its own. */
	static const char keys[] = "rR s  e" /* ㄱㄲㄳㄴㄵㄶㄷ */
				   "Ef       " /* ㄸㄹㄺㄻㄼㄽㄾㄿㅀ */
				   "aqQ tTdwWczxvg" /* ㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ */
				   "koiOjpuPh   y" /* ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛ */
				   "n   bm l";	   /* ㅜㅝㅞㅟㅠㅡㅢㅣ */

	if (code_point < 0x3131 || code_point - 0x3131 >= sizeof(keys) - 1)
		return 0;
	return keys[code_point - 0x3131] == ' ' ? 0 : (uint32_t)keys[code_point - 0x3131];
}

struct key key_without_jamo(const struct key *key, bool *ret_was_jamo)
{
	struct key changed = *key;
	uint32_t letter = key->sym == KEYSYM_CHARACTER ? key_from_jamo(key->code_point) : 0;

	if (letter)
		changed.code_point = letter;
	if (ret_was_jamo)
		*ret_was_jamo = letter != 0;
	return changed;
}

static enum movement movement_from_letter(const struct key *key)
{
	bool ctrl = key->modifiers == MODIFIER_CTRL;

	if (key->sym != KEYSYM_CHARACTER || (key->modifiers && !ctrl))
		return MOVEMENT_NONE;
	switch (key->code_point) {
	case 'k':
		return ctrl ? MOVEMENT_NONE : MOVEMENT_UP;
	case 'j':
		return ctrl ? MOVEMENT_NONE : MOVEMENT_DOWN;
	case 'g':
		return ctrl ? MOVEMENT_NONE : MOVEMENT_HOME;
	case 'G':
		return ctrl ? MOVEMENT_NONE : MOVEMENT_END;
	case 'd':
		return ctrl ? MOVEMENT_HALF_DOWN : MOVEMENT_NONE;
	case 'u':
		return ctrl ? MOVEMENT_HALF_UP : MOVEMENT_NONE;
	default:
		return MOVEMENT_NONE;
	}
}

enum movement movement_from_key(const struct key *key, bool with_letters)
{
	if (with_letters && key->sym == KEYSYM_CHARACTER) {
		struct key plain = key_without_jamo(key, NULL);

		return movement_from_letter(&plain);
	}
	if (key->modifiers)
		return MOVEMENT_NONE;
	switch (key->sym) {
	case KEYSYM_UP:
	case KEYSYM_WHEEL_UP:
		return MOVEMENT_UP;
	case KEYSYM_DOWN:
	case KEYSYM_WHEEL_DOWN:
		return MOVEMENT_DOWN;
	case KEYSYM_LEFT:
		return MOVEMENT_LEFT;
	case KEYSYM_RIGHT:
		return MOVEMENT_RIGHT;
	case KEYSYM_PAGE_UP:
		return MOVEMENT_PAGE_UP;
	case KEYSYM_PAGE_DOWN:
		return MOVEMENT_PAGE_DOWN;
	case KEYSYM_HOME:
		return MOVEMENT_HOME;
	case KEYSYM_END:
		return MOVEMENT_END;
	default:
		return MOVEMENT_NONE;
	}
}
