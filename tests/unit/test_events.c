#include "model/events.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const Thresholds thresholds = {.lag_warning_s = 10, .lag_critical_s = 60, .lag_critical_bytes = 1e9};

/* A report of one standby and its primary, to be changed between two looks. */
typedef struct Scene {
	NodeRow nodes[2];
	QuorumRow quorum;
	ClusterRow cluster;
	Report report;
} Scene;

static void make_scene(Scene *s)
{
	*s = (Scene){0};
	s->nodes[0] = (NodeRow){.key = {1, 0, 0}, .role = STR("primary"), .state = STR("running"), .timeline = 1};
	s->nodes[1] = (NodeRow){.key = {2, 0, 0}, .role = STR("standby"), .state = STR("streaming"), .timeline = 1};
	s->nodes[0].node = STR("p");
	s->nodes[1].node = STR("s");
	s->nodes[1].upstream = STR("p");
	for (int i = 0; i < 2; i++) {
		s->nodes[i].time = STR("2026-01-01T00:00:00.000Z");
		s->nodes[i].lag_bytes = INT_NONE;
		s->nodes[i].lag_seconds = s->nodes[i].replay_lag_seconds = NAN;
	}
	s->quorum = (QuorumRow){.key = {1, 0, 0}, .live = true, .node = STR("p"), .required = 1, .streaming = 1};
	s->quorum.rule = STR("ANY 1 (*)");
	s->cluster = (ClusterRow){.cluster = STR("7"), .primaries = 1};
	s->report = (Report){.nodes = s->nodes, .nnodes = 2, .quorums = &s->quorum, .nquorums = 1};
	s->report.clusters = &s->cluster;
	s->report.nclusters = 1;
}

static void assert_last(const EventLog *log, uint64_t number, const char *event, const char *severity, const char *text)
{
	assert_int_equal(event_log_total(log), number);
	EventRow row = event_log_row(log, event_log_count(log) - 1);
	assert_int_equal(row.number, number);
	if (!str_eq(row.event, str_from(event)) || !str_eq(row.severity, str_from(severity)) ||
	    str_find(row.text, str_from(text)) == SIZE_MAX)
		fail_msg("%.*s %.*s: %.*s", STR_ARG(row.severity), STR_ARG(row.event), STR_ARG(row.text));
}

static void set_state(NodeRow *row, const char *state, RowHealth health, const char *error)
{
	row->state = str_from(state);
	row->health = health;
	row->error = str_from(error);
}

static void changes_are_events_and_what_stays_is_none(void **state)
{
	Scene s;
	EventLog *log = event_log_new(100, &thresholds);
	make_scene(&s);
	event_log_note(log, &s.report);
	event_log_note(log, &s.report);
	assert_int_equal(event_log_total(log), 0);
	set_state(&s.nodes[1], "down", HEALTH_BAD, "Connection refused");
	event_log_note(log, &s.report);
	assert_last(log, 1, "lost", "critical", "streaming, now down: Connection refused");
	event_log_note(log, &s.report);
	set_state(&s.nodes[1], "catchup", HEALTH_WARNING, NULL);
	event_log_note(log, &s.report);
	assert_last(log, 2, "connected", "warning", "down, now catchup");
	set_state(&s.nodes[1], "paused", HEALTH_WARNING, NULL);
	event_log_note(log, &s.report);
	assert_last(log, 3, "paused", "warning", "catchup, now paused");
	set_state(&s.nodes[1], "streaming", HEALTH_OK, NULL);
	event_log_note(log, &s.report);
	assert_last(log, 4, "state", "info", "paused, now streaming");
	s.nodes[1].role = STR("primary");
	s.nodes[1].timeline = 2;
	event_log_note(log, &s.report);
	assert_int_equal(event_log_total(log), 6);
	assert_true(str_eq(event_log_row(log, 4).event, STR("promoted")));
	assert_last(log, 6, "timeline", "info", "timeline 2, before 1");
	s.nodes[1].upstream = STR("q");
	event_log_note(log, &s.report);
	assert_last(log, 7, "upstream", "info", "follows q now, before p");
	event_log_free(log);
}

static void what_begins_badly_is_an_event(void **state)
{
	Scene s;
	EventLog *log = event_log_new(100, &thresholds);
	make_scene(&s);
	set_state(&s.nodes[1], "connecting", HEALTH_NOTE, NULL);
	event_log_note(log, &s.report);
	assert_int_equal(event_log_total(log), 0);
	set_state(&s.nodes[1], "denied", HEALTH_BAD, "no password");
	event_log_note(log, &s.report);
	assert_int_equal(event_log_total(log), 1);
	s.quorum.is_blocked = true;
	s.quorum.streaming = 0;
	event_log_note(log, &s.report);
	assert_last(log, 2, "quorum lost", "critical", "0 of 1 standbys count, ANY 1 (*)");
	s.quorum.is_blocked = false;
	event_log_note(log, &s.report);
	assert_last(log, 3, "quorum regained", "info", "");
	event_log_free(log);
}

static void a_slot_that_nobody_holds_is_no_change_of_its_node(void **state)
{
	Scene s;
	EventLog *log = event_log_new(100, &thresholds);
	make_scene(&s);
	event_log_note(log, &s.report);
	s.nodes[1] =
		(NodeRow){.key = {1, ROW_KEY_SLOT, 5}, .is_ghost = true, .role = STR("slot"), .node = STR("slot s")};
	set_state(&s.nodes[1], "inactive", HEALTH_NOTE, NULL);
	event_log_note(log, &s.report);
	s.report.nnodes = 1;
	event_log_note(log, &s.report);
	assert_int_equal(event_log_total(log), 0);
	event_log_free(log);
}

static void lag_is_one_when_it_crosses_a_threshold(void **state)
{
	static const struct {
		double seconds;
		int64_t bytes;
		uint64_t events;
		const char *severity;
	} steps[] = {{9, 5, 0, NULL},          {10, 5, 1, "warning"},     {59, 5, 1, "warning"},
	             {60, 5, 2, "critical"},   {1, 5, 3, "info"},         {NAN, 1000000000, 4, "critical"},
	             {0, INT_NONE, 5, "info"}, {9.9, INT_NONE, 5, "info"}};
	Scene s;
	EventLog *log = event_log_new(100, &thresholds);
	make_scene(&s);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		s.nodes[1].lag_seconds = steps[i].seconds;
		s.nodes[1].lag_bytes = steps[i].bytes;
		event_log_note(log, &s.report);
		assert_int_equal(event_log_total(log), steps[i].events);
		if (steps[i].severity != NULL)
			assert_last(log, steps[i].events, "lag", steps[i].severity, "");
	}
	event_log_free(log);
}

static void a_slot_in_danger_is_one(void **state)
{
	static const struct {
		const char *status, *reason;
		uint64_t events;
		const char *event, *severity, *text;
	} steps[] = {
		{"reserved", NULL, 0, NULL, NULL, NULL},
		{"extended", NULL, 0, NULL, NULL, NULL},
		{"unreserved", NULL, 1, "slot at risk", "warning", "s1: unreserved"},
		{"unreserved", NULL, 1, "slot at risk", "warning", "4096 bytes retained"},
		{"reserved", NULL, 2, "slot", "info", "s1: out of danger"},
		{"lost", "wal_removed", 3, "slot at risk", "critical",
	         "s1: lost, its consumer must be made anew (wal_removed)"},
		{"lost", "wal_removed", 3, "slot at risk", "critical", ""},
	};
	Scene s;
	SlotRow slots[2];
	EventLog *log = event_log_new(100, &thresholds);
	make_scene(&s);
	memset(slots, 0, sizeof slots);
	for (int i = 0; i < 2; i++) {
		slots[i].node = STR("p");
		slots[i].time = s.nodes[0].time;
		slots[i].retained_bytes = 4096;
		slots[i].wal_status = STR("reserved");
	}
	slots[0].slot = STR("s1");
	slots[1].slot = STR("s2");
	s.report.slots = slots;
	s.report.nslots = 2;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		slots[0].wal_status = str_from(steps[i].status);
		slots[0].invalidation_reason = str_from(steps[i].reason);
		event_log_note(log, &s.report);
		assert_int_equal(event_log_total(log), steps[i].events);
		if (steps[i].event != NULL)
			assert_last(log, steps[i].events, steps[i].event, steps[i].severity, steps[i].text);
	}
	slots[1].wal_status = STR("unreserved"); /* another one of the node */
	event_log_note(log, &s.report);
	assert_last(log, 4, "slot at risk", "warning", "s2: unreserved");
	event_log_free(log);
}

static void the_oldest_are_forgotten(void **state)
{
	EventLog *log = event_log_new(3, &thresholds);
	for (int i = 0; i < 10; i++) {
		event_log_add(log, STR("t"), STR_NONE, STR("n"), STR("action"), EVENT_INFO,
		              i % 2 ? STR("odd") : STR("even"));
		assert_int_equal(event_log_count(log), i < 3 ? i + 1 : 3);
	}
	assert_int_equal(event_log_row(log, 0).number, 8);
	assert_true(str_eq(event_log_row(log, 0).text, STR("odd")));
	assert_true(str_eq(event_log_row(log, 2).text, STR("odd")));
	assert_true(str_is_none(event_log_row(log, 0).cluster));
	event_log_free(log);
	event_log_free(NULL);
}

static int check(const Scene *s, char *text, size_t size)
{
	StrBuf out = strbuf_fixed(text, size);
	return check_report(&s->report, &thresholds, &out);
}

static void the_verdict_is_the_worst_of_all(void **state)
{
	char text[512];
	Scene s;
	make_scene(&s);
	assert_int_equal(check(&s, text, sizeof text), 0);
	assert_string_equal(text, "PGREPLTOP OK - 2 of 2 nodes up");
	set_state(&s.nodes[1], "down", HEALTH_BAD, "Connection refused");
	assert_int_equal(check(&s, text, sizeof text), 1);
	assert_string_equal(text, "PGREPLTOP WARNING - 1 of 2 nodes up; s: down (Connection refused)");
	s.quorum.is_blocked = true;
	s.quorum.streaming = 0;
	s.quorum.waiting_sessions = 3;
	assert_int_equal(check(&s, text, sizeof text), 2);
	assert_non_null(strstr(text, "p: commits are blocked, 0 of 1 standbys count, 3 sessions wait"));
	make_scene(&s);
	s.nodes[1].is_ghost = true;
	set_state(&s.nodes[1], "lost", HEALTH_BAD, NULL);
	assert_int_equal(check(&s, text, sizeof text), 2);
	assert_string_equal(text, "PGREPLTOP CRITICAL - 1 of 1 nodes up; s: lost");
	make_scene(&s);
	s.nodes[1].lag_seconds = 61;
	assert_int_equal(check(&s, text, sizeof text), 2);
	make_scene(&s);
	set_state(&s.nodes[0], "down", HEALTH_BAD, NULL);
	s.cluster.primaries = 0;
	assert_int_equal(check(&s, text, sizeof text), 2);
	set_state(&s.nodes[1], "denied", HEALTH_BAD, NULL);
	assert_int_equal(check(&s, text, sizeof text), 3);
	assert_non_null(strstr(text, "PGREPLTOP UNKNOWN - 0 of 2 nodes up"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_events_and_what_stays_is_none),
		cmocka_unit_test(what_begins_badly_is_an_event),
		cmocka_unit_test(lag_is_one_when_it_crosses_a_threshold),
		cmocka_unit_test(a_slot_in_danger_is_one),
		cmocka_unit_test(a_slot_that_nobody_holds_is_no_change_of_its_node),
		cmocka_unit_test(the_oldest_are_forgotten),
		cmocka_unit_test(the_verdict_is_the_worst_of_all),
	};
	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
