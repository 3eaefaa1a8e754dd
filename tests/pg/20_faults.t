#!/usr/bin/perl
# Servers of the reference topology that freeze, die and stop: the others' rows stay live, theirs say what is wrong, and
# all come back by themselves.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Batch qw(row config_file);

my $interval = 0.25;
my $fresh    = 1.5; # a live row is at most this old, on a machine under load; well below the timeouts of a dead one

my $config = config_file('[connection]', 'connect-timeout = 2', 'query-timeout = 2');

# The samples from the number on in which a row that should be is not live.
sub not_live {
	my ($run, $from, @ports) = @_;
	my @samples = $run->samples;
	return grep {
		my $sample = $_;
		grep {
			my $row = row($sample, $_);
			$row->{state} !~ /^(running|streaming|no receiver|startup|catchup)$/ || ($row->{age_seconds} // 99) > $fresh;
		} @ports;
	} @samples[$from .. $#samples];
}

for my $version (undef, 10) {
	subtest $version ? "PostgreSQL $version" : "Debian's PostgreSQL" => sub {
		my $c    = PgRepl->cluster(version => $version, conf => ['log_checkpoints = off']);
		my @port = map { $c->port($_) } 0 .. 4;
		my @name = map { "127.0.0.1:$_" } @port;
		my $run  = PgRepl::Batch->start({}, '--config', "$config", '-s', $interval, '-h', '127.0.0.1', '-p', $port[0],
			'-U', 'postgres');
		my $all_well = sub {
			for my $node (0 .. 4) {
				my $row = row($_, $port[$node]);
				return 0 if $row->{state} ne ($node ? 'streaming' : 'running') || ($row->{age_seconds} // 99) > $fresh;
				return 0 if ($row->{upstream} // '') ne (!$node ? '' : $node == 4 ? $name[1] : $name[0]);
				return 0 if defined $row->{error};
			}
			return @$_ == 5;
		};
		my $wait_well = sub {
			my ($what) = @_;
			ok($run->wait_sample($all_well, from => $run->count, timeout => 40), $what) or diag $run->tail;
		};
		$wait_well->('all is well at first');

		subtest 'a frozen standby' => sub {
			my $from = $run->count;
			$c->freeze(2);
			my $seen = $run->wait_sample(sub { row($_, $port[2])->{state} eq 'no answer' }, from => $from);
			ok($seen, 'does not answer') or diag $run->tail;
			is(row($seen, $port[2])->{error}, 'the server does not answer', 'and says so');
			is(row($seen, $port[2])->{upstream}, $name[0], 'it keeps its place');
			# Through the end of its session and into the attempts to connect anew.
			ok($run->wait_sample(sub { (row($_, $port[2])->{error} // '') =~ /^connected, but/ }, from => $from),
				'it stays so when the connection is given up') or diag $run->tail;
			$run->wait_count($run->count + 4);
			my @samples = $run->samples;
			my @frozen = grep { row($_, $port[2])->{state} eq 'no answer' } @samples[$from .. $#samples];
			is(scalar(grep { !defined row($_, $port[2])->{error} || row($_, $port[2])->{depth} != 1 } @frozen), 0,
				'with a reason and its place in every sample');
			cmp_ok(row($frozen[-1], $port[2])->{age_seconds}, '>', 2, 'its age grows');
			my @dead = not_live($run, $from, @port[0, 1, 3, 4]);
			is(@dead, 0, 'the others are live in every sample') or diag explain $dead[0];
			$c->thaw(2);
			$wait_well->('thawed, it is back');
		};

		subtest 'a frozen primary' => sub {
			my $from = $run->count;
			$c->freeze(0);
			ok($run->wait_sample(sub { row($_, $port[0])->{state} eq 'no answer' }, from => $from), 'does not answer')
				or diag $run->tail;
			$run->wait_count($run->count + 6);
			my @dead = not_live($run, $from, @port[1 .. 4]);
			is(@dead, 0, 'the standbys are live in every sample') or diag explain $dead[0];
			my @samples = $run->samples;
			is(scalar(grep { row($_, $port[4])->{depth} != 2 || row($_, $port[3])->{upstream} ne $name[0] }
						@samples[$from .. $#samples]), 0, 'and the tree stays as it is');
			$c->thaw(0);
			$wait_well->('thawed, it is back');
		};

		subtest 'a killed standby with a cascade' => sub {
			my $from = $run->count;
			$c->kill9(1);
			my $seen = $run->wait_sample(sub { row($_, $port[1])->{state} eq 'down' && row($_, $port[1])->{error} eq 'Connection refused' },
				from => $from);
			ok($seen, 'is down, for the connection is refused') or diag $run->tail;
			$run->wait_count($run->count + 6);
			my @samples = $run->samples;
			my @down = grep { row($_, $port[1])->{state} eq 'down' } @samples[$from .. $#samples];
			is(scalar(grep { !defined row($_, $port[1])->{error} } @down), 0, 'with a reason in every sample');
			is(scalar(grep { my $row = row($_, $port[1]); ($row->{upstream} // '') ne $name[0] || $row->{depth} != 1 } @down), 0,
				'its row stays where it was');
			is(scalar(grep { my $row = row($_, $port[4]); ($row->{upstream} // '') ne $name[1] || $row->{depth} != 2 } @down), 0,
				'and the one below it too');
			is(scalar(grep { @$_ != 5 } @down), 0, 'there are five rows');
			my @dead = not_live($run, $from, @port[0, 2, 3, 4]);
			is(@dead, 0, 'the others are live in every sample') or diag explain $dead[0];
			$c->start(1);
			$wait_well->('started again, it is back by itself');
		};

		subtest 'a stopped primary' => sub {
			my $from = $run->count;
			$c->stop(0, 'immediate');
			my $seen = $run->wait_sample(sub { row($_, $port[0])->{state} eq 'down' && row($_, $port[0])->{error} eq 'Connection refused' },
				from => $from);
			ok($seen, 'is down') or diag $run->tail;
			$run->wait_count($run->count + 6);
			my @samples = $run->samples;
			my @down = grep { row($_, $port[0])->{state} eq 'down' } @samples[$from .. $#samples];
			is(scalar(grep { @$_ != 5 || row($_, $port[0])->{role} ne 'primary' } @down), 0, 'its row stays, as the primary');
			is(scalar(grep { my $s = $_; grep { ($_->{upstream} // '') eq '' && $_->{port} != $port[0] } @$s } @down), 0,
				'the standbys stay below it');
			is(scalar(grep { row($_, $port[4])->{depth} != 2 } @down), 0, 'at their depth');
			my @dead = not_live($run, $from, @port[1 .. 4]);
			is(@dead, 0, 'and are live in every sample') or diag explain $dead[0];
			$c->start(0);
			$wait_well->('started again, all is well');
		};

		subtest 'a restarted standby' => sub {
			my $from = $run->count;
			$c->stop(3);
			$c->start(3);
			$wait_well->('is back');
			my @dead = not_live($run, $from, @port[0, 1, 2, 4]);
			is(@dead, 0, 'the others are live in every sample') or diag explain $dead[0];
			my @samples = $run->samples;
			is(scalar(grep { my $row = row($_, $port[3]); grep { ($row->{$_} // 0) > 1e9 || ($row->{$_} // 0) < 0 }
						qw(wal_bytes_per_second replay_bytes_per_second) } @samples[$from .. $#samples]), 0, 'no rate jumps');
		};

		is($run->end_by('TERM')->finish(10), -15, 'a signal ends it');
		is($run->err, '', 'nothing was on standard error');
		my @samples = $run->samples;
		is(scalar(grep { my $s = $_; my %seen; grep { $seen{$_->{node}}++ } @$s } @samples), 0, 'no node ever had two rows');
	};
}

done_testing;
