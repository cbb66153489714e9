/* `doctor`, the nodes: what is set, who is reached, who lets us in, and what sudo permits there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/model/node_survey.h"
#include "probes/ssh/host_keys.h"
#include "tui/doctor.h"
#include "tui/node_access.h"
#include "tui/session.h"

enum { LINE_BYTES = 4 << 10 };

static void look_at_agent(struct doctor *doctor)
{
	const char *path = getenv("SSH_AUTH_SOCK");
	struct stat status;

	if (!path || !*path)
		doctor_say(doctor, MARK_PLAIN, "agent", translate("none (SSH_AUTH_SOCK is not set)"));
	else if (stat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		doctor_say(doctor, MARK_GOOD, "agent", path);
	else
		doctor_say(doctor, MARK_UNKNOWN, "agent", translate("SSH_AUTH_SOCK names no socket"));
}

/* What ssh_config asks and is not done, each once, with the first node that it was seen at. */
static void look_at_options(struct doctor *doctor, struct node_pool *pool, struct record_list nodes)
{
	CLEANUP(buffer_release) struct buffer all = BUFFER_INIT(LINE_BYTES);

	for (size_t i = 0; i < nodes.count; i++) {
		struct node_effective effective = {0};
		struct node_host host;

		if (node_access_host(doctor->session->nodes, nodes.items[i], &host, NULL) < 0 ||
		    node_pool_effective(pool, &host, &effective, NULL) < 0)
			continue;
		if (effective.not_followed && *effective.not_followed &&
		    !strstr(buffer_text(&all), effective.not_followed))
			buffer_addf(&all, "%s%s", all.length ? ", " : "", effective.not_followed);
		node_effective_release(&effective);
	}
	if (all.length)
		doctor_say(doctor, MARK_UNKNOWN, "options not followed", buffer_text(&all));
}

/* "centos@10.0.0.5:22", and what follows on the way. Caller frees. */
static char *destination(struct doctor *doctor, struct node_pool *pool, const struct record *node)
{
	struct node_effective effective = {0};
	struct node_host host;
	char *text;

	if (node_access_host(doctor->session->nodes, node, &host, NULL) < 0 ||
	    node_pool_effective(pool, &host, &effective, NULL) < 0)
		return xstrdup("?");
	text = xasprintf("%s@%s:%d%s%s", effective.user, effective.address, effective.port,
			 effective.jump && *effective.jump ? " via " : "",
			 effective.jump && *effective.jump ? effective.jump : "");
	node_effective_release(&effective);
	return text;
}

/* Checks that could not be made there, most of them for a missing right of sudo; the first reason tells. */
static const struct survey_answer *first_unchecked(const struct survey_node *node, size_t *ret_count)
{
	const struct survey_answer *first = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < node->count; i++) {
		if (node->answers[i].verdict != SURVEY_COULD_NOT)
			continue;
		if (!first)
			first = &node->answers[i];
		++*ret_count;
	}
	return first;
}

static void say_node(struct doctor *doctor, struct node_pool *pool, const struct record *record)
{
	const struct survey_node *node = node_survey_find(doctor->session->survey, record->name);
	auto_free char *where = destination(doctor, pool, record);
	const struct survey_answer *unchecked;
	auto_free char *reason = NULL;
	auto_free char *line = NULL;
	size_t count;

	if (!node)
		return;
	if (node->has_failed) {
		reason = message_text(&node->err.what);
		line = xasprintf("%s: %s", where, reason);
		doctor_say(doctor, MARK_BAD, record->name, line);
		return;
	}
	unchecked = first_unchecked(node, &count);
	if (!unchecked) {
		line = xasprintf(translate("%s: reached, host key known, logged in; all %zu checks answered"), where,
				 node->count);
		doctor_say(doctor, MARK_GOOD, record->name, line);
		return;
	}
	reason = unchecked->reason ? message_text(&unchecked->reason->what) : xstrdup("?");
	line = xasprintf(translate("%s: logged in, but %zu of %zu checks could not be made; %s: %s"), where, count,
			 node->count, unchecked->check, reason);
	doctor_say(doctor, MARK_BAD, record->name, line);
}

static void look_at_host_keys(struct doctor *doctor, struct node_pool *pool)
{
	size_t changed = 0;
	size_t unknown = 0;

	for (size_t i = 0; i < host_key_offer_count(pool); i++) {
		if (host_key_offer_at(pool, i)->trouble == NODE_HOST_KEY_UNKNOWN)
			unknown++;
		else
			changed++;
	}
	if (changed)
		doctor_say(doctor, MARK_BAD, "host keys",
			   translate("some changed or are revoked, and are refused: nks-triage nodes shows them"));
	if (unknown)
		doctor_say(doctor, MARK_BAD, "host keys",
			   translate("some were never accepted: nks-triage nodes shows fingerprints and how"));
}

static void ask_nodes(struct doctor *doctor)
{
	struct session *session = doctor->session;
	struct record_list nodes = snapshot_all(cluster_snapshot(session->cluster), KIND_NODE);
	struct err err = {0};
	struct node_pool *pool = node_access_pool(session->nodes, &err);

	if (!pool || !session->survey) {
		if (err.code == ERR_NONE)
			err_set(&err, ERR_IO, "the checks in {path} cannot be read", "path",
				doctor->invocation->assets, NULL);
		doctor_say_err(doctor, "nodes", &err);
		return;
	}
	look_at_options(doctor, pool, nodes);
	for (size_t i = 0; i < nodes.count; i++)
		node_survey_ask(session->survey, nodes.items[i]->name, nodes.items[i]->uid, NULL, NULL);
	while (!node_survey_is_idle(session->survey))
		loop_turn(session->loop, 1000);
	for (size_t i = 0; i < node_survey_count(session->survey); i++) {
		const struct record *record = snapshot_by_name(cluster_snapshot(session->cluster), KIND_NODE, "",
							       node_survey_at(session->survey, i)->name);

		if (record)
			say_node(doctor, pool, record);
	}
	look_at_host_keys(doctor, pool);
}

void doctor_look_at_nodes(struct doctor *doctor)
{
	struct session *session = doctor->session;
	struct err err = {0};

	doctor_heading(doctor, "Nodes over SSH");
	if (doctor->invocation->options->no_ssh) {
		doctor_say(doctor, MARK_PLAIN, "nodes", translate("left out: --no-ssh was given"));
		return;
	}
	look_at_agent(doctor);
	if (!node_access_is_chosen(doctor->invocation->options, doctor->invocation->configuration,
				   doctor->invocation->options->demo)) {
		doctor_say(doctor, MARK_PLAIN, "nodes",
			   translate("not asked: no user, key, jump host or ssh_config is chosen by flag or in the "
				     "configuration"));
		return;
	}
	if (session_watch_nodes(session, &err) < 0) {
		doctor_say_err(doctor, "nodes", &err);
		return;
	}
	doctor_say(doctor, MARK_PLAIN, "host keys", node_access_known_hosts(session->nodes));
	ask_nodes(doctor);
}
