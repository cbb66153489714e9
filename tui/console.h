/*
 * The console without a terminal: all state of the screen, fed with keys and
 * drawn into cells. app.c gives it a terminal, a session and time; tests give
 * it a world of their own.
 *
 * Keys become actions, actions change state, drawing reads state. Nothing in
 * here waits; what takes time goes through the session's loop.
 */
#ifndef TUI_CONSOLE_H
#define TUI_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "tui/keymap.h"
#include "tui/view.h"
#include "tui/world.h"
#include "widgets/cells.h"
#include "widgets/dialog.h"
#include "widgets/input_line.h"
#include "widgets/menu.h"

struct configuration;
struct fix;
struct host_keys_asked;
struct invocation;
struct runs;
struct session;

enum pane { PANE_NODES, PANE_SYMPTOMS, PANE_PODS, PANE_DETAIL, PANE_EVENTS, PANE_COUNT };

enum {
	CONSOLE_MOST_PAGES = 12,
	CONSOLE_MOST_HISTORY = 32,
	ARMED_SECONDS = 15 * 60,
};

/* What the console asks of its owner; taken by console_take_request(). */
enum console_request {
	REQUEST_NONE,
	REQUEST_QUIT,
	REQUEST_REPAINT,
	REQUEST_SUSPEND,
	REQUEST_RECONNECT,	/* or try again to open the session */
	REQUEST_SWITCH,		/* another context: console->wanted_context */
	REQUEST_COPY,		/* console->clipboard */
	REQUEST_SAVE_VIEW,
	REQUEST_THEME,		/* console->wanted_theme */
};

enum prompt_kind { PROMPT_NONE, PROMPT_COMMAND, PROMPT_FILTER };

/* One dialog or menu over the screen. chosen gets the button's or entry's id, or DIALOG_CLOSED / MENU_CLOSED. */
struct modal {
	struct dialog *dialog;
	struct menu *menu;
	void (*chosen)(struct console *console, int id);
};

/* A place to come back to: a page, or the panes with one focused. */
struct place {
	const struct view_ops *page;	/* NULL: the panes */
	struct selection about;		/* what the page is about; kind "": nothing */
	enum pane focus;
	bool zoomed;
};

struct console {
	const struct invocation *invocation;
	const struct configuration *configuration;
	struct session *session;	/* NULL: could not be opened, or a test */
	struct err session_error;	/* why there is no session; code ERR_NONE: none needed */
	struct world world;
	struct keymap keymap;
	uint64_t seen_snapshot;		/* versions at the last console_refresh() */
	uint64_t seen_symptoms;
	uint64_t seen_generation;
	uint64_t seen_log;
	uint64_t seen_survey;
	size_t seen_host_keys;		/* how many were offered and not accepted, */
	size_t seen_unasked;		/* and how many nodes could not be asked for another reason */
	bool is_dirty;			/* something to draw */
	bool needs_update;		/* views must look again */

	struct view *panes[PANE_COUNT];
	enum pane focus;
	enum pane subject;		/* the list that had the focus last */
	enum pane lower;		/* what the lower pane shows where there is room for two only */
	bool zoomed;
	bool compact;
	struct view *pages[CONSOLE_MOST_PAGES];	/* a stack over the panes */
	size_t page_count;
	struct place history[CONSOLE_MOST_HISTORY];
	size_t history_count;
	size_t history_at;
	size_t history_before;		/* where it was before it came to history_at */

	struct modal modal;
	enum prompt_kind prompt;
	struct input_line input;
	char filter_before[256];
	struct input_history command_history;
	struct input_history filter_history;
	char message[512];
	enum role message_role;
	int64_t message_until;		/* monotonic ms */
	int64_t message_since;
	int64_t interrupted_at;		/* last Ctrl-C, monotonic ms */

	int64_t armed_until;		/* monotonic ms: no clock that is set prolongs it; 0: read-only */
	int64_t wanted_seconds;		/* what the dialog of a protected context asks to allow */
	struct fix *fix;		/* NULL: none was asked for yet */
	struct runs *runs;		/* of this machine and of others; NULL: a test */
	char said_run[64];		/* the one elsewhere that was spoken of last */
	enum console_request request;
	char *wanted_context;
	char *trusted_id;		/* what the dialog of :trust is about, */
	char *trusted_digest;		/* and the file that it showed */
	struct host_keys_asked *host_keys;	/* what the dialog of host keys is about; NULL: none */
	char *wanted_theme;
	char *clipboard;
	int cursor_row;			/* where the terminal's cursor belongs after a draw; -1 hidden */
	int cursor_column;
};

void console_init(struct console *console, const struct invocation *invocation, enum glyph_set glyphs);
void console_release(struct console *console);
/* Attaches a session (or NULL with the reason) and fills the world from it. */
void console_attach(struct console *console, struct session *session, const struct err *err);
/* Takes over what changed: versions of snapshot, symptoms and log, the clock, armed time. */
void console_refresh(struct console *console, int64_t now, int64_t now_ms);
void console_key(struct console *console, const struct key *key);
void console_act(struct console *console, enum action action);
void console_draw(struct console *console, struct cells *cells);
enum console_request console_take_request(struct console *console);
/* A run is active: nothing may end the program or leave the context. */
bool console_is_running(const struct console *console);

const struct world *console_world(const struct console *console);
/* The view that keys go to: the page on top, or the focused pane. */
struct view *console_focused(struct console *console);
/* What is selected in the focused view, or in the symptoms pane where that selects nothing. */
bool console_selection(struct console *console, struct selection *selection);
/* What the detail pane is about: the selection of the list that had the focus last. */
bool console_subject(struct console *console, struct selection *selection);
/* The selected symptom: of the focused view, else of the symptoms pane. NULL if there is none. */
const struct finding *console_finding(struct console *console);
/* The record of a selection, or NULL. */
const struct record *console_record(struct console *console, const struct selection *selection);

/* Says something in the last line for a few seconds; text is raw. */
void console_say(struct console *console, enum role role, const char *text);
/* Whoever goes on has read it: what was said some seconds ago makes room. */
void console_forget_said(struct console *console);
void console_sayf(struct console *console, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void console_say_err(struct console *console, const struct err *err);

/* Shows a page over the panes; console takes the view. */
void console_push(struct console *console, struct view *view);
void console_open_page(struct console *console, const struct view_ops *ops);
/* Closes the page on top, or unzooms. False where there was nothing to close. */
bool console_pop(struct console *console);
void console_focus(struct console *console, enum pane pane);
void console_go_back(struct console *console, int steps);
/* To the place before this one; twice is here again. */
void console_go_to_last(struct console *console);

/* The console takes dialog or menu. */
void console_show_dialog(struct console *console, struct dialog *dialog,
			 void (*chosen)(struct console *console, int id));
void console_show_menu(struct console *console, struct menu *menu, void (*chosen)(struct console *console,
										  int id));
void console_close_modal(struct console *console);

/* `:` */
void console_command(struct console *console, const char *line);
void console_complete_command(void *context, const char *text, size_t cursor,
			      struct input_candidates *candidates);

/* `:trust`: every command of a runbook that is not shipped, and the question whether they may run. */
void console_ask_to_trust(struct console *console, const char *id);
/* The page of one run of the journal. */
void console_open_run(struct console *console, const char *run_id);

/* Writing: armed for a while, or refused with the reason. */
bool console_is_armed(const struct console *console);
/* Why it can never be armed; NULL if it can. A message id. */
const char *console_read_only_reason(const struct console *console);
void console_arm(struct console *console, int64_t seconds);
void console_disarm(struct console *console);
/* Arms, says why that cannot be, or asks for the name of a protected context first. Armed already: sets the time. */
void console_ask_to_arm(struct console *console, int64_t seconds);

/* Drawing, in their own files. */
void header_draw(struct console *console, struct cells *cells, struct rect rect);
void status_line_draw(struct console *console, struct cells *cells, struct rect rect);
/* Rows above the last line that say why the link failed and what to try; 0 while it is well, or without room. */
int failure_rows(const struct console *console, int rows, int columns);
void failure_draw(const struct console *console, struct cells *cells, struct rect rect);
/* Rows at the bottom that what is said takes at a width, 0 for nothing; more than one: message_draw() draws it. */
int message_rows(const struct console *console, int columns);
void message_draw(const struct console *console, struct cells *cells, struct rect rect);
/* Lines of the header for a screen of that size: 0 to 2. */
int header_rows(const struct console *console, int rows, int columns);

#endif
