#include "tui/filter.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "widgets/search.h"

/* "10m", "1h30m", "3d", "4", "2/3" (the first number). False where it is no number. */
static bool read_number(const char *text, double *ret_number)
{
	double sum = 0;
	bool any = false;

	while (isdigit((unsigned char)*text)) {
		char *end;
		double number = strtod(text, &end);
		static const char units[] = "smhdy";
		static const double seconds[] = {1, 60, 3600, 86400, 31536000};
		const char *unit = *end ? strchr(units, *end) : NULL;

		any = true;
		sum += unit ? number * seconds[unit - units] : number;
		if (!unit)
			break;
		text = end + 1;
	}
	*ret_number = sum;
	return any;
}

static void read_term(struct filter_term *term, const char *word)
{
	const char *at;

	*term = (struct filter_term){.operation = FILTER_HAS};
	if (word[0] == '!' && word[1]) {
		term->is_inverse = true;
		word++;
	}
	at = word + strcspn(word, "=<>");
	if (*at && at != word && at[1]) {
		size_t length = (size_t)(at - word);
		bool is_not = *at == '=' && at[-1] == '!';

		if (is_not)
			length--;
		snprintf(term->column, sizeof(term->column), "%.*s", (int)length, word);
		snprintf(term->value, sizeof(term->value), "%s", at + 1);
		term->is_inverse ^= is_not;
		if (*at == '=')
			term->operation = FILTER_EQUAL;
		else if (read_number(term->value, &term->number))
			term->operation = *at == '<' ? FILTER_LESS : FILTER_MORE;
		if (term->operation != FILTER_HAS)
			return;
	}
	term->column[0] = '\0';
	snprintf(term->value, sizeof(term->value), "%s", word);
}

void filter_parse(struct filter *filter, const char *text)
{
	const char *at = text;

	filter->count = 0;
	snprintf(filter->text, sizeof(filter->text), "%s", text);
	while (*at && filter->count < FILTER_MOST_TERMS) {
		char word[128];
		size_t length;

		at += strspn(at, " ");
		length = strcspn(at, " ");
		if (!length)
			break;
		snprintf(word, sizeof(word), "%.*s", (int)length, at);
		read_term(&filter->terms[filter->count++], word);
		at += length;
	}
}

static bool term_holds(const struct filter_term *term, const char *text)
{
	double number;

	switch (term->operation) {
	case FILTER_HAS:
		return search_matches(text, term->value);
	case FILTER_EQUAL:
		return fnmatch(term->value, text, FNM_CASEFOLD) == 0;
	case FILTER_LESS:
		return read_number(text, &number) && number < term->number;
	case FILTER_MORE:
		return read_number(text, &number) && number > term->number;
	}
	return false;
}

bool filter_matches(const struct filter *filter, const char *const *names, size_t columns,
		    const char *(*cell_text)(void *context, size_t column), void *context)
{
	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_term *term = &filter->terms[i];
		bool holds = false;

		for (size_t column = 0; column < columns && !holds; column++) {
			if (!term->column[0] || !strcasecmp(term->column, names[column]))
				holds = term_holds(term, cell_text(context, column));
		}
		if (holds == term->is_inverse)
			return false;
	}
	return true;
}
