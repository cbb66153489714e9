/* The report as interfaces.md promises it to programs. */
#include <stdlib.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/report.h"

/* Foreign bytes need not be UTF-8; shown text is. */
static json_t *json_shown(const char *raw)
{
	auto_free char *shown = shown_text(raw);

	return json_string(shown);
}

static json_t *json_time(int64_t wall)
{
	char text[21];

	if (!wall)
		return json_null();
	clock_format(wall, text);
	return json_string(text);
}

static json_t *objects_to_json(const struct finding *finding)
{
	json_t *objects = json_array();

	for (size_t i = 0; i < finding->object_count; i++) {
		const struct finding_object *object = &finding->objects[i];

		json_array_append_new(objects, json_pack("{s:o, s:o, s:o, s:o}", "kind", json_shown(object->kind),
							 "namespace", json_shown(object->name_space), "name",
							 json_shown(object->name), "uid", json_shown(object->uid)));
	}
	return objects;
}

static json_t *evidence_to_json(const struct finding *finding)
{
	json_t *evidence = json_array();

	for (size_t i = 0; i < finding->evidence_count; i++) {
		const struct evidence_line *line = &finding->evidence[i];

		json_array_append_new(evidence, json_pack("{s:o, s:o}", "source", json_shown(line->source), "text",
							  json_shown(line->text)));
	}
	return evidence;
}

static json_t *finding_to_json(const struct report *report, const struct finding *finding)
{
	const struct runbook *runbook = finding->runbook;
	auto_free char *title = report_title(report, finding);
	json_t *also_seen = json_array();
	json_t *document;

	for (size_t i = 0; i < finding->also_seen_count; i++)
		json_array_append_new(also_seen, json_shown(finding->also_seen[i]));
	document = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:s}", "id", runbook->id, "slug",
			     runbook->slug, "severity", severity_name(finding->severity), "confidence",
			     confidence_name(finding->confidence), "since", json_time(finding->since), "title", title,
			     "objects", objects_to_json(finding), "alsoSeen", also_seen, "evidence",
			     evidence_to_json(finding), "remedy", remedy_name(runbook->remedy));
	if (finding->came_back_after)
		json_object_set_new(document, "cameBackAfter", json_shown(finding->came_back_after));
	return document;
}

static json_t *checks_to_json(const struct report *report)
{
	size_t count;
	auto_free const struct check **checks = report_checks(report, &count);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		auto_free char *reason = message_text(&checks[i]->reason);

		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s}", "id", checks[i]->runbook->id, "slug",
						       checks[i]->runbook->slug, "verdict",
						       verdict_name(checks[i]->verdict), "reason", reason));
	}
	return array;
}

static json_t *inputs_to_json(const struct report *report)
{
	json_t *inputs = json_array();

	for (size_t i = 0; i < report->input_count; i++) {
		const struct report_input *input = &report->inputs[i];

		json_array_append_new(inputs, json_pack("{s:o, s:I, s:o}", "path", json_shown(input->path), "objects",
							(json_int_t)input->objects, "error",
							input->error ? json_shown(input->error) : json_null()));
	}
	return inputs;
}

static json_t *cluster_to_json(const struct report *report)
{
	if (!report->has_cluster)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "context", json_shown(report->context), "server",
			 json_shown(report->server), "user", json_shown(report->user), "version",
			 json_shown(report->version));
}

json_t *report_to_json(const struct report *report)
{
	struct report_counts counts;
	json_t *findings = json_array();
	json_t *document;

	report_count(report, &counts);
	for (size_t i = 0; i < symptoms_finding_count(report->symptoms); i++)
		json_array_append_new(findings, finding_to_json(report, symptoms_finding_at(report->symptoms, i)));
	document = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I, s:I}}", "apiVersion", "nks-triage/v1",
			     "kind", "Report", "generatedAt", json_time(report->generated_at), "cluster",
			     cluster_to_json(report), "findings", findings, "checks", checks_to_json(report),
			     "coverage", "hit", (json_int_t)counts.by_verdict[VERDICT_HIT], "clear",
			     (json_int_t)counts.by_verdict[VERDICT_CLEAR], "notApplicable",
			     (json_int_t)counts.by_verdict[VERDICT_NOT_APPLICABLE], "couldNotCheck",
			     (json_int_t)counts.by_verdict[VERDICT_COULD_NOT_CHECK]);
	if (!report->has_cluster)
		json_object_set_new(document, "inputs", inputs_to_json(report));
	return document;
}

void report_print_json(const struct report *report, FILE *out, bool one_line)
{
	json_t *document = report_to_json(report);
	auto_free char *text = json_dumps(document, one_line ? JSON_COMPACT : JSON_INDENT(2));

	fprintf(out, "%s\n", text);
	json_decref(document);
}
