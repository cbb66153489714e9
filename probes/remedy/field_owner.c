#include <stdint.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/field_owner.h"
#include "probes/remedy/json_path.h"

/* fieldsV1 names an item of a keyed list "k:{\"name\":\"x\"}", of any other list "i:0". */
static const json_t *item_of(const json_t *fields, const json_t *item, const char *token)
{
	const char *name = json_string_value(json_object_get(item, "name"));
	auto_free char *by_index = xasprintf("i:%s", token);
	const json_t *found = json_object_get(fields, by_index);
	const char *key;
	json_t *value;

	if (found || !name)
		return found;
	json_object_foreach((json_t *)(uintptr_t)fields, key, value) {
		json_t *keys = !strncmp(key, "k:", 2) ? json_loads(key + 2, 0, NULL) : NULL;
		const char *keyed = json_string_value(json_object_get(keys, "name"));
		bool same = keyed && !strcmp(keyed, name);

		json_decref(keys);
		if (same)
			return value;
	}
	return NULL;
}

static const json_t *descend(const json_t *document, const json_t *fields, const char *pointer)
{
	auto_free char *path = xstrdup(pointer);
	const json_t *parent = document;

	for (char *at = path; at && *at == '/' && fields;) {
		char *next = strchr(at + 1, '/');
		auto_free char *key = NULL;
		const char *token = at + 1;

		if (next)
			*next = '\0';
		if (json_is_array(parent)) {
			fields = item_of(fields, pointer_get(parent, at), token);
		} else {
			key = xasprintf("f:%s", token);
			fields = json_object_get(fields, key);
		}
		parent = pointer_get(parent, at);
		if (next)
			*next = '/';
		at = next;
	}
	return fields;
}

size_t field_owners(const json_t *document, const char *pointer, struct field_owner *ret_owners, size_t maximum)
{
	const json_t *entries = pointer_get(document, "/metadata/managedFields");
	size_t count = 0;
	size_t i;
	json_t *entry;

	json_array_foreach((json_t *)(uintptr_t)entries, i, entry) {
		const char *manager = json_string_value(json_object_get(entry, "manager"));
		const char *operation = json_string_value(json_object_get(entry, "operation"));

		if (!manager || !descend(document, json_object_get(entry, "fieldsV1"), pointer))
			continue;
		if (count < maximum) {
			ret_owners[count].manager = manager;
			ret_owners[count].applies = operation && !strcmp(operation, "Apply");
		}
		count++;
	}
	return count;
}
