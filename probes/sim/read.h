/*
 * get and list (watches: watch.h).
 *
 * Lists read at the latest state; with `limit` the pages share one
 * resourceVersion through a snapshot, whose loss (sixteen newer ones, or a
 * compaction) is answered 410 with a token to go on inconsistently, as a real
 * server does after etcd's compaction.
 */
#ifndef SIM_READ_H
#define SIM_READ_H

#include <jansson.h>
#include <stdbool.h>

#include "probes/base/err.h"
#include "probes/sim/selector.h"

struct request;
struct revision;

/* What a list or watch asks for. */
struct filter {
	char namespace[254];	/* "" = all */
	struct selector labels;
	struct selector fields;
};

/* From the target and the query; ERR_INVALID for selectors that cannot be read. */
int filter_init(struct filter *filter, const struct request *request, struct err *err);
void filter_release(struct filter *filter);
bool filter_matches(const struct filter *filter, const json_t *value);

void read_get(struct request *request);
void read_list(struct request *request);
/* A Status for the text of an error: 400. Yours. */
json_t *status_bad_request(const struct err *err);

#endif
