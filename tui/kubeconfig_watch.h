/*
 * Did a file of the kubeconfig change? Looked at while no session could be
 * opened, so that the console recovers when the operator mends the file.
 */
#ifndef TUI_KUBECONFIG_WATCH_H
#define TUI_KUBECONFIG_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct kubeconfig_watch {
	uint64_t signature;	/* of times, sizes and inodes */
};

/* path: --kubeconfig, or NULL for KUBECONFIG and ~/.kube/config. True at the first call and after each change. */
bool kubeconfig_watch_changed(struct kubeconfig_watch *watch, const char *path);

#endif
