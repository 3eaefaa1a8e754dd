#include "collect/proc_segment.h"

#include "base/num.h"
#include "collect/proc_parse.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	SKIPS_MAX = 7,
	ZEROS_MAX = 3 /* then it reads and writes at offsets (pread), which leave the position where it is */
};

/* The name of the segment that the descriptor `name` in the folder is; false: it is another file. */
static bool read_link(const Procfs *procfs, int dir_fd, const char *name, char *out, size_t size)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir_fd < 0 ? procfs->root_fd : dir_fd, name, text, sizeof(text));
	Str segment;
	if (n <= 0 || !proc_parse_segment_link((Str){text, (size_t)n}, &segment) || segment.len >= size)
		return false;
	memcpy(out, segment.data, segment.len);
	out[segment.len] = '\0';
	return true;
}

static bool is_still_open(OpenSegment *segment, const Procfs *procfs, int pid)
{
	char path[PID_PATH_MAX];
	if (segment->fd < 0)
		return false;
	(void)snprintf(path, sizeof(path), "%d/fd/%d", pid, segment->fd);
	return read_link(procfs, -1, path, segment->name, sizeof(segment->name));
}

/* Of several the newest: the others are of work that is done. */
static void search(OpenSegment *segment, const Procfs *procfs, int pid, int *links)
{
	char path[PID_PATH_MAX];
	segment->fd = -1;
	segment->name[0] = '\0';
	DIR *dir = procfs_open_dir(procfs, procfs_pid_path(path, pid, "fd"));
	if (!dir)
		return;
	const struct dirent *entry;
	while ((entry = readdir(dir))) {
		char name[sizeof(segment->name)];
		int64_t fd;
		if (!num_parse_int_in(str_from(entry->d_name), 0, INT_MAX, &fd))
			continue;
		(*links)--;
		if (!read_link(procfs, dirfd(dir), entry->d_name, name, sizeof(name)) ||
		    strcmp(name, segment->name) <= 0)
			continue;
		segment->fd = (int)fd;
		memcpy(segment->name, name, sizeof(name));
	}
	closedir(dir);
}

/* 0 is what all descriptors show that are only read and written at offsets; then it says nothing. */
static void read_offset(OpenSegment *segment, const Procfs *procfs, int pid)
{
	char path[PID_PATH_MAX], buffer[FILE_TEXT_MAX];
	segment->offset = INT_NONE;
	if (segment->fd < 0 || segment->zeros >= ZEROS_MAX)
		return;
	(void)snprintf(path, sizeof(path), "%d/fdinfo/%d", pid, segment->fd);
	ssize_t n = procfs_read_file(procfs, path, buffer, sizeof(buffer));
	int64_t offset;
	if (n <= 0 || !proc_parse_fdinfo_pos((Str){buffer, (size_t)n}, &offset))
		return;
	segment->zeros = offset == 0 ? (uint8_t)(segment->zeros + 1) : 0;
	if (offset > 0)
		segment->offset = offset;
}

bool open_segment_look(OpenSegment *segment, const Procfs *procfs, int pid, uint64_t moved, int *links)
{
	bool same = segment->looked && segment->moved == moved;
	if (same && segment->settled)
		return true;
	if (!is_still_open(segment, procfs, pid)) {
		segment->looked = false;
		if (segment->fd < 0 && segment->wait > 0) {
			segment->wait--;
			return true;
		}
		if (*links <= 0)
			return false;
		search(segment, procfs, pid, links);
		segment->skips = segment->fd >= 0 ? 0 : (uint8_t)(segment->skips * 2 + 1);
		if (segment->skips > SKIPS_MAX)
			segment->skips = SKIPS_MAX;
		segment->wait = segment->skips;
	}
	read_offset(segment, procfs, pid);
	/* It may have closed the file since its counters were read: a second look tells. */
	segment->settled = same || segment->fd < 0;
	segment->looked = true;
	segment->moved = moved;
	return true;
}
