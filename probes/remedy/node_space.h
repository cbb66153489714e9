/* What df and find print of room on a node; pure, of foreign text. */
#ifndef REMEDY_NODE_SPACE_H
#define REMEDY_NODE_SPACE_H

#include <stdint.h>

#include "probes/base/err.h"

struct node_space {
	int64_t available;	/* bytes */
	int used_percent;	/* as df counts: of what is not reserved, rounded up */
};

/* The last line of "df -P -k PATH". */
int node_space_parse(const char *text, struct node_space *ret_space, struct err *err);
/* The largest of the lines of "find … -printf '%s\n'"; 0: there is none. */
int64_t node_space_largest(const char *text);

#endif
