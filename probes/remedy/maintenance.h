/*
 * Maintenance windows of the configuration (assets/config.schema.json):
 * [{"days":["Mon",…],"from":"22:00","to":"04:00","note"}], in local time. A
 * window that ends before it begins goes on into the next day; its days are
 * those on which it begins.
 */
#ifndef REMEDY_MAINTENANCE_H
#define REMEDY_MAINTENANCE_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

/* No windows at all: always open. */
bool maintenance_is_open(const json_t *windows, const struct tm *local);

#endif
