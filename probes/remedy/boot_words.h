/*
 * The kernel's arguments in /etc/default/grub, a file of shell assignments
 * (guide E07). The guide's sed adds the argument again each time, also to a
 * comment, and misses values in single quotes; this one knows a word.
 */
#ifndef REMEDY_BOOT_WORDS_H
#define REMEDY_BOOT_WORDS_H

#include "probes/base/err.h"

/*
 * Adds the word to the value of the variable's last assignment, where it is not one of its words yet; where it is not
 * assigned, in a line of its own at the end. Everything else stays byte for byte. *ret_text: the new text, equal to
 * the old one where nothing is to do; caller frees. -1: the assignment cannot be understood (an open quote, a
 * line that goes on): then nothing may be written in its place.
 */
int boot_words_add(const char *text, const char *variable, const char *word, char **ret_text, struct err *err);

#endif
