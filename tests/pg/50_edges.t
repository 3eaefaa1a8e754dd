#!/usr/bin/perl
# Who replicates from whom, on real servers in the shapes that mislead: whatever is not told for sure is left open or
# marked as a guess, in every sample, wherever one starts to look. A wrong upstream is never shown.
use strict;
use warnings;
use File::Temp ();
use Test::More;
use PgRepl qw(run_command run_batch wait_for);
use PgRepl::Batch qw(row nobody);
use PgRepl::Proxy;

my $nobody = nobody();

# Rows of a sample that are nodes.
sub nodes_of { my ($sample) = @_; return grep { $_->{role} ne 'client' } @$sample }

# What of the samples is not so. `tree` has the upstream's port by the port of each node, undef for none.
sub wrong_edges {
	my ($tree, @samples) = @_;
	return grep {
		my $row = $_;
		my $upstream = $row->{upstream} // '';
		!exists $tree->{$row->{port}} || $upstream ne '' && $upstream ne '127.0.0.1:' . ($tree->{$row->{port}} // '');
	} map { nodes_of($_) } @samples;
}

sub tell_rows {
	return join "\n", map { my $row = $_; join ' ', map { "$_=" . ($row->{$_} // '') } qw(time node role state upstream edge_evidence application_name error) } @_;
}

# Looks from the nodes with these conninfos: never a wrong edge in any sample. Returns the last sample.
sub look {
	my ($title, $tree, $how, @arguments) = @_;
	my $result = $how->{as}
		? run_command(@{$how->{as}}, '-b', '-n', 5, '-s', 0.2, @arguments)
		: run_batch('-n', 5, '-s', 0.2, @arguments);
	is($result->{status}, 0, "$title: it runs") or diag $result->{err};
	my @samples = PgRepl::samples(PgRepl::csv_hashes($result->{out}));
	my @wrong = wrong_edges($tree, @samples);
	is(@wrong, 0, "$title: no wrong upstream and no stranger in any sample") or diag tell_rows(@wrong);
	return $samples[-1] || [];
}

# All nodes of the tree are there, each under its upstream; evidence, if given, is that of each edge.
sub is_complete {
	my ($title, $tree, $sample, $evidence) = @_;
	my %expected = map { $_ => defined $tree->{$_} ? "127.0.0.1:$tree->{$_}" : undef } keys %$tree;
	my %got = map { $_->{port} => $_->{upstream} } nodes_of($sample);
	is_deeply(\%got, \%expected, "$title: the whole tree") or diag tell_rows(@$sample);
	return if !$evidence;
	my @other = grep { defined $_->{upstream} && ($_->{edge_evidence} // '') !~ $evidence } nodes_of($sample);
	is(@other, 0, "$title: by the evidence expected") or diag tell_rows(@other);
	is(scalar(grep { $_->{role} eq 'client' } @$sample), 0, "$title: no row is left over") or diag tell_rows(@$sample);
	return;
}

# {PORT => UPSTREAM'S PORT} from {NODE => UPSTREAM}.
sub tree_of {
	my ($c, %tree) = @_;
	return {map { $c->port($_) => defined $tree{$_} ? $c->port($tree{$_}) : undef } keys %tree};
}

sub at { my ($c, $node, $user) = @_; return 'host=127.0.0.1 port=' . $c->port($node) . ' user=' . ($user // 'postgres') }

sub make_watcher {
	my ($c) = @_;
	$c->psql(0, 'create role watcher login; grant pg_monitor to watcher');
	return;
}

sub repoint {
	my ($c, $node, $conninfo) = @_;
	$c->psql($node, "alter system set primary_conninfo = '$conninfo'");
	$c->psql($node, 'select pg_reload_conf()');
	return;
}

sub await_upstream {
	my ($c, $node, $port) = @_;
	ok($c->wait_sql($node, "select count(*) = 1 from pg_stat_wal_receiver where status = 'streaming' and sender_port = $port", 30),
		"node $node streams from port $port");
	return;
}

for my $version (undef, 10, 18) {
	subtest 'all are called walreceiver on one address, ' . ($version // "Debian's") => sub {
		my $c = PgRepl->cluster(version => $version, spec => '0 1:0 2:0 3:0 4:1 5:1', sync => '');
		make_watcher($c);
		my $tree = tree_of($c, 0 => undef, 1 => 0, 2 => 0, 3 => 0, 4 => 1, 5 => 1);
		for my $node (0, 1, 3, 5) {
			is_complete("from $node", $tree, look("from $node", $tree, {}, at($c, $node)), qr/^tcp$/);
		}
		look('three of them, nothing else', {%$tree, $c->port(4) => $c->port(1)}, {}, '--no-discover', map { at($c, $_) } 0, 3, 4);
	SKIP: {
			skip 'only root can become somebody else', 1 if !$nobody;
			for my $node (0, 5) {
				my $sample = look("by SQL from $node", $tree, {as => $nobody->{command}}, at($c, $node));
				is_complete("by SQL from $node", $tree, $sample, ($version // 11) == 10 ? undef : qr/^tcp$/);
				$sample = look("pg_monitor from $node", $tree, {as => $nobody->{command}}, at($c, $node, 'watcher'));
				is_complete("pg_monitor from $node", $tree, $sample);
				my @sure = grep { defined $_->{sent_lsn} && ($_->{edge_evidence} // '') !~ /~$/ } nodes_of($sample);
				is(@sure, 0, 'which row is whose is a guess at best, and says so') or diag tell_rows(@sure);
			}
		}
	};
}

subtest 'through Unix sockets' => sub {
	my $c = PgRepl->cluster(spec => '0 1:0 2:0 3:1 4:1', by_socket => 1);
	make_watcher($c);
	my $tree = tree_of($c, 0 => undef, 1 => 0, 2 => 0, 3 => 1, 4 => 1);
	is($c->psql(0, 'select count(*) from pg_stat_replication where client_addr is null and client_port = -1'), 2,
		'the rows have no address');
	is_complete("from $_", $tree, look("from $_", $tree, {}, at($c, $_)), qr/^socket$/) for 0 .. 4;
	is_complete('by the socket', $tree, look('by the socket', $tree, {}, 'host=' . $c->dir . ' user=postgres port=' . $c->port(3)),
		qr/^socket$/);
SKIP: {
		skip 'only root can become somebody else', 1 if !$nobody;
		my $sample = look('as somebody else', $tree, {as => $nobody->{command}}, at($c, 4, 'watcher'));
		is_complete('as somebody else', $tree, $sample);
		my @sure = grep { defined $_->{sent_lsn} && ($_->{edge_evidence} // '') !~ /~$/ } nodes_of($sample);
		is(@sure, 0, 'which row is whose is a guess at best, and says so') or diag tell_rows(@sure);
	}
};

subtest 'the same application_name twice' => sub {
	my $c = PgRepl->cluster(spec => '0=15/main 1:0=15/main 2:0=15/main 3:1=15/main');
	make_watcher($c);
	my $tree = tree_of($c, 0 => undef, 1 => 0, 2 => 0, 3 => 1);
	is_complete("from $_", $tree, look("from $_", $tree, {}, at($c, $_)), qr/^tcp$/) for 0 .. 3;
	my @ways = ([[], 'ours']);
	push @ways, [$nobody->{command}, 'somebody else'] if $nobody;
	for my $way (@ways) {
		my ($as, $who) = @$way;
		my $how = @$as ? {as => $as} : {};
		# The upstream of 3 is not asked; the primary has rows of that name.
		my $sample = look("$who, without the upstream", $tree, $how, '--no-discover', map { at($c, $_, 'watcher') } 0, 3);
		is(row($sample, $c->port(3))->{upstream}, undef, 'it has none then');
		is(scalar(grep { $_->{role} eq 'client' } @$sample), 2, 'and no row is lost');
		$sample = look("$who, all", $tree, $how, '--no-discover', map { at($c, $_, 'watcher') } 0 .. 3);
		is_complete("$who, all", $tree, $sample);
	}
	$c->stop(2);
	ok($c->wait_sql(0, 'select count(*) = 1 from pg_stat_replication'), 'now one row has that name');
	for my $way (@ways) {
		my ($as, $who) = @$way;
		my $sample = look("$who, one row of that name", $tree, @$as ? {as => $as} : {}, '--no-discover', map { at($c, $_, 'watcher') } 0, 3);
		is(row($sample, $c->port(3))->{upstream}, undef, 'which is not its own');
	}
};

subtest 'a TCP proxy between the two' => sub {
	my $c = PgRepl->cluster(spec => '0 1:0 2:0 3:1');
	make_watcher($c);
	my $proxy = PgRepl::Proxy->new(to => $c->port(0));
	repoint($c, 1, 'host=127.0.0.1 user=postgres port=' . $proxy->port);
	await_upstream($c, 1, $proxy->port);
	my $tree = tree_of($c, 0 => undef, 1 => 0, 2 => 0, 3 => 1);
	for my $node (0 .. 3) {
		my $sample = look("from $node", $tree, {}, at($c, $node));
		is_complete("from $node", $tree, $sample);
	}
	my $sample = look('nobody asks the proxy', $tree, {}, '--no-discover', map { at($c, $_) } 0 .. 3);
	my $row = row($sample, $c->port(1));
	is(scalar(nodes_of($sample)), 4, 'all are there');
	ok(!defined $row->{upstream} || $row->{edge_evidence} =~ /~$/, 'open, or a guess') or diag tell_rows($row);
	is(row($sample, $c->port(2))->{edge_evidence}, 'tcp', 'another one stays sure');
	is(row($sample, $c->port(3))->{edge_evidence}, 'tcp', 'and so does the cascade');
};

subtest 'two clusters on one host' => sub {
	my @c = map { PgRepl->cluster(spec => '0 1:0 2:1') } 0, 1;
	my @tree = map { tree_of($_, 0 => undef, 1 => 0, 2 => 1) } @c;
	my @id = map { $_->psql(0, 'select system_identifier from pg_control_system()') } @c;
	isnt($id[0], $id[1], 'they are two');
	for my $which (0, 1) {
		for my $node (0 .. 2) {
			my $sample = look("cluster $which from $node", $tree[$which], {}, at($c[$which], $node));
			is_complete("cluster $which from $node", $tree[$which], $sample, qr/^tcp$/);
		}
	}
	my $both = {%{$tree[0]}, %{$tree[1]}};
	for my $node (0 .. 2) {
		my $sample = look("both from $node", $both, {}, map { at($_, $node) } @c);
		is_complete("both from $node", $both, $sample, qr/^tcp$/);
		is(scalar(keys %{{map { $_->{cluster} => 1 } @$sample}}), 2, 'in two clusters');
	}
};

subtest 'a cascade six deep' => sub {
	my $c = PgRepl->cluster(spec => '0 1:0 2:1 3:2 4:3 5:4 6:5');
	make_watcher($c);
	my $tree = tree_of($c, 0 => undef, map { $_ => $_ - 1 } 1 .. 6);
	for my $node (6, 3, 0) {
		my $sample = look("from $node", $tree, {}, at($c, $node));
		is_complete("from $node", $tree, $sample, qr/^tcp$/);
		is(row($sample, $c->port(6))->{depth}, 6, 'six deep');
	}
SKIP: {
		skip 'only root can become somebody else', 1 if !$nobody;
		is_complete("pg_monitor from $_", $tree, look("pg_monitor from $_", $tree, {as => $nobody->{command}}, at($c, $_, 'watcher')))
			for 6, 0;
	}
};

subtest 'a standby is re-pointed live' => sub {
	my $c    = PgRepl->cluster(spec => '0 1:0 2:0 3:2');
	my $run  = PgRepl::Batch->start({}, '-s', 0.2, at($c, 0));
	my $under = sub { my ($up) = @_; return sub { (row($_, $c->port(2))->{upstream} // '') eq '127.0.0.1:' . $c->port($up) && @$_ == 4 } };
	ok($run->wait_sample($under->(0)), 'under the primary at first') or diag $run->tail;
	for my $up (1, 0, 1) {
		my $from = $run->count;
		repoint($c, 2, 'host=127.0.0.1 user=postgres port=' . $c->port($up));
		await_upstream($c, 2, $c->port($up));
		my $after = $run->count + 2; # those under way may have been asked before
		my $seen = $run->wait_sample($under->($up), from => $from, timeout => 20);
		ok($seen, "under node $up") or diag $run->tail;
		ok($run->wait_sample(sub { row($_, $c->port(2))->{edge_evidence} =~ /^tcp$/ && $under->($up)->() }, from => $after), 'by its port')
			or diag $run->tail;
		$run->wait_count($run->count + 3);
		my @samples = ($run->samples)[$after .. $run->count - 1];
		is(scalar(grep { !$under->($up)->() } @samples), 0, 'and stays there') or diag $run->tail;
		is(scalar(grep { row($_, $c->port(3))->{depth} != ($up ? 3 : 2) } @samples), 0, 'its own standby with it');
	}
	$run->end_by('TERM')->finish(10);
};

subtest 'a loop' => sub {
	my $c = PgRepl->cluster(spec => '0 1:0 2:0');
	repoint($c, 1, 'host=127.0.0.1 user=postgres port=' . $c->port(2));
	await_upstream($c, 1, $c->port(2));
	repoint($c, 2, 'host=127.0.0.1 user=postgres port=' . $c->port(1));
	await_upstream($c, 2, $c->port(1));
	await_upstream($c, 1, $c->port(2));
	my $tree = tree_of($c, 0 => undef, 1 => 2, 2 => 1);
	for my $node (0 .. 2) {
		my $sample = look("from $node", $tree, {}, at($c, $node));
		is(scalar(nodes_of($sample)), 3, "from $node: each node once");
		is(scalar(grep { defined $_->{upstream} } nodes_of($sample)), 1, 'the loop is cut in one place');
		is(scalar(grep { $_->{role} eq 'client' } @$sample), 1, 'and the row of that one stays, as a client');
	}
};

subtest 'a standby that only restores from an archive' => sub {
	my $archive = File::Temp->newdir('pgrepltop-archive.XXXXXX', DIR => '/tmp');
	chmod 0777, "$archive";
	my $c = PgRepl->cluster(spec => '0 1:0 2:1', conf => ['archive_mode = on', "archive_command = 'cp %p $archive/%f'"]);
	my $run = PgRepl::Batch->start({}, '-s', 0.2, at($c, 0));
	my $tree = tree_of($c, 0 => undef, 1 => 0, 2 => 1);
	ok($run->wait_sample(sub { (row($_, $c->port(1))->{edge_evidence} // '') eq 'tcp' && @$_ == 3 }), 'at first it streams') or diag $run->tail;
	$c->psql(1, "alter system set restore_command = 'cp $archive/%f %p'");
	repoint($c, 1, '');
	ok($c->wait_sql(1, 'select count(*) = 0 from pg_stat_wal_receiver', 20), 'then it has no receiver');
	$c->psql(0, 'create table t ()');
	$c->psql(0, 'select pg_switch_wal()');
	ok($c->wait_sql(1, q{select count(*) = 1 from pg_class where relname = 't'}, 30), 'and follows by the archive');
	my $last = $run->wait_sample(sub { row($_, $c->port(1))->{state} eq 'no receiver' }, from => $run->count);
	ok($last, 'it says so') or diag $run->tail;
	$run->wait_count($run->count + 3);
	my @wrong = wrong_edges($tree, $run->samples);
	is(@wrong, 0, 'never under a wrong one') or diag tell_rows(@wrong);
	like(row(($run->samples)[-1], $c->port(1))->{edge_evidence} // '', qr/^(last|)$/, 'its place is only where it last was');
	$run->end_by('TERM')->finish(10);
	my $open = {%$tree, $c->port(1) => undef};
	for my $node (0 .. 2) {
		my $sample = look("from $node", $open, {}, at($c, $node));
		is_complete("from $node", $open, $sample);
		is(row($sample, $c->port(2))->{edge_evidence}, 'tcp', 'its own standby hangs under it');
	}
};

subtest 'a standby whose upstream is not polled' => sub {
	my $c = PgRepl->cluster(spec => '0 1:0 2:1', slots => 0);
	make_watcher($c);
	my $tree = tree_of($c, 0 => undef, 1 => 0, 2 => 1);
	# The two receivers begin together: start times alone would deceive.
	for my $round (1 .. 3) {
		$c->stop($_, 'immediate') for 1, 2;
		$c->start($_) for 1, 2;
		await_upstream($c, 1, $c->port(0));
		await_upstream($c, 2, $c->port(1));
		for my $user ('postgres', 'watcher') {
			my $sample = look("as $user, round $round", $tree, {}, '--no-discover', map { at($c, $_, $user) } 0, 2);
			is(row($sample, $c->port(2))->{upstream}, undef, 'it has no upstream on show');
			is(scalar(grep { $_->{role} eq 'client' && $_->{upstream} eq '127.0.0.1:' . $c->port(0) } @$sample), 1,
				'the one between is a client of the primary');
			next if !$nobody;
			$sample = look("as $user, by SQL, round $round", $tree, {as => $nobody->{command}}, '--no-discover',
				map { at($c, $_, $user) } 0, 2);
			is(row($sample, $c->port(2))->{upstream}, undef, 'nor by SQL alone');
		}
	}
	my $alone = look('alone', $tree, {}, '--no-discover', at($c, 2));
	is(scalar @$alone, 1, 'alone it is alone');
};

done_testing;
