/* The protobuf scanner: lists, single objects and watches of every kind that is read so. */
#include "tests/fuzz/scanned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct field_table *tables[KIND_COUNT];
	struct fuzz_input input = {(const char *)data, size};
	unsigned int kind = fuzz_choose(&input, KIND_STATEFUL_SET + 1);
	enum scan_mode mode = (enum scan_mode)fuzz_choose(&input, 3);
	size_t piece = 1 + fuzz_choose(&input, 100);

	/* No paths of runbooks: the scanner is chosen only where all have numbers. */
	if (!tables[kind])
		tables[kind] = field_table_new(kind_get((enum kind_id)kind));
	check(proto_scanner_knows(tables[kind]), "kind %u", kind);
	scanned_check_pieces(&proto_scanner_ops, tables[kind], mode, input, piece);
	return 0;
}
