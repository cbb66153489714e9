#include "probes/sim/node_shell.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_redirect.h"
#include "probes/sim/node_words.h"

enum { DEPTH_MAXIMUM = 24 };

struct reader {
	struct shell *shell;
	const char *at;
	bool is_wrong;
};

static int read_list(struct reader *reader, const struct shell_io *io, bool skip, const char *const *until);

static void remember_moment(const struct shell *shell)
{
	struct shell_timeline *timeline = shell->timeline;

	if (!timeline || shell->milliseconds < 0 || timeline->count == SHELL_MOMENTS_MAXIMUM)
		return;
	timeline->moments[timeline->count++] = (struct shell_moment){
		.milliseconds = shell->milliseconds, .out = timeline->io->out->length,
		.error_out = timeline->io->error_out->length,
	};
}

void shell_spend(struct shell *shell, int64_t milliseconds)
{
	if (milliseconds)
		remember_moment(shell);
	if (milliseconds < 0 || shell->milliseconds < 0)
		shell->milliseconds = -1;
	else
		shell->milliseconds += milliseconds;
}

void shell_say(struct buffer *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_addv(out, format, arguments);
	va_end(arguments);
}

static void skip_blanks(struct reader *reader)
{
	while (*reader->at == ' ' || *reader->at == '\t' || (reader->at[0] == '\\' && reader->at[1] == '\n'))
		reader->at += *reader->at == '\\' ? 2 : 1;
	if (*reader->at == '#')
		reader->at += strcspn(reader->at, "\n");
}

static void skip_lines(struct reader *reader)
{
	skip_blanks(reader);
	while (*reader->at == '\n') {
		reader->at++;
		skip_blanks(reader);
	}
}

static bool is_end_of_word(char c)
{
	return !c || strchr(" \t\n;&|<>()", c);
}

/* The next word is exactly this one, unquoted. */
static bool sees(struct reader *reader, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(reader);
	return !strncmp(reader->at, word, n) && (!isalpha((unsigned char)word[n - 1]) || is_end_of_word(reader->at[n]));
}

static bool takes(struct reader *reader, const char *word)
{
	if (!sees(reader, word))
		return false;
	reader->at += strlen(word);
	return true;
}

static bool sees_any(struct reader *reader, const char *const *words)
{
	for (; words && *words; words++)
		if (sees(reader, *words))
			return true;
	return false;
}

static int syntax_error(struct reader *reader, const struct shell_io *io)
{
	auto_free char *word = xstrndup(reader->at, strcspn(reader->at, "\n"));

	if (!reader->is_wrong && *word)
		shell_say(io->error_out, "sh: 1: Syntax error: \"%.40s\" unexpected\n", word);
	else if (!reader->is_wrong)
		shell_say(io->error_out, "sh: 1: Syntax error: end of file unexpected\n");
	reader->is_wrong = true;
	return SHELL_SYNTAX;
}

/* name=value before a command, or alone. */
static bool is_assignment(const char *word)
{
	size_t n = 0;

	while (isalnum((unsigned char)word[n]) || word[n] == '_')
		n++;
	return n && word[n] == '=' && !isdigit((unsigned char)word[0]);
}

static void assign(struct shell *shell, const char *word)
{
	const char *equals = strchr(word, '=');
	auto_free char *name = xstrndup(word, (size_t)(equals - word));

	json_object_set_new(shell->variables, name, json_string(equals + 1));
}

static int run_words(struct shell *shell, const struct words *words, const struct shell_io *io)
{
	size_t first = 0;

	while (first < words->count && !words->quoted[first] && is_assignment(words->items[first]))
		first++;
	if (first == words->count) {
		for (size_t i = 0; i < first; i++)
			assign(shell, words->items[i]);
		return words->substituted ? words->substituted_status : 0;
	}
	return command_run(shell, words->items + first, words->count - first, io);
}

/* Reads one simple command: words, assignments and redirections in any order. */
static int read_simple(struct reader *reader, const struct shell_io *io, bool skip)
{
	CLEANUP(words_release) struct words words = {0};
	struct redirects redirects = {0};
	struct word_reader text = {.shell = reader->shell, .io = io, .skip = skip};
	int status = 0;

	while (true) {
		skip_blanks(reader);
		text.at = reader->at;
		if (redirect_read(&text, &redirects)) {
			reader->at = text.at;
			continue;
		}
		if (is_end_of_word(*reader->at) || !words_read(&text, &words))
			break;
		reader->at = text.at;
	}
	if (text.is_wrong || (!words.count && !redirects.count && !words.substituted))
		status = syntax_error(reader, io);
	else if (!skip && !reader->shell->is_over)
		status = redirect_run(reader->shell, &redirects, io, run_words, &words);
	redirects_release(&redirects);
	return status;
}

static int read_if(struct reader *reader, const struct shell_io *io, bool skip)
{
	static const char *const then[] = {"then", NULL};
	static const char *const branch[] = {"elif", "else", "fi", NULL};
	static const char *const fi[] = {"fi", NULL};
	bool taken = skip;
	int status = 0;

	do {
		int condition = read_list(reader, io, taken, then);

		if (!takes(reader, "then"))
			return syntax_error(reader, io);
		if (taken || condition) {
			read_list(reader, io, true, branch);
		} else {
			status = read_list(reader, io, false, branch);
			taken = true;
		}
	} while (takes(reader, "elif"));
	if (takes(reader, "else")) {
		int other = read_list(reader, io, taken, fi);

		status = taken ? status : other;
	}
	return takes(reader, "fi") ? status : syntax_error(reader, io);
}

static int read_group(struct reader *reader, const struct shell_io *io, bool skip, const char *end)
{
	const char *const until[] = {end, NULL};
	bool was_over = reader->shell->is_over;
	int status = read_list(reader, io, skip, until);

	if (!takes(reader, end))
		return syntax_error(reader, io);
	/* exit leaves a subshell alone. */
	if (*end == ')' && !was_over && !reader->shell->is_lost && !reader->shell->signal[0])
		reader->shell->is_over = false;
	return status;
}

static int read_compound(struct reader *reader, const struct shell_io *io, bool skip)
{
	struct buffer out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	struct buffer error_out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	const struct shell_io own = {.input = io->input, .input_length = io->input_length, .out = &out,
				     .error_out = &error_out};
	struct redirects redirects = {0};
	struct word_reader text = {.shell = reader->shell, .io = io, .skip = skip};
	int status;

	if (takes(reader, "if"))
		status = read_if(reader, &own, skip);
	else
		status = read_group(reader, &own, skip, *reader->at++ == '(' ? ")" : "}");
	do {
		skip_blanks(reader);
		text.at = reader->at;
		if (!redirect_read(&text, &redirects))
			break;
		reader->at = text.at;
	} while (true);
	redirect_output(reader->shell, &redirects, io, &out, &error_out);
	redirects_release(&redirects);
	buffer_release(&out);
	buffer_release(&error_out);
	return status;
}

static int read_command(struct reader *reader, const struct shell_io *io, bool skip)
{
	if (reader->is_wrong || reader->shell->depth > DEPTH_MAXIMUM)
		return syntax_error(reader, io);
	if (sees(reader, "if") || *reader->at == '(' || (reader->at[0] == '{' && is_end_of_word(reader->at[1])))
		return read_compound(reader, io, skip);
	return read_simple(reader, io, skip);
}

/* Takes back what was written from `start` on: it was for the next command's input. */
static void take_back(struct buffer *out, size_t start, struct buffer *input)
{
	buffer_clear(input);
	if (out->length <= start)
		return;
	buffer_add(input, out->data + start, out->length - start);
	out->length = start;
	out->data[start] = '\0';
}

static int read_pipeline(struct reader *reader, const struct shell_io *io, bool skip)
{
	bool inverted = false;
	struct buffer input = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	struct shell_io own = *io;
	size_t start = io->out->length;
	int status;

	skip_blanks(reader);
	if (reader->at[0] == '!' && is_end_of_word(reader->at[1])) {
		reader->at++;
		inverted = true;
	}
	status = read_command(reader, io, skip);
	while (sees(reader, "|") && !sees(reader, "||") && !reader->is_wrong) {
		reader->at++;
		skip_lines(reader);
		take_back(io->out, start, &input);
		own.input = buffer_text(&input);
		own.input_length = input.length;
		status = read_command(reader, &own, skip);
	}
	buffer_release(&input);
	return inverted ? !status : status;
}

static int read_and_or(struct reader *reader, const struct shell_io *io, bool skip)
{
	int status = read_pipeline(reader, io, skip);

	while (!reader->is_wrong) {
		bool and = takes(reader, "&&");
		int next;

		if (!skip && !reader->shell->is_over)
			reader->shell->status = status;
		if (!and && !takes(reader, "||"))
			break;
		skip_lines(reader);
		next = read_pipeline(reader, io, skip || reader->shell->is_over || (status == 0) != and);
		if (!reader->shell->is_over && (status == 0) == and)
			status = next;
	}
	return status;
}

static int read_list(struct reader *reader, const struct shell_io *io, bool skip, const char *const *until)
{
	int status = 0;

	reader->shell->depth++;
	skip_lines(reader);
	while (*reader->at && !reader->is_wrong && !sees_any(reader, until)) {
		int now = read_and_or(reader, io, skip || reader->shell->is_over);

		if (!skip && !reader->shell->is_over) {
			status = now;
			reader->shell->status = now;
		}
		skip_blanks(reader);
		if (*reader->at == ';' || *reader->at == '\n')
			reader->at++;
		else if (*reader->at && !sees_any(reader, until))
			status = syntax_error(reader, io);
		skip_lines(reader);
	}
	reader->shell->depth--;
	return reader->shell->is_over ? reader->shell->status : status;
}

int shell_run(struct shell *shell, const char *text, const struct shell_io *io)
{
	struct reader reader = {.shell = shell, .at = text};
	int status = read_list(&reader, io, false, NULL);

	return reader.is_wrong ? SHELL_SYNTAX : status;
}
