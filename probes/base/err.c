#include "probes/base/err.h"

#include <stdarg.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"

static void add_value(struct message *message, const char *name, const char *value)
{
	size_t name_size = strlen(name) + 1;
	size_t room = sizeof(message->values) - message->used;
	size_t length;

	if (!value)
		value = "?";
	if (room < name_size + 1)
		return;
	memcpy(message->values + message->used, name, name_size);
	room -= name_size;
	length = strlen(value);
	if (length > room - 1)
		length = room - 1;
	memcpy(message->values + message->used + name_size, value, length);
	message->values[message->used + name_size + length] = '\0';
	message->used += name_size + length + 1;
}

static void set_values(struct message *message, const char *id, va_list arguments)
{
	const char *name;

	message->id = id;
	message->used = 0;
	while ((name = va_arg(arguments, const char *)) != NULL)
		add_value(message, name, va_arg(arguments, const char *));
}

void message_set(struct message *message, const char *id, ...)
{
	va_list arguments;

	va_start(arguments, id);
	set_values(message, id, arguments);
	va_end(arguments);
}

const char *message_value(const struct message *message, const char *name)
{
	size_t at = 0;

	while (at < message->used) {
		const char *here = message->values + at;
		const char *value = here + strlen(here) + 1;

		if (!strcmp(here, name))
			return value;
		at = (size_t)(value - message->values) + strlen(value) + 1;
	}
	return NULL;
}

/* The value named between open and close, or NULL. */
static const char *value_between(const struct message *message, const char *open, const char *close)
{
	char name[64];
	size_t length = (size_t)(close - open);

	if (length >= sizeof(name))
		return NULL;
	memcpy(name, open, length);
	name[length] = '\0';
	return message_value(message, name);
}

void message_format(const struct message *message, const char *(*translate)(const char *id),
		    struct buffer *out)
{
	const char *at = message->id;

	if (!at)
		return;
	if (translate)
		at = translate(at);
	while (*at) {
		const char *close = *at == '{' ? strchr(at, '}') : NULL;
		const char *value = close ? value_between(message, at + 1, close) : NULL;

		if (!value) {
			buffer_add_byte(out, *at++);
			continue;
		}
		text_show(out, value, strlen(value));
		at = close + 1;
	}
}

int err_set(struct err *err, enum err_code code, const char *id, ...)
{
	va_list arguments;

	if (!err)
		return -1;
	err->code = code;
	err->hint.id = NULL;
	err->hint.used = 0;
	va_start(arguments, id);
	set_values(&err->what, id, arguments);
	va_end(arguments);
	return -1;
}

void err_hint(struct err *err, const char *id, ...)
{
	va_list arguments;

	if (!err)
		return;
	va_start(arguments, id);
	set_values(&err->hint, id, arguments);
	va_end(arguments);
}

char *err_text(const struct err *err)
{
	struct buffer out = BUFFER_INIT(4096);

	message_format(&err->what, NULL, &out);
	if (err->hint.id) {
		buffer_add_text(&out, " (");
		message_format(&err->hint, NULL, &out);
		buffer_add_text(&out, ")");
	}
	return buffer_detach(&out);
}

const char *err_layer(enum err_code code)
{
	switch (code) {
	case ERR_DNS:
		return "DNS";
	case ERR_CONNECT:
		return "TCP";
	case ERR_TLS:
		return "TLS";
	case ERR_TIMEOUT:
		return "timeout";
	case ERR_UNAUTHORIZED:
		return "401";
	case ERR_FORBIDDEN:
		return "403";
	case ERR_NOT_FOUND:
		return "404";
	case ERR_CONFLICT:
		return "409";
	case ERR_GONE:
		return "410";
	case ERR_INVALID:
		return "4xx";
	case ERR_THROTTLED:
		return "429";
	case ERR_SERVER:
		return "5xx";
	case ERR_PROTOCOL:
		return "protocol";
	case ERR_CONFIG:
	case ERR_USAGE:
		return "configuration";
	case ERR_LIMIT:
		return "limit";
	case ERR_IO:
		return "local";
	case ERR_NONE:
	case ERR_REFUSED:
	case ERR_CANCELLED:
		break;
	}
	return "";
}
