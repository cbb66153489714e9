/* The report for people: lines cut and folded by terminal cells, worst first. */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"
#include "tui/report.h"

enum {
	OBJECTS_SHOWN = 12,
	EVIDENCE_SHOWN = 8,
	EVIDENCE_LINES = 6,	/* of one text */
	LINE_BYTES = 64 << 10,
};

struct printer {
	const struct report *report;
	FILE *out;
};

static void paint(const struct printer *printer, const char *sequence)
{
	if (printer->report->color)
		fprintf(printer->out, "\x1b[%sm", sequence);
}

/* Severity is told by glyph, word and colour. */
static const char *severity_color(enum severity severity)
{
	return severity == SEVERITY_CRITICAL ? "1;31" : severity == SEVERITY_WARNING ? "33" : "36";
}

static const char *severity_glyph(const struct report *report, enum severity severity)
{
	if (severity == SEVERITY_CRITICAL)
		return report->utf8 ? "\u2716" : "X";
	if (severity == SEVERITY_WARNING)
		return report->utf8 ? "\u25b2" : "!";
	return report->utf8 ? "\u2022" : "-";
}

static const char *separator(const struct report *report)
{
	return report->utf8 ? " · " : " - ";
}

/* Bytes of the text that go on a line of so many cells: to the last blank that fits, else what fits. */
static size_t fold_at(const char *shown, int cells)
{
	int used;
	size_t fits = text_fit(shown, cells, &used);
	size_t blank = fits;

	if (!shown[fits])
		return fits;
	while (blank && shown[blank] != ' ')
		blank--;
	if (blank)
		return blank;
	return fits ? fits : strlen(shown);
}

/* Shown text in folded lines, the first behind the indent, the others behind hang; at most so many lines (0: all). */
static void print_folded(const struct printer *printer, const char *shown, int indent, int hang, int most_lines)
{
	const char *more = printer->report->utf8 ? " …" : " ...";
	int line = 0;

	while (*shown) {
		int cells = printer->report->columns - indent;
		size_t n;

		/* What says that there is more needs its place on the last line. */
		if (line + 1 == most_lines && text_width(shown) > cells)
			cells -= text_width(more);
		n = fold_at(shown, cells < 10 ? 10 : cells);
		fprintf(printer->out, "%*s%.*s", indent, "", (int)n, shown);
		indent = hang;
		shown += n;
		while (*shown == ' ')
			shown++;
		line++;
		if (*shown && line == most_lines) {
			fputs(more, printer->out);
			shown = "";
		}
		fputc('\n', printer->out);
	}
}

/* The rest of a line whose first cells are taken, cut by cells. */
static void print_cut(const struct printer *printer, const char *shown, int taken)
{
	int cells = printer->report->columns - taken;
	const char *more = printer->report->utf8 ? "…" : "...";
	int used;
	size_t n;

	if (text_width(shown) <= cells) {
		fprintf(printer->out, "%s\n", shown);
		return;
	}
	n = text_fit(shown, cells > text_width(more) ? cells - text_width(more) : 1, &used);
	fprintf(printer->out, "%.*s%s\n", (int)n, shown, more);
}

static void print_pad(FILE *out, const char *shown, int cells)
{
	int missing = cells - text_width(shown);

	fprintf(out, "%s%*s", shown, missing > 0 ? missing : 0, "");
}

static void print_head(const struct printer *printer)
{
	const struct report *report = printer->report;
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_BYTES);
	const char *parts[] = {report->context, report->server, report->user, report->version};
	struct report_counts counts;
	char time[21];

	report_count(report, &counts);
	clock_format(report->generated_at, time);
	buffer_addf(&line, "nks-triage%s%s", separator(report), time);
	for (size_t i = 0; report->has_cluster && i < array_length(parts); i++) {
		if (!*parts[i])
			continue;
		buffer_add_text(&line, separator(report));
		text_show(&line, parts[i], strlen(parts[i]));
	}
	if (report->name_space) {
		buffer_addf(&line, "%s%s ", separator(report), translate("namespace"));
		text_show(&line, report->name_space, strlen(report->name_space));
	}
	print_folded(printer, buffer_text(&line), 0, 2, 0);
	buffer_clear(&line);
	buffer_addf(&line, "%zu %s, %zu %s, %zu %s%s%zu %s, %zu %s, %zu %s", counts.by_severity[SEVERITY_CRITICAL],
		    translate("critical"), counts.by_severity[SEVERITY_WARNING], translate("warning"),
		    counts.by_severity[SEVERITY_INFO], translate("info"), separator(report),
		    counts.by_verdict[VERDICT_CLEAR], translate("clear"), counts.by_verdict[VERDICT_NOT_APPLICABLE],
		    translate("not applicable"), counts.by_verdict[VERDICT_COULD_NOT_CHECK],
		    translate("could not check"));
	print_folded(printer, buffer_text(&line), 0, 2, 0);
}

static void print_objects(const struct printer *printer, const struct finding *finding)
{
	int width = 0;

	for (size_t i = 0; i < finding->object_count && i < OBJECTS_SHOWN; i++) {
		auto_free char *kind = shown_text(finding->objects[i].kind);
		int cells = text_width(kind);

		width = cells > width ? cells : width;
	}
	for (size_t i = 0; i < finding->object_count && i < OBJECTS_SHOWN; i++) {
		const struct finding_object *object = &finding->objects[i];
		auto_free char *kind = shown_text(object->kind);
		auto_free char *name = xasprintf("%s%s%s", object->name_space, *object->name_space ? "/" : "",
						 object->name);
		auto_free char *shown = shown_text(name);

		fprintf(printer->out, "%*s", 4, "");
		print_pad(printer->out, kind, width + 2);
		print_cut(printer, shown, 4 + width + 2);
	}
	if (finding->object_count > OBJECTS_SHOWN)
		fprintf(printer->out, "%*s%s%zu\n", 4, "", printer->report->utf8 ? "… +" : "... +",
			finding->object_count - OBJECTS_SHOWN);
}

static void print_evidence(const struct printer *printer, const struct finding *finding)
{
	size_t shown_count = finding->evidence_count < EVIDENCE_SHOWN ? finding->evidence_count : EVIDENCE_SHOWN;

	if (!shown_count)
		return;
	fprintf(printer->out, "  %s\n", translate("evidence"));
	for (size_t i = 0; i < shown_count; i++) {
		auto_free char *source = shown_text(finding->evidence[i].source);
		auto_free char *text = shown_text(finding->evidence[i].text);

		paint(printer, "2");
		fprintf(printer->out, "%*s", 4, "");
		print_cut(printer, source, 4);
		paint(printer, "0");
		print_folded(printer, text, 6, 6, EVIDENCE_LINES);
		if (finding->evidence[i].alike)
			fprintf(printer->out, translate("%*sand %zu more say the same\n"), 6, "",
				finding->evidence[i].alike);
	}
	if (finding->evidence_count > shown_count)
		fprintf(printer->out, "%*s%s%zu\n", 4, "", printer->report->utf8 ? "… +" : "... +",
			finding->evidence_count - shown_count);
}

static void print_finding(const struct printer *printer, const struct finding *finding)
{
	const struct report *report = printer->report;
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_BYTES);
	auto_free char *title = report_title(report, finding);
	char time[21];

	buffer_addf(&line, "%s %s  %s  %s", severity_glyph(report, finding->severity),
		    translate(severity_name(finding->severity)), finding->runbook->id, title);
	if (*finding->group_name) {
		buffer_add_text(&line, separator(report));
		text_show(&line, finding->group_name, strlen(finding->group_name));
	}
	fputc('\n', printer->out);
	paint(printer, severity_color(finding->severity));
	print_folded(printer, buffer_text(&line), 0, 2, 0);
	paint(printer, "0");

	buffer_clear(&line);
	buffer_add_text(&line, translate(confidence_name(finding->confidence)));
	if (finding->since) {
		clock_format(finding->since, time);
		buffer_addf(&line, "%s%s %s", separator(report), translate("since"), time);
	}
	buffer_addf(&line, "%s%s: %s", separator(report), translate("remedy"),
		    translate(remedy_name(finding->runbook->remedy)));
	for (size_t i = 0; i < finding->also_seen_count; i++)
		buffer_addf(&line, "%s%s%s", i ? ", " : separator(report), i ? "" : translate("also seen: "),
			    finding->also_seen[i]);
	print_folded(printer, buffer_text(&line), 2, 2, 0);
	if (finding->came_back_after)
		fprintf(printer->out, translate("  came back after fix %s\n"), finding->came_back_after);
	fprintf(printer->out, "  %s (%zu)\n", translate("objects"), finding->object_count);
	print_objects(printer, finding);
	print_evidence(printer, finding);
}

/* The checks of one verdict, each with its reason; those without share lines. */
static void print_verdict(const struct printer *printer, const struct check **checks, size_t count,
			  enum verdict verdict, const char *heading)
{
	CLEANUP(buffer_release) struct buffer plain = BUFFER_INIT(LINE_BYTES);
	bool has_heading = false;

	for (size_t i = 0; i < count; i++) {
		auto_free char *reason = message_text(&checks[i]->reason);

		if (checks[i]->verdict != verdict)
			continue;
		if (!has_heading)
			fprintf(printer->out, "\n%s\n", heading);
		has_heading = true;
		if (!*reason) {
			buffer_addf(&plain, "%s%s", plain.length ? ", " : "", checks[i]->runbook->id);
			continue;
		}
		auto_free char *line = xasprintf("%s: %s", checks[i]->runbook->id, reason);

		print_folded(printer, line, 2, 4, 0);
	}
	if (plain.length)
		print_folded(printer, buffer_text(&plain), 2, 2, 0);
}

void report_print_text(const struct report *report, FILE *out)
{
	const struct printer printer = {.report = report, .out = out};
	size_t count;
	auto_free const struct check **checks = report_checks(report, &count);

	print_head(&printer);
	for (size_t i = 0; i < symptoms_finding_count(report->symptoms); i++)
		print_finding(&printer, symptoms_finding_at(report->symptoms, i));
	print_verdict(&printer, checks, count, VERDICT_COULD_NOT_CHECK, translate("could not check"));
	print_verdict(&printer, checks, count, VERDICT_CLEAR, translate("clear"));
	print_verdict(&printer, checks, count, VERDICT_NOT_APPLICABLE, translate("not applicable"));
	for (size_t i = 0; i < report->input_count; i++) {
		auto_free char *path = shown_text(report->inputs[i].path);
		auto_free char *error = shown_text(report->inputs[i].error ? report->inputs[i].error : "");

		fprintf(out, "%s%s: %zu%s%s\n", i ? "" : "\n", path, report->inputs[i].objects, *error ? ", " : "",
			error);
	}
}
