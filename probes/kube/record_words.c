#include "probes/kube/record_words.h"

#include <stdint.h>
#include <string.h>

#include "probes/base/memory.h"

enum { HASHED_BYTES = 64 };

struct word {
	const char *text;
	uint32_t length;
	uint32_t hash;
	uint64_t turn;	/* when the word was kept */
};

struct words {
	struct word *slots;
	size_t capacity;	/* a power of two */
	size_t count;
};

struct word_set {
	struct words common;	/* turn 0: never forgotten */
	struct words words;
	uint64_t turn;
};

/* What most objects say: these cost nothing in a record. */
static const char *const common_words[] = {
	"",		    "True",		"False",	   "Unknown",	       "Ready",
	"Initialized",	    "ContainersReady",	"PodScheduled",	   "Running",	       "Pending",
	"Succeeded",	    "Failed",		"Completed",	   "Error",	       "Always",
	"IfNotPresent",	    "Never",		"OnFailure",	   "default",	       "kube-system",
	"ReplicaSet",	    "DaemonSet",	"StatefulSet",	   "Deployment",       "Job",
	"Node",		    "Pod",		"Event",	   "Normal",	       "Warning",
	"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull",	   "ContainerCreating", "PodInitializing",
	"InternalIP",	    "Hostname",		"ExternalIP",	   "MemoryPressure",   "DiskPressure",
	"PIDPressure",	    "NetworkUnavailable", "KubeletReady",  "NoSchedule",       "NoExecute",
	"RollingUpdate",    "OnDelete",		"Recreate",	   "Available",	       "Progressing",
	"kubelet",	    "amd64",		"arm64",	   "Scheduled",	       "Pulled",
	"Created",	    "Started",		"BackOff",	   "FailedMount",      "FailedScheduling",
	"MinimumReplicasAvailable",		"NewReplicaSetAvailable",
	"ContainersNotReady",			"PodReadyToStartContainers",
	"KubeletHasSufficientMemory",		"KubeletHasNoDiskPressure",
	"KubeletHasSufficientPID",		"default-scheduler",
	"kubelet has sufficient memory available",
	"kubelet has no disk pressure",		"kubelet has sufficient PID available",
	"Deployment has minimum availability.", "kubelet is posting ready status",
};

static uint32_t hash(const char *text, size_t length)
{
	uint32_t h = 2166136261U ^ (uint32_t)length; /* FNV-1a */

	if (length > HASHED_BYTES)
		length = HASHED_BYTES;
	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619U;
	return h;
}

/* The slot of the word, or the free one where it belongs. */
static struct word *find_word(const struct words *words, uint64_t turn, uint32_t h, const char *text,
			      size_t length)
{
	for (size_t i = h & (words->capacity - 1);; i = (i + 1) & (words->capacity - 1)) {
		struct word *word = &words->slots[i];

		if (!word->text || word->turn != turn)
			return word;
		if (word->hash == h && word->length == length && !memcmp(word->text, text, length))
			return word;
	}
}

static void add_word(struct words *words, uint64_t turn, const char *text, size_t length)
{
	uint32_t h = hash(text, length);
	struct word *slot = find_word(words, turn, h, text, length);

	*slot = (struct word){text, (uint32_t)length, h, turn};
	words->count++;
}

static void grow_words(struct words *words, uint64_t turn)
{
	struct words old = *words;

	words->capacity = old.capacity * 2;
	words->count = 0;
	words->slots = xcalloc(words->capacity, sizeof(*words->slots));
	for (size_t i = 0; i < old.capacity; i++) {
		if (old.slots[i].text && old.slots[i].turn == turn)
			add_word(words, turn, old.slots[i].text, old.slots[i].length);
	}
	free(old.slots);
}

struct word_set *word_set_new(void)
{
	struct word_set *set = xcalloc(1, sizeof(*set));

	set->turn = 1;
	set->words = (struct words){.slots = xcalloc(128, sizeof(struct word)), .capacity = 128};
	set->common = (struct words){.slots = xcalloc(256, sizeof(struct word)), .capacity = 256};
	for (size_t i = 0; i < array_length(common_words); i++)
		add_word(&set->common, 0, common_words[i], strlen(common_words[i]));
	return set;
}

void word_set_free(struct word_set *set)
{
	if (!set)
		return;
	free(set->words.slots);
	free(set->common.slots);
	free(set);
}

void word_set_forget(struct word_set *set)
{
	set->words.count = 0;
	set->turn++;
}

const char *word_set_keep(struct word_set *set, const char *text, size_t length)
{
	uint32_t h = hash(text, length);
	struct word *word = find_word(&set->common, 0, h, text, length);

	if (word->text)
		return word->text;
	if ((set->words.count + 1) * 2 > set->words.capacity)
		grow_words(&set->words, set->turn);
	word = find_word(&set->words, set->turn, h, text, length);
	if (word->text && word->turn == set->turn)
		return word->text;
	*word = (struct word){text, (uint32_t)length, h, set->turn};
	set->words.count++;
	return text;
}
