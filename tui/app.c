#include "tui/app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/fix.h"
#include "tui/kubeconfig_watch.h"
#include "tui/runs.h"
#include "tui/session.h"
#include "tui/signals.h"
#include "widgets/screen.h"

enum {
	FRAME_MS = 30,			/* a change is painted at once, then frames are so far apart at least, */
	FRAME_SHARE = 6,		/* and so many times as long as one takes: big screens, slow terminals */
	FRAME_MOST_MS = 200,
	TRIM_CHANGES = 2000,		/* after so many changes memory is tidied, */
	TRIM_QUIET_MS = 1000,		/* when it is quiet, */
	TRIM_APART_MS = 60000,		/* or at last */
	RUN_FRAME_MS = 200,		/* a spinner and elapsed times, nothing more */
	SETTLE_MS = 10000,		/* what a request in flight gets when the terminal is lost */
	CHECK_KUBECONFIG_MS = 1000,
};

struct app {
	struct invocation *invocation;
	struct console console;
	struct screen *screen;
	struct cells cells;
	struct session *session;
	struct loop *idle;		/* waits while there is no session */
	struct descriptor_watch *input_watch;
	struct descriptor_watch *signal_watch;
	struct kubeconfig_watch kubeconfig;
	int64_t drawn_ms;
	int64_t frame_cost_ms;		/* of the last frame */
	int64_t trimmed_ms;		/* when memory was tidied, and the snapshot's version then */
	uint64_t trimmed_version;
	int64_t checked_ms;		/* last look at the kubeconfig's files */
	int lent;			/* the terminal, while a credential plugin has it; 0: it is ours */
	bool terminal_lost;
	bool ended;
	int exit_code;
};

static void on_ready(void *data, int ready)
{
	/* The turn ends; keys and signals are taken between turns, when the views are up to date. */
	(void)data;
	(void)ready;
}

static struct loop *current_loop(struct app *app)
{
	return app->session ? app->session->loop : app->idle;
}

static void watch_terminal(struct app *app)
{
	/* Keys are a credential plugin's while it has the terminal. */
	if (!app->lent)
		app->input_watch = loop_watch(current_loop(app), screen_input_fd(app->screen), WATCH_READ, on_ready,
					      app);
	app->signal_watch = loop_watch(current_loop(app), signals_descriptor(), WATCH_READ, on_ready, app);
}

static void unwatch_terminal(struct app *app)
{
	if (app->input_watch)
		descriptor_watch_cancel(app->input_watch);
	if (app->signal_watch)
		descriptor_watch_cancel(app->signal_watch);
	app->input_watch = NULL;
	app->signal_watch = NULL;
}

/* Views, fix and descriptors of the session go before it does. */
static void leave_session(struct app *app)
{
	struct console *console = &app->console;

	console_close_modal(console);
	while (console_pop(console))
		;
	fix_free(console->fix);
	console->fix = NULL;
	runs_free(console->runs);
	console->runs = NULL;
	console->armed_until = 0;
	unwatch_terminal(app);
	/* Ending, it may give the terminal back: to nobody, until there is another. */
	session_close(take_pointer(app->session));
	console_attach(console, NULL, NULL);
}

/* A credential plugin asks on the terminal: the screen is left until it has ended. */
static int lend_terminal(void *data)
{
	struct app *app = data;
	int terminal = app->lent ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (terminal <= 0)
		return -1;
	app->lent = terminal;
	screen_suspend(app->screen);
	if (app->input_watch)
		descriptor_watch_cancel(app->input_watch);
	app->input_watch = NULL;
	return terminal;
}

static void take_terminal_back(void *data)
{
	struct app *app = data;

	close(app->lent);
	app->lent = 0;
	screen_resume(app->screen);
	app->console.is_dirty = true;
	if (app->session && !app->input_watch)
		app->input_watch = loop_watch(app->session->loop, screen_input_fd(app->screen), WATCH_READ, on_ready,
					      app);
}

/* Another session in the place of this one; where that cannot be opened, the old one stays. */
static void open_session(struct app *app, const char *context)
{
	const struct kube_terminal terminal = {
		.lend = lend_terminal,
		.take_back = take_terminal_back,
		.data = app,
	};
	const struct session_options options = {
		.terminal = &terminal, .context = context, .watches_nodes = true};
	struct session *session;
	struct err err;

	if (session_open(app->invocation, &options, &session, &err) < 0) {
		if (app->session)
			console_say_err(&app->console, &err);
		else
			console_attach(&app->console, NULL, &err);
		return;
	}
	leave_session(app);
	app->session = session;
	app->trimmed_version = 0;
	console_attach(&app->console, session, NULL);
	watch_terminal(app);
}

static void draw(struct app *app)
{
	console_draw(&app->console, &app->cells);
	screen_set_cursor(app->screen, app->console.cursor_row, app->console.cursor_column);
	screen_show(app->screen, &app->cells);
	app->drawn_ms = clock_monotonic_ms();
}

static void refresh(struct app *app)
{
	console_refresh(&app->console, clock_wall(), clock_monotonic_ms());
}

static void resize(struct app *app)
{
	if (!screen_resize(app->screen))
		return;
	cells_resize(&app->cells, screen_rows(app->screen), screen_columns(app->screen));
	app->console.is_dirty = true;
}

static void suspend(struct app *app)
{
	screen_suspend(app->screen);
	raise(SIGSTOP);
	screen_resume(app->screen);
	resize(app);
	app->console.is_dirty = true;
}

static void save_view(struct app *app)
{
	struct buffer text = BUFFER_INIT(4 << 20);
	auto_free char *path = NULL;
	char time[21];
	struct err err;

	clock_format(clock_wall(), time);
	path = xasprintf("%s/screen-%s.txt", app->invocation->state_dir, time);
	console_draw(&app->console, &app->cells);
	cells_text(&app->cells, &text);
	if (file_write(path, buffer_text(&text), text.length, 0600, &err) < 0)
		console_say_err(&app->console, &err);
	else
		console_sayf(&app->console, ROLE_OK, translate("saved to %s"), path);
	buffer_release(&text);
}

static int set_theme(struct app *app, const char *name)
{
	bool is_mono = !strcmp(name, "mono");
	struct theme theme;

	if (!is_mono && strcmp(name, "dark") != 0 && strcmp(name, "light") != 0 && strcmp(name, "auto") != 0)
		return -1;
	theme_init(&theme, theme_choose(screen_colours(app->screen), is_mono ? "1" : getenv("NO_COLOR"),
					is_mono ? NULL : name, getenv("COLORFGBG")));
	screen_set_theme(app->screen, &theme);
	app->console.is_dirty = true;
	return 0;
}

static void copy(struct app *app)
{
	const char *text = app->console.clipboard;

	if (screen_copy(app->screen, text, strlen(text)) < 0)
		console_say(&app->console, ROLE_WARNING,
			    translate("this terminal takes no text for its clipboard"));
	else
		console_sayf(&app->console, ROLE_OK, translate("copied: %s"), text);
}

static void end(struct app *app, int exit_code)
{
	app->ended = true;
	app->exit_code = exit_code;
}

/* The same context anew: with what the kubeconfig says by now, where that is another file than before. */
static void reconnect(struct app *app)
{
	bool is_other = kubeconfig_watch_changed(&app->kubeconfig, app->invocation->options->kubeconfig);
	auto_free char *context = app->session ? xstrdup(kube_client_view(app->session->client)->context) : NULL;

	console_say(&app->console, ROLE_INFO, translate("connecting again"));
	if (app->session && (!is_other || app->session->demo || console_is_running(&app->console)))
		cluster_reconnect(app->session->cluster);
	else
		open_session(app, context);
}

/* A laptop's lid was closed, or the process stopped: what is on the screen is that old. */
static void say_sleep(struct app *app)
{
	char age[32];

	if (!app->session || !app->session->slept_ms)
		return;
	clock_age(app->session->slept_ms / 1000, age, sizeof(age));
	app->session->slept_ms = 0;
	/* The message counts its time from now. */
	refresh(app);
	console_sayf(&app->console, ROLE_INFO, translate("asleep for %s; connecting again"), age);
}

static void serve_request(struct app *app)
{
	switch (console_take_request(&app->console)) {
	case REQUEST_NONE:
		break;
	case REQUEST_QUIT:
		end(app, EXIT_DONE);
		break;
	case REQUEST_REPAINT:
		screen_repaint(app->screen);
		app->console.is_dirty = true;
		break;
	case REQUEST_SUSPEND:
		suspend(app);
		break;
	case REQUEST_RECONNECT:
		reconnect(app);
		break;
	case REQUEST_SWITCH:
		open_session(app, app->console.wanted_context);
		break;
	case REQUEST_COPY:
		copy(app);
		break;
	case REQUEST_SAVE_VIEW:
		save_view(app);
		break;
	case REQUEST_THEME:
		if (set_theme(app, app->console.wanted_theme) < 0)
			console_say(&app->console, ROLE_WARNING,
				    translate("theme is auto, dark, light or mono"));
		break;
	}
}

/* Lets a run's request in flight finish, journals why it stopped, ends (decisions.md 24). */
static void lose_terminal(struct app *app, const char *reason, int exit_code)
{
	int64_t deadline = clock_monotonic_ms() + SETTLE_MS;

	if (!console_is_running(&app->console)) {
		end(app, exit_code);
		return;
	}
	fix_stop(app->console.fix, reason);
	while (!fix_is_settled(app->console.fix) && clock_monotonic_ms() < deadline)
		session_turn(app->session, 100);
	end(app, EXIT_HALF_WAY);
}

static void take_signals(struct app *app)
{
	int number;

	while ((number = signals_take()) != 0 && !app->ended) {
		switch (number) {
		case SIGWINCH:
			resize(app);
			break;
		case SIGTSTP:
			suspend(app);
			break;
		case SIGHUP:
			lose_terminal(app, "terminal lost", 128 + SIGHUP);
			break;
		case SIGTERM:
			lose_terminal(app, "asked to end by SIGTERM", 128 + SIGTERM);
			break;
		case SIGINT:
			lose_terminal(app, "interrupted", EXIT_INTERRUPTED);
			break;
		default:
			break;
		}
	}
}

/* True if there was a key: then the next frame does not wait. */
static bool take_keys(struct app *app)
{
	bool any = false;
	struct key key;
	int got;

	while (!app->ended && (got = screen_read_key(app->screen, &key)) != 0) {
		if (got < 0) {
			lose_terminal(app, "terminal lost", 128 + SIGHUP);
			return any;
		}
		any = true;
		/* Views keep records from one refresh to the next turn of the loop, no longer. */
		refresh(app);
		console_key(&app->console, &key);
		serve_request(app);
	}
	return any;
}

/* How far apart frames are. */
static int64_t frame_ms(const struct app *app)
{
	int64_t apart = app->frame_cost_ms * FRAME_SHARE;

	if (console_is_running(&app->console))
		return RUN_FRAME_MS;
	return apart < FRAME_MS ? FRAME_MS : apart > FRAME_MOST_MS ? FRAME_MOST_MS : apart;
}

static int wait_ms(const struct app *app)
{
	int64_t now_ms = clock_monotonic_ms();
	int64_t until_second = 1000 - clock_wall_ms() % 1000;
	int64_t until_frame = app->drawn_ms + frame_ms(app) - now_ms;

	if (!app->console.is_dirty)
		return (int)until_second;
	return (int)(until_frame < 0 ? 0 : until_frame < until_second ? until_frame : until_second);
}

/* Without a session: tries again when a file of the kubeconfig is another than before. */
static void retry_session(struct app *app)
{
	int64_t now_ms = clock_monotonic_ms();

	if (app->session || now_ms - app->checked_ms < CHECK_KUBECONFIG_MS)
		return;
	app->checked_ms = now_ms;
	if (kubeconfig_watch_changed(&app->kubeconfig, app->invocation->options->kubeconfig))
		open_session(app, NULL);
}

/* What a list or a storm of changes needed for a moment goes back to the system. */
static void tidy_memory(struct app *app)
{
	int64_t now_ms = clock_monotonic_ms();
	uint64_t version;

	if (!app->session || !app->session->seen_complete)
		return;
	version = snapshot_version(cluster_snapshot(app->session->cluster));
	if (version - app->trimmed_version < TRIM_CHANGES ||
	    (now_ms - app->session->updated_ms < TRIM_QUIET_MS && now_ms - app->trimmed_ms < TRIM_APART_MS))
		return;
	memory_trim();
	app->trimmed_ms = clock_monotonic_ms();
	app->trimmed_version = version;
}

static void run_loop(struct app *app)
{
	while (!app->ended) {
		int64_t started_ms;
		bool had_key;

		if (!app->session)
			loop_turn(app->idle, wait_ms(app));
		else if (session_turn(app->session, wait_ms(app)))
			app->console.is_dirty = true;
		say_sleep(app);
		take_signals(app);
		had_key = !app->ended && take_keys(app);
		if (app->ended)
			break;
		retry_session(app);
		/* However fast the cluster changes, rows are collected once a frame. */
		app->console.is_dirty |= clock_wall() != app->console.world.now || console_is_running(&app->console);
		if (!app->console.is_dirty || (!had_key && clock_monotonic_ms() - app->drawn_ms < frame_ms(app)))
			continue;
		started_ms = clock_monotonic_ms();
		refresh(app);
		draw(app);
		app->frame_cost_ms = app->drawn_ms - started_ms;
		tidy_memory(app);
	}
}

static int open_screen(struct app *app, int input, struct err *err)
{
	const struct options *options = app->invocation->options;
	const char *theme = options->theme ? options->theme : "auto";
	const struct screen_options screen = {
		.input = input,
		.output = STDOUT_FILENO,
		.glyphs = options->utf8 ? GLYPHS_UTF8 : GLYPHS_ASCII,
		.background = theme,
		.no_colour = options->color == COLOR_NEVER || !strcmp(theme, "mono"),
		.restore_on = SCREEN_RESTORE_ON_CRASH | SCREEN_RESTORE_ON_QUIT,
	};

	if (options->color == COLOR_ALWAYS)
		unsetenv("NO_COLOR");
	if (screen_open(&app->screen, &screen, err) < 0)
		return -1;
	if (options->theme && strcmp(theme, "mono") != 0 && set_theme(app, theme) < 0) {
		screen_free(app->screen);
		err_set(err, ERR_USAGE, "there is no theme {name}", "name", theme, NULL);
		err_hint(err, "theme is auto, dark, light or mono", NULL);
		return -1;
	}
	return 0;
}

static int run_console(struct invocation *invocation, int input)
{
	struct app app = {.invocation = invocation};
	struct err err;

	if (loop_new(&app.idle, &err) < 0 || signals_start(&err) < 0 || open_screen(&app, input, &err) < 0) {
		loop_free(app.idle);
		return command_fail(invocation, &err);
	}
	memory_on_exhaustion(screen_restore_now);
	cells_init(&app.cells, screen_rows(app.screen), screen_columns(app.screen),
		   screen_glyphs(app.screen));
	console_init(&app.console, invocation, screen_glyphs(app.screen));
	refresh(&app);
	draw(&app);
	watch_terminal(&app);
	kubeconfig_watch_changed(&app.kubeconfig, invocation->options->kubeconfig);
	open_session(&app, NULL);
	run_loop(&app);
	leave_session(&app);
	console_release(&app.console);
	screen_free(app.screen);
	memory_on_exhaustion(NULL);
	cells_release(&app.cells);
	loop_free(app.idle);
	signals_stop();
	return app.exit_code;
}

static int run_report(struct invocation *invocation)
{
	char name[] = "report";
	char *words[] = {name, NULL};

	fprintf(invocation->error_out, "nks-triage: %s\n",
		translate("no terminal here, so this is the report instead of the console"));
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) != 0)
			continue;
		invocation->argc = 1;
		invocation->argv = words;
		return commands[i]->run(invocation);
	}
	return EXIT_FAILED;
}

int app_run(struct invocation *invocation)
{
	const char *term = getenv("TERM");
	int input = STDIN_FILENO;
	int code;

	if (!isatty(STDOUT_FILENO) || (term && !strcmp(term, "dumb")))
		return run_report(invocation);
	if (!isatty(STDIN_FILENO))
		input = open("/dev/tty", O_RDONLY | O_CLOEXEC);
	if (input < 0)
		return run_report(invocation);
	code = run_console(invocation, input);
	if (input != STDIN_FILENO)
		close(input);
	return code;
}
