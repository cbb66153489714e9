#include "tui/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/model/history.h"
#include "probes/model/node_evidence.h"
#include "probes/model/node_survey.h"
#include "probes/net/worker.h"
#include "probes/remedy/node_door.h"
#include "tui/configuration.h"
#include "tui/demo.h"
#include "tui/node_access.h"
#include "tui/node_asking.h"
#include "tui/verified.h"

enum {
	VERSION_WAIT_MS = 3000,
	UPDATE_APART_MS = 20,		/* less than a frame, so that each frame has its update */
	WATCH_NODES_MS = 1000,
	UPDATE_SHARE = 4,		/* of the time, one part in so many is spent on updates */
};

static int load_runbooks(struct session *session, struct err *err)
{
	auto_free char *folder = xasprintf("%s/runbooks", session->invocation->config_dir);
	const struct runbook_load_options options = {
		.assets = session->invocation->assets,
		.user_folder = folder,
		.state_folder = session->invocation->state_dir,
	};

	field_set_init(&session->fields);
	return runbook_set_load(&options, &session->fields, &session->runbooks, err);
}

/*
 * Commands lend the terminal that they were started from, in whose foreground they are: what they have
 * to say comes later.
 */
static int lend_terminal(void *data)
{
	struct session *session = data;
	int terminal = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;

	if (terminal >= 0 && tcgetpgrp(terminal) != getpgrp()) {
		close(terminal);
		return -1;
	}
	session->terminal = terminal > 0 ? terminal : 0;
	return terminal;
}

static void take_terminal_back(void *data)
{
	struct session *session = data;

	close(session->terminal);
	session->terminal = 0;
}

static int open_client(struct session *session, const struct session_options *what, struct err *err)
{
	const struct options *options = session->invocation->options;
	const struct kubeconfig_options kubeconfig = {
		.path = session->demo ? demo_kubeconfig(session->demo) : options->kubeconfig,
		.context = what && what->context ? what->context : options->context,
		.as_user = options->as_user,
		.as_groups = options->as_groups,
		.name_space = options->name_space,
	};
	const struct kube_terminal own = {
		.lend = lend_terminal,
		.take_back = take_terminal_back,
		.data = session,
		.if_available = true,
	};
	const struct kube_client_options client = {
		.request_timeout_ms = (long)(options->request_timeout * 1000),
		.quiet_ms = (long)(options->quiet_after * 1000),
		.no_protobuf = options->no_protobuf,
		.terminal = what && what->terminal ? what->terminal : &own,
	};
	struct kubeconfig_view *view;

	if (kubeconfig_load(&kubeconfig, &view, err) < 0)
		return -1;
	return kube_client_new(session->loop, view, &client, &session->client, err);
}

/* Without a history everything works but what only it can prove. */
static void open_history(struct session *session)
{
	const struct invocation *invocation = session->invocation;
	struct err err;

	if (session->demo || !invocation->state_dir)
		return;
	if (history_open(invocation->state_dir, kube_client_view(session->client)->server,
			 invocation->configuration->history_days, clock_wall(), &session->history, &err) < 0) {
		auto_free char *text = err_text(&err);

		session->history = NULL;
		log_line("history: %s", text);
		return;
	}
	history_use(session->history, session->disk);
	cluster_set_history(session->cluster, session->history);
}

/* The address of nodes may be in a field that nobody else reads. */
static int want_address(struct session *session, struct err *err)
{
	auto_free char *path = node_access_wanted_field(session->invocation->configuration);
	const struct field_path *found;

	return path ? field_table_want(session->fields.tables[KIND_NODE], path, &found, err) : 0;
}

/* Without checks the console still watches. */
static void open_survey(struct session *session)
{
	auto_free char *checks = xasprintf("%s/checks", session->invocation->assets);
	struct err err;

	if (node_survey_new(session->loop, checks, node_access_source(session->nodes), &session->survey, &err) < 0) {
		auto_free char *text = err_text(&err);

		session->survey = NULL;
		log_line("checks of nodes: %s", text);
	}
}

/* Connects to no node before somebody asks one. */
static void open_nodes(struct session *session)
{
	const struct invocation *invocation = session->invocation;
	const struct node_access_options options = {
		.options = invocation->options,
		.configuration = invocation->configuration,
		.state_dir = invocation->state_dir,
		.server = kube_client_view(session->client)->server,
		.demo_config = session->demo ? demo_ssh_config(session->demo) : NULL,
		.snapshot = cluster_snapshot(session->cluster),
	};

	session->nodes = node_access_new(session->loop, &options);
	session->node_door = node_door_new(node_access_source(session->nodes));
	open_survey(session);
}

static void read_evidence_on_nodes(struct session *session)
{
	struct node_reader reader;

	if (!node_access_is_configured(session->nodes))
		return;
	session->node_evidence = node_evidence_new(session->loop, session->evidence,
						   node_access_source(session->nodes),
						   session->survey ? node_survey_checks(session->survey) : NULL);
	reader = node_evidence_reader(session->node_evidence);
	collector_read_nodes(session->collector, &reader);
}

int session_open(const struct invocation *invocation, const struct session_options *options,
		 struct session **ret_session, struct err *err)
{
	struct session *session = xcalloc(1, sizeof(*session));
	bool is_bare = options && options->client_only;
	const struct symptoms_options symptoms = {
		.only = options ? options->only : NULL,
		.name_space = invocation->options->name_space,
		.system_namespaces = (const char *const *)invocation->configuration->system_namespaces,
	};

	session->invocation = invocation;
	if (loop_new(&session->loop, err) < 0 || (!is_bare && load_runbooks(session, err) < 0) ||
	    (invocation->options->demo &&
	     demo_start(session->loop, invocation->options->demo, &session->demo, err) < 0) ||
	    open_client(session, options, err) < 0 || (!is_bare && want_address(session, err) < 0)) {
		session_close(session);
		return -1;
	}
	if (is_bare) {
		*ret_session = session;
		return 0;
	}
	if (worker_new(session->loop, &session->disk, err) < 0) {
		session_close(session);
		return -1;
	}
	session->cluster = cluster_new(session->client, &session->fields, invocation->options->name_space);
	open_history(session);
	session->evidence = evidence_store_new();
	session->collector = collector_new(session->client, session->evidence);
	open_nodes(session);
	read_evidence_on_nodes(session);
	session->watches_nodes = options && options->watches_nodes;
	session->symptoms = symptoms_new(session->runbooks, &symptoms);
	if (invocation->state_dir)
		session->verified =
			verified_new(invocation->state_dir, kube_client_view(session->client)->server);
	clock_read(&session->clocks);
	*ret_session = session;
	return 0;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	verified_free(session->verified);
	symptoms_free(session->symptoms);
	collector_free(session->collector);
	node_evidence_free(session->node_evidence);
	node_survey_free(session->survey);
	node_door_free(session->node_door);
	node_access_free(session->nodes);
	evidence_store_free(session->evidence);
	cluster_free(session->cluster);
	history_free(session->history, clock_wall());
	kube_client_free(session->client);
	demo_stop(session->demo);
	runbook_set_free(session->runbooks);
	field_set_release(&session->fields);
	worker_free(session->disk);
	loop_free(session->loop);
	free(session);
}

static bool has_news(const struct session *session)
{
	return snapshot_version(cluster_snapshot(session->cluster)) != session->seen_snapshot ||
	       evidence_version(session->evidence) != session->seen_evidence ||
	       (session->update_at && clock_wall() >= session->update_at);
}

/* How long news still wait for their update. None does when the last of the lists has come. */
static int64_t update_wait_ms(const struct session *session)
{
	int64_t apart = session->update_cost_ms * UPDATE_SHARE;

	if (cluster_is_complete(session->cluster) != session->seen_complete)
		return 0;
	return session->updated_ms + (apart > UPDATE_APART_MS ? apart : UPDATE_APART_MS) - clock_monotonic_ms();
}

static bool is_needed(void *data, const char *key)
{
	return symptoms_need_evidence(data, key);
}

/* Evidence of what has passed goes; once a second is often enough. */
static void sweep_evidence(struct session *session, int64_t now)
{
	if (now == session->swept_at)
		return;
	session->swept_at = now;
	evidence_store_sweep(session->evidence, is_needed, session->symptoms, now);
	collector_forget(session->collector, is_needed, session->symptoms);
}

/* Looks for symptoms where there may be new ones and asks for the evidence that they want. True if there is news. */
static bool update_symptoms(struct session *session)
{
	struct snapshot *snapshot = cluster_snapshot(session->cluster);
	int64_t start_ms = clock_monotonic_ms();
	int64_t now = clock_wall();

	if (!has_news(session))
		return false;
	if (update_wait_ms(session) > 0)
		return true;
	session->seen_snapshot = snapshot_version(snapshot);
	session->seen_evidence = evidence_version(session->evidence);
	session->seen_complete = cluster_is_complete(session->cluster);
	session->update_at = symptoms_update(session->symptoms, snapshot, session->evidence, now);
	if (session->verified)
		verified_look(session->verified, session->symptoms, now);
	for (size_t i = 0; i < symptoms_wanted_count(session->symptoms); i++)
		collector_want(session->collector, symptoms_wanted_at(session->symptoms, i));
	sweep_evidence(session, now);
	session->updates++;
	session->updated_ms = clock_monotonic_ms();
	session->update_cost_ms = session->updated_ms - start_ms;
	return true;
}

/*
 * After a sleep connections may lead nowhere, and back-offs have lasted long enough. A wall clock that was set
 * needs no more than a line in the log: ages are counted from it, waits are not.
 */
static void look_at_clocks(struct session *session, int64_t meant_ms)
{
	struct clock_reading now;
	int64_t missed;
	int64_t set;

	clock_read(&now);
	missed = clock_missed_ms(&session->clocks, &now, meant_ms, kube_quiet_ms(session->client));
	set = clock_set_by(&session->clocks, &now);
	session->clocks = now;
	if (set)
		log_line("the clock of this machine was set by %lld s", (long long)set);
	if (!missed)
		return;
	log_line("asleep for %lld s: watches go on over new connections", (long long)missed / 1000);
	session->slept_ms = missed;
	cluster_resume(session->cluster);
}

static void watch_nodes(struct session *session)
{
	int64_t now_ms = clock_monotonic_ms();

	if (!session->watches_nodes || now_ms - session->nodes_ms < WATCH_NODES_MS)
		return;
	session->nodes_ms = now_ms;
	session_watch_survey(session, now_ms);
}

bool session_turn(struct session *session, int max_wait_ms)
{
	int64_t until_update = session->update_at ? session->update_at * 1000 - clock_wall_ms() : max_wait_ms;
	enum err_code link;
	bool changed;

	if (has_news(session))
		until_update = update_wait_ms(session);
	if (until_update < 0)
		until_update = 0;
	if (until_update > max_wait_ms)
		until_update = max_wait_ms;
	loop_turn(session->loop, (int)until_update);
	look_at_clocks(session, until_update);
	watch_nodes(session);
	changed = update_symptoms(session);
	link = kube_link(session->client)->code;
	changed |= link != session->seen_link;
	session->seen_link = link;
	return changed;
}

/* The first picture is there, and so is the evidence that it asks for. */
static bool is_settled(const struct session *session)
{
	return cluster_is_complete(session->cluster) && collector_is_idle(session->collector) &&
	       session->seen_snapshot == snapshot_version(cluster_snapshot(session->cluster)) &&
	       session->seen_evidence == evidence_version(session->evidence);
}

static int no_nodes(const struct session *session, struct err *err)
{
	const struct collection *nodes = snapshot_collection(cluster_snapshot(session->cluster), KIND_NODE);

	if (nodes->err.code != ERR_NONE) {
		*err = nodes->err;
		return -1;
	}
	return err_set(err, ERR_NOT_FOUND, "the cluster has no nodes", NULL);
}

int session_watch_nodes(struct session *session, struct err *err)
{
	int64_t deadline = clock_monotonic_ms() + (int64_t)(session->invocation->options->wait * 1000);

	field_set_init(&session->fields);
	for (size_t i = 0; i < KIND_COUNT; i++)
		session->fields.is_watched[i] = i == KIND_NODE;
	if (want_address(session, err) < 0)
		return -1;
	session->cluster = cluster_new(session->client, &session->fields, NULL);
	open_nodes(session);
	while (!cluster_is_complete(session->cluster) && !session->interrupted) {
		if (cluster_has_failed(session->cluster, err))
			return -1;
		if (clock_monotonic_ms() >= deadline)
			return err_set(err, ERR_TIMEOUT, "no list of the nodes in time; wait longer with --wait", NULL);
		loop_turn(session->loop, 200);
	}
	if (session->interrupted)
		return err_set(err, ERR_CANCELLED, "interrupted", NULL);
	return snapshot_all(cluster_snapshot(session->cluster), KIND_NODE).count ? 0 : no_nodes(session, err);
}

/* Reports name the server's version; it is no part of the picture, so it is not waited for as long. */
static void wait_for_version(struct session *session, int64_t deadline)
{
	int64_t now = clock_monotonic_ms();

	if (deadline > now + VERSION_WAIT_MS)
		deadline = now + VERSION_WAIT_MS;
	while (kube_is_asking_version(session->client) && !session->interrupted && now < deadline) {
		session_turn(session, (int)(deadline - now < 200 ? deadline - now : 200));
		now = clock_monotonic_ms();
	}
}

int session_wait(struct session *session, struct err *err)
{
	double wait = session->invocation->options->wait;
	int64_t deadline = clock_monotonic_ms() + (int64_t)(wait * 1000);
	char seconds[32];

	session_turn(session, 0);
	while (!is_settled(session)) {
		if (session->interrupted)
			return err_set(err, ERR_CANCELLED, "interrupted", NULL);
		int64_t left = deadline - clock_monotonic_ms();

		if (!cluster_is_complete(session->cluster) && cluster_has_failed(session->cluster, err))
			return -1;
		if (left <= 0) {
			const struct link_state *link = kube_link(session->client);

			if (link->code != ERR_NONE) {
				if (err)
					*err = link->err;
				return -1;
			}
			snprintf(seconds, sizeof(seconds), "%g", wait);
			err_set(err, ERR_TIMEOUT, "no complete picture of the cluster within {seconds} s",
				"seconds",
				seconds, NULL);
			err_hint(err, "wait longer with --wait", NULL);
			return -1;
		}
		session_turn(session, left < 200 ? (int)left : 200);
	}
	wait_for_version(session, deadline);
	return 0;
}
