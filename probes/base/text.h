/*
 * Foreign text becomes shown text here and nowhere else (decisions.md 4):
 * the cell writer, every printer and the clipboard call text_show().
 *
 * Records, plans and the journal keep the raw bytes; nothing that was made
 * fit to show is ever sent, compared, matched or stored.
 *
 * Widths are terminal cells as glibc's wcwidth() sees them under a UTF-8
 * LC_CTYPE: 2 for Hangul, Kana and Han, 1 for ambiguous characters. Call
 * text_init() once at start-up.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/*
 * Sets LC_CTYPE from the environment, or C.UTF-8 where that is not UTF-8.
 * Returns true if the terminal is UTF-8; else glyphs must stay ASCII.
 */
bool text_init(void);

/* Decodes one character; invalid bytes give U+FFFD and length 1. n must be > 0. */
size_t text_decode(const char *bytes, size_t n, uint32_t *ret_code_point);
/* Writes 1 to 4 bytes. */
size_t text_encode(uint32_t code_point, char out[4]);

/*
 * Adds a form of the text that is safe on a terminal, on one line: control
 * characters, bidi and other format characters (Cc, Cf, Zl, Zp), private use
 * and tag characters become visible escapes like \x1b or \u202e, line breaks
 * become the two characters \n, tabs one space, invalid bytes \xNN; at most
 * two combining marks follow a character.
 */
void text_show(struct buffer *out, const char *bytes, size_t n);
/* The same, but keeps line breaks: for texts of several lines. */
void text_show_lines(struct buffer *out, const char *bytes, size_t n);

/* Cells of one code point: 0, 1 or 2 (1 for what wcwidth() does not know). */
int text_cell_width(uint32_t code_point);
/* Cells of shown text. */
int text_width(const char *shown);
/* Bytes of the longest prefix of shown text that fits in cells. *ret_used: cells it takes. */
size_t text_fit(const char *shown, int cells, int *ret_used);
/*
 * Whether a line may end after one character and go on with the other: at
 * blanks, and beside Kana and Han but for the marks that may not begin or end
 * a line (JIS X 4051). Hangul has blanks and is broken there alone.
 */
bool text_may_break(uint32_t before, uint32_t after);

#endif
