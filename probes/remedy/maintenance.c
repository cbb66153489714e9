#include <stdint.h>
#include <string.h>

#include "probes/remedy/maintenance.h"

/* "22:00" in minutes; the loader of the configuration has checked the form. */
static int minutes_of(const json_t *window, const char *key)
{
	const char *text = json_string_value(json_object_get(window, key));

	if (!text || strlen(text) != 5)
		return 0;
	return ((text[0] - '0') * 10 + (text[1] - '0')) * 60 + (text[3] - '0') * 10 + (text[4] - '0');
}

static bool begins_on(const json_t *window, int weekday)
{
	static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	const json_t *days = json_object_get(window, "days");
	size_t i;
	json_t *day;

	if (!days)
		return true;
	json_array_foreach((json_t *)(uintptr_t)days, i, day) {
		if (json_is_string(day) && !strcmp(json_string_value(day), names[weekday % 7]))
			return true;
	}
	return false;
}

static bool is_within(const json_t *window, const struct tm *local)
{
	int now = local->tm_hour * 60 + local->tm_min;
	int from = minutes_of(window, "from");
	int to = minutes_of(window, "to");

	if (from < to)
		return now >= from && now < to && begins_on(window, local->tm_wday);
	return (now >= from && begins_on(window, local->tm_wday)) ||
	       (now < to && begins_on(window, local->tm_wday + 6));
}

bool maintenance_is_open(const json_t *windows, const struct tm *local)
{
	size_t i;
	json_t *window;

	if (json_array_size(windows) == 0)
		return true;
	json_array_foreach((json_t *)(uintptr_t)windows, i, window) {
		if (is_within(window, local))
			return true;
	}
	return false;
}
