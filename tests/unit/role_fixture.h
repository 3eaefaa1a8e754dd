#ifndef PGREPLTOP_TESTS_UNIT_ROLE_FIXTURE_H
#define PGREPLTOP_TESTS_UNIT_ROLE_FIXTURE_H
/* A primary and its standby with processes, and what is said of them. Include cmocka before it. */
#include "model/report.h"
#include "snapshot_fixture.h"

#define MB (INT64_C(1024) * 1024)
#define SEG(n) "0000000100000000000000" n

enum { PROCESSES = 16, PRIMARY = 0, STANDBY = 1, STANDBY_PID = 50 };

typedef struct Server {
	Activity activity[PROCESSES];
	size_t nactivity;
	ProcSample procs[PROCESSES];
	ProcTable table;
	NodeRoles roles;
	NodeIdentity identity;
} Server;

typedef struct Scene {
	Snapshot *snapshot;
	Server servers[2];
	const Report *report;
} Scene;

/* Of a server that archives nothing and tells nothing else. */
NodeRoles plain_roles(void);
NodeSample *sample_of(const Scene *s, int node);
NodeRoles *roles_of(Scene *s, int node);
/* A process that the server lists; those of one node in the order of their pids. */
void add_process(Scene *s, int node, int pid, const char *type, const char *wait_type, const char *wait);
/* What /proc shows of a process: its type and the words of its title. */
void add_title(Scene *s, int node, int pid, const char *type, const char *at, const char *wal_file);
/* 1923 at 0/5000000 feeds 1921, which replayed up to 0/4000000. */
void scene_init(Scene *s, int major);
/* Builds s->report; set it to NULL after a change, and the next assertion does. */
void derive(Scene *s);
void scene_end(Scene *s);
/* So long before the servers answered, in microseconds since the epoch. */
int64_t ago(const Scene *s, int seconds);
const RoleRow *find_role(const Scene *s, int node, const char *process);
void assert_role(Scene *s, int node, const char *process, int pid, RowHealth health, const char *text);
void assert_no_role(Scene *s, int node, const char *process);

#endif
