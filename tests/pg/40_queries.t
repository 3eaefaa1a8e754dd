#!/usr/bin/perl
# Every query on live servers of several major versions, as a superuser, a member of pg_monitor and a plain role: no
# server ever logs an error of ours, and what a role may not see is said, not shown as nothing.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_batch run_command wait_for);
use PgRepl::Batch qw(row nobody);

# undef: Debian's version. MAJORS="10 11 12" runs others.
my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : (undef, 10);

my @roles = (['postgres', 'a superuser'], ['watcher', 'a member of pg_monitor'], ['plain', 'a plain role']);

for my $major (@majors) {
	my $title = $major ? "PostgreSQL $major" : "Debian's PostgreSQL";
	subtest $title => sub {
		my $c = PgRepl->cluster(version => $major, spec => '0 1:0 2:1', sync => 'ANY 1 (*)',
			conf => ['log_min_messages = warning', 'log_min_error_statement = error']);
		my @port = map { $c->port($_) } 0 .. 2;
		my @name = map { "127.0.0.1:$_" } @port;
		my $version = $c->psql(0, 'show server_version') =~ /^([\d.]+)/ ? $1 : '';
		$c->psql(0, 'create role watcher login; grant pg_monitor to watcher; create role plain login; create table t (a int)');
		$c->wait_sql($_, "select count(*) = 2 from pg_roles where rolname in ('watcher', 'plain')") for 1, 2;
		my $session = $c->psql_bg(0, 'select 42;', name => 'known');
		ok($session->wait_out(qr/42/), 'somebody else is connected');
		my $client = $session->backend_pid;

		for my $as (@roles) {
			my ($role, $what) = @$as;
			my @to = map { "host=127.0.0.1 port=$_ user=$role" } @port;
			my @see = $role eq 'plain' ? () : 1;

			my $nodes = run_batch('-n', 3, '-s', 0.2, @to);
			is($nodes->{status}, 0, "$what: nodes") or diag $nodes->{err};
			is($nodes->{err}, '', "$what: nothing on standard error");
			is(scalar @{$nodes->{samples}}, 3, "$what: three samples");
			my $last = $nodes->{samples}[-1];
			is_deeply([map { row($last, $_)->{role} } @port], ['primary', 'standby', 'standby'], "$what: the roles");
			is_deeply([map { row($last, $_)->{version} } @port], [($version) x 3], "$what: the version");
			is_deeply([map { row($last, $_)->{timeline} } @port], [1, 1, 1], "$what: the timeline");
			ok(!grep({ !defined row($last, $_)->{replay_lsn} } @port[1, 2]), "$what: the standbys' positions");
			ok(!grep({ ($_->{age_seconds} // 9) > 1 } @$last), "$what: all is fresh");
			if (@see) {
				is_deeply([map { row($last, $_)->{upstream} } @port], [undef, @name[0, 1]], "$what: the upstreams");
				is_deeply([map { row($last, $_)->{edge_evidence} } @port], [undef, 'tcp', 'tcp'], "$what: by their ports");
				is_deeply([map { row($last, $_)->{state} } @port], ['running', 'streaming', 'streaming'], "$what: the states");
				is_deeply([grep { defined $_->{error} } @$last], [], "$what: no errors");
				is(scalar @$last, 3, "$what: no rows besides");
				is(row($last, $port[1])->{sync_state}, 'quorum', "$what: the quorum");
			}
			else {
				# What is hidden must not look as if it were not there.
				my @guess = grep { my $up = row($last, $port[$_])->{upstream}; defined $up && $up ne $name[$_ - 1] } 1, 2;
				is(@guess, 0, "$what: no wrong upstream");
				for my $row (@$last) {
					my @hidden = $row->{role} eq 'standby' && !defined $row->{sent_lsn} ? 'its edge'
						: $row->{role} eq 'client' && !defined $row->{sent_lsn} ? 'its positions' : ();
					like($row->{error} // '', qr/pg_monitor/, "$what: $row->{node} says what to grant for @hidden") if @hidden;
				}
			}

			my $processes = run_batch('-n', 2, '-s', 0.3, '--table', 'processes', @to);
			is($processes->{status}, 0, "$what: processes") or diag $processes->{err};
			is($processes->{err}, '', "$what: nothing on standard error");
			my ($seen) = grep { $_->{node} eq $name[0] && $_->{pid} == $client } @{$processes->{samples}[-1]};
			if (ok($seen, "$what: a client's session is listed")) {
				if (@see) {
					is($seen->{application_name}, 'known', "$what: with its name");
					is($seen->{backend_type}, 'client backend', "$what: and type");
					like($seen->{query}, qr/pid=/, "$what: and its query");
				}
				else {
					unlike($seen->{query} // '', qr/pid=/, "$what: not its query");
					like($seen->{query} // '', qr/insufficient privilege/, "$what: but why not");
					like($seen->{error} // '', qr/grant pg_monitor/, "$what: and what to grant");
					my @dumb = grep { ($_->{query} // '') =~ /insufficient privilege/ && ($_->{error} // '') !~ /grant pg_monitor/ }
						@{$processes->{samples}[-1]};
					is(@dumb, 0, "$what: in each row of which something is hidden");
				}
			}
		}

		# To another user of this host /proc tells nothing: a superuser then reads it through SQL, where there is such a way.
		my $nobody = nobody();
	SKIP: {
			skip 'only root can become somebody else', 1 if !$nobody;
			for my $as (@roles[0, 1]) {
				my ($role, $what) = @$as;
				my $result = run_command(@{$nobody->{command}}, '-b', '-n', 3, '-s', 0.2, map { "host=127.0.0.1 port=$_ user=$role" } @port);
				is($result->{status}, 0, "$what from afar: nodes") or diag $result->{err};
				my @samples = PgRepl::samples(PgRepl::csv_hashes($result->{out}));
				is_deeply([map { row($samples[-1], $_)->{upstream} } @port], [undef, @name[0, 1]], "$what from afar: the upstreams");
				next if $role ne 'postgres' || $version =~ /^10\./;
				is_deeply([map { row($samples[-1], $_)->{edge_evidence} } @port], [undef, 'tcp', 'tcp'], "$what from afar: by their ports");
			}
		}
		is($session->finish, 0, 'the session was left alone');
		my @complaints = $c->complaints(0 .. 2);
		is(@complaints, 0, 'the servers have no complaints about us') or diag join "\n", @complaints[0 .. ($#complaints > 9 ? 9 : $#complaints)];

		my $bad = $c->psql_bg(0, 'select 1/0;', name => 'pgrepltop');
		ok(wait_for(sub { $c->complaints(0 .. 2) == 1 }), 'which would be seen');
		$bad->finish;

		ok($c->wait_sql($_, q{select count(*) = 0 from pg_stat_activity where application_name = 'pgrepltop'}),
			"no session of ours is left on node $_")
			for 0 .. 2;
	};
}

done_testing;
