#include "collect/trust.h"

#include "base/str.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static bool owner_of(const char *proc_root, int pid, uid_t *uid)
{
	char path[4096];
	StrBuf b = STRBUF_ON(path);
	strbuf_addf(&b, "%s/%d", proc_root, pid);
	struct stat st;
	if (pid <= 0 || stat(path, &st) != 0)
		return false;
	*uid = st.st_uid;
	return true;
}

bool trust_postmaster(const char *proc_root, int pid, int known_postmaster)
{
	uid_t owner, known;
	if (!owner_of(proc_root, pid, &owner))
		return false;
	return owner == 0 || owner == geteuid() || (owner_of(proc_root, known_postmaster, &known) && owner == known);
}
