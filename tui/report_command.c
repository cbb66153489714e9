/* `nks-triage report`: the findings and checks of a cluster, once or whenever they change. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/interrupts.h"
#include "tui/report.h"
#include "tui/saved.h"
#include "tui/session.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_PROM, FORMAT_MD };

#define FORMATS "text|json|prom|md"	/* in the order of the enum */

struct words {
	enum format format;
	bool watch;
	char **only;			/* NULL-terminated; NULL: all */
	size_t only_count;
	const char **from;
	size_t from_count;
	const char *at;
};

static void words_release(struct words *words)
{
	for (size_t i = 0; i < words->only_count; i++)
		free(words->only[i]);
	free(words->only);
	free(words->from);
}

/* "E08,E03": ids, given once or more. */
static void add_only(struct words *words, const char *list)
{
	while (*list) {
		size_t length = strcspn(list, ",");

		if (length) {
			words->only = xreallocarray(words->only, words->only_count + 2, sizeof(*words->only));
			words->only[words->only_count++] = xstrndup(list, length);
			words->only[words->only_count] = NULL;
		}
		list += length + (list[length] == ',');
	}
}

static void take_flag(struct words *words, const char *name, const char *value)
{
	if (!strcmp(name, "-o"))
		words->format = (enum format)command_choice(FORMATS, value);
	else if (!strcmp(name, "--only"))
		add_only(words, value);
	else if (!strcmp(name, "--watch"))
		words->watch = true;
	else if (!strcmp(name, "--at"))
		words->at = value;
	else {
		words->from = xreallocarray(words->from, words->from_count + 1, sizeof(*words->from));
		words->from[words->from_count++] = value;
	}
}

static int parse(const struct invocation *invocation, const struct command *command, struct words *words)
{
	struct err err;
	const char *name;
	const char *value;
	int position = 1;
	int got;

	while ((got = command_next(invocation, command, &position, &name, &value)) >= 0) {
		if (got == 0) {
			command_misused(invocation, command, "what is {word}?", value);
			return -1;
		}
		take_flag(words, name, value);
	}
	if (got == -1 && words->watch && words->from_count) {
		err_set(&err, ERR_USAGE, "--watch and --from do not go together: files do not change", NULL);
		command_fail(invocation, &err);
		return -1;
	}
	return got == -1 ? 0 : -1;
}

static int check_only(const struct words *words, const struct runbook_set *runbooks, struct err *err)
{
	for (size_t i = 0; i < words->only_count; i++) {
		if (runbook_find(runbooks, words->only[i]))
			continue;
		err_set(err, ERR_USAGE, "there is no entry {id}", "id", words->only[i], NULL);
		err_hint(err, "nks-triage explain lists them", NULL);
		return -1;
	}
	return 0;
}

static int columns_of(FILE *out)
{
	struct winsize size;

	if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

static bool wants_color(const struct invocation *invocation)
{
	const char *no_color = getenv("NO_COLOR");

	if (invocation->options->color != COLOR_AUTO)
		return invocation->options->color == COLOR_ALWAYS;
	return isatty(fileno(invocation->out)) && (!no_color || !*no_color);
}

static void print(const struct words *words, const struct report *report, FILE *out)
{
	switch (words->format) {
	case FORMAT_TEXT:
		report_print_text(report, out);
		break;
	case FORMAT_JSON:
		report_print_json(report, out, words->watch);
		break;
	case FORMAT_PROM:
		report_print_prom(report, out);
		break;
	case FORMAT_MD:
		report_print_md(report, out);
		break;
	}
	fflush(out);
}

static void report_init(struct report *report, const struct invocation *invocation, const struct symptoms *symptoms)
{
	*report = (struct report){
		.symptoms = symptoms,
		.generated_at = clock_wall(),
		.language = invocation->options->language,
		.columns = columns_of(invocation->out),
		.color = wants_color(invocation),
		.utf8 = invocation->options->utf8,
	};
}

static void report_session(const struct session *session, const struct words *words)
{
	const struct kubeconfig_view *view = kube_client_view(session->client);
	const struct link_state *link = kube_link(session->client);
	struct report report;

	report_init(&report, session->invocation, session->symptoms);
	report.has_cluster = true;
	report.context = view->context ? view->context : "";
	report.server = view->server ? view->server : "";
	report.user = view->as_user ? view->as_user : view->user ? view->user : "";
	report.version = kube_server_version(session->client);
	report.name_space = session->invocation->options->name_space;
	report.is_up = link->ever_answered && link->code == ERR_NONE;
	if (link->ever_answered)
		report.last_sync = report.generated_at - (clock_monotonic_ms() - link->last_answer_ms) / 1000;
	print(words, &report, session->invocation->out);
}

static int exit_code(const struct session *session)
{
	const struct report report = {.symptoms = session->symptoms};

	return report_exit_code(&report);
}

/* Prints again whenever a finding, a check or the link changed, until interrupted or nobody reads any more. */
static int watch(struct session *session, const struct words *words)
{
	FILE *out = session->invocation->out;
	uint64_t printed = symptoms_version(session->symptoms);
	enum err_code link = kube_link(session->client)->code;

	report_session(session, words);
	while (!session->interrupted && !ferror(out)) {
		session_turn(session, 1000);
		if (symptoms_version(session->symptoms) == printed && kube_link(session->client)->code == link)
			continue;
		printed = symptoms_version(session->symptoms);
		link = kube_link(session->client)->code;
		if (words->format == FORMAT_TEXT)
			fputc('\n', out);
		report_session(session, words);
	}
	return session->interrupted ? EXIT_INTERRUPTED : EXIT_FAILED;
}

static int report_once_or_watch(struct session *session, const struct words *words)
{
	struct err err = {0};
	bool is_trusted = true;
	int code;

	if (session_wait(session, &err) < 0)
		command_fail(session->invocation, &err);	/* the report says the rest */
	if (session->interrupted)
		return EXIT_INTERRUPTED;
	/* What is found there is there; that nothing is found says little. */
	if (kube_check_version(kube_server_version(session->client), &err) < 0) {
		command_fail(session->invocation, &err);
		is_trusted = false;
	}
	if (words->watch)
		return watch(session, words);
	report_session(session, words);
	code = exit_code(session);
	return code == EXIT_DONE && !is_trusted ? EXIT_UNCHECKED : code;
}

static int run_on_cluster(const struct invocation *invocation, const struct words *words)
{
	const struct session_options options = {.only = (const char *const *)words->only};
	struct interrupts interrupts;
	struct session *session;
	struct err err = {0};
	int code;

	if (session_open(invocation, &options, &session, &err) < 0)
		return command_fail(invocation, &err);
	if (check_only(words, session->runbooks, &err) < 0) {
		session_close(session);
		return command_fail(invocation, &err);
	}
	if (interrupts_start(&interrupts, session, &err) < 0)
		code = command_fail(invocation, &err);
	else
		code = report_once_or_watch(session, words);
	interrupts_stop(&interrupts);
	session_close(session);
	return code;
}

/* Runbooks and their fields without a cluster. */
static int load_runbooks(const struct invocation *invocation, struct field_set *fields,
			 struct runbook_set **ret_runbooks, struct err *err)
{
	auto_free char *folder = xasprintf("%s/runbooks", invocation->config_dir);
	const struct runbook_load_options options = {
		.assets = invocation->assets,
		.user_folder = folder,
		.state_folder = invocation->state_dir,
	};

	field_set_init(fields);
	if (runbook_set_load(&options, fields, ret_runbooks, err) == 0)
		return 0;
	field_set_release(fields);
	return -1;
}

/* Inputs that could not be read are named on standard error too. */
static void print_failures(const struct invocation *invocation, const struct report *report)
{
	for (size_t i = 0; i < report->input_count; i++) {
		if (!report->inputs[i].error)
			continue;
		fputs("nks-triage: ", invocation->error_out);
		print_shown(invocation->error_out, report->inputs[i].path);
		fputs(": ", invocation->error_out);
		print_shown(invocation->error_out, report->inputs[i].error);
		fputc('\n', invocation->error_out);
	}
}

/*
 * Now is the newest time in the input. One object alone tells only when it
 * changed last: nobody saves it in that very minute, so it is past its first.
 */
static int64_t now_of(const struct words *words, const struct saved *saved)
{
	enum { FIRST_MINUTE = 61 };
	const struct report_input *inputs;
	size_t objects = 0;
	int64_t now = saved_newest(saved);
	size_t count;

	if (words->at && clock_parse(words->at, &now) == 0)
		return now;
	inputs = saved_inputs(saved, &count);
	for (size_t i = 0; i < count; i++)
		objects += inputs[i].objects;
	return objects == 1 && now ? now + FIRST_MINUTE : now;
}

static int report_saved(const struct invocation *invocation, const struct words *words, struct saved *saved,
			const struct runbook_set *runbooks)
{
	const struct symptoms_options options = {
		.only = (const char *const *)words->only,
		.system_namespaces = (const char *const *)invocation->configuration->system_namespaces,
		.is_offline = true,
	};
	struct symptoms *symptoms = symptoms_new(runbooks, &options);
	struct report report;
	int code;

	symptoms_update(symptoms, saved_snapshot(saved), saved_evidence(saved), now_of(words, saved));
	report_init(&report, invocation, symptoms);
	report.inputs = saved_inputs(saved, &report.input_count);
	report.has_unread_input = saved_has_unread(saved);
	print_failures(invocation, &report);
	if (saved_is_empty(saved)) {
		code = EXIT_FAILED;
	} else {
		print(words, &report, invocation->out);
		code = report_exit_code(&report);
	}
	symptoms_free(symptoms);
	return code;
}

static int run_on_files(const struct invocation *invocation, const struct words *words)
{
	struct field_set fields;
	struct runbook_set *runbooks;
	struct saved *saved;
	struct err err = {0};
	int64_t at;
	int code;

	if (words->at && clock_parse(words->at, &at) < 0) {
		err_set(&err, ERR_USAGE, "--at wants a time like 2026-11-21T08:54:47Z, not {value}", "value", words->at,
			NULL);
		return command_fail(invocation, &err);
	}
	if (load_runbooks(invocation, &fields, &runbooks, &err) < 0)
		return command_fail(invocation, &err);
	if (check_only(words, runbooks, &err) < 0) {
		code = command_fail(invocation, &err);
	} else {
		saved = saved_new(&fields);
		for (size_t i = 0; i < words->from_count; i++)
			saved_read(saved, words->from[i]);
		saved_finish(saved);
		code = report_saved(invocation, words, saved, runbooks);
		saved_free(saved);
	}
	runbook_set_free(runbooks);
	field_set_release(&fields);
	return code;
}

static const struct command_flag flags[] = {
	{"-o", FORMATS, N_("form of the report (text)")},
	{"--only", "ID,...", N_("look for these entries alone")},
	{"--watch", NULL, N_("print again whenever something changes")},
	{"--from", "PATH", N_("diagnose what was saved: a file, a folder, or - for standard input")},
	{"--at", "TIME", N_("with --from: take this for now, not the newest time in the input")},
	{NULL, NULL, NULL},
};

extern const struct command report_command;

static int run(struct invocation *invocation)
{
	CLEANUP(words_release) struct words words = {0};

	if (parse(invocation, &report_command, &words) < 0)
		return EXIT_FAILED;
	return words.from_count ? run_on_files(invocation, &words) : run_on_cluster(invocation, &words);
}

const struct command report_command = {
	.name = "report",
	.usage = "report [-o text|json|prom|md] [--only ID,...] [--watch] | "
		 "report --from PATH... [--at TIME] [-o ...] [--only ID,...]",
	.help = N_("say what is wrong with the cluster, once, without a screen"),
	.flags = flags,
	.run = run,
};
