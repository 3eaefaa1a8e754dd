#include "collect/trust.h"

#include "base/str.h"
#include "collect/proc_parse.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

/* The line "Uid: REAL EFFECTIVE SAVED FILESYSTEM" of /proc/PID/status. Not the owner of the file: every process can make
 * that root by forbidding core dumps. */
static bool user_of(const char *proc_root, int pid, uint64_t *uid)
{
	char path[4096], text[4096];
	StrBuf b = STRBUF_ON(path);
	strbuf_addf(&b, "%s/%d/status", proc_root, pid);
	int fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof text);
	close(fd);
	return proc_parse_user((Str){text, n > 0 ? (size_t)n : 0}, uid);
}

bool trust_postmaster(const char *proc_root, int pid, int known_postmaster)
{
	uint64_t user, known;
	if (!user_of(proc_root, pid, &user))
		return false;
	return user == 0 || user == geteuid() || (user_of(proc_root, known_postmaster, &known) && user == known);
}
