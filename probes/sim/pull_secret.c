#include "probes/sim/pull_secret.h"

#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"

/* "docker.io" of "https://index.docker.io/v1/", which is how docker login writes it. Caller frees. */
static char *host_of(const char *server)
{
	const char *scheme = strstr(server, "://");
	const char *host = scheme ? scheme + 3 : server;
	size_t n = strcspn(host, "/");

	if (!strncmp(host, "index.docker.io", n) || !strncmp(host, "registry-1.docker.io", n))
		return xstrdup("docker.io");
	return xstrndup(host, n);
}

static void add_hosts(const struct object *secret, json_t *hosts)
{
	const json_t *data = json_object_get(secret->now->value, "data");
	const char *encoded = json_string_value(json_object_get(data, ".dockerconfigjson"));
	auto_free char *text = NULL;
	size_t length;
	struct err err;
	json_t *config;
	const char *server;
	json_t *entry;

	if (!encoded || strcmp(doc_text(secret->now->value, "type"), "kubernetes.io/dockerconfigjson") ||
	    base64_decode(encoded, &text, &length, &err))
		return;
	config = doc_parse(text, length, NULL);
	json_object_foreach(json_object_get(config, "auths"), server, entry) {
		auto_free char *host = host_of(server);

		json_object_set_new(hosts, host, json_true());
	}
	json_decref(config);
}

void pod_pull(const struct cluster *cluster, const json_t *pod, const char *image, struct pull *pull)
{
	json_t *hosts = json_object();
	size_t i;
	json_t *reference;

	json_array_foreach(doc_get(pod, "spec.imagePullSecrets"), i, reference) {
		const struct object *secret = store_find(&cluster->store, KIND_SECRET,
							 doc_text(pod, "metadata.namespace"),
							 doc_text(reference, "name"));

		if (secret)
			add_hosts(secret, hosts);
	}
	image_pull(doc_get(cluster->scenario, "registry"), image, hosts, pull);
	json_decref(hosts);
}

void pull_secrets_admit(const struct cluster *cluster, const char *namespace, json_t *spec)
{
	const char *name = doc_text(spec, "serviceAccountName");
	const struct object *account = store_find(&cluster->store, KIND_SERVICE_ACCOUNT, namespace,
						  name[0] ? name : "default");
	json_t *secrets = account ? json_object_get(account->now->value, "imagePullSecrets") : NULL;

	if (json_array_size(secrets) && !json_array_size(json_object_get(spec, "imagePullSecrets")))
		json_object_set_new(spec, "imagePullSecrets", json_deep_copy(secrets));
}
