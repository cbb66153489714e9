#include "probes/remedy/node_space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *last_line(const char *text)
{
	const char *last = text;

	for (const char *at = text; *at; at++) {
		if (*at == '\n' && at[1])
			last = at + 1;
	}
	return last;
}

/* "/dev/vda1 103079844 91820448 11259396 90% /" */
int node_space_parse(const char *text, struct node_space *ret_space, struct err *err)
{
	long long blocks;
	long long used;
	long long available;
	int percent;

	if (sscanf(last_line(text), "%*s %lld %lld %lld %d%% /", &blocks, &used, &available, &percent) != 4 ||
	    available < 0 || available > INT64_MAX / 1024 || percent < 0 || percent > 100)
		return err_set(err, ERR_PROTOCOL, "what df says is not understood", NULL);
	*ret_space = (struct node_space){.available = (int64_t)available * 1024, .used_percent = percent};
	return 0;
}

int64_t node_space_largest(const char *text)
{
	int64_t largest = 0;

	while (*text) {
		char *end;
		long long size = strtoll(text, &end, 10);

		if (end != text && size > largest)
			largest = (int64_t)size;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return largest;
}
