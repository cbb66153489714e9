#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig_private.h"

static int check_version(struct kubeconfig_exec *exec, const struct kubeconfig_entry *entry, struct err *err)
{
	static const char *const known[] = {"client.authentication.k8s.io/v1",
					    "client.authentication.k8s.io/v1beta1"};
	static const char *const modes[] = {"Never", "IfAvailable", "Always"};
	bool fine = false;

	if (!exec->command) {
		return entry_fault(entry, NULL, "{file}, line {line}: {value} names no command", "exec", err);
	}
	for (size_t i = 0; i < array_length(known) && exec->api_version; i++)
		fine |= !strcmp(exec->api_version, known[i]);
	if (!fine) {
		entry_fault(entry, json_object_get(entry->value, "apiVersion"),
			    "{file}, line {line}: exec plugins of version "
			    "{value} are not supported", exec->api_version ? exec->api_version : "(none)",
			    err);
		err_hint(err, "the plugin has to speak client.authentication.k8s.io/v1 or v1beta1; update it",
			 NULL);
		return -1;
	}
	/* Version 1 has no default for it. */
	if (!exec->interactive_mode && !strcmp(exec->api_version, known[1]))
		exec->interactive_mode = xstrdup("IfAvailable");
	for (size_t i = 0; i < array_length(modes) && exec->interactive_mode; i++) {
		if (!strcmp(exec->interactive_mode, modes[i]))
			return 0;
	}
	return entry_fault(entry, json_object_get(entry->value, "interactiveMode"),
			   "{file}, line {line}: {value} has to be "
			   "Never, IfAvailable or Always", "interactiveMode", err);
}

static int take_arguments(struct kubeconfig_exec *exec, const struct kubeconfig_entry *entry, struct err *err)
{
	const json_t *arguments;
	const json_t *argument;
	size_t index;

	if (entry_list(entry, "args", &arguments, err) < 0)
		return -1;
	exec->arguments = xcalloc(json_array_size(arguments) + 1, sizeof(char *));
	json_array_foreach(arguments, index, argument) {
		if (!json_is_string(argument))
			return entry_fault(entry, argument,
					   "{file}, line {line}: {value} has to be a list of texts", "args",
					   err);
		exec->arguments[index] = xstrdup(json_string_value(argument));
	}
	return 0;
}

static int take_environment(struct kubeconfig_exec *exec, const struct kubeconfig_entry *entry,
			    struct err *err)
{
	const json_t *variables;
	const json_t *variable;
	size_t index;

	if (entry_list(entry, "env", &variables, err) < 0)
		return -1;
	exec->environment = xcalloc(json_array_size(variables) + 1, sizeof(char *));
	json_array_foreach(variables, index, variable) {
		const char *name = json_string_value(json_object_get(variable, "name"));
		const char *value = json_string_value(json_object_get(variable, "value"));

		if (!name || !*name || strchr(name, '='))
			return entry_fault(entry, variable,
					   "{file}, line {line}: {value} has to be a list of name and value",
					   "env", err);
		exec->environment[index] = xasprintf("%s=%s", name, value ? value : "");
	}
	return 0;
}

int kubeconfig_take_exec(struct kubeconfig_view *view, const struct kubeconfig_entry *entry, struct err *err)
{
	struct kubeconfig_exec *exec = xcalloc(1, sizeof(*exec));

	view->exec = exec;
	if (entry_copy(entry, "apiVersion", &exec->api_version, err) < 0 ||
	    entry_copy(entry, "command", &exec->command, err) < 0 ||
	    entry_copy(entry, "installHint", &exec->install_hint, err) < 0 ||
	    entry_copy(entry, "interactiveMode", &exec->interactive_mode, err) < 0 ||
	    entry_bool(entry, "provideClusterInfo", &exec->provide_cluster_info, err) < 0 ||
	    check_version(exec, entry, err) < 0)
		return -1;
	/* A bare name is looked for in PATH, a path is relative to the file. */
	if (strchr(exec->command, '/')) {
		char *path = entry_path(entry, exec->command);

		free(exec->command);
		exec->command = path;
	}
	if (take_arguments(exec, entry, err) < 0)
		return -1;
	return take_environment(exec, entry, err);
}
