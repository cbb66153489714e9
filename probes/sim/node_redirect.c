#include "probes/sim/node_redirect.h"

#include <ctype.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/node_files.h"
#include "probes/sim/node_shell.h"
#include "probes/sim/node_words.h"

bool redirect_read(struct word_reader *reader, struct redirects *redirects)
{
	const char *at = reader->at;
	struct redirect redirect = {.from = -1};

	if (isdigit((unsigned char)*at) && (at[1] == '<' || at[1] == '>'))
		redirect.from = *at++ - '0';
	if ((*at != '<' && *at != '>') || redirects->count == array_length(redirects->items))
		return false;
	if (redirect.from < 0)
		redirect.from = *at == '<' ? 0 : 1;
	redirect.append = at[0] == '>' && at[1] == '>';
	at += redirect.append ? 2 : 1;
	if (*at == '&' && (at[1] == '1' || at[1] == '2')) {
		redirect.to = at[1] - '0';
		reader->at = at + 2;
	} else {
		reader->at = at + strspn(at, " \t");
		redirect.path = word_read(reader);
		reader->is_wrong = reader->is_wrong || !redirect.path || redirect.from > 2;
	}
	redirects->items[redirects->count++] = redirect;
	return true;
}

void redirects_release(struct redirects *redirects)
{
	for (size_t i = 0; i < redirects->count; i++)
		free(redirects->items[i].path);
	*redirects = (struct redirects){0};
}

/* Where a stream goes in the end: NULL: to the file *ret_redirect. */
static struct buffer *target(const struct redirects *redirects, const struct shell_io *io, int stream,
			     const struct redirect **ret_redirect)
{
	struct buffer *now[3] = {NULL, io->out, io->error_out};
	const struct redirect *files[3] = {NULL};

	for (size_t i = 0; i < redirects->count; i++) {
		const struct redirect *redirect = &redirects->items[i];

		if (redirect->from < 1 || redirect->from > 2)
			continue;
		now[redirect->from] = redirect->to ? now[redirect->to] : NULL;
		files[redirect->from] = redirect->to ? files[redirect->to] : redirect;
	}
	*ret_redirect = files[stream];
	return now[stream];
}

static int put(struct shell *shell, const struct redirect *redirect, const struct shell_io *io,
	       const struct buffer *bytes, bool again)
{
	const char *why;

	if (!redirect->path || !strcmp(redirect->path, "/dev/null"))
		return 0;
	/* Opened by the shell of who logged in, whatever the command's own rights are. */
	why = files_write(shell, redirect->path, buffer_text(bytes), bytes->length,
			  redirect->append || again ? FILES_APPEND : FILES_REPLACE);
	if (!why)
		return 0;
	shell_say(io->error_out, "sh: 1: cannot create %s: %s\n", redirect->path, why);
	return 1;
}

int redirect_output(struct shell *shell, const struct redirects *redirects, const struct shell_io *io,
		    const struct buffer *out, const struct buffer *error_out)
{
	const struct redirect *file = NULL;
	const struct redirect *other = NULL;
	struct buffer *to = target(redirects, io, 1, &file);
	struct buffer *error_to = target(redirects, io, 2, &other);
	int status = 0;

	if (to)
		buffer_add(to, out->data, out->length);
	else if (file)
		status = put(shell, file, io, out, false);
	if (error_to)
		buffer_add(error_to, error_out->data, error_out->length);
	else if (other)
		status = put(shell, other, io, error_out, other == file) || status;
	return status;
}

static int read_input(struct shell *shell, const struct redirects *redirects, struct shell_io *io)
{
	for (size_t i = 0; i < redirects->count; i++) {
		const struct redirect *redirect = &redirects->items[i];
		const char *why;

		if (redirect->from)
			continue;
		io->input = "";
		io->input_length = 0;
		if (!redirect->path || !strcmp(redirect->path, "/dev/null"))
			continue;
		why = files_read(shell, redirect->path, &io->input, &io->input_length);
		if (!why)
			continue;
		shell_say(io->error_out, "sh: 1: cannot open %s: %s\n", redirect->path, why);
		return -1;
	}
	return 0;
}

int redirect_run(struct shell *shell, const struct redirects *redirects, const struct shell_io *io,
		 int (*run)(struct shell *shell, const struct words *words, const struct shell_io *io),
		 const struct words *words)
{
	struct buffer out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	struct buffer error_out = BUFFER_INIT(SHELL_OUTPUT_MAXIMUM);
	struct shell_io own = {.input = io->input, .input_length = io->input_length, .out = &out,
			       .error_out = &error_out};
	int status = 2;

	if (!redirects->count)
		return run(shell, words, io);
	if (!read_input(shell, redirects, &own)) {
		status = run(shell, words, &own);
		if (redirect_output(shell, redirects, io, &out, &error_out))
			status = 2;
	} else {
		buffer_add(io->error_out, error_out.data, error_out.length);
	}
	buffer_release(&out);
	buffer_release(&error_out);
	return status;
}
