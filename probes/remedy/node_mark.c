#include "probes/remedy/node_mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"

/*
 * One line each: a csh takes no line break in a quoted word. mkdir decides who is first. The file of zeros shows
 * that there is room for what comes; the pid is that of this shell, whose command line bears the mark, so that
 * another process of the same number is not taken for it.
 */
static const char run_script[] =
	"umask 077; n=nks-triage.$1; shift; m=; "
	"[ -w /run ] && mkdir -p /run/nks-triage 2>/dev/null; "
	"for d in /run/nks-triage /tmp /dev/shm; do "
	"if [ -e \"$d/$n\" ]; then echo '" MARK_STARTED_TEXT "' >&2; exit 120; fi; "
	"done; "
	"for d in /run/nks-triage /tmp /dev/shm; do "
	"[ -d \"$d\" ] && [ -w \"$d\" ] && mkdir \"$d/$n\" 2>/dev/null || continue; "
	"if head -c 65536 /dev/zero 2>/dev/null >\"$d/$n/out\" && echo $$ 2>/dev/null >\"$d/$n/pid\"; then "
	"m=$d/$n; break; "
	"fi; "
	"rm -rf \"$d/$n\"; "
	"done; "
	"if [ -z \"$m\" ]; then echo '" MARK_NO_PLACE_TEXT "' >&2; exit 120; fi; "
	"trap '' HUP; "
	"\"$@\" >\"$m/out\" 2>&1 </dev/null; "
	"r=$?; "
	"echo $r >\"$m/ended\" && mv \"$m/ended\" \"$m/rc\"; "
	"head -c 65536 \"$m/out\"; "
	"exit $r";

static const char look_script[] =
	"echo \"boot $(cat /proc/sys/kernel/random/boot_id)\"; "
	"for d in /run/nks-triage /tmp /dev/shm; do "
	"m=$d/nks-triage.$1; "
	"[ -d \"$m\" ] && [ -O \"$m\" ] || continue; "
	"if [ -f \"$m/rc\" ]; then echo \"ended $(cat \"$m/rc\")\"; head -c 65536 \"$m/out\"; exit 0; fi; "
	"p=$(cat \"$m/pid\"); "
	"if [ -r \"/proc/$p/cmdline\" ] && "
	"tr '\\0' ' ' 2>/dev/null <\"/proc/$p/cmdline\" | grep -qF \"nks-triage-run $1 \"; then "
	"echo running; exit 0; "
	"fi; "
	"if [ -f \"$m/rc\" ]; then echo \"ended $(cat \"$m/rc\")\"; head -c 65536 \"$m/out\"; exit 0; fi; "
	"echo broken; exit 0; "
	"done; "
	"echo never";

static const char forget_script[] =
	"for d in /run/nks-triage /tmp /dev/shm; do "
	"m=$d/nks-triage.$1; "
	"if [ -d \"$m\" ] && [ -O \"$m\" ]; then rm -rf \"$m\"; fi; "
	"done";

static void add_script(struct argv_words *words, const char *script, const char *name, const char *mark)
{
	argv_add(words, "sh");
	argv_add(words, "-c");
	argv_add(words, script);
	argv_add(words, name);
	argv_add(words, mark);
}

void mark_add_run(struct argv_words *words, const char *mark, const char *const *command)
{
	add_script(words, run_script, "nks-triage-run", mark);
	argv_add_all(words, command);
}

void mark_add_look(struct argv_words *words, const char *mark)
{
	add_script(words, look_script, "nks-triage-look", mark);
}

void mark_add_forget(struct argv_words *words, const char *mark)
{
	add_script(words, forget_script, "nks-triage-forget", mark);
}

static const char *line_after(const char *text)
{
	const char *end = strchr(text, '\n');

	return end ? end + 1 : text + strlen(text);
}

static bool is_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	return !strncmp(text, line, length) && (text[length] == '\n' || !text[length]);
}

void mark_read(const char *text, struct mark_look *ret_look)
{
	*ret_look = (struct mark_look){.state = MARK_UNKNOWN, .output = ""};
	if (!strncmp(text, "boot ", 5)) {
		size_t length = strcspn(text + 5, "\n");

		if (length < sizeof(ret_look->boot_id))
			snprintf(ret_look->boot_id, sizeof(ret_look->boot_id), "%.*s", (int)length, text + 5);
		text = line_after(text);
	}
	if (is_line(text, "never")) {
		ret_look->state = MARK_NEVER;
	} else if (is_line(text, "running")) {
		ret_look->state = MARK_RUNNING;
	} else if (is_line(text, "broken")) {
		ret_look->state = MARK_BROKEN;
	} else if (!strncmp(text, "ended ", 6)) {
		char *end;
		long status = strtol(text + 6, &end, 10);

		if (end == text + 6 || status < 0 || status > 255)
			return;
		ret_look->state = MARK_ENDED;
		ret_look->exit_status = (int)status;
		ret_look->output = line_after(text);
	}
}
