/*
 * What the fuzz targets share. A target is tests/fuzz/THING.c with one
 * fuzz_THING() below it; libFuzzer calls LLVMFuzzerTestOneInput() with bytes
 * and looks for what the sanitizers find and for check() that fails.
 *
 * Inputs begin with letters that choose (kind, mode, piece), so that a corpus
 * stays readable; what follows is the document as a server would send it.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that every input must keep. */
#define check(condition, ...)                                                                    \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);          \
			fprintf(stderr, __VA_ARGS__);                                            \
			fprintf(stderr, "\n");                                                   \
			abort();                                                                 \
		}                                                                                \
	} while (0)

struct fuzz_input {
	const char *bytes;
	size_t left;
};

/* The next letter's choice among so many; 0 where the input is over. */
static inline unsigned int fuzz_choose(struct fuzz_input *input, unsigned int among)
{
	unsigned char letter;

	if (!input->left)
		return 0;
	letter = (unsigned char)*input->bytes++;
	input->left--;
	return (unsigned int)(letter >= 'A' ? letter - 'A' : letter + 191) % among;
}

/* What may be printed: UTF-8 without control characters. */
static inline void fuzz_check_shown(const char *shown)
{
	size_t left = strlen(shown);

	while (left) {
		uint32_t code_point;
		size_t n = text_decode(shown, left, &code_point);

		check(code_point >= 0x20 && (code_point < 0x7f || code_point > 0x9f), "U+%04X is shown", code_point);
		check(n > 1 || (unsigned char)*shown < 0x80, "a byte %02x is shown", (unsigned char)*shown);
		shown += n;
		left -= n;
	}
}

/* An error that was set says something, and in a form that is safe to print. */
static inline void fuzz_check_error(const struct err *err)
{
	auto_free char *text = err_text(err);

	check(err->code != ERR_NONE, "an error without a code");
	check(*text, "an error without words");
	fuzz_check_shown(text);
}

#endif
