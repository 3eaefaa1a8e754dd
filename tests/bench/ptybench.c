/* ptybench [OPTION]... -- COMMAND [ARGUMENT]...
 *
 * Runs a program in a pseudo-terminal and measures what it costs once it has settled. A refresh is a burst of output
 * behind a silence of a quarter of the interval; the measured window begins and ends in such silences, so that it holds
 * whole refreshes. If there are too few bursts (nothing changed, nothing was drawn), refreshes are counted by time.
 *
 *   -s COLSxROWS  size of the terminal (120x40)      -i SECONDS  interval of the refreshes (1)
 *   -e TEXT       the first frame is complete when this stands on the screen; repeatable, and a text that is given
 *                 twice must stand there twice
 *   -w SECONDS    from the first frame to the window (1)
 *   -t SECONDS    the window (5); 0: none, only the start is measured
 *   -k KEY        sent five times after the window (or the start) to see how long the screen takes to follow
 *   -q KEY        ends the program (q)               -S  count system calls by strace (CPU time means nothing then)
 *
 * Prints one line: refreshes, CPU ms, bytes, wake-ups and system calls a refresh; peak memory in kB; ms from exec to
 * the first byte and to the first frame; longest ms from a key to the first byte, and bytes that the key brings; percent
 * of the machine that was busy. What was not measured is empty. */

#include "screen.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEXTS_MAX = 32, KEY_REPEATS = 5, BUFFER_SIZE = 64 * 1024 };

static const double FRAME_LIMIT = 15, QUIT_LIMIT = 5, TRACE_LIMIT = 5;

typedef struct Options {
	int cols, rows;
	double interval, warm_up, window;
	const char *texts[TEXTS_MAX];
	int ntexts;
	const char *key, *quit;
	bool trace;
	char **command;
} Options;

typedef struct Counters {
	double time, cpu;
	unsigned long long bytes, bursts, wake_ups;
	double busy, total; /* of the machine, in ticks */
} Counters;

typedef struct Bench {
	const Options *options;
	Screen *screen;
	pid_t pid;
	int fd;
	bool ended;
	double started, last_output;
	double gap; /* a silence that is longer ends a burst */
	unsigned long long bytes, bursts;
	double first_byte, first_frame; /* since exec; NAN: not seen */
} Bench;

static void die(const char *what)
{
	fprintf(stderr, "ptybench: %s\n", what);
	exit(1);
}

static double clock_of(clockid_t clock)
{
	struct timespec t;
	if (clock_gettime(clock, &t) != 0)
		return NAN;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

/* ---- the program in its terminal ---- */

static void start(Bench *b)
{
	const Options *o = b->options;
	struct winsize size = {.ws_row = (unsigned short)o->rows, .ws_col = (unsigned short)o->cols};
	b->started = b->last_output = now();
	b->pid = forkpty(&b->fd, NULL, NULL, &size);
	if (b->pid < 0)
		die("no pseudo-terminal");
	if (b->pid > 0)
		return;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* strace is no ancestor */
	signal(SIGINT, SIG_DFL); /* ignored in the background of a script, and a key for some programs */
	execvp(o->command[0], o->command);
	fprintf(stderr, "%s: %s\n", o->command[0], strerror(errno));
	_exit(127);
}

/* Takes one piece of output; false if there was none until then. */
static bool pump(Bench *b, double until)
{
	static char buffer[BUFFER_SIZE];
	double wait = until - now();
	struct pollfd pfd = {.fd = b->fd, .events = POLLIN};
	if (b->ended || poll(&pfd, 1, wait > 0 ? (int)ceil(wait * 1000) : 0) <= 0)
		return false;
	ssize_t n = read(b->fd, buffer, sizeof(buffer));
	if (n <= 0) {
		b->ended = n == 0 || errno != EINTR;
		return false;
	}
	double t = now();
	if (t - b->last_output > b->gap || b->bytes == 0)
		b->bursts++;
	if (b->bytes == 0)
		b->first_byte = t - b->started;
	b->last_output = t;
	b->bytes += (unsigned long long)n;
	screen_write(b->screen, buffer, (size_t)n);
	return true;
}

static void pump_until(Bench *b, double until)
{
	while (!b->ended && now() < until)
		pump(b, until);
}

/* Until `count` more bursts have begun and the last one is over; not beyond `limit`. */
static void pump_bursts(Bench *b, unsigned long long count, double limit)
{
	unsigned long long end = b->bursts + count;
	while (!b->ended && now() < limit) {
		double quiet_at = b->last_output + b->gap;
		if (b->bursts >= end && now() >= quiet_at)
			return;
		pump(b, b->bursts >= end && quiet_at < limit ? quiet_at : limit);
	}
}

static bool is_complete(const Bench *b)
{
	const Options *o = b->options;
	for (int i = 0; i < o->ntexts; i++) {
		int wanted = 0;
		for (int k = 0; k < o->ntexts; k++)
			wanted += strcmp(o->texts[i], o->texts[k]) == 0;
		if (screen_count(b->screen, o->texts[i]) < wanted)
			return false;
	}
	return b->bytes > 0;
}

static void await_first_frame(Bench *b)
{
	double limit = b->started + FRAME_LIMIT;
	while (!b->ended && now() < limit) {
		if (!pump(b, limit) || !is_complete(b))
			continue;
		b->first_frame = b->last_output - b->started;
		return;
	}
	fprintf(stderr, "ptybench: %s: not all that was expected came to the screen:\n", b->options->command[0]);
	screen_print(b->screen, stderr);
	kill(b->pid, SIGKILL);
	exit(1);
}

static void send_key(Bench *b, const char *key)
{
	size_t len = strlen(key);
	if (write(b->fd, key, len) != (ssize_t)len)
		die("the program takes no keys");
}

static void quit(Bench *b)
{
	if (b->ended)
		die("the program ended by itself");
	send_key(b, b->options->quit);
	double limit = now() + QUIT_LIMIT;
	pump_until(b, limit);
	if (b->ended && waitpid(b->pid, NULL, 0) == b->pid)
		return;
	kill(b->pid, SIGKILL);
	waitpid(b->pid, NULL, 0);
	die("the program does not end when told to");
}

/* ---- counters ---- */

/* The number behind a name of /proc/PID/status. */
static unsigned long long status_number(pid_t pid, const char *name)
{
	char path[64], line[256];
	unsigned long long number = 0;
	size_t len = strlen(name);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			number = strtoull(line + len + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return number;
}

/* Time of all processors; that of nice processes (such as those that only keep a core awake) does not count as busy. */
static void read_machine(Counters *c)
{
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, KINDS };
	char line[512] = "";
	FILE *file = fopen("/proc/stat", "r");
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	char *at = line + strcspn(line, " ");
	for (int kind = USER; kind < KINDS; kind++) {
		double ticks = (double)strtoull(at, &at, 10);
		c->total += ticks;
		c->busy += kind == NICE || kind == IDLE || kind == IOWAIT ? 0 : ticks;
	}
}

static Counters read_counters(const Bench *b)
{
	Counters c = {.time = now(), .cpu = NAN, .bytes = b->bytes, .bursts = b->bursts};
	clockid_t clock;
	if (clock_getcpuclockid(b->pid, &clock) == 0)
		c.cpu = clock_of(clock);
	c.wake_ups = status_number(b->pid, "voluntary_ctxt_switches");
	read_machine(&c);
	return c;
}

/* ---- system calls ---- */

typedef struct Trace {
	pid_t pid;
	char path[64];
} Trace;

static void trace_start(Bench *b, Trace *trace)
{
	strcpy(trace->path, "/tmp/ptybench.XXXXXX");
	int fd = mkstemp(trace->path);
	if (fd < 0)
		die("no temporary file");
	close(fd);
	char target[16];
	snprintf(target, sizeof(target), "%d", (int)b->pid);
	trace->pid = fork();
	if (trace->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGINT);
		execlp("strace", "strace", "-q", "-c", "-f", "-o", trace->path, "-p", target, (char *)NULL);
		_exit(127);
	}
	double limit = now() + TRACE_LIMIT;
	while (status_number(b->pid, "TracerPid") == 0) {
		if (now() > limit || waitpid(trace->pid, NULL, WNOHANG) != 0) {
			unlink(trace->path);
			die("strace cannot attach");
		}
		pump_until(b, now() + 0.02);
	}
}

/* The fourth number of the summary's last line. */
static double trace_end(Trace *trace)
{
	kill(trace->pid, SIGINT);
	waitpid(trace->pid, NULL, 0);
	char line[256];
	double calls = NAN;
	FILE *file = fopen(trace->path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, " total"))
			continue;
		char *at = line;
		for (int i = 0; i < 4; i++)
			calls = strtod(at, &at);
	}
	if (file)
		fclose(file);
	unlink(trace->path);
	return calls;
}

/* ---- measuring ---- */

typedef struct Result {
	double refreshes, cpu_ms, bytes, wake_ups, calls, busy;
	double key_ms, key_bytes;
	double peak_kb;
} Result;

static void measure(Bench *b, Result *result)
{
	const Options *o = b->options;
	pump_until(b, now() + o->warm_up);
	pump_bursts(b, 1, now() + 2 * o->interval);
	Trace trace;
	if (o->trace) {
		trace_start(b, &trace);
		pump_bursts(b, 1, now() + 2 * o->interval);
	}
	Counters from = read_counters(b);
	double expected = fmax(1, round(o->window / o->interval));
	pump_bursts(b, (unsigned long long)expected, now() + o->window + o->interval / 2);
	Counters to = read_counters(b);
	if (o->trace)
		result->calls = trace_end(&trace);
	if (b->ended)
		die("the program ended by itself");
	double refreshes = (double)(to.bursts - from.bursts);
	if (refreshes < expected * 0.75)
		refreshes = (to.time - from.time) / o->interval;
	result->refreshes = refreshes;
	result->cpu_ms = o->trace ? NAN : (to.cpu - from.cpu) * 1000 / refreshes;
	result->bytes = (double)(to.bytes - from.bytes) / refreshes;
	result->wake_ups = o->trace ? NAN : (double)(to.wake_ups - from.wake_ups) / refreshes;
	result->calls /= refreshes;
	result->busy = (to.busy - from.busy) * 100 / (to.total - from.total);
}

/* The interval's refresh may fall into one of these, so the time is that of the slowest and the bytes of the least. */
static void press_keys(Bench *b, Result *result)
{
	const double quiet = 0.06;
	for (int i = 0; i < KEY_REPEATS; i++) {
		pump_until(b, now() + quiet);
		unsigned long long before = b->bytes;
		double pressed = now();
		send_key(b, b->options->key);
		while (b->bytes == before && pump(b, pressed + 1))
			;
		if (b->bytes == before)
			die("nothing comes to the screen after a key");
		result->key_ms = fmax(result->key_ms, (b->last_output - pressed) * 1000);
		pump_until(b, now() + quiet);
		result->key_bytes = fmin(result->key_bytes, (double)(b->bytes - before));
	}
}

static void print_number(double value, int digits, char end)
{
	if (!isnan(value))
		printf("%.*f", digits, value);
	putchar(end);
}

static void print_result(const Bench *b, const Result *r)
{
	print_number(r->refreshes, 2, ',');
	print_number(r->cpu_ms, 4, ',');
	print_number(r->bytes, 1, ',');
	print_number(r->wake_ups, 2, ',');
	print_number(r->calls, 2, ',');
	print_number(r->peak_kb, 0, ',');
	print_number(b->first_byte * 1000, 2, ',');
	print_number(b->first_frame * 1000, 2, ',');
	print_number(r->key_ms, 2, ',');
	print_number(r->key_bytes, 0, ',');
	print_number(r->busy, 1, '\n');
}

static void parse_options(Options *o, int argc, char **argv)
{
	int option;
	char *end;
	while ((option = getopt(argc, argv, "+s:i:e:w:t:k:q:S")) != -1) {
		switch (option) {
		case 's':
			o->cols = (int)strtol(optarg, &end, 10);
			o->rows = *end == 'x' ? (int)strtol(end + 1, NULL, 10) : 0;
			break;
		case 'i':
			o->interval = strtod(optarg, NULL);
			break;
		case 'e':
			if (o->ntexts == TEXTS_MAX)
				die("too many texts");
			o->texts[o->ntexts++] = optarg;
			break;
		case 'w':
			o->warm_up = strtod(optarg, NULL);
			break;
		case 't':
			o->window = strtod(optarg, NULL);
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'q':
			o->quit = optarg;
			break;
		case 'S':
			o->trace = true;
			break;
		default:
			exit(2);
		}
	}
	if (optind >= argc || o->cols <= 0 || o->rows <= 0 || o->cols > 1000 || o->rows > 1000 || !(o->interval > 0))
		die("use: ptybench [OPTION]... -- COMMAND [ARGUMENT]...");
	o->command = argv + optind;
}

int main(int argc, char **argv)
{
	Options options = {.cols = 120, .rows = 40, .interval = 1, .warm_up = 1, .window = 5, .quit = "q"};
	Result result = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	parse_options(&options, argc, argv);
	Bench bench = {
		.options = &options,
		.screen = screen_new(options.cols, options.rows),
		.gap = options.interval / 4,
		.first_byte = NAN,
		.first_frame = NAN,
	};
	start(&bench);
	await_first_frame(&bench);
	if (options.window > 0)
		measure(&bench, &result);
	result.peak_kb = (double)status_number(bench.pid, "VmHWM");
	if (options.key)
		press_keys(&bench, &result);
	quit(&bench);
	print_result(&bench, &result);
	close(bench.fd);
	screen_free(bench.screen);
	return 0;
}
