#include "probes/base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

int64_t clock_wall(void)
{
	return clock_wall_ms() / 1000;
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

int clock_parse(const char *text, int64_t *ret_wall)
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

void clock_format(int64_t wall, char out[21])
{
	time_t seconds = (time_t)wall;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || tm.tm_year > 8099 || tm.tm_year < -1900) {
		memcpy(out, "0000-00-00T00:00:00Z", 21);
		return;
	}
	strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
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
