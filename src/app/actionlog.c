#include "app/actionlog.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ActionLog {
	int fd;
	bool torn; /* the last line is not complete */
	StrBuf path, user, line;
};

/* Whoever runs the program, by name if it has one. */
static void add_user(StrBuf *out)
{
	const struct passwd *user = getpwuid(getuid());
	if (user != NULL)
		strbuf_add_cstr(out, user->pw_name);
	else
		strbuf_addf(out, "%lu", (unsigned long)getuid());
}

static bool write_line(ActionLog *log, Err *err)
{
	ssize_t wrote;
	do
		wrote = write(log->fd, log->line.data, log->line.len);
	while (wrote < 0 && errno == EINTR);
	if (wrote == (ssize_t)log->line.len) {
		log->torn = false;
		return true;
	}
	log->torn |= wrote > 0;
	return err_set(err, "the action log %s cannot be written: %s", log->path.data,
	               wrote < 0 ? strerror(errno) : "no room for a whole line");
}

static bool prepare(ActionLog *log, Err *err)
{
	struct stat st;
	if (log->fd < 0 || fstat(log->fd, &st) != 0)
		return err_set(err, "the action log %s cannot be opened: %s", log->path.data, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, "the action log %s is no regular file", log->path.data);
	if (st.st_size > 0)
		return true;
	act_log_header(&log->line);
	return write_line(log, err);
}

ActionLog *action_log_open(const char *path, Err *err)
{
	ActionLog *log = xcalloc(1, sizeof *log);
	strbuf_add_cstr(&log->path, path);
	add_user(&log->user);
	/* without O_NONBLOCK a FIFO that nobody reads would hold us here */
	log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (prepare(log, err))
		return log;
	action_log_close(log);
	return NULL;
}

void action_log_close(ActionLog *log)
{
	if (log == NULL)
		return;
	if (log->fd >= 0)
		close(log->fd);
	strbuf_free(&log->path);
	strbuf_free(&log->user);
	strbuf_free(&log->line);
	free(log);
}

bool action_log_write(ActionLog *log, int64_t wall_us, bool asked, const ActTarget *target, Err *err)
{
	Arena arena = {0};
	if (log == NULL)
		return true;
	strbuf_clear(&log->line);
	if (log->torn)
		strbuf_add_char(&log->line, '\n');
	act_log_row(&log->line, str_time(&arena, wall_us), strbuf_str(&log->user), asked ? STR("asked") : STR("answer"),
	            target);
	arena_free(&arena);
	return write_line(log, err);
}
