/* floor [-i MILLISECONDS] [-q topology|activity] CONNINFO...
 *
 * The least that a libpq program can do to watch servers, to measure others against: all connections at once, one
 * prepared statement a node with binary results, sent to all and then collected in one poll() loop, and one line of
 * output a refresh. `topology` is what a tree of nodes needs, `activity` what a list of processes does. */

#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10000 };

typedef enum NodeState { CONNECTING, PREPARING, ASKED, IDLE } NodeState;

typedef struct Node {
	PGconn *conn;
	NodeState state;
	short events;
} Node;

typedef struct Floor {
	Node *nodes;
	struct pollfd *fds;
	size_t count;
	const char *sql;
	long rows;
	long nulls; /* so that every value is looked at */
} Floor;

static const char TOPOLOGY[] =
	"SELECT r.standby, CASE WHEN r.standby THEN NULL ELSE pg_current_wal_flush_lsn() END,"
	" CASE WHEN r.standby THEN pg_last_wal_receive_lsn() END, CASE WHEN r.standby THEN pg_last_wal_replay_lsn() END,"
	" current_setting('synchronous_standby_names'), w.pid, w.status, w.sender_host, w.sender_port, w.received_tli,"
	" s.pid, s.application_name, s.client_addr, s.client_port, s.backend_start, s.state, s.sync_state,"
	" s.sent_lsn, s.write_lsn, s.flush_lsn, s.replay_lsn, s.write_lag, s.flush_lag, s.replay_lag"
	" FROM (SELECT pg_is_in_recovery() AS standby) r"
	" LEFT JOIN pg_stat_wal_receiver w ON true LEFT JOIN pg_stat_replication s ON true";
static const char ACTIVITY[] =
	"SELECT pid, backend_start, backend_type, usename, datname, application_name, client_addr, client_port, state,"
	" wait_event_type, wait_event, left(query, 256) FROM pg_stat_activity";

static void die(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

static void check(const Node *node, bool ok)
{
	if (!ok)
		die(PQerrorMessage(node->conn));
}

static void take_rows(Floor *floor, const PGresult *result)
{
	int rows = PQntuples(result);
	int columns = PQnfields(result);
	for (int row = 0; row < rows; row++)
		for (int column = 0; column < columns; column++)
			floor->nulls += PQgetisnull(result, row, column);
	floor->rows += rows;
}

/* True: the node has answered. */
static bool take_results(Floor *floor, Node *node)
{
	check(node, PQconsumeInput(node->conn) == 1);
	while (!PQisBusy(node->conn)) {
		PGresult *result = PQgetResult(node->conn);
		if (!result)
			return true;
		ExecStatusType status = PQresultStatus(result);
		check(node, status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
		take_rows(floor, result);
		PQclear(result);
	}
	return false;
}

static void connect_more(const Floor *floor, Node *node)
{
	switch (PQconnectPoll(node->conn)) {
	case PGRES_POLLING_READING:
		node->events = POLLIN;
		return;
	case PGRES_POLLING_WRITING:
		node->events = POLLOUT;
		return;
	case PGRES_POLLING_OK:
		check(node, PQsendPrepare(node->conn, "ask", floor->sql, 0, NULL) == 1);
		node->state = PREPARING;
		node->events = POLLIN;
		return;
	default:
		check(node, false);
	}
}

static void step(Floor *floor, Node *node)
{
	if (node->state == CONNECTING)
		connect_more(floor, node);
	else if (take_results(floor, node))
		node->state = IDLE;
}

/* Until all nodes are idle. */
static void collect(Floor *floor)
{
	for (;;) {
		size_t busy = 0;
		for (size_t i = 0; i < floor->count; i++) {
			Node *node = &floor->nodes[i];
			floor->fds[i].fd = node->state == IDLE ? -1 : PQsocket(node->conn);
			floor->fds[i].events = node->events;
			busy += node->state != IDLE;
		}
		if (busy == 0)
			return;
		if (poll(floor->fds, floor->count, TIMEOUT_MS) <= 0)
			die("a server does not answer");
		for (size_t i = 0; i < floor->count; i++) {
			if (floor->fds[i].fd >= 0 && floor->fds[i].revents)
				step(floor, &floor->nodes[i]);
		}
	}
}

static void connect_all(Floor *floor, char **conninfos)
{
	for (size_t i = 0; i < floor->count; i++) {
		floor->nodes[i] = (Node){.conn = PQconnectStart(conninfos[i]), .events = POLLOUT};
		check(&floor->nodes[i], PQstatus(floor->nodes[i].conn) != CONNECTION_BAD);
	}
	collect(floor);
}

static void ask_all(Floor *floor)
{
	for (size_t i = 0; i < floor->count; i++) {
		Node *node = &floor->nodes[i];
		check(node, PQsendQueryPrepared(node->conn, "ask", 0, NULL, NULL, NULL, 1) == 1);
		node->state = ASKED;
	}
	collect(floor);
}

static void add_ms(struct timespec *time, long ms)
{
	time->tv_sec += ms / 1000;
	time->tv_nsec += ms % 1000 * 1000000;
	if (time->tv_nsec >= 1000000000) {
		time->tv_nsec -= 1000000000;
		time->tv_sec++;
	}
}

int main(int argc, char **argv)
{
	Floor floor = {.sql = TOPOLOGY};
	long interval_ms = 1000;
	int option;
	while ((option = getopt(argc, argv, "i:q:")) != -1) {
		if (option == 'i')
			interval_ms = strtol(optarg, NULL, 10);
		else if (option == 'q' && strcmp(optarg, "activity") == 0)
			floor.sql = ACTIVITY;
		else if (option != 'q' || strcmp(optarg, "topology") != 0)
			return 2;
	}
	if (optind >= argc || interval_ms <= 0)
		die("use: floor [-i MILLISECONDS] [-q topology|activity] CONNINFO...");
	floor.count = (size_t)(argc - optind);
	floor.nodes = calloc(floor.count, sizeof(*floor.nodes));
	floor.fds = calloc(floor.count, sizeof(*floor.fds));
	if (!floor.nodes || !floor.fds)
		die("out of memory");
	connect_all(&floor, argv + optind);
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long refresh = 1;; refresh++) {
		floor.rows = floor.nulls = 0;
		ask_all(&floor);
		char line[80];
		int len = snprintf(line, sizeof(line), "refresh %ld: %ld rows\n", refresh, floor.rows);
		if (write(STDOUT_FILENO, line, (size_t)len) < 0)
			return 1;
		add_ms(&next, interval_ms);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}
