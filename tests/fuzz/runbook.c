/* The loader of runbooks: a file of any content is a runbook or named errors. */
#include "probes/runbook/set.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct runbook_set *set;
	struct err err = {0};
	auto_free char *text = xstrndup((const char *)data, size);
	struct reading reading;
	struct report report;
	struct runbook *runbook;

	if (set_new("assets", NULL, &set, &err) < 0)
		check(false, "run it where assets/ is");
	reading = (struct reading){.schema = set->schema, .book = set->book, .fields = set->fields};
	report_init(&report, "fuzz.json", text);
	runbook = document_read(&reading, strlen(text), &report);
	check(runbook || report.error_count, "refused without a word");
	for (size_t i = 0; i < report.count; i++)
		check(report.diagnostics[i].text && *report.diagnostics[i].text, "a diagnostic without words");
	if (runbook) {
		document_check(runbook, &report);
		free(runbook_reads(runbook));
	}
	report_release(&report);
	runbook_free(runbook);
	runbook_set_free(set);
	return 0;
}
