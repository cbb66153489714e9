/*
 * Everything that a key, a command or the action menu can do: one list, from
 * which come the enum, the names for the configuration's "keys", the default
 * keys, and the help screen.
 *
 * X(id, name, group, flags, default keys, help). Free on purpose: Ctrl-a,
 * Ctrl-b, Ctrl-k and Ctrl-Space belong to tmux, screen and vim users.
 */
#ifndef TUI_ACTIONS_H
#define TUI_ACTIONS_H

enum action_group {
	GROUP_MOVING,
	GROUP_PANES,
	GROUP_LOOKING,
	GROUP_CHANGING,
	GROUP_PROGRAM,
	ACTION_GROUP_COUNT,
};

enum {
	NEEDS_SYMPTOM = 1,	/* acts on the selected symptom */
	NEEDS_OBJECT = 2,	/* acts on the selected object */
	NEEDS_POD = 4,
	CHANGES_CLUSTER = 8,	/* leads to a change; refused while read-only */
	IS_MOVEMENT = 16,
};

#define ACTIONS(X) \
	X(UP, "up", MOVING, IS_MOVEMENT, "k Up", N_("up")) \
	X(DOWN, "down", MOVING, IS_MOVEMENT, "j Down", N_("down")) \
	X(HALF_UP, "half-page-up", MOVING, IS_MOVEMENT, "Ctrl-u", N_("half a page up")) \
	X(HALF_DOWN, "half-page-down", MOVING, IS_MOVEMENT, "Ctrl-d", N_("half a page down")) \
	X(PAGE_UP, "page-up", MOVING, IS_MOVEMENT, "PgUp", N_("a page up")) \
	X(PAGE_DOWN, "page-down", MOVING, IS_MOVEMENT, "PgDn", N_("a page down")) \
	X(TOP, "top", MOVING, IS_MOVEMENT, "g Home", N_("to the first row")) \
	X(BOTTOM, "bottom", MOVING, IS_MOVEMENT, "G End", N_("to the last row")) \
	X(LEFT, "left", MOVING, IS_MOVEMENT, "Left", N_("to the left; the tab before")) \
	X(RIGHT, "right", MOVING, IS_MOVEMENT, "Right", N_("to the right; the next tab")) \
	X(NEXT_MATCH, "next-match", MOVING, 0, "n", N_("to the next match of / in a text")) \
	X(PREVIOUS_MATCH, "previous-match", MOVING, 0, "N", N_("to the match before")) \
	X(OPEN, "open", PANES, 0, "Enter", N_("drill in: symptom, evidence, object")) \
	X(BACK, "back", PANES, 0, "Esc", N_("one step back: dialog, filter, view")) \
	X(NEXT_PANE, "next-pane", PANES, 0, "Tab", N_("the next pane")) \
	X(PREVIOUS_PANE, "previous-pane", PANES, 0, "S-Tab", N_("the pane before")) \
	X(PANE_1, "pane-1", PANES, 0, "1", N_("nodes")) \
	X(PANE_2, "pane-2", PANES, 0, "2", N_("symptoms")) \
	X(PANE_3, "pane-3", PANES, 0, "3", N_("system pods")) \
	X(PANE_4, "pane-4", PANES, 0, "4", N_("evidence, explanation, plan, run")) \
	X(PANE_5, "pane-5", PANES, 0, "5", N_("events")) \
	X(ZOOM, "zoom", PANES, 0, "+ _", N_("the focused pane alone, and back")) \
	X(HISTORY_BACK, "history-back", PANES, 0, "[", N_("the view before in the history")) \
	X(HISTORY_FORWARD, "history-forward", PANES, 0, "]", N_("the next view in the history")) \
	X(LAST_VIEW, "last-view", PANES, 0, "-", N_("the last view, and back")) \
	X(FILTER, "filter", LOOKING, 0, "/", N_("filter the rows: word, !word, status=Running, age<10m")) \
	X(EXPLAIN, "explain", LOOKING, NEEDS_SYMPTOM, "X", N_("explain the symptom: what it is, why, the remedy")) \
	X(EVENTS, "events", LOOKING, NEEDS_OBJECT, "E", N_("events of the selection")) \
	X(DESCRIBE, "describe", LOOKING, NEEDS_OBJECT, "d", N_("describe the selection")) \
	X(YAML, "yaml", LOOKING, NEEDS_OBJECT, "y", N_("the object as the server has it, as YAML")) \
	X(LOGS, "logs", LOOKING, NEEDS_OBJECT | NEEDS_POD, "l", N_("logs of the pod, followed")) \
	X(PREVIOUS_LOGS, "previous-logs", LOOKING, NEEDS_OBJECT | NEEDS_POD, "p", \
	  N_("logs of the container before the last restart")) \
	X(TIMELINE, "timeline", LOOKING, NEEDS_OBJECT, "T", N_("what happened to the selection, in order")) \
	X(REQUESTS, "requests", LOOKING, 0, "@", N_("every request and command that was sent")) \
	X(NODE_CHECKS, "node-checks", LOOKING, 0, "C", N_("what the nodes themselves say, asked over SSH")) \
	X(RECHECK, "recheck", LOOKING, 0, "R", N_("ask the selected node, or all nodes, again over SSH")) \
	X(HOST_KEYS, "host-keys", LOOKING, 0, "H", N_("host keys of nodes that nobody accepted yet")) \
	X(WRAP, "wrap", LOOKING, 0, "w", N_("wrap long lines of a text, or not")) \
	X(MARK, "mark", LOOKING, 0, "Space", N_("mark the row, for c to copy")) \
	X(COPY, "copy", LOOKING, 0, "c", N_("copy the row or line to the clipboard (OSC 52)")) \
	X(FIX, "fix", CHANGING, NEEDS_SYMPTOM, "f", N_("fix: plan, preview, confirm, run, verify")) \
	X(UNDO, "undo", CHANGING, 0, "u", N_("take back a run")) \
	X(RESUME, "resume", CHANGING, 0, "r", N_("go on with a run that stopped")) \
	X(MENU, "actions", CHANGING, 0, "x", N_("all actions for the selection; why some cannot be done")) \
	X(ARM, "arm", CHANGING, 0, "F2", N_("allow changes for 15 minutes; again: not any more")) \
	X(COMMAND, "command", PROGRAM, 0, ":", N_("type a command")) \
	X(HELP, "help", PROGRAM, 0, "? F1", N_("these keys")) \
	X(SAVE_VIEW, "save-view", PROGRAM, 0, "Ctrl-s", N_("save what the screen shows to a file")) \
	X(RECONNECT, "reconnect", PROGRAM, 0, "Ctrl-r", N_("connect again now")) \
	X(REDRAW, "redraw", PROGRAM, 0, "Ctrl-l", N_("draw the whole screen again")) \
	X(COMPACT, "compact", PROGRAM, 0, "Ctrl-e", N_("fewer lines for header and events")) \
	X(SUSPEND, "suspend", PROGRAM, 0, "Ctrl-z", N_("leave the terminal to the shell; fg comes back")) \
	X(QUIT, "quit", PROGRAM, 0, "q", N_("back; at the top: asks to quit")) \
	X(INTERRUPT, "interrupt", PROGRAM, 0, "Ctrl-c", N_("cancel; in a run: asks how to stop; twice: quit"))

enum action {
	ACTION_NONE,
#define ACTION_ID(id, name, group, flags, keys, help) ACTION_##id,
	ACTIONS(ACTION_ID)
#undef ACTION_ID
		ACTION_COUNT
};

struct action_info {
	const char *name;
	enum action_group group;
	unsigned flags;
	const char *keys;	/* default keys, separated by spaces */
	const char *help;	/* message id */
};

const struct action_info *action_info(enum action action);
/* ACTION_NONE where there is no such name. */
enum action action_from_name(const char *name);
/* Message id of a group's heading. */
const char *action_group_title(enum action_group group);

#endif
