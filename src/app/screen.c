#include "app/screen.h"

#include "app/config.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
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

Tui *screen_open(const Options *options, Theme *theme, UiState *ui, Err *err)
{
	const Options *o = options;
	bool ascii = o->ascii || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
	theme_init(theme, ascii);
	Err theme_err;
	bool theme_ok = config_load_theme(theme, o->theme != NULL ? o->theme : "default", &theme_err);
	if (!theme_ok)
		theme_init(theme, ascii);
	if (ascii)
		theme_use_ascii(theme);
	if (o->no_color)
		theme_remove_colors(theme);
	ui_init(ui, o->keymap, o->readonly);
	Tui *tui = tui_open(theme, err);
	if (tui == NULL)
		(void)err_set(err, "%s (--batch writes CSV without a screen)", err->text);
	else if (!theme_ok)
		ui_message(ui, true, "%s", theme_err.text);
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
