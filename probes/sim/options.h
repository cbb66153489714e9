/*
 * What a request's query may say: dryRun, fieldValidation, fieldManager, force (apimachinery
 * pkg/apis/meta/v1/validation).
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>

struct request;

/* The Status of the first option that is wrong, NULL where none is. verb: "create", "update", "patch". Yours. */
json_t *options_check(const struct request *request, const char *verb);
/* The body is a configuration for server-side apply. */
bool options_is_apply(const struct request *request);

#endif
