/*
 * The engine's way to nodes: the only user of node_step() (decisions.md 23,
 * tests/check/test_doors.py). What it gives is a node_runner for
 * change_context.
 */
#ifndef REMEDY_NODE_DOOR_H
#define REMEDY_NODE_DOOR_H

#include "probes/model/node_source.h"
#include "probes/remedy/node_runner.h"

struct node_door;

/* Borrowed; must outlive the door. */
struct node_door *node_door_new(const struct node_source *source);
/* No change may use it any more. NULL is fine. */
void node_door_free(struct node_door *door);
const struct node_runner *node_door_runner(const struct node_door *door);

#endif
