/*
 * Label selectors (the text form of URLs and the object form of specs) and
 * field selectors, with the meaning of apimachinery's pkg/labels and
 * pkg/fields and of the fields that core/v1's conversion.go names.
 */
#ifndef SIM_SELECTOR_H
#define SIM_SELECTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"
#include "probes/sim/kinds.h"

enum selector_operator {
	SELECTOR_IN,		/* key=v, key==v, key in (...) */
	SELECTOR_NOT_IN,	/* key!=v, key notin (...): also true where the key is absent */
	SELECTOR_EXISTS,	/* key */
	SELECTOR_ABSENT,	/* !key */
	SELECTOR_GREATER,	/* key>n */
	SELECTOR_LESS,		/* key<n */
};

struct requirement {
	enum selector_operator operator;
	char *key;
	char **values;
	size_t count;
};

struct selector {
	struct requirement *requirements;	/* all must hold */
	size_t count;
};

/* A zeroed selector selects everything. */
void selector_release(struct selector *selector);
/* "a=b,c!=d,e in (f,g),h notin (i),j,!k"; ERR_INVALID says what is wrong and where. */
int selector_parse(const char *text, struct selector *selector, struct err *err);
bool selector_matches(const struct selector *selector, const json_t *labels);
/* The object form, with matchLabels and matchExpressions. An empty one selects everything, NULL nothing. */
bool label_selector_matches(const json_t *label_selector, const json_t *labels);

/* "a=b,c!=d"; a field that the kind does not offer is ERR_INVALID with the words of an API server. */
int field_selector_parse(const char *text, const struct kind *kind, struct selector *selector, struct err *err);
bool field_selector_matches(const struct selector *selector, const json_t *object);

#endif
