#include "probes/kube/scan_limit.h"

#include <inttypes.h>
#include <stdio.h>

int scan_too_large(struct err *err, uint64_t offset, uint64_t seen)
{
	char place[24];
	char size[24];
	char limit[24];

	snprintf(place, sizeof(place), "%" PRIu64, offset);
	snprintf(size, sizeof(size), "%" PRIu64, seen);
	snprintf(limit, sizeof(limit), "%d", SCAN_ITEM_MAX);
	err_set(err, ERR_LIMIT,
		"an object at byte {byte} of the answer has {size} bytes or more, and {limit} is the limit", "byte",
		place, "size", size, "limit", limit, NULL);
	err_hint(err, "no apiserver stores one like that: check what answers in its place", NULL);
	return -1;
}

int scan_too_deep(struct err *err, uint64_t offset, int limit)
{
	char place[24];
	char levels[24];

	snprintf(place, sizeof(place), "%" PRIu64, offset);
	snprintf(levels, sizeof(levels), "%d", limit);
	err_set(err, ERR_LIMIT,
		"an object at byte {byte} of the answer is nested deeper than {limit} levels", "byte", place, "limit",
		levels, NULL);
	err_hint(err, "no object of this kind is: check what answers in the apiserver's place", NULL);
	return -1;
}

int scan_ended_by_sink(struct err *err)
{
	return err_set(err, ERR_CANCELLED, "the list or watch was ended by its reader", NULL);
}

int scan_given_up(struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "the answer was given up before", NULL);
}
