/*
 * Whole small files.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "probes/base/err.h"

/* Reads at most maximum bytes; a larger file is ERR_LIMIT. Caller frees *ret_text (NUL added). */
int file_read(const char *path, size_t maximum, char **ret_text, size_t *ret_length, struct err *err);
/*
 * Writes beside the target and renames, so that the old file or the new one is
 * there, never half; fsyncs before the rename. mode as in open().
 */
int file_write(const char *path, const void *bytes, size_t n, unsigned int mode, struct err *err);
/* Reads a JSON document; an error names file, line and column, and what jansson expected. */
int file_read_json(const char *path, size_t maximum, json_t **ret_value, struct err *err);
/* mkdir -p with mode 0700 for what is missing. */
int file_make_folder(const char *path, struct err *err);

#endif
