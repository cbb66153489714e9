/* What a survey's answers say: gauges, and the JSON of `nodes -o json`. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/model/node_survey.h"

enum { JSON_TEXT_BYTES = 16 << 10 };

bool survey_is_gauge(const char *check)
{
	return !strcmp(check, "disk") || !strcmp(check, "inodes") || !strcmp(check, "memory");
}

/* Thousandths; -1 where it is no number. */
static int permille(const json_t *percent)
{
	double value = json_number_value(percent);

	if (!json_is_number(percent) || !(value >= 0) || value > 1000)
		return -1;
	return (int)(value * 10 + 0.5);
}

static void note_time(struct survey_gauges *gauges, const struct survey_answer *answer, int share)
{
	if (share >= 0 && (!gauges->measured_at || answer->measured_at < gauges->measured_at))
		gauges->measured_at = answer->measured_at;
}

/* The share of the fullest file system; mount gets where. */
static int worst_of(struct survey_gauges *gauges, const struct survey_node *node, const char *check, char *mount,
		    size_t size)
{
	const struct survey_answer *answer = survey_answer_find(node, check);
	const json_t *worst = json_object_get(json_object_get(answer ? answer->value : NULL, check), "worst");
	const char *path = json_string_value(json_object_get(worst, "mount"));
	int share = permille(json_object_get(worst, "usedPercent"));

	if (share >= 0 && mount)
		snprintf(mount, size, "%s", path ? path : "");
	if (answer)
		note_time(gauges, answer, share);
	return share;
}

void survey_gauges_read(const struct survey_node *node, struct survey_gauges *ret_gauges)
{
	struct survey_gauges gauges = {.disk = -1, .inodes = -1, .memory = -1};
	const struct survey_answer *memory = node ? survey_answer_find(node, "memory") : NULL;

	if (node) {
		gauges.disk = worst_of(&gauges, node, "disk", gauges.disk_path, sizeof(gauges.disk_path));
		gauges.inodes = worst_of(&gauges, node, "inodes", NULL, 0);
	}
	if (memory) {
		gauges.memory = permille(json_object_get(json_object_get(memory->value, "memory"), "usedPercent"));
		note_time(&gauges, memory, gauges.memory);
	}
	*ret_gauges = gauges;
}

/* A clock that was set back begins anew. */
void survey_trend_add(struct survey_trend *trend, int disk, int64_t at)
{
	if (disk < 0 || (trend->count && at == trend->points[trend->count - 1].at))
		return;
	if (trend->count && at < trend->points[trend->count - 1].at)
		trend->count = 0;
	if (trend->count == SURVEY_TREND_MOST)
		memmove(trend->points, trend->points + 1, --trend->count * sizeof(trend->points[0]));
	trend->points[trend->count].at = at;
	trend->points[trend->count++].disk = disk;
}

int survey_trend_an_hour(const struct survey_node *node, int64_t *ret_seconds)
{
	const struct survey_trend *trend = &node->trend;
	int64_t seconds = trend->count ? trend->points[trend->count - 1].at - trend->points[0].at : 0;

	*ret_seconds = seconds;
	if (seconds < SURVEY_TREND_SECONDS)
		return 0;
	return (int)((trend->points[trend->count - 1].disk - trend->points[0].disk) * 3600 / seconds);
}

/* A node's own text may be no UTF-8; what is not becomes visible. */
static json_t *json_text(const char *raw)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(JSON_TEXT_BYTES);
	json_t *text = json_string(raw);

	if (text)
		return text;
	text_show(&shown, raw, strlen(raw));
	return json_string(buffer_text(&shown));
}

static json_t *reason_json(const struct err *err)
{
	auto_free char *text = err ? err_text(err) : NULL;

	return text ? json_text(text) : json_null();
}

static json_t *answer_json(const struct survey_answer *answer)
{
	json_t *value = answer->value ? json_incref(answer->value) : json_null();
	const char *severity = answer->is_critical ? "critical" : "warning";

	return json_pack("{s:s,s:s,s:s?,s:s?,s:o,s:o,s:o}", "name", answer->check, "verdict",
			 survey_verdict_name(answer->verdict), "sign", answer->sign, "severity",
			 answer->verdict == SURVEY_BAD ? severity : NULL, "value", value, "text",
			 json_text(answer->text), "reason", reason_json(answer->reason));
}

static json_t *node_json(const struct survey_node *node, const char *check)
{
	json_t *checks = json_array();
	bool reached = node->answered_at && !node->has_failed;

	for (size_t i = 0; i < node->count; i++) {
		if (!check || !strcmp(check, node->answers[i].check))
			json_array_append_new(checks, answer_json(&node->answers[i]));
	}
	return json_pack("{s:o,s:o,s:b,s:o,s:o}", "name", json_text(node->name), "address", json_text(node->address),
			 "reachable", reached, "reason", reason_json(node->has_failed ? &node->err : NULL), "checks",
			 checks);
}

json_t *node_survey_to_json(const struct node_survey *survey, const char *check)
{
	json_t *nodes = json_array();

	for (size_t i = 0; i < node_survey_count(survey); i++)
		json_array_append_new(nodes, node_json(node_survey_at(survey, i), check));
	return json_pack("{s:o}", "nodes", nodes);
}
