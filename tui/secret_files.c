#include "tui/secret_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "tui/command.h"

enum { SECRET_BYTES = 16 << 10 };

int secret_files_add(struct secret_files *files, const char *item)
{
	if (files->count == SECRET_FILES_MAXIMUM || !strchr(item, '=') || *item == '=')
		return -1;
	files->items[files->count++] = item;
	return 0;
}

/* Without buffers of the C library, which nobody wipes. Returns -1 where it cannot be read or is too long. */
static ssize_t read_whole(int descriptor, char *bytes, size_t size)
{
	size_t length = 0;

	for (;;) {
		ssize_t n = read(descriptor, bytes + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (n > 0 && length + (size_t)n == size))
			return -1;
		if (n == 0)
			return (ssize_t)length;
		length += (size_t)n;
	}
}

static int give_file(struct secret_files *files, const char *item, struct change *change, struct err *err)
{
	const char *path = strchr(item, '=') + 1;
	bool is_input = !strcmp(path, "-");
	auto_free char *name = xstrndup(item, (size_t)(path - item) - 1);
	int descriptor;
	char bytes[SECRET_BYTES];
	ssize_t length;
	int code;

	if (is_input && files->standard_input)
		return change_give_secret(change, name, files->standard_input, err);
	descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0)
		return err_set(err, ERR_IO, "cannot read {path}: {reason}", "path", path, "reason", strerror(errno),
			       NULL);
	length = read_whole(descriptor, bytes, sizeof(bytes) - 1);
	if (descriptor != STDIN_FILENO)
		close(descriptor);
	if (length < 0) {
		explicit_bzero(bytes, sizeof(bytes));
		return err_set(err, ERR_IO, "cannot read {path}: it is larger than {limit} bytes", "path", path,
			"limit", "16383",
			       NULL);
	}
	bytes[length] = '\0';
	if (length && bytes[length - 1] == '\n')
		bytes[length - 1] = '\0';
	code = change_give_secret(change, name, bytes, err);
	if (is_input)
		files->standard_input = xstrdup(bytes);
	explicit_bzero(bytes, sizeof(bytes));
	return code;
}

void secret_files_release(struct secret_files *files)
{
	secret_free(take_pointer(files->standard_input));
}

int secret_files_give(struct secret_files *files, struct change *change, struct err *err)
{
	for (size_t i = 0; i < files->count; i++) {
		if (give_file(files, files->items[i], change, err) < 0)
			return -1;
	}
	return 0;
}

static int ask_one(int terminal, struct change *change, size_t index, struct err *err)
{
	char line[4096];
	ssize_t n;
	int code;

	dprintf(terminal, "%s (%s): ", change_secret_name(change, index), change_secret_description(change, index));
	do
		n = read(terminal, line, sizeof(line) - 1);
	while (n < 0 && errno == EINTR);
	dprintf(terminal, "\n");
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	code = change_give_secret(change, change_secret_name(change, index), line, err);
	explicit_bzero(line, sizeof(line));
	return code;
}

int secret_files_ask(int terminal, struct change *change, struct err *err)
{
	struct termios before;
	struct termios quiet;
	int code = 0;

	if (tcgetattr(terminal, &before) < 0)
		return err_set(err, ERR_IO, "the terminal cannot be made quiet: {reason}", "reason", strerror(errno),
			       NULL);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(terminal, TCSAFLUSH, &quiet);
	for (size_t i = 0; i < change_secret_count(change) && code == 0; i++) {
		if (!change_secret_is_given(change, i))
			code = ask_one(terminal, change, i, err);
	}
	tcsetattr(terminal, TCSAFLUSH, &before);
	return code;
}
