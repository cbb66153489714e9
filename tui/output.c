#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"

enum { MOST_MESSAGE_BYTES = 16 << 10, MOST_PRINTED_BYTES = 8 << 20 };

const char *translate(const char *id)
{
	/* The catalogue's header is what gettext answers for an empty text. */
	return *id ? gettext(id) : id;
}

const char *translate_count(size_t n, const char *one, const char *many)
{
	return translate(n == 1 ? one : many);
}

int field_width(const char *text, int cells)
{
	/* printf() counts bytes, the terminal cells. */
	return cells + (int)strnlen(text, MOST_MESSAGE_BYTES) - text_width(text);
}

void translate_to(const char *language)
{
	/* gettext heeds LANGUAGE in every locale but C; binding again makes it forget what it looked up. */
	setlocale(LC_MESSAGES, "C.UTF-8");
	setenv("LANGUAGE", language, 1);
	textdomain("nks-triage");
}

char *message_text(const struct message *message)
{
	struct buffer out = BUFFER_INIT(MOST_MESSAGE_BYTES);

	message_format(message, translate, &out);
	return buffer_detach(&out);
}

void print_shown(FILE *out, const char *raw)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(MOST_PRINTED_BYTES);

	text_show(&shown, raw, strlen(raw));
	fputs(buffer_text(&shown), out);
}

/* Control, bidi and other format characters as JSON's own escapes: the value stays what it is. */
static void print_escaped(FILE *out, const char *text)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(64);
	size_t left = strlen(text);

	while (left) {
		uint32_t code_point;
		size_t length = text_decode(text, left, &code_point);

		buffer_clear(&shown);
		text_show(&shown, text, length);
		if (*text == '\n' || !strncmp(buffer_text(&shown), text, length))
			fwrite(text, 1, length, out);
		else if (code_point > 0xffff)
			fprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (code_point >> 10),
				0xdc00 + (code_point & 0x3ff));
		else
			fprintf(out, "\\u%04x", code_point);
		text += length;
		left -= length;
	}
}

void print_json_shown(FILE *out, const json_t *value, size_t flags)
{
	auto_free char *text = json_dumps(value, flags);

	print_escaped(out, text ? text : "null");
	fputc('\n', out);
}

int command_fail(const struct invocation *invocation, const struct err *err)
{
	auto_free char *what = message_text(&err->what);
	auto_free char *hint = message_text(&err->hint);

	/* One line, however long: what, where, and what to try. */
	fprintf(invocation->error_out, "nks-triage: %s%s%s\n", what, *hint ? "; " : "", hint);
	return EXIT_FAILED;
}
