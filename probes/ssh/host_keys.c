#include "probes/ssh/host_keys.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/pool_state.h"

static struct offer **find(struct node_pool *pool, const char *node)
{
	struct offer **link = &pool->offers;
	while (*link && strcmp((*link)->node, node) != 0)
		link = &(*link)->next;
	return link;
}

static void offer_free(struct offer *offer)
{
	offered_key_release(&offer->key);
	free(offer->node);
	free(offer->uid);
	free(offer);
}

static void forget(struct offer **link)
{
	struct offer *offer = *link;
	if (!offer)
		return;
	*link = offer->next;
	offer_free(offer);
}

void offers_free(struct node_pool *pool)
{
	while (pool->offers)
		forget(&pool->offers);
}

void offers_note(struct node_pool *pool, struct node_call *call)
{
	bool is_offer = call->offered.fingerprint;
	if (!is_offer && !call->key_was_known)
		return;
	struct offer **link = find(pool, call->node);
	forget(link);
	if (!is_offer)
		return;
	struct offer *offer = xcalloc(1, sizeof(*offer));
	offer->node = xstrdup(call->node);
	/* A jump host is no Node: its key has nothing to do with this one's uid. */
	offer->uid = xstrdup(call->offered.is_jump ? "" : call->uid);
	offer->key = call->offered;
	call->offered = (struct offered_key){0};
	offer->shown = (struct host_key_offer){
		.node = offer->node,
		.node_uid = offer->uid,
		.host = offer->key.host,
		.type = offer->key.type,
		.fingerprint = offer->key.fingerprint,
		.trouble = call->answer.trouble,
		.known_fingerprint = offer->key.known_fingerprint ? offer->key.known_fingerprint : "",
		.is_revoked = offer->key.is_revoked,
		.is_new_node = offer->key.is_new_node,
	};
	offer->next = *link;
	*link = offer;
}

size_t host_key_offer_count(const struct node_pool *pool)
{
	size_t count = 0;
	for (const struct offer *offer = pool->offers; offer; offer = offer->next)
		count++;
	return count;
}

const struct host_key_offer *host_key_offer_at(const struct node_pool *pool, size_t index)
{
	const struct offer *offer = pool->offers;
	while (offer && index-- > 0)
		offer = offer->next;
	return offer ? &offer->shown : NULL;
}

static int may_accept(const struct offer *offer, bool replaces_old, struct err *err)
{
	const char *host = offer->key.host;
	if (offer->key.is_revoked)
		return err_set(err, ERR_REFUSED, "the host key of {host} is revoked: it cannot be accepted", "host",
			       host, NULL);
	if (offer->shown.trouble == NODE_HOST_KEY_UNKNOWN)
		return 0;
	if (offer->key.in_other_file) {
		err_set(err, ERR_REFUSED, "another known_hosts file has an old key of {host}", "host", host, NULL);
		err_hint(err, "take it out there: nks-triage changes only its own file", NULL);
		return -1;
	}
	if (!offer->key.is_new_node || !replaces_old)
		return err_set(err, ERR_REFUSED, "the host key of {host} has changed and its Node has not", "host",
			       host, NULL);
	return 0;
}

int host_key_accept(struct node_pool *pool, const char *node, const char *fingerprint, bool replaces_old,
		    struct err *err)
{
	struct offer **link = find(pool, node);
	struct offer *offer = *link;
	if (!offer || strcmp(offer->key.fingerprint, fingerprint) != 0)
		return err_set(err, ERR_CONFLICT, "{node} offers no key with the fingerprint {fingerprint}", "node",
			       node, "fingerprint", fingerprint, NULL);
	if (may_accept(offer, replaces_old, err) != 0)
		return -1;
	bool replaces = offer->shown.trouble == NODE_HOST_KEY_CHANGED;
	if (host_key_store_add(pool->host_keys, offer->key.host, offer->key.type, offer->key.base64, node, offer->uid,
			       replaces, err) != 0)
		return -1;
	forget(link);
	return 0;
}

int host_keys_pin(struct node_pool *pool, const char *path, size_t *ret_count, struct err *err)
{
	return host_key_store_pin(pool->host_keys, path, ret_count, err);
}
