/* After any run of changes the engine says what a new one would say of the same snapshot. */
#include "probes/base/clock.h"
#include "tests/unit/symptoms/fixture.h"

enum { ROUNDS = 400, PODS = 24, NODES = 4, OWNERS = 4 };

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static uint32_t pick(uint32_t *seed, uint32_t n)
{
	return random_next(seed) % n;
}

static void random_pod(struct fixture *fixture, uint32_t *seed)
{
	static const char *const labels[] = {"", "", "hub", "mem", "hub mem", "planned", "hub planned", "ask"};
	static const char *const owners[] = {NULL, "api-1", "typha-1", "late-1", "none-1"};
	static const char *const nodes[] = {NULL, "n0", "n1", "n2", "n3"};
	char name[16];
	uint32_t number = pick(seed, PODS);

	snprintf(name, sizeof(name), "p%02u", (unsigned int)number);
	if (pick(seed, 5) == 0) {
		auto_free char *uid = xasprintf("uid-%s", name);

		snapshot_remove(fixture->snapshot, KIND_POD, uid);
		return;
	}
	put_pod(fixture, &(struct pod){
		.name = name,
		.name_space = number % 3 ? "web" : "kube-system",
		.labels = labels[pick(seed, array_length(labels))],
		.owner = owners[pick(seed, array_length(owners))],
		.node = nodes[pick(seed, array_length(nodes))],
		.waiting = pick(seed, 3) ? NULL : "ErrImagePull",
		.not_ready = pick(seed, 3) ? 0 : fixture->now - pick(seed, 300) - 1,
	});
}

static void random_other(struct fixture *fixture, uint32_t *seed)
{
	static const char *const names[] = {"api", "typha", "late"};
	const char *name = names[pick(seed, array_length(names))];
	auto_free char *uid = xasprintf("uid-%s%s", name, pick(seed, 2) ? "" : "-1");
	char pod[16];
	char event[16];

	snprintf(pod, sizeof(pod), "p%02u", (unsigned int)pick(seed, PODS));
	snprintf(event, sizeof(event), "e%u", (unsigned int)pick(seed, 12));
	switch (pick(seed, 6)) {
	case 0:
		snapshot_remove(fixture->snapshot, KIND_DEPLOYMENT, uid);
		snapshot_remove(fixture->snapshot, KIND_REPLICA_SET, uid);
		break;
	case 1:
		put_deployment(fixture, strcmp(name, "typha") ? "web" : "kube-system", name);
		break;
	case 2:
		put_event(fixture, event, pod);
		break;
	case 3:
		snapshot_remove(fixture->snapshot, KIND_EVENT, event);
		break;
	case 4:
		snprintf(pod, sizeof(pod), "n%u", (unsigned int)pick(seed, NODES));
		put_node(fixture, pod);
		break;
	default:
		snprintf(pod, sizeof(pod), "uid-n%u", (unsigned int)pick(seed, NODES));
		snapshot_remove(fixture->snapshot, KIND_NODE, pod);
	}
}

static void random_evidence(struct fixture *fixture, uint32_t *seed)
{
	for (size_t i = 0; i < symptoms_wanted_count(fixture->symptoms); i++) {
		auto_free char *key = evidence_key(symptoms_wanted_at(fixture->symptoms, i));
		struct err err = {0};

		if (pick(seed, 3) == 0)
			err_set(&err, ERR_TIMEOUT, "slow", NULL);
		evidence_put(fixture->evidence, key, NULL,
			     err.code ? NULL : xstrdup(pick(seed, 2) ? "disk is full" : "fine"), &err, fixture->now);
	}
}

static void random_state(struct fixture *fixture, uint32_t *seed)
{
	static const enum collection_state states[] = {COLLECTION_CURRENT, COLLECTION_CURRENT, COLLECTION_FORBIDDEN};
	struct err err = {0};
	enum collection_state state = states[pick(seed, array_length(states))];

	err_set(&err, ERR_FORBIDDEN, "forbidden", NULL);
	snapshot_set_state(fixture->snapshot, (enum kind_id)pick(seed, KIND_COUNT), state,
			   state == COLLECTION_CURRENT ? NULL : &err, 1);
}

static void fail_at_difference(const char *got, const char *expected, int round, uint32_t seed)
{
	size_t line = 0;

	for (size_t i = 0; got[i] && got[i] == expected[i]; i++)
		if (got[i] == '\n')
			line = i + 1;
	fail_msg("round %d, seed %u\n--- incremental\n%.400s\n--- new\n%.400s", round, (unsigned int)seed, got + line,
		 expected + line);
}

static void compare_with_new(struct fixture *fixture, int round, uint32_t seed)
{
	struct symptoms *fresh = symptoms_new(fixture->runbooks, NULL);
	auto_free char *expected = NULL;
	auto_free char *got = dump(fixture->symptoms);

	symptoms_update(fresh, fixture->snapshot, fixture->evidence, fixture->now);
	expected = dump(fresh);
	if (strcmp(got, expected) != 0)
		fail_at_difference(got, expected, round, seed);
	symptoms_free(fresh);
}

static void run_from(uint32_t seed)
{
	struct fixture fixture;
	uint32_t first = seed;
	size_t most = 0;

	fixture_init(&fixture, NULL);
	fixture_states(&fixture, COLLECTION_CURRENT);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = pick(&seed, 5); i > 0; i--) {
			random_pod(&fixture, &seed);
			if (pick(&seed, 2))
				random_other(&fixture, &seed);
		}
		if (pick(&seed, 10) == 0)
			random_state(&fixture, &seed);
		if (pick(&seed, 4) == 0)
			random_evidence(&fixture, &seed);
		fixture.now += pick(&seed, 60);
		fixture_update(&fixture);
		compare_with_new(&fixture, round, first);
		if (symptoms_finding_count(fixture.symptoms) > most)
			most = symptoms_finding_count(fixture.symptoms);
	}
	assert_true(most > 5);
	fixture_release(&fixture);
}

static void test_random_changes(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++)
		run_from(seed);
}

/* Called only when it asked for it, it misses nothing that time brings. */
static void test_next_time(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture, NULL);
	fixture_states(&fixture, COLLECTION_CURRENT);
	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%d", i);
		put_pod(&fixture, &(struct pod){.name = name, .not_ready = START - i * 7});
	}
	fixture_update(&fixture);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(symptoms_finding_count(fixture.symptoms), i);
		assert_int_equal(fixture.next, START - (19 - i) * 7 + 180);
		fixture.now = fixture.next;
		fixture_update(&fixture);
		compare_with_new(&fixture, i, 0);
	}
	assert_int_equal(fixture.next, 0);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_next_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
