/*
 * YAML (and so JSON) documents as jansson values, by libyaml, which itself
 * exports names like yaml_free(): ours say "tree".
 *
 * Hostile or broken files cost little: at most 4 MiB, 32 levels, 100,000
 * nodes with every alias counted as what it stands for. Keys that occur twice
 * in a mapping are errors; "<<" merges. The first document of a stream counts.
 *
 * Scalars become strings ("token: 12345" is a text), or with YAML_TYPED what
 * YAML 1.2's core schema makes of plain ones. Empty plain scalars are null.
 */
#ifndef KUBE_YAML_H
#define KUBE_YAML_H

#include <jansson.h>
#include <stddef.h>

#include "probes/base/err.h"

enum yaml_scalars { YAML_TEXTS, YAML_TYPED };

struct yaml_tree;

/* name: for messages, which tell line and column. */
int yaml_tree_parse(const char *name, const char *text, size_t length, enum yaml_scalars scalars,
	       struct yaml_tree **ret_document, struct err *err);
/* The secrets in it are wiped. NULL is fine. */
void yaml_tree_free(struct yaml_tree *document);
/* Borrowed. JSON null for an empty file. */
json_t *yaml_tree_root(const struct yaml_tree *document);
/* Line where a value of the document stands, counted from 1; 0: unknown. */
int yaml_tree_line(const struct yaml_tree *document, const json_t *value);

#endif
