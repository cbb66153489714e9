/* `match`: which entry of the guide a message belongs to (decisions.md 13). */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/runbook/redact.h"
#include "probes/runbook/runbook.h"
#include "tui/command.h"

enum {
	LINE_MAX = 64 << 10,	/* bytes of one message that are read; patterns look at fewer */
	SHOWN_CELLS = 60,
};

extern const struct command match_command;

struct match_run {
	struct invocation *invocation;
	struct runbook_set *set;
	bool is_json;
	bool shows_message;	/* text: each line names its message, for there are several */
	size_t matched;
};

/* A message may hold tokens (guide E03), and bytes that are no UTF-8. */
static json_t *message_json(const char *text, size_t length)
{
	CLEANUP(buffer_release) struct buffer redacted = BUFFER_INIT(LINE_MAX + 1024);
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(4 * LINE_MAX);
	json_t *value;

	text_redact(&redacted, text, length);
	value = json_stringn(buffer_text(&redacted), redacted.length);
	if (value)
		return value;
	text_show(&shown, buffer_text(&redacted), redacted.length);
	return json_string(buffer_text(&shown));
}

static void print_json(const struct match_run *run, const char *text, size_t length,
		       const struct text_match *match)
{
	json_t *also = json_array();
	json_t *line;

	for (size_t i = 0; i < match->also_count; i++)
		json_array_append_new(also, json_string(match->also[i]->id));
	line = json_pack("{s:o,s:s?,s:s?,s:s?,s:o}", "message", message_json(text, length), "id",
			 match->runbook ? match->runbook->id : NULL, "slug",
			 match->runbook ? match->runbook->slug : NULL, "confidence",
			 match->runbook ? confidence_name(match->confidence) : NULL, "alsoSeen", also);
	print_json_shown(run->invocation->out, line, JSON_COMPACT);
	json_decref(line);
}

static void print_message(FILE *out, const char *text, size_t length)
{
	CLEANUP(buffer_release) struct buffer redacted = BUFFER_INIT(LINE_MAX + 1024);
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(4 * LINE_MAX);
	int cells;

	text_redact(&redacted, text, length);
	text_show(&shown, buffer_text(&redacted), redacted.length);
	fprintf(out, "  %.*s", (int)text_fit(buffer_text(&shown), SHOWN_CELLS, &cells), buffer_text(&shown));
}

static void print_text(const struct match_run *run, const char *text, size_t length,
		       const struct text_match *match)
{
	FILE *out = run->invocation->out;
	const char *language = run->invocation->options->language;

	if (!match->runbook) {
		const char *nothing = translate("no entry of the guide");

		fprintf(out, "%-4s %-10s %-*s", "-", "-", run->shows_message ? field_width(nothing, 22) : 0, nothing);
	} else {
		const char *confidence = translate(confidence_name(match->confidence));

		fprintf(out, "%-4s %-*s ", match->runbook->id, field_width(confidence, 10), confidence);
		if (run->shows_message)
			fprintf(out, "%-22s", match->runbook->slug);
		else
			print_shown(out, runbook_text(match->runbook, language, "title"));
	}
	if (run->shows_message)
		print_message(out, text, length);
	for (size_t i = 0; i < match->also_count; i++)
		fprintf(out, "%s%s", i ? ", " : translate("; also seen: "), match->also[i]->id);
	fprintf(out, "\n");
}

static void match_one(struct match_run *run, const char *text, size_t length)
{
	struct text_match match;

	runbook_match_text(run->set, text, length, &match);
	run->matched += match.runbook != NULL;
	if (run->is_json)
		print_json(run, text, length, &match);
	else
		print_text(run, text, length, &match);
}

/* One message a line; a longer line is cut, its rest is not another message. */
static int match_lines(struct match_run *run, FILE *in)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_MAX);
	bool is_pending = false;
	int byte;
	struct err err;

	while ((byte = getc(in)) != EOF) {
		is_pending = byte != '\n';
		if (is_pending) {
			buffer_add_byte(&line, (char)byte);
			continue;
		}
		match_one(run, buffer_text(&line), line.length);
		buffer_clear(&line);
	}
	if (is_pending)
		match_one(run, buffer_text(&line), line.length);
	if (!ferror(in))
		return EXIT_DONE;
	err_set(&err, ERR_IO, "cannot read the standard input: {reason}", "reason", strerror(errno), NULL);
	return command_fail(run->invocation, &err);
}

/* 0, or -1 after saying what is wrong. Words are joined by blanks, as they were typed without quotes. */
static int read_arguments(struct match_run *run, struct buffer *text, bool *ret_stdin)
{
	const struct invocation *invocation = run->invocation;
	int position = 1;
	const char *name;
	const char *value;
	int words = 0;
	int kind;
	struct err err;

	*ret_stdin = false;
	while ((kind = command_next(invocation, &match_command, &position, &name, &value)) >= 0) {
		if (kind == 0) {
			buffer_addf(text, "%s%s", words++ ? " " : "", value);
			continue;
		}
		run->is_json = !strcmp(value, "json");
	}
	if (kind == -2)
		return -1;
	*ret_stdin = words == 1 && !strcmp(buffer_text(text), "-");
	if (words)
		return 0;
	err_set(&err, ERR_USAGE, "match needs a message, or - to read messages from the standard input",
		NULL);
	err_hint(&err, "usage: nks-triage {usage}", "usage", match_command.usage, NULL);
	command_fail(invocation, &err);
	return -1;
}

static int run_match(struct invocation *invocation)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(1 << 20);
	auto_free char *user_folder = xasprintf("%s/runbooks", invocation->config_dir);
	struct runbook_load_options options = {
		.assets = invocation->assets,
		.user_folder = user_folder,
		.state_folder = invocation->state_dir,
	};
	struct match_run run = {.invocation = invocation};
	bool is_stdin;
	struct err err;
	int code = EXIT_DONE;

	if (read_arguments(&run, &text, &is_stdin) < 0)
		return EXIT_FAILED;
	if (runbook_set_load(&options, NULL, &run.set, &err) < 0)
		return command_fail(invocation, &err);
	run.shows_message = is_stdin;
	if (is_stdin)
		code = match_lines(&run, stdin);
	else
		match_one(&run, buffer_text(&text), text.length);
	runbook_set_free(run.set);
	if (code)
		return code;
	return run.matched ? EXIT_CRITICAL : EXIT_DONE;
}

static const struct command_flag flags[] = {
	{"-o", "text|json", N_("output: text (default), or one JSON object a line")},
	{NULL, NULL, NULL},
};

const struct command match_command = {
	.name = "match",
	.usage = "match [-o text|json] [--] TEXT | -",
	.help = N_("say which entry of the guide a message belongs to; - reads one message a line"),
	.flags = flags,
	.run = run_match,
};
