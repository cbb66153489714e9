#include "tests/unit/widgets/drawn.h"

static void assert_name(const char *written, const char *shown)
{
	char text[KEY_TEXT_SIZE];
	struct key key = key_of(written);

	key_text(&key, text);
	assert_string_equal(text, shown);
}

static void test_names_are_read_and_written(void **state)
{
	(void)state;
	assert_name("ctrl-r", "Ctrl-r");
	assert_name("C-R", "Ctrl-r");
	assert_name("^r", "Ctrl-r");
	assert_name("alt-x", "Alt-x");
	assert_name("M-x", "Alt-x");
	assert_name("s-tab", "S-Tab");
	assert_name("shift-TAB", "S-Tab");
	assert_name("f2", "F2");
	assert_name("F12", "F12");
	assert_name("escape", "Esc");
	assert_name("pageup", "PgUp");
	assert_name("space", "Space");
	assert_name("G", "G");
	assert_name("-", "-");
	assert_name("^", "^");
	assert_name("ctrl-^", "Ctrl-^");
	assert_name("ㅓ", "ㅓ");
	assert_name("[", "[");
}

static void test_every_named_key_survives(void **state)
{
	(void)state;
	for (int sym = KEYSYM_CHARACTER + 1; sym < KEYSYM_COUNT; sym++) {
		struct key key = key_named((enum keysym)sym);
		struct key again;
		char text[KEY_TEXT_SIZE];

		key_text(&key, text);
		assert_int_equal(key_parse(text, &again), 0);
		assert_true(key_equal(&key, &again));
	}
}

static void test_terminals_cannot_tell_these_apart(void **state)
{
	struct key key;

	(void)state;
	assert_name("ctrl-i", "Tab");
	assert_name("ctrl-m", "Enter");
	assert_name("ctrl-[", "Esc");
	key = key_ctrl('r');
	assert_false(key_is_character(&key, 'r'));
}

static void test_nonsense_is_refused(void **state)
{
	static const char *const wrong[] = {"", "ctrl-", "f13", "bogus", "s-g", "ctrl-alt-", "\xff", "\x01"};
	struct key key;

	(void)state;
	for (size_t i = 0; i < array_length(wrong); i++)
		assert_int_equal(key_parse(wrong[i], &key), -1);
}

static void test_jamo_are_the_letters_on_their_keys(void **state)
{
	static const char jamo[] = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ";
	static const char letters[] = "qwertyuiopasdfghjklzxcvbnmQWERTOP";
	size_t at = 0;

	(void)state;
	for (size_t i = 0; letters[i]; i++) {
		uint32_t c;

		at += text_decode(jamo + at, strlen(jamo + at), &c);
		assert_int_equal(key_from_jamo(c), letters[i]);
	}
	assert_int_equal(jamo[at], '\0');
	assert_int_equal(key_from_jamo(0x3158), 0); /* ㅘ takes two keys */
	assert_int_equal(key_from_jamo(0x3164), 0);
	assert_int_equal(key_from_jamo(0xAC00), 0); /* 가 is text */
	assert_int_equal(key_from_jamo('j'), 0);
}

static void test_a_jamo_is_known_as_one(void **state)
{
	struct key jamo = key_of("ㅛ");
	struct key letter = key_of("y");
	struct key plain;
	bool was_jamo;

	(void)state;
	plain = key_without_jamo(&jamo, &was_jamo);
	assert_true(was_jamo);
	assert_true(key_equal(&plain, &letter));
	key_without_jamo(&letter, &was_jamo);
	assert_false(was_jamo);
}

static void assert_movement(const char *name, bool letters, enum movement expected)
{
	struct key key = key_of(name);

	assert_int_equal(movement_from_key(&key, letters), expected);
}

static void test_movements(void **state)
{
	(void)state;
	assert_movement("j", true, MOVEMENT_DOWN);
	assert_movement("ㅓ", true, MOVEMENT_DOWN);
	assert_movement("j", false, MOVEMENT_NONE);
	assert_movement("G", true, MOVEMENT_END);
	assert_movement("ctrl-d", true, MOVEMENT_HALF_DOWN);
	assert_movement("ctrl-j", false, MOVEMENT_NONE);
	assert_movement("alt-j", true, MOVEMENT_NONE);
	assert_movement("pgdn", false, MOVEMENT_PAGE_DOWN);
	assert_movement("s-up", false, MOVEMENT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_read_and_written),
		cmocka_unit_test(test_every_named_key_survives),
		cmocka_unit_test(test_terminals_cannot_tell_these_apart),
		cmocka_unit_test(test_nonsense_is_refused),
		cmocka_unit_test(test_jamo_are_the_letters_on_their_keys),
		cmocka_unit_test(test_a_jamo_is_known_as_one),
		cmocka_unit_test(test_movements),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
