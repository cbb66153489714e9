#include "tui/report.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"

enum { MOST_SHOWN_BYTES = 64 << 10 };

void report_count(const struct report *report, struct report_counts *ret_counts)
{
	*ret_counts = (struct report_counts){0};
	for (size_t i = 0; i < symptoms_finding_count(report->symptoms); i++)
		ret_counts->by_severity[symptoms_finding_at(report->symptoms, i)->severity]++;
	for (size_t i = 0; i < symptoms_check_count(report->symptoms); i++)
		ret_counts->by_verdict[symptoms_check_at(report->symptoms, i)->verdict]++;
}

/* Something that was meant to be checked could not be. */
static bool is_unchecked(const struct report *report)
{
	for (size_t i = 0; i < symptoms_check_count(report->symptoms); i++) {
		const struct check *check = symptoms_check_at(report->symptoms, i);

		if (check->verdict == VERDICT_COULD_NOT_CHECK && !check->was_left_out)
			return true;
	}
	return report->has_unread_input;
}

int report_exit_code(const struct report *report)
{
	struct report_counts counts;

	report_count(report, &counts);
	if (counts.by_severity[SEVERITY_CRITICAL])
		return EXIT_CRITICAL;
	if (counts.by_severity[SEVERITY_WARNING])
		return EXIT_WARNING;
	return is_unchecked(report) ? EXIT_UNCHECKED : EXIT_DONE;
}

static int compare_checks(const void *a, const void *b)
{
	const struct runbook *one = (*(const struct check *const *)a)->runbook;
	const struct runbook *other = (*(const struct check *const *)b)->runbook;

	if (one->is_general != other->is_general)
		return one->is_general ? 1 : -1;
	return strcmp(one->id, other->id);
}

const struct check **report_checks(const struct report *report, size_t *ret_count)
{
	size_t count = symptoms_check_count(report->symptoms);
	const struct check **checks = xcalloc(count + 1, sizeof(*checks));

	for (size_t i = 0; i < count; i++)
		checks[i] = symptoms_check_at(report->symptoms, i);
	qsort(checks, count, sizeof(*checks), compare_checks);
	*ret_count = count;
	return checks;
}

char *shown_text(const char *raw)
{
	struct buffer shown = BUFFER_INIT(MOST_SHOWN_BYTES);

	text_show(&shown, raw, strlen(raw));
	return buffer_detach(&shown);
}

char *report_title(const struct report *report, const struct finding *finding)
{
	const char *title = finding_text(finding, report->language, "title");

	return shown_text(title ? title : finding->runbook->slug);
}
