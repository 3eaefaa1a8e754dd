#include "app/screen.h"

#include "app/themes.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool screen_catch_signals(int *signal_fd, Err *err)
{
	static const int CAUGHT[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof CAUGHT / sizeof *CAUGHT; i++)
		sigaddset(&set, CAUGHT[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_set(err, "signals: %s", strerror(errno));
	*signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return *signal_fd >= 0 || err_set(err, "signals: %s", strerror(errno));
}

/* What is wrong in the files; the gravest first. */
static void say_problems(UiState *ui, const Problems *warnings, const Problems *theme_problems)
{
	const Problems *shown = theme_problems->nerrors > 0 ? theme_problems : warnings;
	size_t count = problems_count(warnings) + problems_count(theme_problems);
	if (count == 0)
		return;
	Str first = problems_first(shown);
	if (count > 1)
		ui_message(ui, true, "%.*s (and %zu more: pgrepltop --check-config)", STR_ARG(first), count - 1);
	else
		ui_message(ui, true, "%.*s", STR_ARG(first));
}

/* What the command line and the configuration say of rows and columns. */
static void choose(UiState *ui, const Output *chosen)
{
	memcpy(ui->columns, chosen->options->screen_columns, sizeof ui->columns);
	if (chosen->table == TABLE_NODES) {
		ui->filter = chosen->filter;
		ui->order = chosen->order;
	} else {
		process_ui_choose(&ui->processes, &chosen->filter, chosen->order);
	}
}

Tui *screen_open(const Output *chosen, const Problems *warnings, Theme *theme, UiState *ui, Err *err)
{
	const Options *options = chosen->options;
	ThemeWants wants = {.ascii = options_want_ascii(options), .no_color = options->no_color};
	Problems problems = {0};
	(void)themes_load(theme, options->theme, wants, &problems);
	ui_init(ui, options->keymap, options->readonly);
	choose(ui, chosen);
	Tui *tui = tui_open(theme, err);
	if (tui == NULL)
		(void)err_set(err, "%s (--batch writes CSV without a screen)", err->text);
	else
		say_problems(ui, warnings, &problems);
	problems_free(&problems);
	return tui;
}

bool screen_take_signals(int signal_fd, Tui *tui, bool *dirty)
{
	struct signalfd_siginfo info;
	while (read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			tui_resize(tui);
			*dirty = true;
			break;
		case SIGTSTP:
			tui_suspend(tui);
			*dirty = true;
			break;
		default:
			return false;
		}
	}
	return true;
}
