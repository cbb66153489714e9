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

int command_fail(const struct invocation *invocation, const struct err *err)
{
	auto_free char *what = message_text(&err->what);
	auto_free char *hint = message_text(&err->hint);

	fprintf(invocation->error_out, "nks-triage: %s\n", what);
	if (*hint)
		fprintf(invocation->error_out, "  %s\n", hint);
	return EXIT_FAILED;
}
