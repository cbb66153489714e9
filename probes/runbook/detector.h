/*
 * Detectors written in C, for what the match language cannot say; conditions
 * name them by id ("detector"). One file each, listed in detectors.c.
 */
#ifndef RUNBOOK_DETECTOR_H
#define RUNBOOK_DETECTOR_H

#include "probes/runbook/condition.h"

struct detector {
	const char *id;
	enum kind_id subject;	/* kind of the objects it judges */
	/* May set evaluation->unknown and recheck_at; the evidence is one line: what was found, and where. */
	enum truth (*judge)(const struct record *subject, struct evaluation *evaluation, char **ret_source,
			    char **ret_text);
};

extern const struct detector detect_node_readd;
extern const struct detector detect_node_bgp;
extern const struct detector detect_file_drift;

/* NULL: there is none of that id. */
const struct detector *detector_find(const char *id);

#endif
