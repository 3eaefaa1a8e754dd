#include "collect/discover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

static Candidates look(Snapshot *s)
{
	return discover(&s->arena, s, topology_build(&s->arena, s, NULL));
}

/* "HOST:PORT" each, with "!" for one that is named, "?" for a wild guess, "*" in front for a scan of this host. */
static void assert_found_by(Candidates found, Arena *arena, const char *expected)
{
	StrBuf text = {0};
	if (found.scan_this_host)
		strbuf_add_cstr(&text, "*");
	for (size_t i = 0; i < found.count; i++)
		strbuf_addf(&text, " %.*s:%d%s", STR_ARG(found.items[i].host), found.items[i].port,
		            found.items[i].named     ? "!"
		            : found.items[i].vouched ? ""
		                                     : "?");
	Str got = str_dup(arena, strbuf_str(&text));
	strbuf_free(&text);
	if (!str_eq(got.len == 0 ? STR("") : got, str_from(expected)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(got), expected);
}

static void assert_found(Snapshot *s, const char *expected)
{
	assert_found_by(look(s), &s->arena, expected);
}

static void where_all_are_known_there_is_nothing_to_find(void **state)
{
	Snapshot *s = snap_reference(true);
	assert_found(s, "");
	snap_free(s);
}

static void the_upstream_of_a_standby_is_looked_for_where_it_says(void **state)
{
	Snapshot *s = snap_new(2);
	NODE(s, .id = 9, .port = 5432, .host = "10.0.0.2", .to_host = "10.0.0.1", .to_port = 5433);
	Candidates found = look(s);
	assert_found_by(found, &s->arena, " 10.0.0.1:5433!");
	assert_int_equal(found.items[0].near, 9);
	snap_free(s);
}

static void a_loopback_address_means_the_host_of_who_says_it(void **state)
{
	static const struct {
		const char *by, *says, *expected;
	} cases[] = {
		{"10.0.0.2", "127.0.0.1", " 10.0.0.2:5433!"}, {"10.0.0.2", "localhost", " 10.0.0.2:5433!"},
		{"10.0.0.2", "/tmp", " 10.0.0.2:5433!"},      {"10.0.0.2", "db1", " db1:5433!"},
		{NULL, "127.0.0.1", " 127.0.0.1:5433!"},      {NULL, "/tmp", " /tmp:5433!"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		Snapshot *s = snap_new(1);
		NODE(s, .port = 5432, .host = cases[i].by, .to_host = cases[i].says, .to_port = 5433);
		assert_found(s, cases[i].expected);
		snap_free(s);
	}
}

static void without_a_receiver_its_conninfo_says_where_unless_that_is_a_list(void **state)
{
	Snapshot *s = snap_new(1);
	Node *n = NODE(s, .port = 5432, .host = "10.0.0.2", .conninfo_host = "db1", .conninfo_port = 5433);
	assert_found(s, " db1:5433!");
	snap_sample(n)->primary_host = STR("db1,db2");
	assert_found(s, "");
	snap_sample(n)->primary_host = STR_NONE;
	assert_found(s, "");
	snap_free(s);
}

static void a_standby_of_which_nothing_is_visible_or_that_is_down_leads_nowhere(void **state)
{
	Snapshot *s = snap_new(4);
	NODE(s, .port = 1, .to_hidden = true);
	NODE(s, .port = 2, .to_port = 9, .state = NODE_DOWN);
	NODE(s, .port = 3, .primary = true);
	NODE(s, .port = 4, .unanswered = true);
	assert_found(s, "");
	snap_free(s);
}

static void a_standby_that_was_repointed_leads_to_its_new_upstream_wherever_it_stands(void **state)
{
	Snapshot *s = snap_new(2), *later = snap_new(2);
	NODE(s, .port = 1, .primary = true);
	NODE(s, .port = 2, .to_port = 1);
	NODE(later, .port = 1, .primary = true);
	NODE(later, .port = 2, .conninfo_host = "10.0.0.9", .conninfo_port = 5432);
	const Topology *before = topology_build(&s->arena, s, NULL);
	const Topology *after = topology_build(&later->arena, later, before);
	assert_int_equal(after->rows[1].evidence, EDGE_LAST);
	assert_found_by(discover(&later->arena, later, after), &later->arena, " 10.0.0.9:5432!");
	snap_free(later);
	snap_free(s);
}

static void a_client_that_replays_is_looked_for_at_its_address_and_the_known_ports(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .id = 4, .port = 5440, .host = "10.0.0.1", .primary = true);
	SENDER(s, p, .addr = "10.0.0.3", .port = 40001);
	Candidates found = look(s);
	assert_found_by(found, &s->arena, " 10.0.0.3:5432 10.0.0.3:5440?");
	assert_int_equal(found.items[0].near, 4);
	SENDER(s, p, .addr = "10.0.0.3", .port = 40002); /* a second one there is no new address */
	assert_found(s, " 10.0.0.3:5432 10.0.0.3:5440?");
	snap_free(s);
}

static void a_remote_servers_loopback_or_socket_client_is_on_its_host(void **state)
{
	Snapshot *s = snap_new(1);
	Node *p = NODE(s, .port = 5440, .host = "10.0.0.1", .primary = true);
	SENDER(s, p, .addr = "127.0.0.1", .port = 40001);
	SENDER(s, p, .port = 0);
	assert_found(s, " 10.0.0.1:5432 10.0.0.1:5440?");
	snap_free(s);
}

static void clients_that_are_no_servers_are_left_alone(void **state)
{
	Snapshot *s = snap_new(1);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
	SENDER(s, p, .app = "pg_receivewal", .addr = "10.0.0.3", .port = 40001, .never_replays = true);
	SENDER(s, p, .app = "sub", .addr = "10.0.0.4", .port = 40001, .slot = "sub", .logical = true);
	SENDER(s, p, .hidden = true);
	assert_found(s, "");
	snap_free(s);
}

static void a_client_on_this_host_is_looked_for_among_its_postmasters(void **state)
{
	Snapshot *s = snap_new(1);
	Node *p = NODE(s, .port = 5432, .primary = true);
	SENDER(s, p, .port = 40001);
	assert_found(s, "*");
	snap_sample(p)->senders[0].client_addr = STR("10.0.0.3");
	assert_found(s, " 10.0.0.3:5432");
	/* this host's own address on the network */
	p->local = true;
	assert_found(s, "* 10.0.0.3:5432");
	p->host = STR("10.0.0.3");
	snap_sample(p)->senders[0].client_addr = STR("127.0.0.1");
	assert_found(s, "*");
	snap_free(s);
}

static void the_default_port_and_those_of_given_nodes_come_first(void **state)
{
	Snapshot *s = snap_new(20);
	Node *p = NODE(s, .port = 6000, .host = "10.0.0.1", .primary = true);
	for (int i = 1; i <= 15; i++)
		NODE(s, .port = 5000 + i, .host = "10.0.0.1", .unanswered = true);
	s->nodes[15].given = true;
	SENDER(s, p, .addr = "10.0.0.3", .port = 40001);
	assert_found(s, " 10.0.0.3:5432 10.0.0.3:5015 10.0.0.3:6000? 10.0.0.3:5001? 10.0.0.3:5002? 10.0.0.3:5003?"
	                " 10.0.0.3:5004? 10.0.0.3:5005?");
	snap_free(s);
}

static void an_upstream_that_only_a_name_tells_is_tried_at_the_address_that_is_named(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
	NODE(s, .port = 5432, .host = "10.0.0.2", .to_host = "db1", .to_port = 5432, .cluster_name = "s1");
	SENDER(s, p, .app = "s1", .addr = "10.0.9.2", .port = 40001);
	assert_found(s, " db1:5432");
	snap_free(s);
}

static void an_address_that_one_standby_names_is_named_whoever_else_leads_there(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
	NODE(s, .port = 5432, .host = "10.0.0.4", .to_host = "10.0.0.3", .to_port = 5432);
	SENDER(s, p, .addr = "10.0.0.3", .port = 40001);
	assert_found(s, " 10.0.0.3:5432!");
	snap_free(s);
}

static void a_thousand_clients_give_a_bounded_number_of_addresses(void **state)
{
	Snapshot *s = snap_new(16);
	Node *p = NODE(s, .port = 6000, .host = "10.0.0.1", .primary = true);
	for (int i = 0; i < 15; i++)
		NODE(s, .port = 5000 + i, .host = "10.0.0.1", .unanswered = true);
	for (int i = 0; i < 1000; i++)
		SENDER(s, p, .addr = str_format(&s->arena, "10.1.%d.%d", i / 250, i % 250).data, .port = 40001);
	Candidates found = look(s);
	assert_in_range(found.count, 200, 256);
	assert_int_equal(found.count % 8, 0); /* each address with all its ports */
	snap_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_all_are_known_there_is_nothing_to_find),
		cmocka_unit_test(the_upstream_of_a_standby_is_looked_for_where_it_says),
		cmocka_unit_test(a_loopback_address_means_the_host_of_who_says_it),
		cmocka_unit_test(without_a_receiver_its_conninfo_says_where_unless_that_is_a_list),
		cmocka_unit_test(a_standby_of_which_nothing_is_visible_or_that_is_down_leads_nowhere),
		cmocka_unit_test(a_standby_that_was_repointed_leads_to_its_new_upstream_wherever_it_stands),
		cmocka_unit_test(a_client_that_replays_is_looked_for_at_its_address_and_the_known_ports),
		cmocka_unit_test(a_remote_servers_loopback_or_socket_client_is_on_its_host),
		cmocka_unit_test(clients_that_are_no_servers_are_left_alone),
		cmocka_unit_test(a_client_on_this_host_is_looked_for_among_its_postmasters),
		cmocka_unit_test(the_default_port_and_those_of_given_nodes_come_first),
		cmocka_unit_test(an_upstream_that_only_a_name_tells_is_tried_at_the_address_that_is_named),
		cmocka_unit_test(an_address_that_one_standby_names_is_named_whoever_else_leads_there),
		cmocka_unit_test(a_thousand_clients_give_a_bounded_number_of_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
