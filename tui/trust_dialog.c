/*
 * `:trust`: what a runbook that is not shipped would run, word by word, and
 * the approval of exactly that file on this machine (decisions.md 18).
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/shell_line.h"
#include "probes/runbook/trust.h"
#include "tui/command.h"
#include "tui/console.h"

enum { BUTTON_ID_CANCEL = 1, BUTTON_ID_APPROVE = 2, COMMAND_MAX_BYTES = 16 << 10 };

/* Every word quoted, so that it is seen where one ends. */
static void add_command(struct textview *body, const json_t *argv, bool sudo)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(COMMAND_MAX_BYTES);
	size_t index;
	const json_t *word;

	buffer_add_text(&line, sudo ? "  sudo -n" : " ");
	json_array_foreach(argv, index, word) {
		shell_add_word(&line, json_string_value(word));
	}
	textview_add(body, ROLE_STRONG, buffer_text(&line));
}

/* What is no command: the request's parts as the file has them. */
static void add_rest(struct textview *body, const json_t *item)
{
	static const char *const told[] = {"id", "name", "type", "title", "why"};
	json_t *rest = json_copy((json_t *)item);
	auto_free char *text = NULL;

	for (size_t i = 0; i < array_length(told); i++)
		json_object_del(rest, told[i]);
	text = json_dumps(rest, JSON_COMPACT);
	if (json_object_size(rest))
		textview_addf(body, ROLE_STRONG, "  %s", text);
	json_decref(rest);
}

static void add_commands(struct textview *body, const json_t *list, const char *heading)
{
	size_t index;
	const json_t *item;
	bool is_first = true;

	json_array_foreach(list, index, item) {
		const char *name = json_string_value(json_object_get(item, "id"));
		const char *type = json_string_value(json_object_get(item, "type"));
		bool sudo = json_is_true(json_object_get(item, "sudo"));

		if (!name)
			name = json_string_value(json_object_get(item, "name"));
		if (is_first)
			textview_add(body, ROLE_HEADING, translate(heading));
		is_first = false;
		textview_addf(body, ROLE_NORMAL, "%s: %s", type, name);
		if (json_object_get(item, "argv"))
			add_command(body, json_object_get(item, "argv"), sudo);
		if (json_object_get(item, "undoArgv")) {
			textview_add(body, ROLE_DIM, translate("to take it back"));
			add_command(body, json_object_get(item, "undoArgv"), sudo);
		}
		if (json_object_get(item, "file")) {
			textview_addf(body, ROLE_STRONG, "  %s", json_string_value(json_object_get(item, "file")));
			textview_add_lines(body, ROLE_NORMAL, json_string_value(json_object_get(item, "content")));
		} else if (json_object_get(item, "check")) {
			textview_addf(body, ROLE_NORMAL, "  %s", json_string_value(json_object_get(item, "check")));
		} else if (!json_object_get(item, "argv")) {
			add_rest(body, item);
		}
	}
}

static void add_parameters(struct textview *body, const json_t *parameters)
{
	const char *name;
	json_t *parameter;

	json_object_foreach((json_t *)parameters, name, parameter) {
		const char *value = json_string_value(json_object_get(parameter, "default"));

		textview_addf(body, ROLE_NORMAL, "{%s} = %s", name, value ? value : "?");
	}
}

static void on_choice(struct console *console, int id)
{
	struct err err;

	console_close_modal(console);
	if (id != BUTTON_ID_APPROVE || !console->world.runbooks) {
		console_say(console, ROLE_INFO, translate("not approved: its commands do not run"));
		return;
	}
	if (runbook_set_trust(console->world.runbooks, console->trusted_id, console->trusted_digest,
			      console->invocation->state_dir, console->world.now, &err) < 0) {
		console_say_err(console, &err);
		return;
	}
	console_sayf(console, ROLE_INFO, translate("%s is approved on this machine until its file changes"),
		     console->trusted_id);
	console->needs_update = true;
}

static void ask(struct console *console, const struct runbook *runbook)
{
	auto_free char *title = xasprintf(translate("May %s run its commands?"), runbook->id);
	struct dialog *dialog = dialog_new(title);
	struct textview *body = dialog_body(dialog);

	free(console->trusted_id);
	free(console->trusted_digest);
	console->trusted_id = xstrdup(runbook->id);
	console->trusted_digest = xstrdup(runbook->digest);
	dialog_set_role(dialog, ROLE_CRITICAL);
	textview_add(body, ROLE_NORMAL, runbook->file);
	textview_addf(body, ROLE_DIM, translate("digest %.16s..."), runbook->digest);
	if (runbook->replaces)
		textview_addf(body, ROLE_WARNING, translate("takes the place of %s"), runbook->replaces);
	add_commands(body, json_object_get(runbook->document, "collect"), "To find out");
	add_commands(body, json_object_get(runbook->document, "steps"), "To mend it");
	add_parameters(body, json_object_get(runbook->document, "parameters"));
	textview_add(body, ROLE_NORMAL, "");
	textview_add(body, ROLE_NORMAL,
		     translate("Steps still need a plan, a preview and a confirmation each time."));
	dialog_add_button(dialog, BUTTON_ID_CANCEL, translate("Cancel"), 0, BUTTON_CANCEL | BUTTON_START);
	dialog_add_button(dialog, BUTTON_ID_APPROVE, translate("Approve"), 'y', BUTTON_DANGEROUS);
	console_show_dialog(console, dialog, on_choice);
}

/* The only one that waits for an answer; NULL where there is none or several. */
static const struct runbook *only_untrusted(const struct runbook_set *set)
{
	const struct runbook *found = NULL;

	for (size_t i = 0; i < runbook_count(set); i++) {
		if (runbook_at(set, i)->is_trusted)
			continue;
		if (found)
			return NULL;
		found = runbook_at(set, i);
	}
	return found;
}

void console_ask_to_trust(struct console *console, const char *id)
{
	const struct runbook_set *set = console->world.runbooks;
	const struct runbook *runbook = NULL;

	if (set)
		runbook = *id ? runbook_find(set, id) : only_untrusted(set);
	if (!runbook)
		console_say(console, ROLE_WARNING,
			    *id ? translate("there is no such runbook")
				: translate("trust ID: Tab lists the runbooks that are not approved"));
	else if (runbook->is_trusted)
		console_sayf(console, ROLE_INFO, translate("%s is trusted already"), runbook->id);
	else
		ask(console, runbook);
}
