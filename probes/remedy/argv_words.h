/* Arrays of words that end in NULL: the argv of a command on a node. */
#ifndef REMEDY_ARGV_WORDS_H
#define REMEDY_ARGV_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct argv_words {
	char **items;		/* NULL-terminated; NULL: none yet */
	size_t count;
};

void argv_add(struct argv_words *words, const char *word);
void argv_add_all(struct argv_words *words, const char *const *items);
void argv_release(struct argv_words *words);
/* The items become the caller's, who frees them with argv_free(). */
char **argv_detach(struct argv_words *words);
void argv_free(char **items);
/* What decisions.md 31 puts before a command: "sudo -n" where it is wanted, "timeout N", "env LC_ALL=C". */
void argv_add_start(struct argv_words *words, bool sudo, int timeout_seconds);
/* Quoted for a POSIX shell, spaces between. Caller frees. */
char *argv_line(const char *const *items);

#endif
