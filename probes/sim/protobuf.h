/*
 * Bodies in application/vnd.kubernetes.protobuf: kubectl from 1.32 on sends
 * access reviews and what `kubectl create KIND` makes in it.
 *
 * Read are the messages and fields that those commands fill in; a body with
 * another field is refused, so that nothing is dropped silently.
 */
#ifndef SIM_PROTOBUF_H
#define SIM_PROTOBUF_H

#include <jansson.h>
#include <stddef.h>

#include "probes/base/err.h"

/*
 * The object with its kind and apiVersion; *ret_object is yours. ERR_USAGE: no such
 * body; ERR_INVALID: a kind or field that is not read.
 */
int protobuf_read(const char *bytes, size_t n, json_t **ret_object, struct err *err);

#endif
