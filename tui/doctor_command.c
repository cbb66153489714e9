/* `doctor`: what works from here: kubeconfig, apiserver, each permission, terminal, paths. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/paths.h"
#include "tui/session.h"
#include "widgets/glyph.h"

enum mark { MARK_GOOD, MARK_BAD, MARK_UNKNOWN, MARK_PLAIN };

struct doctor {
	struct invocation *invocation;
	struct session *session;
	size_t bad;		/* what should work and does not */
	size_t waiting;		/* answers to come */
};

static void say(struct doctor *doctor, enum mark mark, const char *label, const char *text)
{
	static const enum glyph glyphs[] = {
		[MARK_GOOD] = GLYPH_OK,
		[MARK_BAD] = GLYPH_FAILED,
		[MARK_UNKNOWN] = GLYPH_COULD_NOT_CHECK,
		[MARK_PLAIN] = GLYPH_NOT_APPLICABLE,
	};
	enum glyph_set set = doctor->invocation->options->utf8 ? GLYPHS_UTF8 : GLYPHS_ASCII;

	doctor->bad += mark == MARK_BAD;
	fprintf(doctor->invocation->out, " %s %-22s ", glyph_text(set, glyphs[mark]), translate(label));
	print_shown(doctor->invocation->out, text);
	fputc('\n', doctor->invocation->out);
}

static void say_err(struct doctor *doctor, enum mark mark, const char *label, const struct err *err)
{
	auto_free char *what = message_text(&err->what);
	auto_free char *hint = message_text(&err->hint);
	auto_free char *text = xasprintf("%s: %s%s%s", err_layer(err->code), what, *hint ? "; " : "", hint);

	say(doctor, mark, label, text);
}

static void heading(struct doctor *doctor, const char *id)
{
	fprintf(doctor->invocation->out, "%s\n", translate(id));
}

static void look_at_program(struct doctor *doctor)
{
	const struct invocation *invocation = doctor->invocation;
	const struct configuration *configuration = invocation->configuration;
	auto_free char *simulator = paths_simulator();
	const char *term = getenv("TERM");

	heading(doctor, "Program");
	say(doctor, MARK_PLAIN, "version", program_version());
	say(doctor, access(invocation->assets, R_OK) == 0 ? MARK_GOOD : MARK_BAD, "assets", invocation->assets);
	say(doctor, simulator ? MARK_GOOD : MARK_UNKNOWN, "simulated cluster",
	    simulator ? simulator : translate("nks-triage-sim is not there: --demo and sim do not work"));
	say(doctor, MARK_GOOD, "configuration",
	    configuration->exists ? configuration->file : translate("none; the defaults hold"));
	say(doctor, access(invocation->state_dir, W_OK) == 0 ? MARK_GOOD : MARK_BAD, "state folder",
	    invocation->state_dir);
	heading(doctor, "Terminal");
	say(doctor, MARK_PLAIN, "type", term && *term ? term : translate("TERM is not set"));
	say(doctor, MARK_PLAIN, "character set",
	    invocation->options->utf8 ? "UTF-8" : translate("not UTF-8: ASCII signs are used"));
	say(doctor, MARK_PLAIN, "language", invocation->options->language);
	say(doctor, MARK_PLAIN, "standard output",
	    isatty(STDOUT_FILENO) ? translate("a terminal")
	    : translate("no terminal: the report takes the console's place"));
}

static void look_at_kubeconfig(struct doctor *doctor)
{
	const struct kubeconfig_view *view = kube_client_view(doctor->session->client);

	say(doctor, MARK_GOOD, "kubeconfig", view->file ? view->file : "");
	say(doctor, MARK_PLAIN, "context", view->context);
	say(doctor, MARK_PLAIN, "server", view->server);
	say(doctor, MARK_PLAIN, "user", view->as_user ? view->as_user : view->user);
	if (view->insecure_skip_verify)
		say(doctor, MARK_UNKNOWN, "TLS", translate("the server's certificate is not verified"));
}

/* Waits for the first picture and says which lists there are. */
static void look_at_lists(struct doctor *doctor)
{
	struct session *session = doctor->session;
	struct err err = {0};
	int waited = session_wait(session, &err);
	const char *version = kube_server_version(session->client);

	heading(doctor, "Cluster");
	if (!kube_link(session->client)->ever_answered && waited < 0)
		say_err(doctor, MARK_BAD, "apiserver", &err);
	else
		say(doctor, MARK_GOOD, "apiserver", *version ? version : translate("answers"));
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct collection *collection =
			snapshot_collection(cluster_snapshot(session->cluster), (enum kind_id)kind);
		const char *resource = kind_get((enum kind_id)kind)->resource;
		char count[64];

		if (!session->fields.is_watched[kind])
			continue;
		snprintf(count, sizeof(count), translate("%zu listed"), collection->count);
		if (collection->state == COLLECTION_CURRENT)
			say(doctor, MARK_GOOD, resource, count);
		else if (collection->state == COLLECTION_ABSENT)
			say(doctor, MARK_UNKNOWN, resource, translate("the cluster has none of that kind"));
		else if (collection->state != COLLECTION_NEVER)
			say_err(doctor, MARK_BAD, resource, &collection->err);
		else
			say(doctor, MARK_UNKNOWN, resource, translate("no answer yet"));
	}
}

/* What the console asks for while it looks, and what a fix needs on top. */
static const struct permission {
	struct access_question question;
	bool is_needed;		/* to look; else only to repair */
} permissions[] = {
	{{"watch", "", "nodes", "", "", ""}, true},
	{{"watch", "", "pods", "", "", ""}, true},
	{{"watch", "", "events", "", "", ""}, true},
	{{"watch", "apps", "daemonsets", "", "", ""}, true},
	{{"watch", "apps", "deployments", "", "", ""}, true},
	{{"watch", "apps", "replicasets", "", "", ""}, true},
	{{"watch", "apps", "statefulsets", "", "", ""}, true},
	{{"get", "", "pods", "log", "", ""}, true},
	{{"patch", "apps", "deployments", "", "kube-system", ""}, false},
	{{"patch", "apps", "daemonsets", "", "kube-system", ""}, false},
	{{"create", "coordination.k8s.io", "leases", "", "kube-system", ""}, false},
	{{"update", "coordination.k8s.io", "leases", "", "kube-system", ""}, false},
};

struct asked {
	struct doctor *doctor;
	const struct permission *permission;
	enum access_verdict verdict;
	struct err err;
	bool answered;
};

static void on_access(void *data, enum access_verdict verdict, const struct err *err)
{
	struct asked *asked = data;

	asked->answered = true;
	asked->verdict = verdict;
	if (err)
		asked->err = *err;
	asked->doctor->waiting--;
}

static void say_permission(struct doctor *doctor, const struct asked *asked)
{
	const struct access_question *question = &asked->permission->question;
	auto_free char *label = xasprintf("%s %s%s%s", question->verb, question->resource,
					  question->subresource[0] ? "/" : "", question->subresource);
	auto_free char *denied = xasprintf(translate("denied%s%s%s"), question->name_space[0] ? " in " : "",
					   question->name_space,
					   asked->permission->is_needed ? translate(": checks that need it say so") :
									  translate(": fixes that need it "
										    "are refused"));

	if (!asked->answered || asked->verdict == ACCESS_UNKNOWN)
		say(doctor, MARK_UNKNOWN, label, translate("could not ask"));
	else if (asked->verdict == ACCESS_ALLOWED)
		say(doctor, MARK_GOOD, label, translate("allowed"));
	else
		say(doctor, asked->permission->is_needed ? MARK_BAD : MARK_UNKNOWN, label, denied);
}

static void look_at_permissions(struct doctor *doctor)
{
	int64_t deadline = clock_monotonic_ms() + (int64_t)(doctor->invocation->options->wait * 1000);
	struct asked asked[array_length(permissions)] = {0};

	heading(doctor, "Permissions");
	for (size_t i = 0; i < array_length(permissions); i++) {
		asked[i].doctor = doctor;
		asked[i].permission = &permissions[i];
		doctor->waiting++;
		kube_access(doctor->session->client, &permissions[i].question, on_access, &asked[i]);
	}
	while (doctor->waiting && clock_monotonic_ms() < deadline)
		session_turn(doctor->session, 200);
	for (size_t i = 0; i < array_length(permissions); i++)
		say_permission(doctor, &asked[i]);
	/* Late answers have nowhere to go: the client ends before this function's frame does. */
	session_close(take_pointer(doctor->session));
}

static int run(struct invocation *invocation)
{
	struct doctor doctor = {.invocation = invocation};
	struct err err;
	const char *name = NULL;
	const char *value = NULL;
	int position = 1;

	if (command_next(invocation, &(const struct command){.name = "doctor", .usage = "doctor"}, &position, &name,
			 &value) != -1)
		return EXIT_FAILED;
	look_at_program(&doctor);
	heading(&doctor, "Access");
	if (session_open(invocation, NULL, &doctor.session, &err) < 0) {
		say_err(&doctor, MARK_BAD, "kubeconfig", &err);
		return EXIT_FAILED;
	}
	look_at_kubeconfig(&doctor);
	look_at_lists(&doctor);
	if (kube_link(doctor.session->client)->ever_answered)
		look_at_permissions(&doctor);
	session_close(doctor.session);
	return doctor.bad ? EXIT_UNCHECKED : EXIT_DONE;
}

const struct command doctor_command = {
	.name = "doctor",
	.usage = "doctor",
	.help = "say what works from here: kubeconfig, apiserver, permissions, terminal, paths",
	.run = run,
};
