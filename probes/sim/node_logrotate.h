/*
 * logrotate (3.18 to 3.21) on a simulated node: reads the file as it is there,
 * says in debug mode what it would do, and rotates by copytruncate.
 */
#ifndef SIM_NODE_LOGROTATE_H
#define SIM_NODE_LOGROTATE_H

struct command;

int logrotate_run(const struct command *command);

#endif
