/* The report in the text format of Prometheus (exposition format 0.0.4). */
#include <inttypes.h>
#include <string.h>

#include "probes/base/memory.h"
#include "tui/report.h"

/* A label value; shown text holds no line breaks. */
static void print_label(FILE *out, const char *name, const char *raw, const char *after)
{
	auto_free char *shown = shown_text(raw);

	fprintf(out, "%s=\"", name);
	for (const char *c = shown; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', out);
		fputc(*c, out);
	}
	fprintf(out, "\"%s", after);
}

static void print_head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static bool is_same_object(const struct finding_object *a, const struct finding_object *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->name_space, b->name_space) && !strcmp(a->name, b->name);
}

static void print_finding(FILE *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->object_count; i++) {
		const struct finding_object *object = &finding->objects[i];

		/* Objects are sorted by name: a name that was used again follows its forerunner. */
		if (i && is_same_object(object - 1, object))
			continue;
		fputs("nks_triage_finding{", out);
		print_label(out, "id", finding->runbook->id, ",");
		print_label(out, "slug", finding->runbook->slug, ",");
		print_label(out, "severity", severity_name(finding->severity), ",");
		print_label(out, "kind", object->kind, ",");
		print_label(out, "namespace", object->name_space, ",");
		print_label(out, "name", object->name, "} 1\n");
	}
}

void report_print_prom(const struct report *report, FILE *out)
{
	size_t count;
	auto_free const struct check **checks = report_checks(report, &count);

	print_head(out, "nks_triage_finding", "An object that a finding is about.");
	for (size_t i = 0; i < symptoms_finding_count(report->symptoms); i++)
		print_finding(out, symptoms_finding_at(report->symptoms, i));
	print_head(out, "nks_triage_check", "The verdict of a check.");
	for (size_t i = 0; i < count; i++) {
		fputs("nks_triage_check{", out);
		print_label(out, "id", checks[i]->runbook->id, ",");
		print_label(out, "verdict", verdict_name(checks[i]->verdict), "} 1\n");
	}
	print_head(out, "nks_triage_up", "Whether the last exchange with the kube-apiserver went well.");
	fprintf(out, "nks_triage_up %d\n", report->is_up ? 1 : 0);
	print_head(out, "nks_triage_last_sync_timestamp_seconds",
		   "When the kube-apiserver answered last; 0 for never.");
	fprintf(out, "nks_triage_last_sync_timestamp_seconds %" PRId64 "\n", report->last_sync);
}
