#include "probes/sim/validate.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/selector.h"

static void add(json_t *causes, const char *reason, char *message, const char *field)
{
	json_array_append_new(causes, json_pack("{s:s, s:s, s:s}", "reason", reason, "message", message, "field",
						field));
	free(message);
}

static void required(json_t *causes, const char *field, const char *detail)
{
	add(causes, "FieldValueRequired", xasprintf("Required value%s%s", detail[0] ? ": " : "", detail), field);
}

static void invalid(json_t *causes, const char *field, const json_t *value, const char *detail)
{
	auto_free char *text = value ? doc_dump(value) : xstrdup("null");

	add(causes, "FieldValueInvalid", xasprintf("Invalid value: %s: %s", text, detail), field);
}

static void forbidden(json_t *causes, const char *field, const char *detail)
{
	add(causes, "FieldValueForbidden", xasprintf("Forbidden: %s", detail), field);
}

bool validate_name(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > 253 || !isalnum((unsigned char)name[0]) || !isalnum((unsigned char)name[n - 1]))
		return false;
	for (; *name; name++)
		if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) && *name != '-' && *name != '.')
			return false;
	return true;
}

static void check_name(json_t *causes, const json_t *object)
{
	const char *name = doc_text(object, "metadata.name");

	if (!name[0])
		required(causes, "metadata.name", "name or generateName is required");
	else if (strlen(name) > 253)
		invalid(causes, "metadata.name", doc_get(object, "metadata.name"),
			"must be no more than 253 characters");
	else if (!validate_name(name))
		invalid(causes, "metadata.name", doc_get(object, "metadata.name"),
			"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
			"'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
			"for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
}

/* Letters, digits and -_. between letters or digits: the name of a label, or a value that is not empty. */
static bool is_label_word(const char *word, size_t n)
{
	if (!n || n > 63 || !isalnum((unsigned char)word[0]) || !isalnum((unsigned char)word[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)word[i]) && !strchr("-_.", word[i]))
			return false;
	return true;
}

static bool is_label_key(const char *key)
{
	size_t prefix = strcspn(key, "/");
	char name[254];

	if (!key[prefix])
		return is_label_word(key, prefix);
	snprintf(name, sizeof(name), "%.*s", (int)prefix, key);
	return prefix < sizeof(name) && validate_name(name) && is_label_word(key + prefix + 1,
		strlen(key + prefix + 1));
}

/* apimachinery pkg/apis/meta/v1/validation and pkg/util/validation */
static void check_labels(json_t *causes, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(doc_get(object, "metadata.labels"), key, value) {
		json_t *name = json_string(key);

		if (!is_label_key(key))
			invalid(causes, "metadata.labels", name,
				strchr(key, '/') != strrchr(key, '/')
				? "a qualified name must consist of alphanumeric characters, '-', '_' or '.', "
					"and must start "
				  "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
				  "'123-abc', "
				  "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') "
				  "with an optional "
				  "DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
				: "name part must consist of alphanumeric characters, '-', '_' or '.', and "
					"must start and end "
				  "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
				  "'123-abc', regex used "
				  "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
		if (json_string_length(value) && !is_label_word(json_string_value(value), json_string_length(value)))
			invalid(causes, "metadata.labels", value,
				"a valid label must be an empty string or consist of alphanumeric characters, "
				"'-', '_' or "
				"'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
				"'my_value',  or '12345', regex used for validation is "
				"'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
		json_decref(name);
	}
}

/* Keys of a ConfigMap and of a Secret. */
static void check_data_keys(json_t *causes, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(doc_get(object, "data"), key, value) {
		auto_free char *field = xasprintf("data[%s]", key);
		json_t *name = json_string(key);
		bool good = key[0] && strcmp(key, ".") && strncmp(key, "..", 2);

		for (const char *c = key; *c; c++)
			good = good && (isalnum((unsigned char)*c) || strchr("-_.", *c));
		if (!good)
			invalid(causes, field, name,
				"a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
				"'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
				"'[-._a-zA-Z0-9]+')");
		json_decref(name);
	}
}

static void check_env(json_t *causes, const json_t *container, const char *path)
{
	size_t i;
	json_t *variable;

	json_array_foreach(doc_get(container, "env"), i, variable) {
		auto_free char *own = xasprintf("%s.env[%zu]", path, i);
		auto_free char *name = xasprintf("%s.name", own);
		auto_free char *from = xasprintf("%s.valueFrom", own);
		json_t *empty;

		if (!doc_text(variable, "name")[0])
			required(causes, name, "");
		if (!doc_text(variable, "value")[0] || !doc_get(variable, "valueFrom"))
			continue;
		empty = json_string("");
		invalid(causes, from, empty, "may not be specified when `value` is not empty");
		json_decref(empty);
	}
}

static void check_containers(json_t *causes, const json_t *spec, const char *list, const char *path)
{
	const json_t *containers = json_object_get(spec, list);
	size_t i;
	json_t *container;

	json_array_foreach(containers, i, container) {
		auto_free char *own = xasprintf("%s.%s[%zu]", path, list, i);
		auto_free char *name_field = xasprintf("%s.name", own);
		auto_free char *image_field = xasprintf("%s.image", own);
		const char *name = doc_text(container, "name");
		const char *image = doc_text(container, "image");

		if (!name[0])
			required(causes, name_field, "");
		else if (doc_find(containers, "name", name) != container)
			add(causes, "FieldValueDuplicate", xasprintf("Duplicate value: \"%s\"", name), name_field);
		if (!image[0])
			required(causes, image_field, "");
		else if (strpbrk(image, " \t\n"))
			invalid(causes, image_field, doc_get(container, "image"),
				"must not have leading or trailing whitespace");
		check_env(causes, container, own);
	}
}

static void check_pod_spec(json_t *causes, const json_t *spec, const char *path)
{
	auto_free char *containers = xasprintf("%s.containers", path);

	if (!json_array_size(json_object_get(spec, "containers")))
		required(causes, containers, "");
	check_containers(causes, spec, "initContainers", path);
	check_containers(causes, spec, "containers", path);
}

static void check_workload(json_t *causes, const json_t *object, const json_t *before)
{
	const json_t *replicas = doc_get(object, "spec.replicas");
	const json_t *selector = doc_get(object, "spec.selector");
	const json_t *labels = doc_get(object, "spec.template.metadata.labels");

	if (json_is_integer(replicas) && json_integer_value(replicas) < 0)
		invalid(causes, "spec.replicas", replicas, "must be greater than or equal to 0");
	if (!json_object_size(selector))
		required(causes, "spec.selector", "");
	if (!json_object_size(selector) || !label_selector_matches(selector, labels))
		invalid(causes, "spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
	if (before && !json_equal(selector, doc_get(before, "spec.selector")))
		invalid(causes, "spec.selector", selector, "field is immutable");
	check_pod_spec(causes, doc_get(object, "spec.template.spec"), "spec.template.spec");
}

/* Takes out what a pod update may change, so that the rest can be compared. */
static json_t *fixed_part(const json_t *spec)
{
	static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
	json_t *fixed = json_deep_copy(spec);

	for (size_t i = 0; i < array_length(lists); i++) {
		size_t j;
		json_t *container;

		json_array_foreach(json_object_get(fixed, lists[i]), j, container)
			json_object_del(container, "image");
	}
	json_object_del(fixed, "activeDeadlineSeconds");
	json_object_del(fixed, "tolerations");
	json_object_del(fixed, "terminationGracePeriodSeconds");
	json_object_del(fixed, "ephemeralContainers");
	return fixed;
}

static void check_pod(json_t *causes, const json_t *object, const json_t *before)
{
	json_t *is;
	json_t *was;

	check_pod_spec(causes, doc_get(object, "spec"), "spec");
	if (!before)
		return;
	is = fixed_part(doc_get(object, "spec"));
	was = fixed_part(doc_get(before, "spec"));
	if (!json_equal(is, was))
		forbidden(causes, "spec",
			  "pod updates may not change fields other than `spec.containers[*].image`,"
			  "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
			  "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
			  "to 1 if it was previously negative)");
	json_decref(is);
	json_decref(was);
}

static void check_stateful_set(json_t *causes, const json_t *object, const json_t *before)
{
	static const char *const changeable[] = {"replicas", "ordinals", "template", "updateStrategy",
						 "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
						 "revisionHistoryLimit"};
	json_t *is;
	json_t *was;

	if (!before)
		return;
	is = json_copy(doc_get(object, "spec"));
	was = json_copy(doc_get(before, "spec"));
	for (size_t i = 0; i < array_length(changeable); i++) {
		json_object_del(is, changeable[i]);
		json_object_del(was, changeable[i]);
	}
	if (!json_equal(is, was))
		forbidden(causes, "spec",
			  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
			  "'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
			  "forbidden");
	json_decref(is);
	json_decref(was);
}

static void check_secret(json_t *causes, const json_t *object, const json_t *before)
{
	const char *name;
	json_t *value;

	json_object_foreach(doc_get(object, "data"), name, value) {
		auto_free char *field = xasprintf("data[%s]", name);

		if (!json_is_string(value))
			invalid(causes, field, value, "must be base64 text");
	}
	if (!strcmp(doc_text(object, "type"), "kubernetes.io/dockerconfigjson") &&
	    !json_object_get(doc_get(object, "data"), ".dockerconfigjson"))
		required(causes, "data[.dockerconfigjson]", "");
	if (before && strcmp(doc_text(object, "type"), doc_text(before, "type")))
		invalid(causes, "type", doc_get(object, "type"), "field is immutable");
	if (before && doc_true(before, "immutable") && !json_equal(doc_get(object, "data"), doc_get(before, "data")))
		forbidden(causes, "data", "field is immutable when `immutable` is set");
}

/* apimachinery/pkg/api/validation/objectmeta.go, ValidateNoNewFinalizers */
static void check_finalizers(json_t *causes, const json_t *object, const json_t *before)
{
	const json_t *had = doc_get(before, "metadata.finalizers");
	size_t i;
	size_t j;
	json_t *finalizer;
	json_t *old;

	if (!doc_get(before, "metadata.deletionTimestamp"))
		return;
	json_array_foreach(doc_get(object, "metadata.finalizers"), i, finalizer) {
		bool known = false;

		json_array_foreach(had, j, old)
			known = known || json_equal(old, finalizer);
		if (!known && json_is_string(finalizer)) {
			auto_free char *text =
				xasprintf("no new finalizers can be added if the object is being deleted, found new "
					  "finalizers []string{\"%s\"}", json_string_value(finalizer));

			forbidden(causes, "metadata.finalizers", text);
		}
	}
}

json_t *validate_object(const struct kind *kind, const json_t *object, const json_t *before)
{
	json_t *causes = json_array();

	if (!before)
		check_name(causes, object);
	else
		check_finalizers(causes, object, before);
	check_labels(causes, object);
	switch (kind->id) {
	case KIND_DEPLOYMENT:
	case KIND_DAEMON_SET:
	case KIND_REPLICA_SET:
		check_workload(causes, object, before);
		break;
	case KIND_STATEFUL_SET:
		check_workload(causes, object, NULL);
		check_stateful_set(causes, object, before);
		break;
	case KIND_POD:
		check_pod(causes, object, before);
		break;
	case KIND_CONFIG_MAP:
		check_data_keys(causes, object);
		break;
	case KIND_SECRET:
		check_data_keys(causes, object);
		check_secret(causes, object, before);
		break;
	case KIND_LEASE:
		if (doc_get(object, "spec.leaseDurationSeconds") && doc_int(object, "spec.leaseDurationSeconds") <= 0)
			invalid(causes, "spec.leaseDurationSeconds", doc_get(object, "spec.leaseDurationSeconds"),
				"must be greater than 0");
		break;
	default:
		break;
	}
	return causes;
}
