#include "probes/remedy/label_selector.h"

#include <stdint.h>
#include <string.h>

static bool is_among(const json_t *values, const json_t *label)
{
	size_t i;
	json_t *value;

	json_array_foreach((json_t *)(uintptr_t)values, i, value) {
		if (json_equal(value, label))
			return true;
	}
	return false;
}

static bool expression_holds(const json_t *expression, const json_t *labels)
{
	const char *operation = json_string_value(json_object_get(expression, "operator"));
	const char *key = json_string_value(json_object_get(expression, "key"));
	const json_t *values = json_object_get(expression, "values");
	const json_t *label = key ? json_object_get(labels, key) : NULL;

	if (!operation || !key)
		return false;
	if (!strcmp(operation, "Exists"))
		return label != NULL;
	if (!strcmp(operation, "DoesNotExist"))
		return label == NULL;
	if (!strcmp(operation, "In"))
		return label && is_among(values, label);
	/* A label that is absent is in no list. */
	return !strcmp(operation, "NotIn") && !(label && is_among(values, label));
}

bool label_selector_matches(const json_t *selector, const json_t *labels)
{
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_object(selector))
		return false;
	json_object_foreach(json_object_get(selector, "matchLabels"), key, value) {
		const json_t *label = json_object_get(labels, key);

		if (!label || !json_equal(label, value))
			return false;
	}
	json_array_foreach(json_object_get(selector, "matchExpressions"), i, value) {
		if (!expression_holds(value, labels))
			return false;
	}
	return true;
}
