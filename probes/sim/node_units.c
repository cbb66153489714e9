#include "probes/sim/node_units.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_machine.h"

static const char statd[] = "rpc-statd.service";
static const char rpcbind[] = "rpcbind.service";
static const char statd_program[] = "100024";

char *unit_name(const char *word)
{
	return xasprintf("%s%s", word, strchr(word, '.') ? "" : ".service");
}

const json_t *unit_of(const struct machine *machine, const char *name)
{
	return json_object_get(machine_part(machine, "units"), name);
}

bool unit_is_active(const struct machine *machine, const char *name)
{
	return !strcmp(doc_text(unit_of(machine, name), "active"), "active");
}

bool rpc_is_registered(const struct machine *machine, const char *program)
{
	return unit_is_active(machine, rpcbind) &&
	       json_is_true(json_object_get(machine_part(machine, "registrations"), program));
}

static void set_state(struct machine *machine, const char *name, const char *active, const char *sub)
{
	json_t *unit = json_object_get(machine_own(machine, "units"), name);

	doc_set_text(unit, "active", active);
	doc_set_text(unit, "sub", sub);
	doc_set_text(unit, "result", strcmp(active, "failed") ? "success" : "exit-code");
	doc_set_int(unit, "since", clock_wall());
}

/* A process that nobody waited for goes with its parent. */
static void end_zombies(struct machine *machine, const char *command)
{
	json_t *processes = machine_own(machine, "processes");

	for (size_t i = json_array_size(processes); i-- > 0;)
		if (!strcmp(doc_text(json_array_get(processes, i), "command"), command))
			json_array_remove(processes, i);
}

int unit_start(struct machine *machine, const char *name)
{
	if (!strcmp(name, statd)) {
		end_zombies(machine, "rpc.statd");
		if (!unit_is_active(machine, rpcbind)) {
			set_state(machine, name, "failed", "failed");
			return 1;
		}
		json_object_set_new(machine_own(machine, "registrations"), statd_program, json_true());
	}
	if (!strcmp(name, rpcbind))
		machine_put(machine, "registrations", json_object());
	if (json_is_true(json_object_get(unit_of(machine, name), "cannotStart"))) {
		set_state(machine, name, "failed", "failed");
		return 1;
	}
	set_state(machine, name, "active", strstr(name, ".timer") ? "waiting" : "running");
	return 0;
}

void unit_stop(struct machine *machine, const char *name)
{
	if (!strcmp(name, statd))
		json_object_del(machine_own(machine, "registrations"), statd_program);
	set_state(machine, name, "inactive", "dead");
}

void unit_enable(struct machine *machine, const char *name, bool enabled)
{
	json_t *unit = json_object_get(machine_own(machine, "units"), name);

	if (strcmp(doc_text(unit, "enabled"), "static"))
		doc_set_text(unit, "enabled", enabled ? "enabled" : "disabled");
}

void units_boot(struct machine *machine)
{
	static const char *const first[] = {rpcbind, statd};
	json_t *units = machine_own(machine, "units");
	const char *name;
	json_t *unit;

	machine_put(machine, "processes", json_array());
	json_object_foreach(units, name, unit)
		if (strcmp(name, rpcbind) && strcmp(name, statd) && !strcmp(doc_text(unit, "enabled"), "enabled"))
			set_state(machine, name, "active", strstr(name, ".timer") ? "waiting" : "running");
	for (size_t i = 0; i < array_length(first); i++) {
		const char *enabled = doc_text(unit_of(machine, first[i]), "enabled");

		if (!strcmp(enabled, "enabled"))
			unit_start(machine, first[i]);
		else if (enabled[0])
			unit_stop(machine, first[i]);
	}
}
