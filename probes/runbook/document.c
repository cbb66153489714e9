#include "probes/runbook/document.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/runbook/condition.h"

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static json_t *parse(size_t length, struct report *report)
{
	json_error_t error;
	json_t *document = json_loadb(report->text, length, JSON_REJECT_DUPLICATES, &error);

	if (!document)
		report_line(report, error.line > 0 ? error.line : 0, "%d: not JSON: %s", error.column,
			    error.text);
	return document;
}

static struct condition_tree *compile_at(struct compilation *compilation, const json_t *parent,
					 const char *member, enum kind_id kind)
{
	const json_t *definition = json_object_get(parent, member);
	struct condition_tree *tree;

	if (!json_is_object(definition))
		return NULL;
	place_push_key(&compilation->report->place, member);
	tree = condition_compile(compilation, definition, kind);
	place_pop(&compilation->report->place);
	return tree;
}

/* The message rules come first, for conditions name them. */
static void read_messages(struct runbook *runbook, struct compilation *compilation)
{
	json_t *messages = json_object_get(runbook->document, "messages");
	struct report *report = compilation->report;
	const char *name;
	json_t *definition;

	place_push_key(&report->place, "messages");
	json_object_foreach(messages, name, definition) {
		place_push_key(&report->place, name);
		message_book_add(compilation->book, runbook, name, definition, report);
		place_pop(&report->place);
	}
	place_pop(&report->place);
}

/* The shipped checks are known by name alone. */
static void look_for_check(const struct compilation *compilation, const json_t *definition)
{
	const char *name = json_string_value(json_object_get(definition, "check"));

	if (!name || (compilation->checks && check_by_name(compilation->checks, name)))
		return;
	place_push_key(&compilation->report->place, "check");
	report_error(compilation->report, false, "there is no check called \"%s\"", name);
	place_pop(&compilation->report->place);
}

static void read_collect(struct runbook *runbook, struct compilation *compilation)
{
	const json_t *list = json_object_get(runbook->document, "collect");
	struct report *report = compilation->report;
	size_t index;
	json_t *definition;

	runbook->collect = xcalloc(json_array_size(list) + 1, sizeof(*runbook->collect));
	place_push_key(&report->place, "collect");
	json_array_foreach(list, index, definition) {
		struct collect_item *item = &runbook->collect[runbook->collect_count++];
		const json_t *from = json_object_get(definition, "from");
		enum kind_id kind = runbook->subject;
		size_t hop;
		const json_t *join;

		item->name = text_of(definition, "name");
		item->definition = definition;
		item->from = xcalloc(json_array_size(from) + 1, sizeof(struct node *));
		place_push_index(&report->place, index);
		place_push_key(&report->place, "from");
		json_array_foreach(from, hop, join) {
			place_push_index(&report->place, hop);
			item->from[item->from_count] = join_compile(compilation, join, kind);
			item->from_count += item->from[item->from_count] != NULL;
			kind = kind_find(text_of(join, "to"))->id;
			place_pop(&report->place);
		}
		place_pop(&report->place);
		item->condition = compile_at(compilation, definition, "if", runbook->subject);
		if (!strcmp(text_of(definition, "type"), "log") && kind != KIND_POD)
			report_error(report, false, "a log is read from a Pod; \"from\" leads elsewhere");
		look_for_check(compilation, definition);
		place_pop(&report->place);
	}
	place_pop(&report->place);
}

static void read_confidence(struct runbook *runbook, struct compilation *compilation)
{
	const json_t *list = json_object_get(runbook->document, "confidence");
	size_t index;
	json_t *rule;

	runbook->confidence_rules = xcalloc(json_array_size(list) + 1, sizeof(*runbook->confidence_rules));
	place_push_key(&compilation->report->place, "confidence");
	json_array_foreach(list, index, rule) {
		struct confidence_rule *target = &runbook->confidence_rules[runbook->confidence_rule_count++];

		place_push_index(&compilation->report->place, index);
		target->condition = compile_at(compilation, rule, "if", runbook->subject);
		if (!confidence_parse(text_of(rule, "is"), &target->confidence))
			bug("a confidence that the schema does not allow");
		place_pop(&compilation->report->place);
	}
	place_pop(&compilation->report->place);
}

static void read_excludes(struct runbook *runbook, struct compilation *compilation)
{
	const json_t *list = json_object_get(runbook->document, "exclude");
	size_t index;
	json_t *definition;

	runbook->excludes = xcalloc(json_array_size(list) + 1, sizeof(struct condition_tree *));
	place_push_key(&compilation->report->place, "exclude");
	json_array_foreach(list, index, definition) {
		place_push_index(&compilation->report->place, index);
		runbook->excludes[runbook->exclude_count++] =
			condition_compile(compilation, definition, runbook->subject);
		place_pop(&compilation->report->place);
	}
	place_pop(&compilation->report->place);
}

static void add_inner(struct runbook *runbook, struct compilation *compilation, const json_t *parent,
		      const char *member, enum kind_id kind)
{
	struct condition_tree *tree = compile_at(compilation, parent, member, kind);

	if (!tree)
		return;
	runbook->inner = xreallocarray(runbook->inner, runbook->inner_count + 1,
				       sizeof(struct condition_tree *));
	runbook->inner[runbook->inner_count++] = tree;
}

/* The kind that a condition of a step or precondition is asked about: its target's, else the finding's. */
static enum kind_id target_kind(const struct runbook *runbook, const json_t *parent)
{
	const json_t *target = json_object_get(parent, "target");
	const struct kind *kind;

	if (!target)
		return runbook->subject;
	kind = kind_find(text_of(target, "kind"));
	return kind ? kind->id : KIND_COUNT;
}

static void read_inner(struct runbook *runbook, struct compilation *compilation)
{
	static const char *const lists[] = {"preconditions", "steps"};
	struct report *report = compilation->report;
	size_t index;
	const json_t *item;

	for (size_t i = 0; i < array_length(lists); i++) {
		bool is_step = i == 1;

		place_push_key(&report->place, lists[i]);
		json_array_foreach(json_object_get(runbook->document, lists[i]), index, item) {
			enum kind_id kind = target_kind(runbook, item);

			place_push_index(&report->place, index);
			add_inner(runbook, compilation, item, "if", is_step ? runbook->subject : kind);
			add_inner(runbook, compilation, item, "until", kind);
			add_inner(runbook, compilation, item, "ifTarget", kind);
			add_inner(runbook, compilation, item, "among", kind);
			place_pop(&report->place);
		}
		place_pop(&report->place);
	}
	place_push_key(&report->place, "verify");
	add_inner(runbook, compilation, json_object_get(runbook->document, "verify"), "when",
		  runbook->subject);
	place_pop(&report->place);
}

const struct condition_tree *runbook_condition(const struct runbook *runbook, const json_t *definition)
{
	for (size_t i = 0; i < runbook->inner_count; i++) {
		if (runbook->inner[i]->definition == definition)
			return runbook->inner[i];
	}
	return NULL;
}

const struct condition_tree *runbook_when(const struct runbook *runbook, enum kind_id kind)
{
	if (kind == runbook->subject)
		return runbook->when;
	for (size_t i = 0; i < runbook->also_count; i++) {
		if (runbook->also[i].subject == kind)
			return runbook->also[i].when;
	}
	return NULL;
}

bool runbook_is_about(const struct runbook *runbook, enum kind_id kind)
{
	for (size_t i = 0; i < runbook->latent_count; i++) {
		if (runbook->latent[i].subject == kind)
			return true;
	}
	return runbook_when(runbook, kind) != NULL;
}

bool runbook_plans_across(const struct runbook *runbook)
{
	return json_is_true(json_object_get(json_object_get(runbook->document, "batch"), "acrossFindings"));
}

static void add_need(struct runbook *runbook, enum kind_id *needs, const char *name)
{
	enum kind_id kind = kind_find(name)->id;

	for (size_t i = 0; i < runbook->need_count; i++) {
		if (needs[i] == kind)
			return;
	}
	needs[runbook->need_count++] = kind;
}

static void read_needs(struct runbook *runbook)
{
	const json_t *list = json_object_get(runbook->document, "needs");
	const json_t *also = json_object_get(runbook->document, "also");
	const json_t *latent = json_object_get(json_object_get(runbook->document, "latent"), "signs");
	enum kind_id *needs = xcalloc(json_array_size(list) + json_array_size(also) + json_array_size(latent) + 1,
				      sizeof(*needs));
	size_t index;
	const json_t *item;

	needs[runbook->need_count++] = runbook->subject;
	json_array_foreach(list, index, item) {
		add_need(runbook, needs, json_string_value(item));
	}
	json_array_foreach(also, index, item) {
		add_need(runbook, needs, text_of(item, "subject"));
	}
	json_array_foreach(latent, index, item) {
		add_need(runbook, needs, text_of(item, "subject"));
	}
	runbook->needs = needs;
}

static void read_absorbs(struct runbook *runbook)
{
	const json_t *list = json_object_get(runbook->document, "absorbs");
	size_t index;
	const json_t *item;

	runbook->absorbs = xcalloc(json_array_size(list) + 1, sizeof(char *));
	json_array_foreach(list, index, item) {
		runbook->absorbs[index] = json_string_value(item);
	}
}

static enum grouping grouping_parse(const char *name)
{
	static const char *const names[] = {
		[GROUP_OBJECT] = "object",
		[GROUP_OWNER] = "owner",
		[GROUP_NODE] = "node",
		[GROUP_CLUSTER] = "cluster",
	};

	for (size_t i = 0; i < array_length(names); i++) {
		if (!strcmp(name, names[i]))
			return (enum grouping)i;
	}
	bug("a grouping that the schema does not allow");
}

static enum remedy_kind step_remedy(const char *type)
{
	static const char *const api[] = {"patch-image", "patch", "apply", "delete", "restart",
					  "cordon",	 "uncordon", "drain", "evict", "transform"};

	if (!strncmp(type, "ssh-", 4))
		return REMEDY_SSH;
	for (size_t i = 0; i < array_length(api); i++) {
		if (!strcmp(type, api[i]))
			return REMEDY_API;
	}
	if (!strcmp(type, "manual"))
		return REMEDY_MANUAL;
	return !strcmp(type, "advice") ? REMEDY_ADVICE : REMEDY_NONE;
}

static enum confidence confidence_of(const json_t *signs)
{
	const char *name = text_of(signs, "confidence");
	enum confidence confidence = CONFIDENCE_LIKELY;

	if (name)
		confidence_parse(name, &confidence);
	return confidence;
}

static void read_also(struct runbook *runbook, struct compilation *compilation)
{
	const json_t *list = json_object_get(runbook->document, "also");
	struct place *place = &compilation->report->place;
	size_t index;
	const json_t *item;

	runbook->also = xcalloc(json_array_size(list) + 1, sizeof(*runbook->also));
	place_push_key(place, "also");
	json_array_foreach(list, index, item) {
		struct signature *signature = &runbook->also[runbook->also_count];
		enum kind_id kind = kind_find(text_of(item, "subject"))->id;

		place_push_index(place, index);
		if (runbook_when(runbook, kind) || kind == runbook->subject)
			report_error(compilation->report, false, "there are signs of this kind already");
		signature->subject = kind;
		signature->when = compile_at(compilation, item, "when", kind);
		signature->confidence = confidence_of(item);
		runbook->also_count++;
		place_pop(place);
	}
	place_pop(place);
}

static void read_latent(struct runbook *runbook, struct compilation *compilation)
{
	const json_t *list = json_object_get(json_object_get(runbook->document, "latent"), "signs");
	struct place *place = &compilation->report->place;
	size_t index;
	const json_t *item;

	runbook->latent = xcalloc(json_array_size(list) + 1, sizeof(*runbook->latent));
	place_push_key(place, "latent");
	place_push_key(place, "signs");
	json_array_foreach(list, index, item) {
		struct signature *signature = &runbook->latent[runbook->latent_count++];

		place_push_index(place, index);
		signature->subject = kind_find(text_of(item, "subject"))->id;
		signature->when = compile_at(compilation, item, "when", signature->subject);
		signature->confirm = compile_at(compilation, item, "confirm", signature->subject);
		signature->confidence = confidence_of(item);
		place_pop(place);
	}
	place_pop(place);
	place_pop(place);
}

static void read_severity_rules(struct runbook *runbook, struct compilation *compilation)
{
	const json_t *list = json_object_get(json_object_get(runbook->document, "severity"), "rules");
	struct place *place = &compilation->report->place;
	size_t index;
	const json_t *item;

	runbook->severity_rules = xcalloc(json_array_size(list) + 1, sizeof(*runbook->severity_rules));
	place_push_key(place, "severity");
	place_push_key(place, "rules");
	json_array_foreach(list, index, item) {
		struct severity_rule *rule = &runbook->severity_rules[runbook->severity_rule_count++];

		place_push_index(place, index);
		rule->condition = compile_at(compilation, item, "if", runbook->subject);
		severity_parse(text_of(item, "is"), &rule->severity);
		place_pop(place);
	}
	place_pop(place);
	place_pop(place);
}

/* What the schema has made sure of is not checked again. */
static void read_plain(struct runbook *runbook)
{
	const json_t *severity = json_object_get(runbook->document, "severity");
	const char *in_system = text_of(severity, "inSystemNamespaces");
	size_t index;
	const json_t *step;

	runbook->id = text_of(runbook->document, "id");
	runbook->slug = text_of(runbook->document, "slug");
	runbook->replaces = text_of(runbook->document, "replaces");
	runbook->is_general = !strcmp(runbook->id, runbook->slug);
	if (!severity_parse(text_of(severity, "default"), &runbook->severity))
		bug("a severity that the schema does not allow");
	runbook->severity_in_system = runbook->severity;
	if (in_system)
		severity_parse(in_system, &runbook->severity_in_system);
	runbook->subject = kind_find(text_of(runbook->document, "subject"))->id;
	runbook->group = grouping_parse(text_of(runbook->document, "group"));
	json_array_foreach(json_object_get(runbook->document, "steps"), index, step) {
		enum remedy_kind remedy = step_remedy(text_of(step, "type"));

		if (remedy > runbook->remedy)
			runbook->remedy = remedy;
	}
}

static void read_conditions(struct runbook *runbook, struct compilation *compilation)
{
	const json_t *document = runbook->document;

	read_messages(runbook, compilation);
	if (compilation->report->error_count)
		return;		/* else every condition that names a broken message would be one more error */
	runbook->applies = compile_at(compilation, document, "applies", KIND_COUNT);
	runbook->when = compile_at(compilation, document, "when", runbook->subject);
	runbook->confirm = compile_at(compilation, document, "confirm", runbook->subject);
	read_also(runbook, compilation);
	read_latent(runbook, compilation);
	read_severity_rules(runbook, compilation);
	read_collect(runbook, compilation);
	read_confidence(runbook, compilation);
	read_excludes(runbook, compilation);
	read_inner(runbook, compilation);
}

struct runbook *document_read(const struct reading *reading, size_t length, struct report *report)
{
	json_t *document = parse(length, report);
	struct runbook *runbook;
	struct compilation compilation = {
		.report = report,
		.book = reading->book,
		.fields = reading->fields,
	};
	size_t rules_before = message_book_count(reading->book);

	if (!document)
		return NULL;
	schema_check(reading->schema, document, report);
	if (report->error_count) {
		json_decref(document);
		return NULL;
	}
	runbook = xcalloc(1, sizeof(*runbook));
	runbook->document = document;
	runbook->file = xstrdup(report->file);
	digest_json(document, runbook->digest);
	compilation.runbook = runbook;
	compilation.collect = json_object_get(document, "collect");
	compilation.checks = reading->checks;
	read_plain(runbook);
	read_needs(runbook);
	read_absorbs(runbook);
	read_conditions(runbook, &compilation);
	document_check(runbook, report);
	if (!report->error_count)
		return runbook;
	message_book_cut(reading->book, rules_before);
	runbook_free(runbook);
	return NULL;
}

void runbook_free(struct runbook *runbook)
{
	if (!runbook)
		return;
	condition_tree_free(runbook->applies);
	condition_tree_free(runbook->when);
	condition_tree_free(runbook->confirm);
	for (size_t i = 0; i < runbook->exclude_count; i++)
		condition_tree_free(runbook->excludes[i]);
	for (size_t i = 0; i < runbook->confidence_rule_count; i++)
		condition_tree_free(runbook->confidence_rules[i].condition);
	for (size_t i = 0; i < runbook->also_count; i++)
		condition_tree_free(runbook->also[i].when);
	for (size_t i = 0; i < runbook->severity_rule_count; i++)
		condition_tree_free(runbook->severity_rules[i].condition);
	for (size_t i = 0; i < runbook->inner_count; i++)
		condition_tree_free(runbook->inner[i]);
	for (size_t i = 0; i < runbook->collect_count; i++) {
		for (size_t hop = 0; hop < runbook->collect[i].from_count; hop++)
			node_free(runbook->collect[i].from[hop]);
		free(runbook->collect[i].from);
		condition_tree_free(runbook->collect[i].condition);
	}
	for (size_t i = 0; i < runbook->latent_count; i++) {
		condition_tree_free(runbook->latent[i].when);
		condition_tree_free(runbook->latent[i].confirm);
	}
	free(runbook->also);
	free(runbook->latent);
	free(runbook->severity_rules);
	free(runbook->excludes);
	free(runbook->confidence_rules);
	free(runbook->inner);
	free(runbook->collect);
	free(runbook->absorbs);
	free((void *)runbook->needs);
	free(runbook->file);
	json_decref(runbook->document);
	free(runbook);
}
