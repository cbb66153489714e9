#include <string.h>

#include "probes/runbook/detector.h"

static const struct detector *const detectors[] = {
	&detect_node_readd,
	&detect_node_bgp,
	&detect_file_drift,
	NULL,
};

const struct detector *detector_find(const char *id)
{
	for (size_t i = 0; detectors[i]; i++) {
		if (!strcmp(detectors[i]->id, id))
			return detectors[i];
	}
	return NULL;
}
