#include "probes/sim/event_view.h"

#include "probes/base/memory.h"

static const struct {
	const char *core;
	const char *view;
} members[] = {
	{"metadata", "metadata"},
	{"involvedObject", "regarding"},
	{"related", "related"},
	{"reason", "reason"},
	{"message", "note"},
	{"type", "type"},
	{"action", "action"},
	{"series", "series"},
	{"eventTime", "eventTime"},
	{"reportingComponent", "reportingController"},
	{"reportingInstance", "reportingInstance"},
	{"source", "deprecatedSource"},
	{"firstTimestamp", "deprecatedFirstTimestamp"},
	{"lastTimestamp", "deprecatedLastTimestamp"},
	{"count", "deprecatedCount"},
};

json_t *event_view(const json_t *event)
{
	json_t *view = json_object();

	for (size_t i = 0; i < array_length(members); i++) {
		json_t *value = json_object_get(event, members[i].core);

		if (value)
			json_object_set(view, members[i].view, value);
	}
	return view;
}
