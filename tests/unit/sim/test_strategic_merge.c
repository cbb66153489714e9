/*
 * Strategic merge patch: what Kubernetes' own documentation describes (task
 * "Update API Objects in Place Using kubectl patch" and the community page
 * strategic-merge-patch.md) and what kubectl sends.
 */
#include "tests/unit/sim/documents.h"

#include "probes/sim/strategic_merge.h"

struct example {
	const char *name;
	const char *original;
	const char *patch;
	const char *result;	/* NULL: must fail with this code */
	enum err_code code;
};

#define POD(containers) "{'spec':{'containers':" containers "}}"

static const struct example examples[] = {
	{"containers merge by name, new ones are appended", POD("[{'name':'nginx','image':'nginx'}]"),
	 POD("[{'name':'redis','image':'redis'}]"),
	 POD("[{'name':'nginx','image':'nginx'},{'name':'redis','image':'redis'}]"), ERR_NONE},
	{"the rest of a container stays", POD("[{'name':'a','image':'x:1','ports':[{'containerPort':80}]}]"),
	 POD("[{'name':'a','image':'x:2'}]"), POD("[{'name':'a','image':'x:2','ports':[{'containerPort':80}]}]"),
	 ERR_NONE},
	{"tolerations are replaced", "{'spec':{'tolerations':[{'key':'a'},{'key':'b'}]}}",
	 "{'spec':{'tolerations':[{'key':'c'}]}}", "{'spec':{'tolerations':[{'key':'c'}]}}", ERR_NONE},
	{"args are replaced", POD("[{'name':'a','args':['x','y']}]"), POD("[{'name':'a','args':['z']}]"),
	 POD("[{'name':'a','args':['z']}]"), ERR_NONE},
	{"env merges by name", POD("[{'name':'a','env':[{'name':'X','value':'1'},{'name':'Y','value':'2'}]}]"),
	 POD("[{'name':'a','env':[{'name':'Y','value':'3'},{'name':'Z','value':'4'}]}]"),
	 POD("[{'name':'a','env':[{'name':'X','value':'1'},{'name':'Y','value':'3'},{'name':'Z','value':'4'}]}]"),
	 ERR_NONE},
	{"null removes a member of an element", POD("[{'name':'a','env':[{'name':'X','valueFrom':{'k':'v'}}]}]"),
	 POD("[{'name':'a','env':[{'name':'X','value':'1','valueFrom':null}]}]"),
	 POD("[{'name':'a','env':[{'name':'X','value':'1'}]}]"), ERR_NONE},
	{"ports merge by containerPort", POD("[{'name':'a','ports':[{'containerPort':80,'name':'http'}]}]"),
	 POD("[{'name':'a','ports':[{'containerPort':80,'name':'web'},{'containerPort':81}]}]"),
	 POD("[{'name':'a','ports':[{'containerPort':80,'name':'web'},{'containerPort':81}]}]"), ERR_NONE},
	{"ports of a Service merge by port", "{'spec':{'ports':[{'port':80,'name':'a'},{'port':81}]}}",
	 "{'spec':{'ports':[{'port':81,'name':'b'}]}}", "{'spec':{'ports':[{'port':80,'name':'a'},{'port':81,'name':'b'}]}}",
	 ERR_NONE},
	{"volume mounts merge by path", POD("[{'name':'a','volumeMounts':[{'mountPath':'/x','name':'v'}]}]"),
	 POD("[{'name':'a','volumeMounts':[{'mountPath':'/y','name':'v'}]}]"),
	 POD("[{'name':'a','volumeMounts':[{'mountPath':'/x','name':'v'},{'mountPath':'/y','name':'v'}]}]"), ERR_NONE},
	{"$patch delete removes an element", POD("[{'name':'a'},{'name':'b'}]"),
	 POD("[{'name':'a','$patch':'delete'}]"), POD("[{'name':'b'}]"), ERR_NONE},
	{"$patch delete of what is not there", POD("[{'name':'a'}]"), POD("[{'name':'x','$patch':'delete'}]"),
	 POD("[{'name':'a'}]"), ERR_NONE},
	{"$patch replace replaces a list", POD("[{'name':'a'},{'name':'b'}]"),
	 POD("[{'name':'c','image':'x'},{'$patch':'replace'}]"), POD("[{'name':'c','image':'x'}]"), ERR_NONE},
	{"$patch replace replaces an object", "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'x':1}}}}",
	 "{'spec':{'strategy':{'$patch':'replace','type':'Recreate'}}}", "{'spec':{'strategy':{'type':'Recreate'}}}",
	 ERR_NONE},
	{"$patch delete empties a member", "{'spec':{'affinity':{'a':1},'b':2}}",
	 "{'spec':{'affinity':{'$patch':'delete'}}}", "{'spec':{'b':2}}", ERR_NONE},
	{"$retainKeys drops the others", "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
	 "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}", "{'spec':{'strategy':{'type':'Recreate'}}}",
	 ERR_NONE},
	{"$retainKeys must name what is set", "{'spec':{'strategy':{}}}",
	 "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate','other':1}}}", NULL, ERR_INVALID},
	{"$retainKeys in a volume", "{'spec':{'volumes':[{'name':'v','emptyDir':{}}]}}",
	 "{'spec':{'volumes':[{'name':'v','hostPath':{'path':'/x'},'$retainKeys':['name','hostPath']}]}}",
	 "{'spec':{'volumes':[{'name':'v','hostPath':{'path':'/x'}}]}}", ERR_NONE},
	{"finalizers are a set", "{'metadata':{'finalizers':['a','b']}}", "{'metadata':{'finalizers':['b','c']}}",
	 "{'metadata':{'finalizers':['a','b','c']}}", ERR_NONE},
	{"$deleteFromPrimitiveList", "{'metadata':{'finalizers':['a','b','c']}}",
	 "{'metadata':{'$deleteFromPrimitiveList/finalizers':['b']}}", "{'metadata':{'finalizers':['a','c']}}", ERR_NONE},
	{"$setElementOrder orders what it names", POD("[{'name':'a'},{'name':'b'},{'name':'c'}]"),
	 "{'spec':{'$setElementOrder/containers':[{'name':'c'},{'name':'a'}]}}",
	 POD("[{'name':'b'},{'name':'c'},{'name':'a'}]"), ERR_NONE},
	{"kubectl set image", POD("[{'name':'a','image':'x:1'},{'name':'b','image':'y:1'}]"),
	 "{'spec':{'$setElementOrder/containers':[{'name':'a'},{'name':'b'}],'containers':[{'name':'b','image':'y:2'}]}}",
	 POD("[{'name':'a','image':'x:1'},{'name':'b','image':'y:2'}]"), ERR_NONE},
	{"a list that was not there", "{'spec':{}}",
	 POD("[{'name':'a','image':'x','x':null},{'name':'b','$patch':'delete'}]"), POD("[{'name':'a','image':'x'}]"),
	 ERR_NONE},
	{"nulls in an object that was not there", "{}", "{'spec':{'a':null,'b':1}}", "{'spec':{'b':1}}", ERR_NONE},
	{"no merge key", POD("[{'name':'a'}]"), POD("[{'image':'x'}]"), NULL, ERR_SERVER},
	{"unknown directive", "{'spec':{}}", "{'spec':{'$patch':'explode'}}", NULL, ERR_INVALID},
	{"taints of a node are replaced", "{'spec':{'taints':[{'key':'a','effect':'NoSchedule'}]}}",
	 "{'spec':{'taints':[{'key':'b','effect':'NoExecute'}]}}",
	 "{'spec':{'taints':[{'key':'b','effect':'NoExecute'}]}}", ERR_NONE},
	{"conditions merge by type", "{'status':{'conditions':[{'type':'Ready','status':'True'}]}}",
	 "{'status':{'conditions':[{'type':'Ready','status':'False'},{'type':'X','status':'True'}]}}",
	 "{'status':{'conditions':[{'type':'Ready','status':'False'},{'type':'X','status':'True'}]}}", ERR_NONE},
	{"pull secrets of a pod merge by name", "{'spec':{'imagePullSecrets':[{'name':'a'}]}}",
	 "{'spec':{'imagePullSecrets':[{'name':'b'}]}}", "{'spec':{'imagePullSecrets':[{'name':'a'},{'name':'b'}]}}",
	 ERR_NONE},
	{"those of a ServiceAccount are replaced", "{'imagePullSecrets':[{'name':'a'}]}",
	 "{'imagePullSecrets':[{'name':'b'}]}", "{'imagePullSecrets':[{'name':'b'}]}", ERR_NONE},
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(examples); i++) {
		const struct example *example = &examples[i];
		json_t *original = document(example->original);
		json_t *patch = document(example->patch);
		json_t *result = NULL;
		struct err err = {0};
		int code = strategic_merge(original, patch, &result, &err);

		if ((code == 0) != (example->result != NULL) || err.code != example->code)
			fail_msg("%s: returned %d, code %d", example->name, code, (int)err.code);
		print_message("# %s\n", example->name);
		if (!code)
			assert_document(result, example->result);
		assert_document(original, example->original);
		json_decref(patch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
