/*
 * What schedulers, kubelets and containerd say, word by word (kubernetes 1.28:
 * pkg/kubelet/images/image_manager.go, kuberuntime_container.go,
 * prober/prober.go; containerd 1.6: pkg/cri/sbserver/image_pull.go).
 * Callers free what they get.
 */
#ifndef SIM_KUBELET_WORDS_H
#define SIM_KUBELET_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *words_scheduled(const char *namespace, const char *pod, const char *node);
/* FitError's words (kubernetes/pkg/scheduler/framework/types.go), for a selector that no node has. */
char *words_unschedulable(size_t nodes);
char *words_pulling(const char *image);
char *words_pulled(const char *image, int64_t milliseconds);
char *words_present(const char *image);
char *words_created(const char *container);
char *words_started(const char *container);
char *words_killing(const char *container);
char *words_back_off(const char *image);
/* runtime_error: as the registry rule gives it, with its "rpc error: " prefix. */
char *words_failed_pull(const char *image, const char *runtime_error);
/* kind: "Readiness", "Liveness". */
char *words_unhealthy(const char *kind, const char *output);
char *words_back_off_restart(const char *container, const char *pod, const char *namespace, const char *uid);
/* "spec.containers{name}" */
/* waiting.message of CrashLoopBackOff */
char *words_crash_loop(int64_t seconds, const char *container, const char *pod, const char *namespace, const char *uid);
char *words_field_path(bool init, const char *container);

#endif
