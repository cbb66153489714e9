#include <stdarg.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

enum { OUTPUT_LINES = 20000, OUTPUT_LINE_BYTES = 4096 };

char *change_say_message(const struct change *change, const struct message *message)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(8192);

	message_format(message, change->context.translate, &text);
	return buffer_detach(&text);
}

/* message_set() wants its values as arguments; there are never more than four. */
char *change_say(const struct change *change, const char *id, ...)
{
	enum { VALUES = 4 };
	const char *names[VALUES] = {NULL};
	const char *values[VALUES] = {NULL};
	const char *name;
	size_t count = 0;
	struct message message;
	va_list arguments;

	va_start(arguments, id);
	while ((name = va_arg(arguments, const char *)) != NULL) {
		if (count < VALUES) {
			names[count] = name;
			values[count++] = va_arg(arguments, const char *);
		} else {
			bug("a sentence with too many values");
		}
	}
	va_end(arguments);
	message_set(&message, id, names[0], values[0], names[1], values[1], names[2], values[2], names[3], values[3],
		    NULL);
	return change_say_message(change, &message);
}

char *change_say_err(const struct change *change, const struct err *err)
{
	auto_free char *what = change_say_message(change, &err->what);
	auto_free char *hint = NULL;

	if (!err->hint.id)
		return take_pointer(what);
	hint = change_say_message(change, &err->hint);
	return xasprintf("%s (%s)", what, hint);
}

const char *change_localized(const struct change *change, const json_t *texts)
{
	return runbook_text_in(texts, change->context.language);
}

void change_changed(struct change *change)
{
	if (change->on_change)
		change->on_change(change->on_change_data);
}

void change_output(struct change *change, int step, const char *text)
{
	struct output_line *line;

	if (change->output_count == OUTPUT_LINES) {
		free(change->output[0].text);
		memmove(change->output, change->output + 1, (OUTPUT_LINES - 1) * sizeof(*change->output));
		change->output_count--;
		change->output_dropped++;
	} else if ((change->output_count & (change->output_count - 1)) == 0) {
		change->output = xreallocarray(change->output, change->output_count ? change->output_count * 2 : 1,
					       sizeof(*change->output));
	}
	line = &change->output[change->output_count++];
	line->wall_ms = clock_wall_ms();
	line->step = step;
	line->text = xstrndup(text, OUTPUT_LINE_BYTES);
	if (change->was_begun)
		journal_output(change->context.journal, change->run_id, line->wall_ms, step, line->text);
	change_changed(change);
}

/* guide 0.6: the user guide's notice, beside the troubleshooting guide's own fixes. */
const char *change_node_notice(const struct change *change)
{
	static const char notice[] =
		N_("NHN's user guide asks not to change configuration files or services of worker nodes at will, not "
		   "to delete images that were pulled, and never to power a node off from inside: it could not be "
		   "started from the console again. This fix is one of the troubleshooting guide, and changes the "
		   "nodes named above.");

	for (size_t i = 0; i < change->step_count; i++) {
		const struct step *step = &change->steps[i]->shown;

		if (step->command_count && step->state != STEP_SKIPPED)
			return change->context.translate(notice);
	}
	return NULL;
}
