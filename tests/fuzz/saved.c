/* What report --from reads: JSON, JSON lines, YAML, and archives of them. */
#include "probes/model/cluster.h"
#include "tests/fuzz/fuzz.h"
#include "tui/saved_documents.h"
#include "tui/saved_private.h"

static const char *const names[] = {"pods.json", "nodes/all.yaml", "x", "events.json"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct field_set fields;
	struct fuzz_input input = {(const char *)data, size};
	const char *name = names[fuzz_choose(&input, array_length(names))];
	auto_free char *text = xstrndup("", 0);
	const struct report_input *inputs;
	struct saved *saved;
	size_t count;

	if (!fields.tables[0])
		field_set_init(&fields);
	/* As a file's text comes: with a NUL behind it. */
	text = xreallocarray(text, input.left + 1, 1);
	memcpy(text, input.bytes, input.left);
	text[input.left] = '\0';
	saved = saved_new(&fields);
	if (saved_form_of(text, input.left) == SAVED_ARCHIVE)
		saved_read_archive(saved, name, text, input.left);
	else
		saved_read_text(saved, name, text, input.left);
	saved_finish(saved);
	inputs = saved_inputs(saved, &count);
	for (size_t i = 0; i < count; i++) {
		if (inputs[i].error)
			fuzz_check_shown(inputs[i].error);
	}
	saved_free(saved);
	return 0;
}
