/* Texts of events and logs: normalised, then matched by every pattern that is shipped; and shown. */
#include "probes/runbook/pattern.h"
#include "probes/runbook/runbook.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct runbook_set *set;
	const struct runbook_load_options options = {.assets = "assets"};
	CLEANUP(buffer_release) struct buffer once = BUFFER_INIT(PATTERN_SUBJECT_MAX);
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(1 << 20);
	struct text_match match;

	if (!set && runbook_set_load(&options, NULL, &set, NULL) < 0)
		check(false, "run it where assets/ is");
	text_normalise(&once, (const char *)data, size);
	check(!memmem(buffer_text(&once), once.length, "  ", 2), "two blanks stay");
	runbook_match_text(set, (const char *)data, size, &match);
	check(match.also_count <= array_length(match.also), "%zu others", match.also_count);
	check(match.runbook || !match.also_count, "others beside none");
	text_show(&shown, (const char *)data, size);
	fuzz_check_shown(buffer_text(&shown));
	return 0;
}
