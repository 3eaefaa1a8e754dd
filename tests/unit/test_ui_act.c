#include "view/ui_act.h"

#include "screen_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The rows of the reference: 15401 checkpointer, 15403 walwriter, 15404 archiver, 15436, 15437, 15440 walsenders, then
 * 15567 and 15568 clients. */
static const ActTarget *acted(const Screen *s, size_t i)
{
	assert_true(s->ui.acted_from + i < s->ui.acted.count);
	return &s->ui.acted.items[s->ui.acted_from + i];
}

static void only_y_acts(void **state)
{
	static const char *const others[] = {"n", "Y", "Enter", "Esc", "q", "C", "K", "Space", "Tab", "j", "k"};
	static Screen s;
	(void)state;
	screen_start(&s, fixture_sync_wait, false, 0, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		s.ui.focus = PANE_PROCESSES;
		press(&s, "K");
		assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
		assert_int_equal(press(&s, others[i]).kind, EFFECT_NONE);
		assert_int_equal(s.ui.dialog, DIALOG_NONE);
		assert_string_equal(s.ui.message, "nothing was done to PID 20000");
	}
	assert_int_equal(s.ui.acted.count, 0);
	assert_int_equal(press(&s, "K y").kind, EFFECT_ACT);
	assert_int_equal(s.ui.acted.count, 1);
	assert_int_equal(acted(&s, 0)->kind, ACT_TERMINATE);
	assert_int_equal(acted(&s, 0)->key.node, 1);
	assert_int_equal(acted(&s, 0)->key.pid, 20000);
	assert_int_equal(acted(&s, 0)->key.start_us, 21000);
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
	assert_int_equal(press(&s, "y").kind, EFFECT_NONE);
}

static void a_confirmation_is_scrolled_and_stays(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_sync_wait, false, 0, 0);
	press(&s, "Tab K Down Down Up");
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_int_equal(s.ui.dialog_scroll, 1);
	press(&s, "PgDn Home Up PgUp");
	assert_int_equal(s.ui.dialog_scroll, 0);
	assert_int_equal(press(&s, "End y").kind, EFFECT_ACT);
}

static void a_confirmation_holds_copies_of_what_it_names(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_sync_wait, false, 0, 0);
	press(&s, "Tab Down C");
	memset(&s.fixture, 0, sizeof(s.fixture)); /* the report it came from is gone, and nobody is there any more */
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_int_equal(press(&s, "y").kind, EFFECT_ACT);
	const ActTarget *t = acted(&s, 0);
	assert_int_equal(t->kind, ACT_CANCEL);
	assert_true(t->sync_wait && !t->is_walsender);
	assert_int_equal(t->key.pid, 20001);
	assert_string_equal(t->node, "p1");
	assert_string_equal(t->user, "app");
	assert_string_equal(t->database, "shop");
	assert_string_equal(t->client, "10.0.0.17");
	assert_string_equal(t->backend_type, "client backend");
	assert_string_equal(t->wal_lsn, "5C/61E78958");
	assert_true(t->age_seconds == 131);
	assert_true(strncmp(t->query, "insert into payments", 20) == 0);
}

static void a_long_text_in_a_confirmation_is_cut_between_characters(void **state)
{
	static Screen s;
	char user[400];
	(void)state;
	screen_start(&s, fixture_sync_wait, false, 0, 0);
	for (size_t i = 0; i < sizeof(user); i++)
		user[i] = i % 2 == 0 ? '\xc3' : '\xa9';
	s.fixture.processes[0].user = (Str){user, sizeof(user)};
	press(&s, "Tab C");
	assert_int_equal(strlen(s.ui.asked.items[0].user), 126);
}

static void a_walsender_is_named_with_whom_it_feeds(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_sync_wait, false, 0, 0);
	press(&s, "Tab End C");
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_true(s.ui.asked.items[0].is_walsender);
	assert_string_equal(s.ui.asked.items[0].serves, "s2");
}

static void space_tags_and_goes_on(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s, "Tab Space");
	assert_string_equal(s.ui.message, "1 process tagged");
	assert_int_equal(s.ui.selected_process.pid, 15403);
	assert_true(fold_has(&s.ui.tagged, s.fixture.processes[0].key));
	press(&s, "Up Space");
	assert_string_equal(s.ui.message, "0 processes tagged");
	assert_false(fold_has(&s.ui.tagged, s.fixture.processes[0].key));
	press(&s, "Space Space Tab Space Space");
	assert_string_equal(s.ui.message, "2 nodes tagged");
	assert_int_equal(s.ui.tagged.count, 4);
	press(&s, "U");
	assert_int_equal(s.ui.tagged.count, 0);
	press(&s, "End Space"); /* pg_receivewal */
	assert_string_equal(s.ui.message, "only nodes and processes can be tagged");
	press(&s, "Home Tab End Space"); /* whose start is not visible */
	assert_non_null(strstr(s.ui.message, "cannot be tagged"));
	press(&s, "5 Space");
	assert_string_equal(s.ui.message, "there is nothing to tag here");
	assert_int_equal(s.ui.tagged.count, 0);
}

static void all_that_is_tagged_is_asked_for_and_nothing_else(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s,
	      "Tab Down Down Down Space Down Space Down K"); /* s1's and pg_receivewal's senders; the cursor is elsewhere */
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_int_equal(s.ui.asked.count, 2);
	assert_int_equal(s.ui.asked.items[0].key.pid, 15436);
	assert_int_equal(s.ui.asked.items[1].key.pid, 15440);
	assert_int_equal(press(&s, "n").kind, EFFECT_NONE);
	assert_string_equal(s.ui.message, "nothing was done to any of the 2");
	assert_int_equal(press(&s, "C y").kind, EFFECT_ACT);
	assert_int_equal(s.ui.acted.count, 2);
	assert_int_equal(s.ui.dialog, DIALOG_RESULTS);
	press(&s, "q y j");
	assert_int_equal(s.ui.dialog, DIALOG_RESULTS);
	press(&s, "Esc");
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
}

static void targets_stay_as_they_were_when_the_key_was_pressed(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s, "Tab Down Down Down Space Space K");
	s.fixture.processes[3].key.start_us++; /* the pid has another owner by the next report */
	s.fixture.processes[4].key.pid = 99;
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(s.ui.tagged.count, 0);
	assert_int_equal(press(&s, "y").kind, EFFECT_ACT);
	assert_int_equal(s.ui.acted.count, 2);
	assert_int_equal(acted(&s, 0)->key.start_us, s.fixture.processes[3].key.start_us - 1);
	assert_int_equal(acted(&s, 1)->key.pid, 15437);
}

static void what_cannot_be_signalled_is_listed_as_refused(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s, "Tab Space Down Down Space C"); /* the checkpointer and a walsender */
	assert_int_equal(s.ui.asked.count, 2);
	assert_int_equal(s.ui.asked.items[0].answer, ACT_REFUSED);
	assert_string_equal(s.ui.asked.items[0].detail,
	                    "PID 15401 is a checkpointer: PostgreSQL lets no client signal it");
	assert_int_equal(s.ui.asked.items[1].answer, ACT_ASKED);
	assert_int_equal(act_sendable(&s.ui.asked, 0), 1);
	assert_int_equal(press(&s, "y").kind, EFFECT_ACT);
	assert_int_equal(acted(&s, 0)->answer, ACT_REFUSED);
	press(&s, "Esc U Home Space Space C"); /* checkpointer and walwriter: nobody to ask */
	assert_int_equal(act_sendable(&s.ui.asked, 0), 0);
	assert_int_equal(press(&s, "y").kind, EFFECT_NONE);
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
}

static void a_process_that_is_gone_is_no_longer_tagged(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s, "Tab Space Space");
	size_t count = s.fixture.report.nprocesses;
	s.fixture.report.nprocesses = 0; /* not read now, which says nothing of them */
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(s.ui.tagged.count, 2);
	press(&s, "C");
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
	assert_string_equal(s.ui.message, "not all tagged processes can be seen now: wait for them, or untag all");
	s.fixture.report.nprocesses = count;
	s.fixture.processes[1].key.start_us++;
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(s.ui.tagged.count, 1);
	press(&s, "Tab Space"); /* a node, p1 */
	assert_int_equal(s.ui.tagged.count, 2);
	s.fixture.nodes[0].key.node = 77;
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(s.ui.tagged.count, 1);
}

static void tagged_processes_of_other_nodes_must_be_read_too(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	assert_false(ui_wants_all_processes(&s.ui, 1));
	press(&s, "Tab Space Tab Space");
	assert_false(ui_wants_all_processes(&s.ui, 1));
	assert_true(ui_wants_all_processes(&s.ui, 2));
}

static void replay_is_paused_or_resumed_by_the_state_of_the_node(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s, "P");
	assert_string_equal(s.ui.message, "p1 is no standby: it replays nothing");
	assert_int_equal(press(&s, "Down P y").kind, EFFECT_ACT);
	assert_int_equal(acted(&s, 0)->kind, ACT_PAUSE);
	assert_string_equal(acted(&s, 0)->node, "s1");
	assert_int_equal(acted(&s, 0)->server_start_us, s.fixture.nodes[1].server_start_us);
	press(&s, "Down Down P");
	assert_string_equal(s.ui.asked.items[0].node, "s2");
	assert_int_equal(s.ui.asked.items[0].kind, ACT_RESUME);
	press(&s, "x");
	assert_string_equal(s.ui.message, "nothing was done to s2");
	press(&s, "End P");
	assert_non_null(strstr(s.ui.message, "no node that answers"));
	press(&s, "Home Down Tab P");
	assert_string_equal(s.ui.message, "select a standby in the tree first");
}

static void of_several_standbys_those_that_run_are_paused(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s, "Down Space Down Space P"); /* s1, and s2 which is paused */
	assert_int_equal(s.ui.asked.count, 2);
	assert_int_equal(s.ui.asked.items[0].kind, ACT_PAUSE);
	assert_int_equal(s.ui.asked.items[0].answer, ACT_ASKED);
	assert_string_equal(s.ui.asked.items[1].detail, "s2 is paused already");
	press(&s, "n U Home Down Down Down Space P");
	assert_int_equal(s.ui.asked.items[0].kind, ACT_RESUME);
}

static void answers_keep_their_places_while_more_is_asked(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_actions, false, 0, 0);
	press(&s, "Tab Down Down Down C y Down C y");
	assert_int_equal(s.ui.acted.count, 2);
	assert_int_equal(s.ui.acted_from, 1);
	s.ui.acted.items[0].answer = s.ui.acted.items[1].answer = ACT_DONE;
	press(&s, "Down C y");
	assert_int_equal(s.ui.acted.count, 1);
	assert_int_equal(s.ui.acted_from, 0);
}

static void readonly_takes_all_of_it_away(void **state)
{
	static const char *const keys[] = {"C", "K", "P", "Space"};
	static Screen s;
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		screen_start(&s, fixture_actions, true, 0, 0);
		press(&s, i < 2 ? "Tab Down Down Down" : "Down");
		assert_int_equal(press(&s, keys[i]).kind, EFFECT_NONE);
		assert_int_equal(s.ui.dialog, DIALOG_NONE);
		assert_int_equal(s.ui.tagged.count, 0);
		assert_string_equal(s.ui.message, "read-only: this program cancels, terminates and pauses nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_y_acts),
		cmocka_unit_test(a_confirmation_is_scrolled_and_stays),
		cmocka_unit_test(a_confirmation_holds_copies_of_what_it_names),
		cmocka_unit_test(a_long_text_in_a_confirmation_is_cut_between_characters),
		cmocka_unit_test(a_walsender_is_named_with_whom_it_feeds),
		cmocka_unit_test(space_tags_and_goes_on),
		cmocka_unit_test(all_that_is_tagged_is_asked_for_and_nothing_else),
		cmocka_unit_test(targets_stay_as_they_were_when_the_key_was_pressed),
		cmocka_unit_test(what_cannot_be_signalled_is_listed_as_refused),
		cmocka_unit_test(a_process_that_is_gone_is_no_longer_tagged),
		cmocka_unit_test(tagged_processes_of_other_nodes_must_be_read_too),
		cmocka_unit_test(replay_is_paused_or_resumed_by_the_state_of_the_node),
		cmocka_unit_test(of_several_standbys_those_that_run_are_paused),
		cmocka_unit_test(answers_keep_their_places_while_more_is_asked),
		cmocka_unit_test(readonly_takes_all_of_it_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
