/* Lines of a log, cut anywhere: the same lines come. */
#include "probes/kube/logs_lines.h"
#include "tests/fuzz/fuzz.h"

enum { LINE_MAXIMUM = 64 };

static void on_line(void *data, const struct log_line_view *line)
{
	/* A line without a timestamp has its room too. */
	check(line->length <= LINE_MAXIMUM + LOG_TIMESTAMP_SIZE, "a line of %zu bytes", line->length);
	buffer_add_text(data, line->timestamp);
	buffer_add(data, line->text, line->length);
	buffer_add_byte(data, '\n');
}

static void read_log(struct fuzz_input input, size_t piece, bool is_resumed, struct buffer *out)
{
	struct log_lines lines;

	log_lines_init(&lines, LINE_MAXIMUM, on_line, out);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t at = 0; at < input.left; at += piece) {
			size_t n = piece < input.left - at ? piece : input.left - at;
			char *copy = xmalloc(n);

			memcpy(copy, input.bytes + at, n);
			log_lines_feed(&lines, copy, n);
			free(copy);
		}
		log_lines_end(&lines, pass || !is_resumed);
		log_lines_resume(&lines);
	}
	log_lines_release(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {(const char *)data, size};
	bool is_resumed = fuzz_choose(&input, 2);
	size_t piece = 1 + fuzz_choose(&input, 40);
	CLEANUP(buffer_release) struct buffer whole = BUFFER_INIT(16 << 20);
	CLEANUP(buffer_release) struct buffer pieces = BUFFER_INIT(16 << 20);

	read_log(input, input.left + 1, is_resumed, &whole);
	read_log(input, piece, is_resumed, &pieces);
	check(whole.length == pieces.length && !memcmp(buffer_text(&whole), buffer_text(&pieces), whole.length),
	      "other lines in pieces of %zu:\n%s---\n%s", piece,
	      buffer_text(&whole), buffer_text(&pieces));
	return 0;
}
