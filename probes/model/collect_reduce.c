#include "probes/model/collect_reduce.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"

/* One line of an INI file without the blanks around it; comments are empty lines (gcfg: # and ;). */
static char *trimmed(const char *line, size_t n)
{
	while (n && isspace((unsigned char)*line)) {
		line++;
		n--;
	}
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	return xstrndup(line, n && (*line == '#' || *line == ';') ? 0 : n);
}

/* gcfg's words for true; a key alone is true as well. */
static bool is_true(const char *value)
{
	static const char *const words[] = {"", "true", "yes", "on", "1"};
	size_t n = strcspn(value, "#;");
	auto_free char *text = trimmed(value, n);
	size_t length = strlen(text);

	if (length >= 2 && *text == '"' && text[length - 1] == '"') {
		memmove(text, text + 1, length - 2);
		text[length - 2] = '\0';
	}
	for (size_t i = 0; i < array_length(words); i++) {
		if (!strcasecmp(text, words[i]))
			return true;
	}
	return false;
}

static bool is_rescan_key(const char *line, const char **ret_value)
{
	static const char key[] = "rescan-on-resize";
	const char *after;

	if (strncasecmp(line, key, strlen(key)) != 0)
		return false;
	for (after = line + strlen(key); isspace((unsigned char)*after);)
		after++;
	if (*after && *after != '=')
		return false;
	*ret_value = *after ? after + 1 : after;
	return true;
}

/* guide E10: whether Cinder's plugin looks at a disk again after it grew; the last value counts. */
static bool rescans_on_resize(const char *config)
{
	bool is_in_section = false;
	bool answer = false;

	while (*config) {
		size_t n = strcspn(config, "\n");
		auto_free char *line = trimmed(config, n);
		const char *value;

		if (*line == '[')
			is_in_section = !strncasecmp(line, "[BlockStorage]", strlen("[BlockStorage]"));
		else if (is_in_section && is_rescan_key(line, &value))
			answer = is_true(value);
		config += n + (config[n] == '\n');
	}
	return answer;
}

/* Facts that an entry needs, and nothing else of the content. */
static json_t *derive(const json_t *data)
{
	const char *encoded = json_string_value(json_object_get(data, "cloud-config"));
	json_t *derived = json_object();
	char *text = NULL;
	size_t length = 0;

	if (!encoded || base64_decode(encoded, &text, &length, NULL) < 0)
		return derived;
	json_object_set_new(derived, "rescanOnResize", json_boolean(rescans_on_resize(text)));
	explicit_bzero(text, length);
	free(text);
	return derived;
}

/* The last applied configuration repeats a Secret's data. */
static void reduce_secret(json_t *object)
{
	static const char *const members[] = {"data", "stringData"};
	json_t *keys = json_array();
	json_t *derived = derive(json_object_get(object, "data"));
	const char *key;
	json_t *value;

	for (size_t i = 0; i < array_length(members); i++) {
		json_object_foreach(json_object_get(object, members[i]), key, value) {
			json_array_append_new(keys, json_string(key));
		}
		json_object_del(object, members[i]);
	}
	json_object_set_new(object, "dataKeys", keys);
	json_object_set_new(object, "derived", derived);
	json_object_del(json_object_get(object, "metadata"), "annotations");
	json_object_del(json_object_get(object, "metadata"), "managedFields");
}

static bool is_secret_path(const char *path)
{
	const char *found = strstr(path, "/secrets");

	return found && strchr("/?", found[strlen("/secrets")]) != NULL;
}

static void reduce_secrets(const char *path, json_t *document)
{
	const char *kind = json_string_value(json_object_get(document, "kind"));
	json_t *items = json_object_get(document, "items");
	size_t index;
	json_t *item;

	if (!is_secret_path(path) && (!kind || strncmp(kind, "Secret", strlen("Secret")) != 0))
		return;
	reduce_secret(document);
	json_array_foreach(items, index, item) {
		reduce_secret(item);
	}
}

static void add_volume(json_t *volumes, const json_t *volume)
{
	const json_t *claim = json_object_get(volume, "pvcRef");
	const char *name = json_string_value(json_object_get(claim, "name"));
	const char *name_space = json_string_value(json_object_get(claim, "namespace"));
	auto_free char *key = NULL;

	if (!name || !name_space || !json_is_integer(json_object_get(volume, "capacityBytes")))
		return;
	key = xasprintf("%s/%s", name_space, name);
	json_object_set_new(volumes, key,
			    json_pack("{s:O, s:O?}", "capacityBytes", json_object_get(volume, "capacityBytes"),
				      "usedBytes", json_object_get(volume, "usedBytes")));
}

/* The kubelet's summary: k8s.io/kubelet/pkg/apis/stats/v1alpha1, PodStats.VolumeStats. */
static json_t *reduce_stats(const json_t *summary)
{
	json_t *volumes = json_object();
	size_t index;
	const json_t *pod;

	json_array_foreach(json_object_get(summary, "pods"), index, pod) {
		size_t at;
		const json_t *volume;

		json_array_foreach(json_object_get(pod, "volume"), at, volume) {
			add_volume(volumes, volume);
		}
	}
	return json_pack("{s:o}", "volumes", volumes);
}

json_t *evidence_reduce(const struct evidence_request *request, const json_t *document)
{
	json_t *copy;

	if (request->type == EVIDENCE_STATS)
		return reduce_stats(document);
	copy = json_deep_copy(document);
	reduce_secrets(request->path, copy);
	return copy;
}
