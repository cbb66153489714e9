#include "probes/base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Two clocks are read one after the other, and the wall clock is slewed. */
enum { NOTICED_MS = 2000 };

/* Of the years 0 to 9999, which have four digits. */
#define FIRST_WALL (-62167219200LL)
#define LAST_WALL 253402300799LL

int64_t clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_read(struct clock_reading *reading)
{
	struct timespec running;

	clock_gettime(CLOCK_MONOTONIC, &running);
	reading->monotonic_ms = clock_monotonic_ms();
	reading->running_ms = (int64_t)running.tv_sec * 1000 + running.tv_nsec / 1000000;
	reading->wall_ms = clock_wall_ms();
}

int64_t clock_missed_ms(const struct clock_reading *before, const struct clock_reading *now, int64_t meant_ms,
			int64_t patience_ms)
{
	int64_t passed = now->monotonic_ms - before->monotonic_ms;
	int64_t suspended = passed - (now->running_ms - before->running_ms);

	if (suspended >= NOTICED_MS)
		return suspended;
	return passed - meant_ms > patience_ms ? passed - meant_ms : 0;
}

int64_t clock_set_by(const struct clock_reading *before, const struct clock_reading *now)
{
	int64_t set = (now->wall_ms - before->wall_ms) - (now->monotonic_ms - before->monotonic_ms);

	return set >= NOTICED_MS || set <= -NOTICED_MS ? set / 1000 : 0;
}

int64_t clock_wall(void)
{
	return clock_wall_ms() / 1000;
}

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

/* The other way round. */
static void date_of(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t shifted = days + 719468;
	int64_t era = shifted / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;

	*ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (int)(month < 10 ? month + 3 : month - 9);
	*ret_year = (int)(era * 400 + year_of_era + (*ret_month <= 2));
}

/* Seconds that "Z" or "+09:00" adds to UTC; -1 where it is neither. */
static int parse_offset(const char *text, int *ret_seconds)
{
	int hours;
	int minutes;
	int used = 0;

	if ((text[0] == 'Z' || text[0] == 'z') && !text[1]) {
		*ret_seconds = 0;
		return 0;
	}
	if (text[0] != '+' && text[0] != '-')
		return -1;
	if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 || text[6])
		return -1;
	*ret_seconds = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
	return 0;
}

static int parse_any(const char *text, int64_t *ret_wall)
{
	struct tm tm = {0};
	int used = 0;
	int offset;
	const char *at;

	if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6 ||
	    used != 19)
		return -1;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return -1;
	at = text + used;
	if (*at == '.') {
		at++;
		if (!isdigit((unsigned char)*at))
			return -1;
		while (isdigit((unsigned char)*at))
			at++;
	}
	if (parse_offset(at, &offset) < 0)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_wall = (int64_t)timegm(&tm) - offset;
	return 0;
}

/* A big cluster has a million of them: the usual form is read by hand. */
int clock_parse(const char *text, int64_t *ret_wall)
{
	if (strlen(text) == 20 && !parse_plain(text, ret_wall))
		return 0;
	return parse_any(text, ret_wall);
}

static void write_digits(char *out, int number, int count)
{
	for (; count > 0; number /= 10)
		out[--count] = (char)('0' + number % 10);
}

void clock_format(int64_t wall, char out[21])
{
	const int64_t day = 86400;
	int second = (int)(wall % day);
	int year;
	int month;
	int day_of_month;

	memcpy(out, "0000-00-00T00:00:00Z", 21);
	if (wall < FIRST_WALL || wall > LAST_WALL)
		return;
	second += second < 0 ? (int)day : 0;
	date_of((wall - second) / day, &year, &month, &day_of_month);
	write_digits(out, year, 4);
	write_digits(out + 5, month, 2);
	write_digits(out + 8, day_of_month, 2);
	write_digits(out + 11, second / 3600, 2);
	write_digits(out + 14, second / 60 % 60, 2);
	write_digits(out + 17, second % 60, 2);
}

static void two_units(char *out, size_t size, int64_t large, char large_unit, int64_t small, char small_unit)
{
	if (small)
		snprintf(out, size, "%lld%c%lld%c", (long long)large, large_unit, (long long)small, small_unit);
	else
		snprintf(out, size, "%lld%c", (long long)large, large_unit);
}

/* The thresholds are those of k8s.io/apimachinery/pkg/util/duration. */
void clock_age(int64_t seconds, char *out, size_t size)
{
	int64_t minutes = seconds / 60;
	int64_t hours = seconds / 3600;
	int64_t days = hours / 24;
	int64_t years = days / 365;

	if (seconds < -1)
		snprintf(out, size, "<invalid>");
	else if (seconds < 0)
		snprintf(out, size, "0s");
	else if (seconds < 120)
		snprintf(out, size, "%llds", (long long)seconds);
	else if (minutes < 10)
		two_units(out, size, minutes, 'm', seconds % 60, 's');
	else if (minutes < 180)
		snprintf(out, size, "%lldm", (long long)minutes);
	else if (hours < 8)
		two_units(out, size, hours, 'h', minutes % 60, 'm');
	else if (hours < 48)
		snprintf(out, size, "%lldh", (long long)hours);
	else if (hours < 192)
		two_units(out, size, days, 'd', hours % 24, 'h');
	else if (days < 730)
		snprintf(out, size, "%lldd", (long long)days);
	else if (years < 8)
		two_units(out, size, years, 'y', days % 365, 'd');
	else
		snprintf(out, size, "%lldy", (long long)years);
}
