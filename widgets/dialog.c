#include "widgets/dialog_private.h"

#include <string.h>

#include "probes/base/memory.h"

enum { MOST_BODY_LINES = 5000 };

struct dialog *dialog_new(const char *raw_title)
{
	struct dialog *dialog = xcalloc(1, sizeof(*dialog));

	dialog->title = xstrdup(raw_title);
	dialog->focus = FOCUS_NONE;
	textview_init(&dialog->body, MOST_BODY_LINES);
	return dialog;
}

void dialog_free(struct dialog *dialog)
{
	if (!dialog)
		return;
	for (size_t i = 0; i < dialog->button_count; i++)
		free(dialog->buttons[i].label);
	if (dialog->input)
		input_line_stop(dialog->input);
	free(dialog->input);
	free(dialog->prompt);
	free(dialog->expected);
	free(dialog->title);
	textview_release(&dialog->body);
	free(dialog);
}

struct textview *dialog_body(struct dialog *dialog)
{
	return &dialog->body;
}

void dialog_set_role(struct dialog *dialog, enum role role)
{
	dialog->role = role;
}

void dialog_ask(struct dialog *dialog, const struct input_options *options)
{
	struct input_options own = *options;

	if (dialog->input)
		bug("a dialog has one line to type");
	dialog->prompt = xstrdup(options->prompt ? options->prompt : "");
	/* The prompt is a line of its own. */
	own.prompt = NULL;
	dialog->input = xcalloc(1, sizeof(*dialog->input));
	input_line_start(dialog->input, &own);
	dialog->focus = FOCUS_INPUT;
}

void dialog_expect(struct dialog *dialog, const char *raw_prompt, const char *expected)
{
	struct input_options options = {.prompt = raw_prompt};

	dialog_ask(dialog, &options);
	dialog->expected = expected ? xstrdup(expected) : NULL;
}

const char *dialog_input(const struct dialog *dialog)
{
	return dialog->input ? input_line_text(dialog->input) : "";
}

void dialog_add_button(struct dialog *dialog, int id, const char *raw_label, char letter, unsigned flags)
{
	struct button *button;

	if (dialog->button_count == MOST_BUTTONS)
		bug("a dialog with too many buttons");
	button = &dialog->buttons[dialog->button_count++];
	*button = (struct button){.id = id, .label = xstrdup(raw_label), .letter = letter, .flags = flags};
	if (dialog->focus == FOCUS_INPUT)
		return;
	if (flags & BUTTON_START || (dialog->focus == FOCUS_NONE && flags & BUTTON_CANCEL))
		dialog->focus = (int)dialog->button_count - 1;
}

int dialog_focus(const struct dialog *dialog)
{
	return dialog->focus >= 0 ? dialog->buttons[dialog->focus].id : 0;
}

bool dialog_is_exact(const struct dialog *dialog)
{
	return !dialog->expected || !strcmp(dialog_input(dialog), dialog->expected);
}

static bool can_have_focus(const struct dialog *dialog, int place)
{
	const struct button *button;

	if (place == FOCUS_INPUT)
		return dialog->input != NULL;
	button = &dialog->buttons[place];
	return !(button->flags & BUTTON_DANGEROUS) || dialog_is_exact(dialog);
}

/* The round of Tab: input, buttons from left to right. */
static void move_focus(struct dialog *dialog, bool backwards)
{
	int places = (int)dialog->button_count + 1;
	int at = dialog->focus == FOCUS_NONE ? places - 1 : dialog->focus - FOCUS_INPUT;

	for (int i = 0; i < places; i++) {
		at = (at + (backwards ? places - 1 : 1)) % places;
		if (can_have_focus(dialog, at + FOCUS_INPUT)) {
			dialog->focus = at + FOCUS_INPUT;
			return;
		}
	}
}

/* Left and right stay among the buttons. */
static void move_among_buttons(struct dialog *dialog, int step)
{
	for (int at = dialog->focus + step; at >= 0 && at < (int)dialog->button_count; at += step) {
		if (can_have_focus(dialog, at)) {
			dialog->focus = at;
			return;
		}
	}
}

static int cancel(const struct dialog *dialog)
{
	for (size_t i = 0; i < dialog->button_count; i++) {
		if (dialog->buttons[i].flags & BUTTON_CANCEL)
			return dialog->buttons[i].id;
	}
	return DIALOG_CLOSED;
}

/* What Enter means in a line: the first button that is neither a way out nor dangerous. */
static int press_usual(const struct dialog *dialog)
{
	for (size_t i = 0; i < dialog->button_count; i++) {
		if (!(dialog->buttons[i].flags & (BUTTON_CANCEL | BUTTON_DANGEROUS)))
			return dialog->buttons[i].id;
	}
	return DIALOG_OPEN;
}

/* Whether a button's own letter presses it now. */
static bool letter_presses(const struct dialog *dialog, size_t at, bool was_jamo)
{
	const struct button *button = &dialog->buttons[at];

	if (!(button->flags & BUTTON_DANGEROUS))
		return true;
	if (was_jamo)
		return false;
	return !dialog->expected || (dialog_is_exact(dialog) && dialog->focus == (int)at);
}

static int feed_letter(struct dialog *dialog, const struct key *key)
{
	bool was_jamo;
	struct key plain = key_without_jamo(key, &was_jamo);

	for (size_t i = 0; i < dialog->button_count; i++) {
		char letter = dialog->buttons[i].letter;

		if (!letter || !key_is_character(&plain, (unsigned char)letter))
			continue;
		return letter_presses(dialog, i, was_jamo) ? dialog->buttons[i].id : DIALOG_OPEN;
	}
	return DIALOG_IGNORED;
}

static int feed_button(struct dialog *dialog, const struct key *key)
{
	const struct button *button = dialog->focus >= 0 ? &dialog->buttons[dialog->focus] : NULL;

	if (!button)
		return DIALOG_IGNORED;
	if (key_is(key, KEYSYM_LEFT) || key_is(key, KEYSYM_RIGHT)) {
		move_among_buttons(dialog, key->sym == KEYSYM_LEFT ? -1 : 1);
		return DIALOG_OPEN;
	}
	if (!key_is(key, KEYSYM_ENTER) && !key_is_character(key, ' '))
		return DIALOG_IGNORED;
	return button->flags & BUTTON_DANGEROUS ? DIALOG_OPEN : button->id;
}

static int feed_input(struct dialog *dialog, const struct key *key)
{
	switch (input_line_feed(dialog->input, key)) {
	case INPUT_IGNORED:
		return DIALOG_IGNORED;
	case INPUT_CANCELLED:
		return cancel(dialog);
	case INPUT_ACCEPTED:
		if (!dialog->expected)
			return press_usual(dialog);
		if (dialog_is_exact(dialog))
			move_focus(dialog, false);
		return DIALOG_OPEN;
	default:
		return DIALOG_OPEN;
	}
}

static int feed_moves(struct dialog *dialog, const struct key *key)
{
	enum movement movement = movement_from_key(key, true);

	if (movement == MOVEMENT_NONE)
		return DIALOG_IGNORED;
	textview_move(&dialog->body, movement);
	return DIALOG_OPEN;
}

int dialog_feed(struct dialog *dialog, const struct key *key)
{
	int result = DIALOG_IGNORED;

	/* What is pasted is text for the line and nothing else. */
	if (key->pasted) {
		if (dialog->focus == FOCUS_INPUT)
			input_line_feed(dialog->input, key);
		return DIALOG_OPEN;
	}
	if (key_is(key, KEYSYM_ESCAPE) ||
	    (key->sym == KEYSYM_CHARACTER && key->code_point == 'c' && key->modifiers == MODIFIER_CTRL))
		return cancel(dialog);
	if (key->sym == KEYSYM_TAB && !(key->modifiers & ~(unsigned)MODIFIER_SHIFT)) {
		move_focus(dialog, key->modifiers & MODIFIER_SHIFT);
		return DIALOG_OPEN;
	}
	if (dialog->focus == FOCUS_INPUT)
		result = feed_input(dialog, key);
	else
		result = feed_letter(dialog, key);
	if (result == DIALOG_IGNORED)
		result = feed_button(dialog, key);
	return result == DIALOG_IGNORED ? feed_moves(dialog, key) : result;
}
