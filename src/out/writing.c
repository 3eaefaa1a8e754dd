#include "out/writing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor somebody else made non-blocking (a shell's pipe, a shared terminal) is waited for. A peer that has gone
 * makes poll() return too, and write() then says why. */
static bool wait_writable(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};
	return poll(&pfd, 1, -1) >= 0 || errno == EINTR;
}

bool write_all(int fd, const char *name, Str text, Err *err)
{
	while (text.len > 0) {
		ssize_t written = write(fd, text.data, text.len);
		if (written >= 0) {
			text = str_sub(text, (size_t)written, text.len);
			continue;
		}
		if (errno == EINTR)
			continue;
		bool must_wait = errno == EAGAIN || errno == EWOULDBLOCK; /* NOLINT: two names of one number on Linux */
		if (!must_wait || !wait_writable(fd))
			return err_set(err, "cannot write to %s: %s", name, strerror(errno));
	}
	return true;
}

/* "DIR/.NAME.PID": in the same folder, so that a rename can put it in place, and hidden from whoever reads DIR/NAME*. */
static void write_temporary_path(StrBuf *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0;
	strbuf_add(out, (Str){path, folder});
	strbuf_addf(out, ".%s.%ld", path + folder, (long)getpid());
}

/* The name that the rename made is on the disk only when its folder is. Where that cannot be had, the file is whole all the
 * same. */
static void sync_folder(const char *path)
{
	StrBuf folder = {0};
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		strbuf_add_cstr(&folder, ".");
	else
		strbuf_add(&folder, (Str){path, (size_t)(slash - path) + 1});
	int fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	strbuf_free(&folder);
}

static bool fill(int fd, const char *path, const struct stat *old, Str text, Err *err)
{
	if (!write_all(fd, path, text, err))
		return false;
	if (old != NULL && fchmod(fd, old->st_mode & 07777) != 0)
		return err_set(err, "cannot write to %s: %s", path, strerror(errno));
	return fsync(fd) == 0 || err_set(err, "cannot write to %s: %s", path, strerror(errno));
}

bool write_replacing(const char *path, Str text, Err *err)
{
	struct stat old;
	bool exists = stat(path, &old) == 0;
	StrBuf temporary = {0};
	write_temporary_path(&temporary, path);
	(void)unlink(temporary.data); /* of one with our process number that was killed */
	int fd = open(temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	bool ok = fd >= 0 || err_set(err, "cannot write to %s: %s", path, strerror(errno));
	if (ok) {
		ok = fill(fd, path, exists ? &old : NULL, text, err);
		if (close(fd) != 0 && ok)
			ok = err_set(err, "cannot write to %s: %s", path, strerror(errno));
		if (ok && rename(temporary.data, path) != 0)
			ok = err_set(err, "cannot replace %s: %s", path, strerror(errno));
		if (!ok)
			(void)unlink(temporary.data);
	}
	if (ok)
		sync_folder(path);
	strbuf_free(&temporary);
	return ok;
}
