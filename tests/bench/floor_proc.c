/* floor_proc [-i MILLISECONDS] PID
 *
 * The least that it takes to follow the I/O of a postmaster and its children, to measure others against: io and stat of
 * each by descriptors that are kept, and one line of output a refresh. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 4096, LIST_MAX = 256 * 1024 };

typedef struct Process {
	int pid;
	int io, stat; /* descriptors, -1 = not open */
} Process;

typedef struct Floor {
	int postmaster;
	int children;
	Process *processes;
	size_t count;
	char list[LIST_MAX];
	unsigned long long sum; /* so that the texts are looked at */
} Floor;

static void die(const char *what)
{
	fprintf(stderr, "floor_proc: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_proc(int pid, const char *file)
{
	char path[128];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static Process open_process(int pid)
{
	return (Process){pid, open_proc(pid, "io"), open_proc(pid, "stat")};
}

static void close_process(const Process *process)
{
	if (process->io >= 0)
		close(process->io);
	if (process->stat >= 0)
		close(process->stat);
}

/* The postmaster and its children, in the order of their birth. */
static size_t list_pids(Floor *floor, int *pids, size_t max)
{
	size_t len = 0;
	ssize_t n;
	while ((n = pread(floor->children, floor->list + len, LIST_MAX - 1 - len, (off_t)len)) > 0)
		len += (size_t)n;
	floor->list[len] = '\0';
	size_t count = 0;
	pids[count++] = floor->postmaster;
	char *end;
	for (char *at = floor->list; count < max; at = end) {
		long pid = strtol(at, &end, 10);
		if (end == at)
			break;
		pids[count++] = (int)pid;
	}
	return count;
}

/* New processes come at the end of the list, so what does not match any more has gone. */
static void update(Floor *floor)
{
	static int pids[LIST_MAX / 2];
	size_t count = list_pids(floor, pids, sizeof(pids) / sizeof(pids[0]));
	size_t kept = 0;
	size_t old = 0;
	for (; old < floor->count && kept < count; old++) {
		if (floor->processes[old].pid == pids[kept])
			floor->processes[kept++] = floor->processes[old];
		else
			close_process(&floor->processes[old]);
	}
	for (; old < floor->count; old++)
		close_process(&floor->processes[old]);
	if (count > floor->count) {
		floor->processes = realloc(floor->processes, count * sizeof(*floor->processes));
		if (!floor->processes)
			die("memory");
	}
	for (; kept < count; kept++)
		floor->processes[kept] = open_process(pids[kept]);
	floor->count = count;
}

static bool read_text(int fd, char text[TEXT_MAX])
{
	ssize_t n = pread(fd, text, TEXT_MAX - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void read_process(Floor *floor, const Process *process)
{
	char text[TEXT_MAX];
	if (read_text(process->io, text)) {
		for (const char *at = text; (at = strchr(at, ':')); at++)
			floor->sum += strtoull(at + 1, NULL, 10);
	}
	if (read_text(process->stat, text)) {
		char *end = strrchr(text, ')');
		if (end && end[1])
			floor->sum += strtoull(end + 3, &end, 10);
	}
}

int main(int argc, char **argv)
{
	static Floor floor;
	long interval_ms = 1000;
	int option;
	while ((option = getopt(argc, argv, "i:")) != -1) {
		if (option != 'i')
			return 2;
		interval_ms = strtol(optarg, NULL, 10);
	}
	floor.postmaster = optind < argc ? (int)strtol(argv[optind], NULL, 10) : 0;
	if (floor.postmaster <= 0 || interval_ms <= 0) {
		fputs("use: floor_proc [-i MILLISECONDS] PID\n", stderr);
		return 2;
	}
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	char path[64];
	snprintf(path, sizeof(path), "task/%d/children", floor.postmaster);
	floor.children = open_proc(floor.postmaster, path);
	if (floor.children < 0)
		die(path);
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long refresh = 1;; refresh++) {
		update(&floor);
		for (size_t i = 0; i < floor.count; i++)
			read_process(&floor, &floor.processes[i]);
		char line[80];
		int len = snprintf(line, sizeof(line), "refresh %ld: %zu processes\n", refresh, floor.count);
		if (write(STDOUT_FILENO, line, (size_t)len) < 0)
			return 1;
		next.tv_sec += interval_ms / 1000;
		next.tv_nsec += interval_ms % 1000 * 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}
