#include "collect/proc_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_str(Str got, const char *want)
{
	if (!want) {
		assert_true(str_is_none(got));
		return;
	}
	if (str_is_none(got) || !str_eq(got, str_from(want)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(got), want);
}

/* ---- stat ------------------------------------------------------------------------------------------------------ */

/* Behind the name: fields 3 to 52. */
#define STAT_TAIL \
	" S 25320 25330 25330 0 -1 4194560 2657 35937 0 39 11 22 19 7 20 0 1 0 165998 5124096 955 18446744073709551615 " \
	"94193984364544 94193985153949 140735043996688 0 0 0 65536 4 1132560123 1 0 0 17 1 0 0 77 0 0 94193985387248 " \
	"94193985435492 94194554175488 140735044000569 140735044000584 140735044000584 140735044001770 0\n"

static void a_stat_line_gives_its_fields(void **state)
{
	ProcSample s = {0};
	assert_true(proc_parse_stat(STR("25334 (postgres)" STAT_TAIL), &s));
	assert_int_equal(s.pid, 25334);
	assert_int_equal(s.ppid, 25320);
	assert_int_equal(s.run_state, 'S');
	assert_int_equal(s.cpu_ticks, 33);
	assert_int_equal(s.start_ticks, 165998);
	assert_int_equal(s.blkio_ticks, 77);
}

static void a_name_may_hold_anything(void **state)
{
	static const char *const names[] = {
		"",     " ",  "a b",      ")",        "(",     "))((", "x) S 1 2", ") Z 1 1 1 (",
		"a\nb", "\n", "\xff\xfe", "(sd-pam)", "S 1 1",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[1024];
		(void)snprintf(text, sizeof(text), "7 (%s)%s", names[i], STAT_TAIL);
		ProcSample s = {0};
		Str name;
		assert_true(proc_parse_stat(str_from(text), &s));
		assert_int_equal(s.pid, 7);
		assert_int_equal(s.ppid, 25320);
		assert_int_equal(s.start_ticks, 165998);
		assert_true(proc_parse_stat_name(str_from(text), &name));
		assert_str(name, names[i]);
		assert_false(proc_parse_stat_exiting(str_from(text)));
	}
}

static void a_cut_stat_line_is_refused_and_changes_nothing(void **state)
{
	Str whole = STR("25334 (postgres)" STAT_TAIL);
	size_t end = str_find(whole, STR("77 ")) + 2; /* field 42; with nothing behind it, it may be 770 */
	for (size_t len = 0; len <= end; len++) {
		/* A copy of just that size, so that a read beyond it is seen. */
		char *text = malloc(len ? len : 1);
		memcpy(text, whole.data, len);
		ProcSample s = {.pid = 42, .ppid = 43, .run_state = '?'};
		assert_false(proc_parse_stat((Str){text, len}, &s));
		assert_int_equal(s.pid, 42);
		assert_int_equal(s.ppid, 43);
		assert_int_equal(s.run_state, '?');
		(void)proc_parse_stat_exiting((Str){text, len});
		free(text);
	}
	ProcSample s = {0};
	assert_true(proc_parse_stat(str_sub(whole, 0, end + 1), &s));
}

static void nonsense_is_no_stat_line(void **state)
{
	static const char *const texts[] = {
		"",
		"()",
		")(",
		"1 (x)",
		"x (postgres)" STAT_TAIL,
		"-1 (postgres)" STAT_TAIL,
		"0 (postgres)" STAT_TAIL,
		"99999999999 (postgres)" STAT_TAIL,
		" (postgres)" STAT_TAIL,
		"1 (x) SS 1 1 1",
		"1 (x) S -5 1 1",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ProcSample s = {0};
		assert_false(proc_parse_stat(str_from(texts[i]), &s));
	}
	ProcSample s = {0};
	Str name;
	assert_false(proc_parse_stat(STR_NONE, &s));
	assert_false(proc_parse_stat_name(STR_NONE, &name));
	assert_false(proc_parse_stat_exiting(STR_NONE));
}

static void an_exiting_process_is_known_by_state_or_flag(void **state)
{
	assert_true(proc_parse_stat_exiting(STR("1 (x) Z 1 1 1 0 -1 4194560 0")));
	assert_true(proc_parse_stat_exiting(STR("1 (x) X 1 1 1 0 -1 4194560 0")));
	assert_true(proc_parse_stat_exiting(STR("1 (x) R 1 1 1 0 -1 4194564 0"))); /* PF_EXITING */
	assert_false(proc_parse_stat_exiting(STR("1 (x) R 1 1 1 0 -1 4194560 0")));
	assert_false(proc_parse_stat_exiting(STR("1 (x) R 1 1 1")));
}

/* ---- io, cmdline, btime, status -------------------------------------------------------------------------------- */

static void io_gives_the_four_counters(void **state)
{
	ProcIo io = {0};
	assert_true(
		proc_parse_io(STR("rchar: 5253704\nwchar: 18446744073709551615\nsyscr: 10\nsyscw: 3\nread_bytes: 4096\n"
	                          "write_bytes: 8192\ncancelled_write_bytes: 1\n"),
	                      &io));
	assert_int_equal(io.rchar, 5253704);
	assert_true(io.wchar == UINT64_MAX);
	assert_int_equal(io.read_bytes, 4096);
	assert_int_equal(io.write_bytes, 8192);
}

static void a_cut_or_strange_io_is_refused_and_changes_nothing(void **state)
{
	Str whole = STR("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 66\n");
	ProcIo io = {.rchar = 9};
	for (size_t len = 0; len < whole.len; len++)
		assert_false(proc_parse_io(str_sub(whole, 0, len), &io));
	assert_true(proc_parse_io(whole, &(ProcIo){0}));
	assert_false(proc_parse_io(STR_NONE, &io));
	assert_false(proc_parse_io(STR("rchar: -1\nwchar: 2\nread_bytes: 5\nwrite_bytes: 66\n"), &io));
	assert_false(
		proc_parse_io(STR("rchar: 18446744073709551616\nwchar: 2\nread_bytes: 5\nwrite_bytes: 66\n"), &io));
	assert_false(proc_parse_io(STR("rchar:\nwchar: 2\nread_bytes: 5\nwrite_bytes: 66\n"), &io));
	assert_int_equal(io.rchar, 9);
}

static void a_command_line_loses_nuls_and_runs_of_spaces(void **state)
{
	static const struct {
		Str text;
		const char *want;
	} cases[] = {
		{STR_INIT("postgres: walreceiver   streaming 0/2032BE8\0\0\0\0"),
	         "postgres: walreceiver streaming 0/2032BE8"},
		{STR_INIT("/usr/bin/postgres\0-D\0/data\0"), "/usr/bin/postgres -D /data"},
		{STR_INIT("postgres: wal writer process   "), "postgres: wal writer process"},
		{STR_INIT("a\0 \0 b"), "a b"},
		{STR_INIT(" a"), " a"},
		{STR_INIT("\0\0"), ""},
		{STR_INIT(""), ""},
		{{NULL, 0}, ""},
		{STR_INIT("a\nb\t\033[1m"), "a\nb\t\033[1m"},
	};
	Arena arena = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_str(proc_parse_cmdline(&arena, cases[i].text), cases[i].want);
	arena_free(&arena);
}

static void a_huge_command_line_is_taken_and_its_padding_costs_nothing(void **state)
{
	enum { SIZE = 65536 };
	static char text[SIZE];
	Arena arena = {0};
	(void)snprintf(text, SIZE, "postgres: x");
	assert_str(proc_parse_cmdline(&arena, (Str){text, SIZE}), "postgres: x");
	assert_true(arena_capacity(&arena) <= 8192);
	memset(text + 11, 'y', SIZE - 11);
	Str whole = proc_parse_cmdline(&arena, (Str){text, SIZE});
	assert_int_equal(whole.len, SIZE);
	ProcTitle title;
	assert_true(proc_parse_title(whole, STR_NONE, &title));
	memset(text + 11, ' ', SIZE - 11);
	assert_str(proc_parse_cmdline(&arena, (Str){text, SIZE}), "postgres: x");
	for (size_t i = 11; i < SIZE; i++) /* as many words as it can hold: nothing may take their square */
		text[i] = i % 2 ? ':' : ' ';
	assert_true(proc_parse_title((Str){text, SIZE}, STR_NONE, &title));
	arena_free(&arena);
}

static void btime_is_found_behind_the_other_lines(void **state)
{
	int64_t seconds = -1;
	assert_true(proc_parse_btime(STR("cpu  1 2 3\nintr 5 0 0\nctxt 9\nbtime 1795262000\nprocesses 5\n"), &seconds));
	assert_int_equal(seconds, 1795262000);
	seconds = -1;
	assert_false(proc_parse_btime(STR("cpu  1 2 3\nbtime 17952"), &seconds));
	assert_false(proc_parse_btime(STR("btime x\n"), &seconds));
	assert_false(proc_parse_btime(STR("btime -4\n"), &seconds));
	assert_false(proc_parse_btime(STR("btime 9223372036854775807\n"), &seconds));
	assert_false(proc_parse_btime(STR_NONE, &seconds));
	assert_int_equal(seconds, -1);
}

static void a_process_of_another_pid_namespace_has_two_pids(void **state)
{
	assert_false(proc_parse_nested_pid(STR("Name:\tpostgres\nNSpid:\t25334\nNSpgid:\t25334\n")));
	assert_int_equal(proc_parse_nested_pid(STR("Name:\tpostgres\nNSpid:\t25334\t31\nNSpgid:\t25334\t31\n")), 31);
	assert_int_equal(proc_parse_nested_pid(STR("NSpid:\t25334\t31\t7\n")), 7);
	assert_int_equal(proc_parse_nested_pid(STR("NSpid:\t25334\tx\n")), 0);
	assert_false(proc_parse_nested_pid(STR("Name:\tpostgres\n")));
	assert_false(proc_parse_nested_pid(STR_NONE));
}

/* ---- sockets --------------------------------------------------------------------------------------------------- */

/* An address as the kernel prints it: each word as this machine reads its bytes. */
static const char *kernel_hex(const uint8_t *bytes, size_t len)
{
	static char text[40];
	for (size_t i = 0; i < len; i += 4) {
		uint32_t word;
		memcpy(&word, bytes + i, 4);
		(void)snprintf(text + i * 2, sizeof(text) - i * 2, "%08X", (unsigned)word);
	}
	return text;
}

static void tcp_lines_give_ports_owner_and_inode(void **state)
{
	static const struct {
		bool v6;
		uint8_t address[16];
		const char *behind;
		bool listening, established, any, loopback;
	} cases[] = {
		{false, {127, 0, 0, 1}, "00000000:0000 0A", true, false, false, true},
		{false, {127, 9, 9, 9}, "0100007F:1538 01", false, true, false, true},
		{false, {0}, "00000000:0000 0A", true, false, true, false},
		{false, {10, 0, 0, 7}, "0100000A:1538 06", false, false, false, false},
		{true, {0}, "00000000000000000000000000000000:0000 0A", true, false, true, false},
		{true, {[15] = 1}, "00000000000000000000000000000000:0000 0A", true, false, false, true},
		{true,
	         {[10] = 0xFF, 0xFF, 127, 0, 0, 1},
	         "0000000000000000FFFF00000100007F:1538 01",
	         false,
	         true,
	         false,
	         true},
		{true,
	         {[10] = 0xFF, 0xFF, 10, 0, 0, 1},
	         "0000000000000000FFFF00000100007F:1538 01",
	         false,
	         true,
	         false,
	         false},
		{true, {0xFE, 0x80, [15] = 9}, "00000000000000000000000000000000:0000 0A", true, false, false, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = cases[i].v6 ? 16 : 4;
		char line[256];
		(void)snprintf(
			line, sizeof(line),
			"  12: %s:DD3E %s 00000000:00000000 00:00000000 00000000   104        0 163533 1 0000 100 0 0 10",
			kernel_hex(cases[i].address, len), cases[i].behind);
		TcpEntry e;
		assert_true(proc_parse_tcp_line(str_from(line), cases[i].v6, &e));
		assert_int_equal(e.local_port, 56638);
		assert_int_equal(e.uid, 104);
		assert_int_equal(e.inode, 163533);
		assert_memory_equal(e.local_address, cases[i].address, 16);
		assert_int_equal(e.v6, cases[i].v6);
		assert_int_equal(e.listening, cases[i].listening);
		assert_int_equal(e.established, cases[i].established);
		assert_int_equal(e.local_any, cases[i].any);
		assert_int_equal(e.local_loopback, cases[i].loopback);
		assert_int_equal(e.remote_port, cases[i].established ? 5432 : cases[i].listening ? 0 : 5432);
		assert_false(proc_parse_tcp_line(str_from(line), !cases[i].v6, &e));
	}
}

static void what_is_no_tcp_line_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
		"   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   104        0",
		"   0: 0100007F:15380 00000000:0000 0A 0:0 00:0 0 104 0 9",
		"   0: 0100007G:1538 00000000:0000 0A 0:0 00:0 0 104 0 9",
		"   0: 0100007F:1538 00000000:0000 ZZ 0:0 00:0 0 104 0 9",
		"   0: 0100007F:1538 00000000:0000 0A 0:0 00:0 0 -1 0 9",
		"   0: 0100007F:1538 00000000:0000 0A 0:0 00:0 0 4294967296 0 9",
	};
	TcpEntry e = {.inode = 5};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_false(proc_parse_tcp_line(str_from(lines[i]), false, &e));
		assert_false(proc_parse_tcp_line(str_from(lines[i]), true, &e));
	}
	assert_false(proc_parse_tcp_line(STR_NONE, false, &e));
	assert_int_equal(e.inode, 5);
}

static void unix_lines_give_the_path_of_listening_sockets(void **state)
{
	Str path;
	assert_true(proc_parse_unix_line(STR("0000000000000000: 00000002 00000000 00010000 0001 01 163533 "
	                                     "/var/run/my dir/.s.PGSQL.5432"),
	                                 &path));
	assert_str(path, "/var/run/my dir/.s.PGSQL.5432");
	assert_true(proc_parse_unix_line(STR("0: 2 0 00010000 0001 01 7 @/tmp/.s.PGSQL.5432"), &path));
	assert_str(path, "@/tmp/.s.PGSQL.5432");
	static const char *const lines[] = {
		"",
		"Num       RefCount Protocol Flags    Type St Inode Path",
		"0000000000000000: 00000003 00000000 00000000 0001 03 163533 /var/run/postgresql/.s.PGSQL.5432",
		"0000000000000000: 00000002 00000000 00010000 0001 01 163533",
		"0000000000000000: 00000002 00000000 00010000 0001 01 163533 ",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(proc_parse_unix_line(str_from(lines[i]), &path));
}

static void socket_names_give_the_port(void **state)
{
	assert_int_equal(proc_parse_socket_name(STR(".s.PGSQL.5432")), 5432);
	assert_int_equal(proc_parse_socket_name(STR(".s.PGSQL.1")), 1);
	assert_int_equal(proc_parse_socket_name(STR(".s.PGSQL.65535")), 65535);
	assert_int_equal(proc_parse_socket_name(STR(".s.PGSQL.65536")), 0);
	assert_int_equal(proc_parse_socket_name(STR(".s.PGSQL.0")), 0);
	assert_int_equal(proc_parse_socket_name(STR(".s.PGSQL.")), 0);
	assert_int_equal(proc_parse_socket_name(STR(".s.PGSQL.5432.lock")), 0);
	assert_int_equal(proc_parse_socket_name(STR("s.PGSQL.5432")), 0);
	assert_int_equal(proc_parse_socket_name(STR_NONE), 0);
}

/* ---- the postmaster's file and arguments ----------------------------------------------------------------------- */

static void postmaster_pid_gives_its_lines(void **state)
{
	PostmasterPid p;
	assert_true(proc_parse_postmaster_pid(
		STR("25330\n/var/lib/postgresql/15/my main\n1795262745\n31872\n/tmp/s\n127.0.0.1\n 393223  11\nready   \n"),
		&p));
	assert_int_equal(p.pid, 25330);
	assert_str(p.data_directory, "/var/lib/postgresql/15/my main");
	assert_int_equal(p.start_time, 1795262745);
	assert_int_equal(p.port, 31872);
	assert_str(p.socket_directory, "/tmp/s");
	assert_str(p.listen_address, "127.0.0.1");
}

static void a_postmaster_pid_that_is_being_written_has_holes(void **state)
{
	PostmasterPid p;
	assert_true(proc_parse_postmaster_pid(STR("25330\n/data\n1795262745\n543"), &p));
	assert_int_equal(p.port, 0);
	assert_str(p.socket_directory, NULL);
	assert_true(proc_parse_postmaster_pid(STR("25330\n/data\n1795262745\n5432\n\n"), &p));
	assert_int_equal(p.port, 5432);
	assert_str(p.socket_directory, NULL);
	assert_str(p.listen_address, NULL);
	assert_true(proc_parse_postmaster_pid(STR("25330\n"), &p));
	assert_str(p.data_directory, NULL);
	assert_int_equal(p.start_time, 0);
	p.pid = 5;
	assert_false(proc_parse_postmaster_pid(STR("2533"), &p));
	assert_false(proc_parse_postmaster_pid(STR("-2533\n/data\n"), &p)); /* a standalone backend */
	assert_false(proc_parse_postmaster_pid(STR("x\n"), &p));
	assert_false(proc_parse_postmaster_pid(STR(""), &p));
	assert_false(proc_parse_postmaster_pid(STR_NONE, &p));
	assert_int_equal(p.pid, 5);
}

static void the_postmasters_arguments_are_read_as_it_reads_them(void **state)
{
	static const struct {
		Str cmdline;
		const char *data_directory;
		int port;
		const char *socket_directory;
		const char *listen_address;
	} cases[] = {
		{STR_INIT("/usr/lib/postgresql/15/bin/postgres\0-D\0/data\0"), "/data", 0, NULL, NULL},
		{STR_INIT("postgres\0-D/data\0-p5433\0-k/run\0-hhost\0"), "/data", 5433, "/run", "host"},
		{STR_INIT("postgres\0-i\0-ip\0005433\0-N\00020\0"), NULL, 5433, NULL, NULL},
		{STR_INIT("postgres\0-p\0005433\0-p\0005434\0"), NULL, 5434, NULL, NULL},
		{STR_INIT("postgres\0-c\0port=5435\0-cdata_directory=/d d\0"), "/d d", 5435, NULL, NULL},
		{STR_INIT("postgres\0--port=5436\0--Data-Directory=/d\0--listen-addresses=10.0.0.1, ::1\0"), "/d", 5436,
	         NULL, "10.0.0.1"},
		{STR_INIT("postgres\0-k\0\"/a b\", /c\0-h\0*\0"), NULL, 0, "/a b", "*"},
		{STR_INIT("postgres\0-k\0\0-h\0\0"), NULL, 0, NULL, NULL},
		{STR_INIT("postgres\0-N\0-p\0-D\0/x\0"), "/x", 0, NULL, NULL}, /* -p is the value of -N */
		{STR_INIT("postgres\0-p\00099999\0"), NULL, 0, NULL, NULL},
		{STR_INIT("postgres\0-p"), NULL, 0, NULL, NULL},
		{STR_INIT("postgres\0-"), NULL, 0, NULL, NULL},
		{STR_INIT("postgres\0--"), NULL, 0, NULL, NULL},
		{STR_INIT("-p\0-D\0"), NULL, 0, NULL, NULL}, /* the program's name */
		{STR_INIT(""), NULL, 0, NULL, NULL},
		{{NULL, 0}, NULL, 0, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PostmasterArgs args = proc_parse_postmaster_args(cases[i].cmdline);
		assert_str(args.data_directory, cases[i].data_directory);
		assert_int_equal(args.port, cases[i].port);
		assert_str(args.socket_directory, cases[i].socket_directory);
		assert_str(args.listen_address, cases[i].listen_address);
	}
}

static void a_link_to_a_segment_is_told_from_others(void **state)
{
	static const struct {
		const char *link, *name; /* NULL: none */
	} cases[] = {
		{"/srv/data/pg_wal/0000000100000002000000AB", "0000000100000002000000AB"},
		{"/vol/0000000100000002000000AB.partial", "0000000100000002000000AB.partial"},
		{"/d/pg_wal/0000000100000002000000AB (deleted)", "0000000100000002000000AB (deleted)"},
		{"/d/pg_wal/0000000100000002000000AB.partial (deleted)", "0000000100000002000000AB.partial (deleted)"},
		{"0000000100000002000000AB", NULL},
		{"/d/pg_wal/0000000100000002000000A", NULL},
		{"/d/pg_wal/0000000100000002000000ABC", NULL},
		{"/d/pg_wal/0000000100000002000000AG", NULL},
		{"/d/pg_wal/0000000100000002000000AB.00000028.backup", NULL},
		{"/d/pg_wal/archive_status/0000000100000002000000AB.done", NULL},
		{"/d/pg_wal/summaries/0000000100000002000000AB0000000100000002.summary", NULL},
		{"/d/pg_wal/xlogtemp.77", NULL},
		{"/d/0000000100000002000000AB/x", NULL},
		{"socket:[12]", NULL},
		{"/", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		Str name = STR_NONE;
		bool found = proc_parse_segment_link(str_from(cases[i].link), &name);
		if (found != (cases[i].name != NULL) || (found && !str_eq(name, str_from(cases[i].name))))
			fail_msg("%s", cases[i].link);
	}
	Str name;
	assert_false(proc_parse_segment_link(STR_NONE, &name));
}

static void a_descriptors_position_is_read(void **state)
{
	int64_t pos = -1;
	assert_true(proc_parse_fdinfo_pos(STR("pos:\t16777216\nflags:\t0100002\n"), &pos) && pos == 16777216);
	assert_true(proc_parse_fdinfo_pos(STR("pos:\t0\n"), &pos) && pos == 0);
	assert_false(proc_parse_fdinfo_pos(STR("pos:\t167"), &pos)); /* cut */
	assert_false(proc_parse_fdinfo_pos(STR("pos:\t-1\n"), &pos));
	assert_false(proc_parse_fdinfo_pos(STR("pos:\t99999999999999999999\n"), &pos));
	assert_false(proc_parse_fdinfo_pos(STR("flags:\t02\n"), &pos));
	assert_false(proc_parse_fdinfo_pos(STR_NONE, &pos));
}

static void the_disks_of_the_host_are_read(void **state)
{
	uint64_t in = 1, out = 2;
	assert_false(proc_parse_vmstat_line(STR("nr_free_pages 77"), &in, &out));
	assert_true(proc_parse_vmstat_line(STR("pgpgin 3"), &in, &out) && in == 3072 && out == 2);
	assert_true(proc_parse_vmstat_line(STR("pgpgout 5"), &in, &out) && in == 3072 && out == 5120);
	assert_false(proc_parse_vmstat_line(STR("pgpgin x"), &in, &out));
	assert_false(proc_parse_vmstat_line(STR("pgpgin 18446744073709551615"), &in, &out));
	assert_false(proc_parse_vmstat_line(STR("pgpgoutwards 5"), &in, &out));
	assert_false(proc_parse_vmstat_line(STR(""), &in, &out));
	assert_true(in == 3072 && out == 5120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stat_line_gives_its_fields),
		cmocka_unit_test(a_name_may_hold_anything),
		cmocka_unit_test(a_cut_stat_line_is_refused_and_changes_nothing),
		cmocka_unit_test(nonsense_is_no_stat_line),
		cmocka_unit_test(an_exiting_process_is_known_by_state_or_flag),
		cmocka_unit_test(io_gives_the_four_counters),
		cmocka_unit_test(a_cut_or_strange_io_is_refused_and_changes_nothing),
		cmocka_unit_test(a_command_line_loses_nuls_and_runs_of_spaces),
		cmocka_unit_test(a_huge_command_line_is_taken_and_its_padding_costs_nothing),
		cmocka_unit_test(btime_is_found_behind_the_other_lines),
		cmocka_unit_test(a_process_of_another_pid_namespace_has_two_pids),
		cmocka_unit_test(tcp_lines_give_ports_owner_and_inode),
		cmocka_unit_test(what_is_no_tcp_line_is_refused),
		cmocka_unit_test(unix_lines_give_the_path_of_listening_sockets),
		cmocka_unit_test(socket_names_give_the_port),
		cmocka_unit_test(postmaster_pid_gives_its_lines),
		cmocka_unit_test(a_postmaster_pid_that_is_being_written_has_holes),
		cmocka_unit_test(the_postmasters_arguments_are_read_as_it_reads_them),
		cmocka_unit_test(a_link_to_a_segment_is_told_from_others),
		cmocka_unit_test(a_descriptors_position_is_read),
		cmocka_unit_test(the_disks_of_the_host_are_read),
	};
	return cmocka_run_group_tests_name("proc_parse", tests, NULL, NULL);
}
