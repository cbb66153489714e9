/* READY, STATUS and RESTARTS as kubectl prints them. */
#include "tests/unit/sim/documents.h"

#include "probes/base/buffer.h"
#include "probes/sim/table.h"

#define RUNNING "{'name':'a','ready':true,'state':{'running':{}},'restartCount':0}"

static const struct {
	const char *pod;
	const char *cells;	/* the second to the fourth */
} examples[] = {
	{"{'spec':{'containers':[{}]},'status':{'phase':'Running','containerStatuses':[" RUNNING "]}}",
	 "['1/1','Running','0']"},
	{"{'spec':{'containers':[{},{}]},'status':{'phase':'Running','containerStatuses':[" RUNNING
	 ",{'ready':false,'state':{'waiting':{'reason':'ImagePullBackOff'}},'restartCount':0}]}}",
	 "['1/2','ImagePullBackOff','0']"},
	{"{'spec':{'initContainers':[{'name':'i'},{'name':'j'}],'containers':[{}]},'status':{'phase':'Pending',"
	 "'initContainerStatuses':[{'name':'i','state':{'terminated':{'exitCode':0}},'restartCount':0},{'name':'j','state':"
	 "{'waiting':{'reason':'PodInitializing'}},'restartCount':0}]}}", "['0/1','Init:1/2','0']"},
	{"{'spec':{'initContainers':[{'name':'i'}],'containers':[{}]},'status':{'phase':'Pending','initContainerStatuses':"
	 "[{'name':'i','state':{'waiting':{'reason':'ErrImagePull'}},'restartCount':2}]}}", "['0/1','Init:ErrImagePull','2']"},
	{"{'spec':{'initContainers':[{'name':'i'}],'containers':[{}]},'status':{'phase':'Pending','initContainerStatuses':"
	 "[{'name':'i','state':{'terminated':{'exitCode':3}},'restartCount':0}]}}", "['0/1','Init:ExitCode:3','0']"},
	{"{'spec':{'containers':[{}]},'status':{'phase':'Failed','reason':'Evicted'}}", "['0/1','Evicted','0']"},
	{"{'spec':{'containers':[{}]},'status':{'phase':'Succeeded','containerStatuses':[{'state':{'terminated':{'exitCode':0,"
	 "'reason':'Completed'}},'restartCount':0}]}}", "['0/1','Completed','0']"},
	{"{'spec':{'containers':[{}]},'status':{'phase':'Running','containerStatuses':[{'state':{'terminated':{'signal':9}},"
	 "'restartCount':1}]}}", "['0/1','Signal:9','1']"},
	{"{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'},'spec':{'containers':[{}]},'status':{'phase':'Running',"
	 "'containerStatuses':[" RUNNING "]}}", "['1/1','Terminating','0']"},
	{"{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'},'spec':{'containers':[{}]},'status':{'phase':'Running',"
	 "'reason':'NodeLost'}}", "['0/1','Unknown','0']"},
	{"{'spec':{'containers':[{}]},'status':{'phase':'Running','containerStatuses':[{'ready':true,'state':{'running':{}},"
	 "'restartCount':3,'lastState':{'terminated':{'finishedAt':'1970-01-01T00:00:40Z'}}}]}}", "['1/1','Running','3 (60s ago)']"},
	{"{'spec':{'initContainers':[{'name':'s','restartPolicy':'Always'}],'containers':[{}]},'status':{'phase':'Running',"
	 "'initContainerStatuses':[{'name':'s','started':true,'ready':true,'state':{'running':{}},'restartCount':0}],"
	 "'containerStatuses':[" RUNNING "]}}", "['2/2','Running','0']"},
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(examples); i++) {
		json_t *pod = document(examples[i].pod);
		struct buffer text = BUFFER_INIT(4 << 10);
		json_t *cells;
		json_t *shown = json_array();

		buffer_add_byte(&text, '[');
		table_cells(kind_at(KIND_POD), pod, 100, &text);
		buffer_add_byte(&text, ']');
		cells = document(buffer_text(&text));
		for (size_t c = 1; c < 4; c++)
			json_array_append(shown, json_array_get(cells, c));
		assert_document(shown, examples[i].cells);
		json_decref(cells);
		json_decref(pod);
		buffer_release(&text);
	}
}

static void test_every_kind_has_as_many_cells_as_columns(void **state)
{
	json_t *empty = json_object();

	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		struct buffer text = BUFFER_INIT(64 << 10);
		json_t *columns;
		json_t *cells;

		table_columns(kind_at((enum kind_id)i), &text);
		columns = document(buffer_text(&text));
		buffer_clear(&text);
		buffer_add_byte(&text, '[');
		table_cells(kind_at((enum kind_id)i), empty, 100, &text);
		buffer_add_byte(&text, ']');
		cells = document(buffer_text(&text));
		if (json_array_size(columns) != json_array_size(cells))
			fail_msg("%s: %zu columns, %zu cells", kind_at((enum kind_id)i)->kind, json_array_size(columns),
				 json_array_size(cells));
		json_decref(columns);
		json_decref(cells);
		buffer_release(&text);
	}
	json_decref(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_every_kind_has_as_many_cells_as_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
