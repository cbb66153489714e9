/* The framing of a watch in JSON, cut anywhere. */
#include "tests/fuzz/scanned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {(const char *)data, size};
	unsigned int kind = fuzz_choose(&input, KIND_COUNT);
	size_t piece = 1 + fuzz_choose(&input, 100);

	scanned_check_pieces(&json_scanner_ops, scanned_table(kind), SCAN_WATCH, input, piece);
	return 0;
}
