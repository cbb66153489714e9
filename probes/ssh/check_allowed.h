/*
 * The commands that only read, and in which forms (decisions.md 18): what
 * checks and runbooks may run on a node without a plan and a confirmation,
 * with sudo or without it, for the login user may be root.
 */
#ifndef SSH_CHECK_ALLOWED_H
#define SSH_CHECK_ALLOWED_H

#include "probes/base/err.h"

/* argv is NULL-terminated. -1 with ERR_REFUSED: it is not listed, or not in this form. */
int check_allowed(const char *const *argv, struct err *err);

#endif
