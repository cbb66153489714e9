#include "probes/kube/record_text.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"

int time_parse(const char *text, int64_t *ret_wall)
{
	return clock_parse(text, ret_wall);
}

static long double power(int base, int exponent)
{
	long double result = 1;

	while (exponent-- > 0)
		result *= base;
	return result;
}

static int64_t round_away(long double number)
{
	/* Binary fractions of a decimal number are not exact: a millionth too much is not one more. */
	long double size = number < 0 ? -number : number;
	int64_t whole;

	if (size >= 0x1p63L)
		return number < 0 ? INT64_MIN : INT64_MAX;
	whole = (int64_t)size;
	if (size - (long double)whole > 1e-6L && whole < INT64_MAX)
		whole++;
	return number < 0 ? -whole : whole;
}

/* What a suffix multiplies by, or 0 where there is no such suffix. */
static long double suffix_factor(const char *suffix)
{
	static const char decimal[] = "kMGTPE";
	static const char binary[] = "KMGTPE";
	const char *found;

	if (!*suffix)
		return 1;
	if (!strcmp(suffix, "n"))
		return 1e-9L;
	if (!strcmp(suffix, "u"))
		return 1e-6L;
	if (!strcmp(suffix, "m"))
		return 1e-3L;
	found = strchr(decimal, suffix[0]);
	if (found && !suffix[1])
		return power(10, 3 * (int)(found - decimal + 1));
	found = strchr(binary, suffix[0]);
	if (found && suffix[1] == 'i' && !suffix[2])
		return power(2, 10 * (int)(found - binary + 1));
	return 0;
}

int quantity_parse(const char *text, int decimals, int64_t *ret_number)
{
	size_t length = strspn(text, "+-0123456789.");
	char *end;
	long double number;
	long double factor;

	if (!length || strlen(text) > 64 || strpbrk(text, "xX"))
		return -1;
	number = strtold(text, &end);
	if ((size_t)(end - text) < length || number != number)
		return -1;
	factor = suffix_factor(end);
	if (factor == 0)
		return -1;
	*ret_number = round_away(number * factor * power(10, decimals));
	return 0;
}
