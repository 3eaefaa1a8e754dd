/* The header blocks: what is said of a cluster and of this host. */
#include "derived_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_cluster_is_described_by_its_primary(void **state)
{
	Snapshot *s = snap_reference(true);
	NodeSample *p = snap_sample(&s->nodes[REF_1923]);
	p->synchronous_standby_names = STR("ANY 1 (*)");
	p->senders[0].sync_state = STR("quorum");
	p->senders[1].sync_state = STR("sync");
	p->senders[1].state = STR("catchup"); /* does not count */
	s->nodes[REF_1925].state = NODE_DOWN;
	const Report *r = report_of(s);
	assert_int_equal(r->nclusters, 1);
	const ClusterRow *c = &r->clusters[0];
	assert_str(c->cluster, "7");
	assert_str(c->primary, "1923");
	assert_str(c->version, "15.18");
	assert_int_equal(c->timeline, 1);
	assert_close(c->uptime_seconds, 3600);
	assert_str(c->synchronous_standby_names, "ANY 1 (*)");
	assert_int_equal(c->nodes, 5);
	assert_int_equal(c->nodes_up, 4);
	assert_int_equal(c->primaries, 1);
	assert_int_equal(c->sync_standbys, 1);
	assert_int_equal(c->waiting, INT_NONE); /* not asked for */
	const Activity activity[] = {
		{.pid = 1, .wait_event = STR("SyncRep")}, {.pid = 2}, {.pid = 3, .wait_event = STR("SyncRep")}};
	p->has_activity = true;
	p->activity = (Activity *)activity;
	p->nactivity = COUNT(activity);
	assert_int_equal(report_of(s)->clusters[0].waiting, 2);
	snap_free(s);
}

static void the_disks_of_this_host_have_rates_between_two_ticks(void **state)
{
	Snapshot *s = snap_reference(true);
	assert_true(isnan(report_of(s)->host.read_bytes_per_second)); /* not asked for */
	s->host = (HostSample){true, INT64_C(5000000000), 9000, 700};
	assert_true(isnan(report_of(s)->host.write_bytes_per_second)); /* the first */
	s->previous_host = (HostSample){true, INT64_C(3000000000), 5000, 800};
	assert_close(report_of(s)->host.read_bytes_per_second, 2000);
	assert_true(isnan(report_of(s)->host.write_bytes_per_second)); /* fell */
	s->host.known = false;
	assert_true(isnan(report_of(s)->host.read_bytes_per_second));
	snap_free(s);
}

static void what_a_role_may_not_see_is_not_counted_as_none(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1, .primary = true);
	NODE(s, .port = 2, .to_hidden = true, .receive = 0x1000, .replay = 0x1000);
	SENDER(s, p, .hidden = true);
	const Activity activity[] = {
		{.pid = 1, .backend_start_us = TIME_NONE, .query = STR("<insufficient privilege>")}};
	snap_sample(p)->has_activity = true;
	snap_sample(p)->activity = (Activity *)activity;
	snap_sample(p)->nactivity = COUNT(activity);
	const Report *r = report_of(s);
	assert_true(r->clusters[0].is_hidden);
	assert_int_equal(r->clusters[0].sync_standbys, INT_NONE);
	assert_int_equal(r->clusters[0].waiting, INT_NONE);
	assert_true(row_of(r, "2")->is_hidden);
	assert_false(row_of(r, "1")->is_hidden);
	const NodeRow *client = row_of(r, "walreceiver pid 100");
	assert_true(client->is_hidden);
	assert_str(client->error, NOT_VISIBLE);
	snap_free(s);
}

static void a_cluster_without_a_primary_is_unknown_not_zero(void **state)
{
	Snapshot *s = snap_new(1);
	NODE(s, .port = 1, .unanswered = true);
	const ClusterRow *c = &report_of(s)->clusters[0];
	assert_str(c->cluster, NULL);
	assert_str(c->primary, NULL);
	assert_int_equal(c->timeline, INT_NONE);
	assert_close(c->uptime_seconds, NAN);
	assert_close(c->wal_bytes_per_second, NAN);
	assert_int_equal(c->nodes, 1);
	assert_int_equal(c->primaries, 0);
	snap_free(s);
}

static void an_unknown_start_is_an_unknown_uptime(void **state)
{
	Snapshot *s = snap_new(1);
	const Node *p = NODE(s, .port = 1, .primary = true);
	((NodeIdentity *)p->identity)->postmaster_start_us = TIME_NONE;
	assert_close(report_of(s)->clusters[0].uptime_seconds, NAN);
	snap_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cluster_is_described_by_its_primary),
		cmocka_unit_test(the_disks_of_this_host_have_rates_between_two_ticks),
		cmocka_unit_test(what_a_role_may_not_see_is_not_counted_as_none),
		cmocka_unit_test(a_cluster_without_a_primary_is_unknown_not_zero),
		cmocka_unit_test(an_unknown_start_is_an_unknown_uptime),
	};
	return cmocka_run_group_tests_name("report_cluster", tests, NULL, NULL);
}
