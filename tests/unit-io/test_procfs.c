/* procfs on recorded trees in a temporary folder, and on the real /proc. */
#include "proc_tree_fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void only_a_folder_with_processes_is_a_proc(void **state)
{
	Err err = {""};
	assert_null(procfs_open("/nonexistent", &err));
	assert_non_null(strstr(err.text, "No such file"));
	assert_null(procfs_open("/usr", &err));
	assert_non_null(strstr(err.text, "no processes"));
	procfs_close(NULL);
	proc_reader_free(NULL);
}

/* ---- the postmaster of a session ------------------------------------------------------------------------------- */

static void a_session_is_local_only_if_pid_title_and_both_starts_match(void **state)
{
	long hz = sysconf(_SC_CLK_TCK);
	int64_t second = 1000000;
	put_stat(100, "postgres", 'S', 1, (unsigned)(50 * hz), 0);
	put_stat(102, "postgres", 'S', 100, (unsigned)(70 * hz), 0);
	put_pid(102, "cmdline", "postgres: mon postgres [local] idle");
	int64_t main_start = BOOT_S * second + 50 * second;
	int64_t backend_start = BOOT_S * second + 70 * second;
	Procfs *procfs = open_tree();
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start), 100);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start + 1900000, main_start - 1900000), 100);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start + 2100000, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start - 2100000, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start + 2100000), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start - 2100000), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, TIME_NONE, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, TIME_NONE), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 999, backend_start, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 0, backend_start, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, -1, backend_start, main_start), 0);
	put_pid(102, "cmdline", "vim postgres: mon");
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start), 0);
	procfs_close(procfs);
}

static void the_boot_time_is_found_in_a_stat_file_of_any_size(void **state)
{
	long hz = sysconf(_SC_CLK_TCK);
	put_stat(102, "postgres", 'S', 100, (unsigned)(50 * hz), 0);
	put_stat(100, "postgres", 'S', 1, (unsigned)(50 * hz), 0);
	char *text = malloc(300000);
	/* With a line longer than any buffer. */
	(void)snprintf(text, 300000, "cpu 1\nintr%*s0\nbtime %d\nprocesses 1\n", 200000, "", BOOT_S);
	put("stat", text);
	free(text);
	Procfs *procfs = open_tree();
	int64_t start = (BOOT_S + 50) * (int64_t)1000000;
	assert_int_equal(procfs_find_postmaster(procfs, 102, start, start), 100);
	put("stat", "cpu 1\n");
	assert_int_equal(procfs_find_postmaster(procfs, 102, start, start), 0);
	procfs_close(procfs);
}

static void why_a_session_is_not_seen_is_told_apart(void **state)
{
	Procfs *procfs = open_tree();
	assert_true(str_find(procfs_why_unseen(procfs, 999), STR("container or tunnel")) != SIZE_MAX);
	assert_true(str_find(procfs_why_unseen(procfs, 102), STR("container or tunnel")) != SIZE_MAX);
	remove_process(1);
	assert_true(str_find(procfs_why_unseen(procfs, 999), STR("hidden")) != SIZE_MAX);
	procfs_close(procfs);
}

static void the_disks_of_the_host_are_counted_in_bytes(void **state)
{
	Procfs *procfs = open_tree();
	assert_false(procfs_read_host(procfs, 5).known);
	put("vmstat", "nr_free_pages 1\npgpgin 7\n");
	assert_false(procfs_read_host(procfs, 5).known);
	put("vmstat", "nr_free_pages 1\npgpgin 7\npgpgout 11\npswpin 0\n");
	HostSample host = procfs_read_host(procfs, 5);
	assert_true(host.known && host.t_mono_ns == 5 && host.read_bytes == 7168 && host.write_bytes == 11264);
	procfs_close(procfs);
	procfs = open_real();
	host = procfs_read_host(procfs, 1);
	HostSample later = procfs_read_host(procfs, 2);
	assert_true(host.known && later.known && host.write_bytes > 0);
	assert_true(later.read_bytes >= host.read_bytes && later.write_bytes >= host.write_bytes);
	procfs_close(procfs);
}

static int make_listener(int family, int *port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
	if (family == AF_INET6)
		((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 5) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		close(fd);
		return -1;
	}
	/* The port stands at the same place in both. */
	*port = ntohs(((struct sockaddr_in *)&address)->sin_port); /* NOLINT: getsockname() has set it */
	return fd;
}

static void the_local_port_of_a_connection_is_found(void **state)
{
	Procfs *procfs = open_real();
	static const int families[] = {AF_INET, AF_INET6};
	for (size_t i = 0; i < 2; i++) {
		int port = 0;
		int listener = make_listener(families[i], &port);
		if (listener < 0)
			continue; /* no IPv6 here */
		struct sockaddr_storage address;
		socklen_t len = sizeof(address);
		assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
		assert_int_equal(procfs_tcp_local_port(procfs, getpid(), port), 0);
		int fd = socket(families[i], SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
		len = sizeof(address);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
		int want = ntohs(((struct sockaddr_in *)&address)->sin_port);
		assert_int_equal(procfs_tcp_local_port(procfs, getpid(), port), want);
		assert_int_equal(procfs_tcp_local_port(procfs, getpid(), 1), 0);
		assert_int_equal(procfs_tcp_local_port(procfs, 1 << 30, port), 0);
		pid_t other = spawn_writer(
			0); /* it has inherited nothing of this: all is close-on-exec, but it did not exec */
		assert_int_equal(procfs_tcp_local_port(procfs, other, port), want);
		end_child(other);
		close(fd);
		close(listener);
	}
	procfs_close(procfs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(only_a_folder_with_processes_is_a_proc),
		ON_TREE(a_session_is_local_only_if_pid_title_and_both_starts_match),
		ON_TREE(the_boot_time_is_found_in_a_stat_file_of_any_size),
		ON_TREE(why_a_session_is_not_seen_is_told_apart),
		ON_TREE(the_disks_of_the_host_are_counted_in_bytes),
		cmocka_unit_test(the_local_port_of_a_connection_is_found),
	};
	return cmocka_run_group_tests_name("procfs", tests, NULL, NULL);
}
