/* What two texts differ in, line by line, as diff -u writes it. */
#ifndef REMEDY_UNIFIED_H
#define REMEDY_UNIFIED_H

/*
 * before NULL: there was nothing ("/dev/null"), after NULL: it goes. "" where they are the same. Texts are foreign and
 * come through as they are; a last line without a line break is marked as diff does. Caller frees.
 */
char *unified_make(const char *name, const char *before, const char *after);

#endif
