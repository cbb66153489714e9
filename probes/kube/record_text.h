/*
 * Times and quantities as the API writes them. Internal to probes/kube/.
 */
#ifndef KUBE_RECORD_TEXT_H
#define KUBE_RECORD_TEXT_H

#include <stdint.h>

/* RFC 3339, as clock_parse(), but quick for the form that the API server writes. 0, or -1. */
int time_parse(const char *text, int64_t *ret_wall);
/*
 * A quantity ("1500m", "8Gi", "1e3", "0.5") times ten to the power of
 * decimals, rounded away from 0 as Quantity.Value() does; a number too large
 * gives INT64_MAX. 0, or -1 where it is no quantity (apimachinery
 * pkg/api/resource).
 */
int quantity_parse(const char *text, int decimals, int64_t *ret_number);

#endif
