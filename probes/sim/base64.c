#include "probes/sim/base64.h"

#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"

char *base64_url_encode(const char *bytes, size_t n)
{
	char *text = base64_encode(bytes, n);

	text[strcspn(text, "=")] = '\0';
	for (char *c = text; *c; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
	}
	return text;
}

char *base64_url_decode(const char *text)
{
	auto_free char *standard = xasprintf("%s%s", text, &"==="[3 - (4 - strlen(text) % 4) % 4]);
	char *bytes;
	size_t n;

	for (char *c = standard; *c; c++) {
		if (*c == '-')
			*c = '+';
		else if (*c == '_')
			*c = '/';
	}
	return base64_decode(standard, &bytes, &n, NULL) ? NULL : bytes;
}
