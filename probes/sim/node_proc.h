/*
 * Files of a simulated node that a kernel makes up when they are read.
 */
#ifndef SIM_NODE_PROC_H
#define SIM_NODE_PROC_H

struct cluster;
struct machine;

/* The text of /proc/cmdline and its like; NULL: no such file. Caller frees. */
char *proc_text(const struct cluster *cluster, const struct machine *machine, const char *path);

#endif
