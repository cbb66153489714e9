/*
 * `doctor`: walks from the kubeconfig to the permissions and stops at the first layer that fails: what
 * lies behind it cannot be judged. Each line says what was looked at and, where it fails, what to try.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/doctor.h"
#include "tui/paths.h"
#include "tui/session.h"
#include "widgets/glyph.h"

enum { LABEL_CELLS = 22 };

/* What came back to a question. */
struct answer {
	bool is_there;
	struct kube_result result;	/* without body and document */
	char *text;			/* what the question was about; NULL: not in the answer */
};

extern const struct command doctor_command;

void doctor_say(struct doctor *doctor, enum mark mark, const char *label, const char *text)
{
	static const enum glyph glyphs[] = {
		[MARK_GOOD] = GLYPH_OK,
		[MARK_BAD] = GLYPH_FAILED,
		[MARK_UNKNOWN] = GLYPH_COULD_NOT_CHECK,
		[MARK_PLAIN] = GLYPH_NOT_APPLICABLE,
	};
	enum glyph_set set = doctor->invocation->options->utf8 ? GLYPHS_UTF8 : GLYPHS_ASCII;

	doctor->bad += mark == MARK_BAD;
	label = translate(label);
	fprintf(doctor->invocation->out, " %s %-*s ", glyph_text(set, glyphs[mark]), field_width(label, LABEL_CELLS),
		label);
	print_shown(doctor->invocation->out, text);
	fputc('\n', doctor->invocation->out);
}

int doctor_say_err(struct doctor *doctor, const char *label, const struct err *err)
{
	auto_free char *what = message_text(&err->what);
	auto_free char *hint = message_text(&err->hint);
	auto_free char *text = xasprintf("%s%s%s", what, *hint ? "; " : "", hint);

	doctor_say(doctor, MARK_BAD, label, text);
	return -1;
}

void doctor_heading(struct doctor *doctor, const char *id)
{
	fprintf(doctor->invocation->out, "%s\n", translate(id));
}

/* Kubeconfig */

static int look_at_kubeconfig(struct doctor *doctor)
{
	const struct session_options options = {.client_only = true};
	const struct kubeconfig_view *view;
	struct err err = {0};

	doctor_heading(doctor, "Access");
	if (session_open(doctor->invocation, &options, &doctor->session, &err) < 0)
		return doctor_say_err(doctor, "kubeconfig", &err);
	view = kube_client_view(doctor->session->client);
	doctor_say(doctor, MARK_GOOD, "kubeconfig", view->file ? view->file : "");
	doctor_say(doctor, MARK_PLAIN, "context", view->context);
	doctor_say(doctor, MARK_PLAIN, "server", view->server);
	if (view->exec)
		doctor_say(doctor, MARK_PLAIN, "credential plugin", view->exec->command);
	return 0;
}

/* DNS, TCP, TLS: one request, whose failure says how far it came */

static void on_version(void *data, const struct kube_result *result)
{
	struct answer *answer = data;
	const char *version = json_string_value(json_object_get(result->document, "gitVersion"));

	answer->is_there = true;
	answer->result = *result;
	answer->text = version ? xstrndup(version, 64) : NULL;
}

static void on_review(void *data, const struct kube_result *result)
{
	struct answer *answer = data;
	const json_t *status = json_object_get(result->document, "status");
	const char *name = json_string_value(json_object_get(json_object_get(status, "userInfo"), "username"));

	answer->is_there = true;
	answer->result = *result;
	answer->text = name ? xstrdup(name) : NULL;
}

/* Every request ends by its own time limit. */
static void await(struct doctor *doctor, const struct answer *answer)
{
	while (!answer->is_there)
		loop_turn(doctor->session->loop, 1000);
}

static void ask_version(struct doctor *doctor, struct answer *answer)
{
	const struct kube_request request = {
		.method = "GET",
		.path = "/version",
		.accept = KUBE_JSON,
		.on_done = on_version,
		.data = answer,
	};

	if (kube_read(doctor->session->client, &request, NULL, &answer->result.err) < 0)
		bug("the reading door refuses /version");
	await(doctor, answer);
}

/* The layers that were passed, then the one that was not. */
static int look_at_link(struct doctor *doctor, const struct answer *answer)
{
	const struct kubeconfig_view *view = kube_client_view(doctor->session->client);
	const struct kube_result *result = &answer->result;
	enum http_layer failed = result->status ? HTTP_LAYER_ANSWER : result->layer;
	bool is_tls = !strncasecmp(view->server, "https://", 8);

	if (failed == HTTP_LAYER_NONE)
		return doctor_say_err(doctor, "authentication", &result->err);
	if (failed == HTTP_LAYER_DNS)
		return doctor_say_err(doctor, "DNS", &result->err);
	doctor_say(doctor, MARK_GOOD, "DNS",
	    view->proxy_url ? translate("the proxy is found") : translate("the server is found"));
	if (failed == HTTP_LAYER_TCP)
		return doctor_say_err(doctor, "TCP", &result->err);
	doctor_say(doctor, MARK_GOOD, "TCP", translate("connected"));
	if (failed == HTTP_LAYER_TLS)
		return doctor_say_err(doctor, "TLS", &result->err);
	if (!is_tls)
		doctor_say(doctor, MARK_UNKNOWN, "TLS", translate("none: no credentials are sent over plain http"));
	else if (view->insecure_skip_verify)
		doctor_say(doctor, MARK_UNKNOWN, "TLS", translate("the server's certificate is not verified"));
	else
		doctor_say(doctor, MARK_GOOD, "TLS", translate("the server's certificate is accepted"));
	if (result->code == ERR_NONE || result->code == ERR_UNAUTHORIZED || result->code == ERR_FORBIDDEN)
		return 0;
	return doctor_say_err(doctor, "answer", &result->err);
}

/* Authentication */

static int look_at_user(struct doctor *doctor, const struct answer *version)
{
	static const char review[] = "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}";
	const struct kubeconfig_view *view = kube_client_view(doctor->session->client);
	struct answer answer = {0};
	const struct kube_request request = {
		.method = "POST",
		.path = "/apis/authentication.k8s.io/v1/selfsubjectreviews",
		.accept = KUBE_JSON,
		.body = review,
		.on_done = on_review,
		.data = &answer,
	};
	auto_free char *name = NULL;
	struct err err = {0};

	if (version->result.code == ERR_UNAUTHORIZED)
		return doctor_say_err(doctor, "authentication", &version->result.err);
	if (kube_ask(doctor->session->client, &request, NULL, &err) < 0)
		bug("the asking door refuses a review");
	await(doctor, &answer);
	name = answer.text;
	if (answer.result.code == ERR_UNAUTHORIZED || !strcmp(name ? name : "", "system:anonymous")) {
		err_set(&err, ERR_UNAUTHORIZED, "{server} does not accept the credentials of user {user}", "server",
			view->server, "user", view->user, NULL);
		err_hint(&err, "renew the credentials of user {user} in {file}", "user", view->user, "file", view->file,
			 NULL);
		return doctor_say_err(doctor, "authentication", &err);
	}
	if (name)
		doctor_say(doctor, MARK_GOOD, "authentication", name);
	else
		doctor_say(doctor, MARK_UNKNOWN, "authentication",
		    translate("accepted; the server does not say as whom (before 1.28)"));
	return 0;
}

static int look_at_version(struct doctor *doctor, const struct answer *version)
{
	struct err err = {0};

	if (!version->text) {
		doctor_say(doctor, MARK_UNKNOWN, "version", translate("the server does not say"));
		return 0;
	}
	if (kube_check_version(version->text, &err) < 0)
		return doctor_say_err(doctor, "version", &err);
	doctor_say(doctor, MARK_GOOD, "version", version->text);
	return 0;
}

/* Permissions: what the console asks for while it looks, and what a fix needs on top */

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
	{{"get", "coordination.k8s.io", "leases", "", "kube-system", ""}, false},
	{{"list", "coordination.k8s.io", "leases", "", "kube-system", ""}, false},
	{{"create", "coordination.k8s.io", "leases", "", "kube-system", ""}, false},
	{{"update", "coordination.k8s.io", "leases", "", "kube-system", ""}, false},
	{{"delete", "coordination.k8s.io", "leases", "", "kube-system", ""}, false},
};

struct asked {
	struct doctor *doctor;
	const struct permission *permission;
	struct access_question question;
	enum access_verdict verdict;
	struct err err;
};

static void on_access(void *data, enum access_verdict verdict, const struct err *err)
{
	struct asked *asked = data;

	asked->verdict = verdict;
	if (err)
		asked->err = *err;
	asked->doctor->waiting--;
}

static void say_permission(struct doctor *doctor, const struct asked *asked)
{
	const struct access_question *question = &asked->question;
	auto_free char *label = xasprintf("%s %s%s%s", question->verb, question->resource,
					  question->subresource[0] ? "/" : "", question->subresource);
	const char *matter = asked->permission->is_needed ? translate(": checks that need it say so")
							  : translate(": fixes that need it are refused");
	auto_free char *denied = xasprintf(translate("denied%s%s%s"), question->name_space[0] ? " in " : "",
					   question->name_space, matter);

	if (asked->verdict == ACCESS_UNKNOWN)
		doctor_say_err(doctor, label, &asked->err);
	else if (asked->verdict == ACCESS_ALLOWED)
		doctor_say(doctor, MARK_GOOD, label, translate("allowed"));
	else
		doctor_say(doctor, asked->permission->is_needed ? MARK_BAD : MARK_UNKNOWN, label, denied);
}

/* Each is said; that some are missing stops nothing, for the console works with what there is. */
static void look_at_permissions(struct doctor *doctor)
{
	const char *name_space = doctor->invocation->options->name_space;
	struct asked asked[array_length(permissions)] = {0};

	doctor_heading(doctor, "Permissions");
	for (size_t i = 0; i < array_length(permissions); i++) {
		asked[i].doctor = doctor;
		asked[i].permission = &permissions[i];
		asked[i].question = permissions[i].question;
		/* With --namespace the console looks there alone. */
		if (name_space && permissions[i].is_needed && strcmp(asked[i].question.resource, "nodes") != 0)
			asked[i].question.name_space = name_space;
		doctor->waiting++;
		kube_access(doctor->session->client, &asked[i].question, on_access, &asked[i]);
	}
	while (doctor->waiting)
		loop_turn(doctor->session->loop, 1000);
	for (size_t i = 0; i < array_length(permissions); i++)
		say_permission(doctor, &asked[i]);
}

/* This machine */

static void look_at_program(struct doctor *doctor)
{
	const struct invocation *invocation = doctor->invocation;
	const struct configuration *configuration = invocation->configuration;
	auto_free char *simulator = paths_simulator();
	const char *term = getenv("TERM");

	doctor_heading(doctor, "Terminal");
	doctor_say(doctor, MARK_PLAIN, "type", term && *term ? term : translate("TERM is not set"));
	doctor_say(doctor, MARK_PLAIN, "character set",
	    invocation->options->utf8 ? "UTF-8" : translate("not UTF-8: ASCII signs are used"));
	doctor_say(doctor, MARK_PLAIN, "language", invocation->options->language);
	doctor_say(doctor, MARK_PLAIN, "standard output",
	    isatty(STDOUT_FILENO) ? translate("a terminal")
				  : translate("no terminal: the report takes the console's place"));
	doctor_heading(doctor, "Program");
	doctor_say(doctor, MARK_PLAIN, "version", program_version());
	doctor_say(doctor, access(invocation->assets, R_OK) == 0 ? MARK_GOOD : MARK_BAD, "assets", invocation->assets);
	doctor_say(doctor, simulator ? MARK_GOOD : MARK_UNKNOWN, "simulated cluster",
	    simulator ? simulator : translate("nks-triage-sim is not there: --demo and sim do not work"));
	doctor_say(doctor, MARK_GOOD, "configuration",
	    configuration->exists ? configuration->file : translate("none; the defaults hold"));
	doctor_say(doctor, access(invocation->state_dir, W_OK) == 0 ? MARK_GOOD : MARK_BAD, "state folder",
	    invocation->state_dir);
}

static int walk(struct doctor *doctor)
{
	struct answer version = {0};
	int failed;

	ask_version(doctor, &version);
	failed = look_at_link(doctor, &version) < 0 || look_at_user(doctor, &version) < 0 ||
		 look_at_version(doctor, &version) < 0;
	free(version.text);
	if (failed) {
		fprintf(doctor->invocation->out, "%s\n",
			translate("Stopped here: what comes behind cannot be judged before this works."));
		return -1;
	}
	look_at_permissions(doctor);
	doctor_look_at_locks(doctor);
	doctor_look_at_nodes(doctor);
	look_at_program(doctor);
	return 0;
}

static int run(struct invocation *invocation)
{
	struct doctor doctor = {.invocation = invocation};

	if (command_take_words(invocation, &doctor_command, NULL, 0) < 0)
		return EXIT_FAILED;
	if (look_at_kubeconfig(&doctor) < 0)
		return EXIT_FAILED;
	walk(&doctor);
	session_close(doctor.session);
	return doctor.bad ? EXIT_UNCHECKED : EXIT_DONE;
}

const struct command doctor_command = {
	.name = "doctor",
	.usage = "doctor",
	.help = N_("say what works from here, layer by layer, and stop at the first that does not"),
	.run = run,
};
