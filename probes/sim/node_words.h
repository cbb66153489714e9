/*
 * Words of a command line: quotes taken away, $... filled in (node_shell.h).
 */
#ifndef SIM_NODE_WORDS_H
#define SIM_NODE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct shell;
struct shell_io;

struct words {
	char **items;
	bool *quoted;		/* it began with a quote or a $: no assignment, no reserved word */
	size_t count;
	bool substituted;	/* there was a $(...) */
	int substituted_status;
};

struct word_reader {
	struct shell *shell;
	const struct shell_io *io;
	const char *at;
	bool skip;		/* reads over it: nothing is filled in or done */
	bool is_wrong;		/* a quote that does not end, or what is not simulated */
};

/* Reads one word at `at`, which may become none or several; false: there is none. */
bool words_read(struct word_reader *reader, struct words *words);
/* One word, never split; NULL: there is none. Caller frees. */
char *word_read(struct word_reader *reader);
void words_release(struct words *words);

#endif
