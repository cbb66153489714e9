/*
 * guide E14: a node that came back under its old name while Calico's
 * controllers were restarted (needs the history), and BGP that others cannot
 * establish with its address (needs events).
 */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/model/history.h"
#include "probes/runbook/detector.h"

enum {
	SLACK = 60,		/* seconds between what several clocks say */
	EVENT_AGE = 3600,	/* events live an hour */
};

/* The life of the name before this one; NULL where there was none. */
static const struct sighting *life_before(const struct history *history, const struct record *node)
{
	const struct sighting *found = NULL;

	for (size_t i = 0; i < history_count(history); i++) {
		const struct sighting *sighting = history_at(history, i);

		if (!strcmp(sighting->kind, "Node") && !strcmp(sighting->name, node->name) &&
		    strcmp(sighting->uid, node->uid) != 0 && sighting->last_seen <= node->created + SLACK &&
		    (!found || sighting->last_seen > found->last_seen))
			found = sighting;
	}
	return found;
}

/* A start of the controllers while the name was away. */
static const struct sighting *restart_between(const struct history *history, int64_t from, int64_t to)
{
	for (size_t i = 0; i < history_count(history); i++) {
		const struct sighting *sighting = history_at(history, i);

		if (!strcmp(sighting->kind, "Pod") && sighting->started >= from - SLACK &&
		    sighting->started <= to + SLACK)
			return sighting;
	}
	return NULL;
}

static enum truth judge_history(const struct record *node, struct evaluation *evaluation, char **ret_source,
				char **ret_text)
{
	const struct history *history = snapshot_history(evaluation->snapshot);
	const struct sighting *before = history ? life_before(history, node) : NULL;
	const struct sighting *restart = before ? restart_between(history, before->last_seen, node->created) : NULL;
	char gone[21];
	char started[21];
	char back[21];

	if (!history) {
		message_set(&evaluation->unknown, "there is no history of this cluster", NULL);
		return TRUTH_UNKNOWN;
	}
	if (!restart)
		return TRUTH_FALSE;
	clock_format(before->last_seen, gone);
	clock_format(restart->started, started);
	clock_format(node->created, back);
	*ret_source = xasprintf("history of Node/%s", node->name);
	*ret_text = xasprintf("last seen as %s at %s; calico-kube-controllers started at %s; created again at %s",
			      before->uid, gone, started, back);
	return TRUTH_TRUE;
}

/* The address as a whole: 10.0.0.1 is not part of 10.0.0.14. */
static bool names_address(const char *text, const char *address)
{
	size_t length = strlen(address);

	for (const char *at = strstr(text, address); length && at; at = strstr(at + 1, address)) {
		char before = at == text ? ' ' : at[-1];
		char after = at[length];

		if (!strchr("0123456789.:abcdefABCDEF", before) &&
		    (!after || !strchr("0123456789:abcdefABCDEF", after)) &&
		    !(after == '.' && at[length + 1] >= '0' && at[length + 1] <= '9'))
			return true;
	}
	return false;
}

static bool says_no_bgp(const struct event_record *event, const struct node_record *node, int64_t now)
{
	const char *said = strstr(event->message, "BGP not established with");

	if (!said || now - event->last > EVENT_AGE)
		return false;
	for (size_t i = 0; i < node->address_count; i++) {
		if (!strcmp(node->addresses[i].type, "InternalIP") && names_address(said, node->addresses[i].address))
			return true;
	}
	return false;
}

static bool is_agent(const struct record *pod, const char *node_name)
{
	return !strncmp(pod->name, "calico-node-", strlen("calico-node-")) &&
	       strcmp(record_pod(pod)->node_name, node_name) != 0;
}

static enum truth judge_bgp(const struct record *node, struct evaluation *evaluation, char **ret_source,
			    char **ret_text)
{
	struct record_list pods = snapshot_all(evaluation->snapshot, KIND_POD);

	for (size_t i = 0; i < pods.count; i++) {
		struct record_list events;

		if (!is_agent(pods.items[i], node->name))
			continue;
		events = snapshot_events_about(evaluation->snapshot, pods.items[i]);
		for (size_t j = 0; j < events.count; j++) {
			const struct event_record *event = record_event(events.items[j]);

			if (!says_no_bgp(event, record_node(node), evaluation->now))
				continue;
			*ret_source = xasprintf("Event/%s/%s message", event->base.name_space, event->base.name);
			*ret_text = xstrdup(event->message);
			return TRUTH_TRUE;
		}
	}
	return TRUTH_FALSE;
}

const struct detector detect_node_readd = {.id = "node-came-back", .subject = KIND_NODE, .judge = judge_history};
const struct detector detect_node_bgp = {
	.id = "bgp-not-established-with-node", .subject = KIND_NODE, .judge = judge_bgp};
