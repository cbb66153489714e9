#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

static void put(struct symptoms *symptoms, size_t place, struct sign *sign)
{
	symptoms->heap[place - 1] = sign;
	sign->heap_place = place;
}

static void swap_places(struct symptoms *symptoms, size_t a, size_t b)
{
	struct sign *first = symptoms->heap[a - 1];

	put(symptoms, a, symptoms->heap[b - 1]);
	put(symptoms, b, first);
}

static bool is_earlier(const struct symptoms *symptoms, size_t a, size_t b)
{
	return symptoms->heap[a - 1]->recheck_at < symptoms->heap[b - 1]->recheck_at;
}

static void sift(struct symptoms *symptoms, size_t place)
{
	while (place > 1 && is_earlier(symptoms, place, place / 2)) {
		swap_places(symptoms, place, place / 2);
		place /= 2;
	}
	for (;;) {
		size_t child = place * 2;

		if (child + 1 <= symptoms->heap_count && is_earlier(symptoms, child + 1, child))
			child++;
		if (child > symptoms->heap_count || !is_earlier(symptoms, child, place))
			return;
		swap_places(symptoms, place, child);
		place = child;
	}
}

static void leave(struct symptoms *symptoms, struct sign *sign)
{
	size_t place = sign->heap_place;

	sign->heap_place = 0;
	if (place != symptoms->heap_count)
		put(symptoms, place, symptoms->heap[symptoms->heap_count - 1]);
	symptoms->heap_count--;
	if (place <= symptoms->heap_count)
		sift(symptoms, place);
}

void recheck_set(struct symptoms *symptoms, struct sign *sign, int64_t recheck_at)
{
	sign->recheck_at = recheck_at;
	if (!recheck_at) {
		if (sign->heap_place)
			leave(symptoms, sign);
		return;
	}
	if (!sign->heap_place) {
		if (symptoms->heap_count == symptoms->heap_capacity) {
			symptoms->heap_capacity = symptoms->heap_capacity ? symptoms->heap_capacity * 2 : 64;
			symptoms->heap = xreallocarray(symptoms->heap, symptoms->heap_capacity,
						       sizeof(struct sign *));
		}
		symptoms->heap_count++;
		put(symptoms, symptoms->heap_count, sign);
	}
	sift(symptoms, sign->heap_place);
}

struct sign *recheck_take(struct symptoms *symptoms, int64_t now)
{
	struct sign *sign = symptoms->heap_count ? symptoms->heap[0] : NULL;

	if (!sign || sign->recheck_at > now)
		return NULL;
	leave(symptoms, sign);
	return sign;
}
