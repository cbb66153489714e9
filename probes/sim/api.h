/*
 * The way of a request: faults, discovery, what the URL names, permission,
 * verb.
 */
#ifndef SIM_API_H
#define SIM_API_H

struct request;

/* Answers the request. The lock is held. */
void api_handle(struct request *request);

#endif
