#include "collect/sockdiag.h"
#include "collect/trust.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the other end of a socket ----------------------------------------------------------------------------------- */

/* A process of that title which holds `fd` until *input, its standard input, is closed. */
static pid_t start_holder(const char *title, int fd, int *input)
{
	int in[2], ready[2];
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(in[0], 0);
		close(in[1]);
		(void)dup2(fd, 9);
		execl("/bin/cat", title, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(ready[1]);
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 0); /* it closes when the other program runs */
	close(ready[0]);
	*input = in[1];
	return pid;
}

static void end_holder(pid_t pid, int input)
{
	close(input);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void the_wal_sender_at_the_other_end_is_found_by_its_title(void **state)
{
	static const struct {
		const char *title;
		int found;
	} cases[] = {
		{"postgres: walsender rep [local] streaming 0/3000060", 1},
		{"postgres: a b: walsender rep [local]", 1},
		{"postgres: wal sender process rep [local] streaming 0/3000060", 1},
		{"postgres: rep postgres [local] idle", 0},
		{"cat walsender", 0},
	};
	int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	if (netlink < 0)
		skip(); /* a kernel that cannot be asked */
	close(netlink);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int ends[2], input;
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
		pid_t holder = start_holder(cases[i].title, ends[1], &input);
		close(ends[1]);
		int found = sockdiag_wal_sender("/proc", getpid());
		assert_int_equal(found, cases[i].found ? holder : 0);
		end_holder(holder, input);
		assert_int_equal(sockdiag_wal_sender("/proc", getpid()), 0);
		close(ends[0]);
	}
}

static void without_proc_or_process_nobody_is_found(void **state)
{
	assert_int_equal(sockdiag_wal_sender("/nonexistent", getpid()), 0);
	assert_int_equal(sockdiag_wal_sender("/proc", 0), 0);
}

/* ---- trust ------------------------------------------------------------------------------------------------------- */

static void write_status(const char *root, int pid, const char *uids)
{
	char path[256];
	(void)snprintf(path, sizeof path, "%s/%d", root, pid);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof path, "%s/%d/status", root, pid);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	(void)fprintf(out, "Name:\tpostgres\nState:\tS (sleeping)\n%sGid:\t0\t0\t0\t0\n", uids);
	(void)fclose(out);
}

static void root_ourselves_and_the_user_of_a_known_server_are_trusted(void **state)
{
	char root[] = "/tmp/pgrepltop-trust.XXXXXX", text[128];
	assert_non_null(mkdtemp(root));
	unsigned us = geteuid();
	write_status(root, 1, "Uid:\t0\t0\t0\t0\n");
	(void)snprintf(text, sizeof text, "Uid:\t%u\t%u\t%u\t%u\n", us, us, us, us);
	write_status(root, 2, text);
	write_status(root, 3, "Uid:\t70001\t70001\t70001\t70001\n"); /* the server that let us in */
	write_status(root, 4, "Uid:\t70001\t70001\t70001\t70001\n");
	write_status(root, 5, "Uid:\t70002\t70002\t70002\t70002\n");
	write_status(root, 6, "Uid:\t70002\t0\t0\t0\n"); /* on its way to be somebody else */
	write_status(root, 7, "");
	static const struct {
		int pid, known, trusted;
	} cases[] = {
		{1, 0, 1}, {2, 0, 1}, {4, 0, 0}, {4, 3, 1}, {5, 3, 0}, {6, 3, 0},
		{7, 3, 0}, {0, 3, 0}, {0, 0, 0}, {9, 3, 0}, {4, 9, 0}, {4, 7, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(trust_postmaster(root, cases[i].pid, cases[i].known), cases[i].trusted);
	for (int pid = 1; pid <= 7; pid++) {
		(void)snprintf(text, sizeof text, "%s/%d/status", root, pid);
		assert_int_equal(unlink(text), 0);
		(void)snprintf(text, sizeof text, "%s/%d", root, pid);
		assert_int_equal(rmdir(text), 0);
	}
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wal_sender_at_the_other_end_is_found_by_its_title),
		cmocka_unit_test(without_proc_or_process_nobody_is_found),
		cmocka_unit_test(root_ourselves_and_the_user_of_a_known_server_are_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
