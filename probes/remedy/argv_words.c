#include "probes/remedy/argv_words.h"

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/shell_line.h"

enum { LINE_MAXIMUM = 128 << 10 };

void argv_add(struct argv_words *words, const char *word)
{
	words->items = xreallocarray(words->items, words->count + 2, sizeof(*words->items));
	words->items[words->count++] = xstrdup(word);
	words->items[words->count] = NULL;
}

void argv_add_all(struct argv_words *words, const char *const *items)
{
	for (size_t i = 0; items && items[i]; i++)
		argv_add(words, items[i]);
}

void argv_free(char **items)
{
	for (size_t i = 0; items && items[i]; i++)
		free(items[i]);
	free(items);
}

void argv_release(struct argv_words *words)
{
	argv_free(words->items);
	*words = (struct argv_words){0};
}

char **argv_detach(struct argv_words *words)
{
	char **items = words->items;

	*words = (struct argv_words){0};
	return items;
}

void argv_add_start(struct argv_words *words, bool sudo, int timeout_seconds)
{
	auto_free char *seconds = xasprintf("%d", timeout_seconds);

	if (sudo) {
		argv_add(words, "sudo");
		argv_add(words, "-n");
	}
	argv_add(words, "timeout");
	argv_add(words, seconds);
	argv_add(words, "env");
	argv_add(words, "LC_ALL=C");
}

char *argv_line(const char *const *items)
{
	struct buffer line = BUFFER_INIT(LINE_MAXIMUM);

	for (size_t i = 0; items && items[i]; i++)
		shell_add_word(&line, items[i]);
	return buffer_detach(&line);
}
