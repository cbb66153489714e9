#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/kube/client_private.h"
#include "probes/net/loop.h"

enum {
	ACCESS_LIFE_MS = 120000,
	ACCESS_QUESTIONS = 4096,	/* kept; names of pods make many */
};

struct asker {
	struct asker *next;
	void (*on_answer)(void *data, enum access_verdict verdict, const struct err *err);
	void *data;
};

/* One question: asked just now, answered, or both in turn. */
struct access_entry {
	struct access_cache *cache;
	char *key;
	enum access_verdict verdict;
	struct err err;
	int64_t answered_ms;		/* 0: never */
	struct kube_slot *slot;
	struct timer *timer;		/* calls the askers of a known answer from the loop */
	struct asker *askers;
};

struct access_cache {
	struct kube_client *client;
	struct map entries;
};

struct access_cache *access_cache_new(struct kube_client *client)
{
	struct access_cache *cache = xcalloc(1, sizeof(*cache));

	cache->client = client;
	return cache;
}

static void entry_free(struct access_entry *entry)
{
	while (entry->askers) {
		struct asker *asker = entry->askers;

		entry->askers = asker->next;
		free(asker);
	}
	kube_cancel(entry->slot);
	timer_cancel(entry->timer);
	free(entry->key);
	free(entry);
}

void access_cache_free(struct access_cache *cache)
{
	struct access_entry *entry;
	size_t position = 0;

	if (!cache)
		return;
	while ((entry = map_next(&cache->entries, &position)) != NULL)
		entry_free(entry);
	map_release(&cache->entries);
	free(cache);
}

/* Askers may ask again, also the same question, when they are called. */
static void answer(struct access_entry *entry)
{
	struct kube_client *client = entry->cache->client;
	struct asker *list = take_pointer(entry->askers);
	struct asker *called = NULL;
	enum access_verdict verdict = entry->verdict;
	struct err err = entry->err;

	while (list) {
		struct asker *next = list->next;

		list->next = called;
		called = list;
		list = next;
	}
	client_enter(client);
	while (called) {
		struct asker *asker = called;

		called = asker->next;
		if (!client->ending)
			asker->on_answer(asker->data, verdict, verdict == ACCESS_UNKNOWN ? &err : NULL);
		free(asker);
	}
	client_leave(client);
}

static void on_review(void *data, const struct kube_result *result)
{
	struct access_entry *entry = data;
	const json_t *status = json_object_get(result->document, "status");
	const json_t *allowed = json_object_get(status, "allowed");

	entry->slot = NULL;
	entry->answered_ms = 0;
	if (result->code != ERR_NONE) {
		entry->verdict = ACCESS_UNKNOWN;
		entry->err = result->err;
	} else if (!json_is_boolean(allowed)) {
		entry->verdict = ACCESS_UNKNOWN;
		err_set(&entry->err, ERR_PROTOCOL, "the access review was answered without a verdict", NULL);
	} else {
		entry->verdict = json_is_true(allowed) ? ACCESS_ALLOWED : ACCESS_DENIED;
		entry->answered_ms = clock_monotonic_ms();
	}
	answer(entry);
}

static void on_known(void *data)
{
	struct access_entry *entry = data;

	entry->timer = NULL;
	answer(entry);
}

static void on_cannot_ask(void *data)
{
	struct access_entry *entry = data;

	entry->timer = NULL;
	entry->verdict = ACCESS_UNKNOWN;
	answer(entry);
}

static void add_attribute(json_t *attributes, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(attributes, key, json_string(value));
}

static void ask(struct access_entry *entry, const struct access_question *question)
{
	json_t *attributes = json_object();
	json_t *review;
	auto_free char *body = NULL;
	struct kube_request request = {
		.method = "POST",
		.path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		.accept = KUBE_JSON,
		.on_done = on_review,
		.data = entry,
	};

	add_attribute(attributes, "verb", question->verb);
	add_attribute(attributes, "group", question->group);
	add_attribute(attributes, "resource", question->resource);
	add_attribute(attributes, "subresource", question->subresource);
	add_attribute(attributes, "namespace", question->name_space);
	add_attribute(attributes, "name", question->name);
	review = json_pack("{s:s,s:s,s:{s:o}}", "apiVersion", "authorization.k8s.io/v1", "kind",
			   "SelfSubjectAccessReview", "spec", "resourceAttributes", attributes);
	body = json_dumps(review, JSON_COMPACT);
	json_decref(review);
	request.body = body;
	if (kube_ask(entry->cache->client, &request, &entry->slot, &entry->err) < 0)
		entry->timer = loop_timer(entry->cache->client->loop, 0, on_cannot_ask, entry);
}

static char *question_key(const struct access_question *question)
{
	return xasprintf("%s %s %s/%s %s/%s", question->verb, question->group ? question->group : "",
			 question->resource, question->subresource ? question->subresource : "",
			 question->name_space ? question->name_space : "", question->name ? question->name
			 : "");
}

/* Room for more: answers that have grown old go, where nobody waits for them. */
static void forget_old(struct access_cache *cache)
{
	struct access_cache kept = {.client = cache->client};
	struct access_entry *entry;
	size_t position = 0;

	while ((entry = map_next(&cache->entries, &position)) != NULL) {
		if (entry->slot || entry->timer || entry->askers)
			map_put(&kept.entries, entry->key, entry);
		else
			entry_free(entry);
	}
	map_release(&cache->entries);
	cache->entries = kept.entries;
}

static struct access_entry *find_entry(struct access_cache *cache, const struct access_question *question)
{
	char *key = question_key(question);
	struct access_entry *entry = map_get(&cache->entries, key);

	if (entry) {
		free(key);
		return entry;
	}
	if (cache->entries.count >= ACCESS_QUESTIONS)
		forget_old(cache);
	entry = xcalloc(1, sizeof(*entry));
	entry->cache = cache;
	entry->key = key;
	map_put(&cache->entries, entry->key, entry);
	return entry;
}

void kube_access(struct kube_client *client, const struct access_question *question,
		 void (*on_answer)(void *data, enum access_verdict verdict, const struct err *err),
		 void *data)
{
	struct access_entry *entry = find_entry(client->access, question);
	struct asker *asker = xcalloc(1, sizeof(*asker));

	*asker = (struct asker){.next = entry->askers, .on_answer = on_answer, .data = data};
	entry->askers = asker;
	if (entry->slot || entry->timer)
		return;
	if (entry->answered_ms && clock_monotonic_ms() - entry->answered_ms < ACCESS_LIFE_MS)
		entry->timer = loop_timer(client->loop, 0, on_known, entry);
	else
		ask(entry, question);
}
