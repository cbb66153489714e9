#include "probes/model/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"

static json_t *to_json(const struct evidence *evidence)
{
	json_t *item = json_pack("{s:s}", "key", evidence->key);
	char at[21];

	clock_format(evidence->collected_at, at);
	json_object_set_new(item, "collectedAt", json_string(at));
	if (evidence->code != ERR_NONE) {
		auto_free char *why = err_text(&evidence->err);

		json_object_set_new(item, "error", json_string(why));
		json_object_set_new(item, "layer", json_string(err_layer(evidence->code)));
	} else if (evidence->document) {
		json_object_set(item, "document", evidence->document);
	} else {
		json_object_set_new(item, "text", json_string(evidence->text ? evidence->text : ""));
	}
	return item;
}

static int by_key(const void *a, const void *b)
{
	const struct evidence *const *left = a;
	const struct evidence *const *right = b;

	return strcmp((*left)->key, (*right)->key);
}

json_t *evidence_store_to_json(const struct evidence_store *store)
{
	json_t *list = json_array();
	const struct evidence **all = NULL;
	const struct evidence *evidence;
	size_t position = 0;
	size_t count = 0;

	while ((evidence = evidence_next(store, &position)) != NULL) {
		all = xreallocarray(all, count + 1, sizeof(*all));
		all[count++] = evidence;
	}
	if (count)
		qsort(all, count, sizeof(*all), by_key);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, to_json(all[i]));
	free(all);
	return list;
}

static enum err_code code_of(const char *layer)
{
	static const enum err_code codes[] = {ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_TIMEOUT, ERR_UNAUTHORIZED, ERR_REFUSED};

	for (size_t i = 0; layer && i < array_length(codes); i++)
		if (!strcmp(layer, err_layer(codes[i])))
			return codes[i];
	return ERR_IO;
}

static void put(struct evidence_store *store, const json_t *item)
{
	const char *key = json_string_value(json_object_get(item, "key"));
	const char *at = json_string_value(json_object_get(item, "collectedAt"));
	const char *text = json_string_value(json_object_get(item, "text"));
	const char *why = json_string_value(json_object_get(item, "error"));
	json_t *document = json_object_get(item, "document");
	struct err err = {0};
	int64_t collected;

	if (!key || !at || clock_parse(at, &collected) < 0 || (!text && !why && !json_is_object(document)))
		return;
	if (why)
		err_set(&err, code_of(json_string_value(json_object_get(item, "layer"))), "{reason}", "reason", why,
			NULL);
	evidence_put(store, key, why ? NULL : json_incref(document), why || !text ? NULL : xstrdup(text),
		     why ? &err : NULL, collected);
}

void evidence_store_read_json(struct evidence_store *store, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		put(store, item);
}
