#include "probes/remedy/node_place.h"

#include <stdlib.h>

#include "probes/base/memory.h"

/* One line, as node_mark.c's. $3 is "sudo -n" where the login user may not read the file, and two words then. */
static const char script[] =
	"LC_ALL=C; export LC_ALL; f=$1; w=$2; s=$3; shift 3; "
	"h=$($s stat --format=%F:%a:%U:%G \"$f\" 2>&1) && { d=$($s sha256sum \"$f\" 2>&1); h=\"$h ${d%% *}\"; }; "
	"case $h in *'No such file'*) h=none;; esac; "
	"if [ \"$h\" != \"$w\" ]; then echo '" PLACE_REFUSED_TEXT "' >&2; exit 121; fi; "
	"exec \"$@\"";

/* As stat and sha256sum print it. Caller frees. */
static char *state_text(const struct node_file *file)
{
	if (!file->is_there)
		return xstrdup("none");
	return xasprintf("%s:%lo:%s:%s %s", *file->content ? "regular file" : "regular empty file",
			 strtoul(file->mode, NULL, 8), file->owner, file->group, file->digest);
}

void place_add(struct argv_words *words, const char *file, const struct node_file *before,
	       const char *const *command)
{
	auto_free char *state = state_text(before);

	argv_add(words, "sh");
	argv_add(words, "-c");
	argv_add(words, script);
	argv_add(words, "nks-triage-place");
	argv_add(words, file);
	argv_add(words, state);
	argv_add(words, before->is_read_by_sudo ? "sudo -n" : "");
	argv_add_all(words, command);
}
