/*
 * The Table form: the columns and cells that kubectl prints, as
 * kubernetes/pkg/printers/internalversion writes them.
 *
 * A kind's columns are one struct table_ops, listed in table.c.
 */
#ifndef SIM_TABLE_H
#define SIM_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/buffer.h"
#include "probes/sim/kinds.h"

struct column {
	const char *name;
	const char *type;	/* "string", "integer" */
	const char *format;	/* "name" or "" */
	int priority;		/* 0: always; 1: -o wide */
	const char *description;
};

/* Writes cells one after the other. */
struct row {
	struct buffer *out;
	int64_t now;
	size_t cells;
};

struct table_ops {
	enum kind_id kind;
	const struct column *columns;
	size_t count;
	void (*cells)(const json_t *object, struct row *row);
};

/* The array of column definitions. */
void table_columns(const struct kind *kind, struct buffer *out);
/* The cells of one object, without the brackets. */
void table_cells(const struct kind *kind, const json_t *object, int64_t now, struct buffer *out);

/* For the cells functions. */
void cell_text(struct row *row, const char *text);
void cell_integer(struct row *row, int64_t number);
void cell_format(struct row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The age of an RFC 3339 member; "<unknown>" where there is none. */
void cell_age(struct row *row, const json_t *object, const char *path);
/* "<none>" for "". */
void cell_or_none(struct row *row, const char *text);
/* Two cells: names and images of a pod template's containers. */
void cell_containers(struct row *row, const json_t *pod_spec);
/* A LabelSelector as text: "a=b,c in (d,e)". */
void cell_selector(struct row *row, const json_t *label_selector);
/* A map of labels as text: "a=b,c=d". */
void cell_labels(struct row *row, const json_t *labels);

#define NAME_COLUMN {"Name", "string", "name", 0, "Name of the object, unique within its namespace"}
#define AGE_COLUMN {"Age", "string", "", 0, "Time since creation"}

extern const struct table_ops pod_table;
extern const struct table_ops node_table;
extern const struct table_ops namespace_table;
extern const struct table_ops event_table;
extern const struct table_ops config_map_table;
extern const struct table_ops secret_table;
extern const struct table_ops service_table;
extern const struct table_ops endpoints_table;
extern const struct table_ops service_account_table;
extern const struct table_ops claim_table;
extern const struct table_ops volume_table;
extern const struct table_ops storage_class_table;
extern const struct table_ops daemon_set_table;
extern const struct table_ops deployment_table;
extern const struct table_ops replica_set_table;
extern const struct table_ops stateful_set_table;
extern const struct table_ops controller_revision_table;
extern const struct table_ops job_table;
extern const struct table_ops cron_job_table;
extern const struct table_ops disruption_budget_table;
extern const struct table_ops lease_table;

#endif
