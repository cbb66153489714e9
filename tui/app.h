/*
 * The console: one loop with the terminal, signals and the session. Returns
 * the exit code. Without a terminal it prints the report instead and says so.
 */
#ifndef TUI_APP_H
#define TUI_APP_H

struct invocation;

int app_run(struct invocation *invocation);

#endif
