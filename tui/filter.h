/*
 * The language of `/`: words separated by spaces, all must hold.
 *
 *	typha            some cell has it, letters of either case
 *	!typha           no cell has it
 *	status=Running   that column is it (* matches anything); status!=Running
 *	age<10m          age>1h, restarts>3, ready<1: durations and numbers
 */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include <stdbool.h>
#include <stddef.h>

enum { FILTER_MOST_TERMS = 16, FILTER_SIZE = 256 };

enum filter_operation { FILTER_HAS, FILTER_EQUAL, FILTER_LESS, FILTER_MORE };

struct filter_term {
	enum filter_operation operation;
	bool is_inverse;
	char column[32];	/* "" for FILTER_HAS */
	char value[128];
	double number;		/* FILTER_LESS, FILTER_MORE: seconds or a count */
};

struct filter {
	char text[FILTER_SIZE];	/* as typed */
	struct filter_term terms[FILTER_MOST_TERMS];
	size_t count;
};

/* What is not understood is taken as a word. */
void filter_parse(struct filter *filter, const char *text);
/*
 * cell_text gives the text of a column by its index, "" for none; names are
 * the columns' titles in their order.
 */
bool filter_matches(const struct filter *filter, const char *const *names, size_t columns,
		    const char *(*cell_text)(void *context, size_t column), void *context);

#endif
