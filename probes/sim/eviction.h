/*
 * POST pods/NAME/eviction: a deletion that asks the disruption budgets first.
 */
#ifndef SIM_EVICTION_H
#define SIM_EVICTION_H

struct request;

void eviction_create(struct request *request);

#endif
