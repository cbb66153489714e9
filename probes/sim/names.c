#include "probes/sim/names.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"

/* No vowels and none of 0, 1, 3: no words, no look-alikes (apimachinery util/rand). */
static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

/* splitmix64 */
uint64_t random_next(struct random_source *source)
{
	uint64_t z = source->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

uint64_t random_below(struct random_source *source, uint64_t bound)
{
	return random_next(source) % bound;
}

void random_uid(struct random_source *source, char out[UID_SIZE])
{
	uint64_t high = (random_next(source) & 0xffffffffffff0fffU) | 0x4000U;
	uint64_t low = (random_next(source) & 0x3fffffffffffffffU) | 0x8000000000000000U;

	snprintf(out, UID_SIZE, "%08x-%04x-%04x-%04x-%012llx", (unsigned int)(high >> 32),
		 (unsigned int)(high >> 16) & 0xffffU, (unsigned int)high & 0xffffU, (unsigned int)(low >> 48),
		 (unsigned long long)(low & 0xffffffffffffU));
}

void random_suffix(struct random_source *source, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[random_below(source, sizeof(alphabet) - 1)];
	out[n] = '\0';
}

/* FNV-1a over canonical JSON, written as decimal digits mapped to the alphabet, as SafeEncodeString does. */
void template_hash(const json_t *template, char out[11])
{
	auto_free char *text = json_canonical(template);
	uint32_t hash = 2166136261U;
	int n;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	n = snprintf(out, 11, "%u", hash);
	for (int i = 0; i < n; i++)
		out[i] = alphabet[(unsigned char)out[i] % (sizeof(alphabet) - 1)];
}
