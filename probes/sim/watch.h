/*
 * watch: changes of one kind from a resourceVersion on, with bookmarks, until
 * timeoutSeconds. From "" or "0" it begins with the present objects.
 *
 * A start that the history does not reach back to is answered as a real
 * server does: 200, one ERROR event with a Status 410, end of the stream.
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

struct request;

void watch_start(struct request *request);

#endif
