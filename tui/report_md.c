/* The report for a ticket or a chat, as GitHub's Markdown. */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/markdown.h"
#include "tui/report.h"

enum { OBJECTS_SHOWN = 20 };

static void print_head(const struct report *report, FILE *out)
{
	struct report_counts counts;
	char time[21];

	report_count(report, &counts);
	clock_format(report->generated_at, time);
	fprintf(out, "# nks-triage\n\n");
	if (report->has_cluster) {
		markdown_code(out, report->context, false);
		fputs(" · ", out);
		markdown_code(out, report->server, false);
		fputs(" · ", out);
		markdown_code(out, report->user, false);
		fputs(" · ", out);
		if (report->name_space) {
			fprintf(out, "%s ", translate("namespace"));
			markdown_code(out, report->name_space, false);
			fputs(" · ", out);
		}
	}
	fprintf(out, "%s\n\n", time);
	fprintf(out, "**%zu %s · %zu %s · %zu %s**", counts.by_severity[SEVERITY_CRITICAL], translate("critical"),
		counts.by_severity[SEVERITY_WARNING], translate("warning"), counts.by_severity[SEVERITY_INFO],
		translate("info"));
	fprintf(out, " — %zu %s, %zu %s, %zu %s\n", counts.by_verdict[VERDICT_CLEAR], translate("clear"),
		counts.by_verdict[VERDICT_NOT_APPLICABLE], translate("not applicable"),
		counts.by_verdict[VERDICT_COULD_NOT_CHECK], translate("could not check"));
}

static void print_finding(const struct report *report, const struct finding *finding, FILE *out)
{
	auto_free char *title = report_title(report, finding);
	char time[21];

	fprintf(out, "\n## %s · %s · ", translate(severity_name(finding->severity)), finding->runbook->id);
	markdown_plain(out, title);
	fprintf(out, "\n\n%s: %s", translate("confidence"), translate(confidence_name(finding->confidence)));
	if (finding->since) {
		clock_format(finding->since, time);
		fprintf(out, " · %s %s", translate("since"), time);
	}
	fprintf(out, " · %s: %s", translate("remedy"), translate(remedy_name(finding->runbook->remedy)));
	for (size_t i = 0; i < finding->also_seen_count; i++)
		fprintf(out, "%s%s%s", i ? ", " : " · ", i ? "" : translate("also seen: "), finding->also_seen[i]);
	fprintf(out, "\n\n");
	for (size_t i = 0; i < finding->object_count && i < OBJECTS_SHOWN; i++) {
		const struct finding_object *object = &finding->objects[i];
		auto_free char *name = xasprintf("%s/%s%s%s", object->kind, object->name_space,
						 *object->name_space ? "/" : "", object->name);

		fputs("- ", out);
		markdown_code(out, name, false);
		fputc('\n', out);
	}
	if (finding->object_count > OBJECTS_SHOWN)
		fprintf(out, "- … %zu\n", finding->object_count - OBJECTS_SHOWN);
	fprintf(out, "\n**%s**: ", translate("remedy"));
	markdown_plain(out, finding_text(finding, report->language, "remedy"));
	fputc('\n', out);
	if (!finding->evidence_count)
		return;
	fprintf(out, "\n| %s | %s |\n|---|---|\n", translate("source"), translate("evidence"));
	for (size_t i = 0; i < finding->evidence_count; i++) {
		fputs("| ", out);
		markdown_code(out, finding->evidence[i].source, true);
		fputs(" | ", out);
		markdown_code(out, finding->evidence[i].text, true);
		fputs(" |\n", out);
	}
}

/* Checks that say more than their verdict, in a table; of the others their names. */
static void print_checks(const struct report *report, FILE *out)
{
	size_t count;
	auto_free const struct check **checks = report_checks(report, &count);
	bool is_first = true;

	fprintf(out, "\n## %s\n\n| id | %s | %s |\n|---|---|---|\n", translate("checks"), translate("verdict"),
		translate("reason"));
	for (size_t i = 0; i < count; i++) {
		auto_free char *reason = message_text(&checks[i]->reason);

		if (checks[i]->verdict == VERDICT_CLEAR)
			continue;
		fprintf(out, "| %s | %s | ", checks[i]->runbook->id, verdict_name(checks[i]->verdict));
		markdown_plain(out, reason);
		fputs(" |\n", out);
	}
	for (size_t i = 0; i < count; i++) {
		if (checks[i]->verdict != VERDICT_CLEAR)
			continue;
		if (is_first)
			fprintf(out, "\n%s: ", translate("clear"));
		fprintf(out, "%s%s", is_first ? "" : ", ", checks[i]->runbook->id);
		is_first = false;
	}
	fputs(is_first ? "" : "\n", out);
}

/* What was read, and what of it could not be: a bundle's logs are not worth a line. */
static void print_inputs(const struct report *report, FILE *out)
{
	if (!report->input_count)
		return;
	fputc('\n', out);
	for (size_t i = 0; i < report->input_count; i++) {
		const struct report_input *input = &report->inputs[i];

		if (!input->objects && (!input->error || !strncmp(input->error, "not usable", 10)))
			continue;
		fputs("- ", out);
		markdown_code(out, input->path, false);
		fprintf(out, " %zu", input->objects);
		if (input->error) {
			fputs(" · ", out);
			markdown_plain(out, input->error);
		}
		fputc('\n', out);
	}
}

void report_print_md(const struct report *report, FILE *out)
{
	print_head(report, out);
	print_inputs(report, out);
	for (size_t i = 0; i < symptoms_finding_count(report->symptoms); i++)
		print_finding(report, symptoms_finding_at(report->symptoms, i), out);
	print_checks(report, out);
}
