/* What the parts of `doctor` share: lines with a mark, and what was bad. */
#ifndef TUI_DOCTOR_H
#define TUI_DOCTOR_H

#include "tui/command.h"

struct session;

enum mark { MARK_GOOD, MARK_BAD, MARK_UNKNOWN, MARK_PLAIN };

struct doctor {
	struct invocation *invocation;
	struct session *session;
	size_t bad;		/* what should work and does not */
	size_t waiting;		/* answers to come */
};

/* A message id. */
void doctor_heading(struct doctor *doctor, const char *id);
/* label: a message id, or a name; text: raw. */
void doctor_say(struct doctor *doctor, enum mark mark, const char *label, const char *text);
/* As bad. Returns -1. */
int doctor_say_err(struct doctor *doctor, const char *label, const struct err *err);

/* What runs hold in the cluster now, and what killed ones left behind. */
void doctor_look_at_locks(struct doctor *doctor);
/* Connections to the nodes, one by one, where SSH is configured. */
void doctor_look_at_nodes(struct doctor *doctor);

#endif
