/* Bodies in Kubernetes' protobuf, as kubectl 1.32 sends them. */
#include "tests/unit/sim/documents.h"

#include "probes/base/buffer.h"
#include "probes/sim/protobuf.h"

/* Field `number` of wire type 2 around bytes. */
static void add(struct buffer *out, unsigned int number, const void *bytes, size_t n)
{
	assert_true(n < 0x80 && number < 16);
	buffer_add_byte(out, (char)(number << 3 | 2));
	buffer_add_byte(out, (char)n);
	buffer_add(out, bytes, n);
}

static void add_text(struct buffer *out, unsigned int number, const char *text)
{
	add(out, number, text, strlen(text));
}

static void add_inner(struct buffer *out, unsigned int number, struct buffer *inner)
{
	add(out, number, buffer_text(inner), inner->length);
	buffer_release(inner);
}

/* The envelope around an object of a kind; object is released. */
static void wrap(struct buffer *out, const char *api_version, const char *kind, struct buffer *object)
{
	struct buffer type = BUFFER_INIT(256);

	add_text(&type, 1, api_version);
	add_text(&type, 2, kind);
	buffer_add(out, "k8s", 4);
	add_inner(out, 1, &type);
	add_inner(out, 2, object);
}

/* A Secret with everything that its table has: a map of bytes, truth, an empty time. */
static void make_secret(struct buffer *out)
{
	struct buffer metadata = BUFFER_INIT(256);
	struct buffer entry = BUFFER_INIT(256);
	struct buffer object = BUFFER_INIT(256);

	add_text(&metadata, 1, "s1");
	add_text(&metadata, 2, "");
	add_text(&metadata, 8, "");
	add_text(&metadata, 14, "example.com/f");
	add_inner(&object, 1, &metadata);
	add_text(&entry, 1, "a");
	add(&entry, 2, "b\0c", 3);
	add_inner(&object, 2, &entry);
	add_text(&object, 3, "Opaque");
	buffer_add(&object, "\x28\x01", 2);
	wrap(out, "v1", "Secret", &object);
}

static void test_a_secret(void **state)
{
	struct buffer body = BUFFER_INIT(1 << 10);
	json_t *object;
	struct err err;

	(void)state;
	make_secret(&body);
	assert_int_equal(protobuf_read(buffer_text(&body), body.length, &object, &err), 0);
	assert_document(object, "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'s1','finalizers':['example.com/f']},"
				"'data':{'a':'YgBj'},'type':'Opaque','immutable':true}");
	buffer_release(&body);
}

static void test_numbers_or_texts_and_pointers(void **state)
{
	struct buffer body = BUFFER_INIT(1 << 10);
	struct buffer strategy = BUFFER_INIT(64);
	struct buffer rolling = BUFFER_INIT(64);
	struct buffer spec = BUFFER_INIT(256);
	struct buffer object = BUFFER_INIT(256);
	json_t *value;
	struct err err;

	(void)state;
	add(&rolling, 1, "\x08\x00\x10\x03\x1a\x00", 6);	/* maxUnavailable: 3 */
	add(&rolling, 2, "\x08\x01\x10\x00\x1a\x03" "25%", 9);	/* maxSurge: "25%" */
	add_inner(&strategy, 2, &rolling);
	buffer_add(&spec, "\x08\x00", 2);			/* replicas: 0, which is not absent */
	add_inner(&spec, 4, &strategy);
	buffer_add(&spec, "\x28\x00\x38\x00", 4);		/* minReadySeconds: 0, paused: false: absent */
	add_inner(&object, 2, &spec);
	wrap(&body, "apps/v1", "Deployment", &object);
	assert_int_equal(protobuf_read(buffer_text(&body), body.length, &value, &err), 0);
	assert_document(value, "{'apiVersion':'apps/v1','kind':'Deployment','spec':{'replicas':0,'strategy':{'rollingUpdate':"
			       "{'maxUnavailable':3,'maxSurge':'25%'}}}}");
	buffer_release(&body);
}

static void test_what_is_not_read_is_refused(void **state)
{
	struct buffer body = BUFFER_INIT(1 << 10);
	struct buffer object = BUFFER_INIT(64);
	struct err err = {0};
	json_t *value;

	(void)state;
	add_text(&object, 9, "something");
	wrap(&body, "v1", "ConfigMap", &object);
	assert_int_equal(protobuf_read(buffer_text(&body), body.length, &value, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	buffer_clear(&body);
	wrap(&body, "v1", "Endpoints", &object);
	assert_int_equal(protobuf_read(buffer_text(&body), body.length, &value, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	buffer_release(&body);
}

/* Cut off anywhere, and with any one byte changed, a body is read or refused: nothing else. */
static void test_damaged_bodies(void **state)
{
	struct buffer body = BUFFER_INIT(1 << 10);

	(void)state;
	make_secret(&body);
	for (size_t n = 0; n < body.length; n++) {
		char *copy = xmalloc(n + 1);
		json_t *object = NULL;

		memcpy(copy, buffer_text(&body), n);
		if (!protobuf_read(copy, n, &object, NULL))
			json_decref(object);
		free(copy);
	}
	for (size_t i = 0; i < body.length * 256; i++) {
		char *copy = xmalloc(body.length);
		json_t *object = NULL;

		memcpy(copy, buffer_text(&body), body.length);
		copy[i / 256] = (char)(i % 256);
		if (!protobuf_read(copy, body.length, &object, NULL))
			json_decref(object);
		free(copy);
	}
	buffer_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_secret),
		cmocka_unit_test(test_numbers_or_texts_and_pointers),
		cmocka_unit_test(test_what_is_not_read_is_refused),
		cmocka_unit_test(test_damaged_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
