/*
 * Who may do what. Users are known by Impersonate-User alone: none is the
 * administrator; `viewer` may get, list and watch all but Secrets; `nobody`
 * and unknown users may only look at discovery and ask about themselves; a
 * scenario's `rbac` adds rules:
 *
 *	"rbac": [{"user": "dev", "rules": [{"verbs": ["get"], "apiGroups": [""],
 *		"resources": ["pods", "pods/log"], "namespaces": ["shop"]}]}]
 *
 * `namespaces` left out means everywhere; "*" is any verb, group or resource.
 */
#ifndef SIM_ACCESS_H
#define SIM_ACCESS_H

#include <jansson.h>
#include <stdbool.h>

struct cluster;
struct request;

/* One question; strings are "" where they do not apply. */
struct access {
	const char *verb;
	const char *group;
	const char *resource;
	const char *sub;
	const char *namespace;
	const char *name;
};

bool access_allowed(const struct cluster *cluster, const char *user, bool masters, const struct access *access);
/* The Status of a refusal, worded as kube-apiserver does. Yours. */
json_t *access_refusal(const char *user, const struct access *access);
/* SelfSubjectAccessReview, SelfSubjectRulesReview, SelfSubjectReview: POSTs that ask about the caller. */
void access_review(struct request *request, const char *resource);

#endif
