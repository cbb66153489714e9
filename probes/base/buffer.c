#include "probes/base/buffer.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"

void buffer_init(struct buffer *buffer, size_t maximum)
{
	*buffer = (struct buffer){.maximum = maximum};
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	buffer_init(buffer, buffer->maximum);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->overflowed = false;
	if (buffer->data)
		buffer->data[0] = '\0';
}

static void reserve(struct buffer *buffer, size_t length)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 64;

	if (length + 1 <= buffer->capacity)
		return;
	while (capacity < length + 1)
		capacity *= 2;
	if (capacity > buffer->maximum + 1)
		capacity = buffer->maximum + 1;
	buffer->data = xreallocarray(buffer->data, capacity, 1);
	buffer->capacity = capacity;
}

int buffer_add(struct buffer *buffer, const void *bytes, size_t n)
{
	size_t room = buffer->maximum - buffer->length;
	size_t taken = n < room ? n : room;

	if (taken || !buffer->data) {
		reserve(buffer, buffer->length + taken);
		if (taken)
			memcpy(buffer->data + buffer->length, bytes, taken);
		buffer->length += taken;
		buffer->data[buffer->length] = '\0';
	}
	if (taken == n)
		return 0;
	buffer->overflowed = true;
	return -1;
}

int buffer_add_text(struct buffer *buffer, const char *text)
{
	return buffer_add(buffer, text, strlen(text));
}

int buffer_add_byte(struct buffer *buffer, char byte)
{
	return buffer_add(buffer, &byte, 1);
}

int buffer_addv(struct buffer *buffer, const char *format, va_list arguments)
{
	auto_free char *text = NULL;
	int length = vasprintf(&text, format, arguments);

	if (length < 0)
		bug("a format that vasprintf refuses");
	return buffer_add(buffer, text, (size_t)length);
}

int buffer_addf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	int result;

	va_start(arguments, format);
	result = buffer_addv(buffer, format, arguments);
	va_end(arguments);
	return result;
}

void buffer_consume(struct buffer *buffer, size_t n)
{
	if (n >= buffer->length) {
		buffer_clear(buffer);
		return;
	}
	memmove(buffer->data, buffer->data + n, buffer->length - n + 1);
	buffer->length -= n;
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}

char *buffer_detach(struct buffer *buffer)
{
	char *data = buffer->data ? buffer->data : xstrdup("");

	buffer_init(buffer, buffer->maximum);
	return data;
}
