/*
 * create, update, patch and delete.
 */
#ifndef SIM_WRITE_H
#define SIM_WRITE_H

struct request;

void write_create(struct request *request);
/* verb: "update" or "patch"; of the object or its status subresource. */
void write_change(struct request *request, const char *verb);
void write_delete(struct request *request);
void write_delete_collection(struct request *request);

#endif
