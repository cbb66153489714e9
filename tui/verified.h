/*
 * Runs that were verified and whose entry wants them to stay so for longer
 * than is waited for: any console of this machine watches them, and a
 * finding that is there again says after which run (decisions.md 26).
 */
#ifndef TUI_VERIFIED_H
#define TUI_VERIFIED_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/symptoms/symptoms.h"

struct verified;

/* Of the cluster at this server. The journal is looked for now and again: it may not be there yet. */
struct verified *verified_new(const char *state_dir, const char *server);
/* NULL is fine. */
void verified_free(struct verified *verified);
/* Marks findings that came back. After symptoms_update(); cheap as long as nobody writes to the journal. */
bool verified_look(struct verified *verified, struct symptoms *symptoms, int64_t now);

#endif
