#include "tui/runs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/journal.h"
#include "probes/remedy/lease_record.h"
#include "tui/run_plan.h"
#include "tui/session.h"

enum { LOOK_MS = 1000, LEASES_MS = 10000, LEASES_AFTER_ERROR_MS = 60000, LEASE_GRACE = 30, MOST_ELSEWHERE = 32 };

struct runs {
	char *state_dir;
	struct session *session;
	struct journal *journal;
	struct err err;
	json_t *list;		/* of journal_runs(); NULL: to be read */
	json_t *active;		/* of journal_active() */
	json_t *leases;		/* of the API server; NULL: not known */
	json_t *leases_next;	/* that came meanwhile; NULL: none */
	int64_t version;
	int64_t looked_ms;
	int64_t asked_ms;	/* when the Leases are to be asked for again */
	struct kube_slot *slot;
	bool has_news;
	struct running elsewhere[MOST_ELSEWHERE];
	size_t elsewhere_count;
};

struct runs *runs_new(const char *state_dir, struct session *session)
{
	struct runs *runs = xcalloc(1, sizeof(*runs));

	runs->state_dir = state_dir ? xstrdup(state_dir) : NULL;
	runs->session = session;
	runs->version = -1;
	return runs;
}

void runs_free(struct runs *runs)
{
	if (!runs)
		return;
	kube_cancel(runs->slot);
	journal_close(runs->journal);
	json_decref(runs->list);
	json_decref(runs->active);
	json_decref(runs->leases);
	json_decref(runs->leases_next);
	free(runs->state_dir);
	free(runs);
}

/* A journal that nothing was written to yet is not made by looking. */
static bool has_journal(struct runs *runs)
{
	auto_free char *file = runs->state_dir ? xasprintf("%s/journal.sqlite", runs->state_dir) : NULL;

	if (runs->journal)
		return true;
	if (!file || access(file, F_OK) < 0)
		return false;
	return journal_open(runs->state_dir, &runs->journal, &runs->err) == 0;
}

static void read_active(struct runs *runs)
{
	json_t *active = NULL;

	if (journal_active(runs->journal, &active, &runs->err) < 0)
		return;
	if (runs->active && json_equal(active, runs->active)) {
		json_decref(active);
		return;
	}
	json_decref(runs->active);
	runs->active = active;
	runs->has_news = true;
}

static void look_at_journal(struct runs *runs)
{
	int64_t version;

	if (!has_journal(runs))
		return;
	version = journal_version(runs->journal);
	/* A process that ends leaves no trace in the journal: those that go on are looked at each time. */
	if (version != runs->version || json_array_size(runs->active))
		read_active(runs);
	if (version == runs->version && !runs->has_news)
		return;
	runs->version = version;
	runs->has_news = true;
	json_decref(runs->list);
	runs->list = NULL;
}

static void on_leases(void *data, const struct kube_result *result)
{
	struct runs *runs = data;
	const json_t *items = json_object_get(result->document, "items");

	runs->slot = NULL;
	if (result->code != ERR_NONE || !json_is_array(items)) {
		runs->asked_ms = clock_monotonic_ms() + LEASES_AFTER_ERROR_MS;
		return;
	}
	json_decref(runs->leases_next);
	runs->leases_next = json_deep_copy(items);
}

/* What is shown is borrowed from the Leases: they are replaced at a refresh alone. */
static void take_leases(struct runs *runs)
{
	if (!runs->leases_next)
		return;
	json_decref(runs->leases);
	runs->leases = runs->leases_next;
	runs->leases_next = NULL;
	runs->has_news = true;
}

static void ask_for_leases(struct runs *runs, int64_t now_ms)
{
	const struct kube_request request = {
		.method = "GET",
		.path = LEASES_LIST,
		.on_done = on_leases,
		.data = runs,
	};

	if (!runs->session || runs->slot || now_ms < runs->asked_ms || !cluster_is_complete(runs->session->cluster))
		return;
	runs->asked_ms = now_ms + LEASES_MS;
	if (kube_read(runs->session->client, &request, &runs->slot, NULL) < 0)
		runs->slot = NULL;
}

static bool is_listed(const struct runs *runs, const char *id)
{
	for (size_t i = 0; i < runs->elsewhere_count; i++) {
		if (!strcmp(runs->elsewhere[i].id, id))
			return true;
	}
	return false;
}

static void add(struct runs *runs, const struct running *running, const char *own)
{
	if (*running->id && strcmp(running->id, own) != 0 && !is_listed(runs, running->id) &&
	    runs->elsewhere_count < MOST_ELSEWHERE)
		runs->elsewhere[runs->elsewhere_count++] = *running;
}

static bool is_of_this_cluster(const struct runs *runs, const json_t *run)
{
	const struct kubeconfig_view *view = runs->session ? kube_client_view(runs->session->client) : NULL;

	return view && view->server && !strcmp(run_text(run, "server"), view->server);
}

static void add_of_journal(struct runs *runs, const char *own)
{
	size_t i;
	json_t *run;

	json_array_foreach(runs->active, i, run) {
		const struct running running = {
			.id = run_text(run, "id"),
			.entry = run_text(run, "entry"),
			.holder = run_text(run, "osUser"),
			.done = (int)json_integer_value(json_object_get(run, "done")),
			.steps = (int)json_integer_value(json_object_get(run, "steps")),
			.is_here = true,
		};

		if (strcmp(run_text(run, "state"), "interrupted") != 0 && is_of_this_cluster(runs, run))
			add(runs, &running, own);
	}
}

/* Somebody still renews it. The clocks of two machines differ, and a renewal may be late. */
static bool is_held(const json_t *spec)
{
	int64_t renewed;
	int64_t seconds = json_integer_value(json_object_get(spec, "leaseDurationSeconds"));

	if (!*run_text(spec, "holderIdentity") || clock_parse(run_text(spec, "renewTime"), &renewed) < 0)
		return false;
	return renewed + seconds + LEASE_GRACE >= clock_wall();
}

/* One of a process of this machine that the journal knows to be gone. */
static bool is_interrupted_here(const struct runs *runs, const char *id)
{
	size_t i;
	json_t *run;

	json_array_foreach(runs->active, i, run) {
		if (!strcmp(run_text(run, "id"), id))
			return !strcmp(run_text(run, "state"), "interrupted");
	}
	return false;
}

/* The journal knows its end: the Lease was read before that. */
static bool has_ended_here(struct runs *runs, const char *id)
{
	const json_t *list = runs_list(runs);
	size_t i;
	json_t *run;

	json_array_foreach((json_t *)(uintptr_t)list, i, run) {
		if (!strcmp(run_text(run, "id"), id))
			return *run_text(run, "endedAt");
	}
	return false;
}

static void add_of_leases(struct runs *runs, const char *own)
{
	size_t i;
	json_t *lease;

	json_array_foreach(runs->leases, i, lease) {
		const json_t *annotations = json_object_get(json_object_get(lease, "metadata"), "annotations");
		const json_t *spec = json_object_get(lease, "spec");
		struct running running = {
			.id = run_text(annotations, "nks-triage/run"),
			.entry = run_text(annotations, "nks-triage/entry"),
			.holder = run_text(spec, "holderIdentity"),
			.done = -1,
		};
		char *slash = NULL;
		long step = strtol(run_text(annotations, "nks-triage/step"), &slash, 10);

		if (!is_held(spec) || is_interrupted_here(runs, running.id) || has_ended_here(runs, running.id))
			continue;
		if (step > 0 && step < 10000 && *slash == '/') {
			running.done = (int)step - 1;
			running.steps = (int)strtol(slash + 1, NULL, 10);
		}
		add(runs, &running, own);
	}
}

bool runs_refresh(struct runs *runs, int64_t now_ms, const char *own)
{
	bool has_news;

	if (now_ms - runs->looked_ms >= LOOK_MS) {
		runs->looked_ms = now_ms;
		look_at_journal(runs);
		ask_for_leases(runs, now_ms);
	}
	take_leases(runs);
	has_news = runs->has_news;
	runs->has_news = false;
	if (has_news) {
		runs->elsewhere_count = 0;
		add_of_journal(runs, own);
		add_of_leases(runs, own);
	}
	return has_news;
}

const json_t *runs_list(struct runs *runs)
{
	if (!runs->list && has_journal(runs) && journal_runs(runs->journal, NULL, &runs->list, &runs->err) == 0)
		runs->err.code = ERR_NONE;
	return json_object_get(runs->list, "runs");
}

const struct err *runs_error(const struct runs *runs)
{
	return &runs->err;
}

size_t runs_elsewhere_count(const struct runs *runs)
{
	return runs->elsewhere_count;
}

const struct running *runs_elsewhere_at(const struct runs *runs, size_t index)
{
	return &runs->elsewhere[index];
}
