/*
 * What a dry run would change: the object as it is against the server's
 * answer, without what moves by itself (managedFields, resourceVersion,
 * generation, status; decisions.md 21). Data of Secrets is masked.
 */
#ifndef REMEDY_DIFFERENCE_H
#define REMEDY_DIFFERENCE_H

#include <jansson.h>
#include <stddef.h>

struct step_diff;

/* Sorted by path as the documents' sorted keys give it. Caller frees with difference_free(). */
void difference_make(const json_t *before, const json_t *after, struct step_diff **ret_lines, size_t *ret_count);
void difference_free(struct step_diff *lines, size_t count);

#endif
