#ifndef PGREPLTOP_TESTS_PROC_TREE_FIXTURE_H
#define PGREPLTOP_TESTS_PROC_TREE_FIXTURE_H
/* A /proc in a temporary folder, and children of the test for the real one. */
#include "collect/proc_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern char root[64]; /* of the running test's tree */

#define WAL "/srv/pg/data/pg_wal/" /* where links to segments lead */
#define BOOT_S 1795000000

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_root)

void put_bytes(const char *path, const void *bytes, size_t len);
void put(const char *path, const char *text);
void overwrite(const char *path, const char *text); /* in place: a kept descriptor sees it */
void put_pid(int pid, const char *file, const char *text);
void put_stat(int pid, const char *name, char run_state, int ppid, unsigned ticks, unsigned blkio);
void put_io(int pid, unsigned wchar);
void put_fd(int pid, int fd, const char *target, long pos); /* target NULL: it is closed */
void put_process(int pid, int ppid, unsigned ticks, const char *title);
void remove_tree(const char *path);
void remove_process(int pid);
int make_tree(void **state);
int remove_root(void **state);
size_t open_descriptors(void);
Procfs *open_tree(void);
const ProcSample *row_of(const ProcTable *table, int pid);
void assert_str(Str got, const char *want);
pid_t spawn_writer(size_t bytes);
void end_child(pid_t pid);
Procfs *open_real(void);

#endif
