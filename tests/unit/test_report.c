#include "derived_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int64_t second = 1000000000;

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static void rows_stand_as_in_the_tree(void **state)
{
	Snapshot *s = snap_reference(true);
	const Report *r = report_of(s);
	static const struct {
		const char *node, *role, *upstream, *evidence;
		int depth;
		uint32_t parent;
		bool last;
	} expected[] = {
		{"1923", "primary", NULL, NULL, 0, ROW_NONE, false}, {"1921", "standby", "1923", "tcp", 1, 0, false},
		{"1925", "standby", "1921", "tcp", 2, 1, true},      {"1922", "standby", "1923", "tcp", 1, 0, false},
		{"1924", "standby", "1923", "tcp", 1, 0, true},
	};
	assert_int_equal(r->nnodes, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const NodeRow *row = &r->nodes[i];
		assert_str(row->node, expected[i].node);
		assert_str(row->role, expected[i].role);
		assert_str(row->upstream, expected[i].upstream);
		assert_str(row->edge_evidence, expected[i].evidence);
		assert_int_equal(row->depth, expected[i].depth);
		assert_int_equal(row->parent, expected[i].parent);
		assert_int_equal(row->last_child, expected[i].last);
		assert_str(row->cluster, "7");
		assert_str(row->time, "2023-11-14T22:13:20.123Z");
		assert_str(row->version, "15.18");
		assert_true(row->key.node != 0 && row->key.pid == 0 && !row->is_client && !row->edge_weak);
		assert_int_equal(row->timeline, 1);
		assert_close(row->age_seconds, 0);
	}
	assert_str(r->nodes[0].state, "running");
	assert_str(r->nodes[1].state, "streaming");
	assert_int_equal(r->nodes[0].lag_bytes, INT_NONE);
	assert_close(r->nodes[0].lag_seconds, NAN);
	snap_free(s);
}

static void a_client_leaf_has_what_its_upstream_knows(void **state)
{
	Snapshot *s = snap_new(1);
	Node *p = NODE(s, .port = 1, .primary = true, .flush = 0x2000);
	SENDER(s, p, .app = "pg_receivewal", .addr = "10.0.0.3", .port = 40001, .start_us = 55, .never_replays = true);
	SENDER(s, p, .app = "local", .state = "catchup");
	SENDER(s, p, .app = "plain", .hidden = true);
	snap_sample(p)->t_mono_ns -= 3 * second;
	const Report *r = report_of(s);
	assert_int_equal(r->nnodes, 4);
	const NodeRow *c = row_of(r, "pg_receivewal 10.0.0.3:40001");
	assert_true(c->is_client && c->key.node == p->id && c->key.pid == 100 && c->key.start_us == 55);
	assert_str(c->role, "client");
	assert_str(c->host, "10.0.0.3");
	assert_int_equal(c->port, 40001);
	assert_str(c->upstream, "1");
	assert_str(c->state, "streaming");
	assert_str(c->edge_evidence, NULL);
	assert_close(c->age_seconds, 3);
	assert_int_equal(c->lag_bytes, INT_NONE);
	assert_int_equal(c->replay_gap_bytes, INT_NONE);
	c = row_of(r, "local pid 101");
	assert_int_equal(c->port, INT_NONE);
	assert_str(c->host, NULL);
	assert_int_equal(c->lag_bytes, 0x1000);
	assert_int_equal(c->send_gap_bytes, 0x1000);
	assert_str(c->bottleneck, "catching up");
	c = row_of(r, "plain pid 102");
	assert_str(c->state, "connected");
	assert_int_equal(c->health, HEALTH_UNKNOWN);
	assert_false(str_is_none(c->error));
	assert_int_equal(c->lag_bytes, INT_NONE);
	assert_int_equal(c->sync_priority, INT_NONE);
	snap_free(s);
}

static void states_say_what_is_worst(void **state)
{
	static const struct {
		NodeSpec spec;
		ReplayPause pause;
		const char *text;
		RowHealth health;
	} cases[] = {
		{{.port = 2, .to_port = 1}, REPLAY_RUNNING, "streaming", HEALTH_OK},
		{{.port = 2, .to_port = 1}, REPLAY_PAUSED, "paused", HEALTH_WARNING},
		{{.port = 2}, REPLAY_RUNNING, "no receiver", HEALTH_WARNING},
		{{.port = 2, .to_hidden = true}, REPLAY_RUNNING, "receiving", HEALTH_OK},
		{{.port = 2, .to_port = 1, .state = NODE_DOWN}, REPLAY_PAUSED, "down", HEALTH_BAD},
		{{.port = 2, .to_port = 1, .state = NODE_SILENT}, REPLAY_RUNNING, "no answer", HEALTH_BAD},
		{{.port = 2, .to_port = 1, .state = NODE_UNAVAILABLE}, REPLAY_RUNNING, "unavailable", HEALTH_BAD},
		{{.port = 2, .unanswered = true, .state = NODE_DENIED}, REPLAY_RUNNING, "denied", HEALTH_BAD},
		{{.port = 2, .unanswered = true}, REPLAY_RUNNING, "connecting", HEALTH_NOTE},
		{{.port = 2, .unanswered = true, .state = NODE_UP}, REPLAY_RUNNING, "running", HEALTH_OK},
		{{.port = 2, .primary = true}, REPLAY_RUNNING, "running", HEALTH_OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Snapshot *s = snap_new(1);
		const Node *n = snap_add(s, cases[i].spec);
		if (n->sample != NULL)
			snap_sample(n)->replay_pause = cases[i].pause;
		const NodeRow *row = row_of(report_of(s), "2");
		assert_str(row->state, cases[i].text);
		assert_int_equal(row->health, cases[i].health);
		snap_free(s);
	}
}

static void the_upstreams_word_on_the_state_comes_first(void **state)
{
	Snapshot *s = snap_reference(true);
	snap_sample(&s->nodes[REF_1923])->senders[0].state = STR("catchup");
	const NodeRow *row = row_of(report_of(s), "1922");
	assert_str(row->state, "catchup");
	assert_int_equal(row->health, HEALTH_WARNING);
	snap_free(s);
}

static void errors_and_notices_are_shown_the_error_first(void **state)
{
	Snapshot *s = snap_new(1);
	Node *n = NODE(s, .port = 1, .primary = true);
	snap_sample(n)->notice = STR("a notice");
	assert_str(row_of(report_of(s), "1")->error, "a notice");
	n->error = STR("an error");
	assert_str(row_of(report_of(s), "1")->error, "an error");
	snap_free(s);
}

/* ---- lag ------------------------------------------------------------------------------------------------------- */

/* A primary at 1000 a second; `previous` samples are a second old. */
static Snapshot *loaded(WalSender **sender, Node **standby)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1, .primary = true, .flush = 10000);
	*standby = NODE(s, .port = 2, .to_port = 1, .local_port = 40001, .receive = 8000, .replay = 7000);
	*sender = SENDER(s, p, .port = 40001, .sent = 9500, .write = 9000, .flush = 8000, .replay = 6900);
	snap_previous(s, p)->flush_lsn = 9000;
	snap_previous(s, *standby)->receive_lsn = snap_previous(s, *standby)->replay_lsn = 5000;
	return s;
}

static History *past(const Snapshot *s)
{
	History *h = history_new(64);
	for (int64_t i = 8; i >= 0; i--)
		history_add(h, s->nodes[0].id, s->mono_ns - i * second, (Lsn)(10000 - 1000 * i));
	return h;
}

static void gaps_rates_and_lag_of_a_standby(void **state)
{
	WalSender *sender;
	Node *standby;
	Snapshot *s = loaded(&sender, &standby);
	History *h = past(s);
	const NodeRow *row = row_of(report_with(s, h, NULL), "2");
	assert_true(row->sent_lsn == 9500 && row->write_lsn == 9000 && row->flush_lsn == 8000);
	assert_true(row->replay_lsn == 7000); /* the standby's own word is newer */
	assert_int_equal(row->send_gap_bytes, 500);
	assert_int_equal(row->network_gap_bytes, 500);
	assert_int_equal(row->disk_gap_bytes, 1000);
	assert_int_equal(row->replay_gap_bytes, 1000);
	assert_int_equal(row->lag_bytes, 3000);
	assert_close(row->lag_seconds, 3);
	assert_false(row->lag_at_least);
	assert_close(row->wal_bytes_per_second, 3000);
	assert_close(row->replay_bytes_per_second, 2000);
	assert_close(row->eta_seconds, 3); /* 3000 / (2000 - 1000) */
	assert_str(row->bottleneck, "replay");
	history_free(h);
	snap_free(s);
}

static void gaps_add_up_whatever_moments_the_samples_are_of(void **state)
{
	uint64_t seed = 5;
	for (int i = 0; i < 3000; i++) {
		WalSender *sender;
		Node *standby;
		Snapshot *s = loaded(&sender, &standby);
		Lsn *lsns[] = {&sender->sent_lsn,
		               &sender->write_lsn,
		               &sender->flush_lsn,
		               &sender->replay_lsn,
		               &snap_sample(&s->nodes[0])->flush_lsn,
		               &snap_sample(standby)->replay_lsn};
		for (size_t k = 0; k < COUNT(lsns); k++)
			*lsns[k] = 1 + snap_random(&seed, 100);
		const NodeRow *row = row_of(report_of(s), "2");
		int64_t gaps[] = {row->send_gap_bytes, row->network_gap_bytes, row->disk_gap_bytes,
		                  row->replay_gap_bytes};
		int64_t sum = 0;
		for (size_t k = 0; k < COUNT(gaps); k++) {
			assert_true(gaps[k] >= 0);
			sum += gaps[k];
		}
		Lsn most = 0;
		for (size_t k = 0; k < COUNT(lsns); k++)
			most = lsn_max(most, *lsns[k]);
		Lsn replay = lsn_max(*lsns[3], *lsns[5]);
		assert_true(row->replay_lsn == replay);
		assert_true(sum == (int64_t)(most - replay));
		assert_true(row->lag_bytes >= 0);
		snap_free(s);
	}
}

static void an_unknown_position_of_the_primary_is_no_lag_of_zero(void **state)
{
	WalSender *sender;
	Node *standby;
	Snapshot *s = loaded(&sender, &standby);
	snap_sample(&s->nodes[0])->flush_lsn = LSN_NONE;
	const NodeRow *row = row_of(report_of(s), "2");
	assert_int_equal(row->lag_bytes, INT_NONE);
	assert_close(row->lag_seconds, NAN);
	assert_close(row->eta_seconds, NAN);
	assert_int_equal(row->send_gap_bytes, INT_NONE);
	snap_free(s);
}

static void a_paused_replay_is_the_bottleneck(void **state)
{
	WalSender *sender;
	Node *standby;
	Snapshot *s = loaded(&sender, &standby);
	snap_sample(standby)->replay_pause = REPLAY_PAUSED;
	assert_str(row_of(report_of(s), "2")->bottleneck, "replay paused");
	snap_free(s);
}

/* The primary, its standby 2 and what the sample is changed to. */
static void the_bottleneck_is_named_in_words(void **state)
{
	enum {
		PAUSED = 1,
		CATCHUP = 2,
		NO_RECEIVER = 4,
		DOWN = 8,
		IDLE = 16,
		AT_END = 32,
		NO_PREVIOUS = 64,
		STOPPED = 128
	};
	static const struct {
		int how;
		const char *word;
	} cases[] = {
		{0, "replay"},
		{PAUSED, "replay paused"},
		{PAUSED | AT_END | IDLE, "replay paused"},
		{PAUSED | DOWN, NULL}, /* what it said is no longer so */
		{CATCHUP, "catching up"},
		{CATCHUP | PAUSED, "replay paused"},
		{NO_RECEIVER, "receiver down"},
		{AT_END, "none"},
		{AT_END | IDLE, "idle"},
		{AT_END | IDLE | NO_PREVIOUS, "none"},
		{IDLE, "replay"},
		{STOPPED, "send"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		WalSender *sender;
		Node *standby;
		int how = cases[i].how;
		Snapshot *s = loaded(&sender, &standby);
		if (how & PAUSED)
			snap_sample(standby)->replay_pause = REPLAY_PAUSED;
		if (how & CATCHUP)
			sender->state = STR("catchup");
		if (how & NO_RECEIVER)
			snap_sample(standby)->receiver.pid = 0;
		if (how & DOWN)
			standby->state = NODE_DOWN;
		if (how & IDLE)
			snap_previous(s, &s->nodes[0])->flush_lsn = 10000;
		if (how & NO_PREVIOUS)
			s->nodes[0].previous = NULL;
		if (how & AT_END) {
			sender->sent_lsn = sender->write_lsn = sender->flush_lsn = sender->replay_lsn = 10000;
			snap_sample(standby)->receive_lsn = snap_sample(standby)->replay_lsn = 10000;
		}
		if (how & STOPPED) { /* it hears no replies, but the standby says that it has all */
			sender->sent_lsn = 7000;
			sender->write_lsn = sender->flush_lsn = sender->replay_lsn = 100;
			snap_sample(standby)->receive_lsn = snap_sample(standby)->replay_lsn = 7000;
		}
		const Report *r = report_of(s);
		assert_str(row_of(r, "2")->bottleneck, cases[i].word);
		assert_str(row_of(r, "1")->bottleneck, NULL);
		snap_free(s);
	}
}

static void what_its_upstream_lacks_is_not_stuck_below_it(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true, .flush = 10000);
	Node *a = NODE(s, .port = 2, .to_port = 1, .local_port = 40001, .receive = 5000, .replay = 5000);
	NODE(s, .port = 3, .to_port = 2, .local_port = 40002, .receive = 4900, .replay = 4900);
	SENDER(s, p, .port = 40001, .sent = 9000, .at = 5000);
	SENDER(s, a, .port = 40002, .at = 4900);
	History *h = past(s);
	s->interval_s = 1;
	const Report *r = report_with(s, h, NULL);
	assert_str(row_of(r, "2")->bottleneck, "network");
	assert_str(row_of(r, "3")->bottleneck, "upstream");
	s->interval_s = 60; /* less than a refresh may be two moments only */
	assert_str(row_of(report_with(s, h, NULL), "3")->bottleneck, "send");
	history_free(h);
	snap_free(s);
}

static void a_promoted_standbys_past_begins_with_it(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1, .primary = true, .flush = 10000);
	NODE(s, .port = 2, .to_port = 1, .local_port = 40001, .receive = 8000, .replay = 7000);
	SENDER(s, p, .port = 40001, .at = 8000);
	History *h = past(s);
	snap_sample(p)->in_recovery = true; /* follows somebody for a while */
	report_note_history(h, s);
	snap_sample(p)->in_recovery = false;
	report_note_history(h, s);
	const NodeRow *row = row_of(report_with(s, h, NULL), "2");
	assert_close(row->lag_seconds, 0);
	assert_true(row->lag_at_least);
	history_free(h);
	snap_free(s);
}

static void a_cascade_lags_behind_the_root_and_gaps_are_behind_its_upstream(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true, .flush = 10000);
	Node *a = NODE(s, .port = 2, .to_port = 1, .local_port = 40001, .receive = 8000, .replay = 8000);
	NODE(s, .port = 3, .to_port = 2, .local_port = 40002, .receive = 7000, .replay = 7000);
	SENDER(s, p, .port = 40001, .at = 8000);
	SENDER(s, a, .port = 40002, .at = 7000);
	History *h = past(s);
	const NodeRow *row = row_of(report_with(s, h, NULL), "3");
	assert_int_equal(row->lag_bytes, 3000);
	assert_close(row->lag_seconds, 3);
	assert_int_equal(row->send_gap_bytes, 1000);
	assert_int_equal(row->network_gap_bytes + row->disk_gap_bytes + row->replay_gap_bytes, 0);
	history_free(h);
	snap_free(s);
}

static void below_one_interval_the_server_knows_better_unless_its_word_is_old(void **state)
{
	static const struct {
		int64_t replay_lag_us, reply_age_us;
		double lag;
	} cases[] = {
		{20000, 1000000, 0.02},
		{TIME_NONE, 1000000, 0.5},
		{20000, 21000000, 0.5},   /* no reply since */
		{16300000, 1000000, 0.5}, /* of a pause that is over */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		WalSender *sender;
		Node *standby;
		Snapshot *s = loaded(&sender, &standby);
		snap_sample(standby)->replay_lsn = 9500;
		sender->replay_lag_us = cases[i].replay_lag_us;
		sender->reply_time_us = s->wall_us - cases[i].reply_age_us;
		History *h = past(s);
		const NodeRow *row = row_of(report_with(s, h, NULL), "2");
		assert_close(row->lag_seconds, cases[i].lag);
		assert_int_equal(row->lag_stale, cases[i].reply_age_us > 20000000);
		snap_sample(standby)->replay_lsn = 7000; /* above it, its word is not asked */
		assert_close(row_of(report_with(s, h, NULL), "2")->lag_seconds, 3);
		history_free(h);
		snap_free(s);
	}
}

static void the_servers_own_lags_are_columns(void **state)
{
	WalSender *sender;
	Node *standby;
	Snapshot *s = loaded(&sender, &standby);
	sender->write_lag_us = 1500;
	sender->flush_lag_us = 2500000;
	const NodeRow *row = row_of(report_of(s), "2");
	assert_close(row->write_lag_seconds, 0.0015);
	assert_close(row->flush_lag_seconds, 2.5);
	assert_close(row->replay_lag_seconds, NAN);
	snap_free(s);
}

static void a_standby_without_a_known_way_up_lags_behind_the_clusters_only_primary(void **state)
{
	Snapshot *s = snap_new(4);
	NODE(s, .port = 1, .primary = true, .flush = 5000, .state = NODE_DOWN);
	NODE(s, .port = 2, .primary = true, .flush = 10000);
	NODE(s, .port = 3, .replay = 9000);
	assert_int_equal(row_of(report_of(s), "3")->lag_bytes, 1000); /* not behind the dead one */
	NODE(s, .port = 4, .primary = true, .flush = 20000);
	assert_int_equal(row_of(report_of(s), "3")->lag_bytes, INT_NONE); /* of two, which? */
	snap_free(s);
}

/* 1921 was promoted while 1923 lives on: 1922 follows the old one, 1924 nobody, 1925 the new one. */
static Snapshot *split_brain(void)
{
	Snapshot *s = snap_new(5);
	Node *old = NODE(s, .port = 1923, .primary = true, .flush = 0x5000060);
	Node *new = NODE(s, .port = 1921, .primary = true, .flush = 0x5001000);
	NODE(s, .port = 1922, .to_port = 1923, .local_port = 40002, .receive = 0x5000040, .replay = 0x5000040);
	NODE(s, .port = 1924, .replay = 0x5000020, .conninfo_port = 1921);
	Node *cascade = NODE(s, .port = 1925, .to_port = 1921, .local_port = 40005, .receive = 0x5000F00);
	SENDER(s, old, .port = 40002, .at = 0x5000040);
	SENDER(s, new, .port = 40005, .at = 0x5000F00);
	snap_sample(new)->timeline = snap_sample(cascade)->timeline = 2;
	return s;
}

static void in_a_split_brain_each_row_says_who_has_what(void **state)
{
	Snapshot *s = split_brain();
	snap_sample(&s->nodes[2])->notice = STR("senders: no");
	snap_sample(&s->nodes[2])->replay_pause = REPLAY_PAUSED;
	const Report *r = report_of(s);
	static const struct {
		const char *node, *state, *error;
		int64_t lag, replay_gap; /* behind the root of its own tree, never across timelines */
	} expected[] = {
		{"1921", "split brain", "split brain: also 1923 is primary, TL 1 at 0/5000060", INT_NONE, INT_NONE},
		{"1925", "streaming", NULL, 0x100, 0},
		{"1924", "old timeline", "old timeline: TL 1 at 0/5000020, but 1921 is primary, TL 2 at 0/5001000",
	         INT_NONE, INT_NONE},
		{"1923", "split brain", "split brain: also 1921 is primary, TL 2 at 0/5001000", INT_NONE, INT_NONE},
		{"1922", "old timeline",
	         "old timeline: TL 1 at 0/5000040 from 1923, but 1921 is primary, TL 2 at 0/5001000; senders: no", 0x20,
	         0},
	};
	for (size_t i = 0; i < COUNT(expected); i++) {
		const NodeRow *row = row_of(r, expected[i].node);
		assert_str(row->state, expected[i].state);
		assert_str(row->error, expected[i].error);
		assert_true(row->lag_bytes == expected[i].lag);
		assert_true(row->replay_gap_bytes == expected[i].replay_gap);
		assert_int_equal(row->health, i == 1 ? HEALTH_OK : HEALTH_BAD);
	}
	assert_str(r->clusters[0].split_brain, "1921 TL 2 at 0/5001000, 1923 TL 1 at 0/5000060");
	assert_int_equal(r->clusters[0].off_timeline, 2);

	s->nodes[0].state =
		NODE_DOWN; /* the old primary is stopped: its standby's last lag is of another history now */
	s->nodes[0].error = STR("refused");
	r = report_of(s);
	assert_str(row_of(r, "1923")->state, "down");
	assert_str(row_of(r, "1923")->error, "refused");
	assert_str(row_of(r, "1921")->state, "running");
	assert_str(row_of(r, "1921")->error, NULL);
	assert_true(str_is_none(r->clusters[0].split_brain));
	assert_str(row_of(r, "1922")->state, "old timeline");
	snap_free(s);
}

static void a_standby_and_an_upstream_on_different_timelines_have_no_gap(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1923, .primary = true, .flush = 0x6000000);
	NODE(s, .port = 1921, .to_port = 1923, .local_port = 40001, .receive = 0x5000000, .replay = 0x5000000);
	WalSender *w = SENDER(s, p, .port = 40001, .at = 0x5000000);
	snap_sample(p)->timeline = 2;
	const Report *r = report_of(s); /* it catches up through an older part of its upstream's history */
	assert_str(row_of(r, "1921")->state, "streaming");
	assert_true(row_of(r, "1921")->lag_bytes == 0x1000000 && row_of(r, "1921")->send_gap_bytes == 0x1000000);
	w->state = STR("startup"); /* it came to the end of its timeline, and asks for no other */
	r = report_of(s);
	assert_str(row_of(r, "1921")->state, "old timeline");
	assert_true(row_of(r, "1921")->lag_bytes == INT_NONE && row_of(r, "1921")->send_gap_bytes == INT_NONE);
	assert_close(row_of(r, "1921")->lag_seconds, NAN);
	snap_free(s);
}

static void a_primary_that_was_standby_starts_its_past_when_it_is_one(void **state)
{
	Snapshot *s = snap_new(2);
	Node *a = NODE(s, .port = 1, .primary = true, .flush = 1000);
	const Node *b = NODE(s, .port = 2, .receive = 1000, .replay = 1000);
	History *h = history_new(8);
	report_note_history(h, s);
	assert_true(history_passed(h, a->id, 1000).known);
	assert_false(history_passed(h, b->id, 1000).known);
	snap_sample(b)->in_recovery = false;
	snap_sample(b)->flush_lsn = 1001;
	report_note_history(h, s);
	assert_true(history_passed(h, b->id, 1000).at_least);
	history_free(h);
	snap_free(s);
}

/* ---- processes ------------------------------------------------------------------------------------------------- */

static void a_walsender_names_the_node_or_client_it_feeds(void **state)
{
	Snapshot *s = snap_reference(true);
	Node *p = &s->nodes[REF_1923];
	SENDER(s, p, .app = "pg_receivewal", .addr = "10.0.0.3", .port = 40009, .never_replays = true);
	Activity activity[] = {{.pid = 50}, {.pid = 100}, {.pid = 102}, {.pid = 103}, {.pid = 200}};
	static const char *const serves[] = {NULL, "1922", "1921", "pg_receivewal 10.0.0.3:40009", NULL};
	snap_sample(p)->has_activity = true;
	snap_sample(p)->activity = activity;
	snap_sample(p)->nactivity = COUNT(activity);
	const Report *r = report_of(s);
	assert_int_equal(r->nprocesses, COUNT(activity));
	for (size_t i = 0; i < COUNT(activity); i++) {
		assert_int_equal(r->processes[i].pid, activity[i].pid);
		assert_str(r->processes[i].serves, serves[i]);
		assert_str(r->processes[i].node, "1923");
		assert_str(r->processes[i].cluster, "7");
		assert_str(r->processes[i].time, "2023-11-14T22:13:20.123Z");
	}
	p->state = NODE_DOWN; /* its processes are not those of now */
	assert_int_equal(report_of(s)->nprocesses, 0);
	snap_free(s);
}

static void random_answers_never_do_harm(void **state)
{
	for (uint64_t run = 1; run <= 300; run++) {
		uint64_t seed = run;
		Snapshot *s = snap_reference(run % 2 == 0);
		for (size_t i = 0; i < s->nnodes; i++) {
			NodeSample *n = snap_sample(&s->nodes[i]);
			s->nodes[i].state = (NodeState)snap_random(&seed, NODE_DOWN + 1);
			n->in_recovery = snap_random(&seed, 2) != 0;
			n->server_time_us = (int64_t)(snap_random(&seed, UINT64_MAX / 4));
			n->flush_lsn = snap_random(&seed, UINT64_MAX) << snap_random(&seed, 64);
			n->receive_lsn = snap_random(&seed, UINT64_MAX) << snap_random(&seed, 64);
			n->replay_lsn = snap_random(&seed, UINT64_MAX) << snap_random(&seed, 64);
			for (size_t k = 0; k < n->nsenders; k++) {
				n->senders[k].reply_time_us = -(int64_t)(snap_random(&seed, UINT64_MAX / 4));
				n->senders[k].sent_lsn = snap_random(&seed, UINT64_MAX) << snap_random(&seed, 64);
				n->senders[k].replay_lsn = snap_random(&seed, UINT64_MAX) << snap_random(&seed, 64);
			}
		}
		const Report *r = report_of(s);
		for (size_t i = 0; i < r->nnodes; i++) {
			assert_true(r->nodes[i].lag_bytes >= 0 || r->nodes[i].lag_bytes == INT_NONE);
			assert_true(r->nodes[i].send_gap_bytes >= 0 || r->nodes[i].send_gap_bytes == INT_NONE);
			assert_true(isnan(r->nodes[i].lag_seconds) || r->nodes[i].lag_seconds >= 0);
		}
		snap_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stand_as_in_the_tree),
		cmocka_unit_test(a_client_leaf_has_what_its_upstream_knows),
		cmocka_unit_test(states_say_what_is_worst),
		cmocka_unit_test(the_upstreams_word_on_the_state_comes_first),
		cmocka_unit_test(errors_and_notices_are_shown_the_error_first),
		cmocka_unit_test(gaps_rates_and_lag_of_a_standby),
		cmocka_unit_test(gaps_add_up_whatever_moments_the_samples_are_of),
		cmocka_unit_test(an_unknown_position_of_the_primary_is_no_lag_of_zero),
		cmocka_unit_test(a_paused_replay_is_the_bottleneck),
		cmocka_unit_test(the_bottleneck_is_named_in_words),
		cmocka_unit_test(what_its_upstream_lacks_is_not_stuck_below_it),
		cmocka_unit_test(a_promoted_standbys_past_begins_with_it),
		cmocka_unit_test(a_cascade_lags_behind_the_root_and_gaps_are_behind_its_upstream),
		cmocka_unit_test(below_one_interval_the_server_knows_better_unless_its_word_is_old),
		cmocka_unit_test(the_servers_own_lags_are_columns),
		cmocka_unit_test(a_standby_without_a_known_way_up_lags_behind_the_clusters_only_primary),
		cmocka_unit_test(in_a_split_brain_each_row_says_who_has_what),
		cmocka_unit_test(a_standby_and_an_upstream_on_different_timelines_have_no_gap),
		cmocka_unit_test(a_primary_that_was_standby_starts_its_past_when_it_is_one),
		cmocka_unit_test(a_walsender_names_the_node_or_client_it_feeds),
		cmocka_unit_test(random_answers_never_do_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
