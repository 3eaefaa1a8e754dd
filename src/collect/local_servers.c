#include "collect/local_servers.h"

#include "collect/proc_parse.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A process of a server, by its name. */
typedef struct Candidate {
	int pid;
	int ppid;
	uint64_t start_ticks;
	bool postmaster; /* has a child titled "postgres:" */
} Candidate;

/* A way to a server that its user has open; which of his servers has opened it does not show. */
typedef struct Door {
	uid_t uid;
	int port;
	Str socket_directory;
	Str listen_host;
	bool taken; /* by a server that is known */
} Door;

/* A postmaster whose postmaster.pid we may not read. */
typedef struct Stranger {
	const Candidate *process;
	uid_t uid;
	PostmasterArgs args;
} Stranger;

typedef struct Survey {
	Procfs *procfs;
	Arena *arena;
	Candidate *candidates; /* sorted by pid */
	size_t ncandidates, candidates_cap;
	Stranger *strangers;
	size_t nstrangers;
	Door *doors;
	size_t ndoors, doors_cap;
	LocalServer *servers;
	size_t nservers, servers_cap;
	bool v6; /* of the table that is being read */
} Survey;

static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	return xrealloc_array(array, *cap, size);
}

static bool is_server_name(Str name)
{
	return str_eq(name, STR("postgres")) || str_eq(name, STR("postmaster")) || str_eq(name, STR("postgres.bin"));
}

static int compare_ints(int x, int y)
{
	return (x > y) - (x < y);
}

static int compare_candidates(const void *a, const void *b)
{
	return compare_ints(((const Candidate *)a)->pid, ((const Candidate *)b)->pid);
}

static Candidate *find_candidate(const Survey *survey, int pid)
{
	Candidate key = {.pid = pid};
	if (survey->ncandidates == 0)
		return NULL;
	return bsearch(&key, survey->candidates, survey->ncandidates, sizeof(key), compare_candidates);
}

/* One small read of each process of the host; the names are in it. */
static void find_candidates(Survey *survey)
{
	char buffer[FILE_TEXT_MAX];
	rewinddir(survey->procfs->root);
	int pid;
	while ((pid = procfs_next_pid(survey->procfs->root)) > 0) {
		Str stat = procfs_read_pid_file(survey->procfs, pid, "stat", buffer, sizeof(buffer));
		ProcSample sample = {0};
		Str name;
		if (!proc_parse_stat_name(stat, &name) || !is_server_name(name) || !proc_parse_stat(stat, &sample))
			continue;
		survey->candidates = grow(survey->candidates, survey->ncandidates, &survey->candidates_cap,
		                          sizeof(*survey->candidates));
		survey->candidates[survey->ncandidates++] =
			(Candidate){.pid = pid, .ppid = sample.ppid, .start_ticks = sample.start_ticks};
	}
	if (survey->ncandidates > 0)
		qsort(survey->candidates, survey->ncandidates, sizeof(*survey->candidates), compare_candidates);
}

/* A child with a title proves its parent; one look for each server is enough. */
static void mark_postmasters(Survey *survey)
{
	for (size_t i = 0; i < survey->ncandidates; i++) {
		Candidate *parent = find_candidate(survey, survey->candidates[i].ppid);
		if (parent && !parent->postmaster && procfs_has_server_title(survey->procfs, survey->candidates[i].pid))
			parent->postmaster = !procfs_has_server_title(survey->procfs, parent->pid);
	}
}

/* An address to connect to for one that is listened on. */
static Str reachable_host(Str address)
{
	if (str_eq(address, STR("*")) || str_eq(address, STR("0.0.0.0")))
		return STR("127.0.0.1");
	if (str_eq(address, STR("::"))) /* bound with IPV6_V6ONLY: not reachable through IPv4 */
		return STR("::1");
	return address;
}

static void add_server(Survey *survey, const Candidate *process, int port, Str socket_directory, Str listen_host)
{
	/* The server takes a relative folder, libpq does not; @ is an abstract socket. */
	if (!str_starts(socket_directory, STR("/")) && !str_starts(socket_directory, STR("@")))
		socket_directory = STR_NONE;
	survey->servers = grow(survey->servers, survey->nservers, &survey->servers_cap, sizeof(*survey->servers));
	survey->servers[survey->nservers++] = (LocalServer){
		.postmaster_pid = process ? process->pid : 0,
		.start_ticks = process ? process->start_ticks : 0,
		.port = port,
		.socket_directory = str_dup(survey->arena, socket_directory),
		.listen_host = str_dup(survey->arena, listen_host),
	};
}

/* By postmaster.pid at `path`; false if it cannot be read or is another process's. */
static bool add_by_pid_file(Survey *survey, const Candidate *process, const char *path)
{
	char buffer[FILE_TEXT_MAX * 2]; /* it holds two paths */
	PostmasterPid file;
	ssize_t n = procfs_read_file(survey->procfs, path, buffer, sizeof(buffer));
	if (n < 0 || !proc_parse_postmaster_pid((Str){buffer, (size_t)n}, &file) || file.pid != process->pid ||
	    !file.port)
		return false;
	add_server(survey, process, file.port, file.socket_directory, reachable_host(file.listen_address));
	return true;
}

static void add_stranger(Survey *survey, const Candidate *process)
{
	char buffer[FILE_TEXT_MAX * 4];
	char path[PID_PATH_MAX];
	struct stat st;
	(void)snprintf(path, sizeof(path), "%d", process->pid);
	if (fstatat(survey->procfs->root_fd, path, &st, 0) != 0)
		return;
	Str cmdline = procfs_read_pid_file(survey->procfs, process->pid, "cmdline", buffer, sizeof(buffer));
	PostmasterArgs args = proc_parse_postmaster_args(cmdline);
	/* Root without CAP_SYS_PTRACE may not follow cwd, but may read the file. */
	if (str_starts(args.data_directory, STR("/"))) {
		Str pid_file = str_format(survey->arena, "%.*s/postmaster.pid", STR_ARG(args.data_directory));
		if (add_by_pid_file(survey, process, pid_file.data))
			return;
	}
	survey->strangers[survey->nstrangers++] = (Stranger){
		.process = process,
		.uid = st.st_uid,
		.args = {.port = args.port,
	                 .socket_directory = str_dup(survey->arena, args.socket_directory),
	                 .listen_address = str_dup(survey->arena, args.listen_address)},
	};
}

static void identify_postmasters(Survey *survey)
{
	char path[PID_PATH_MAX];
	survey->strangers = ARENA_ARRAY(survey->arena, Stranger, survey->ncandidates);
	for (size_t i = 0; i < survey->ncandidates; i++) {
		const Candidate *process = &survey->candidates[i];
		if (!process->postmaster || procfs_nested_pid(survey->procfs, process->pid) != 0)
			continue;
		if (!add_by_pid_file(survey, process, procfs_pid_path(path, process->pid, "cwd/postmaster.pid")))
			add_stranger(survey, process);
	}
}

static bool is_strangers_user(const Survey *survey, uid_t uid)
{
	for (size_t i = 0; i < survey->nstrangers; i++) {
		if (survey->strangers[i].uid == uid)
			return true;
	}
	return false;
}

/* What is known of one port of one user, collected from all sources. */
static Door *get_door(Survey *survey, uid_t uid, int port)
{
	for (size_t i = 0; i < survey->ndoors; i++) {
		if (survey->doors[i].uid == uid && survey->doors[i].port == port)
			return &survey->doors[i];
	}
	survey->doors = grow(survey->doors, survey->ndoors, &survey->doors_cap, sizeof(*survey->doors));
	survey->doors[survey->ndoors] = (Door){.uid = uid, .port = port};
	return &survey->doors[survey->ndoors++];
}

static void add_listening_port(void *context, Str line)
{
	Survey *survey = context;
	TcpEntry e;
	if (!proc_parse_tcp_line(line, survey->v6, &e) || !e.listening || !is_strangers_user(survey, e.uid))
		return;
	Door *door = get_door(survey, e.uid, e.local_port);
	bool plain = e.local_any || e.local_loopback;
	if (!str_is_none(door->listen_host) && (e.v6 || !plain)) /* of several the IPv4 loopback is preferred */
		return;
	char text[INET6_ADDRSTRLEN];
	if (e.local_any || !inet_ntop(e.v6 ? AF_INET6 : AF_INET, e.local_address, text, sizeof(text)))
		(void)snprintf(text, sizeof(text), "%s", e.v6 ? "::1" : "127.0.0.1");
	door->listen_host = str_dup(survey->arena, str_from(text));
}

/* A socket counts only if it belongs to a user who runs a server; /tmp is everybody's. */
static void add_socket(Survey *survey, int dir_fd, const char *path, Str directory, int port)
{
	struct stat st;
	if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(st.st_mode) ||
	    !is_strangers_user(survey, st.st_uid))
		return;
	Door *door = get_door(survey, st.st_uid, port);
	if (str_is_none(door->socket_directory))
		door->socket_directory = str_dup(survey->arena, directory);
}

static void add_bound_socket(void *context, Str line)
{
	Survey *survey = context;
	Str path;
	if (!proc_parse_unix_line(line, &path) || path.data[0] != '/')
		return;
	size_t slash = (size_t)((const char *)memrchr(path.data, '/', path.len) - path.data);
	int port = proc_parse_socket_name(str_sub(path, slash + 1, path.len));
	char text[PATH_MAX];
	if (!port || path.len >= sizeof(text))
		return;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	add_socket(survey, AT_FDCWD, text, slash ? str_sub(path, 0, slash) : STR("/"), port);
}

static void add_sockets_of(Survey *survey, const char *directory)
{
	DIR *dir = opendir(directory);
	if (!dir)
		return;
	const struct dirent *entry;
	while ((entry = readdir(dir))) {
		int port = proc_parse_socket_name(str_from(entry->d_name));
		if (port)
			add_socket(survey, dirfd(dir), entry->d_name, str_from(directory), port);
	}
	closedir(dir);
}

static void find_doors(Survey *survey, const char *const *socket_dirs)
{
	static const char *const usual_dirs[] = {"/var/run/postgresql", "/tmp", NULL};
	procfs_each_line(survey->procfs, "net/tcp", add_listening_port, survey);
	survey->v6 = true;
	procfs_each_line(survey->procfs, "net/tcp6", add_listening_port, survey);
	for (const char *const *dir = socket_dirs ? socket_dirs : usual_dirs; *dir; dir++)
		add_sockets_of(survey, *dir);
	procfs_each_line(survey->procfs, "net/unix", add_bound_socket, survey);
	for (size_t i = 0; i < survey->ndoors; i++) {
		for (size_t j = 0; j < survey->nservers; j++)
			survey->doors[i].taken |= survey->servers[j].port == survey->doors[i].port;
	}
}

/* Those whose arguments name the port. */
static void add_by_arguments(Survey *survey, const Stranger *stranger)
{
	const PostmasterArgs *args = &stranger->args;
	Door *door = get_door(survey, stranger->uid, args->port);
	door->taken = true;
	Str directory = str_is_none(door->socket_directory) ? args->socket_directory : door->socket_directory;
	Str host = str_is_none(door->listen_host) ? reachable_host(args->listen_address) : door->listen_host;
	add_server(survey, stranger->process, args->port, directory, host);
}

/* The doors of a user that are left, for those of his servers that are left. */
static void add_by_doors(Survey *survey, uid_t uid)
{
	const Candidate *only = NULL;
	size_t nstrangers = 0;
	for (size_t i = 0; i < survey->nstrangers; i++) {
		if (survey->strangers[i].uid != uid || survey->strangers[i].args.port)
			continue;
		only = survey->strangers[i].process;
		nstrangers++;
	}
	size_t ndoors = 0;
	size_t nsockets = 0;
	for (size_t i = 0; i < survey->ndoors; i++) {
		const Door *door = &survey->doors[i];
		if (door->uid != uid || door->taken)
			continue;
		ndoors++;
		nsockets += !str_is_none(door->socket_directory);
	}
	/* The name of a socket tells a PostgreSQL server; behind a bare port of that user may be anything. */
	bool sockets_only = nsockets >= nstrangers;
	if (nstrangers != 1 || (sockets_only ? nsockets : ndoors) != 1)
		only = NULL;
	for (size_t i = 0; nstrangers > 0 && i < survey->ndoors; i++) {
		Door *door = &survey->doors[i];
		if (door->uid != uid || door->taken || (sockets_only && str_is_none(door->socket_directory)))
			continue;
		door->taken = true;
		add_server(survey, only, door->port, door->socket_directory, door->listen_host);
	}
}

static void add_strangers(Survey *survey, const char *const *socket_dirs)
{
	find_doors(survey, socket_dirs);
	for (size_t i = 0; i < survey->nstrangers; i++) {
		if (survey->strangers[i].args.port)
			add_by_arguments(survey, &survey->strangers[i]);
	}
	for (size_t i = 0; i < survey->nstrangers; i++) /* a user's second server finds nothing left */
		add_by_doors(survey, survey->strangers[i].uid);
}

static int compare_servers(const void *a, const void *b)
{
	const LocalServer *x = a;
	const LocalServer *y = b;
	if (x->port != y->port)
		return compare_ints(x->port, y->port);
	return compare_ints(x->postmaster_pid, y->postmaster_pid);
}

#define NESTED_NS INT64_C(2000000000)

static void list_nested(Procfs *procfs, int64_t now_ns)
{
	Survey survey = {.procfs = procfs};
	find_candidates(&survey);
	mark_postmasters(&survey);
	procfs->nested = xrealloc_array(procfs->nested, survey.ncandidates + 1, sizeof(*procfs->nested));
	procfs->nnested = 0;
	procfs->nested_until_ns = now_ns + NESTED_NS;
	for (size_t i = 0; i < survey.ncandidates; i++) {
		const Candidate *process = &survey.candidates[i];
		if (process->postmaster && procfs_nested_pid(procfs, process->pid) != 0)
			procfs->nested[procfs->nnested++] = (NestedServer){process->pid, process->start_ticks};
	}
	free(survey.candidates);
}

/* Whether the postmaster has a child that has `pid` for itself and began then. */
static bool has_session(Procfs *procfs, int postmaster_pid, int pid, int64_t boot_s, int64_t start_us)
{
	rewinddir(procfs->root);
	int at;
	while ((at = procfs_next_pid(procfs->root)) > 0) {
		ProcSample sample = {0};
		if (procfs_read_stat(procfs, at, &sample) && sample.ppid == postmaster_pid &&
		    procfs_started_at(procfs, boot_s, sample.start_ticks, start_us) &&
		    procfs_has_server_title(procfs, at) && procfs_nested_pid(procfs, at) == pid)
			return true;
	}
	return false;
}

int local_servers_find_nested(Procfs *procfs, int backend_pid, int64_t backend_start_us, int64_t postmaster_start_us,
                              int64_t now_ns)
{
	if (procfs->nested_until_ns <= now_ns)
		list_nested(procfs, now_ns);
	int64_t boot_s = procfs->nnested > 0 ? procfs_boot_time(procfs) : -1;
	int found = 0;
	for (size_t i = 0; i < procfs->nnested; i++) {
		const NestedServer *server = &procfs->nested[i];
		ProcSample now = {0};
		if (!procfs_started_at(procfs, boot_s, server->start_ticks, postmaster_start_us) ||
		    !procfs_read_stat(procfs, server->pid, &now) || now.start_ticks != server->start_ticks ||
		    !has_session(procfs, server->pid, backend_pid, boot_s, backend_start_us))
			continue;
		if (found != 0)
			return -1;
		found = server->pid;
	}
	return found;
}

LocalServer *local_servers_find(Procfs *procfs, Arena *arena, const char *const *socket_dirs, size_t *count)
{
	Survey survey = {.procfs = procfs, .arena = arena};
	find_candidates(&survey);
	mark_postmasters(&survey);
	identify_postmasters(&survey);
	if (survey.nstrangers > 0)
		add_strangers(&survey, socket_dirs);
	LocalServer *servers = ARENA_ARRAY(arena, LocalServer, survey.nservers);
	if (survey.nservers > 0) {
		memcpy(servers, survey.servers, survey.nservers * sizeof(*servers));
		qsort(servers, survey.nservers, sizeof(*servers), compare_servers);
	}
	*count = survey.nservers;
	free(survey.candidates);
	free(survey.doors);
	free(survey.servers);
	return servers;
}
