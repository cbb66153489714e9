#include "probes/sim/protobuf.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"

/*
 * Fields as "name=number:type", from the generated.proto files of k8s.io/api and
 * apimachinery. Types: s text, i integer, b truth (left out when empty: those are
 * never absent on the wire); I, B the same where zero says something; t time,
 * q quantity, x number or text, y bytes; a capitalised name is a message; "*"
 * before a type is a list, "#" a map from texts.
 */
static const struct wire_type {
	const char *name;
	const char *fields;
} types[] = {
	{"ObjectMeta", "name=1:s generateName=2:s namespace=3:s selfLink=4:s uid=5:s resourceVersion=6:s "
		       "generation=7:i creationTimestamp=8:t deletionTimestamp=9:t deletionGracePeriodSeconds=10:I "
		       "labels=11:#s annotations=12:#s ownerReferences=13:*OwnerReference finalizers=14:*s "},
	{"OwnerReference", "kind=1:s name=3:s uid=4:s apiVersion=5:s controller=6:B blockOwnerDeletion=7:B "},
	{"LabelSelector", "matchLabels=1:#s matchExpressions=2:*LabelSelectorRequirement "},
	{"LabelSelectorRequirement", "key=1:s operator=2:s values=3:*s "},
	{"DeleteOptions", "gracePeriodSeconds=1:I preconditions=2:Preconditions orphanDependents=3:B "
			  "propagationPolicy=4:s dryRun=5:*s "},
	{"Preconditions", "uid=1:s resourceVersion=2:s "},
	{"SelfSubjectAccessReview", "metadata=1:ObjectMeta spec=2:SelfSubjectAccessReviewSpec status=3:Ignored "},
	{"SelfSubjectAccessReviewSpec", "resourceAttributes=1:ResourceAttributes "
					"nonResourceAttributes=2:NonResourceAttributes "},
	{"ResourceAttributes", "namespace=1:s verb=2:s group=3:s version=4:s resource=5:s subresource=6:s name=7:s "},
	{"NonResourceAttributes", "path=1:s verb=2:s "},
	{"SelfSubjectRulesReview", "metadata=1:ObjectMeta spec=2:SelfSubjectRulesReviewSpec status=3:Ignored "},
	{"SelfSubjectRulesReviewSpec", "namespace=1:s "},
	{"SelfSubjectReview", "metadata=1:ObjectMeta status=2:Ignored "},
	{"Eviction", "metadata=1:ObjectMeta deleteOptions=2:DeleteOptions "},
	{"Secret", "metadata=1:ObjectMeta data=2:#y type=3:s stringData=4:#s immutable=5:B "},
	{"ConfigMap", "metadata=1:ObjectMeta data=2:#s binaryData=3:#y immutable=4:B "},
	{"Namespace", "metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:Ignored "},
	{"NamespaceSpec", "finalizers=1:*s "},
	{"ServiceAccount", "metadata=1:ObjectMeta secrets=2:*LocalObjectReference "
			   "imagePullSecrets=3:*LocalObjectReference automountServiceAccountToken=4:B "},
	{"LocalObjectReference", "name=1:s "},
	{"PodDisruptionBudget", "metadata=1:ObjectMeta spec=2:PodDisruptionBudgetSpec status=3:Ignored "},
	{"PodDisruptionBudgetSpec", "minAvailable=1:x selector=2:LabelSelector maxUnavailable=3:x "
				    "unhealthyPodEvictionPolicy=4:s "},
	{"Deployment", "metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:Ignored "},
	{"DeploymentSpec", "replicas=1:I selector=2:LabelSelector template=3:PodTemplateSpec "
			   "strategy=4:DeploymentStrategy minReadySeconds=5:i revisionHistoryLimit=6:I paused=7:b "
			   "progressDeadlineSeconds=9:I "},
	{"DeploymentStrategy", "type=1:s rollingUpdate=2:RollingUpdate "},
	{"RollingUpdate", "maxUnavailable=1:x maxSurge=2:x "},
	{"Job", "metadata=1:ObjectMeta spec=2:JobSpec status=3:Ignored "},
	{"JobSpec", "parallelism=1:I completions=2:I activeDeadlineSeconds=3:I selector=4:LabelSelector "
		    "manualSelector=5:B template=6:PodTemplateSpec backoffLimit=7:I ttlSecondsAfterFinished=8:I "
		    "completionMode=9:s suspend=10:B "},
	{"CronJob", "metadata=1:ObjectMeta spec=2:CronJobSpec status=3:Ignored "},
	{"CronJobSpec", "schedule=1:s startingDeadlineSeconds=2:I concurrencyPolicy=3:s suspend=4:B "
			"jobTemplate=5:JobTemplateSpec successfulJobsHistoryLimit=6:I failedJobsHistoryLimit=7:I "
			"timeZone=8:s "},
	{"JobTemplateSpec", "metadata=1:ObjectMeta spec=2:JobSpec "},
	{"Pod", "metadata=1:ObjectMeta spec=2:PodSpec status=3:Ignored "},
	{"PodTemplateSpec", "metadata=1:ObjectMeta spec=2:PodSpec "},
	{"PodSpec", "containers=2:*Container restartPolicy=3:s terminationGracePeriodSeconds=4:I "
		    "activeDeadlineSeconds=5:I dnsPolicy=6:s nodeSelector=7:#s serviceAccountName=8:s "
		    "serviceAccount=9:s nodeName=10:s hostNetwork=11:b hostPID=12:b hostIPC=13:b "
		    "imagePullSecrets=15:*LocalObjectReference hostname=16:s subdomain=17:s schedulerName=19:s "
		    "initContainers=20:*Container automountServiceAccountToken=21:B tolerations=22:*Toleration "
		    "priorityClassName=24:s priority=25:I "},
	{"Toleration", "key=1:s operator=2:s value=3:s effect=4:s tolerationSeconds=5:I "},
	{"Container", "name=1:s image=2:s command=3:*s args=4:*s workingDir=5:s ports=6:*ContainerPort env=7:*EnvVar "
		      "resources=8:ResourceRequirements terminationMessagePath=13:s imagePullPolicy=14:s stdin=16:b "
		      "stdinOnce=17:b tty=18:b terminationMessagePolicy=20:s "},
	{"ContainerPort", "name=1:s hostPort=2:i containerPort=3:i protocol=4:s hostIP=5:s "},
	{"EnvVar", "name=1:s value=2:s "},
	{"ResourceRequirements", "limits=1:#q requests=2:#q "},
	{"TypeMeta", "apiVersion=1:s kind=2:s "},
	{"Time", "seconds=1:I nanos=2:i "},
	{"Quantity", "string=1:s "},
	{"IntOrString", "type=1:i intVal=2:I strVal=3:s "},
};

/* One field as it is on the wire: a number, or a run of bytes. */
struct field {
	uint64_t number;
	uint64_t value;
	const char *bytes;	/* NULL for a number */
	size_t length;
};

struct input {
	const char *at;
	const char *end;
};

static int cut_off(struct err *err)
{
	return err_set(err, ERR_USAGE, "the body is no complete protobuf message", NULL);
}

static int read_varint(struct input *input, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 64 && input->at < input->end; shift += 7) {
		unsigned char byte = (unsigned char)*input->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return 0;
		}
	}
	return -1;
}

static int read_field(struct input *input, struct field *field, struct err *err)
{
	uint64_t key;

	*field = (struct field){0};
	if (read_varint(input, &key))
		return cut_off(err);
	field->number = key >> 3;
	if ((key & 7) == 0)
		return read_varint(input, &field->value) ? cut_off(err) : 0;
	if ((key & 7) != 2 || read_varint(input, &field->value) ||
	    field->value > (uint64_t)(input->end - input->at))
		return cut_off(err);
	field->bytes = input->at;
	field->length = (size_t)field->value;
	input->at += field->length;
	return 0;
}

static const struct wire_type *find_message(const char *name, size_t n)
{
	for (size_t i = 0; i < array_length(types); i++)
		if (strlen(types[i].name) == n && !strncmp(types[i].name, name, n))
			return &types[i];
	return NULL;
}

/* The name and type of a field number, or NULL. */
static const char *find_field(const struct wire_type *message, uint64_t number, char name[64])
{
	for (const char *at = message->fields; *at; at += strcspn(at, " ") + 1) {
		uint64_t own;
		int used = 0;

		if (sscanf(at, "%63[^=]=%" SCNu64 ":%n", name, &own, &used) == 2 && own == number)
			return at + used;
	}
	return NULL;
}

static int read_message(const struct wire_type *message, const char *bytes, size_t n, int depth, json_t **ret_object,
			struct err *err);

static int read_named(const char *name, const struct field *field, int depth, json_t **ret_object, struct err *err)
{
	return read_message(find_message(name, strlen(name)), field->bytes, field->length, depth, ret_object, err);
}

static int read_special(char type, const struct field *field, int depth, json_t **ret_value, struct err *err)
{
	static const char *const names[] = {['t'] = "Time", ['q'] = "Quantity", ['x'] = "IntOrString"};
	json_t *object;

	if (read_named(names[(unsigned char)type], field, depth, &object, err))
		return -1;
	if (type == 't')
		*ret_value = json_object_size(object) ? doc_time(doc_int(object, "seconds")) : NULL;
	else if (type == 'q')
		*ret_value = json_string(doc_text(object, "string"));
	else if (doc_int(object, "type") == 1)
		*ret_value = json_string(doc_text(object, "strVal"));
	else
		*ret_value = json_integer(doc_int(object, "intVal"));
	json_decref(object);
	return 0;
}

/* One value; NULL where it says nothing and is left out. */
static int read_value(const char *type, const struct field *field, int depth, json_t **ret_value, struct err *err)
{
	size_t n = strcspn(type, " ");

	*ret_value = NULL;
	if (n > 1 && !strncmp(type, "Ignored", n))
		return 0;
	if (strchr("ibIB", *type) && n == 1) {
		if (field->bytes)
			return cut_off(err);
		if (*type == 'I' || (*type == 'i' && field->value))
			*ret_value = json_integer((json_int_t)field->value);
		else if (*type == 'B' || (*type == 'b' && field->value))
			*ret_value = json_boolean(field->value);
		return 0;
	}
	if (!field->bytes)
		return cut_off(err);
	if (n > 1)
		return read_message(find_message(type, n), field->bytes, field->length, depth, ret_value, err);
	if (*type == 'y') {
		auto_free char *text = base64_encode(field->bytes, field->length);

		*ret_value = json_string(text);
		return 0;
	}
	if (*type != 's')
		return read_special(*type, field, depth, ret_value, err);
	*ret_value = json_stringn(field->bytes, field->length);
	return *ret_value ? 0 : err_set(err, ERR_USAGE, "the body has a text that is not UTF-8", NULL);
}

/* An entry of a map: the key is field 1, the value field 2. */
static int read_entry(const char *type, const struct field *field, int depth, json_t *map, struct err *err)
{
	struct input input = {.at = field->bytes, .end = field->bytes + field->length};
	auto_free char *key = xstrdup("");
	json_t *value = NULL;

	while (input.at < input.end) {
		struct field part;

		if (read_field(&input, &part, err) || !part.bytes) {
			json_decref(value);
			return cut_off(err);
		}
		if (part.number == 1) {
			free(key);
			key = xstrndup(part.bytes, part.length);
		} else if (part.number == 2) {
			json_decref(value);
			if (read_value(type, &part, depth, &value, err))
				return -1;
		}
	}
	json_object_set_new(map, key, value ? value : json_string(""));
	return 0;
}

static bool is_empty_text(const json_t *value)
{
	return json_is_string(value) && !json_string_length(value);
}

static int read_member(const char *name, const char *type, const struct field *field, int depth, json_t *object,
		       struct err *err)
{
	bool list = *type == '*';
	json_t *member = json_object_get(object, name);
	json_t *value;

	if (*type == '#' || list) {
		if (!field->bytes)
			return cut_off(err);
		if (!member) {
			member = list ? json_array() : json_object();
			json_object_set_new(object, name, member);
		}
		if (!list)
			return read_entry(type + 1, field, depth, member, err);
		type++;
	}
	if (read_value(type, field, depth, &value, err))
		return -1;
	if (list)
		json_array_append_new(member, value ? value : json_object());
	else if (value && !is_empty_text(value) && (!json_is_object(value) || json_object_size(value)))
		json_object_set_new(object, name, value);
	else
		json_decref(value);
	return 0;
}

static int read_message(const struct wire_type *message, const char *bytes, size_t n, int depth, json_t **ret_object,
			struct err *err)
{
	struct input input = {.at = bytes, .end = n ? bytes + n : bytes};
	json_t *object = json_object();

	if (!message)
		bug("a protobuf message without a table");
	while (input.at < input.end) {
		struct field field;
		char name[64];
		const char *type;
		int result = read_field(&input, &field, err);

		type = result ? NULL : find_field(message, field.number, name);
		if (!result && depth > 16)
			result = cut_off(err);
		else if (!result && type)
			result = read_member(name, type, &field, depth + 1, object, err);
		else if (!result && (!field.bytes || field.length))
			result = err_set(err, ERR_INVALID,
					 "the simulated cluster does not read every field of a protobuf {type}; "
					 "send JSON", "type", message->name, NULL);
		if (result) {
			json_decref(object);
			return -1;
		}
	}
	*ret_object = object;
	return 0;
}

/* runtime.Unknown: the type is field 1, the object field 2. */
int protobuf_read(const char *bytes, size_t n, json_t **ret_object, struct err *err)
{
	struct input input = {.at = bytes + 4, .end = bytes + n};
	struct field raw = {0};
	const struct wire_type *message;
	json_t *type = NULL;
	int result = n < 4 || memcmp(bytes, "k8s", 4) ? cut_off(err) : 0;

	while (!result && input.at < input.end) {
		struct field field;

		result = read_field(&input, &field, err);
		if (!result && field.number == 1 && field.bytes && !type)
			result = read_named("TypeMeta", &field, 0, &type, err);
		else if (!result && field.number == 2 && field.bytes)
			raw = field;
	}
	message = find_message(doc_text(type, "kind"), strlen(doc_text(type, "kind")));
	if (!result && !message)
		result = err_set(err, ERR_INVALID,
				 "the simulated cluster does not read {kind} as protobuf; send JSON", "kind",
				 doc_text(type, "kind"), NULL);
	if (!result)
		result = read_message(message, raw.bytes, raw.length, 0, ret_object, err);
	if (!result) {
		doc_set_text(*ret_object, "kind", doc_text(type, "kind"));
		doc_set_text(*ret_object, "apiVersion", doc_text(type, "apiVersion"));
	}
	json_decref(type);
	return result;
}
