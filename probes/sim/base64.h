/*
 * base64 as continue tokens use it: the URL alphabet, no padding.
 */
#ifndef SIM_BASE64_H
#define SIM_BASE64_H

#include <stddef.h>

/* Caller frees. */
char *base64_url_encode(const char *bytes, size_t n);
/* NULL where it is no such text. Caller frees. */
char *base64_url_decode(const char *text);

#endif
