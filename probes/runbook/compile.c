#include <string.h>

#include "probes/base/memory.h"
#include "probes/runbook/compare.h"
#include "probes/runbook/detector.h"
#include "probes/runbook/tree.h"

static struct node *compile(struct compilation *compilation, const json_t *definition, enum kind_id kind);

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static bool complain(struct compilation *compilation, const char *member, const char *text)
{
	if (member)
		place_push_key(&compilation->report->place, member);
	report_error(compilation->report, false, "%s", text);
	if (member)
		place_pop(&compilation->report->place);
	return false;
}

static struct node *compile_member(struct compilation *compilation, const json_t *body, const char *member,
				   enum kind_id kind)
{
	struct node *node;

	place_push_key(&compilation->report->place, member);
	node = compile(compilation, json_object_get(body, member), kind);
	place_pop(&compilation->report->place);
	return node;
}

static bool add_child(struct node *node, struct node *child)
{
	if (!child)
		return false;
	node->children = xreallocarray(node->children, node->child_count + 1, sizeof(*node->children));
	node->children[node->child_count++] = child;
	return true;
}

static bool want_path(struct compilation *compilation, const struct node *node, const json_t *body,
		      const char *member, const struct field_path **ret_path)
{
	const char *path = text_of(body, member);
	struct err err = {0};
	auto_free char *text = NULL;

	if (!path)
		return true;
	if (node->kind == KIND_COUNT)
		return complain(compilation, member, "there is no object here whose field could be read");
	if (!field_table_want(compilation->fields->tables[node->kind], path, ret_path, &err))
		return true;
	text = err_text(&err);
	return complain(compilation, member, text);
}

static bool compile_list(struct compilation *compilation, struct node *node, const json_t *body)
{
	bool is_fine = true;
	size_t index;
	const json_t *item;

	json_array_foreach(body, index, item) {
		place_push_index(&compilation->report->place, index);
		is_fine &= add_child(node, compile(compilation, item, node->kind));
		place_pop(&compilation->report->place);
	}
	return is_fine;
}

static bool compile_single(struct compilation *compilation, struct node *node, const json_t *body)
{
	return add_child(node, compile(compilation, body, node->kind));
}

/* op, value, valueOf: what belongs together is more than the schema says. */
static bool compile_operator(struct compilation *compilation, struct node *node, const json_t *body)
{
	const json_t *value = json_object_get(body, "value");
	bool has_value = value || json_object_get(body, "valueOf");
	struct err err = {0};
	auto_free char *text = NULL;

	node->op = operator_parse(text_of(body, "op"));
	words_init(&node->values, value);
	if (node->op == OPERATOR_EXISTS || node->op == OPERATOR_ABSENT)
		return !has_value || complain(compilation, "op", "this operator takes no value");
	if (!has_value)
		return complain(compilation, "op", "this operator needs a value");
	if (json_is_array(value) && node->op != OPERATOR_IN)
		return complain(compilation, "value", "only \"in\" takes a list");
	if (node->op != OPERATOR_MATCHES)
		return true;
	if (!json_is_string(value))
		return complain(compilation, "op", "\"matches\" needs a pattern as value");
	if (!pattern_new(node->values.items[0], &node->pattern, &err))
		return true;
	text = err_text(&err);
	return complain(compilation, "value", text);
}

static bool compile_field(struct compilation *compilation, struct node *node, const json_t *body)
{
	const json_t *fallback = json_object_get(body, "default");
	struct words words;

	if (fallback) {
		words_init(&words, fallback);
		node->fallback = take_pointer(words.items[0]);
		words_release(&words);
	}
	return want_path(compilation, node, body, "path", &node->path) &&
	       want_path(compilation, node, body, "valueOf", &node->other) &&
	       compile_operator(compilation, node, body);
}

static bool compile_age(struct compilation *compilation, struct node *node, const json_t *body)
{
	node->op = operator_parse(text_of(body, "op"));
	node->number = json_integer_value(json_object_get(body, "seconds"));
	return want_path(compilation, node, body, "path", &node->path) &&
	       want_path(compilation, node, body, "plus", &node->other);
}

/* Whether some path below speaks of an item of the list. */
static bool speaks_of(const struct node *node, const char *group)
{
	size_t n = strlen(group);

	if (node->path && !strncmp(field_path_text(node->path), group, n))
		return true;
	for (size_t i = 0; i < node->child_count && node->type != NODE_JOIN; i++) {
		if (speaks_of(node->children[i], group))
			return true;
	}
	return false;
}

/* Notes which paths speak of an item of the list; an "each" or join within speaks of other things. */
static void tie(struct node *node, const char *group)
{
	node->is_tied = node->path && !strncmp(field_path_text(node->path), group, strlen(group));
	for (size_t i = 0; i < node->child_count && node->type != NODE_JOIN && node->type != NODE_EACH; i++)
		tie(node->children[i], group);
}

static bool compile_each(struct compilation *compilation, struct node *node, const json_t *body)
{
	node->group = text_of(body, "in");
	if (!strstr(node->group, "[*]"))
		return complain(compilation, "in", "this is no list: a path with [*] is expected");
	if (!add_child(node, compile_member(compilation, body, "that", node->kind)))
		return false;
	tie(node->children[0], node->group);
	return speaks_of(node->children[0], node->group) ||
	       complain(compilation, "that", "no path in here speaks of an item of that list");
}

static void image_rule_init(struct image_rule *rule, const json_t *body)
{
	words_init(&rule->registry, json_object_get(body, "registry"));
	words_init(&rule->path, json_object_get(body, "path"));
	words_init(&rule->basename, json_object_get(body, "basename"));
	words_init(&rule->tag, json_object_get(body, "tag"));
	rule->is_set = body != NULL;
}

static void image_rule_release(struct image_rule *rule)
{
	words_release(&rule->registry);
	words_release(&rule->path);
	words_release(&rule->basename);
	words_release(&rule->tag);
}

static bool compile_image(struct compilation *compilation, struct node *node, const json_t *body)
{
	image_rule_init(&node->image, body);
	image_rule_init(&node->image_not, json_object_get(body, "not"));
	if (node->kind == KIND_NODE || node->kind == KIND_EVENT || node->kind == KIND_COUNT)
		return complain(compilation, NULL, "objects of this kind have no containers");
	return want_path(compilation, node, body, "in", &node->path);
}

/* The rule that "message" names, or that "pattern" makes. */
static bool compile_message(struct compilation *compilation, struct node *node, const json_t *body)
{
	const char *name = text_of(body, "message");

	if (name && text_of(body, "pattern"))
		return complain(compilation, "message", "either a message's name or a pattern, not both");
	if (name) {
		node->rule = message_book_find(compilation->book, compilation->runbook, name);
		return node->rule ||
		       complain(compilation, "message", "there is no such entry in \"messages\"");
	}
	if (!text_of(body, "pattern"))
		return !text_of(body, "unless") ||
		       complain(compilation, "unless", "it takes back a pattern: there is none");
	if (!json_object_get(body, "examples"))
		return complain(compilation, "pattern", "\"examples\" are missing: no pattern without them");
	node->rule = message_book_add(compilation->book, compilation->runbook, "", body, compilation->report);
	return node->rule != NULL;
}

static bool compile_waiting(struct compilation *compilation, struct node *node, const json_t *body)
{
	words_init(&node->reasons, json_object_get(body, "reason"));
	words_init(&node->containers, json_object_get(body, "container"));
	image_rule_init(&node->image, json_object_get(body, "image"));
	if (node->kind != KIND_POD)
		return complain(compilation, NULL, "only pods have containers that wait");
	return compile_message(compilation, node, body);
}

static bool compile_event(struct compilation *compilation, struct node *node, const json_t *body)
{
	words_init(&node->reasons, json_object_get(body, "reason"));
	words_init(&node->resolved_by, json_object_get(body, "resolvedBy"));
	node->event_type = text_of(body, "type");
	node->number = json_integer_value(json_object_get(body, "withinSeconds"));
	if (node->kind == KIND_COUNT)
		return complain(compilation, NULL, "there is no object here that an event could be about");
	return compile_message(compilation, node, body);
}

static bool compile_collected(struct compilation *compilation, struct node *node, const json_t *body,
			      const char *member, bool is_log)
{
	size_t index;
	const json_t *item;

	node->collect = text_of(body, member);
	json_array_foreach(compilation->collect, index, item) {
		if (strcmp(text_of(item, "name"), node->collect) != 0)
			continue;
		if (is_log == !strcmp(text_of(item, "type"), "log"))
			return true;
		return complain(compilation, member, is_log ? "what is collected under this name is no log"
							    : "what is collected under this name is a log");
	}
	return complain(compilation, member, "nothing is collected under this name");
}

static bool compile_log(struct compilation *compilation, struct node *node, const json_t *body)
{
	return compile_collected(compilation, node, body, "collect", true) &&
	       compile_message(compilation, node, body) &&
	       (node->rule || complain(compilation, NULL, "a message's name or a pattern is missing"));
}

/* A place {spec.a.b} in a path is a field of the subject; {namespace} and {name} have no dot. */
static bool want_place(struct compilation *compilation, struct node *node)
{
	const char *open = node->document_path ? strchr(node->document_path, '{') : NULL;
	const char *close = open ? strchr(open, '}') : NULL;
	auto_free char *field = close ? xstrndup(open + 1, (size_t)(close - open) - 1) : NULL;
	json_t *place;
	bool fits;

	if (!field || !strchr(field, '.'))
		return true;
	place = json_pack("{s:s}", "path", field);
	fits = want_path(compilation, node, place, "path", &node->place);
	json_decref(place);
	return fits;
}

static bool compile_check(struct compilation *compilation, struct node *node, const json_t *body)
{
	node->document_path = text_of(body, "path");
	node->number = json_integer_value(json_object_get(body, "percent"));
	if (node->number && !json_object_get(body, "valueOf"))
		return complain(compilation, "percent", "it is a part of \"valueOf\", which is missing");
	return compile_collected(compilation, node, body, "name", false) && want_place(compilation, node) &&
	       want_path(compilation, node, body, "valueOf", &node->other) &&
	       compile_operator(compilation, node, body);
}

static bool compile_count(struct compilation *compilation, struct node *node, const json_t *body)
{
	node->op = operator_parse(text_of(body, "op"));
	node->number = json_integer_value(json_object_get(body, "n"));
	return add_child(node, compile_member(compilation, body, "of", node->kind));
}

static bool compile_for(struct compilation *compilation, struct node *node, const json_t *body)
{
	node->number = json_integer_value(json_object_get(body, "seconds"));
	return add_child(node, compile_member(compilation, body, "of", node->kind));
}

static bool is_workload(enum kind_id kind)
{
	return kind == KIND_DAEMON_SET || kind == KIND_DEPLOYMENT || kind == KIND_REPLICA_SET ||
	       kind == KIND_STATEFUL_SET;
}

static bool is_namespaced(enum kind_id kind)
{
	return kind != KIND_COUNT && kind_get(kind)->namespaced;
}

/* Why this way of joining does not lead from the one kind to the other; NULL where it does. */
static const char *join_fault(const struct node *node)
{
	switch (node->by) {
	case JOIN_NODE:
		if ((node->kind == KIND_POD && node->to == KIND_NODE) ||
		    (node->kind == KIND_NODE && node->to == KIND_POD))
			return NULL;
		return "\"node\" leads from a Pod to its Node, or from a Node to its Pods";
	case JOIN_OWNER:
	case JOIN_ROOT_OWNER:
		if ((node->kind == KIND_POD || node->kind == KIND_REPLICA_SET) && is_workload(node->to))
			return NULL;
		return "an owner is sought from a Pod or ReplicaSet, and is a workload";
	case JOIN_OWNED:
		if (is_workload(node->kind) && (node->to == KIND_POD || node->to == KIND_REPLICA_SET))
			return NULL;
		return "\"owned\" leads from a workload to its Pods or ReplicaSets";
	case JOIN_NAME:
		if (!node->names.count)
			return "\"name\" is missing";
		if (is_namespaced(node->to) && !is_namespaced(node->kind) && !node->name_space)
			return "\"namespace\" is missing: the object here has none";
		return NULL;
	case JOIN_NAMESPACE:
		if (is_namespaced(node->kind) && is_namespaced(node->to))
			return NULL;
		return "one of the kinds has no namespace";
	case JOIN_LABELS:
		return node->label_count ? NULL : "\"labels\" are missing";
	case JOIN_OBJECT:
		return node->kind == KIND_EVENT ? NULL : "\"object\" leads from an Event to what it is about";
	case JOIN_EVENTS:
		if (node->to == KIND_EVENT && node->kind != KIND_COUNT)
			return NULL;
		return "\"events\" leads to Events about an object";
	case JOIN_SELECTOR:
		return node->selectors ? NULL : "\"path\" and \"keys\" are missing";
	case JOIN_REFERENCE:
	case JOIN_REFERRERS:
		return node->path || node->far ? NULL : "\"path\" is missing";
	case JOIN_SUCCESSORS:
	case JOIN_ALL:
		break;
	}
	return NULL;
}

static enum join_by join_by_parse(const char *name)
{
	static const char *const names[] = {
		[JOIN_NODE] = "node",	  [JOIN_OWNER] = "owner",	  [JOIN_ROOT_OWNER] = "rootOwner",
		[JOIN_OWNED] = "owned",	  [JOIN_NAME] = "name",	  [JOIN_NAMESPACE] = "namespace",
		[JOIN_LABELS] = "labels", [JOIN_OBJECT] = "object", [JOIN_EVENTS] = "events",
		[JOIN_ALL] = "all",	  [JOIN_SELECTOR] = "selector", [JOIN_REFERENCE] = "reference",
		[JOIN_REFERRERS] = "referrers", [JOIN_SUCCESSORS] = "successors",
	};

	for (size_t i = 0; i < array_length(names); i++) {
		if (!strcmp(name, names[i]))
			return (enum join_by)i;
	}
	bug("a join that the schema does not allow");
}

static bool compile_labels(struct compilation *compilation, struct node *node, const json_t *labels)
{
	const char *key;
	json_t *value;
	struct err err = {0};

	json_object_foreach((json_t *)labels, key, value) {
		auto_free char *path = xasprintf("metadata.labels[%s]", key);
		const struct field_path *wanted;
		auto_free char *text = NULL;

		node->labels = xreallocarray(node->labels, node->label_count + 1, sizeof(*node->labels));
		node->labels[node->label_count++] = (struct join_label){key, json_string_value(value)};
		if (!field_table_want(compilation->fields->tables[node->to], path, &wanted, &err))
			continue;
		text = err_text(&err);
		return complain(compilation, "labels", text);
	}
	return true;
}

static bool want_text(struct compilation *compilation, enum kind_id kind, const char *path,
		      const struct field_path **ret_path)
{
	struct err err = {0};
	auto_free char *text = NULL;

	if (!field_table_want(compilation->fields->tables[kind], path, ret_path, &err))
		return true;
	text = err_text(&err);
	return complain(compilation, "path", text);
}

/* Each key's value in the selector here, and the label over there that has to be the same. */
static bool compile_selector(struct compilation *compilation, struct node *node, const json_t *body)
{
	const char *map = text_of(body, "path");
	const struct field_path *label;

	words_init(&node->names, json_object_get(body, "keys"));
	if (!map || !node->names.count)
		return true;
	node->selectors = xcalloc(node->names.count, sizeof(*node->selectors));
	for (size_t i = 0; i < node->names.count; i++) {
		auto_free char *path = xasprintf("%s[%s]", map, node->names.items[i]);
		auto_free char *far = xasprintf("metadata.labels[%s]", node->names.items[i]);

		if (!want_text(compilation, node->kind, path, &node->selectors[i]) ||
		    !want_text(compilation, node->to, far, &label))
			return false;
	}
	return true;
}

static bool compile_join_path(struct compilation *compilation, struct node *node, const json_t *body)
{
	const char *path = text_of(body, "path");

	if (node->by == JOIN_SELECTOR || node->by == JOIN_REFERENCE || node->by == JOIN_REFERRERS ||
	    node->by == JOIN_SUCCESSORS) {
		if (node->kind == KIND_COUNT)
			return complain(compilation, "by", "there is no object here to start from");
	}
	if (node->by == JOIN_SELECTOR)
		return compile_selector(compilation, node, body);
	if (!path)
		return true;
	if (node->by == JOIN_REFERENCE)
		return want_text(compilation, node->kind, path, &node->path);
	if (node->by == JOIN_REFERRERS)
		return want_text(compilation, node->to, path, &node->far);
	return complain(compilation, "path", "this way of joining has no path");
}

static bool compile_join(struct compilation *compilation, struct node *node, const json_t *body)
{
	const json_t *is_object = json_object_get(body, "object");
	const char *fault;

	node->to = kind_find(text_of(body, "to"))->id;
	node->by = join_by_parse(text_of(body, "by"));
	if (node->by != JOIN_SELECTOR)
		words_init(&node->names, json_object_get(body, "name"));
	node->name_space = text_of(body, "namespace");
	node->is_object = !is_object || json_is_true(is_object);
	if (!compile_labels(compilation, node, json_object_get(body, "labels")) ||
	    !compile_join_path(compilation, node, body))
		return false;
	fault = join_fault(node);
	if (fault)
		return complain(compilation, "by", fault);
	if (!json_object_get(body, "that"))
		return true;
	return add_child(node, compile_member(compilation, body, "that", node->to));
}

static bool compile_detector(struct compilation *compilation, struct node *node, const json_t *body)
{
	node->detector = detector_find(json_string_value(body));
	if (!node->detector)
		return complain(compilation, NULL, "there is no detector of this id");
	return node->detector->subject == node->kind ||
	       complain(compilation, NULL, "this detector judges objects of another kind");
}

static const struct {
	const char *name;
	enum node_type type;
	bool (*compile)(struct compilation *compilation, struct node *node, const json_t *body);
} members[] = {
	{"all", NODE_ALL, compile_list},	{"any", NODE_ANY, compile_list},
	{"none", NODE_NONE, compile_list},	{"unread", NODE_UNREAD, compile_single},
	{"field", NODE_FIELD, compile_field},	{"age", NODE_AGE, compile_age},
	{"each", NODE_EACH, compile_each},	{"image", NODE_IMAGE, compile_image},
	{"waiting", NODE_WAITING, compile_waiting}, {"event", NODE_EVENT, compile_event},
	{"log", NODE_LOG, compile_log},		{"count", NODE_COUNT, compile_count},
	{"for", NODE_FOR, compile_for},		{"join", NODE_JOIN, compile_join},
	{"check", NODE_CHECK, compile_check},	{"detector", NODE_DETECTOR, compile_detector},
};

static struct node *compile(struct compilation *compilation, const json_t *definition, enum kind_id kind)
{
	for (size_t i = 0; i < array_length(members); i++) {
		const json_t *body = json_object_get(definition, members[i].name);
		struct node *node;
		bool is_fine;

		if (!body)
			continue;
		node = xcalloc(1, sizeof(*node));
		node->type = members[i].type;
		node->kind = kind;
		if (node->type == NODE_ALL)
			node->last_false = xcalloc(1, sizeof(*node->last_false));
		place_push_key(&compilation->report->place, members[i].name);
		is_fine = members[i].compile(compilation, node, body);
		place_pop(&compilation->report->place);
		if (is_fine)
			return node;
		node_free(node);
		return NULL;
	}
	bug("a condition that the schema does not allow");
}

struct node *join_compile(struct compilation *compilation, const json_t *definition, enum kind_id kind)
{
	struct node *node = xcalloc(1, sizeof(*node));

	node->type = NODE_JOIN;
	node->kind = kind;
	if (compile_join(compilation, node, definition))
		return node;
	node_free(node);
	return NULL;
}

struct condition_tree *condition_compile(struct compilation *compilation, const json_t *definition,
					 enum kind_id kind)
{
	struct node *root = compile(compilation, definition, kind);
	struct condition_tree *tree;

	if (!root)
		return NULL;
	tree = xcalloc(1, sizeof(*tree));
	tree->root = root;
	tree->definition = definition;
	return tree;
}

void node_free(struct node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->child_count; i++)
		node_free(node->children[i]);
	free(node->children);
	free(node->last_false);
	words_release(&node->values);
	free(node->fallback);
	pattern_free(node->pattern);
	image_rule_release(&node->image);
	image_rule_release(&node->image_not);
	words_release(&node->reasons);
	words_release(&node->containers);
	words_release(&node->resolved_by);
	words_release(&node->names);
	free(node->labels);
	free(node->selectors);
	free(node);
}

void condition_tree_free(struct condition_tree *tree)
{
	if (!tree)
		return;
	node_free(tree->root);
	free(tree);
}
