#include "probes/sim/node_commands.h"

const struct command_entry commands_of_units[] = {
	{NULL, NULL, NULL},
};
