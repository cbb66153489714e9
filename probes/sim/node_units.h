/*
 * systemd's units on a simulated node, and the RPC programs that come and go
 * with them: rpcbind forgets all programs when it is started anew, and
 * rpc.statd cannot register, and so fails, while rpcbind is down.
 */
#ifndef SIM_NODE_UNITS_H
#define SIM_NODE_UNITS_H

#include <jansson.h>
#include <stdbool.h>

struct machine;

/* "rpcbind" -> "rpcbind.service". Caller frees. */
char *unit_name(const char *word);
/* NULL: there is no such unit. */
const json_t *unit_of(const struct machine *machine, const char *name);
bool unit_is_active(const struct machine *machine, const char *name);
/* 0, or 1: it failed. It is there. */
int unit_start(struct machine *machine, const char *name);
void unit_stop(struct machine *machine, const char *name);
void unit_enable(struct machine *machine, const char *name, bool enabled);
/* rpcbind knows the program (100024: rpc.statd). */
bool rpc_is_registered(const struct machine *machine, const char *program);
/* After a boot: what is enabled runs, zombies are gone. */
void units_boot(struct machine *machine);

#endif
