#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"

/* One reference token without its slash, unescaped. Caller frees. */
static char *token_decode(const char *from, size_t length)
{
	char *token = xstrndup(from, length);
	char *out = token;

	for (const char *at = token; *at; at++) {
		if (at[0] == '~' && (at[1] == '0' || at[1] == '1')) {
			*out++ = at[1] == '0' ? '~' : '/';
			at++;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
	return token;
}

/* RFC 6901: digits without leading zeros. */
static bool token_is_index(const char *token, size_t *ret_index)
{
	size_t index = 0;

	if (!*token || (token[0] == '0' && token[1]) || strlen(token) > 9)
		return false;
	for (const char *at = token; *at; at++) {
		if (*at < '0' || *at > '9')
			return false;
		index = index * 10 + (size_t)(*at - '0');
	}
	*ret_index = index;
	return true;
}

json_t *pointer_get(const json_t *document, const char *pointer)
{
	json_t *value = (json_t *)(uintptr_t)document;

	while (value && *pointer == '/') {
		size_t length = strcspn(pointer + 1, "/");
		auto_free char *token = token_decode(pointer + 1, length);
		size_t index;

		if (json_is_array(value))
			value = token_is_index(token, &index) ? json_array_get(value, index) : NULL;
		else
			value = json_object_get(value, token);
		pointer += 1 + length;
	}
	return *pointer ? NULL : value;
}

const char *document_uid(const json_t *document)
{
	return json_string_value(json_object_get(json_object_get(document, "metadata"), "uid"));
}

char *pointer_child(const char *pointer, const char *key)
{
	size_t length = strlen(pointer);
	char *path = xmalloc(length + 2 * strlen(key) + 2);
	char *out = path + length;

	memcpy(path, pointer, length);
	*out++ = '/';
	for (; *key; key++) {
		if (*key == '~' || *key == '/') {
			*out++ = '~';
			*out++ = *key == '~' ? '0' : '1';
		} else {
			*out++ = *key;
		}
	}
	*out = '\0';
	return path;
}

char *pointer_key(const char *token)
{
	return token_decode(token, strlen(token));
}

char *pointer_index(const char *pointer, size_t index)
{
	return xasprintf("%s/%zu", pointer, index);
}

static void patch_operation(json_t *patch, const char *operation, const char *pointer, json_t *value)
{
	json_t *entry = json_pack("{s:s, s:s}", "op", operation, "path", pointer);

	if (value)
		json_object_set_new(entry, "value", value);
	json_array_append_new(patch, entry);
}

void patch_test(json_t *patch, const char *pointer, json_t *value)
{
	patch_operation(patch, "test", pointer, value);
}

void patch_replace(json_t *patch, const char *pointer, json_t *value)
{
	patch_operation(patch, "replace", pointer, value);
}

void patch_add(json_t *patch, const char *pointer, json_t *value)
{
	patch_operation(patch, "add", pointer, value);
}

void patch_remove(json_t *patch, const char *pointer)
{
	patch_operation(patch, "remove", pointer, NULL);
}
