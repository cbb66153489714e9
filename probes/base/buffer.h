/*
 * A growing run of bytes with a declared maximum, always NUL-terminated.
 *
 * struct buffer b = BUFFER_INIT(64 << 10);   at most 64 KiB
 * buffer_add...(&b, ...)                     0, or -1 and b.overflowed once the maximum is reached:
 *                                            what fits is kept, the rest is dropped
 * buffer_release(&b)                         frees the bytes; the buffer is empty and ready again
 *
 * b.data is NULL until the first byte; buffer_text() gives "" then.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data;		/* NUL-terminated when not NULL */
	size_t length;		/* bytes, without the NUL */
	size_t capacity;	/* bytes allocated */
	size_t maximum;		/* length never exceeds this */
	bool overflowed;	/* something was dropped */
};

#define BUFFER_INIT(max) {.maximum = (max)}

void buffer_init(struct buffer *buffer, size_t maximum);
void buffer_release(struct buffer *buffer);
/* Length 0, memory kept, overflowed forgotten. */
void buffer_clear(struct buffer *buffer);
int buffer_add(struct buffer *buffer, const void *bytes, size_t n);
int buffer_add_text(struct buffer *buffer, const char *text);
int buffer_add_byte(struct buffer *buffer, char byte);
int buffer_addf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buffer_addv(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
/* Removes n bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t n);
/* Never NULL; borrowed until the next change. */
const char *buffer_text(const struct buffer *buffer);
/* The bytes become the caller's (never NULL); the buffer is empty and ready. */
char *buffer_detach(struct buffer *buffer);

#endif
