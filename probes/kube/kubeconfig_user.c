#include <stdint.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig_private.h"

/* Impersonation */

static int take_groups(struct kubeconfig_view *view, const struct kubeconfig_entry *user, struct err *err)
{
	const json_t *groups;
	const json_t *group;
	size_t index;

	if (entry_list(user, "as-groups", &groups, err) < 0)
		return -1;
	if (!groups || !json_array_size(groups))
		return 0;
	view->as_groups = xcalloc(json_array_size(groups) + 1, sizeof(char *));
	json_array_foreach(groups, index, group) {
		if (!json_is_string(group))
			return entry_fault(user, group,
					   "{file}, line {line}: {value} has to be a list of texts",
					   "as-groups", err);
		view->as_groups[index] = xstrdup(json_string_value(group));
	}
	return 0;
}

static int take_extra(struct kubeconfig_view *view, const struct kubeconfig_entry *user, struct err *err)
{
	struct kubeconfig_entry extra;
	const json_t *values;
	const json_t *value;
	const char *key;
	size_t index;
	size_t count = 0;

	if (entry_mapping(user, "as-user-extra", &extra, err) < 0)
		return -1;
	json_object_foreach((json_t *)(uintptr_t)extra.value, key, values) {
		if (!json_is_array(values))
			return entry_fault(user, values,
					   "{file}, line {line}: {value} has to be a list of texts", key,
					   err);
		json_array_foreach(values, index, value) {
			if (!json_is_string(value))
				return entry_fault(user, value,
						   "{file}, line {line}: {value} has to be a list of texts",
						   key, err);
			view->as_extra = xreallocarray(view->as_extra, count + 3, sizeof(char *));
			view->as_extra[count++] = xstrdup(key);
			view->as_extra[count++] = xstrdup(json_string_value(value));
			view->as_extra[count] = NULL;
		}
	}
	return 0;
}

int kubeconfig_take_impersonation(struct kubeconfig_view *view, const struct kubeconfig_entry *user,
				  struct err *err)
{
	if (entry_copy(user, "as", &view->as_user, err) < 0 ||
	    entry_copy(user, "as-uid", &view->as_uid, err) < 0 ||
	    take_groups(view, user, err) < 0)
		return -1;
	return take_extra(view, user, err);
}

/* Proofs */

static int refuse_method(const struct kubeconfig_view *view, const struct kubeconfig_entry *user,
			 const char *key,
			 const char *id, const char *hint, struct err *err)
{
	entry_fault(user, json_object_get(user->value, key), id, view->user, err);
	err_hint(err, hint, NULL);
	return -1;
}

static int refuse_unsupported(const struct kubeconfig_entry *user,
			      struct err *err)
{
	struct kubeconfig_entry provider;
	const char *provider_name;

	if (entry_mapping(user, "auth-provider", &provider, err) < 0)
		return -1;
	if (!provider.value)
		return 0;
	if (entry_text(&provider, "name", &provider_name, err) < 0)
		return -1;
	entry_fault(user, provider.value,
		    "{file}, line {line}: users sign in by the auth-provider {value}, which is "
		    "not supported", provider_name ? provider_name : "", err);
	err_hint(err, "replace it by an exec plugin (kubectl has dropped most auth-providers too) or a token",
		 NULL);
	return -1;
}

/* No kube-apiserver takes passwords any more, but proxies in front of one do. */
static int take_password(struct kubeconfig_view *view, const struct kubeconfig_entry *user, struct err *err)
{
	if (entry_copy(user, "username", &view->basic_user, err) < 0 ||
	    entry_copy(user, "password", &view->basic_password, err) < 0)
		return -1;
	/* client-go asks for both to be one way of signing in, and for one way only. */
	if ((view->basic_user || view->basic_password) && (view->token || view->token_file))
		return refuse_method(view, user, view->basic_user ? "username" : "password",
				     "{file}, line {line}: user {value} has a token and a password, and only one "
				     "can be shown", N_("remove the one that is not meant"), err);
	return 0;
}

static int take_certificate(struct kubeconfig_view *view, const struct kubeconfig_entry *user,
			    struct err *err)
{
	if (kubeconfig_read_pem(user, "client-certificate", "CERTIFICATE-----", &view->certificate_pem,
				err) < 0 ||
	    kubeconfig_read_pem(user, "client-key", "PRIVATE KEY-----", &view->key_pem, err) < 0)
		return -1;
	/* A key alone proves nothing, and client-go goes on without it. */
	if (!view->certificate_pem)
		secret_free(take_pointer(view->key_pem));
	if (view->certificate_pem && !view->key_pem)
		return refuse_method(view, user, "client-certificate",
				     "{file}, line {line}: user {value} needs both "
				     "client-certificate and client-key", N_("add the missing one"), err);
	if (view->key_pem && strstr(view->key_pem, "ENCRYPTED"))
		return refuse_method(view, user, "client-key",
				     "{file}, line {line}: the client key of user {value} is "
				     "encrypted, and nobody can be asked for its passphrase",
				     N_("decrypt it with openssl pkey, into a file that only you can read"), err);
	return 0;
}

static int take_token(struct kubeconfig_view *view, const struct kubeconfig_entry *user, struct err *err)
{
	const char *path;

	if (entry_copy(user, "token", &view->token, err) < 0 || entry_text(user, "tokenFile", &path, err) < 0)
		return -1;
	if (path && *path)
		view->token_file = entry_path(user, path);
	for (const char *at = view->token; at && *at; at++) {
		if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f)
			return refuse_method(view, user, "token",
					     "{file}, line {line}: the token of user {value} holds a "
					     "space or a control character", N_("copy the token again"), err);
	}
	return 0;
}

int kubeconfig_take_user(struct kubeconfig_view *view, const struct kubeconfig_entry *user, struct err *err)
{
	struct kubeconfig_entry exec;

	if (refuse_unsupported(user, err) < 0 || take_certificate(view, user, err) < 0 ||
	    take_token(view, user, err) < 0 || take_password(view, user, err) < 0 ||
	    entry_mapping(user, "exec", &exec, err) < 0)
		return -1;
	/* client-go does not run the plugin of a user that has something else to show. */
	if (!exec.value || view->token || view->token_file || view->certificate_pem || view->basic_user)
		return 0;
	return kubeconfig_take_exec(view, &exec, err);
}
