/* JSON as YAML for people; Secrets masked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/yaml_text.h"
#include "widgets/textview.h"

static char *yaml(const char *json, bool mask)
{
	struct buffer out = BUFFER_INIT(64 << 10);
	json_t *document = json_loads(json, 0, NULL);
	struct textview text;

	assert_non_null(document);
	textview_init(&text, 1000);
	if (mask)
		yaml_mask(document);
	yaml_text(&text, document);
	for (size_t i = 0; i < textview_count(&text); i++)
		buffer_addf(&out, "%s\n", textview_text(&text, i));
	textview_release(&text);
	json_decref(document);
	return buffer_detach(&out);
}

static void nesting_is_written_as_kubectl_does(void **state)
{
	auto_free char *text = yaml("{\"a\":{\"b\":1,\"c\":[]},\"l\":[{\"n\":\"x\",\"p\":{\"q\":true}},\"s\",[1,2]],"
				    "\"e\":{},\"t\":null}", false);

	(void)state;
	assert_string_equal(text, "a:\n  b: 1\n  c: []\nl:\n- n: x\n  p:\n    q: true\n- s\n- - 1\n  - 2\ne: "
				  "{}\nt: null\n");
}

static void strings_that_yaml_would_misread_are_quoted(void **state)
{
	auto_free char *text =
		yaml("{\"a\":\"yes\",\"b\":\"12\",\"c\":\"a: b\",\"d\":\"plain "
		     "text\",\"e\":\"\",\"f\":\"x:1\","
				    "\"g\":\"line\\nnext\\n\",\"h\":\"*x\"}", false);

	(void)state;
	assert_string_equal(text, "a: \"yes\"\nb: \"12\"\nc: \"a: b\"\nd: plain text\ne: \"\"\nf: x:1\n"
				  "g: |\n  line\n  next\nh: \"*x\"\n");
}

static void secrets_are_masked(void **state)
{
	auto_free char *text =
		yaml("{\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\",\"annotations\":{\"last\":\"c2VjcmV0\"},"
				    "\"managedFields\":[{\"a\":1}]},\"data\":{\"password\":\"c2VjcmV0\"},"
				    "\"stringData\":{\"x\":\"c2VjcmV0\"}}", true);

	(void)state;
	assert_null(strstr(text, "c2VjcmV0"));
	assert_null(strstr(text, "managedFields"));
	assert_non_null(strstr(text, "password: <redacted>"));
}

static void hostile_text_is_made_fit_to_show(void **state)
{
	auto_free char *text = yaml("{\"a\\u001b[2J\":\"b\\u202ec\\u0007\"}", false);

	(void)state;
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
}

static int set_up(void **state)
{
	(void)state;
	text_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nesting_is_written_as_kubectl_does),
		cmocka_unit_test(strings_that_yaml_would_misread_are_quoted),
		cmocka_unit_test(secrets_are_masked),
		cmocka_unit_test(hostile_text_is_made_fit_to_show),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
