#include <string.h>

#include "probes/base/clock.h"
#include "probes/kube/client_private.h"
#include "probes/kube/status_object.h"

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

void link_feed(struct link_state *link, const char *path, const struct kube_result *result)
{
	if (result->status && result->code != ERR_PROTOCOL) {
		link->ever_answered = true;
		link->last_answer_ms = clock_monotonic_ms();
	}
	if (is_fault_of_the_link(path, result)) {
		link->code = result->code;
		link->err = result->err;
	} else if (result->code != ERR_CANCELLED) {
		link->code = ERR_NONE;
		link->err = (struct err){0};
	}
}

const struct link_state *kube_link(const struct kube_client *client)
{
	return &client->link;
}
