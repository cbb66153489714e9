/* OSC 52 of screen.h: the terminal, not this machine, owns the operator's clipboard. */
#include "widgets/screen_private.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"

/* xterm and its kin drop longer ones. */
enum { MOST_BASE64 = 74994, MOST_RAW = 64 << 10 };

static const char start[] = "\033]52;c;";

/* tmux obeys the plain sequence with set-clipboard on, the wrapped one with allow-passthrough on. */
static void add_for_tmux(struct buffer *out, const char *base64)
{
	buffer_addf(out, "%s%s\a", start, base64);
	buffer_addf(out, "\033Ptmux;\033%s%s\a\033\\", start, base64);
}

int screen_copy(struct screen *screen, const char *raw, size_t n)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(MOST_RAW);
	CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(4 * MOST_BASE64);
	auto_free char *base64 = NULL;

	text_show_lines(&shown, raw, n);
	if (shown.overflowed)
		return -1;
	base64 = base64_encode(buffer_text(&shown), shown.length);
	if (strlen(base64) > MOST_BASE64 || !screen->is_terminal || screen->suspended)
		return -1;
	if (getenv("TMUX"))
		add_for_tmux(&out, base64);
	else if (getenv("STY"))
		buffer_addf(&out, "\033P%s%s\a\033\\", start, base64);
	else
		buffer_addf(&out, "%s%s\a", start, base64);
	screen_write(screen, out.data, out.length);
	return 0;
}
