#include "probes/kube/credential.h"

#include <string.h>
#include <strings.h>

#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/credential_exec.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/job.h"
#include "probes/net/loop.h"

enum {
	TOKEN_FILE_LIFE_MS = 60000,
	TOKEN_FILE_MAXIMUM = 64 << 10,
	EXEC_TIMEOUT_MS = 60000,
	EXEC_EARLY_S = 10,		/* asked again this long before it expires */
	EXEC_SHORTEST_LIFE_S = 10,	/* a plugin that answers with the past is not run for every request */
	ASK_AGAIN_MS = 300000,		/* who declined is not asked for every watch that wants to go on */
};

struct credential {
	struct loop *loop;
	const struct kubeconfig_view *view;
	char *file_token;		/* what the token file held */
	int64_t file_read_ms;
	struct exec_answer exec;
	bool exec_known;
	int64_t exec_taken;		/* wall time */
	struct job *job;
	long exec_timeout_ms;
	struct kube_terminal terminal;	/* lend NULL: there is none */
	bool has_terminal;		/* lent to the plugin that runs */
	int64_t declined_until_ms;	/* start_err says why the last plugin that could ask failed */
	struct timer *start_failed;
	struct err start_err;
	struct credential_waiter *waiters;
};

struct credential *credential_new(struct loop *loop, const struct kubeconfig_view *view)
{
	struct credential *credential = xcalloc(1, sizeof(*credential));

	credential->loop = loop;
	credential->view = view;
	credential->exec_timeout_ms = EXEC_TIMEOUT_MS;
	return credential;
}

void credential_configure(struct credential *credential, long exec_timeout_ms, const struct kube_terminal *terminal)
{
	if (exec_timeout_ms > 0)
		credential->exec_timeout_ms = exec_timeout_ms;
	if (terminal)
		credential->terminal = *terminal;
}

static void take_terminal_back(struct credential *credential)
{
	if (credential->has_terminal)
		credential->terminal.take_back(credential->terminal.data);
	credential->has_terminal = false;
}

void credential_free(struct credential *credential)
{
	if (!credential)
		return;
	while (credential->waiters)
		credential_wait_cancel(credential->waiters);
	job_cancel(credential->job);
	take_terminal_back(credential);
	timer_cancel(credential->start_failed);
	secret_free(take_pointer(credential->file_token));
	exec_answer_release(&credential->exec);
	free(credential);
}

/* Token file */

static int read_token_file(struct credential *credential, struct err *err)
{
	const char *path = credential->view->token_file;
	char *text = NULL;
	size_t length = 0;
	size_t start;

	if (file_read(path, TOKEN_FILE_MAXIMUM, &text, &length, err) < 0) {
		err_hint(err, "check tokenFile of user {user} in {file}", "user", credential->view->user,
			 "file",
			 credential->view->file, NULL);
		return -1;
	}
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		text[--length] = '\0';
	start = strspn(text, " \t\r\n");
	if (strlen(text + start) + start != length || start == length) {
		secret_free(text);
		err_set(err, ERR_CONFIG, "{path} holds no token", "path", path, NULL);
		err_hint(err, "check tokenFile of user {user} in {file}", "user", credential->view->user,
			 "file",
			 credential->view->file, NULL);
		return -1;
	}
	memmove(text, text + start, length - start + 1);
	secret_free(take_pointer(credential->file_token));
	credential->file_token = text;
	credential->file_read_ms = clock_monotonic_ms();
	return 0;
}

/* A file that cannot be read just now (it is being replaced) does not take a token away that still works. */
static int refresh_token_file(struct credential *credential, struct err *err)
{
	bool known = credential->file_token != NULL;

	if (known && clock_monotonic_ms() - credential->file_read_ms < TOKEN_FILE_LIFE_MS)
		return 0;
	if (read_token_file(credential, known ? NULL : err) < 0 && !known)
		return -1;
	return 0;
}

/* Credential plugin */

static bool exec_is_fresh(const struct credential *credential)
{
	int64_t now = clock_wall();

	if (!credential->exec_known)
		return false;
	if (!credential->exec.expires || now < credential->exec.expires - EXEC_EARLY_S)
		return true;
	return now >= credential->exec_taken && now < credential->exec_taken + EXEC_SHORTEST_LIFE_S;
}

/* Waiters may wait again when they are called: the list is taken first. */
static void call_waiters(struct credential *credential, const struct err *err)
{
	struct credential_waiter *list = take_pointer(credential->waiters);
	struct credential_waiter *called = NULL;

	/* Back into the order in which they came. */
	while (list) {
		struct credential_waiter *next = list->next;

		list->next = called;
		called = list;
		list = next;
	}
	credential->waiters = NULL;
	while (called) {
		struct credential_waiter *waiter = called;

		called = waiter->next;
		waiter->credential = NULL;
		waiter->next = NULL;
		waiter->on_ready(waiter->data, err);
	}
}

static void on_exec_done(void *data, const struct job_result *result)
{
	struct credential *credential = data;
	bool could_ask = credential->has_terminal;
	struct err err = {0};

	credential->job = NULL;
	take_terminal_back(credential);
	exec_answer_release(&credential->exec);
	credential->exec_known = false;
	log_line("credential plugin %s ended with %d", credential->view->exec->command, result->exit_code);
	if (exec_read(credential->view, result, &credential->exec, &err) < 0) {
		if (could_ask) {
			credential->start_err = err;
			credential->declined_until_ms = clock_monotonic_ms() + ASK_AGAIN_MS;
		}
		call_waiters(credential, &err);
		return;
	}
	credential->exec_known = true;
	credential->exec_taken = clock_wall();
	call_waiters(credential, NULL);
}

static void on_start_failed(void *data)
{
	struct credential *credential = data;
	struct err err = credential->start_err;

	credential->start_failed = NULL;
	call_waiters(credential, &err);
}

/* Says in start_err why not, and tells the waiters from the loop. */
static void fail_start(struct credential *credential)
{
	credential->start_failed = loop_timer(credential->loop, 0, on_start_failed, credential);
}

/* terminal: lent to it; 0: none. */
static void start_exec(struct credential *credential, int terminal)
{
	const struct kubeconfig_exec *exec = credential->view->exec;
	auto_free char *information = exec_information(credential->view, terminal != 0);
	size_t arguments = 0;
	size_t variables = 0;
	auto_free const char **argv = NULL;
	auto_free const char **environment = NULL;
	struct job_request request = {
		.timeout_ms = terminal ? 0 : credential->exec_timeout_ms,
		.terminal = terminal,
		.on_done = on_exec_done,
		.data = credential,
	};

	while (exec->arguments && exec->arguments[arguments])
		arguments++;
	while (exec->environment && exec->environment[variables])
		variables++;
	argv = xcalloc(arguments + 2, sizeof(char *));
	argv[0] = exec->command;
	for (size_t i = 0; i < arguments; i++)
		argv[i + 1] = exec->arguments[i];
	environment = xcalloc(variables + 2, sizeof(char *));
	for (size_t i = 0; i < variables; i++)
		environment[i] = exec->environment[i];
	environment[variables] = information;
	request.argv = argv;
	request.environment = environment;
	log_line("credential plugin %s starts", exec->command);
	if (job_start(credential->loop, &request, &credential->job, &credential->start_err) < 0) {
		err_hint(&credential->start_err, exec->install_hint ? "{hint}"
			 : N_("install it, or correct exec of user {user} in {file}"),
			 "hint", exec->install_hint, "user", credential->view->user, "file",
			 credential->view->file, NULL);
		take_terminal_back(credential);
		fail_start(credential);
	}
}

/* 0 and the terminal where the plugin shall have it (else 0 in *ret_terminal), or -1: it has to ask and cannot. */
static int borrow_terminal(struct credential *credential, int *ret_terminal, struct err *err)
{
	const struct kubeconfig_exec *exec = credential->view->exec;
	bool must = exec->interactive_mode && !strcmp(exec->interactive_mode, "Always");
	bool may = exec->interactive_mode && !strcmp(exec->interactive_mode, "IfAvailable") &&
		   credential->terminal.if_available;
	int terminal = -1;

	*ret_terminal = 0;
	if ((must || may) && credential->terminal.lend)
		terminal = credential->terminal.lend(credential->terminal.data);
	if (terminal > 0) {
		credential->has_terminal = true;
		*ret_terminal = terminal;
		return 0;
	}
	if (!must)
		return 0;
	err_set(err, ERR_CONFIG, "the credential plugin {command} of user {user} has to ask on the terminal "
		"(interactiveMode: Always), and there is none", "command", exec->command, "user",
		credential->view->user, NULL);
	err_hint(err, "start it from a terminal, or use a user entry without questions in {file}", "file",
		 credential->view->file, NULL);
	return -1;
}

static enum credential_state get_from_exec(struct credential *credential, struct http_security *security,
					   struct err *err)
{
	int terminal;

	if (!exec_is_fresh(credential)) {
		if (credential->job || credential->start_failed)
			return CREDENTIAL_WAIT;
		if (clock_monotonic_ms() < credential->declined_until_ms) {
			if (err)
				*err = credential->start_err;
			return CREDENTIAL_FAILED;
		}
		if (borrow_terminal(credential, &terminal, err) < 0)
			return CREDENTIAL_FAILED;
		start_exec(credential, terminal);
		return CREDENTIAL_WAIT;
	}
	if (credential->exec.token)
		security->bearer_token = credential->exec.token;
	if (credential->exec.certificate_pem) {
		security->certificate_pem = credential->exec.certificate_pem;
		security->key_pem = credential->exec.key_pem;
	}
	return CREDENTIAL_READY;
}

enum credential_state credential_get(struct credential *credential, struct http_security *security,
				     struct err *err)
{
	const struct kubeconfig_view *view = credential->view;

	/* Nobody proves anything over a wire that everybody reads; client-go does the same. */
	if (strncasecmp(view->server, "https://", 8) != 0)
		return CREDENTIAL_READY;
	security->certificate_pem = view->certificate_pem;
	security->key_pem = view->key_pem;
	security->bearer_token = view->token;
	security->basic_user = view->basic_user;
	security->basic_password = view->basic_password;
	if (view->token_file) {
		/* client-go too goes on with the token beside a file that cannot be read. */
		if (refresh_token_file(credential, err) == 0)
			security->bearer_token = credential->file_token;
		else if (!view->token)
			return CREDENTIAL_FAILED;
	}
	if (view->exec)
		return get_from_exec(credential, security, err);
	return CREDENTIAL_READY;
}

void credential_wait(struct credential *credential, struct credential_waiter *waiter)
{
	waiter->credential = credential;
	waiter->next = credential->waiters;
	credential->waiters = waiter;
}

void credential_wait_cancel(struct credential_waiter *waiter)
{
	struct credential_waiter **at;

	if (!waiter->credential)
		return;
	for (at = &waiter->credential->waiters; *at && *at != waiter; at = &(*at)->next)
		continue;
	if (*at)
		*at = waiter->next;
	waiter->credential = NULL;
	waiter->next = NULL;
}

void credential_ask_again(struct credential *credential)
{
	credential->declined_until_ms = 0;
}

bool credential_drop(struct credential *credential)
{
	if (strncasecmp(credential->view->server, "https://", 8) != 0)
		return false;
	if (credential->view->token_file) {
		secret_free(take_pointer(credential->file_token));
		return true;
	}
	if (!credential->view->exec || credential->job || credential->start_failed)
		return credential->view->exec != NULL;
	credential->exec_known = false;
	return true;
}
