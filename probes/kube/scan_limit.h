/*
 * What the scanners of both encodings have in common. Internal to
 * probes/kube/.
 */
#ifndef KUBE_SCAN_LIMIT_H
#define KUBE_SCAN_LIMIT_H

#include <stdint.h>

#include "probes/base/err.h"

enum {
	SCAN_ITEM_MAX = 16 << 20,
	SCAN_PENDING_KEPT = 256 << 10,	/* a larger buffer is given back after the item */
	SCAN_TOKEN_MAX = 64 << 10,	/* of a list's continue token */
	SCAN_STATUS_TEXT_MAX = 1024,
};

/* Each sets err and returns -1. seen: how many bytes the object has at least. */
int scan_too_large(struct err *err, uint64_t offset, uint64_t seen);
int scan_too_deep(struct err *err, uint64_t offset, int limit);
int scan_ended_by_sink(struct err *err);
int scan_given_up(struct err *err);

#endif
