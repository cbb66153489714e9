/*
 * events.k8s.io/v1 as a view of core/v1 Events: the same storage, other member names.
 */
#ifndef SIM_EVENT_VIEW_H
#define SIM_EVENT_VIEW_H

#include <jansson.h>

/* Yours. */
json_t *event_view(const json_t *event);

#endif
