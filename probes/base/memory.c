#include "probes/base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BIG_BLOCK = 128 << 10 };

static void (*exhaustion_hook)(void);

void memory_on_exhaustion(void (*hook)(void))
{
	exhaustion_hook = hook;
}

static _Noreturn void exhausted(void)
{
	static const char text[] = "nks-triage: out of memory\n";

	if (exhaustion_hook)
		exhaustion_hook();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(1);
}

void *xmalloc(size_t size)
{
	void *block = malloc(size ? size : 1);

	if (!block)
		exhausted();
	return block;
}

void *xcalloc(size_t count, size_t size)
{
	void *block = calloc(count ? count : 1, size ? size : 1);

	if (!block)
		exhausted();
	return block;
}

void *xreallocarray(void *block, size_t count, size_t size)
{
	void *grown = reallocarray(block, count ? count : 1, size ? size : 1);

	if (!grown)
		exhausted();
	return grown;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t n)
{
	size_t length = strnlen(text, n);
	char *copy = xmalloc(length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *xasprintf(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		exhausted();
	return text;
}

void secret_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void bug_at(const char *file, int line, const char *what)
{
	fprintf(stderr, "nks-triage: internal error at %s:%d: %s\n", file, line, what);
	abort();
}

void memory_free_pointer(void *address_of_pointer)
{
	void *block;

	memcpy(&block, address_of_pointer, sizeof(block));
	free(block);
}

void memory_tune(void)
{
	/* Setting a threshold ends glibc's habit of raising both whenever a big block is freed. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, BIG_BLOCK);
	mallopt(M_TRIM_THRESHOLD, BIG_BLOCK);
}

void memory_trim(void)
{
	malloc_trim(0);
}
