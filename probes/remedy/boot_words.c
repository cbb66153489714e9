#include "probes/remedy/boot_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

enum { FILE_MAXIMUM = 256 << 10 };

struct place {
	const char *value;	/* within the quotes; NULL: not assigned */
	size_t length;
	char quote;		/* 0: none */
};

/* The value of "VARIABLE=…" at the start of this line (blanks before it are fine); false: another line. */
static bool is_assignment(const char *line, const char *variable, const char **ret_value)
{
	size_t length = strlen(variable);

	line += strspn(line, " \t");
	if (!strncmp(line, "export ", 7))
		line += 7;
	if (strncmp(line, variable, length) != 0 || line[length] != '=')
		return false;
	*ret_value = line + length + 1;
	return true;
}

/* One quoted or bare word, and nothing but a comment after it. */
static int read_value(const char *at, size_t rest, const char *variable, struct place *ret_place, struct err *err)
{
	char quote = *at == '"' || *at == '\'' ? *at : '\0';
	const char *value = quote ? at + 1 : at;
	const char *line_end = at + rest;
	const char *end = value;
	const char *after;

	while (end < line_end && (quote ? *end != quote : !isspace((unsigned char)*end) && *end != '#')) {
		if (*end == '\\' || (quote != '\'' && *end == '`') || (!quote && strchr("\"';&|<>()", *end)))
			break;
		end++;
	}
	after = quote && end < line_end && *end == quote ? end + 1 : end;
	if ((quote && after == end) || (after < line_end && !strchr(" \t\r#", *after)))
		return err_set(err, ERR_INVALID, "the value of {variable} is written in a way that is not edited from "
						 "here", "variable", variable, NULL);
	*ret_place = (struct place){.value = value, .length = (size_t)(end - value), .quote = quote};
	return 0;
}

static int find(const char *text, const char *variable, struct place *ret_place, struct err *err)
{
	*ret_place = (struct place){0};
	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *value = NULL;

		if (is_assignment(text, variable, &value) &&
		    read_value(value, (size_t)(text + length - value), variable, ret_place, err) < 0)
			return -1;
		text += length + (text[length] == '\n');
	}
	return 0;
}

static bool holds(const struct place *place, const char *word)
{
	const char *at = place->value;
	const char *end = place->value + place->length;

	while (at < end) {
		size_t length = 0;

		while (at + length < end && !isspace((unsigned char)at[length]))
			length++;
		if (length == strlen(word) && !strncmp(at, word, length))
			return true;
		at += length;
		while (at < end && isspace((unsigned char)*at))
			at++;
	}
	return false;
}

static void add_to_value(struct buffer *out, const char *text, const struct place *place, const char *word)
{
	const char *end = place->value + place->length;
	const char *quote = place->quote ? "" : "\"";

	buffer_add(out, text, (size_t)(place->value - text));
	buffer_add_text(out, quote);
	buffer_add(out, place->value, place->length);
	if (place->length && !isspace((unsigned char)end[-1]))
		buffer_add_byte(out, ' ');
	buffer_add_text(out, word);
	buffer_add_text(out, quote);
	buffer_add_text(out, end);
}

int boot_words_add(const char *text, const char *variable, const char *word, char **ret_text, struct err *err)
{
	CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(FILE_MAXIMUM);
	size_t length = strlen(text);
	struct place place;

	if (find(text, variable, &place, err) < 0)
		return -1;
	if (place.value && holds(&place, word)) {
		*ret_text = xstrdup(text);
		return 0;
	}
	if (place.value) {
		add_to_value(&out, text, &place, word);
	} else {
		buffer_add(&out, text, length);
		if (length && text[length - 1] != '\n')
			buffer_add_byte(&out, '\n');
		buffer_addf(&out, "%s=\"%s\"\n", variable, word);
	}
	if (out.overflowed)
		return err_set(err, ERR_LIMIT, "a value of the plan is too long", NULL);
	*ret_text = buffer_detach(&out);
	return 0;
}
