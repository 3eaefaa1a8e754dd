#!/usr/bin/perl
# Whom a standby without a WAL receiver would connect to: the server cuts it out of primary_conninfo as libpq would read it,
# whatever a password or a name in it looks like, and no password ever leaves the server. On 10 the same of the conninfo
# of a running receiver, the only thing there that names the sender.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_command wait_for);

my $probe = $ENV{QUERY_PROBE_BIN} or die "run me by make check-pg\n";

# Conninfo, host, port; undef: not known.
my @cases = (
	['host=h1 port=1',                                             'h1', 1],
	['host=h1',                                                    'h1', 5432],
	['',                                                           undef, undef],
	['user=u port=1',                                              undef, undef],
	['host = h1  port = 1',                                        'h1', 1],
	["host='h1' port='1'",                                         'h1', 1],
	["host='h1'port='1'user=u",                                    'h1', 1],
	["password='SECRET host=evil port=9' host=h1 port=1",          'h1', 1],
	["host=h1 port=1 password='SECRET host=evil port=9'",          'h1', 1],
	["password='it\\'s SECRET host=evil' host=h1 port=1",          'h1', 1],
	["password='SECRET\\\\' host=h1 port=1 application_name='host=evil'", 'h1', 1],
	['password=SECRET\ host=evil host=h1 port=1',                  'h1', 1],
	['password=SECRET=host=evil host=h1 port=1',                   'h1', 1],
	["application_name='a host=evil port=9' host=h1 port=1",       'h1', 1],
	['host=h0 port=9 host=h1 port=1',                              'h1', 1],
	['host=h1 hostaddr=127.0.0.9 port=1',                          'h1', 1],
	['hostaddr=127.0.0.9 port=1',                                  '127.0.0.9', 1],
	["host='' hostaddr=127.0.0.9 port=1",                          '127.0.0.9', 1],
	['hostaddr=::1 port=1',                                        '::1', 1],
	["host='/tmp/a b' port=1",                                     '/tmp/a b', 1],
	['host=h1,h2 port=1,2',                                        'h1,h2', undef],
	['host=h1 port=SECRET',                                        'h1', undef],
	["password='SECRET host=h1 port=1",                            undef, undef],
	["password='SECRET' x host=h1",                                undef, undef],
	["dbname='postgresql://evil:9/' host=h1 port=1",               'h1', 1],
	['postgresql://h1:1/',                                         'h1', 1],
	['postgres://h1',                                              'h1', 5432],
	['postgresql://u:SECRET@h1:1/db?application_name=a',           'h1', 1],
	['postgresql://u:SECRET%40host=evil@h1:1',                     'h1', 1],
	['postgresql://u:SECRET?host=evil@h1:1/?sslmode=prefer',       'h1', 1],
	['postgresql://[::1]:1/db',                                    '::1', 1],
	['postgresql://u@[::1]/db',                                    '::1', 5432],
	['postgresql:///db?host=h1&port=1',                            'h1', 1],
	['postgresql://h0:9/db?port=1&host=h1',                        'h1', 1],
	['postgresql://h0:9?host=h1&password=SECRET&port=1',           'h1', 1],
	['postgresql://?host=%2Ftmp%2Fa%20b&port=1',                   '/tmp/a b', 1],
	['postgresql://%2Ftmp:1/',                                     '/tmp', 1],
	['postgresql://h1:1,h2:2/',                                    'h1,h2', undef],
	['postgresql://u:p@SECRET@h1:1/',                              undef, undef],
	['postgresql://u:1/SECRET@h1:1/',                              undef, undef],
	['postgresql://?hostaddr=127.0.0.9&port=1',                    '127.0.0.9', 1],
);

sub node_of {
	my ($c, $node) = @_;
	my $result = run_command($probe, 'node', 'host=127.0.0.1 dbname=postgres user=postgres port=' . $c->port($node));
	die "query_probe: $result->{err}" if $result->{status} || $result->{err} ne '';
	unlike($result->{out}, qr/SECRET/, 'no password in it') if $result->{out} =~ /SECRET/;
	return {map { my ($name, $value) = split /=/, $_, 2; ($name => length $value ? $value : undef) } split /\n/, $result->{out}};
}

sub set_conninfo {
	my ($c, $conninfo) = @_;
	$c->psql(1, q{alter system set primary_conninfo = '} . ($conninfo =~ s/'/''/gr) . q{'});
	return;
}

my @majors = (12, 13, 15, 18);
my ($ten, @clusters) = PgRepl->clusters(map { +{version => $_, spec => '0 1:0', conf => ['log_min_messages = warning',
				'log_min_error_statement = error']} } 10, @majors);
my %cluster;
@cluster{@majors} = @clusters;

for my $major (13, 15, 18) {
	subtest "primary_conninfo on $major" => sub {
		my $c = $cluster{$major};
		$c->stop(0);
		for my $case (@cases) {
			my ($conninfo, $host, $port) = @$case;
			set_conninfo($c, $conninfo);
			$c->psql(1, 'select pg_reload_conf()');
			$c->wait_sql(1, q{select current_setting('primary_conninfo') = '} . ($conninfo =~ s/'/''/gr) . q{'
				and not exists (select from pg_stat_wal_receiver)}) or die 'not reloaded';
			my $got = node_of($c, 1);
			is_deeply([@$got{qw(primary_host primary_port)}], [$host, $port], $conninfo);
		}
		my @complaints = $c->complaints(1);
		is(@complaints, 0, 'the server has no complaints about us') or diag join "\n", @complaints;
	};
}

# There it takes a restart.
subtest 'primary_conninfo on 12' => sub {
	my $c = $cluster{12};
	is(node_of($c, 1)->{primary_host}, undef, 'of a standby that streams it is not asked');
	$c->stop(0);
	set_conninfo($c, "password='it\\'s SECRET host=evil port=9' host=h1 port=1");
	$c->stop(1);
	$c->start(1);
	is_deeply([@{node_of($c, 1)}{qw(primary_host primary_port)}], ['h1', 1], 'is read as libpq reads it');
};

subtest 'the conninfo of a receiver on 10' => sub {
	my $port = $ten->port(0);
	my $file = $ten->dir . '/' . $ten->port(1) . '/recovery.conf';
	for my $case (
		["host=127.0.0.1 port=$port", '127.0.0.1', $port],
		["host=127.0.0.1 port=$port password='SECRET host=evil port=9' application_name='x host=evil port=9'", '127.0.0.1', $port],
		["hostaddr=127.0.0.1 port=$port", '127.0.0.1', $port],
		['host=' . $ten->dir . " port=$port", $ten->dir, $port],
		["host=localhost,127.0.0.1 port=1,$port", 'localhost,127.0.0.1', undef],
	) {
		my ($conninfo, $host, $sender_port) = @$case;
		$ten->stop(1);
		open my $in, '<', $file or die "$file: $!";
		my $text = do { local $/; <$in> };
		$text =~ s/^primary_conninfo.*$/"primary_conninfo = '" . ("user=postgres $conninfo" =~ s{'}{''}gr) . "'"/me;
		open my $out, '>', $file or die "$file: $!";
		print $out $text;
		close $out;
		$ten->start(1);
		$ten->wait_sql(1, q{select exists (select from pg_stat_wal_receiver where status = 'streaming')}) or die 'no stream';
		is_deeply([@{node_of($ten, 1)}{qw(sender_host sender_port)}], [$host, $sender_port], $conninfo);
	}
};

done_testing;
