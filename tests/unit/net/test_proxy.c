#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/net/http_private.h"

static void test_no_proxy_rules(void **state)
{
	static const struct {
		const char *rules;
		const char *host;
		const char *port;
		bool excluded;
	} cases[] = {
		{"", "k8s.example.org", "6443", false},
		{NULL, "localhost", "6443", true},
		{NULL, "LocalHost", "6443", true},
		{NULL, "127.8.8.8", "6443", true},
		{NULL, "::1", "6443", true},
		{"*", "k8s.example.org", "6443", true},
		{"example.org", "k8s.example.org", "6443", true},
		{"example.org", "example.org", "6443", true},
		{"example.org", "badexample.org", "6443", false},
		{".example.org", "example.org", "6443", false},
		{".example.org", "K8S.EXAMPLE.ORG", "6443", true},
		{"*.example.org", "k8s.example.org", "6443", true},
		{"*.example.org", "example.org", "6443", false},
		{"a.b, example.org:6443", "example.org", "6443", true},
		{"example.org:443", "example.org", "6443", false},
		{"10.0.0.0/8", "10.1.2.3", "6443", true},
		{"10.0.0.0/8", "11.1.2.3", "6443", false},
		{"10.0.0.0/33", "10.1.2.3", "6443", false},
		{"10.0.0.0/8", "ten.example.org", "6443", false},
		{"fd00::/8", "fd12::1", "6443", true},
		{"10.1.2.3", "10.1.2.3", "6443", true},
		{"10.1.2.3:80", "10.1.2.3", "6443", false},
		{"[fd12::1]:6443", "fd12::1", "6443", true},
		{"fd12::1", "fd12::2", "6443", false},
		{",,", "k8s.example.org", "6443", false},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		if (proxy_excluded(cases[i].rules, cases[i].host, cases[i].port) != cases[i].excluded)
			fail_msg("NO_PROXY=%s with %s:%s", cases[i].rules ? cases[i].rules : "",
				 cases[i].host,
				 cases[i].port);
	}
}

static void assert_proxy(const char *scheme, const char *host, const char *expected)
{
	auto_free char *proxy = proxy_from_environment(scheme, host, "6443");

	if (expected)
		assert_string_equal(proxy, expected);
	else
		assert_null(proxy);
}

static void test_proxy_comes_from_the_variable_of_the_scheme(void **state)
{
	(void)state;
	setenv("HTTPS_PROXY", "proxy.example.org:3128", 1);
	setenv("https_proxy", "http://other.example.org:1", 1);
	setenv("http_proxy", "socks5://plain.example.org:1080", 1);
	unsetenv("HTTP_PROXY");
	setenv("no_proxy", "in.example.org", 1);
	unsetenv("NO_PROXY");
	assert_proxy("https", "k8s.example.org", "http://proxy.example.org:3128");
	assert_proxy("http", "k8s.example.org", "socks5://plain.example.org:1080");
	assert_proxy("https", "in.example.org", NULL);
	assert_proxy("https", "127.0.0.1", NULL);
	unsetenv("HTTPS_PROXY");
	assert_proxy("https", "k8s.example.org", "http://other.example.org:1");
	unsetenv("https_proxy");
	assert_proxy("https", "k8s.example.org", NULL);
}

static bool is_public(const char *text)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&storage, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&storage, &v6, sizeof(v6));
	else
		fail_msg("%s is no address", text);
	return address_is_public((struct sockaddr *)&storage);
}

static void test_special_addresses_are_not_public(void **state)
{
	static const char *const special[] = {
		"10.1.2.3",	"127.0.0.1",  "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.168.1.1",
		"100.64.0.1",	"0.0.0.0",    "224.0.0.1",	 "255.255.255.255", "198.18.0.1",  "::1",
		"::",		"fe80::1",    "fd00::1",	 "ff02::1",	"::ffff:10.0.0.1",
		"64:ff9b::a00:1",
		"2001:db8::1",	"2002:a00:1::",
	};
	static const char *const open[] = {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1",
					   "::ffff:8.8.8.8"};

	(void)state;
	for (size_t i = 0; i < array_length(special); i++) {
		if (is_public(special[i]))
			fail_msg("%s passes for public", special[i]);
	}
	for (size_t i = 0; i < array_length(open); i++) {
		if (!is_public(open[i]))
			fail_msg("%s passes for special", open[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_proxy_rules),
		cmocka_unit_test(test_proxy_comes_from_the_variable_of_the_scheme),
		cmocka_unit_test(test_special_addresses_are_not_public),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
