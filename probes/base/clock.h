/*
 * Time: a monotonic clock for waiting, the wall clock for ages, RFC 3339 for
 * the API. Pure functions take "now" as a parameter; only loops and main read
 * a clock.
 *
 * Wall times are seconds since 1970-01-01 UTC; 0 means "not set" (as a null
 * or absent time in the API). Spans are milliseconds where the name ends in _ms.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds since some start, never set back; counts on while the machine is suspended. */
int64_t clock_monotonic_ms(void);
int64_t clock_wall(void);
int64_t clock_wall_ms(void);

/* One look at the clocks; tests make their own. */
struct clock_reading {
	int64_t monotonic_ms;	/* as clock_monotonic_ms() */
	int64_t running_ms;	/* the same without the time that the machine was suspended */
	int64_t wall_ms;
};
void clock_read(struct clock_reading *reading);
/*
 * Milliseconds that this process missed between two looks: the machine was suspended, or the process stopped or starved
 * for more than patience_ms longer than it meant to wait. 0: it missed nothing.
 */
int64_t clock_missed_ms(const struct clock_reading *before, const struct clock_reading *now, int64_t meant_ms,
			int64_t patience_ms);
/* Seconds by which the wall clock was set forward (or back, then negative) between two looks; 0 under two seconds. */
int64_t clock_set_by(const struct clock_reading *before, const struct clock_reading *now);

/* RFC 3339, with or without a fraction, Z or an offset. Returns 0, or -1 where it is no such time. */
int clock_parse(const char *text, int64_t *ret_wall);
/* "2026-11-21T08:54:47Z" */
void clock_format(int64_t wall, char out[21]);
/* An age in the words of kubectl (apimachinery duration.HumanDuration): "45s", "12m", "3h4m", "212d", "<invalid>". */
void clock_age(int64_t seconds, char *out, size_t size);

#endif
