#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/kube/client_private.h"
#include "probes/kube/status_object.h"

enum { OLDEST_MINOR = 22 };	/* policy/v1 evictions (tech.md, Version skew) */

/*
 * Behind these the apiserver only passes on what a kubelet or a service says: their failures are
 * not the link's.
 */
static bool is_passed_on(const char *path)
{
	return strstr(path, "/log?") || strstr(path, "/log&") || strstr(path, "/proxy/");
}

static bool is_fault_of_the_link(const char *path, const struct kube_result *result)
{
	switch (result->code) {
	case ERR_NONE:
	case ERR_NOT_FOUND:
	case ERR_CONFLICT:
	case ERR_GONE:
	case ERR_INVALID:
	case ERR_FORBIDDEN:	/* the server speaks; which checks it stops is said where they are */
	case ERR_CANCELLED:
	case ERR_LIMIT:
	case ERR_REFUSED:
		return false;
	case ERR_SERVER:
		return !is_passed_on(path);
	case ERR_THROTTLED:
		return !status_object_has_cause(result->document, "DisruptionBudget");
	default:
		return true;
	}
}

static void note_failure(struct link_state *link, enum http_layer layer, const struct err *err)
{
	link->code = err->code;
	link->err = *err;
	link->layer = layer;
}

void link_feed(struct link_state *link, const char *path, const struct kube_result *result)
{
	if (result->status && result->code != ERR_PROTOCOL) {
		link->ever_answered = true;
		link->last_answer_ms = clock_monotonic_ms();
	}
	if (is_fault_of_the_link(path, result)) {
		note_failure(link, result->layer, &result->err);
	} else if (result->code != ERR_CANCELLED) {
		link->code = ERR_NONE;
		link->err = (struct err){0};
	}
}

void link_note_busy(struct link_state *link, const struct err *err)
{
	link->ever_answered = true;
	link->last_answer_ms = clock_monotonic_ms();
	note_failure(link, HTTP_LAYER_ANSWER, err);
}

/* What the request waits for that waits longest. */
static void look_at_requests(struct kube_client *client)
{
	struct link_state *link = &client->link;

	link->waits_for = LINK_NOTHING;
	link->waits_since_ms = 0;
	for (const struct kube_slot *slot = client->slots; slot; slot = slot->next) {
		int64_t since = slot->start_ms;
		enum link_wait what = slot->waiter.credential ? LINK_CREDENTIALS : LINK_NOTHING;

		if (slot->http && !slot->finishing)
			what = (enum link_wait)http_waits_for(slot->http, &since);
		if (what == LINK_NOTHING || (link->waits_for != LINK_NOTHING && since >= link->waits_since_ms))
			continue;
		link->waits_for = what;
		link->waits_since_ms = since;
	}
}

const struct link_state *kube_link(struct kube_client *client)
{
	look_at_requests(client);
	return &client->link;
}

int kube_version_minor(const char *version)
{
	const char *minor = version ? strchr(version, '.') : NULL;

	if (!minor || version[0] != 'v' || strtol(version + 1, NULL, 10) != 1)
		return INT_MAX;
	return (int)strtol(minor + 1, NULL, 10);
}

int kube_check_version(const char *version, struct err *err)
{
	if (kube_version_minor(version) >= OLDEST_MINOR)
		return 0;
	err_set(err, ERR_INVALID, "the server is {version}, too old", "version", version, NULL);
	err_hint(err, "1.22 or newer is needed; use kubectl for this cluster", NULL);
	return -1;
}
