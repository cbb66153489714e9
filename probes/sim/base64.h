/*
 * base64 without padding and with the URL alphabet, as continue tokens use it.
 */
#ifndef SIM_BASE64_H
#define SIM_BASE64_H

#include <stddef.h>

/* Caller frees. */
char *base64_url_encode(const char *bytes, size_t n);
/* NULL where it is no such text. Caller frees. */
char *base64_url_decode(const char *text);

#endif
