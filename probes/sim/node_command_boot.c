#include "probes/sim/node_commands.h"

const struct command_entry commands_of_boot[] = {
	{NULL, NULL, NULL},
};
