#include "probes/runbook/compare.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

enum { PLAIN_DIGITS = 15 };	/* a double holds them exactly */

static const char *const operator_names[] = {
	[OPERATOR_EQ] = "eq",	     [OPERATOR_NE] = "ne",	   [OPERATOR_IN] = "in",
	[OPERATOR_EXISTS] = "exists", [OPERATOR_ABSENT] = "absent", [OPERATOR_GT] = "gt",
	[OPERATOR_GE] = "ge",	     [OPERATOR_LT] = "lt",	   [OPERATOR_LE] = "le",
	[OPERATOR_MATCHES] = "matches", [OPERATOR_PREFIX] = "prefix",
};

enum operator operator_parse(const char *name)
{
	for (size_t i = 0; i < array_length(operator_names); i++) {
		if (!strcmp(name, operator_names[i]))
			return (enum operator)i;
	}
	bug("an operator that the schema does not allow");
}

bool value_number(const char *text, double *ret_value)
{
	static const struct {
		const char *name;
		double factor;
	} suffixes[] = {
		{"", 1},	       {"m", 1e-3},	      {"k", 1e3},	    {"M", 1e6},
		{"G", 1e9},	       {"T", 1e12},	      {"P", 1e15},	    {"Ki", 1024.0},
		{"Mi", 1048576.0},     {"Gi", 1073741824.0},  {"Ti", 1099511627776.0},
		{"Pi", 1125899906842624.0}, {"%", 1},
	};
	size_t digits = 0;
	char *end;
	double number;
	int64_t plain = 0;

	/* Most are counts. */
	while (digits < PLAIN_DIGITS && isdigit((unsigned char)text[digits]))
		plain = plain * 10 + (text[digits++] - '0');
	if (digits && !text[digits]) {
		*ret_value = (double)plain;
		return true;
	}
	if (!isdigit((unsigned char)*text) && *text != '-' && *text != '.')
		return false;
	number = strtod(text, &end);
	if (end == text)
		return false;
	for (size_t i = 0; i < array_length(suffixes); i++) {
		if (!strcmp(end, suffixes[i].name)) {
			*ret_value = number * suffixes[i].factor;
			return true;
		}
	}
	return false;
}

/* "v1.29.3", "1.29.3-nks1", "5.4.0-100": a number, a dot, a number. */
static bool is_version(const char *text)
{
	size_t digits;

	if (*text == 'v' || *text == 'V')
		text++;
	digits = strspn(text, "0123456789");
	return digits && text[digits] == '.' && isdigit((unsigned char)text[digits + 1]);
}

/* The numbers between dots; a missing one is 0, what follows them (-nks1, +k3s) does not count. */
static int version_order(const char *left, const char *right)
{
	left += *left == 'v' || *left == 'V';
	right += *right == 'v' || *right == 'V';
	while (isdigit((unsigned char)*left) || isdigit((unsigned char)*right)) {
		char *left_end = (char *)left;
		char *right_end = (char *)right;
		unsigned long a = isdigit((unsigned char)*left) ? strtoul(left, &left_end, 10) : 0;
		unsigned long b = isdigit((unsigned char)*right) ? strtoul(right, &right_end, 10) : 0;

		if (a != b)
			return a < b ? -1 : 1;
		left = left_end + (*left_end == '.');
		right = right_end + (*right_end == '.');
	}
	return 0;
}

/* -1, 0 or 1 in *ret_order; false where the two cannot be compared. */
static bool compare(const char *left, const char *right, int *ret_order)
{
	double a;
	double b;

	if (value_number(left, &a) && value_number(right, &b)) {
		*ret_order = a < b ? -1 : a > b;
		return true;
	}
	if (!is_version(left) || !is_version(right))
		return false;
	*ret_order = version_order(left, right);
	return true;
}

/* Equal as texts, or as numbers. */
static bool are_equal(const char *left, const char *right)
{
	double a;
	double b;

	if (!strcmp(left, right))
		return true;
	return value_number(left, &a) && value_number(right, &b) && !(a < b) && !(a > b);
}

bool order_fits(enum operator op, int order)
{
	switch (op) {
	case OPERATOR_EQ:
		return order == 0;
	case OPERATOR_NE:
		return order != 0;
	case OPERATOR_GT:
		return order > 0;
	case OPERATOR_GE:
		return order >= 0;
	case OPERATOR_LT:
		return order < 0;
	case OPERATOR_LE:
		return order <= 0;
	default:
		bug("an operator without an order");
	}
}

static bool is_in(const struct words *values, const char *value)
{
	for (size_t i = 0; i < values->count; i++) {
		if (are_equal(value, values->items[i]))
			return true;
	}
	return false;
}

static enum truth matches(struct pattern *pattern, const char *value)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(PATTERN_SUBJECT_MAX);

	text_normalise(&text, value, strlen(value));
	switch (pattern_match(pattern, buffer_text(&text), text.length)) {
	case PATTERN_YES:
		return TRUTH_TRUE;
	case PATTERN_NO:
		return TRUTH_FALSE;
	case PATTERN_LIMIT:
		break;
	}
	return TRUTH_UNKNOWN;
}

enum truth value_fits(const struct node *node, const char *value, const char *other)
{
	int order;

	switch (node->op) {
	case OPERATOR_EQ:
	case OPERATOR_NE:
	case OPERATOR_IN:
		if (other)
			return are_equal(value, other) ? TRUTH_TRUE : TRUTH_FALSE;
		return is_in(&node->values, value) ? TRUTH_TRUE : TRUTH_FALSE;
	case OPERATOR_PREFIX:
		return !strncmp(value, other, strlen(other)) ? TRUTH_TRUE : TRUTH_FALSE;
	case OPERATOR_MATCHES:
		return matches(node->pattern, value);
	case OPERATOR_GT:
	case OPERATOR_GE:
	case OPERATOR_LT:
	case OPERATOR_LE:
		if (!compare(value, other, &order))
			return TRUTH_UNKNOWN;
		return order_fits(node->op, order) ? TRUTH_TRUE : TRUTH_FALSE;
	case OPERATOR_EXISTS:
	case OPERATOR_ABSENT:
		break;
	}
	return TRUTH_TRUE;
}
