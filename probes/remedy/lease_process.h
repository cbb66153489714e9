/*
 * Whether the process that took a Lease is gone, where that can be known:
 * on the same machine since the same boot, in the same process namespace.
 * The mark is "BOOT-ID NAMESPACE PID START" (proc(5): boot_id, ns/pid, field
 * 22 of stat).
 */
#ifndef REMEDY_LEASE_PROCESS_H
#define REMEDY_LEASE_PROCESS_H

#include <stdbool.h>

/* Of this process; "" where it cannot be known. Caller frees. */
char *process_mark(void);
/* True only where it is known; mark is foreign text, NULL is fine. */
bool process_is_gone(const char *mark);

#endif
