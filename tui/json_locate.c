#include "tui/json_locate.h"

#include <stdbool.h>
#include <string.h>

enum { DEEPEST = 64 };

struct walker {
	const char *at;
	int line;
	int depth;		/* of objects and arrays */
	int matched;		/* names of the path that the open objects have matched */
};

/* Moves behind a string and returns its bytes, still escaped: keys of ours hold no escapes. */
static const char *read_string(struct walker *walker, size_t *ret_length)
{
	const char *start = ++walker->at;

	while (*walker->at && *walker->at != '"')
		walker->at += *walker->at == '\\' && walker->at[1] ? 2 : 1;
	*ret_length = (size_t)(walker->at - start);
	if (*walker->at)
		walker->at++;
	return start;
}

static bool is_key(const char *at)
{
	at += strspn(at, " \t\r\n");
	return *at == ':';
}

int json_locate(const char *text, const char *const *path)
{
	struct walker walker = {.at = text, .line = 1};

	while (*walker.at) {
		char c = *walker.at;

		if (c == '"') {
			size_t length;
			int line = walker.line;
			const char *name = read_string(&walker, &length);
			const char *wanted = walker.matched < DEEPEST ? path[walker.matched] : NULL;

			if (!wanted || !is_key(walker.at) || walker.depth != walker.matched + 1 ||
			    strlen(wanted) != length || strncmp(name, wanted, length) != 0)
				continue;
			if (!path[++walker.matched])
				return line;
			continue;
		}
		walker.line += c == '\n';
		walker.depth += c == '{' || c == '[';
		walker.depth -= c == '}' || c == ']';
		walker.at++;
	}
	return 1;
}
