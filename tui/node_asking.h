/*
 * Asking nodes over SSH from the screen: by a key or a command at once, by
 * itself in the background where SSH is configured (node_access.h), and the
 * host keys that a person has to accept.
 */
#ifndef TUI_NODE_ASKING_H
#define TUI_NODE_ASKING_H

#include <stdint.h>

struct console;
struct host_keys_asked;
struct nodes_page;
struct session;

/* `:nodes CHECK`: asks every node for that check ("" : opens the pane of nodes). */
void console_ask_check(struct console *console, const char *check);
/* The page of all checks; asks every node where none was asked yet. */
void console_open_node_checks(struct console *console);
/* Asks again: the selected node, or on a page of checks all nodes. */
void console_recheck(struct console *console);
/* Lists the host keys that were offered and not accepted. */
void console_ask_host_keys(struct console *console);
/* Say once that there are new ones, and that nodes could not be asked. Called at each refresh. */
void console_note_host_keys(struct console *console);
void console_note_unasked(struct console *console);
void host_keys_asked_free(struct host_keys_asked *asked);
/* What lines about nodes are made with. */
void console_nodes_page(const struct console *console, struct nodes_page *ret_page);

/* Once a second: asks the nodes whose turn it is, a few at a time. */
void session_watch_survey(struct session *session, int64_t now_ms);

#endif
