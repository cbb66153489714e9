#include "tui/node_asking.h"

#include <string.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/model/node_evidence.h"
#include "probes/model/node_survey.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/node_access.h"
#include "tui/nodes_text.h"
#include "tui/session.h"
#include "tui/view_node_checks.h"

enum {
	A_SECOND = 8,			/* nodes that are asked by ourselves */
	MINUTE_MS = 60 * 1000,
	AFTER_REFUSAL = 6,		/* so many times as long: nothing changes by itself there */
};

void console_nodes_page(const struct console *console, struct nodes_page *ret_page)
{
	*ret_page = (struct nodes_page){
		.survey = console->world.survey,
		.glyphs = console->world.glyphs,
		.language = console->world.language,
		.now = console->world.now,
	};
}

/* Says why no node can be asked. */
static bool can_ask(struct console *console)
{
	struct session *session = console->session;

	if (!session || !session->survey || !console->world.snapshot) {
		console_say(console, ROLE_WARNING, translate("no node can be asked: the checks are not there"));
		return false;
	}
	if (node_access_is_off(session->nodes)) {
		console_say(console, ROLE_WARNING, translate("no SSH to the nodes: --no-ssh was given"));
		return false;
	}
	return true;
}

/* What was refused a while ago may be tried again: a person asks for it. */
static void ask(struct session *session, const struct record *node, const char *check)
{
	if (session->node_evidence)
		node_evidence_retry(session->node_evidence, node->name);
	node_survey_ask(session->survey, node->name, node->uid, check, NULL);
}

static void ask_all(struct console *console, const char *check)
{
	struct record_list nodes = snapshot_all(console->world.snapshot, KIND_NODE);

	node_survey_start_round(console->session->survey);
	for (size_t i = 0; i < nodes.count; i++)
		ask(console->session, nodes.items[i], check);
	console->is_dirty = true;
}

void console_ask_check(struct console *console, const char *check)
{
	if (!*check) {
		console_open_page(console, &nodes_view);
		return;
	}
	if (!can_ask(console))
		return;
	if (!node_survey_has_check(console->session->survey, check)) {
		console_sayf(console, ROLE_WARNING, translate("there is no check %s; Tab lists them"), check);
		return;
	}
	ask_all(console, check);
	console_push(console, node_check_view_new(console, check));
}

static bool was_anybody_asked(const struct node_survey *survey)
{
	for (size_t i = 0; i < node_survey_count(survey); i++) {
		if (node_survey_at(survey, i)->asked_ms)
			return true;
	}
	return false;
}

void console_open_node_checks(struct console *console)
{
	if (!can_ask(console))
		return;
	if (!was_anybody_asked(console->session->survey))
		ask_all(console, NULL);
	console_open_page(console, &node_checks_view);
}

void console_recheck(struct console *console)
{
	struct view *view = console_focused(console);
	const char *check = node_check_view_check(view);
	struct selection selection;
	const struct record *node = NULL;
	size_t count;

	if (!can_ask(console))
		return;
	if (view->ops != &node_checks_view && !check && console_selection(console, &selection))
		node = console_record(console, &selection);
	if (node && node->kind->id == KIND_NODE) {
		ask(console->session, node, NULL);
		console_sayf(console, ROLE_INFO, translate("asking %s over SSH"), node->name);
		return;
	}
	ask_all(console, check);
	count = snapshot_all(console->world.snapshot, KIND_NODE).count;
	console_sayf(console, ROLE_INFO,
		     translate_count(count, N_("asking %zu node over SSH"), N_("asking %zu nodes over SSH")), count);
}

void console_note_unasked(struct console *console)
{
	const struct node_survey *survey = console->world.survey;
	size_t count = 0;
	char key[KEY_TEXT_SIZE];

	if (!survey || !node_survey_is_idle(survey))
		return;
	for (size_t i = 0; i < node_survey_count(survey); i++) {
		const struct survey_node *node = node_survey_at(survey, i);

		/* Host keys have a message of their own. */
		count += node->has_failed && node->trouble != NODE_HOST_KEY_UNKNOWN &&
			 node->trouble != NODE_HOST_KEY_CHANGED;
	}
	if (count > console->seen_unasked)
		console_sayf(console, ROLE_WARNING,
			     translate_count(count, N_("%zu node could not be asked over SSH: %s shows why"),
					     N_("%zu nodes could not be asked over SSH: %s shows why")), count,
			     world_key(&console->world, ACTION_NODE_CHECKS, key));
	console->seen_unasked = count;
}

/* By itself */

/* Not all in the same second: each node is a little off, always the same. */
static int64_t apart_ms(const struct survey_node *node, int64_t interval_ms)
{
	int64_t apart = interval_ms + (int64_t)(hash_text(1, node->name) % (uint64_t)(interval_ms / 8 + 1));

	if (node->has_failed && (node->trouble == NODE_AUTH_REFUSED || node->trouble == NODE_HOST_KEY_UNKNOWN ||
				 node->trouble == NODE_HOST_KEY_CHANGED))
		return apart * AFTER_REFUSAL;
	return apart;
}

static bool is_due(const struct survey_node *node, int64_t interval_ms, int64_t now_ms)
{
	if (!node || !node->asked_ms)
		return true;
	return !node->call && now_ms - node->asked_ms >= apart_ms(node, interval_ms);
}

void session_watch_survey(struct session *session, int64_t now_ms)
{
	int64_t interval_ms = (int64_t)node_access_recheck_minutes(session->nodes) * MINUTE_MS;
	struct record_list nodes = snapshot_all(cluster_snapshot(session->cluster), KIND_NODE);
	int started = 0;

	if (!session->survey)
		return;
	/* While the list is not whole, who is missing may still come. */
	if (snapshot_collection(cluster_snapshot(session->cluster), KIND_NODE)->state == COLLECTION_CURRENT)
		node_survey_sweep(session->survey, cluster_snapshot(session->cluster));
	if (!interval_ms || !node_access_is_configured(session->nodes))
		return;
	for (size_t i = 0; i < nodes.count && started < A_SECOND; i++) {
		const struct record *node = nodes.items[i];
		const struct survey_node *known = node_survey_find(session->survey, node->name);

		/* Another machine under the name is one that was never asked. */
		if (known && strcmp(known->uid, node->uid) != 0)
			known = NULL;
		if (node->is_implied || !is_due(known, interval_ms, now_ms))
			continue;
		node_survey_ask(session->survey, node->name, node->uid, NULL, NULL);
		started++;
	}
}
