#!/usr/bin/perl
# What is found from where, what comes and goes, who is asked how often, and who is told a password.
use strict;
use warnings;
use File::Temp ();
use POSIX ();
use Test::More;
use PgRepl qw(run_batch wait_for);
use PgRepl::Batch qw(row config_file nobody);
use PgRepl::Peer;
use PgRepl::Proxy;

my $nobody = nobody();

sub at { my ($c, $node, $host) = @_; return 'host=' . ($host // '127.0.0.1') . ' port=' . $c->port($node) . ' user=postgres' }

sub tell_rows {
	return join "\n", map { my $row = $_; join ' ', map { "$_=" . ($row->{$_} // '') } qw(time node role state upstream edge_evidence error) } @_;
}

# Ports of a sample's nodes with those of their upstreams, as "PORT<UPSTREAM" relative to the cluster.
sub shape {
	my ($c, $sample) = @_;
	return join ' ', sort { ($a =~ /(\d+)/)[0] <=> ($b =~ /(\d+)/)[0] } map {
		my $up = ($_->{upstream} // '') =~ /:(\d+)$/ ? '<' . ($1 - $c->port(0)) : '';
		$_->{role} eq 'client' ? "client$up" : ($_->{port} - $c->port(0)) . $up;
	} @$sample;
}

# Our connections that a peer saw, as those of standbys come too.
sub our_visits {
	my ($peer) = @_;
	return grep { ($_->{parameters}{application_name} // '') eq 'pgrepltop' } $peer->events('startup');
}

# A process that looks like a postmaster that listens on the port, run by the user with that number, until it is killed.
my $fake = <<'END';
my ($dir, $port, $owner) = @ARGV;
chdir $dir or die;
open my $out, '>', 'postmaster.pid' or die;
print $out join "\n", $$, $dir, time, $port, '', '127.0.0.1', '', 'ready   ', '';
close $out;
my $me = $$;
my $child = fork;
$0 = $child ? 'postgres' : 'postgres: checkpointer ';
open my $name, '>', '/proc/self/comm' or die;
print $name 'postgres';
close $name;
if (!$child) { open my $mark, '>', 'ready' or die; close $mark }
sleep 1 while getppid == ($child ? $owner : $me);
END
sub fake_postmaster {
	my ($uid, $port) = @_;
	my $dir = File::Temp->newdir('pgrepltop-fake.XXXXXX', DIR => '/tmp');
	chmod 0777, "$dir";
	my $owner = $$;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		exec 'setpriv', "--reuid=$uid", "--regid=$uid", '--clear-groups', '--', $^X, '-e', $fake, "$dir", $port, $owner
			or POSIX::_exit(127);
	}
	wait_for { -e "$dir/ready" } or die 'the fake postmaster does not start';
	return bless {pid => $pid, dir => $dir}, 'Fake';
}
sub Fake::end { my ($self) = @_; kill 'KILL', $self->{pid}; waitpid $self->{pid}, 0; return }

subtest 'up and down, deep and wide' => sub {
	my $c = PgRepl->cluster(spec => '0 1:0 2:1 3:2 4:3 5:4 6:5 7:0 8:0 9:0 10:3 11:3');
	my $all = '0 1<0 2<1 3<2 4<3 5<4 6<5 7<0 8<0 9<0 10<3 11<3';
	for my $node (0, 3, 6, 9, 11) {
		for my $host ('127.0.0.1', $c->dir) {
			my $result = run_batch('-n', 1, at($c, $node, $host));
			is(shape($c, $result->{samples}[0] || []), $all, "from $node, in the first sample") or diag tell_rows(@{$result->{rows}});
		}
		next if !$nobody;
		my @command = @{$nobody->{command}};
		my $run = PgRepl::Batch->start({program => pop @command, as => [@command]}, '-s', 0.3, at($c, $node));
		ok($run->wait_sample(sub { shape($c, $_) eq $all }), "from $node, without a look at their folders") or diag $run->tail;
		$run->end_by('TERM')->finish(10);
	}
	for my $node (0, 3) {
		my $result = run_batch('-n', 3, '-s', 0.2, '--no-discover', at($c, $node));
		is(scalar(grep { $_->{role} ne 'client' } @{$result->{samples}[-1]}), 1, "without discovery $node is alone");
		is(scalar(grep { $_->{role} eq 'client' } @{$result->{samples}[-1]}), $node ? 3 : 4, 'with its clients');
	}
};

subtest 'nodes by sections, conninfos, lists and services' => sub {
	my @c = map { PgRepl->cluster(spec => '0 1:0') } 0, 1;
	my $config = config_file('[node top]', 'conninfo = ' . at($c[0], 0), '[node below]',
		'conninfo = postgresql://postgres@localhost:' . $c[0]->port(1));
	for my $how ([], ['--no-discover']) {
		my $result = run_batch('-n', 2, '-s', 0.2, '--config', "$config", @$how);
		is_deeply([map { [@$_{qw(node role upstream)}] } @{$result->{samples}[-1]}], [['top', 'primary', undef], ['below', 'standby', 'top']],
			"sections name nodes @$how") or diag $result->{err};
	}
	my $check = sub {
		my ($title, $count, @arguments) = @_;
		my $result = run_batch(ref $arguments[0] ? shift @arguments : {}, '-n', 2, '-s', 0.2, '--no-discover', @arguments);
		is($result->{status}, 0, "$title: it runs") or diag $result->{err};
		my @nodes = grep { $_->{role} ne 'client' } @{$result->{samples}[-1] || []};
		is(scalar @nodes, $count, "$title: $count nodes") or diag tell_rows(@{$result->{rows}});
		is(scalar(grep { $_->{state} !~ /^(running|streaming)$/ } @nodes), 0, "$title: all well") or diag tell_rows(@nodes);
		return $result;
	};
	my @port = map { my $c = $_; map { $c->port($_) } 0, 1 } @c;
	$check->('conninfos and URIs', 4, at($c[0], 0), "postgres://postgres\@127.0.0.1:$port[1]", at($c[1], 0, 'localhost'), at($c[1], 1, $c[1]->dir));
	$check->('a list of hosts and ports', 3, "host=127.0.0.1,localhost,127.0.0.1 port=$port[0],$port[1],$port[2] user=postgres");
	$check->('a list in a URI', 2, "postgresql://postgres\@127.0.0.1:$port[0],localhost:$port[3]/postgres");
	my $dir = $c[0]->dir;
	$check->('a list with one port', 1, "host=127.0.0.1,$dir port=$port[0] user=postgres");

	my $services = config_file('[one]', 'host=127.0.0.1', "port=$port[0]", 'user=postgres', 'dbname=postgres', '[two]', 'host=127.0.0.1',
		"port=$port[2]", 'user=postgres', '[odd]', 'host=127.0.0.1', "port=$port[0]", 'user=nobody_there', 'dbname=nothing_there');
	my %env = (PGSERVICEFILE => "$services");
	$check->('services', 2, {env => {%env}}, 'service=one', 'service=two');
	$check->('a service of the environment', 1, {env => {%env, PGSERVICE => 'two'}});
	$check->("one node's service is not another's", 2, {env => {%env}}, 'service=one', "host=127.0.0.1 port=$port[3] user=postgres");
	my $odd = run_batch({env => {%env}}, '-n', 2, '-s', 0.2, '--no-discover', 'service=odd', "host=127.0.0.1 port=$port[1]", '-U', 'postgres');
	is(row($odd->{samples}[-1], $port[1])->{state}, 'streaming', 'nor its user and database') or diag tell_rows(@{$odd->{rows}});
	$check->('what the environment says of targets is for one server', 2, {env => {PGTARGETSESSIONATTRS => 'primary'}}, at($c[0], 0), at($c[0], 1));
	my $result = run_batch({env => {%env}}, '-n', 1, 'service=none_such');
	is($result->{status}, 2, 'a service that is not there is an error');
	like($result->{err}, qr/none_such/, 'which names it');
	$result = run_batch('-n', 1, 'host=127.0.0.1 no_such_key=1');
	is($result->{status}, 2, 'so is a key that is not there');
	like($result->{err}, qr/connection string: .*no_such_key/, 'which it names');
};

subtest 'standbys come and go' => sub {
	my $c = PgRepl->cluster(spec => '0 1:0 2:0 3:2');
	$c->stop($_) for 3, 2;
	my $run = PgRepl::Batch->start({}, '-s', 1, at($c, 0));
	ok($run->wait_sample(sub { shape($c, $_) eq '0 1<0' }), 'two at first') or diag $run->tail;
	for my $node (2, 3) {
		$c->start($node);
		my $up = $node == 2 ? 0 : 2;
		ok($c->wait_sql($up, "select count(*) = " . ($up ? 1 : 2) . " from pg_stat_replication where state = 'streaming'"), "node $node is there");
		my $from = $run->count;
		ok($run->wait_sample(sub { (row($_, $c->port($node))->{upstream} // '') eq '127.0.0.1:' . $c->port($up) }, from => $from), 'and found')
			or diag $run->tail;
		my @samples = $run->samples;
		my ($first) = grep { ($samples[$_] && (row($samples[$_], $c->port($node))->{upstream} // '') ne '') } $from .. $#samples;
		cmp_ok($first - $from, '<=', 2, 'within two refreshes of the one under way') or diag $run->tail;
	}
	my $from = $run->count;
	$c->stop(3);
	ok($run->wait_sample(sub { row($_, $c->port(3))->{state} eq 'down' }, from => $from), 'a removed one is down') or diag $run->tail;
	is(scalar(grep { row($_, $c->port(3))->{depth} != 2 } ($run->samples)[$from .. $run->count - 1]), 0, 'where it was');
	my $receive = File::Temp->newdir('pgrepltop-wal.XXXXXX', DIR => '/tmp');
	my $client = fork // die;
	if (!$client) {
		open STDERR, '>', '/dev/null';
		exec 'pg_receivewal', '-D', "$receive", '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres' or POSIX::_exit(127);
	}
	my $is_client = sub { $_->{role} eq 'client' && $_->{application_name} eq 'pg_receivewal' };
	$from = $run->count;
	ok($run->wait_sample(sub { grep { $is_client->() } @$_ }, from => $from), 'a client comes') or diag $run->tail;
	kill 'KILL', $client;
	waitpid $client, 0;
	ok($c->wait_sql(0, q{select count(*) = 0 from pg_stat_replication where application_name = 'pg_receivewal'}), 'goes');
	$from = $run->count + 1;
	$run->wait_count($from + 2);
	is(scalar(grep { grep { $is_client->() } @$_ } ($run->samples)[$from .. $run->count - 1]), 0, 'and leaves no row');
	$run->end_by('TERM')->finish(10);
};

subtest 'nobody is hammered' => sub {
	my $c    = PgRepl->cluster(spec => '0 1:0');
	my $full = PgRepl::Peer->new(fault => 'too_many');
	$c->psql(1, q{alter system set primary_conninfo = 'host=127.0.0.1 user=postgres port=} . $full->port . q{'});
	$c->psql(1, 'select pg_reload_conf()');
	ok($c->wait_sql(1, 'select count(*) = 0 from pg_stat_wal_receiver'), 'a standby names a server that refuses');
	my $is_named = sub { row($_, $full->port)->{state} eq 'unavailable' };
	my $run = PgRepl::Batch->start({}, '-s', 0.1, at($c, 1));
	ok($run->wait_sample($is_named), 'which is shown') or diag $run->tail;
	$run->wait_count($run->count + 60);
	cmp_ok(scalar our_visits($full), '<=', 6, 'in over sixty refreshes a handful of attempts');
	cmp_ok(scalar our_visits($full), '>=', 2, 'but not just one');
	my ($row) = row(($run->samples)[-1], $c->port(1));
	is($row->{upstream}, '127.0.0.1:' . $full->port, 'the standby hangs under it, for it says so') or diag $run->tail;
	is($row->{edge_evidence}, 'conninfo', 'by its configuration');

	$c->psql(1, q{alter system set primary_conninfo = 'host=127.0.0.1 user=postgres port=} . $c->port(0) . q{'});
	$c->psql(1, 'select pg_reload_conf()');
	my $from = $run->count;
	ok($run->wait_sample(sub { shape($c, $_) eq '0 1<0' }, from => $from, timeout => 20), 'named by nobody any more it is gone') or diag $run->tail;
	my $visits = our_visits($full);
	$run->wait_count($run->count + 20);
	is(scalar our_visits($full), $visits, 'and asked no more');
	$run->end_by('TERM')->finish(10);

	# A server of another cluster beside: looked at once.
	my $other = PgRepl->cluster(spec => '0');
	$run = PgRepl::Batch->start({}, '-s', 0.1, at($c, 0));
	ok($run->wait_sample(sub { shape($c, $_) eq '0 1<0' }), 'a stranger is not shown');
	$run->wait_count($run->count + 30);
	is(scalar(grep { my $s = $_; grep { $_->{port} == $other->port(0) } @$s } $run->samples), 0, 'in no sample');
	is($other->psql(0, q{select count(*) from pg_stat_activity where application_name = 'pgrepltop'}), 0, 'nor connected to');
	$run->end_by('TERM')->finish(10);
};

subtest '--no-discover is absolute' => sub {
	my $c     = PgRepl->cluster(spec => '0 1:0 2:1', conf => ['log_connections = on', 'log_min_messages = log']);
	my $named = PgRepl::Peer->new(fault => 'too_many');
	$c->psql(1, q{alter system set primary_conninfo = 'host=127.0.0.1 user=postgres port=} . $named->port . q{'});
	$c->psql(1, 'select pg_reload_conf()');
	ok($c->wait_sql(1, 'select count(*) = 0 from pg_stat_wal_receiver'), 'a standby names another server');
	my $result = run_batch('-n', 15, '-s', 0.1, '--no-discover', at($c, 1));
	is($result->{status}, 0, 'it runs') or diag $result->{err};
	is(scalar(our_visits($named)), 0, 'which is not asked');
	is(scalar(grep { $c->log_text($_) =~ /application_name=pgrepltop/ } 0, 2), 0, 'nor are its clients and neighbours');
	like($c->log_text(1), qr/application_name=pgrepltop/, 'as would be seen');
	is(scalar(grep { $_->{role} ne 'client' } @{$result->{samples}[-1]}), 1, 'nor shown');
};

subtest 'who is told a password' => sub {
	plan skip_all => 'only root can run servers as other users' if $>;
	my $c    = PgRepl->cluster(spec => '0 1:0');
	my $pass = File::Temp->new(TEMPLATE => 'pgrepltop-pass.XXXXXX', TMPDIR => 1);
	print $pass "*:*:*:*:from-file\n";
	close $pass;
	chmod 0600, "$pass";
	my $asks = sub {
		my ($title, $uid, $env, @arguments) = @_;
		my $peer = PgRepl::Peer->new(fault => 'wants_password');
		my $fake = fake_postmaster($uid, $peer->port);
		my $result = run_batch({env => $env}, '-n', 3, '-s', 0.3, @arguments);
		is($result->{status}, 0, "$title: it runs") or diag $result->{err};
		is($result->{err}, '', "$title: silently");
		cmp_ok(scalar our_visits($peer), '>=', 1, "$title: the server is found");
		$fake->end;
		return map { $_->{password} } $peer->events('password');
	};
	my ($somebody, $postgres) = map { scalar getpwnam $_ } 'nobody', 'postgres';
	my $service = config_file('[s]', 'password=given');
	my @ways = (
		['in the conninfo',    {},                         at($c, 0) . ' password=given'],
		['in the environment', {PGPASSWORD => 'given'},    at($c, 0)],
		['in a password file', {PGPASSFILE => "$pass"},    at($c, 0)],
		['in a service',       {PGSERVICEFILE => "$service"}, at($c, 0) . ' service=s'],
	);
	for my $way (@ways) {
		my ($title, $env, @arguments) = @$way;
		is_deeply([$asks->("another user's server, $title", $somebody, $env, @arguments)], [], "$title: another user's server is not told it");
	}
	# One that was named is.
	my $peer = PgRepl::Peer->new(fault => 'wants_password');
	run_batch('-n', 1, '--no-discover', $peer->conninfo('password=given'));
	is(($peer->events('password'))[0]{password}, 'given', 'a server that was named is told');
	my @told = $asks->('a server of the same user', $postgres, {}, at($c, 0) . ' password=given');
	# libpq 16 and newer refuses to send it in clear text to whoever was found by looking.
	ok(!grep({ $_ ne 'given' } @told), 'one of the user whose server was named is told no other');
};

subtest 'two servers that claim one postmaster' => sub {
	my $c = PgRepl->cluster(spec => '0');
	my $session = $c->psql_bg(0, 'select 1;');
	my $pid = $session->backend_pid;
	my ($backend_us, $started_us) = split /\|/, $c->psql(0,
		"select (extract(epoch from backend_start) * 1000000)::int8, (extract(epoch from pg_postmaster_start_time()) * 1000000)::int8 from pg_stat_activity where pid = $pid");
	my $peer = PgRepl::Peer->new(backend_pid => $pid, backend_start_us => $backend_us, started_us => $started_us, last => 'activity');
	my @arguments = ('--table', 'processes', '-n', 4, '-s', 0.3, '--no-discover');
	my $sources = sub {
		my ($result, $port) = @_;
		return join ' ', sort keys %{{map { ($_->{io_source} // '') => 1 } grep { $_->{node} eq "127.0.0.1:$port" } @{$result->{samples}[-1]}}};
	};
	my $result = run_batch(@arguments, at($c, 0));
	is($sources->($result, $c->port(0)), 'local', 'the server alone is local');
	$result = run_batch(@arguments, $peer->conninfo);
	like($sources->($result, $peer->port), qr/local/, 'the one with its numbers alone would be, too');
	$result = run_batch(@arguments, at($c, 0), $peer->conninfo);
	is($result->{status}, 0, 'both') or diag $result->{err};
	unlike($sources->($result, $_), qr/local/, "$_ is not taken for local then") for $c->port(0), $peer->port;
	$session->finish;
};

done_testing;
