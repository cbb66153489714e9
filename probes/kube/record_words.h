/*
 * Which strings of a record are the same. Internal to probes/kube/.
 *
 * A set knows the words that most objects say (they are static and cost a
 * record nothing) and those that it was given since it last forgot.
 */
#ifndef KUBE_RECORD_WORDS_H
#define KUBE_RECORD_WORDS_H

#include <stddef.h>

struct word_set;

struct word_set *word_set_new(void);
void word_set_free(struct word_set *set);
/* Forgets all but the common words. */
void word_set_forget(struct word_set *set);
/* The same text as it was given before; else text, which is borrowed until word_set_forget(). */
const char *word_set_keep(struct word_set *set, const char *text, size_t length);

#endif
