#include "tui/verified.h"

#include <string.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/journal.h"

/* What is waited for by the run itself (decisions.md 26); how often the journal is asked whether it moved. */
enum { WAITED_SECONDS = 60, ASK_AGAIN_SECONDS = 2 };

struct watched_run {
	char *id;
	char *finding;		/* key */
	int64_t since;		/* wall: verified */
	int64_t until;
};

struct verified {
	char *state_dir;
	char *file;
	char *server;
	struct journal *journal;	/* NULL: there is none yet, or it cannot be read */
	int64_t version;
	int64_t asked_at;
	struct watched_run *runs;
	size_t count;
};

struct verified *verified_new(const char *state_dir, const char *server)
{
	struct verified *verified = xcalloc(1, sizeof(*verified));

	verified->state_dir = xstrdup(state_dir);
	verified->file = xasprintf("%s/journal.sqlite", state_dir);
	verified->server = xstrdup(server ? server : "");
	return verified;
}

static void forget(struct verified *verified)
{
	for (size_t i = 0; i < verified->count; i++) {
		free(verified->runs[i].id);
		free(verified->runs[i].finding);
	}
	free(verified->runs);
	verified->runs = NULL;
	verified->count = 0;
}

void verified_free(struct verified *verified)
{
	if (!verified)
		return;
	forget(verified);
	journal_close(verified->journal);
	free(verified->state_dir);
	free(verified->file);
	free(verified->server);
	free(verified);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void add(struct verified *verified, const json_t *run)
{
	const json_t *verification = json_object_get(run, "verification");
	json_int_t hold = json_integer_value(json_object_get(verification, "holdSeconds"));
	int64_t ended = 0;

	if (strcmp(text_of(run, "state"), "verified") != 0 || strcmp(text_of(run, "server"), verified->server) != 0 ||
	    !*text_of(run, "finding") || hold <= WAITED_SECONDS ||
	    clock_parse(text_of(verification, "endedAt"), &ended) < 0)
		return;
	verified->runs = xreallocarray(verified->runs, verified->count + 1, sizeof(*verified->runs));
	verified->runs[verified->count++] = (struct watched_run){
		.id = xstrdup(text_of(run, "id")),
		.finding = xstrdup(text_of(run, "finding")),
		.since = ended,
		.until = ended + hold - WAITED_SECONDS,
	};
}

static bool open_journal(struct verified *verified)
{
	struct err ignored;

	if (!verified->journal && access(verified->file, R_OK) == 0 &&
	    journal_open(verified->state_dir, &verified->journal, &ignored) < 0)
		verified->journal = NULL;
	return verified->journal != NULL;
}

/* Newest first, as the journal lists them: of two runs for one finding the later one is named. */
static void read_again(struct verified *verified)
{
	json_t *document = NULL;
	struct err ignored;
	int64_t version;
	size_t i;
	json_t *run;

	if (!open_journal(verified))
		return;
	version = journal_version(verified->journal);
	if (version == verified->version)
		return;
	if (journal_runs(verified->journal, NULL, &document, &ignored) < 0)
		return;
	verified->version = version;
	forget(verified);
	json_array_foreach(json_object_get(document, "runs"), i, run)
		add(verified, run);
	json_decref(document);
}

bool verified_look(struct verified *verified, struct symptoms *symptoms, int64_t now)
{
	bool found = false;

	if (now - verified->asked_at >= ASK_AGAIN_SECONDS || now < verified->asked_at) {
		verified->asked_at = now;
		read_again(verified);
	}
	for (size_t i = 0; i < verified->count; i++) {
		const struct watched_run *run = &verified->runs[i];

		if (now <= run->until)
			found |= symptoms_came_back(symptoms, run->finding, run->id, run->since);
	}
	return found;
}
