#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/change_command.h"
#include "tui/remedy_context.h"
#include "tui/run_plan.h"

enum { TURN_MS = 200 };

static void on_signal(void *data, int ready)
{
	struct change_command *command = data;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(command->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		bool running = command->change && !change_is_settled(command->change);

		if (!running) {
			command->interrupted = true;
			if (command->session)
				command->session->interrupted = true;
		} else if (info.ssi_signo != SIGINT) {
			change_stop(command->change, STOP_NOW, translate("terminal lost"));
		} else if (command->interrupts++ == 0) {
			fprintf(command->invocation->error_out, "%s\n",
				translate("Stopping after this step. Ctrl-C again stops now."));
			change_stop(command->change, STOP_AFTER_STEP, translate("by the operator"));
		} else {
			change_stop(command->change, STOP_NOW, translate("by the operator"));
		}
	}
}

static void take_signals(struct change_command *command)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	command->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int change_command_check_target(const struct invocation *invocation, const char *target)
{
	const char *rest = target;
	int parts = 0;
	struct err err;

	while (rest && *rest) {
		size_t length = strcspn(rest, "/");

		if (!length || (rest[length] && !rest[length + 1])) {
			parts = 0;
			break;
		}
		parts++;
		rest += length + (rest[length] == '/');
	}
	if (!target || parts == 2 || parts == 3)
		return EXIT_DONE;
	err_set(&err, ERR_USAGE, "--target wants Kind/namespace/name or Kind/name, not {value}", "value", target, NULL);
	err_hint(&err, "for example DaemonSet/kube-system/calico-node; plan without --target names them all", NULL);
	return command_fail(invocation, &err);
}

/* "Kind/namespace/name" or "Kind/name" of the finding? */
static bool is_named(const struct finding_object *object, const char *target)
{
	auto_free char *label = *object->name_space
					? xasprintf("%s/%s/%s", object->kind, object->name_space, object->name)
					: xasprintf("%s/%s", object->kind, object->name);

	return !strcasecmp(label, target);
}

static bool has_target(const struct finding *finding, const char *target)
{
	for (size_t i = 0; i < finding->object_count; i++) {
		if (is_named(&finding->objects[i], target))
			return true;
	}
	return false;
}

/* The target controls an object of the finding: a Deployment whose pods have the fault. */
static bool is_above(const struct session *session, const struct finding *finding, const char *target)
{
	const struct snapshot *snapshot = cluster_snapshot(session->cluster);

	for (size_t i = 0; i < finding->object_count; i++) {
		const struct record *record = snapshot_by_uid(snapshot, finding->objects[i].uid);
		const struct record *root = record ? snapshot_root_owner(snapshot, record) : NULL;
		auto_free char *label = root ? xasprintf("%s/%s/%s", root->kind->name, root->name_space, root->name)
					     : xstrdup("");

		if (!strcasecmp(label, target))
			return true;
	}
	return false;
}

static bool is_node(const char *target)
{
	return !strncasecmp(target, "Node/", strlen("Node/"));
}

/* One finding a node: the node stands for it, whatever objects have the fault there. */
static bool is_of_node(const struct finding *finding, const char *target)
{
	return finding->runbook->group == GROUP_NODE && is_node(target) &&
	       !strcmp(finding->group_name, target + strlen("Node/"));
}

/* The steps of such an entry are about the objects of its finding, and of no other. */
static bool is_about_its_objects(const struct runbook *runbook, const char *target)
{
	return runbook->group == GROUP_OBJECT || runbook->group == GROUP_OWNER ||
	       (runbook->group == GROUP_NODE && is_node(target));
}

static const struct finding *find(const struct session *session, const struct runbook *runbook, const char *target)
{
	const struct finding *first = NULL;

	for (size_t i = 0; i < symptoms_finding_count(session->symptoms); i++) {
		const struct finding *finding = symptoms_finding_at(session->symptoms, i);

		if (finding->runbook != runbook)
			continue;
		if (target && (has_target(finding, target) || is_of_node(finding, target) ||
			       is_above(session, finding, target)))
			return finding;
		if (!first)
			first = finding;
	}
	/* A target that is no object of a finding may still be one of the plan's: planning says if it is not. */
	return target && is_about_its_objects(runbook, target) ? NULL : first;
}

static int fail_unchecked(const struct change_command *command, const struct message *why)
{
	auto_free char *reason = why && why->id ? message_text(why) : xstrdup("");
	struct err err;

	err_set(&err, ERR_REFUSED, "{id} could not be checked: {reason}", "id", command->runbook->id, "reason", reason,
		NULL);
	command_fail(command->invocation, &err);
	return EXIT_REFUSED;
}

/* The target among those that could not be looked at; NULL: it is none of them. */
static const struct unjudged *find_unjudged(const struct unjudged *unjudged, size_t count, const char *target)
{
	for (size_t i = 0; target && i < count; i++) {
		if (is_named(unjudged[i].object, target))
			return &unjudged[i];
	}
	return NULL;
}

static void name_unjudged(const struct change_command *command, const struct unjudged *unjudged, size_t count)
{
	enum { MOST = 8 };
	FILE *out = command->invocation->error_out;

	for (size_t i = 0; i < count && i < MOST; i++) {
		auto_free char *reason = unjudged[i].reason ? message_text(unjudged[i].reason) : xstrdup("");
		auto_free char *line = xasprintf(translate("%s: could not look at %s: %s"), command->runbook->id,
						 unjudged[i].object->name, reason);

		print_shown(out, line);
		fputc('\n', out);
	}
	if (count > MOST)
		fprintf(out, translate("%s: could not look at %zu more\n"), command->runbook->id, count - MOST);
}

static const struct check *check_of(const struct change_command *command)
{
	const struct symptoms *symptoms = command->session->symptoms;

	for (size_t i = 0; i < symptoms_check_count(symptoms); i++) {
		if (symptoms_check_at(symptoms, i)->runbook == command->runbook)
			return symptoms_check_at(symptoms, i);
	}
	return NULL;
}

/*
 * Not found because it could not be looked for is no "nothing to do". Of an entry that is about nodes what was read
 * of some says something of these, also where others are out of reach: those are named.
 */
static int refuse_unchecked(const struct change_command *command, const char *target)
{
	const struct runbook *runbook = command->runbook;
	const struct check *check = check_of(command);
	struct unjudged *unjudged;
	bool has_judged;
	size_t count = symptoms_unjudged(command->session->symptoms, runbook, &unjudged, &has_judged);
	const struct unjudged *own = find_unjudged(unjudged, count, target);
	int code = EXIT_DONE;

	if (own)
		code = fail_unchecked(command, own->reason);
	else if (!check || check->verdict != VERDICT_COULD_NOT_CHECK)
		;
	else if (runbook->group != GROUP_NODE || runbook->subject != KIND_NODE || !has_judged || !count)
		code = fail_unchecked(command, &check->reason);
	else if (!target)
		name_unjudged(command, unjudged, count);
	free(unjudged);
	return code;
}

static int fail_unknown(const struct change_command *command, const char *id)
{
	struct err err;

	err_set(&err, ERR_USAGE, "there is no entry {id}", "id", id, NULL);
	err_hint(&err, "nks-triage explain without an id lists them all", NULL);
	return command_fail(command->invocation, &err);
}

int change_settings_add(struct change_settings *settings, const char *item)
{
	if (settings->count == CHANGE_SETTINGS_MAXIMUM || !strchr(item, '=') || *item == '=')
		return -1;
	settings->items[settings->count++] = item;
	return 0;
}

int change_command_open(struct change_command *command, const struct invocation *invocation, bool with_journal)
{
	struct err err;

	*command = (struct change_command){.invocation = invocation, .signals = -1};
	take_signals(command);
	if ((with_journal && journal_open(invocation->state_dir, &command->journal, &err) < 0) ||
	    session_open(invocation, NULL, &command->session, &err) < 0)
		return command_fail(invocation, &err);
	if (command->journal)
		journal_use(command->journal, command->session->disk);
	if (command->signals >= 0)
		command->watch = loop_watch(command->session->loop, command->signals, WATCH_READ, on_signal, command);
	if (session_wait(command->session, &err) < 0 && !command->interrupted)
		return command_fail(invocation, &err);
	return command->interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

static bool is_planned(const struct change *change)
{
	return change_state(change) != CHANGE_PLANNING;
}

/* Planning goes on in the loop. */
static int wait_planned(struct change_command *command)
{
	change_command_wait(command, is_planned);
	return command->interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

bool change_command_has_finding(const struct change_command *command)
{
	return find(command->session, command->runbook, NULL) != NULL;
}

/* A run of this entry on this cluster that ended half way; NULL: the newest did not. Caller frees. */
static char *half_way_run(const struct change_command *command)
{
	static const char *const states[] = {"stopped", "failed", "interrupted"};
	const char *server = kube_client_view(command->session->client)->server;
	json_t *document = NULL;
	char *found = NULL;
	struct err ignored;
	size_t i;
	json_t *run;

	if (!command->journal || journal_runs(command->journal, NULL, &document, &ignored) < 0)
		return NULL;
	json_array_foreach(json_object_get(document, "runs"), i, run) {
		if (strcmp(run_text(run, "entry"), command->runbook->id) != 0 ||
		    strcmp(run_text(run, "server"), server ? server : "") != 0)
			continue;
		for (size_t at = 0; at < array_length(states); at++) {
			if (!found && !strcmp(run_text(run, "state"), states[at]))
				found = xstrdup(run_text(run, "id"));
		}
		break;
	}
	json_decref(document);
	return found;
}

/* A new plan of the whole is possible, too: said, no refusal. */
static void say_half_way(const struct change_command *command)
{
	auto_free char *run = half_way_run(command);

	if (!run)
		return;
	fprintf(command->invocation->error_out,
		translate("run %s of %s ended half way: nks-triage resume %s goes on with it, nks-triage undo %s "
			  "takes it back\n"),
		run, command->runbook->id, run, run);
}

char **change_command_keys(const struct change_command *command, const char *id)
{
	const struct symptoms *symptoms = command->session->symptoms;
	const struct runbook *runbook = runbook_find(command->session->runbooks, id);
	char **keys;
	size_t count = 0;

	if (!runbook)
		return NULL;
	keys = xcalloc(symptoms_finding_count(symptoms) + 1, sizeof(*keys));
	for (size_t i = 0; i < symptoms_finding_count(symptoms); i++) {
		if (symptoms_finding_at(symptoms, i)->runbook == runbook)
			keys[count++] = xstrdup(symptoms_finding_at(symptoms, i)->key);
	}
	return keys;
}

static int plan_finding(struct change_command *command, const struct finding *finding, const char *target)
{
	struct change_context context;
	int code;

	command->was_found = finding != NULL;
	say_half_way(command);
	if (!finding) {
		code = refuse_unchecked(command, target);
		if (code != EXIT_DONE)
			return code;
	}
	remedy_context_make(command->session, command->journal, &context);
	context.alternative = command->alternative;
	context.settings = command->settings.items;
	command->change = change_new(&context, command->runbook, finding, target, NULL, NULL);
	return wait_planned(command);
}

int change_command_plan(struct change_command *command, const char *id, const char *target)
{
	struct finding *whole = NULL;
	int code;

	command->runbook = runbook_find(command->session->runbooks, id);
	if (!command->runbook)
		return fail_unknown(command, id);
	if (!target && runbook_plans_across(command->runbook))
		whole = symptoms_finding_of_all(command->session->symptoms, command->runbook);
	code = plan_finding(command, whole ? whole : find(command->session, command->runbook, target), target);
	finding_free(whole);
	return code;
}

int change_command_plan_key(struct change_command *command, const char *id, const char *key)
{
	command->runbook = runbook_find(command->session->runbooks, id);
	if (!command->runbook)
		return fail_unknown(command, id);
	return plan_finding(command, symptoms_finding_by_key(command->session->symptoms, key), NULL);
}

static int plan_run(struct change_command *command, const char *run_id, enum run_way way)
{
	CLEANUP(run_plan_release) struct run_plan plan = {0};
	struct change_context context;
	struct err err;

	if (run_plan_read(&plan, command->journal, command->session, run_id, &err) < 0) {
		command_fail(command->invocation, &err);
		return err.code == ERR_REFUSED ? EXIT_REFUSED : EXIT_FAILED;
	}
	command->runbook = plan.runbook;
	command->was_found = way == RUN_RESUME && !plan.undone && find(command->session, plan.runbook, NULL) != NULL;
	remedy_context_make(command->session, command->journal, &context);
	command->change = run_plan_change(&plan, way, &context, NULL, NULL);
	return wait_planned(command);
}

int change_command_plan_undo(struct change_command *command, const char *run_id)
{
	return plan_run(command, run_id, RUN_UNDO);
}

int change_command_plan_resume(struct change_command *command, const char *run_id)
{
	return plan_run(command, run_id, RUN_RESUME);
}

void change_command_wait(struct change_command *command, bool (*done)(const struct change *change))
{
	while (!done(command->change) && !command->interrupted)
		session_turn(command->session, TURN_MS);
}

void change_command_close(struct change_command *command)
{
	change_free(command->change);
	if (command->watch)
		descriptor_watch_cancel(command->watch);
	journal_close(command->journal);
	session_close(command->session);
	if (command->signals >= 0)
		close(command->signals);
}
