/* `nks-triage nodes`: what nodes say over SSH, all at once; and host keys that a person accepts. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/model/node_survey.h"
#include "probes/remedy/shell_line.h"
#include "probes/ssh/host_keys.h"
#include "tui/command.h"
#include "tui/interrupts.h"
#include "tui/node_access.h"
#include "tui/nodes_text.h"
#include "tui/session.h"

enum { PROGRESS_MS = 200, MOST_LINES = 50000, NAMES_BYTES = 4 << 10 };

struct nodes_run {
	const struct invocation *invocation;
	struct session *session;
	bool is_json;
	const char *check;	/* NULL: all */
	const char **nodes;	/* these alone; none: all */
	size_t node_count;
	const char **accepted;	/* "NODE=SHA256:…" */
	size_t accepted_count;
	const char *pinned;	/* file */
	int64_t shown_ms;	/* of the progress */
	bool has_failed;	/* a key was not accepted */
};

extern const struct command nodes_command;

static void add_word(const char ***words, size_t *count, const char *word)
{
	*words = xreallocarray(*words, *count + 1, sizeof(**words));
	(*words)[(*count)++] = word;
}

static int take_flag(struct nodes_run *run, const char *name, const char *value, struct err *err)
{
	if (!strcmp(name, "--check")) {
		run->check = value;
	} else if (!strcmp(name, "--node")) {
		add_word(&run->nodes, &run->node_count, value);
	} else if (!strcmp(name, "--pin-host-keys")) {
		run->pinned = value;
	} else if (!strcmp(name, "--accept-host-key")) {
		const char *equals = strchr(value, '=');

		if (!equals || equals == value || strncmp(equals + 1, "SHA256:", 7) != 0)
			return err_set(err, ERR_USAGE,
				       "--accept-host-key wants NODE=SHA256:..., as nodes lists it, not {value}",
				       "value", value, NULL);
		add_word(&run->accepted, &run->accepted_count, value);
	} else {
		run->is_json = !strcmp(value, "json");
	}
	return 0;
}

static int parse(struct nodes_run *run)
{
	const char *name;
	const char *value;
	int position = 1;
	struct err err = {0};
	int kind;

	while ((kind = command_next(run->invocation, &nodes_command, &position, &name, &value)) >= 0) {
		if (kind == 0) {
			command_misused(run->invocation, &nodes_command, "nodes takes no word {word}", value);
			return -1;
		}
		if (take_flag(run, name, value, &err) < 0) {
			command_fail(run->invocation, &err);
			return -1;
		}
	}
	return kind == -1 ? 0 : -1;
}

static int check_words(const struct nodes_run *run, struct err *err)
{
	const struct node_survey *survey = run->session->survey;
	const struct snapshot *snapshot = cluster_snapshot(run->session->cluster);
	CLEANUP(buffer_release) struct buffer names = BUFFER_INIT(NAMES_BYTES);

	if (!survey)
		return err_set(err, ERR_IO, "the checks in {path} cannot be read", "path", run->invocation->assets,
			       NULL);
	for (size_t i = 0; i < run->node_count; i++) {
		if (!snapshot_by_name(snapshot, KIND_NODE, "", run->nodes[i]))
			return err_set(err, ERR_USAGE, "there is no node {node}", "node", run->nodes[i], NULL);
	}
	if (!run->check || node_survey_has_check(survey, run->check))
		return 0;
	for (size_t i = 0; i < node_survey_check_count(survey); i++)
		buffer_addf(&names, "%s%s", i ? " " : "", node_survey_check_name(survey, i));
	err_set(err, ERR_USAGE, "there is no check {name}", "name", run->check, NULL);
	err_hint(err, "there are: {names}", "names", buffer_text(&names), NULL);
	return -1;
}

static bool is_wanted(const struct nodes_run *run, const char *name)
{
	for (size_t i = 0; i < run->node_count; i++) {
		if (!strcmp(run->nodes[i], name))
			return true;
	}
	return !run->node_count;
}

/* Asking: progress on a terminal, on one line that is written over */

static void show_progress(struct nodes_run *run, bool is_last)
{
	FILE *out = run->invocation->error_out;
	struct survey_progress progress;

	if (!isatty(fileno(out)) || (!is_last && clock_monotonic_ms() - run->shown_ms < PROGRESS_MS))
		return;
	run->shown_ms = clock_monotonic_ms();
	node_survey_progress(run->session->survey, &progress);
	fputs("\r\x1b[K", out);
	if (!is_last)
		fprintf(out, translate("%zu of %zu nodes answered, %zu failed, %.0f s"),
			progress.done - progress.failed, progress.total, progress.failed,
			(double)(run->shown_ms - progress.started_ms) / 1000);
	fflush(out);
}

static int await(struct nodes_run *run)
{
	struct session *session = run->session;

	while (!node_survey_is_idle(session->survey) && !session->interrupted) {
		show_progress(run, false);
		loop_turn(session->loop, PROGRESS_MS);
	}
	show_progress(run, true);
	return session->interrupted ? -1 : 0;
}

static int ask_all(struct nodes_run *run)
{
	struct record_list nodes = snapshot_all(cluster_snapshot(run->session->cluster), KIND_NODE);

	node_survey_keep_values(run->session->survey);
	node_survey_start_round(run->session->survey);
	for (size_t i = 0; i < nodes.count; i++) {
		if (is_wanted(run, nodes.items[i]->name))
			node_survey_ask(run->session->survey, nodes.items[i]->name, nodes.items[i]->uid, run->check,
					NULL);
	}
	return await(run);
}

/* Host keys */

static const struct host_key_offer *offer_of(const struct node_pool *pool, const char *node)
{
	for (size_t i = 0; pool && i < host_key_offer_count(pool); i++) {
		const struct host_key_offer *offer = host_key_offer_at(pool, i);

		if (node && !strcmp(offer->node, node))
			return offer;
	}
	return NULL;
}

/* A key that a person compared: word is NODE=FINGERPRINT. What it replaces can only be a key of a node that is gone. */
static int accept(struct nodes_run *run, const char *word, struct err *err)
{
	struct node_pool *pool = node_access_made_pool(run->session->nodes);
	auto_free char *node = xstrndup(word, strcspn(word, "="));
	const char *fingerprint = word + strlen(node) + 1;
	const struct host_key_offer *offer = offer_of(pool, node);
	bool replaces = offer && offer->trouble == NODE_HOST_KEY_CHANGED && offer->is_new_node;

	if (!offer)
		return err_set(err, ERR_NOT_FOUND, "node {node} offers no host key that waits to be accepted", "node",
			       node, NULL);
	return host_key_accept(pool, node, fingerprint, replaces, err);
}

static int accept_all(struct nodes_run *run)
{
	struct session *session = run->session;
	bool any = false;

	for (size_t i = 0; i < run->accepted_count; i++) {
		auto_free char *node = xstrndup(run->accepted[i], strcspn(run->accepted[i], "="));
		const struct record *record = snapshot_by_name(cluster_snapshot(session->cluster), KIND_NODE, "", node);
		struct err err = {0};

		if (accept(run, run->accepted[i], &err) < 0) {
			command_fail(run->invocation, &err);
			run->has_failed = true;
		} else if (record) {
			any = true;
			node_survey_ask(session->survey, node, record->uid, run->check, NULL);
		}
	}
	return any ? await(run) : 0;
}

static int pin(const struct nodes_run *run, struct err *err)
{
	struct node_pool *pool = node_access_pool(run->session->nodes, err);
	size_t count;

	if (!pool)
		return -1;
	if (!run->pinned)
		return 0;
	if (host_keys_pin(pool, run->pinned, &count, err) < 0)
		return -1;
	fprintf(run->invocation->error_out, translate_count(count, N_("nks-triage: %zu new host key is trusted\n"),
						N_("nks-triage: %zu new host keys are trusted\n")), count);
	return 0;
}

/* Printing */

static void print_lines(const struct nodes_run *run, struct textview *text)
{
	for (size_t i = 0; i < textview_count(text); i++)
		fprintf(run->invocation->out, "%s\n", textview_text(text, i));
	textview_clear(text);
}

static bool is_plain(const struct host_key_offer *offer)
{
	return offer->trouble == NODE_HOST_KEY_UNKNOWN && !offer->is_revoked;
}

static void add_line_to_accept(struct textview *text, const struct host_key_offer *offer)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(NAMES_BYTES);
	auto_free char *word = xasprintf("%s=%s", offer->node, offer->fingerprint);

	buffer_add_text(&line, "  nks-triage nodes --accept-host-key");
	shell_add_word(&line, word);
	textview_add(text, ROLE_STRONG, buffer_text(&line));
}

/* Unknown ones in a line each, with what accepts them; the others loudly. */
static void add_host_keys(struct textview *text, const struct node_pool *pool)
{
	size_t count;
	auto_free const struct host_key_offer **offers = host_keys_offered(pool, &count);
	size_t unknown = 0;

	if (!count)
		return;
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Host keys that nobody accepted"));
	for (size_t i = 0; i < count; i++) {
		if (is_plain(offers[i]))
			host_key_line(text, offers[i]);
		else
			host_key_text(text, offers[i]);
		unknown += is_plain(offers[i]);
	}
	if (!unknown)
		return;
	textview_add(text, ROLE_NORMAL,
		     translate("Compare them with what the nodes' own consoles show, then accept them one by one:"));
	for (size_t i = 0; i < count; i++) {
		if (is_plain(offers[i]))
			add_line_to_accept(text, offers[i]);
	}
	textview_add(text, ROLE_NORMAL,
		     translate("or trust a file of known_hosts lines at once: --pin-host-keys FILE"));
}

static void print_text(const struct nodes_run *run)
{
	const struct nodes_page page = {
		.survey = run->session->survey,
		.glyphs = run->invocation->options->utf8 ? GLYPHS_UTF8 : GLYPHS_ASCII,
		.language = run->invocation->options->language,
		.now = clock_wall(),
	};
	struct textview text;

	textview_init(&text, MOST_LINES);
	nodes_progress_text(&text, &page);
	textview_add(&text, ROLE_NORMAL, "");
	if (run->check)
		nodes_check_text(&text, &page, run->check, true);
	else
		nodes_overview_text(&text, &page);
	add_host_keys(&text, node_access_made_pool(run->session->nodes));
	print_lines(run, &text);
	textview_release(&text);
}

static json_t *host_key_json(const struct host_key_offer *offer)
{
	const char *state = offer->is_revoked                         ? "revoked"
			    : offer->trouble == NODE_HOST_KEY_CHANGED ? "changed"
								      : "unknown";

	return json_pack("{s:s,s:s,s:s,s:s,s:b}", "host", offer->host, "type", offer->type, "fingerprint",
			 offer->fingerprint, "state", state, "newNode", offer->is_new_node);
}

static void print_json(const struct nodes_run *run)
{
	const struct node_pool *pool = node_access_made_pool(run->session->nodes);
	json_t *document = node_survey_to_json(run->session->survey, run->check);
	json_t *node;
	size_t i;

	json_array_foreach(json_object_get(document, "nodes"), i, node) {
		const struct host_key_offer *offer =
			offer_of(pool, json_string_value(json_object_get(node, "name")));

		if (offer)
			json_object_set_new(node, "hostKey", host_key_json(offer));
	}
	print_json_shown(run->invocation->out, document, JSON_INDENT(2));
	json_decref(document);
}

/* As of report: what was found, else what could not be looked at. */
static int exit_code(const struct nodes_run *run)
{
	const struct node_survey *survey = run->session->survey;
	bool is_unchecked = run->has_failed;
	bool is_bad = false;
	bool is_critical = false;

	for (size_t i = 0; i < node_survey_count(survey); i++) {
		const struct survey_node *node = node_survey_at(survey, i);

		is_unchecked |= node->has_failed;
		for (size_t j = 0; j < node->count; j++) {
			is_bad |= node->answers[j].verdict == SURVEY_BAD;
			is_critical |= node->answers[j].verdict == SURVEY_BAD && node->answers[j].is_critical;
			is_unchecked |= node->answers[j].verdict == SURVEY_COULD_NOT;
		}
	}
	if (is_critical)
		return EXIT_CRITICAL;
	if (is_bad)
		return EXIT_WARNING;
	return is_unchecked ? EXIT_UNCHECKED : EXIT_DONE;
}

static int ask_and_print(struct nodes_run *run)
{
	struct err err = {0};

	if (session_watch_nodes(run->session, &err) < 0) {
		if (run->session->interrupted)
			return EXIT_INTERRUPTED;
		command_fail(run->invocation, &err);
		return EXIT_UNCHECKED;
	}
	if (check_words(run, &err) < 0 || pin(run, &err) < 0)
		return command_fail(run->invocation, &err);
	if (ask_all(run) < 0 || accept_all(run) < 0)
		return EXIT_INTERRUPTED;
	if (run->is_json)
		print_json(run);
	else
		print_text(run);
	return exit_code(run);
}

static int run_nodes(struct invocation *invocation)
{
	const struct session_options options = {.client_only = true};
	struct nodes_run run = {.invocation = invocation};
	struct interrupts interrupts;
	struct err err = {0};
	int code = EXIT_FAILED;

	if (parse(&run) == 0) {
		if (session_open(invocation, &options, &run.session, &err) < 0 ||
		    interrupts_start(&interrupts, run.session, &err) < 0) {
			code = command_fail(invocation, &err);
		} else {
			code = ask_and_print(&run);
			interrupts_stop(&interrupts);
		}
		session_close(run.session);
	}
	free(run.nodes);
	free(run.accepted);
	return code;
}

static const struct command_flag flags[] = {
	{"--check", "NAME", N_("this check alone; who answers the same is listed together")},
	{"--node", "NAME", N_("this node alone; may be given more than once")},
	{"-o", "text|json", N_("form of the answers (text)")},
	{"--accept-host-key", "NODE=SHA256:...",
	 N_("trust this host key, after comparing it; may be given more than once")},
	{"--pin-host-keys", "FILE", N_("trust all host keys of this file in the form of known_hosts")},
	{NULL, NULL, NULL},
};

const struct command nodes_command = {
	.name = "nodes",
	.usage = "nodes [--check NAME] [--node NAME]... [-o text|json] [--accept-host-key NODE=SHA256:...]... "
		 "[--pin-host-keys FILE]",
	.help = N_("ask the nodes themselves over SSH: disks, logs, runtime, kernel, time"),
	.flags = flags,
	.run = run_nodes,
};
