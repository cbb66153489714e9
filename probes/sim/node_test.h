/*
 * test and [ on a simulated node.
 */
#ifndef SIM_NODE_TEST_H
#define SIM_NODE_TEST_H

struct command;

int test_run(const struct command *command);

#endif
