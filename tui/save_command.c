/* `nks-triage save`: what is known of the cluster, for a ticket or for `report --from`. */
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/record.h"
#include "probes/model/node_survey.h"
#include "tui/command.h"
#include "tui/node_access.h"
#include "tui/report.h"
#include "tui/save.h"
#include "tui/session.h"

enum { PAGE_SIZE = 500, PAGES_MAXIMUM = 2000, PAGE_BYTES = 128 << 20, PATH_BYTES = 16 << 10 };

struct saving {
	const struct invocation *invocation;
	struct session *session;
	struct save_archive *archive;
	char *words;		/* NULL: nothing is redacted */
	json_t *failures;	/* [{"resource","reason"}] */
	/* The page that is under way. */
	bool is_done;
	json_t *page;
	struct err err;
};

static void on_page(void *data, const struct kube_result *result)
{
	struct saving *saving = data;

	saving->is_done = true;
	saving->err = result->err;
	if (result->code == ERR_NONE && !json_is_array(json_object_get(result->document, "items")))
		err_set(&saving->err, ERR_PROTOCOL, "the answer is no list", NULL);
	else if (result->code == ERR_NONE)
		saving->page = json_deep_copy(result->document);
}

/* One page of a kind's list, or NULL and saving->err. */
static json_t *read_page(struct saving *saving, const struct kind *kind, const char *token)
{
	const struct kubeconfig_view *view = kube_client_view(saving->session->client);
	bool in_namespace = kind->namespaced && saving->invocation->options->name_space;
	auto_free char *base = kind_path(kind, in_namespace ? view->name_space : NULL, NULL);
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(PATH_BYTES);
	struct kube_request request = {.on_done = on_page, .data = saving, .body_maximum = PAGE_BYTES, .gzip = true};
	struct kube_slot *slot;

	buffer_addf(&path, "%s?limit=%d", base, PAGE_SIZE);
	if (token) {
		auto_free char *escaped = kube_escape(token);

		buffer_addf(&path, "&continue=%s", escaped);
	}
	request.path = buffer_text(&path);
	request.method = "GET";
	saving->is_done = false;
	saving->page = NULL;
	saving->err = (struct err){0};
	if (kube_read(saving->session->client, &request, &slot, &saving->err) < 0)
		return NULL;
	while (!saving->is_done)
		session_turn(saving->session, 1000);
	return saving->page;
}

static void note_failure(struct saving *saving, const char *resource)
{
	auto_free char *reason = err_text(&saving->err);

	json_array_append_new(saving->failures, json_pack("{s:s,s:s}", "resource", resource, "reason", reason));
	fprintf(saving->invocation->error_out, "nks-triage: %s: ", resource);
	print_shown(saving->invocation->error_out, reason);
	fputc('\n', saving->invocation->error_out);
}

static int add_page(struct saving *saving, const struct kind *kind, int number, json_t *page, struct err *err)
{
	auto_free char *name = xasprintf("cluster/%s-%04d.json", kind->resource, number);
	json_t *items = json_object_get(page, "items");
	json_t *item;
	size_t i;

	if (saving->words) {
		json_array_foreach(items, i, item)
			save_redact(item, saving->words);
	}
	return save_archive_add_json(saving->archive, name, page, err);
}

/* A list that cannot be read is noted; -1 only where the archive cannot be written. */
static int save_kind(struct saving *saving, const struct kind *kind, struct err *err)
{
	auto_free char *token = NULL;

	for (int number = 1; number <= PAGES_MAXIMUM; number++) {
		json_t *page = read_page(saving, kind, token);
		const char *next;
		int result;

		if (!page) {
			note_failure(saving, kind->resource);
			return 0;
		}
		result = add_page(saving, kind, number, page, err);
		free(token);
		next = json_string_value(json_object_get(json_object_get(page, "metadata"), "continue"));
		token = next && *next ? xstrdup(next) : NULL;
		json_decref(page);
		if (result < 0 || !token)
			return result;
	}
	return 0;
}

static bool is_watched(const struct saving *saving, enum kind_id kind)
{
	const struct collection *collection = snapshot_collection(cluster_snapshot(saving->session->cluster), kind);

	return collection->state != COLLECTION_ABSENT && collection->state != COLLECTION_NEVER;
}

static int add_report(struct saving *saving, int64_t now, struct err *err)
{
	const struct report report = {
		.symptoms = saving->session->symptoms,
		.generated_at = now,
		.language = saving->invocation->options->language,
	};
	json_t *document = report_to_json(&report);
	int result = save_archive_add_json(saving->archive, "report.json", document, err);

	json_decref(document);
	return result;
}

static int add_evidence(struct saving *saving, struct err *err)
{
	json_t *document = json_pack("{s:s,s:s,s:o}", "apiVersion", "nks-triage/v1", "kind", "Evidence", "evidence",
				     evidence_store_to_json(saving->session->evidence));
	int result;

	if (saving->words)
		save_redact(document, saving->words);
	result = save_archive_add_json(saving->archive, "evidence.json", document, err);
	json_decref(document);
	return result;
}

/* What services wrote into the journal may hold anything. */
static void redact_journal(json_t *document)
{
	json_t *node;
	json_t *check;
	size_t i;
	size_t j;

	json_array_foreach(json_object_get(document, "nodes"), i, node) {
		json_array_foreach(json_object_get(node, "checks"), j, check) {
			if (strcmp(json_string_value(json_object_get(check, "name")), "journal") != 0)
				continue;
			json_object_set_new(check, "text", json_string("<redacted>"));
			json_object_set_new(check, "value", json_null());
		}
	}
}

/* What the nodes say over SSH, where that is configured. */
static int add_nodes(struct saving *saving, struct err *err)
{
	struct session *session = saving->session;
	struct record_list nodes = snapshot_all(cluster_snapshot(session->cluster), KIND_NODE);
	json_t *document;
	int result;

	if (!session->survey || !node_access_is_configured(session->nodes))
		return 0;
	node_survey_keep_values(session->survey);
	for (size_t i = 0; i < nodes.count; i++)
		node_survey_ask(session->survey, nodes.items[i]->name, nodes.items[i]->uid, NULL, NULL);
	while (!node_survey_is_idle(session->survey))
		session_turn(session, 1000);
	document = node_survey_to_json(session->survey, NULL);
	json_object_set_new(document, "apiVersion", json_string("nks-triage/v1"));
	json_object_set_new(document, "kind", json_string("NodeChecks"));
	if (saving->words)
		redact_journal(document);
	result = save_archive_add_json(saving->archive, "nodes.json", document, err);
	json_decref(document);
	return result;
}

/* What it is, and when: "now" for whoever reads it. */
static int add_head(struct saving *saving, int64_t now, struct err *err)
{
	const char *version = kube_server_version(saving->session->client);
	char at[21];
	json_t *document;
	int result;

	clock_format(now, at);
	document = json_pack("{s:s,s:s,s:s,s:s,s:b,s:O}", "apiVersion", "nks-triage/v1", "kind", "Save", "savedAt", at,
			     "version", version ? version : "", "redacted", saving->words != NULL, "failures",
			     saving->failures);
	result = save_archive_add_json(saving->archive, "save.json", document, err);
	json_decref(document);
	return result;
}

static int save_all(struct saving *saving, struct err *err)
{
	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++) {
		if (is_watched(saving, kind) && save_kind(saving, kind_get(kind), err) < 0)
			return -1;
	}
	int64_t now = clock_wall();

	if (add_nodes(saving, err) < 0 || add_report(saving, now, err) < 0 || add_evidence(saving, err) < 0 ||
	    add_head(saving, now, err) < 0)
		return -1;
	return save_archive_finish(saving->archive, err);
}

static int save(const struct invocation *invocation, const char *path, bool redacts)
{
	struct saving saving = {.invocation = invocation};
	struct err err = {0};
	int code = EXIT_DONE;

	if (save_archive_open(path, &saving.archive, &err) < 0)
		return command_fail(invocation, &err);
	if (session_open(invocation, NULL, &saving.session, &err) < 0) {
		save_archive_free(saving.archive);
		return command_fail(invocation, &err);
	}
	saving.failures = json_array();
	saving.words = redacts ? save_words(saving.session->runbooks) : NULL;
	if (session_wait(saving.session, &err) < 0) {
		command_fail(invocation, &err);
		code = EXIT_UNCHECKED;
	}
	if (!kube_link(saving.session->client)->ever_answered)
		code = EXIT_FAILED;	/* nothing to save */
	else if (save_all(&saving, &err) < 0)
		code = command_fail(invocation, &err);
	else if (json_array_size(saving.failures))
		code = EXIT_UNCHECKED;
	json_decref(saving.failures);
	free(saving.words);
	session_close(saving.session);
	save_archive_free(saving.archive);
	return code;
}

static const struct command_flag flags[] = {
	{"--redact", NULL, N_("without values of environment variables and annotations that no runbook reads")},
	{NULL, NULL, NULL},
};

extern const struct command save_command;

static int run(struct invocation *invocation)
{
	const char *path = NULL;
	const char *name;
	const char *value;
	bool redacts = false;
	int position = 1;
	int got;

	while ((got = command_next(invocation, &save_command, &position, &name, &value)) >= 0) {
		if (got == 1)
			redacts = true;
		else if (path)
			return command_misused(invocation, &save_command, "one file at a time: what is {word}?", value);
		else
			path = value;
	}
	if (got != -1)
		return EXIT_FAILED;
	if (!path)
		return command_misused(invocation, &save_command, "which file? For example ticket.tar.gz", NULL);
	return save(invocation, path, redacts);
}

const struct command save_command = {
	.name = "save",
	.usage = "save [--redact] FILE.tar.gz",
	.help = N_("save what is known of the cluster, for a ticket or for report --from"),
	.flags = flags,
	.run = run,
};
