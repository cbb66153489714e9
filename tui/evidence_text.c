/* Evidence of a finding, and the explanation of its entry, as text. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/view_detail.h"
#include "tui/world.h"
#include "widgets/textview.h"

enum { MOST_OBJECTS = 40 };

static enum role severity_role(enum severity severity)
{
	return severity == SEVERITY_CRITICAL ? ROLE_CRITICAL : severity == SEVERITY_WARNING ? ROLE_WARNING : ROLE_INFO;
}

static enum glyph severity_glyph(enum severity severity)
{
	return severity == SEVERITY_CRITICAL ? GLYPH_CRITICAL : severity == SEVERITY_WARNING ? GLYPH_WARNING :
											       GLYPH_INFO;
}

static void add_heading(struct textview *text, const char *id)
{
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate(id));
}

static void add_summary(struct textview *text, const struct world *world, const struct finding *finding)
{
	const char *separator = world->glyphs == GLYPHS_UTF8 ? " · " : " | ";
	enum role role = severity_role(finding->severity);
	auto_free char *title = world_title(world, finding);
	CLEANUP(buffer_release) struct buffer facts = BUFFER_INIT(400);
	char age[32];

	textview_addf(text, role, "%s %s ", glyph_text(world->glyphs, severity_glyph(finding->severity)),
		      finding->runbook->id);
	textview_append(text, ROLE_STRONG, title);
	textview_indent(text, 2);
	world_finding_facts(world, finding, &facts);
	if (facts.length) {
		textview_addf(text, ROLE_WARNING, "  %s", buffer_text(&facts));
		textview_indent(text, 2);
	}
	textview_addf(text, role, "  %s", translate(severity_name(finding->severity)));
	textview_appendf(text, ROLE_NORMAL, "%s%s", separator,
			 translate(confidence_name(finding->confidence)));
	if (finding->since) {
		world_age(world, finding->since, age, sizeof(age));
		textview_appendf(text, ROLE_NORMAL, translate("%sfor %s"), separator, age);
	}
	world_age(world, finding->first_seen, age, sizeof(age));
	textview_appendf(text, ROLE_DIM, translate("%sfirst seen here %s ago"), separator, age);
	if (finding->came_back_after)
		textview_addf(text, ROLE_WARNING, translate("  came back after fix %s"),
			      finding->came_back_after);
	if (finding->also_seen_count) {
		textview_add(text, ROLE_DIM, translate("  explains also:"));
		for (size_t i = 0; i < finding->also_seen_count; i++)
			textview_appendf(text, ROLE_NORMAL, " %s", finding->also_seen[i]);
	}
}

static void add_record_state(struct textview *text, const struct world *world, const struct record *record)
{
	CLEANUP(buffer_release) struct buffer status = BUFFER_INIT(256);
	char age[32];

	world_age(world, record->created, age, sizeof(age));
	if (record->kind->id == KIND_POD) {
		struct pod_counts counts;

		pod_count(record_pod(record), &counts);
		pod_status_text(record_pod(record), world->server_version, &status);
		textview_appendf(text, counts.ready == counts.total ? ROLE_OK : ROLE_WARNING, "  %d/%d %s",
				 counts.ready,
				 counts.total, buffer_text(&status));
		textview_appendf(text, ROLE_DIM, "  %s", record_pod(record)->node_name);
	} else if (record->kind->id == KIND_NODE) {
		node_status_text(record_node(record), &status);
		textview_appendf(text, ROLE_NORMAL, "  %s", buffer_text(&status));
	} else if (record_is_workload(record)) {
		const struct workload_record *workload = record_workload(record);

		textview_appendf(text, workload->ready < workload->wanted ? ROLE_WARNING : ROLE_OK,
				 "  %lld/%lld",
				 (long long)workload->ready, (long long)workload->wanted);
	}
	textview_appendf(text, ROLE_DIM, "  %s", age);
}

static void add_objects(struct textview *text, const struct world *world, const struct finding *finding)
{
	if (!finding->object_count)
		return;
	add_heading(text, "Objects");
	for (size_t i = 0; i < finding->object_count && i < MOST_OBJECTS; i++) {
		const struct finding_object *object = &finding->objects[i];
		const struct record *record =
			world->snapshot ? snapshot_by_uid(world->snapshot, object->uid) : NULL;
		auto_free char *name = world_object_name(object->kind, object->name_space, object->name);

		textview_addf(text, ROLE_NORMAL, "  %s", name);
		textview_indent(text, 4);
		if (record)
			add_record_state(text, world, record);
		else
			textview_append(text, ROLE_DIM, translate("  gone"));
	}
	if (finding->object_count > MOST_OBJECTS)
		textview_addf(text, ROLE_DIM, translate("  and %zu more"),
			      finding->object_count - MOST_OBJECTS);
}

static size_t count_alike(const struct world *world, const struct finding *finding)
{
	size_t count = 0;

	for (size_t i = 0; world->symptoms && i < symptoms_finding_count(world->symptoms); i++)
		count += symptoms_finding_at(world->symptoms, i)->runbook == finding->runbook;
	return count;
}

/* What can be done from here, before the evidence, which may be long. */
static void add_ways_on(struct textview *text, const struct world *world, const struct finding *finding)
{
	enum remedy_kind remedy = finding->runbook->remedy;
	char key[KEY_TEXT_SIZE];

	textview_add(text, ROLE_NORMAL, "  ");
	if (remedy == REMEDY_API || remedy == REMEDY_SSH || remedy == REMEDY_MANUAL) {
		textview_append(text, ROLE_KEY, world_key(world, ACTION_FIX, key));
		textview_append(text, ROLE_DIM,
				remedy == REMEDY_MANUAL ? translate(" shows the steps (some by hand)   ") :
							  translate(" plans the fix, changes nothing   "));
	}
	textview_append(text, ROLE_KEY, world_key(world, ACTION_EXPLAIN, key));
	textview_append(text, ROLE_DIM, translate(" explains"));
	textview_indent(text, 2);
	if (runbook_plans_across(finding->runbook) && count_alike(world, finding) > 1) {
		textview_addf(text, ROLE_KEY, "  :plan %s", finding->runbook->id);
		textview_appendf(text, ROLE_DIM, translate(" plans all %zu of them together, one first"),
				 count_alike(world, finding));
		textview_indent(text, 2);
	}
}

void evidence_text(struct textview *text, const struct world *world, const struct finding *finding)
{
	add_summary(text, world, finding);
	add_ways_on(text, world, finding);
	add_heading(text, "Why we say so");
	for (size_t i = 0; i < finding->evidence_count; i++)
		evidence_line_text(text, world, &finding->evidence[i]);
	add_objects(text, world, finding);
}

void explain_text(struct textview *text, const struct world *world, const struct finding *finding)
{
	const struct runbook *runbook = finding->runbook;
	static const struct {
		const char *name;
		const char *heading;
	} sections[] = {
		{"symptom", N_("What one sees")},	    {"cause", N_("Why it happens")},
		{"evidence", N_("What to look for")},   {"remedy", N_("Remedy")},
		{"risks", N_("Risks")},		    {"limits", N_("What it does not mend")},
		{"guide", N_("What the guide says, and has wrong")},
	};
	const char *title = finding_text(finding, world->language, "title");

	textview_addf(text, ROLE_STRONG, "%s ", runbook->id);
	textview_append(text, ROLE_STRONG, title ? title : runbook->slug);
	for (size_t i = 0; i < array_length(sections); i++) {
		const char *section = finding_text(finding, world->language, sections[i].name);

		if (!section || !*section)
			continue;
		add_heading(text, sections[i].heading);
		textview_add_lines(text, ROLE_NORMAL, section);
	}
	textview_add(text, ROLE_NORMAL, "");
	textview_addf(text, ROLE_DIM, "%s%s%s", runbook->file ? runbook->file : "",
		      runbook->replaces ? translate(" replaces ") : "", runbook->replaces ? runbook->replaces : "");
}
