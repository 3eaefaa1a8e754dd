#!/usr/bin/perl
# Every query of the table on a live primary and standby of every major version, as a superuser, as a member of
# pg_monitor that may also read files, as one that may not, and as a plain role: what comes back has the names and types
# that the table says, can be decoded, and no server logs an error.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_command);

my @majors = $ENV{MAJORS} ? split(' ', $ENV{MAJORS}) : 10 .. 18;
my $probe  = $ENV{QUERY_PROBE_BIN} or die "run me by make check-pg\n";

my @clusters = PgRepl->clusters(map { +{version => $_, spec => '0 1:0',
			conf => ['log_min_messages = warning', 'log_min_error_statement = error']} } @majors);

# Nobody, not even a superuser, reads /proc by SQL before 11.
my $setup = q{
	create role plain login;
	create role watcher login; grant pg_monitor to watcher;
	create role reader login; grant pg_monitor to reader;
	grant execute on function pg_wal_replay_pause(), pg_wal_replay_resume() to plain, watcher, reader;
};
my $grant_files = q{
	grant pg_read_server_files to reader;
	grant execute on function pg_read_file(text,bigint,bigint,boolean), pg_read_binary_file(text,bigint,bigint,boolean),
		pg_ls_dir(text,boolean,boolean) to reader;
};

my %seen;
for my $i (0 .. $#majors) {
	my ($major, $c) = ($majors[$i], $clusters[$i]);
	subtest "PostgreSQL $major" => sub {
		is($c->psql(0, q{select current_setting('server_version_num')::int / 10000}), $major, 'is what runs');
		my $files = $major > 10 ? 'files' : 'monitor';
		$c->psql(0, $setup . ($major > 10 ? $grant_files : ''));
		my $lsn = $c->psql(0, 'select pg_current_wal_lsn()');
		ok($c->wait_sql(1, "select pg_last_wal_replay_lsn() >= '$lsn'"), 'the standby knows the roles');
		for my $as (['plain', 'plain'], ['watcher', 'monitor'], ['reader', $files], ['postgres', $files]) {
			my ($role, $privilege) = @$as;
			for my $node (0, 1) {
				my $where  = $node ? 'the standby' : 'the primary';
				my $result = run_command($probe, $privilege, 'host=127.0.0.1 dbname=postgres port=' . $c->port($node) . " user=$role");
				my @oks = $result->{out} =~ /^ok /mg;
				my @bad = $result->{out} =~ /^not ok .*$/mg;
				ok(@oks > 20 && !@bad && $result->{status} == 0, "$role on $where: all is as the table says")
					or diag $result->{out}, $result->{err};
				$seen{$_} = 1 for $result->{out} =~ /^# row (\d+)$/mg;
				my $wanted = 11 + ($major >= 13) + 3 * ($privilege eq 'files'); # base backups' progress, and /proc
				is(scalar(() = $result->{out} =~ /^# row /mg), $wanted, "$role on $where: all $wanted kinds of query");
			}
		}
		my @complaints = $c->complaints(0, 1);
		is(@complaints, 0, 'the servers have no complaints about us') or diag join "\n", @complaints;
	};
}

my $rows = run_command($probe, 'rows')->{out};
SKIP: {
	skip 'not all versions are here', 1 if $ENV{MAJORS};
	is_deeply([sort { $a <=> $b } keys %seen], [0 .. $rows - 1], 'no row of the table was left out');
}

done_testing;
