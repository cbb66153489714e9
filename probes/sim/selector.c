#include "probes/sim/selector.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"

void selector_release(struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++) {
		struct requirement *requirement = &selector->requirements[i];

		for (size_t j = 0; j < requirement->count; j++)
			free(requirement->values[j]);
		free(requirement->values);
		free(requirement->key);
	}
	free(selector->requirements);
	*selector = (struct selector){0};
}

static struct requirement *add_requirement(struct selector *selector, const char *key, size_t length)
{
	struct requirement *requirement;

	selector->requirements = xreallocarray(selector->requirements, selector->count + 1, sizeof(*requirement));
	requirement = &selector->requirements[selector->count++];
	*requirement = (struct requirement){.key = xstrndup(key, length)};
	return requirement;
}

static void add_value(struct requirement *requirement, const char *value, size_t length)
{
	requirement->values = xreallocarray(requirement->values, requirement->count + 1, sizeof(char *));
	requirement->values[requirement->count++] = xstrndup(value, length);
}

static const char *skip_space(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

static size_t word_length(const char *at)
{
	return strcspn(at, "=!,()<> \t\n");
}

static int unexpected(const char *at, const char *wanted, struct err *err)
{
	return err_set(err, ERR_INVALID, "unable to parse requirement: found '{found}', expected: {wanted}",
		       "found", at, "wanted", wanted, NULL);
}

/* "(a, b)" */
static int parse_set(const char **cursor, struct requirement *requirement, struct err *err)
{
	const char *at = skip_space(*cursor);

	if (*at != '(')
		return unexpected(at, "'('", err);
	do {
		size_t n;

		at = skip_space(at + 1);
		n = word_length(at);
		add_value(requirement, at, n);
		at = skip_space(at + n);
	} while (*at == ',');
	if (*at != ')')
		return unexpected(at, "',', or ')'", err);
	*cursor = at + 1;
	return 0;
}

static const struct {
	const char *text;
	enum selector_operator operator;
} symbols[] = {
	{"==", SELECTOR_IN}, {"=", SELECTOR_IN}, {"!=", SELECTOR_NOT_IN},
	{">", SELECTOR_GREATER}, {"<", SELECTOR_LESS},
};

static int parse_operator(const char **cursor, struct requirement *requirement, struct err *err)
{
	const char *at = skip_space(*cursor);

	if (!*at || *at == ',') {
		requirement->operator = SELECTOR_EXISTS;
		*cursor = at;
		return 0;
	}
	for (size_t i = 0; i < array_length(symbols); i++) {
		size_t n = strlen(symbols[i].text);

		if (strncmp(at, symbols[i].text, n))
			continue;
		requirement->operator = symbols[i].operator;
		at = skip_space(at + n);
		n = word_length(at);
		add_value(requirement, at, n);
		*cursor = skip_space(at + n);
		return 0;
	}
	if (!strncmp(at, "in", 2) && word_length(at) == 2)
		requirement->operator = SELECTOR_IN;
	else if (!strncmp(at, "notin", 5) && word_length(at) == 5)
		requirement->operator = SELECTOR_NOT_IN;
	else
		return unexpected(at, "in, notin, =, ==, !=, gt, lt", err);
	*cursor = at + word_length(at);
	if (parse_set(cursor, requirement, err))
		return -1;
	*cursor = skip_space(*cursor);
	return 0;
}

static int parse_requirement(const char **cursor, struct selector *selector, struct err *err)
{
	const char *at = skip_space(*cursor);
	bool absent = *at == '!';
	struct requirement *requirement;
	size_t n;

	if (absent)
		at = skip_space(at + 1);
	n = word_length(at);
	if (!n) {
		auto_free char *found = xstrndup(at, *at ? 1 : 0);

		return err_set(err, ERR_INVALID, "found '{found}', expected: !, identifier, or 'end of string'",
			"found",
			       found, NULL);
	}
	requirement = add_requirement(selector, at, n);
	*cursor = at + n;
	if (!absent)
		return parse_operator(cursor, requirement, err);
	requirement->operator = SELECTOR_ABSENT;
	*cursor = skip_space(*cursor);
	return 0;
}

int selector_parse(const char *text, struct selector *selector, struct err *err)
{
	struct selector parsed = {0};
	const char *at = skip_space(text);

	*selector = parsed;
	if (!*at)
		return 0;
	for (;;) {
		if (parse_requirement(&at, &parsed, err))
			break;
		if (!*at) {
			*selector = parsed;
			return 0;
		}
		if (*at != ',') {
			unexpected(at, "',' or 'end of string'", err);
			break;
		}
		at++;
	}
	selector_release(&parsed);
	return -1;
}

static bool is_value(const struct requirement *requirement, const char *text)
{
	for (size_t i = 0; i < requirement->count; i++)
		if (!strcmp(requirement->values[i], text))
			return true;
	return false;
}

/* text NULL where the key is absent. */
static bool requirement_holds(const struct requirement *requirement, const char *text)
{
	long long wanted;
	long long have;

	switch (requirement->operator) {
	case SELECTOR_IN:
		return text && is_value(requirement, text);
	case SELECTOR_NOT_IN:
		return !text || !is_value(requirement, text);
	case SELECTOR_EXISTS:
		return text;
	case SELECTOR_ABSENT:
		return !text;
	case SELECTOR_GREATER:
	case SELECTOR_LESS:
		break;
	}
	if (!text || requirement->count != 1 || sscanf(text, "%lld", &have) != 1 ||
	    sscanf(requirement->values[0], "%lld", &wanted) != 1)
		return false;
	return requirement->operator == SELECTOR_GREATER ? have > wanted : have < wanted;
}

bool selector_matches(const struct selector *selector, const json_t *labels)
{
	for (size_t i = 0; i < selector->count; i++)
		if (!requirement_holds(&selector->requirements[i],
				       json_string_value(json_object_get(labels, selector->requirements[i].key))))
			return false;
	return true;
}

static bool expression_holds(const json_t *expression, const json_t *labels)
{
	const char *operator = doc_text(expression, "operator");
	const char *text = json_string_value(json_object_get(labels, doc_text(expression, "key")));
	bool found = false;
	size_t i;
	json_t *value;

	json_array_foreach(doc_get(expression, "values"), i, value)
		found = found || (text && json_is_string(value) && !strcmp(text, json_string_value(value)));
	if (!strcmp(operator, "In"))
		return found;
	if (!strcmp(operator, "NotIn"))
		return !found;
	if (!strcmp(operator, "Exists"))
		return text;
	return !strcmp(operator, "DoesNotExist") && !text;
}

bool label_selector_matches(const json_t *label_selector, const json_t *labels)
{
	const char *name;
	json_t *value;
	size_t i;

	if (!label_selector)
		return false;
	json_object_foreach(doc_get(label_selector, "matchLabels"), name, value) {
		const char *text = json_string_value(json_object_get(labels, name));

		if (!text || !json_is_string(value) || strcmp(text, json_string_value(value)))
			return false;
	}
	json_array_foreach(doc_get(label_selector, "matchExpressions"), i, value)
		if (!expression_holds(value, labels))
			return false;
	return true;
}

/* The fields beyond metadata.name and metadata.namespace. */
static const struct {
	enum kind_id kind;
	const char *fields;	/* space-separated, with a space at both ends */
} offered[] = {
	{KIND_POD, " spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork "
		   "status.phase status.podIP status.podIPs status.nominatedNodeName "},
	{KIND_NODE, " spec.unschedulable "},
	{KIND_NAMESPACE, " status.phase "},
	{KIND_EVENT, " involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid "
		     "involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason "
		     "reportingComponent source type "},
	{KIND_EVENT_VIEW, " regarding.kind regarding.namespace regarding.name regarding.uid regarding.apiVersion "
			  "regarding.resourceVersion regarding.fieldPath reason reportingController type "},
	{KIND_SECRET, " type "},
	{KIND_REPLICA_SET, " status.replicas "},
	{KIND_JOB, " status.successful "},
	{KIND_SERVICE, " spec.clusterIP spec.type "},
};

static int check_field(const struct kind *kind, const char *field, struct err *err)
{
	auto_free char *spaced = xasprintf(" %s ", field);

	if (!strcmp(field, "metadata.name") || (kind->namespaced && !strcmp(field, "metadata.namespace")))
		return 0;
	for (size_t i = 0; i < array_length(offered); i++) {
		if (offered[i].kind != kind->id)
			continue;
		if (strstr(offered[i].fields, spaced))
			return 0;
		return err_set(err, ERR_INVALID, "field label not supported: {field}", "field", field, NULL);
	}
	return err_set(err, ERR_INVALID,
		       "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
		       "field", field, NULL);
}

int field_selector_parse(const char *text, const struct kind *kind, struct selector *selector, struct err *err)
{
	struct selector parsed = {0};

	*selector = parsed;
	while (*text) {
		size_t n = strcspn(text, ",");
		size_t name = strcspn(text, "=!");
		const char *at = text + name;
		struct requirement *requirement;

		if (name >= n || (*at == '!' && at[1] != '=')) {
			selector_release(&parsed);
			return err_set(err, ERR_INVALID, "invalid selector: '{text}'; can't understand '{text}'",
				       "text", text, NULL);
		}
		requirement = add_requirement(&parsed, text, name);
		requirement->operator = *at == '!' ? SELECTOR_NOT_IN : SELECTOR_IN;
		at += at[0] == '!' || at[1] == '=' ? 2 : 1;
		add_value(requirement, at, (size_t)(text + n - at));
		if (check_field(kind, requirement->key, err)) {
			selector_release(&parsed);
			return -1;
		}
		text += n + (text[n] == ',');
	}
	*selector = parsed;
	return 0;
}

static const char *field_text(const json_t *object, const char *field, char *scratch, size_t size)
{
	const json_t *value;

	if (!strncmp(field, "regarding.", 10)) {
		snprintf(scratch, size, "involvedObject.%s", field + 10);
		return doc_text(object, scratch);
	}
	if (!strcmp(field, "source")) {
		const char *component = doc_text(object, "source.component");

		return component[0] ? component : doc_text(object, "reportingComponent");
	}
	if (!strcmp(field, "reportingController"))
		field = "reportingComponent";
	value = doc_get(object, field);
	if (!strcmp(field, "spec.unschedulable") || !strcmp(field, "spec.hostNetwork"))
		return json_is_true(value) ? "true" : "false";
	if (json_is_integer(value)) {
		snprintf(scratch, size, "%lld", (long long)json_integer_value(value));
		return scratch;
	}
	return json_is_string(value) ? json_string_value(value) : "";
}

bool field_selector_matches(const struct selector *selector, const json_t *object)
{
	char scratch[128];

	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];

		if (!requirement_holds(requirement, field_text(object, requirement->key, scratch, sizeof(scratch))))
			return false;
	}
	return true;
}
