#!/usr/bin/perl
# One server is one node, however it is reached, and stays the same row through restarts and promotions; another server at
# its address is another node's cluster.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_batch);
use PgRepl::Batch qw(row);
use PgRepl::Proxy;

sub at { my ($c, $node, $host) = @_; return 'host=' . ($host // '127.0.0.1') . ' port=' . $c->port($node) . ' user=postgres' }

sub tell_rows {
	return join "\n", map { my $row = $_; join ' ', map { "$_=" . ($row->{$_} // '') } qw(time cluster node role state upstream error) } @_;
}

# Values of a rate that cannot be: negative, or above what any disk here writes.
sub spikes {
	my ($port, @samples) = @_;
	return grep { my $row = row($_, $port); grep { ($row->{$_} // 0) < 0 || ($row->{$_} // 0) > 2e9 } qw(wal_bytes_per_second replay_bytes_per_second) }
		@samples;
}

subtest 'one server by many ways is one node' => sub {
	my $c     = PgRepl->cluster(spec => '0 1:0');
	my $proxy = PgRepl::Proxy->new(to => $c->port(0));
	my @ways  = (at($c, 0, $c->dir), at($c, 0), at($c, 0, 'localhost'), at($c, 0), 'host=127.0.0.1 user=postgres port=' . $proxy->port,
		'postgresql://postgres@localhost:' . $c->port(0) . '/postgres');
	for my $shift (0 .. $#ways) {
		my @order = @ways[map { ($_ + $shift) % @ways } 0 .. $#ways];
		for my $how (['--no-discover'], []) {
			my $result = run_batch('-n', 3, '-s', 0.2, @$how, @order);
			is($result->{status}, 0, "way $shift first: it runs") or diag $result->{err};
			my $last  = $result->{samples}[-1];
			my @nodes = grep { $_->{role} eq 'primary' } @$last;
			is(scalar @nodes, 1, "way $shift first, @$how: one node") or diag tell_rows(@$last);
			next if @$how;
			is(scalar @$last, 2, 'and its standby') or diag tell_rows(@$last);
			is($last->[1]{upstream}, $nodes[0]{node}, 'which hangs under it, whatever it is called');
			is($last->[1]{edge_evidence}, 'tcp', 'for sure');
		}
	}
};

for my $version (undef, 10) {
	subtest 'a restart and a promotion keep the row, ' . ($version // "Debian's") => sub {
		my $c    = PgRepl->cluster(version => $version, spec => '0 1:0 2:1');
		my @port = map { $c->port($_) } 0 .. 2;
		my @name = map { "127.0.0.1:$_" } @port;
		my $run  = PgRepl::Batch->start({}, '-s', 0.2, at($c, 2));
		my $well = sub {
			return @$_ == 3 && !grep { defined $_->{error} || $_->{state} !~ /^(running|streaming)$/ } @$_;
		};
		ok($run->wait_sample($well), 'all is well at first') or diag $run->tail;
		for my $node (0, 1, 2) {
			$c->psql(0, 'create table w' . $node . ' as select generate_series(1, 100000)');
			my $from = $run->count;
			$c->stop($node);
			ok($run->wait_sample(sub { row($_, $port[$node])->{state} eq 'down' }, from => $from), "node $node is down") or diag $run->tail;
			$c->start($node);
			ok($run->wait_sample($well, from => $run->count, timeout => 30), 'and back') or diag $run->tail;
			my @samples = ($run->samples)[$from .. $run->count - 1];
			is(scalar(grep { row($_, $port[$node])->{node} ne $name[$node] } @samples), 0, 'always the same row');
			is(scalar(grep { row($_, $port[$node])->{role} ne ($node ? 'standby' : 'primary') } @samples), 0, 'in the same role');
			is(scalar spikes($port[$node], @samples), 0, 'no rate jumps');
		}
		is(scalar(grep { my %seen; grep { $seen{$_->{node}}++ } @$_ } $run->samples), 0, 'no node has two rows');

		my $from = $run->count;
		my $bin  = $c->control('bin') =~ s/\n//r;
		if   ($version) { PgRepl::run_command('setpriv', $> ? () : ('--reuid=postgres', '--regid=postgres', '--clear-groups'), "$bin/pg_ctl", '-D', $c->dir . "/$port[1]", 'promote') }
		else            { $c->psql(1, 'select pg_promote()') }
		ok($run->wait_sample(sub { row($_, $port[1])->{role} eq 'primary' }, from => $from), 'promoted in place') or diag $run->tail;
		ok($run->wait_sample(sub { row($_, $port[2])->{timeline} == 2 && (row($_, $port[2])->{upstream} // '') eq $name[1] }, from => $from, timeout => 30),
			'its standby follows') or diag $run->tail;
		my @samples = ($run->samples)[$from .. $run->count - 1];
		is(scalar(grep { @{[grep { $_->{role} ne 'client' } @$_]} != 3 } @samples), 0, 'three nodes throughout');
		is(scalar(grep { row($_, $port[1])->{role} eq 'primary' && defined row($_, $port[1])->{upstream} } @samples), 0,
			'a primary has no upstream');
		is(scalar spikes($port[1], @samples), 0, 'no rate jumps');
		$run->end_by('TERM')->finish(10);
	};
}

subtest 'a server initialised anew on the same port' => sub {
	my $old  = PgRepl->cluster(spec => '0 1:0 2:1');
	my @port = map { $old->port($_) } 0 .. 2;
	my $run  = PgRepl::Batch->start({}, '-s', 0.2, at($old, 0));
	ok($run->wait_sample(sub { @$_ == 3 && (row($_, $port[1])->{upstream} // '') eq "127.0.0.1:$port[0]" && row($_, $port[2])->{depth} == 2 }),
		'all is well at first') or diag $run->tail;
	$old->psql(0, 'create table t as select generate_series(1, 200000)');
	my $before = row(($run->samples)[-1], $port[0])->{cluster};
	$old->stop(0);
	my $from = $run->count;
	my $new = PgRepl->cluster(spec => '0', base => $port[0]);
	my $id  = $new->psql(0, 'select system_identifier from pg_control_system()');
	isnt($id, $old->psql(1, 'select system_identifier from pg_control_system()'), 'it is another one');
	my $is_new = sub { (row($_, $port[0])->{cluster} // '') eq $id };
	ok($run->wait_sample($is_new, from => $from, timeout => 30), "its row is the new cluster's") or diag $run->tail;
	$run->wait_count($run->count + 5);
	my @samples = grep { $is_new->() } ($run->samples)[$from .. $run->count - 1];
	is(scalar(grep { row($_, $port[0])->{role} ne 'primary' || row($_, $port[0])->{state} ne 'running' } @samples), 0, 'a running primary');
	is(scalar(grep { row($_, $port[0])->{wal_bytes_per_second} // 0 } $samples[0]), 0, 'nothing of the old one is left in its rate');
	is(scalar(spikes($port[0], @samples)), 0, 'nor later');
	my @wrong = grep { ($_->{upstream} // '') eq "127.0.0.1:$port[0]" } map { @$_ } @samples;
	is(@wrong, 0, 'the old standbys do not hang under it') or diag tell_rows(@wrong);
	is(scalar(grep { row($_, $port[1])->{cluster} ne $before || row($_, $port[2])->{cluster} ne $before } @samples), 0,
		'but are of their own cluster');
	is(scalar(grep { (row($_, $port[2])->{upstream} // '') ne "127.0.0.1:$port[1]" } @samples), 0, 'and in their places');
	$run->end_by('TERM')->finish(10);
};

done_testing;
