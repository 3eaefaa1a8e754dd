/* The servers of a host: on recorded trees, and on the real /proc. */
#include "collect/local_servers.h"
#include "proc_tree_fixture.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void put_postmaster_pid(int pid, int port, const char *directory, const char *address)
{
	char text[256];
	(void)snprintf(text, sizeof(text), "%d\n/data\n1795000050\n%d\n%s\n%s\n", pid, port, directory, address);
	put_pid(pid, "cwd/postmaster.pid", text);
}

typedef struct WantedServer {
	int pid;
	int port;
	const char *directory;
	const char *host;
} WantedServer;

static void assert_servers(const char *const *socket_dirs, const WantedServer *want, size_t count)
{
	Procfs *procfs = open_tree();
	Arena arena = {0};
	size_t n = 99;
	const LocalServer *servers = local_servers_find(procfs, &arena, socket_dirs, &n);
	for (size_t i = 0; i < n; i++)
		print_message("# %d port %d %.*s %.*s\n", servers[i].postmaster_pid, servers[i].port,
		              STR_ARG(servers[i].socket_directory), STR_ARG(servers[i].listen_host));
	assert_int_equal(n, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(servers[i].postmaster_pid, want[i].pid);
		assert_int_equal(servers[i].start_ticks != 0, want[i].pid != 0);
		assert_int_equal(servers[i].port, want[i].port);
		assert_str(servers[i].socket_directory, want[i].directory);
		assert_str(servers[i].listen_host, want[i].host);
	}
	arena_free(&arena);
	procfs_close(procfs);
}
#define ASSERT_SERVERS(dirs, want) assert_servers(dirs, want, sizeof(want) / sizeof((want)[0]))
static const char *const no_dirs[] = {NULL};

static void servers_are_found_by_their_postmaster_pid(void **state)
{
	put_postmaster_pid(100, 5433, "/run/pg", "*");
	put_process(200, 1, 1, "/usr/bin/postmaster");
	put_stat(200, "postmaster", 'S', 1, 1, 0);
	put_process(201, 200, 2, "postgres: walwriter");
	put_stat(201, "postmaster", 'S', 200, 1, 0);
	put_postmaster_pid(200, 5432, "", "localhost");
	put_process(300, 1, 3, "postgres -D x");
	put_process(301, 300, 3, "postgres: logger");
	put_postmaster_pid(300, 5434, "relative", "::");
	static const WantedServer want[] = {
		{200, 5432, NULL, "localhost"},
		{100, 5433, "/run/pg", "127.0.0.1"},
		{300, 5434, NULL, "::1"},
	};
	ASSERT_SERVERS(no_dirs, want);
}

static void what_only_looks_like_a_server_is_not_listed(void **state)
{
	put_postmaster_pid(100, 5433, "/run/pg", "*");
	put_process(200, 1, 1, "postgres --single"); /* no children */
	put_postmaster_pid(200, 5440, "/x", "*");
	put_process(300, 1, 1, "postgres"); /* children without a title */
	put_process(301, 300, 1, "postgres -D x");
	put_postmaster_pid(300, 5441, "/x", "*");
	put_process(400, 1, 1, "postgres"); /* in a container */
	put_process(401, 400, 1, "postgres: logger");
	put_pid(400, "status", "Name:\tpostgres\nNSpid:\t400\t1\n");
	put_postmaster_pid(400, 5442, "/x", "*");
	put_process(500, 1, 1, "vim"); /* another program */
	put_stat(500, "vim", 'S', 1, 1, 0);
	put_process(501, 500, 1, "postgres: logger");
	put_postmaster_pid(500, 5443, "/x", "*");
	put_process(600, 101, 1, "postgres: x"); /* a child's child */
	put_process(601, 600, 1, "postgres: y");
	put_pid(100, "status", "Name:\tpostgres\nNSpid:\t100\n");
	static const WantedServer want[] = {{100, 5433, "/run/pg", "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
}

static void put_tcp(const char *rows)
{
	char text[2048];
	(void)snprintf(text, sizeof(text), "  sl  local_address rem_address   st ...\n%s", rows);
	put("net/tcp", text);
}

#define LISTEN "00000000:0000 0A 00000000:00000000 00:00000000 00000000 %u 0 %d 1\n"

static void a_server_of_another_user_is_found_by_its_arguments(void **state)
{
	static const char args[] = "/usr/bin/postgres\0-D\0/nonexistent\0-p\0005455\0-k\0/some/where\0-h\0*\0";
	put_bytes("100/cmdline", args, sizeof(args));
	static const WantedServer want[] = {{100, 5455, "/some/where", "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
}

static void a_data_directory_in_the_arguments_is_read_if_it_may_be(void **state)
{
	put("data/postmaster.pid", "100\n/data\n1795000050\n5456\n/run/pg\n127.0.0.1\n");
	char args[256];
	int len = snprintf(args, sizeof(args), "postgres%c-D%c%s/data", 0, 0, root);
	put_bytes("100/cmdline", args, (size_t)len);
	static const WantedServer want[] = {{100, 5456, "/run/pg", "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
	/* Not if it is another process's: a stale file, or another mount namespace. */
	put("data/postmaster.pid", "99\n/data\n1795000050\n5456\n/run/pg\n127.0.0.1\n");
	assert_servers(no_dirs, NULL, 0);
}

static void a_server_of_another_user_is_found_by_his_only_port(void **state)
{
	char rows[512];
	uint32_t ip = htonl(INADDR_LOOPBACK);
	uint32_t other = inet_addr("10.1.2.3");
	(void)snprintf(rows, sizeof(rows), "0: %08X:1538 " LISTEN "1: %08X:1539 " LISTEN "2: %08X:1538 " LISTEN,
	               (unsigned)ip, (unsigned)getuid(), 7, (unsigned)ip, (unsigned)getuid() + 1, 8, (unsigned)other,
	               (unsigned)getuid(), 9);
	put_tcp(rows);
	static const WantedServer want[] = {{100, 5432, NULL, "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
	/* A second server: nobody can tell which of the two it is. */
	put_process(200, 1, 1, "postgres");
	put_process(201, 200, 1, "postgres: logger");
	static const WantedServer two[] = {{0, 5432, NULL, "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, two);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", root, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void sockets_tell_servers_from_other_programs_of_that_user(void **state)
{
	char rows[512];
	(void)snprintf(rows, sizeof(rows), "0: 00000000:1538 " LISTEN "1: 00000000:1F48 " LISTEN, (unsigned)getuid(), 7,
	               (unsigned)getuid(), 8); /* 5432, and Patroni's 8008 */
	put_tcp(rows);
	put("socks/other", "");
	put("socks/.s.PGSQL.5499", "no socket");
	make_socket("socks/.s.PGSQL.5432");
	char dir[96];
	(void)snprintf(dir, sizeof(dir), "%s/socks", root);
	const char *const dirs[] = {"/nonexistent", dir, NULL};
	const WantedServer want[] = {{100, 5432, dir, "127.0.0.1"}};
	ASSERT_SERVERS(dirs, want);
	/* A socket in a folder that only the kernel's table names. */
	put("elsewhere/x", "");
	make_socket("elsewhere/.s.PGSQL.5460");
	char text[512];
	char elsewhere[96];
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", root);
	(void)snprintf(text, sizeof(text),
	               "Num RefCount Protocol Flags Type St Inode Path\n0: 00000002 00000000 00010000 0001 01 163533 "
	               "%s/.s.PGSQL.5460\n0: 00000002 00000000 00010000 0001 01 163534 %s/.s.PGSQL.5461\n",
	               elsewhere, elsewhere);
	put("net/unix", text);
	const WantedServer two[] = {{0, 5432, dir, "127.0.0.1"}, {0, 5460, elsewhere, NULL}};
	ASSERT_SERVERS(dirs, two);
}

static void the_real_host_is_surveyed_without_leaks(void **state)
{
	Procfs *procfs = open_real();
	size_t before = open_descriptors();
	Arena arena = {0};
	size_t count = 0;
	assert_non_null(local_servers_find(procfs, &arena, NULL, &count));
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(procfs_find_postmaster(procfs, getpid(), 0, 0), 0);
	arena_free(&arena);
	procfs_close(procfs);
}

/* Two servers in containers, alike in all but what `second_start` says, with a session that is process 31 of each. */
static void put_containers(long second_start)
{
	long hz = sysconf(_SC_CLK_TCK);
	for (int k = 0; k < 2; k++) {
		int pid = 200 + 100 * k;
		char text[64];
		put_process(pid, 1, (unsigned)((k ? second_start : 50) * hz), "/usr/bin/postgres");
		put_process(pid + 1, pid, (unsigned)(70 * hz), "postgres: mon postgres 10.0.0.1(4000) idle");
		(void)snprintf(text, sizeof(text), "Name:\tpostgres\nNSpid:\t%d\t1\n", pid);
		put_pid(pid, "status", text);
		(void)snprintf(text, sizeof(text), "Name:\tpostgres\nNSpid:\t%d\t31\n", pid + 1);
		put_pid(pid + 1, "status", text);
	}
}

static void a_session_of_a_container_is_found_by_its_own_number(void **state)
{
	int64_t main_start = (BOOT_S + 50) * (int64_t)1000000, start = (BOOT_S + 70) * (int64_t)1000000;
	put_containers(60);
	Procfs *procfs = open_tree();
	assert_int_equal(local_servers_find_nested(procfs, 31, start, main_start, 0), 200);
	assert_int_equal(local_servers_find_nested(procfs, 31, start, main_start + 10000000, 0), 300);
	assert_int_equal(local_servers_find_nested(procfs, 32, start, main_start, 0), 0);
	assert_int_equal(local_servers_find_nested(procfs, 201, start, main_start, 0), 0);
	assert_int_equal(local_servers_find_nested(procfs, 31, start + 3000000, main_start, 0), 0);
	assert_int_equal(local_servers_find_nested(procfs, 31, start, main_start + 3000000, 0), 0);
	assert_int_equal(local_servers_find_nested(procfs, 31, TIME_NONE, main_start, 0), 0);
	/* Its process for us is not one of ours with that number. */
	assert_int_equal(procfs_find_postmaster(procfs, 31, start, main_start), 0);
	put_pid(201, "cmdline", "vim postgres: mon");
	assert_int_equal(local_servers_find_nested(procfs, 31, start, main_start, 0), 0);
	procfs_close(procfs);
}

static void of_two_containers_that_are_alike_none_is_taken(void **state)
{
	int64_t main_start = (BOOT_S + 50) * (int64_t)1000000, start = (BOOT_S + 70) * (int64_t)1000000;
	put_containers(51);
	Procfs *procfs = open_tree();
	assert_int_equal(local_servers_find_nested(procfs, 31, start, main_start, 0), -1);
	/* One ends; the list of servers is not made anew for a while, but the other's pid is no server of then any more. */
	put_stat(300, "postgres", 'S', 1, 99, 0);
	assert_int_equal(local_servers_find_nested(procfs, 31, start, main_start, 1), 200);
	procfs_close(procfs);
}

static void servers_of_our_own_namespace_are_not_nested(void **state)
{
	long hz = sysconf(_SC_CLK_TCK);
	put_stat(100, "postgres", 'S', 1, (unsigned)(50 * hz), 0);
	put_stat(102, "postgres", 'S', 100, (unsigned)(70 * hz), 0);
	put_pid(100, "status", "NSpid:\t100\n");
	put_pid(102, "status", "NSpid:\t102\n");
	Procfs *procfs = open_tree();
	assert_int_equal(local_servers_find_nested(procfs, 102, (BOOT_S + 70) * (int64_t)1000000,
	                                           (BOOT_S + 50) * (int64_t)1000000, 0),
	                 0);
	procfs_close(procfs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(servers_are_found_by_their_postmaster_pid),
		ON_TREE(what_only_looks_like_a_server_is_not_listed),
		ON_TREE(a_server_of_another_user_is_found_by_its_arguments),
		ON_TREE(a_data_directory_in_the_arguments_is_read_if_it_may_be),
		ON_TREE(a_server_of_another_user_is_found_by_his_only_port),
		ON_TREE(sockets_tell_servers_from_other_programs_of_that_user),
		cmocka_unit_test(the_real_host_is_surveyed_without_leaks),
		ON_TREE(a_session_of_a_container_is_found_by_its_own_number),
		ON_TREE(of_two_containers_that_are_alike_none_is_taken),
		ON_TREE(servers_of_our_own_namespace_are_not_nested),
	};
	return cmocka_run_group_tests_name("local_servers", tests, NULL, NULL);
}
