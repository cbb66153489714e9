#include "probes/kube/scan_limit.h"

#include <inttypes.h>
#include <stdio.h>

int scan_too_large(struct err *err, uint64_t offset)
{
	char place[24];

	snprintf(place, sizeof(place), "%" PRIu64, offset);
	return err_set(err, ERR_LIMIT, "an object at byte {byte} of the answer is larger than {limit}",
		       "byte", place, "limit", "16 MiB", NULL);
}

int scan_ended_by_sink(struct err *err)
{
	return err_set(err, ERR_CANCELLED, "the list or watch was ended by its reader", NULL);
}

int scan_given_up(struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "the answer was given up before", NULL);
}
