/* `doctor`: the Leases of this program in the cluster: what runs now, and what a killed run left behind. */
#include "probes/base/memory.h"
#include "probes/remedy/lease_record.h"
#include "tui/doctor.h"
#include "tui/session.h"

struct answer {
	bool is_there;
	enum err_code code;
	struct err err;
	json_t *items;
};

static void on_listed(void *data, const struct kube_result *result)
{
	struct answer *answer = data;

	answer->is_there = true;
	answer->code = result->code;
	answer->err = result->err;
	answer->items = json_incref(json_object_get(result->document, "items"));
}

static void say_lock(struct doctor *doctor, const json_t *document)
{
	const char *run = lease_run(document);
	auto_free char *text = NULL;

	if (lease_looks_abandoned(document))
		text = xasprintf(translate("left behind by %s; resume %s goes on, undo %s takes back; the next run on "
					   "its objects takes it over"),
				 lease_holder(document), run, run);
	else
		text = xasprintf(translate("held by %s, run %s"), lease_holder(document), run);
	doctor_say(doctor, lease_looks_abandoned(document) ? MARK_UNKNOWN : MARK_PLAIN, "lock", text);
}

void doctor_look_at_locks(struct doctor *doctor)
{
	struct answer answer = {0};
	const struct kube_request request = {
		.method = "GET", .path = LEASES_LIST, .accept = KUBE_JSON, .on_done = on_listed, .data = &answer,
	};
	size_t count = 0;
	size_t i;
	json_t *document;

	doctor_heading(doctor, "Locks");
	if (kube_read(doctor->session->client, &request, NULL, &answer.err) < 0)
		bug("the reading door refuses a list of Leases");
	while (!answer.is_there)
		loop_turn(doctor->session->loop, 1000);
	json_array_foreach(answer.items, i, document) {
		if (!lease_is_lock(document) || !*lease_holder(document))
			continue;
		say_lock(doctor, document);
		count++;
	}
	if (answer.code != ERR_NONE) {
		auto_free char *why = message_text(&answer.err.what);

		doctor_say(doctor, MARK_UNKNOWN, "lock", why);
	} else if (!count) {
		doctor_say(doctor, MARK_GOOD, "lock", translate("no run holds objects now"));
	}
	json_decref(answer.items);
}
