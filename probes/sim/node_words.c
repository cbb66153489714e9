#include "probes/sim/node_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_shell.h"

enum { WORD_MAXIMUM = 1 << 20, WORDS_MAXIMUM = 4096 };

/* One word under way. Bytes that came from an unquoted expansion are split at blanks. */
struct draft {
	struct buffer text;
	bool any;		/* there is a word, though it may be empty */
	bool quoted;
	struct words *into;	/* NULL: never split */
};

static void words_add(struct words *words, char *text, bool quoted)
{
	if (words->count == WORDS_MAXIMUM) {
		free(text);
		return;
	}
	words->items = xreallocarray(words->items, words->count + 2, sizeof(char *));
	words->quoted = xreallocarray(words->quoted, words->count + 1, sizeof(bool));
	words->quoted[words->count] = quoted;
	words->items[words->count++] = text;
	words->items[words->count] = NULL;
}

void words_release(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
	free(words->quoted);
	*words = (struct words){0};
}

static void finish(struct draft *draft)
{
	if (draft->any && draft->into)
		words_add(draft->into, buffer_detach(&draft->text), draft->quoted);
	draft->any = false;
	draft->quoted = false;
}

/* The value of name=... is never split. */
static bool is_in_assignment(const struct draft *draft)
{
	const char *text = buffer_text(&draft->text);
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return !draft->quoted && n && text[n] == '=';
}

static void add_expanded(struct draft *draft, const char *value, bool in_quotes)
{
	bool splits = !in_quotes && draft->into && !is_in_assignment(draft);

	if (!draft->any)
		draft->quoted = true;
	for (; *value; value++) {
		if (splits && strchr(" \t\n", *value)) {
			finish(draft);
			continue;
		}
		draft->any = true;
		buffer_add_byte(&draft->text, *value);
	}
	draft->any = draft->any || in_quotes;
}

static void add_arguments(struct word_reader *reader, struct draft *draft, bool in_quotes)
{
	for (size_t i = 0; i < reader->shell->argument_count; i++) {
		if (i && draft->into)
			finish(draft);
		else if (i)
			buffer_add_byte(&draft->text, ' ');
		add_expanded(draft, reader->shell->arguments[i], in_quotes);
	}
}

/* The end of $( ... ) from behind its bracket, or NULL. */
static const char *end_of_substitution(const char *at)
{
	int depth = 1;
	char quote = '\0';

	for (; *at; at++) {
		if (*at == '\\' && quote != '\'' && at[1])
			at++;
		else if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (*at == '\'' || *at == '"')
			quote = *at;
		else if (*at == '(')
			depth++;
		else if (*at == ')' && !--depth)
			return at;
	}
	return NULL;
}

static void substitute(struct word_reader *reader, struct draft *draft, struct words *words, bool in_quotes)
{
	const char *end = end_of_substitution(reader->at);
	auto_free char *text = end ? xstrndup(reader->at, (size_t)(end - reader->at)) : NULL;
	struct buffer out = BUFFER_INIT(WORD_MAXIMUM);
	struct shell_io io = *reader->io;

	reader->is_wrong = !end;
	if (!end)
		return;
	reader->at = end + 1;
	if (!reader->skip) {
		bool was_over = reader->shell->is_over;

		io.out = &out;
		words->substituted = true;
		words->substituted_status = shell_run(reader->shell, text, &io);
		if (!reader->shell->is_lost && !reader->shell->signal[0])
			reader->shell->is_over = was_over;
		while (out.length && out.data[out.length - 1] == '\n')
			out.data[--out.length] = '\0';
		add_expanded(draft, buffer_text(&out), in_quotes);
	}
	buffer_release(&out);
}

static const char *value_of(const struct shell *shell, const char *name, char number[16])
{
	size_t index = (size_t)strtoul(name, NULL, 10);

	if (!strcmp(name, "?"))
		snprintf(number, 16, "%d", shell->status);
	else if (!strcmp(name, "#"))
		snprintf(number, 16, "%zu", shell->argument_count);
	else if (!strcmp(name, "$"))
		snprintf(number, 16, "%d", 4242);
	else if (!strcmp(name, "0"))
		return shell->name ? shell->name : "sh";
	else if (isdigit((unsigned char)*name))
		return index <= shell->argument_count ? shell->arguments[index - 1] : NULL;
	else
		return json_string_value(json_object_get(shell->variables, name));
	return number;
}

/* ${name}, ${name:-text}, ${name-text}; the text has no quotes in it. */
static void expand_braces(struct word_reader *reader, struct draft *draft, bool in_quotes)
{
	size_t n = strcspn(reader->at, "}");
	size_t name_length = strcspn(reader->at, ":-}");
	auto_free char *name = xstrndup(reader->at, name_length < n ? name_length : n);
	const char *after = reader->at + strlen(name);
	auto_free char *otherwise = NULL;
	char number[16];
	const char *value = value_of(reader->shell, name, number);

	if (reader->at[n] != '}' || (*after != '}' && *after != '-' && strncmp(after, ":-", 2))) {
		reader->is_wrong = true;
		return;
	}
	if (*after != '}')
		otherwise = xstrndup(after + (*after == ':' ? 2 : 1), n - (size_t)(after - reader->at) -
									       (*after == ':' ? 2 : 1));
	if (!value || (*after == ':' && !*value))
		value = otherwise ? otherwise : "";
	reader->at += n + 1;
	if (!reader->skip)
		add_expanded(draft, value, in_quotes);
}

static void expand(struct word_reader *reader, struct draft *draft, struct words *words, bool in_quotes)
{
	char name[64] = {0};
	char number[16];
	const char *value;
	size_t n = 0;

	reader->at++;
	if (*reader->at == '(') {
		reader->at++;
		substitute(reader, draft, words, in_quotes);
	} else if (*reader->at == '{') {
		reader->at++;
		expand_braces(reader, draft, in_quotes);
	} else if (*reader->at == '@' || *reader->at == '*') {
		reader->at++;
		add_arguments(reader, draft, in_quotes);
	} else if (*reader->at && strchr("?#$0123456789", *reader->at)) {
		name[0] = *reader->at++;
		value = value_of(reader->shell, name, number);
		add_expanded(draft, value ? value : "", in_quotes);
	} else if (isalpha((unsigned char)*reader->at) || *reader->at == '_') {
		while ((isalnum((unsigned char)*reader->at) || *reader->at == '_') && n + 1 < sizeof(name))
			name[n++] = *reader->at++;
		value = value_of(reader->shell, name, number);
		add_expanded(draft, value ? value : "", in_quotes);
	} else {
		draft->any = true;
		buffer_add_byte(&draft->text, '$');
	}
}

static void read_quoted(struct word_reader *reader, struct draft *draft, struct words *words)
{
	reader->at++;
	draft->quoted = draft->quoted || !draft->any;
	draft->any = true;
	while (*reader->at && *reader->at != '"' && !reader->is_wrong) {
		if (*reader->at == '$') {
			expand(reader, draft, words, true);
		} else if (*reader->at == '`') {
			reader->is_wrong = true;
		} else {
			if (*reader->at == '\\' && reader->at[1] && strchr("\\\"$`", reader->at[1]))
				reader->at++;
			buffer_add_byte(&draft->text, *reader->at++);
		}
	}
	reader->is_wrong = reader->is_wrong || *reader->at != '"';
	reader->at += *reader->at == '"';
}

static void read_literal(struct word_reader *reader, struct draft *draft)
{
	const char *end = strchr(reader->at + 1, '\'');

	draft->quoted = draft->quoted || !draft->any;
	draft->any = true;
	if (!end) {
		reader->is_wrong = true;
		return;
	}
	buffer_add(&draft->text, reader->at + 1, (size_t)(end - reader->at - 1));
	reader->at = end + 1;
}

static void read_draft(struct word_reader *reader, struct draft *draft, struct words *words)
{
	while (*reader->at && !strchr(" \t\n;&|<>()", *reader->at) && !reader->is_wrong) {
		if (*reader->at == '\'') {
			read_literal(reader, draft);
		} else if (*reader->at == '"') {
			read_quoted(reader, draft, words);
		} else if (*reader->at == '$') {
			expand(reader, draft, words, false);
		} else if (strchr("*?[`", *reader->at)) {
			reader->is_wrong = true;	/* globs and old substitutions: nobody sends them */
		} else {
			if (*reader->at == '\\' && reader->at[1])
				reader->at++;
			draft->any = true;
			buffer_add_byte(&draft->text, *reader->at++);
		}
	}
}

bool words_read(struct word_reader *reader, struct words *words)
{
	const char *start = reader->at;
	struct draft draft = {.text = BUFFER_INIT(WORD_MAXIMUM), .into = words};

	read_draft(reader, &draft, words);
	finish(&draft);
	buffer_release(&draft.text);
	return reader->at != start && !reader->is_wrong;
}

char *word_read(struct word_reader *reader)
{
	const char *start = reader->at;
	struct words none = {0};
	struct draft draft = {.text = BUFFER_INIT(WORD_MAXIMUM)};

	read_draft(reader, &draft, &none);
	if (reader->at == start || reader->is_wrong) {
		buffer_release(&draft.text);
		return NULL;
	}
	return buffer_detach(&draft.text);
}
