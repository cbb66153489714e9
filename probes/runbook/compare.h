/*
 * Values of fields as texts, compared as runbooks mean it: numbers,
 * quantities ("10Gi"), versions ("v1.29.3").
 */
#ifndef RUNBOOK_COMPARE_H
#define RUNBOOK_COMPARE_H

#include <stdbool.h>

#include "probes/runbook/condition.h"
#include "probes/runbook/tree.h"

/* A number with one of the suffixes of apimachinery's resource.Quantity. */
bool value_number(const char *text, double *ret_value);
/*
 * Whether one value fits op and the condition's values (not exists, absent
 * and ne, which speak of all values). TRUTH_UNKNOWN where it cannot be compared.
 */
enum truth value_fits(const struct node *node, const char *value, const char *other);
/* "eq" to OPERATOR_EQ; the schema allows no other words. */
enum operator operator_parse(const char *name);
bool order_fits(enum operator op, int order);

#endif
