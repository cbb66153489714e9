#include "probes/kube/kubeconfig.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig_private.h"

enum { NAMES_SHOWN = 300 };

void strings_free(char **strings)
{
	for (char **at = strings; at && *at; at++)
		free(*at);
	free(strings);
}

static void exec_free(struct kubeconfig_exec *exec)
{
	if (!exec)
		return;
	free(exec->api_version);
	free(exec->command);
	strings_free(exec->arguments);
	for (char **at = exec->environment; at && *at; at++)
		secret_free(*at);
	free(exec->environment);
	free(exec->install_hint);
	free(exec->interactive_mode);
	free(exec->cluster_config);
	free(exec);
}

void kubeconfig_view_free(struct kubeconfig_view *view)
{
	if (!view)
		return;
	free(view->context);
	free(view->cluster);
	free(view->user);
	free(view->file);
	free(view->name_space);
	free(view->server);
	free(view->ca_pem);
	free(view->certificate_pem);
	secret_free(view->key_pem);
	secret_free(view->token);
	free(view->token_file);
	free(view->basic_user);
	secret_free(view->basic_password);
	free(view->tls_server_name);
	secret_free(view->proxy_url);
	free(view->as_user);
	free(view->as_uid);
	strings_free(view->as_groups);
	strings_free(view->as_extra);
	exec_free(view->exec);
	free(view);
}

/* What there is instead of what was asked for. */
static void hint_names(const struct kubeconfig_files *files, const char *list, const char *id,
		       struct err *err)
{
	char **names = kubeconfig_names(files, list);
	struct buffer joined = BUFFER_INIT(NAMES_SHOWN);

	for (char **at = names; *at; at++) {
		if (joined.length)
			buffer_add_text(&joined, ", ");
		buffer_add_text(&joined, *at);
	}
	if (joined.length)
		err_hint(err, id, "names", buffer_text(&joined), NULL);
	else
		err_hint(err, "it has none; check the file, or name another with --kubeconfig", NULL);
	buffer_release(&joined);
	strings_free(names);
}

static int no_file(const struct kubeconfig_files *files, struct err *err)
{
	err_set(err, ERR_CONFIG, "there is no kubeconfig: {paths}", "paths", files->looked_for, NULL);
	err_hint(err, "name one with --kubeconfig or KUBECONFIG, or try --demo", NULL);
	return -1;
}

static int find_context(const struct kubeconfig_files *files, const char *name,
			struct kubeconfig_entry *ret_context,
			struct err *err)
{
	if (!*name) {
		err_set(err, ERR_CONFIG, "{paths} sets no current-context", "paths", files->looked_for, NULL);
		hint_names(files, "contexts", "choose one with --context: {names}", err);
		return -1;
	}
	if (kubeconfig_find(files, "contexts", "context", name, ret_context, err) < 0)
		return -1;
	if (ret_context->value)
		return 0;
	err_set(err, ERR_CONFIG, "{paths} has no context {context}", "paths", files->looked_for, "context",
		name, NULL);
	hint_names(files, "contexts", "it has {names}", err);
	return -1;
}

/* An entry that the context names: it has to exist where the name is not empty. */
static int find_named(const struct kubeconfig_files *files, const struct kubeconfig_entry *context,
		      const char *member,
		      const char *list, char **ret_name, struct kubeconfig_entry *ret_entry, struct err *err)
{
	const char *name;

	if (entry_text(context, member, &name, err) < 0)
		return -1;
	*ret_name = xstrdup(name ? name : "");
	*ret_entry = (struct kubeconfig_entry){0};
	if (!**ret_name)
		return 0;
	if (kubeconfig_find(files, list, member, *ret_name, ret_entry, err) < 0)
		return -1;
	if (ret_entry->value)
		return 0;
	entry_fault(context, json_object_get(context->value, member), strcmp(member, "user") != 0
		    ? "{file}, line {line}: the context names the cluster {value}, which is not there"
		    : N_("{file}, line {line}: the context names the user {value}, which is not there"),
		    *ret_name, err);
	hint_names(files, list, "there is {names}", err);
	return -1;
}

static int take_cluster(struct kubeconfig_view *view, const struct kubeconfig_files *files,
			const struct kubeconfig_entry *context, struct kubeconfig_entry *ret_cluster,
			struct err *err)
{
	if (find_named(files, context, "cluster", "clusters", &view->cluster, ret_cluster, err) < 0)
		return -1;
	if (!ret_cluster->value)
		return entry_fault(context, NULL, "{file}, line {line}: the context {value} names no cluster",
				   view->context, err);
	return kubeconfig_take_cluster(view, ret_cluster, err);
}

static int take_user(struct kubeconfig_view *view, const struct kubeconfig_files *files,
		     const struct kubeconfig_entry *context, struct err *err)
{
	struct kubeconfig_entry user;

	if (find_named(files, context, "user", "users", &view->user, &user, err) < 0)
		return -1;
	if (!user.value)
		return 0;
	if (kubeconfig_take_impersonation(view, &user, err) < 0)
		return -1;
	/* Over plain http nothing is proved, so what cannot be used does not matter either. */
	return view_is_tls(view) ? kubeconfig_take_user(view, &user, err) : 0;
}

static char **copy_strings(const char *const *strings)
{
	size_t count = 0;
	char **copy;

	while (strings[count])
		count++;
	copy = xcalloc(count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		copy[i] = xstrdup(strings[i]);
	return copy;
}

static void replace(char **text, const char *with)
{
	free(*text);
	*text = xstrdup(with);
}

static int take_options(struct kubeconfig_view *view, const struct kubeconfig_options *options,
			struct err *err)
{
	if (options->as_user)
		replace(&view->as_user, options->as_user);
	if (options->as_groups && options->as_groups[0]) {
		strings_free(view->as_groups);
		view->as_groups = copy_strings(options->as_groups);
	}
	if (options->name_space)
		replace(&view->name_space, options->name_space);
	if (!view->name_space || !*view->name_space)
		replace(&view->name_space, "default");
	/* client-go refuses the request with the same complaint. */
	if (!view->as_user && (view->as_uid || view->as_groups || view->as_extra)) {
		err_set(err, ERR_CONFIG,
			"a group, uid or extra to act as is named, but no user (context {context} in {file})",
			"context", view->context, "file", view->file, NULL);
		err_hint(err, "add --as, or \"as\" to the user entry", NULL);
		return -1;
	}
	return 0;
}

static int take_context(struct kubeconfig_view *view, const struct kubeconfig_files *files, const char *name,
			struct err *err)
{
	struct kubeconfig_entry context;
	struct kubeconfig_entry cluster;
	const char *name_space;

	if (find_context(files, name, &context, err) < 0)
		return -1;
	view->context = xstrdup(name);
	view->file = xstrdup(context.file->path);
	if (entry_text(&context, "namespace", &name_space, err) < 0 ||
	    take_cluster(view, files, &context, &cluster, err) < 0 ||
	    take_user(view, files, &context, err) < 0)
		return -1;
	view->name_space = name_space ? xstrdup(name_space) : NULL;
	if (view->exec && view->exec->provide_cluster_info)
		view->exec->cluster_config = kubeconfig_exec_extension(cluster.file, view->cluster);
	return 0;
}

static int fill_view(struct kubeconfig_view *view, const struct kubeconfig_options *options,
		     const struct kubeconfig_files *files, struct err *err)
{
	int failed;

	if (files->count)
		failed = take_context(view, files, options->context ? options->context
							   : kubeconfig_current_context(files), err);
	else if (!options->path && !options->context && kubeconfig_is_in_cluster())
		failed = kubeconfig_in_cluster(view, err);
	else
		failed = no_file(files, err);
	return failed < 0 ? -1 : take_options(view, options, err);
}

int kubeconfig_load(const struct kubeconfig_options *options, struct kubeconfig_view **ret_view,
		    struct err *err)
{
	CLEANUP(kubeconfig_files_release) struct kubeconfig_files files = {0};
	struct kubeconfig_view *view;

	if (kubeconfig_files_load(options, &files, err) < 0)
		return -1;
	view = xcalloc(1, sizeof(*view));
	if (fill_view(view, options, &files, err) < 0) {
		kubeconfig_view_free(view);
		return -1;
	}
	*ret_view = view;
	return 0;
}

int kubeconfig_contexts(const struct kubeconfig_options *options, char ***ret_names, struct err *err)
{
	CLEANUP(kubeconfig_files_release) struct kubeconfig_files files = {0};

	if (kubeconfig_files_load(options, &files, err) < 0)
		return -1;
	*ret_names = kubeconfig_names(&files, "contexts");
	return 0;
}
