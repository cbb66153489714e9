/*
 * Memory: allocation that cannot fail, and cleanup at the end of a scope.
 *
 * A program that watches a cluster for weeks cannot do anything sensible when
 * an allocation of a few hundred bytes fails, so that case is handled in one
 * place: the exhaustion hook (it restores the terminal), a line on stderr,
 * exit status 1. Everything whose size is chosen from outside goes through a
 * struct buffer with a maximum instead (buffer.h).
 *
 * Ownership is in the signature: a const pointer in is borrowed, a returned
 * pointer is borrowed from its object unless the function is called *_new or
 * x*, "struct x **ret_x" is yours and written only on success.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
/* Like reallocarray(): stops the program where count * size overflows. */
void *xreallocarray(void *block, size_t count, size_t size);
char *xstrdup(const char *text);
/* Copies at most n bytes and adds the NUL. */
char *xstrndup(const char *text, size_t n);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Wipes a NUL-terminated secret, then frees it. NULL is fine. */
void secret_free(char *text);

/* Called once, before the program ends, when memory is exhausted. */
void memory_on_exhaustion(void (*hook)(void));

/*
 * For a program that stays for weeks: one heap for all threads, big blocks
 * outside it, so that they go back to the system when they are freed. Once, at
 * the start of main.
 */
void memory_tune(void);
/* Gives free pages in the middle of the heap back to the system; takes about a millisecond for 10 MiB. */
void memory_trim(void);

/* A broken assumption of ours: says where and aborts (the crash handler restores the terminal). */
_Noreturn void bug_at(const char *file, int line, const char *what);
#define bug(what) bug_at(__FILE__, __LINE__, (what))

/* Scope cleanup: "auto_free char *s = xstrdup(t);" */
void memory_free_pointer(void *address_of_pointer);
#define auto_free __attribute__((cleanup(memory_free_pointer)))
/* For other types: "CLEANUP(buffer_release) struct buffer b". The function takes the variable's address. */
#define CLEANUP(function) __attribute__((cleanup(function)))
/* Hands a pointer on: returns it and clears the variable. */
#define take_pointer(variable)                                                                     \
	__extension__({                                                                            \
		__typeof__(variable) taken_ = (variable);                                          \
		(variable) = NULL;                                                                 \
		taken_;                                                                            \
	})

#define array_length(a) (sizeof(a) / sizeof((a)[0]))

#endif
