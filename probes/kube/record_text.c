#include "probes/kube/record_text.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years begin in March here. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int digits(const char *text, int count)
{
	int number = 0;

	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

/* "2026-11-21T08:54:47Z" and nothing else. */
static int parse_plain(const char *text, int64_t *ret_wall)
{
	int year = digits(text, 4);
	int month = digits(text + 5, 2);
	int day = digits(text + 8, 2);
	int hour = digits(text + 11, 2);
	int minute = digits(text + 14, 2);
	int second = digits(text + 17, 2);

	if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
	    text[19] != 'Z')
		return -1;
	if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
	    minute < 0 ||
	    minute > 59 || second < 0 || second > 60)
		return -1;
	*ret_wall = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return 0;
}

int time_parse(const char *text, int64_t *ret_wall)
{
	if (strlen(text) == 20 && !parse_plain(text, ret_wall))
		return 0;
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
