/*
 * The simulated cluster of --demo: nks-triage-sim as a child on loopback with
 * a private folder. Afterwards the console is an ordinary client of its
 * kubeconfig.
 */
#ifndef TUI_DEMO_H
#define TUI_DEMO_H

#include "probes/base/err.h"

struct demo;
struct loop;

/* Turns the loop until the cluster answers, at most 10 s. */
int demo_start(struct loop *loop, const char *scenario, struct demo **ret_demo, struct err *err);
/* Ends the child and removes its folder. NULL is fine. */
void demo_stop(struct demo *demo);
const char *demo_kubeconfig(const struct demo *demo);
/* The ssh_config of its nodes; NULL: this simulator has none. */
const char *demo_ssh_config(const struct demo *demo);
const char *demo_scenario(const struct demo *demo);

#endif
