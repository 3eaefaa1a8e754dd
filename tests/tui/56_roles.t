#!/usr/bin/perl
# What each process of a node does, on its page, compared with what the server says at the same time: whom the WAL senders
# feed, an archiver that fails and then works, a restore_command that takes its time, and what only newer servers have.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Tmux;

my @versions = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (10, 15, 17, 18);
my @clusters = PgRepl->clusters(map {
	+{version => $_, spec => '0 1:0=s1 2:0=s2',
		conf => ['wal_level = logical', 'archive_mode = on', "archive_command = 'false'", $_ >= 17 ? 'summarize_wal = on' : ()]}
} @versions);

sub on_screen {
	my ($c, @arguments) = @_;
	my $t = PgRepl::Tmux->new(width => 200, height => 50,
		command => [PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres', '-s', '0.3', @arguments]);
	$t->wait_screen(qr/3\/3 nodes/) or diag $t->screen;
	return $t;
}

# The page with every wrapped line made one.
sub words { my ($t) = @_; return $t->screen =~ s/ *\n {26}(?=\S)/ /gr }

# Waits for words, which may have to be asked anew: a sub returns the pattern.
sub says {
	my ($t, $pattern, $what) = @_;
	my $wanted;
	my $found = wait_for { $wanted = ref $pattern eq 'CODE' ? $pattern->() : $pattern; words($t) =~ $wanted } 30;
	return ok($found, $what) || diag "$wanted\n", $t->screen;
}

sub name { my ($c, $node) = @_; return '127\.0\.0\.1:' . $c->port($node) }

sub open_page {
	my ($t, $c, $node) = @_;
	$t->send_keys('Home', ('Down') x $node, 'Enter');
	my $name = name($c, $node);
	return says($t, qr/^$name +(?:primary|standby) .*^PROCESS +PID DOES$/ms, "the page of node $node");
}

sub close_page {
	my ($t) = @_;
	$t->send_keys('Escape');
	return says($t, qr/^NODE/m, 'Esc goes back');
}

# Fills the segment and begins another.
sub next_segment {
	my ($c) = @_;
	$c->psql(0, 'create table if not exists t as select 1 as i; insert into t values (2)');
	return $c->psql(0, 'select pg_walfile_name(pg_switch_wal())');
}

sub senders_and_checkpoints {
	my ($t, $c) = @_;
	my %pid = map { split /\|/ } split /\n/, $c->psql(0, 'select application_name, pid from pg_stat_replication');
	for (1, 2) {
		my ($standby, $sender) = (name($c, $_), $pid{"s$_"});
		says($t, qr/^walsender +$sender feeds $standby: streaming, sent up to [0-9A-F]+\/[0-9A-F]+/m, "WAL sender $sender feeds s$_");
	}
	$c->psql(0, 'checkpoint');
	my $pid = $c->psql(0, q{select pid from pg_stat_activity where backend_type = 'checkpointer'});
	says($t, sub {
		my $redo = $c->psql(0, 'select redo_lsn from pg_control_checkpoint()');
		qr/^checkpointer +$pid .*, last checkpoint .+ ago, REDO at \Q$redo\E,/m
	}, 'the REDO location is that of the control file');
}

sub archiver {
	my ($t, $c) = @_;
	my $segment = next_segment($c);
	says($t, sub {
		my ($count, $wal) = split /\|/, $c->psql(0, 'select failed_count, last_failed_wal from pg_stat_archiver');
		$count ? qr/^archiver +\d+ FAILING on $wal, last \S+ ago, $count failures? since \S+, nothing archived so far, \d+ segments? \(/m : qr/(?!)/
	}, 'a failing archive_command, with the server\'s count');
	my ($failed) = $c->psql(0, 'select last_failed_wal from pg_stat_archiver');
	my $ready = () = glob($c->dir . '/' . $c->port(0) . '/pg_wal/archive_status/*.ready');
	like(words($t), qr/^archiver .* $ready segments? \(/m, "$ready of them wait, as many as there are .ready files");
	$c->psql(0, q{alter system set archive_command = 'true'});
	$c->psql(0, 'select pg_reload_conf()');
	$segment = next_segment($c);
	says($t, qr/^archiver +\d+ (?:archive_command runs, )?last archived $segment \S+ ago, \d+ in all/m, 'once it works: the last segment archived');
	is($c->psql(0, 'select last_archived_wal from pg_stat_archiver'), $segment, 'which is the server\'s');
	unlike(words($t), qr/FAILING|nothing archived/, 'it fails no more');
}

sub what_only_newer_servers_have {
	my ($t, $c, $major) = @_;
	if ($major >= 17) {
		says($t, sub {
			my ($lsn, $pid) = split /\|/, $c->psql(0, 'select summarized_lsn, summarizer_pid from pg_get_wal_summarizer_state()');
			qr/^walsummarizer +$pid .*summarized up to \Q$lsn\E, \S.* behind/m
		}, 'the WAL summarizer and how far it is');
	} else {
		unlike($t->screen, qr/^walsummarizer/m, 'no WAL summarizer');
	}
	if ($major >= 18) {
		says($t, qr/^io workers +- 1 run, \d busy, io_workers 1, \d+ I\/Os in flight/m, 'the I/O workers');
	} else {
		unlike($t->screen, qr/^io workers/m, 'no I/O workers');
	}
}

# A subscription of another database of the same server; its slot is made by hand, or making it would wait for itself.
sub subscription {
	my ($t, $c) = @_;
	$c->psql(0, 'create database target');
	$c->psql(0, 'create table s (i int); create publication pub for table s');
	$c->psql(0, q{select pg_create_logical_replication_slot('shop', 'pgoutput')});
	$c->psql(0, 'create table s (i int)', dbname => 'target');
	$c->psql(0, "create subscription shop connection 'host=127.0.0.1 port=${\$c->port(0)} user=postgres dbname=postgres' "
			. 'publication pub with (create_slot = false)', dbname => 'target');
	says($t, sub {
		my $pid = $c->psql(0, 'select coalesce(max(pid), 0) from pg_stat_subscription where relid is null');
		qr/^apply worker +$pid applies subscription shop, received up to [0-9A-F]+\/[0-9A-F]+, reported .*, last message /m
	}, 'the worker of a subscription');
	says($t, qr/^walsender +\d+ feeds shop slot shop: streaming, .*, logical slot shop$/m, 'and the WAL sender that feeds it');
	$c->psql(0, 'alter subscription shop disable', dbname => 'target');
	says($t, qr/^apply worker +- subscription shop has none: /m, 'one that is disabled has none');
	$c->psql(0, 'drop subscription shop', dbname => 'target');
	return;
}

# A restore_command that does not return while the file `gate` is there; the title names only segments.
sub restore_command {
	my ($t, $c, $major) = @_;
	my ($gate, $port) = ($c->dir . '/gate', $c->port(2));
	my $file = $c->dir . "/$port/" . ($major >= 12 ? 'postgresql.conf' : 'recovery.conf');
	$c->stop(2);
	open my $conf, '>>', $file or die "$file: $!";
	print $conf "restore_command = 'case %f in *.history) ;; *) while test -e $gate; do sleep 0.1; done ;; esac; false'\n";
	close $conf;
	$c->start(2);
	$t->wait_screen(qr/3\/3 nodes/) or diag $t->screen;
	open_page($t, $c, 2);
	says($t, qr/^walreceiver +\d+ receives from ${\name($c, 0)}: streaming, has WAL up to .*, last message /m, 'a standby that streams');
	says($t, qr/^startup +\d+ .*replayed up to /m, 'and replays');
	open my $out, '>', $gate or die "$gate: $!";
	close $out;
	$c->psql(0, q{select pg_terminate_backend(pid) from pg_stat_replication where application_name = 's2'});
	my $runs = $major >= 15 ? 'restore_command runs' : 'restore_command seems to run';
	says($t, qr/^startup +\d+ $runs, wants [0-9A-F]{24}, replayed up to/m, 'a restore_command that takes its time');
	my $why = $major >= 12 ? "none runs, it would follow ${\name($c, 0)}, its log says why, WAL comes by restore_command" : 'none runs';
	says($t, qr/^walreceiver +- $why$/m, 'and no WAL receiver');
	unlink $gate or die "$gate: $!";
	says($t, qr/^walreceiver +\d+ receives from .*: streaming/m, 'which is there again behind it');
	close_page($t);
}

sub paused {
	my ($t, $c) = @_;
	open_page($t, $c, 1);
	my $pid = $c->psql(1, q{select pid from pg_stat_activity where backend_type = 'startup'});
	$c->psql(1, 'select pg_wal_replay_pause()');
	says($t, qr/^startup +$pid replay is paused, /m, 'replay is paused');
	$c->psql(1, 'select pg_wal_replay_resume()');
	says($t, qr/^startup +$pid (?!replay is paused)/m, 'and goes on');
	close_page($t);
}

sub asks { return "select bool_or(query like '%pg_stat_subscription%') from pg_stat_activity where application_name = 'pgrepltop'" }

for my $i (0 .. $#versions) {
	my ($major, $c) = ($versions[$i], $clusters[$i]);
	subtest "PostgreSQL $major" => sub {
		$c->psql(0, 'create role plain login');
		my $t = on_screen($c);
		ok($c->psql(0, asks()) eq 'f', 'nothing is asked while no page is open');
		open_page($t, $c, 0);
		ok($c->wait_sql(0, asks()), 'and then it is');
		senders_and_checkpoints($t, $c);
		archiver($t, $c);
		what_only_newer_servers_have($t, $c, $major);
		subscription($t, $c);
		close_page($t);
		ok($c->wait_sql(0, asks() =~ s/bool_or/not bool_or/r), 'a closed page asks no more');
		restore_command($t, $c, $major);
		paused($t, $c);
		$t->send_keys('q');
		my $plain = on_screen($c, '-U', 'plain');
		open_page($plain, $c, 0);
		says($plain, qr/^walsender +\d+ feeds .*, not visible to this role: grant pg_monitor$/m, 'a plain role is told what it lacks');
		$plain->send_keys('q');
		my @complaints = grep { !/terminating connection due to administrator command$/ } $c->complaints(0 .. 2); # node 2 was stopped
		is(@complaints, 0, 'the servers have no complaints about us') or diag join "\n", @complaints;
	};
}

done_testing;
