#include "tui/change_facts.h"

#include <stddef.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"
#include "probes/remedy/change.h"
#include "probes/runbook/runbook.h"
#include "tui/command.h"

void change_reach_text(const struct change *change, bool with_steps, struct buffer *out)
{
	const struct blast_radius *radius = change_blast_radius(change);
	const struct {
		size_t count;
		const char *one;
		const char *many;
	} reached[] = {
		{with_steps ? change_step_count(change) : 0, N_("%zu step"), N_("%zu steps")},
		{radius->workloads, N_("%zu workload"), N_("%zu workloads")},
		{radius->pods, N_("%zu pod"), N_("%zu pods")},
		{radius->nodes, N_("%zu node"), N_("%zu nodes")},
	};

	for (size_t i = 0; i < sizeof(reached) / sizeof(*reached); i++) {
		if (!reached[i].count)
			continue;
		if (out->length)
			buffer_add_text(out, ", ");
		buffer_addf(out, translate_count(reached[i].count, reached[i].one, reached[i].many),
			    reached[i].count);
	}
	if (!out->length)
		buffer_add_text(out, translate("nothing of the cluster"));
}

void change_undo_text(const struct change *change, const char *language, struct buffer *out)
{
	const json_t *undo = json_object_get(change_runbook(change)->document, "undo");
	const char *warning = runbook_text_in(json_object_get(undo, "warning"), language);

	if (!change_undo_of(change))
		buffer_addf(out, translate("undo: %s"), translate(change_undo(change)));
	if (*warning)
		buffer_addf(out, "%s%s", out->length ? ". " : "", warning);
}
