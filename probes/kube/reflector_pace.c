#include "probes/kube/reflector_pace.h"

#include <sys/random.h>

uint32_t random_below(uint32_t bound)
{
	uint32_t number = 0;

	/* Jitter only: where there is no entropy yet, no jitter does no harm. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != (ssize_t)sizeof(number))
		number = 0;
	return bound ? number % bound : 0;
}

void pace_note_healthy(struct pace *pace, int64_t now_ms)
{
	if (!pace->healthy_since)
		pace->healthy_since = now_ms;
}

int64_t pace_after_failure(struct pace *pace, int64_t now_ms, int64_t retry_after_ms)
{
	int64_t bound = PACE_FIRST_MS;
	int64_t wait;

	if (pace->healthy_since && now_ms - pace->healthy_since >= PACE_HEALTHY_MS)
		pace->failures = 0;
	pace->healthy_since = 0;
	for (int i = 0; i < pace->failures && bound < PACE_MOST_MS; i++)
		bound *= 2;
	if (bound > PACE_MOST_MS)
		bound = PACE_MOST_MS;
	pace->failures++;
	wait = 1 + random_below((uint32_t)bound);
	if (wait < PACE_LEAST_MS)
		wait = PACE_LEAST_MS;
	/* All clients that were told the same moment should not come back at it. */
	if (retry_after_ms > 0 && wait < retry_after_ms)
		wait = retry_after_ms + random_below(PACE_FIRST_MS);
	return wait;
}

void pace_forget(struct pace *pace)
{
	*pace = (struct pace){0};
}
