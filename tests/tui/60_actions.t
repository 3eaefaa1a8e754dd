#!/usr/bin/perl
# Actions on several rows at once, pauses of replay, missing rights and the action log, on real servers in a real terminal.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use PgRepl qw(wait_for csv_hashes);
use PgRepl::Tmux;

my $c = PgRepl->cluster(spec => '0 1:0=one 2:0=two 3:0=three');
$c->psql(0, $_) for 'create table t (i int)', 'create role app login', 'create role mon login', 'grant pg_monitor to mon',
	'create role sig login', 'grant pg_monitor, pg_signal_backend to sig';
my $dir = File::Temp->newdir('pgrepltop-acts.XXXXXX', TMPDIR => 1);

sub name { my ($node) = @_; return '127.0.0.1:' . $c->port($node) }

sub on_screen {
	my $t = PgRepl::Tmux->new(width => 150, height => 45,
		command => [PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres', '-s', '0.3', @_]);
	ok($t->wait_screen(qr/^[^\n]*4\/4 nodes.*checkpointer/s), 'all nodes and processes are there') or diag $t->screen;
	return $t;
}

# Waits for a screen, and shows it where it does not come.
sub sees {
	my ($t, $pattern, $what, $timeout) = @_;
	return ok($t->wait_screen($pattern, $timeout), $what) || diag $t->screen;
}

# The text of the box, its lines joined.
sub box {
	my ($t) = @_;
	return join ' ', map { /│ (.*?) *│/ ? $1 =~ s/^ +//r : () } split /\n/, $t->screen;
}

sub shows {
	my ($t, $pattern, $what) = @_;
	return ok((wait_for { box($t) =~ $pattern }), $what) || diag $t->screen;
}

# Tags the processes, whose pane gets the focus.
sub tag {
	my ($t, @pids) = @_;
	$t->send_keys('Tab') if !$t->{in_processes}++;
	for my $pid (@pids) {
		$t->wait_screen(qr/^ *$pid[ *]/m) or return diag "no $pid: " . $t->screen;
		$t->send_keys('Home');
		for (1 .. 60) {
			my $at = wait_for { selected($t) } or return diag 'no cursor: ' . $t->screen;
			last if $at == $pid;
			$t->send_keys('Down');
			wait_for { (selected($t) // $at) != $at } 1;
		}
		$t->send_keys('Space');
		$t->wait_screen(qr/^ *$pid\*/m) or return diag "not tagged: $pid: " . $t->screen;
	}
	return 1;
}

# The process under the cursor, by the background of its row.
sub selected {
	my ($t) = @_;
	for my $line (split /\n/, $t->screen_with_styles) {
		return $1 if $line =~ /^(?:\e\[[0-9;]*m)*\e\[46m *(\d{2,})[ *]/;
	}
	return;
}

# The node under the cursor of the tree, whose processes are shown.
sub node_under_cursor { my ($t) = @_; return $t->screen =~ / processes of (\S+) / ? $1 : '' }

# To the row of a node, key by key: each is awaited, so that none is taken for the one before.
sub go_to_node {
	my ($t, $node) = @_;
	for my $key (('Up') x 4, ('Down') x 4) {
		my $at = node_under_cursor($t);
		return 1 if $at eq name($node);
		$t->send_keys($key);
		wait_for { node_under_cursor($t) ne $at } 2;
	}
	return node_under_cursor($t) eq name($node);
}

sub session {
	my ($user, $sql) = @_;
	my $s = $c->psql_bg(0, '\set ON_ERROR_STOP off', user => $user);
	my $pid = $s->backend_pid;
	$s->send($sql) if $sql;
	return ($s, $pid);
}

sub lives { my ($pid) = @_; return $c->psql(0, "select count(*) from pg_stat_activity where pid = $pid") }

subtest 'several sessions at once' => sub {
	my ($one, $pid1) = session('app', 'select pg_sleep(600);');
	my ($two, $pid2) = session('postgres', q{select 'second', pg_sleep(600);});
	my ($other, $pid3) = session('app');
	my $log = "$dir/actions.csv";
	my $t = on_screen('--action-log', $log);
	my ($checkpointer) = $t->screen =~ /^ *(\d+) checkpointer/m;
	tag($t, $checkpointer, $pid1, $pid2);
	$t->send_keys('C');
	shows($t, qr/Cancel what 2 tagged processes do\? 1 of the tagged is not sent/, 'C asks for all that is tagged');
	my $box = box($t);
	like($box, qr/PID $pid1 on \Q${\name(0)}\E: client backend, app\@postgres, from 127.0.0.1:\d+, for /, 'with who it is');
	like($box, qr/select 'second', pg_sleep\(600\)/, 'and what it does');
	like($box, qr/Not sent: PID $checkpointer is a checkpointer/, 'the auxiliary one is refused');
	unlike($box, qr/PID $pid3/, 'and others are not meant');
	$t->send_keys('n');
	sees($t, qr/nothing was done to any of the 3/, 'any other key backs out');
	is($c->psql(0, "select state from pg_stat_activity where pid = $pid1"), 'active', 'and nothing is sent');
	$t->send_keys('C', 'y');
	shows($t, qr/cancel pid $pid1 .*pg_cancel_backend returned t.*cancel pid $pid2 .*pg_cancel_backend returned t/s,
		'y cancels them, and each answer is shown');
	like(box($t), qr/cancel pid $checkpointer on .*not sent, PID $checkpointer is a checkpointer/, 'the refused one is named');
	ok($one->wait_err(qr/canceling statement due to user request/), 'the first was cancelled');
	ok($two->wait_err(qr/canceling statement due to user request/), 'and the second');
	$t->send_keys('Escape');
	sees($t, qr/\A(?!.*Results)/s, 'Esc closes the results');
	$two->finish;
	ok(wait_for(sub { !lives($pid2) }), 'one of them leaves');
	sees($t, qr/\A(?!.*$pid2)/s, 'and its row is gone');
	$t->send_keys('K');
	shows($t, qr/Terminate 1 tagged process\?/, 'so it is no longer tagged');
	$t->send_keys('y');
	shows($t, qr/terminate pid $pid1 .*pg_terminate_backend returned t/, 'the other is terminated');
	ok(wait_for(sub { !lives($pid1) }), 'it is gone');
	is(lives($pid3), 1, 'and who was not tagged lives');
	$t->send_keys('Escape');
	sees($t, qr/\A(?!.*Results)/s, 'closed');
	$t->send_keys('5');
	sees($t, qr/action .*cancel pid $pid1 \(app\@postgres\): pg_cancel_backend returned t.*terminate pid $pid1/s,
		'the event log has each');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'it ends');
	is((stat $log)[2] & 07777, 0600, 'the action log is its owner\'s alone');
	my @rows = csv_hashes(do { local (@ARGV, $/) = $log; <> });
	is_deeply([map { "$_->{state} $_->{action} $_->{pid}" } sort { $a->{pid} <=> $b->{pid} } grep { $_->{action} eq 'cancel' } @rows],
		[map { ("asked cancel $_", "answer cancel $_") } sort { $a <=> $b } $pid1, $pid2], 'each is asked, then answered');
	my ($row) = grep { $_->{action} eq 'terminate' && $_->{state} eq 'answer' } @rows;
	my ($user) = getpwuid $<;
	is_deeply([@$row{qw(os_user role node pid backend_type user database query answer)}],
		[$user, 'postgres', name(0), $pid1, 'client backend', 'app', 'postgres', 'select pg_sleep(600);',
			'pg_terminate_backend returned t'], 'with who, whom and what');
	like($row->{time}, qr/^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/, 'and when');
	like($row->{backend_start}, qr/^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/, 'and since when the session was there');
	$_->cleanup for $one, $other;
};

subtest 'replay is paused and resumed' => sub {
	my $t = on_screen();
	ok(go_to_node($t, 1), 'the cursor is on a standby') or diag $t->screen;
	$t->send_keys('P');
	shows($t, qr/Pause replay on \Q${\name(1)}\E\?.*pg_wal_replay_pause.*remote_apply hang.*A promotion ends the pause/s,
		'P says what it would do');
	$t->send_keys('n');
	sees($t, qr/nothing was done to \Q${\name(1)}\E/, 'any other key backs out');
	is($c->psql(1, 'select pg_is_wal_replay_paused()'), 'f', 'and nothing is sent');
	$t->send_keys('P', 'y');
	sees($t, qr/pause replay on \Q${\name(1)}\E: done/, 'y pauses it');
	is($c->psql(1, 'select pg_is_wal_replay_paused()'), 't', 'the standby says so');
	sees($t, qr/\Q${\name(1)}\E +\S* *standby +paused/, 'and its row');
	$t->send_keys('P');
	shows($t, qr/Resume replay on \Q${\name(1)}\E\?/, 'P on a paused one resumes');
	$t->send_keys('y');
	sees($t, qr/resume replay on \Q${\name(1)}\E: done/, 'with its answer');
	is($c->psql(1, 'select pg_is_wal_replay_paused()'), 'f', 'and the standby goes on');
	sees($t, qr/\Q${\name(1)}\E +\S* *standby +(?!paused)\w/, 'and its row');
	$t->send_keys('Home', 'Space', 'Space', 'Space', 'Space', 'P');
	shows($t, qr/Pause replay on 3 tagged nodes\? 1 of the tagged is not sent.*is no standby/s, 'all tagged ones at once');
	$t->send_keys('y');
	shows($t, qr/(?=.*\Q${\name(1)}\E: done)(?=.*\Q${\name(2)}\E: done)(?=.*\Q${\name(3)}\E: done)/s, 'each with its answer');
	is($c->psql($_, 'select pg_is_wal_replay_paused()'), 't', "standby $_ is paused") for 1 .. 3;
	$t->send_keys('Escape');
	sees($t, qr/\A(?!.*Results)/s, 'closed');
	$t->send_keys('U');
	sees($t, qr/nothing is tagged any more/, 'U takes the tags away');
	$c->psql($_, 'select pg_wal_replay_resume()') for 1 .. 3;
};

subtest 'a server that was restarted or promoted since is not paused' => sub {
	my $t = on_screen();
	ok(go_to_node($t, 3), 'the cursor is on it');
	$t->send_keys('P');
	shows($t, qr/Pause replay on \Q${\name(3)}\E/, 'asked');
	$c->stop(3);
	$c->start(3);
	ok(wait_for(sub { eval { $c->psql(3, 'select true') } }), 'the server was restarted meanwhile');
	my $connected = sub { eval { $c->psql(3, q{select count(*) from pg_stat_activity where application_name = 'pgrepltop'}) } // 0 };
	ok(wait_for(sub { $connected->() > 0 }, 30), 'and is polled again');
	$t->send_keys('y');
	sees($t, qr/pause replay on \Q${\name(3)}\E: not done, the server was restarted since/, 'the answer says so');
	is($c->psql(3, 'select pg_is_wal_replay_paused()'), 'f', 'and it replays');
	sees($t, qr/\Q${\name(3)}\E +\S* *standby +streaming/, 'it streams again', 30);
	ok(go_to_node($t, 3), 'the cursor is on it');
	$t->send_keys('P');
	shows($t, qr/Pause replay on \Q${\name(3)}\E/, 'asked again');
	$c->promote(3);
	ok($c->wait_sql(3, 'select not pg_is_in_recovery()'), 'it was promoted meanwhile');
	$t->send_keys('y');
	sees($t, qr/pause replay on \Q${\name(3)}\E: not done, the server is no standby/, 'the answer says so, too');
};

subtest 'without the rights' => sub {
	my ($super, $pid) = session('postgres', 'select pg_sleep(601);');
	my ($app, $pid2) = session('app', 'select pg_sleep(602);');
	my $t = on_screen('-U', 'mon');
	ok(go_to_node($t, 1), 'the cursor is on a standby');
	$t->send_keys('P');
	shows($t, qr/The server will refuse: mon lacks execute on pg_wal_replay_pause\(\) and pg_wal_replay_resume\(\)/, 'the confirmation of a pause says what is missing');
	$t->send_keys('y');
	sees($t, qr/not permitted: permission denied for function pg_wal_replay_pause \(grant execute on\s+function\s+pg_wal_replay_pause\(\)\)/s,
		'the answer is the server\'s, with the grant');
	ok(go_to_node($t, 0), 'the cursor is on the primary');
	tag($t, $pid2);
	$t->send_keys('K');
	shows($t, qr/The server will refuse: mon lacks pg_signal_backend\./, 'a role without pg_signal_backend is told before');
	$t->send_keys('y');
	sees($t, qr/terminate pid $pid2 .*not permitted: .*\(needs\s+pg_signal_backend\)/s, 'and by the server, in as many lines as it takes');
	my $sig = on_screen('-U', 'sig');
	tag($sig, $pid, $pid2);
	$sig->send_keys('C');
	shows($sig, qr/sig lacks superuser: the session is a superuser's/, 'a superuser\'s session needs a superuser');
	unlike(box($sig), qr/lacks pg_signal_backend/, 'the other does not');
	$sig->send_keys('y');
	shows($sig, qr/(?=.*pid $pid .*not permitted)(?=.*pid $pid2 .*returned t)/s, 'one is refused by the server, the other cancelled');
	ok($app->wait_err(qr/canceling statement/), 'it was');
	is($c->psql(0, "select state from pg_stat_activity where pid = $pid"), 'active', 'and the superuser\'s goes on');
	$_->cleanup for $super, $app;
	$c->psql(0, "select pg_terminate_backend($pid)");
};

subtest 'a commit that waits, and a walsender, tagged together' => sub {
	$c->psql(0, q{alter system set synchronous_standby_names = 'nobody'});
	$c->psql(0, 'select pg_reload_conf()');
	my ($s, $pid) = session('postgres', 'insert into t values (1);');
	$c->wait_sql(0, "select wait_event = 'SyncRep' from pg_stat_activity where pid = $pid");
	my $sender = $c->psql(0, q{select pid from pg_stat_replication where application_name = 'one'});
	my $t = on_screen();
	tag($t, $sender, $pid);
	$t->send_keys('K');
	shows($t, qr/1 of them waits for a synchronous commit: its transaction is already/, 'what the commit has done already');
	like(box($t), qr/drop the replication stream to \Q${\name(1)}\E/, 'and who loses the stream');
	$t->send_keys('y');
	shows($t, qr/(?=.*pid $pid .*returned t; the commit stands)(?=.*pid $sender .*returned t)/s, 'both are terminated');
	ok($c->wait_sql(0, qq{select count(*) = 1 from pg_stat_replication where application_name = 'one' and pid <> $sender}),
		'the standby is back with a new stream');
	$s->cleanup;
	$c->psql(0, q{alter system reset synchronous_standby_names});
	$c->psql(0, 'select pg_reload_conf()');
};

subtest 'read-only by the configuration' => sub {
	my $config = "$dir/readonly.ini";
	open my $out, '>', $config or die "$config: $!";
	print $out "[pgrepltop]\nreadonly = on\naction-log = $dir/none.csv\n";
	close $out or die $!;
	my $t = on_screen('--config', $config);
	unlike($t->screen, qr/C Cancel|K Terminate/, 'the keys are not offered');
	for (['Down', 'P'], ['Tab', 'Space'], ['C'], ['K']) {
		$t->send_keys(@$_);
		sees($t, qr/read-only: this program cancels, terminates and pauses nothing/, "@$_ is refused");
		$t->send_keys('Left');
		$t->wait_screen(qr/\A(?!.*read-only)/s);
	}
	$t->send_keys('?', 'End');
	sees($t, qr/Help.*unknown/s, 'the help');
	$t->send_keys('PgUp');
	unlike($t->screen, qr/Terminate|Pause|tagged/, 'does not name them');
	ok(!-e "$dir/none.csv", 'and there is no action log');
};

subtest 'an action log that cannot be written' => sub {
	for (["$dir/no/such/folder.csv", qr/No such file or directory/], ["$dir", qr/Is a directory/], ['/dev/full', qr/no regular file/]) {
		my ($file, $why) = @$_;
		my $t = PgRepl::Tmux->new(width => 150, height => 20,
			command => [PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres', '--action-log', $file]);
		is($t->wait_exit, 2, "$file: refused at the start");
		sees($t, qr/pgrepltop: the action log \Q$file\E .*$why/, 'with the reason');
	}
	# Room for the header and a line or two: the limit is on the size of files, in blocks of 512 or 1024 bytes.
	my $log = "$dir/small.csv";
	open my $out, '>', $log or die "$log: $!";
	print $out 'x' x 1000, "\n";
	close $out or die $!;
	my ($s, $pid) = session('app', 'select pg_sleep(603);');
	my $t = PgRepl::Tmux->new(width => 150, height => 45, command => ['sh', '-c', 'trap "" XFSZ; ulimit -f 1; exec "$@"', 'sh',
			PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres', '-s', '0.3', '--action-log', $log]);
	$t->wait_screen(qr/checkpointer/) or diag $t->screen;
	tag($t, $pid);
	$t->send_keys('K', 'y');
	sees($t, qr/terminate pid $pid .*not sent, the action log \Q$log\E cannot be written/, 'what cannot be logged is not done');
	is(lives($pid), 1, 'the session lives');
	$s->cleanup;
};

done_testing;
