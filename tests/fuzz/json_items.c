/* The JSON item scanner: lists and single objects of every kind. */
#include "tests/fuzz/scanned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {(const char *)data, size};
	unsigned int kind = fuzz_choose(&input, KIND_COUNT);
	enum scan_mode mode = fuzz_choose(&input, 2) ? SCAN_OBJECT : SCAN_LIST;
	size_t piece = 1 + fuzz_choose(&input, 100);

	scanned_check_pieces(&json_scanner_ops, scanned_table(kind), mode, input, piece);
	return 0;
}
