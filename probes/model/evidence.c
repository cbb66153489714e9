#include "probes/model/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"

enum {
	LIFETIME = 600,		/* seconds */
	LIFETIME_OF_FAILURE = 60,
	UNNEEDED_FOR = 60,	/* a sign that comes and goes need not ask each time */
	MOST_UNNEEDED = 64,
};

struct evidence_store {
	struct map by_key;	/* key -> struct evidence */
	uint64_t version;
};

struct evidence_store *evidence_store_new(void)
{
	return xcalloc(1, sizeof(struct evidence_store));
}

static void clear(struct evidence *evidence)
{
	json_decref(evidence->document);
	free(evidence->text);
	evidence->document = NULL;
	evidence->text = NULL;
}

void evidence_forget(struct evidence_store *store)
{
	struct evidence *evidence;
	size_t position = 0;

	while ((evidence = map_next(&store->by_key, &position)) != NULL) {
		clear(evidence);
		free(evidence->key);
		free(evidence);
	}
	map_release(&store->by_key);
	store->by_key = (struct map){0};
	store->version++;
}

void evidence_store_free(struct evidence_store *store)
{
	if (!store)
		return;
	evidence_forget(store);
	free(store);
}

static void drop(struct evidence_store *store, struct evidence *evidence)
{
	map_remove(&store->by_key, evidence->key);
	clear(evidence);
	free(evidence->key);
	free(evidence);
}

static int latest_first(const void *a, const void *b)
{
	const struct evidence *one = *(const struct evidence *const *)a;
	const struct evidence *other = *(const struct evidence *const *)b;

	return one->collected_at < other->collected_at ? 1 : one->collected_at > other->collected_at ? -1 : 0;
}

void evidence_store_sweep(struct evidence_store *store, bool (*is_needed)(void *data, const char *key), void *data,
			  int64_t now)
{
	auto_free struct evidence **unneeded = xcalloc(store->by_key.count + 1, sizeof(*unneeded));
	struct evidence *evidence;
	size_t position = 0;
	size_t count = 0;

	while ((evidence = map_next(&store->by_key, &position)) != NULL)
		if (!is_needed(data, evidence->key))
			unneeded[count++] = evidence;
	qsort(unneeded, count, sizeof(struct evidence *), latest_first);
	for (size_t i = 0; i < count; i++)
		if (i >= MOST_UNNEEDED || now - unneeded[i]->collected_at > UNNEEDED_FOR)
			drop(store, unneeded[i]);
}

const struct evidence *evidence_get(const struct evidence_store *store, const char *key)
{
	return map_get(&store->by_key, key);
}

const struct evidence *evidence_next(const struct evidence_store *store, size_t *position)
{
	return map_next(&store->by_key, position);
}

void evidence_put(struct evidence_store *store, const char *key, json_t *document, char *text,
		  const struct err *err, int64_t now)
{
	struct evidence *evidence = map_get(&store->by_key, key);

	if (!evidence) {
		evidence = xcalloc(1, sizeof(*evidence));
		evidence->key = xstrdup(key);
		map_put(&store->by_key, evidence->key, evidence);
	}
	clear(evidence);
	evidence->document = document;
	evidence->text = text;
	evidence->err = err ? *err : (struct err){0};
	evidence->code = evidence->err.code;
	evidence->collected_at = now;
	store->version++;
}

int64_t evidence_stale_at(const struct evidence *evidence)
{
	bool is_lasting = evidence->code == ERR_NONE || evidence->code == ERR_FORBIDDEN;

	return evidence->collected_at + (is_lasting ? LIFETIME : LIFETIME_OF_FAILURE);
}

bool evidence_is_fresh(const struct evidence *evidence, int64_t now)
{
	/* What was read after now was read by a clock that was set back since. */
	return now + 1 >= evidence->collected_at && now < evidence_stale_at(evidence);
}

uint64_t evidence_version(const struct evidence_store *store)
{
	return store->version;
}

char *evidence_key(const struct evidence_request *request)
{
	auto_free char *argv = NULL;

	switch (request->type) {
	case EVIDENCE_GET:
		return xasprintf("get:%s", request->path);
	case EVIDENCE_STATS:
		return xasprintf("stats:%s", request->path);
	case EVIDENCE_CERTIFICATES:
		return xstrdup("certificates");
	case EVIDENCE_NODE:
		if (request->check)
			return xasprintf("node:%s check %s", request->path, request->check);
		argv = json_dumps(request->argv, JSON_COMPACT | JSON_ENCODE_ANY);
		return xasprintf("node:%s %s%s", request->path, request->sudo ? "sudo " : "", argv);
	case EVIDENCE_LOG:
		break;
	}
	return xasprintf("log:%s%s?tail=%d", request->path, request->previous ? "?previous" : "",
			 request->tail_lines);
}
