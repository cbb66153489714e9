#include "probes/kube/heartbeat.h"

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/net/loop.h"

enum { LONGEST_ANSWER_MS = 10000 };

struct heartbeat {
	struct kube_client *client;
	void (*on_beat)(void *data, const struct err *err);
	void *data;
	struct timer *timer;		/* exactly one of these two is set */
	struct kube_slot *slot;
	int64_t asked_ms;
};

static void ask(struct heartbeat *heartbeat);

/* The silence counts from the last word of the server, or from the last question that got none. */
static int64_t silence_left(const struct heartbeat *heartbeat)
{
	const struct link_state *link = kube_link(heartbeat->client);
	int64_t since = link->last_answer_ms > heartbeat->asked_ms ? link->last_answer_ms : heartbeat->asked_ms;

	return since + kube_quiet_ms(heartbeat->client) - clock_monotonic_ms();
}

static void on_time(void *data)
{
	struct heartbeat *heartbeat = data;
	int64_t left = silence_left(heartbeat);

	heartbeat->timer = NULL;
	if (left > 0)
		heartbeat->timer = loop_timer(kube_client_loop(heartbeat->client), left, on_time, heartbeat);
	else
		ask(heartbeat);
}

static void on_answer(void *data, const struct kube_result *result)
{
	struct heartbeat *heartbeat = data;

	heartbeat->slot = NULL;
	heartbeat->timer = loop_timer(kube_client_loop(heartbeat->client), kube_quiet_ms(heartbeat->client), on_time,
				      heartbeat);
	heartbeat->on_beat(heartbeat->data, result->status && result->code != ERR_PROTOCOL ? NULL : &result->err);
}

static void ask(struct heartbeat *heartbeat)
{
	struct kube_request request = {
		.method = "GET",
		.path = "/version",
		.timeout_ms = LONGEST_ANSWER_MS,
		.on_done = on_answer,
		.data = heartbeat,
	};

	heartbeat->asked_ms = clock_monotonic_ms();
	if (kube_read(heartbeat->client, &request, &heartbeat->slot, NULL) < 0)
		bug("the reading door refuses /version");
}

struct heartbeat *heartbeat_new(struct kube_client *client, void (*on_beat)(void *data, const struct err *err),
				void *data)
{
	struct heartbeat *heartbeat = xcalloc(1, sizeof(*heartbeat));

	*heartbeat = (struct heartbeat){
		.client = client,
		.on_beat = on_beat,
		.data = data,
		.asked_ms = clock_monotonic_ms(),
	};
	heartbeat->timer = loop_timer(kube_client_loop(client), kube_quiet_ms(client), on_time, heartbeat);
	return heartbeat;
}

void heartbeat_free(struct heartbeat *heartbeat)
{
	if (!heartbeat)
		return;
	timer_cancel(heartbeat->timer);
	kube_cancel(heartbeat->slot);
	free(heartbeat);
}

void heartbeat_now(struct heartbeat *heartbeat)
{
	timer_cancel(take_pointer(heartbeat->timer));
	kube_cancel(take_pointer(heartbeat->slot));
	ask(heartbeat);
}
