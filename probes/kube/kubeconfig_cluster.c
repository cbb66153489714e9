#include <string.h>
#include <strings.h>

#include "probes/base/digest.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig_private.h"
#include "probes/kube/yaml.h"

enum { PEM_MAXIMUM = 1 << 20 };

bool view_is_tls(const struct kubeconfig_view *view)
{
	return view->server && !strncasecmp(view->server, "https://", 8);
}

static int read_pem_data(const struct kubeconfig_entry *entry, const char *key, const char *data,
			 char **ret_pem,
			 struct err *err)
{
	size_t length;

	if (base64_decode(data, ret_pem, &length, NULL) < 0)
		return entry_fault(entry, json_object_get(entry->value, key),
				   "{file}, line {line}: {value} is not base64",
				   key, err);
	return 0;
}

static int read_pem_file(const struct kubeconfig_entry *entry, const char *path, char **ret_pem,
			 struct err *err)
{
	auto_free char *real = entry_path(entry, path);
	size_t length;

	if (file_read(real, PEM_MAXIMUM, ret_pem, &length, err) == 0)
		return 0;
	err_hint(err, "{file} names it; correct the path there", "file", entry->file->path, NULL);
	return -1;
}

int kubeconfig_read_pem(const struct kubeconfig_entry *entry, const char *key, const char *marker,
			char **ret_pem,
			struct err *err)
{
	auto_free char *data_key = xasprintf("%s-data", key);
	const char *used = key;
	const char *data;
	const char *path;
	char *pem = NULL;

	*ret_pem = NULL;
	if (entry_text(entry, data_key, &data, err) < 0 || entry_text(entry, key, &path, err) < 0)
		return -1;
	if (data && *data) {
		used = data_key;
		if (read_pem_data(entry, data_key, data, &pem, err) < 0)
			return -1;
	} else if (path && *path) {
		if (read_pem_file(entry, path, &pem, err) < 0)
			return -1;
	} else {
		return 0;
	}
	if (!strstr(pem, marker)) {
		secret_free(pem);
		return entry_fault(entry, json_object_get(entry->value, used),
				   "{file}, line {line}: {value} holds no PEM "
				   "of the right kind", used, err);
	}
	*ret_pem = pem;
	return 0;
}

/*
 * No user, query, trailing slash. A server without a scheme is plain http to client-go, also beside a
 * certificate authority: it looks at the scheme before the rest of the entry (tools/clientcmd/client_config.go).
 */
static int take_server(struct kubeconfig_view *view, const struct kubeconfig_entry *cluster, struct err *err)
{
	const json_t *at = json_object_get(cluster->value, "server");
	const char *server;
	const char *authority;
	size_t length;

	if (entry_text(cluster, "server", &server, err) < 0)
		return -1;
	if (!server || !*server)
		return entry_fault(cluster, NULL, "{file}, line {line}: the cluster {value} has no server",
				   view->cluster,
				   err);
	view->server = strstr(server, "://") ? xstrdup(server) : xasprintf("http://%s", server);
	if (strncasecmp(view->server, "https://", 8) != 0 && strncasecmp(view->server, "http://", 7) != 0)
		return entry_fault(cluster, at,
				   "{file}, line {line}: the server of {value} is no http or https URL",
				   view->cluster, err);
	authority = strstr(view->server, "://") + 3;
	if (memchr(authority, '@', strcspn(authority, "/?#")))
		return entry_fault(cluster, at,
				   "{file}, line {line}: the server of {value} holds a user or password; they "
				   "belong into the user entry", view->cluster, err);
	length = strcspn(view->server, "?#");
	while (length > 0 && view->server[length - 1] == '/')
		length--;
	view->server[length] = '\0';
	for (const char *c = view->server; *c; c++) {
		if (*c <= 0x20 || *c > 0x7e)
			return entry_fault(cluster, at,
					   "{file}, line {line}: the server of {value} is no URL",
					   view->cluster, err);
	}
	return 0;
}

static int check_proxy(const struct kubeconfig_view *view, const struct kubeconfig_entry *cluster,
		       struct err *err)
{
	static const char *const schemes[] = {"http://", "https://", "socks5://"};
	bool known = !view->proxy_url;

	for (size_t i = 0; i < array_length(schemes) && !known; i++)
		known = !strncasecmp(view->proxy_url, schemes[i], strlen(schemes[i]));
	if (known)
		return 0;
	return entry_fault(cluster, json_object_get(cluster->value, "proxy-url"),
			   "{file}, line {line}: {value} has to be an http, https or socks5 URL", "proxy-url",
			   err);
}

int kubeconfig_take_cluster(struct kubeconfig_view *view, const struct kubeconfig_entry *cluster,
			    struct err *err)
{
	if (entry_bool(cluster, "insecure-skip-tls-verify", &view->insecure_skip_verify, err) < 0 ||
	    entry_bool(cluster, "disable-compression", &view->disable_compression, err) < 0 ||
	    kubeconfig_read_pem(cluster, "certificate-authority", "CERTIFICATE-----", &view->ca_pem,
				err) < 0 ||
	    take_server(view, cluster, err) < 0 ||
	    entry_copy(cluster, "tls-server-name", &view->tls_server_name, err) < 0 ||
	    entry_copy(cluster, "proxy-url", &view->proxy_url, err) < 0 || check_proxy(view, cluster, err) < 0)
		return -1;
	if (view->insecure_skip_verify && view->ca_pem && view_is_tls(view)) {
		entry_fault(cluster, NULL,
			    "{file}, line {line}: the cluster {value} has a certificate authority and "
			    "insecure-skip-tls-verify", view->cluster, err);
		err_hint(err, "remove insecure-skip-tls-verify", NULL);
		return -1;
	}
	return 0;
}

char *kubeconfig_exec_extension(const struct kubeconfig_file *file, const char *cluster)
{
	struct yaml_tree *typed = NULL;
	const json_t *entries;
	const json_t *entry;
	const json_t *extension;
	char *text = NULL;
	size_t index;
	size_t inner;

	/* Its numbers and truths keep their kind, so it is read once more. */
	if (yaml_tree_parse(file->path, file->text, file->length, YAML_TYPED, &typed, NULL) < 0)
		return NULL;
	entries = json_object_get(yaml_tree_root(typed), "clusters");
	json_array_foreach(entries, index, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));
		const json_t *extensions = json_object_get(json_object_get(entry, "cluster"), "extensions");

		if (!name || strcmp(name, cluster) != 0)
			continue;
		json_array_foreach(extensions, inner, extension) {
			const char *id = json_string_value(json_object_get(extension, "name"));

			if (id && !strcmp(id, "client.authentication.k8s.io/exec") && !text)
				text = json_dumps(json_object_get(extension, "extension"),
						  JSON_COMPACT | JSON_ENCODE_ANY);
		}
	}
	yaml_tree_free(typed);
	return text;
}
