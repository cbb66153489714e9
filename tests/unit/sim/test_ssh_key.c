/* Keys from a seed, in the forms that OpenSSH reads. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <libssh/libssh.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/ssh_key.h"

/* RFC 8032, section 7.1, test 1. */
static const struct ssh_seed rfc = {{0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
				     0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
				     0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60}};

static void test_public(void **state)
{
	auto_free char *line = ssh_seed_public_line(&rfc);

	(void)state;
	/* string "ssh-ed25519", string d75a9801...0751 1a */
	assert_string_equal(line, "ssh-ed25519 "
				  "AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea");
}

static void test_private(void **state)
{
	auto_free char *line = ssh_seed_public_line(&rfc);
	char *pem = ssh_seed_private_pem(&rfc, "somebody");
	ssh_key key = NULL;
	char *text = NULL;

	(void)state;
	assert_int_equal(ssh_pki_import_privkey_base64(pem, NULL, NULL, NULL, &key), SSH_OK);
	assert_int_equal(ssh_key_is_private(key), 1);
	assert_int_equal(ssh_pki_export_pubkey_base64(key, &text), SSH_OK);
	assert_string_equal(text, strchr(line, ' ') + 1);
	ssh_string_free_char(text);
	ssh_key_free(key);
	secret_free(pem);
}

static void test_derived(void **state)
{
	struct ssh_seed one = ssh_seed_derive(&rfc, "host node-1 0");
	struct ssh_seed again = ssh_seed_derive(&rfc, "host node-1 0");
	struct ssh_seed other = ssh_seed_derive(&rfc, "host node-1 1");
	struct ssh_seed random;
	struct ssh_seed more;

	(void)state;
	assert_memory_equal(&one, &again, sizeof(one));
	assert_memory_not_equal(&one, &other, sizeof(one));
	assert_memory_not_equal(&one, &rfc, sizeof(one));
	assert_int_equal(ssh_seed_random(&random, NULL), 0);
	assert_int_equal(ssh_seed_random(&more, NULL), 0);
	assert_memory_not_equal(&random, &more, sizeof(random));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public), cmocka_unit_test(test_private), cmocka_unit_test(test_derived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
