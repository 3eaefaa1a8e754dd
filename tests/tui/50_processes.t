#!/usr/bin/perl
# The view of all nodes' processes in a real terminal: sorted, filtered, only active ones, totals; and a thousand of them.
use strict;
use warnings;
use Test::More;
use IO::Socket::INET;
use PgRepl qw(wait_for);
use PgRepl::Tmux;

my $patience = 30;
my $c = PgRepl->cluster(spec => '0=p1 1:0=s1', conf => ['max_connections = 600']);
$c->psql(0, 'create table t (v text)');

sub name { my ($node) = @_; return '127.0.0.1:' . $c->port($node) }
my ($p1, $s1) = map { quotemeta name($_) } 0, 1;

sub on_screen {
	my ($height, @arguments) = @_;
	my $t = PgRepl::Tmux->new(width => 140, height => $height, command => [PgRepl::program, '--no-discover', '-s', '0.5', @arguments,
		map { 'host=127.0.0.1 user=postgres dbname=postgres port=' . $c->port($_) } 0, 1]);
	sees($t, qr/2\/2 nodes/, 'both nodes are there');
	return $t;
}

# Waits for a screen, and shows it where it does not come.
sub sees {
	my ($t, $pattern, $what) = @_;
	return ok($t->wait_screen($pattern, $patience), $what) || diag $t->screen;
}

sub pids { my ($t) = @_; return $t->screen =~ /^ *(\d+) /mg }

# Types a filter in the place of the one that holds.
sub filter {
	my ($t, $text) = @_;
	$t->send_keys('\\');
	sees($t, qr/^filter:/m, "\\ asks for a filter: $text");
	$t->send_keys('C-u')->type($text)->send_keys('Enter');
	return;
}

# The process under the cursor, as the confirmation names it.
sub under_cursor {
	my ($t) = @_;
	$t->send_keys('C');
	$t->wait_screen(qr/PID \d+ \(/, $patience) or diag $t->screen;
	my ($pid) = $t->screen =~ /PID (\d+) \(/;
	$t->send_keys('n');
	$t->wait_screen(qr/nothing was done/, $patience);
	return $pid;
}

my $t = on_screen(50);
my $idle = $c->psql_bg(0, undef, name => 'resting');
my $busy = $c->psql_bg(0, undef, name => 'working');
my ($idle_pid, $busy_pid) = ($idle->backend_pid, $busy->backend_pid);
$busy->send('select pg_sleep(1000);');

subtest 'all nodes' => sub {
	$t->send_keys('2');
	sees($t, qr/processes of all nodes \S+ \d+ processes/, '2 shows all nodes');
	sees($t, qr/^$p1 +\d+ processes .*^ *\d+ +$p1 +walwriter .*^$s1 +\d+ processes .*^ *\d+ +$s1 +walreceiver /ms,
		'each with its processes below it');
	like($t->screen, qr/^Total DISK read \S.*, write \S.*Actual DISK read /m, 'and what the disks do above');
	sees($t, qr/^ *$_->[0] +$p1 +client backend /m, "a session: $_->[1]") for [$idle_pid, 'resting'], [$busy_pid, 'working'];
	like($t->screen, qr/^ *\d+ +$p1 +walsender /m, 'the WAL sender');
	my ($sum, @each) = map { /^$p1 +(\d+) processes/m, scalar(() = /^ *\d+ +$p1 /mg) } $t->screen;
	is($sum, $each[0], 'the heading counts them');
};

subtest 'a filter' => sub {
	filter($t, 'type=walsender');
	sees($t, qr/all nodes \S+ 1 of \d+ \S+ filter type=walsender/, 'the rule says what holds, and how many are left');
	my ($sender) = $c->psql(0, 'select pid from pg_stat_replication');
	is(join(' ', pids($t)), $sender, 'the WAL sender alone');
	unlike($t->screen, qr/^$s1 +\d/m, 'a node with none of them is left out');
	$t->send_keys('\\')->type(' pid~1')->send_keys('Enter');
	sees($t, qr/character \d+: pid is no text: expected =.*\n+filter: type=walsender pid~1/, 'a wrong one is refused with the place');
	$t->send_keys('Escape');
	sees($t, qr/filter type=walsender .*^\\ Filter/ms, 'and the old one holds');
	filter($t, 'user=nobody');
	sees($t, qr/^None of \d+ processes matches user=nobody; \\ changes the filter/m, 'where nothing is left, that is said');
};

subtest 'only active ones' => sub {
	filter($t, 'app~ing');
	sees($t, qr/ 2 of \d+ \S+ filter app~ing/, 'two sessions');
	$t->send_keys('i');
	sees($t, qr/ 1 of \d+ \S+ filter app~ing \S+ only active/, 'of which one works');
	is(join(' ', pids($t)), $busy_pid, 'the one that runs a statement');
	$t->send_keys('i');
	sees($t, qr/ 2 of \d+ \S+ filter app~ing \S+ (?!only)/, 'and both again');
};

subtest 'the cursor follows its process through any order' => sub {
	filter($t, "pid=$idle_pid");
	sees($t, qr/ 1 of \d+ \S+ filter pid=/, 'one process');
	$t->send_keys('End');
	is(under_cursor($t), $idle_pid, 'is under the cursor');
	filter($t, '');
	sees($t, qr/all nodes \S+ \d+ processes/, 'all are back');
	is(under_cursor($t), $idle_pid, 'the cursor stays');
	$t->send_keys('>', 'g');
	sees($t, qr/ by PID /, 'one list, sorted by number');
	my @pids = pids($t);
	is("@pids", join(' ', sort { $b <=> $a } @pids), 'the highest first');
	is(under_cursor($t), $idle_pid, 'the cursor follows');
	$t->send_keys('R');
	sees($t, qr/ by PID, lowest /, 'reversed');
	@pids = pids($t);
	is("@pids", join(' ', sort { $a <=> $b } @pids), 'the lowest first');
	is(under_cursor($t), $idle_pid, 'and follows');
	$t->send_keys('R', 'g', '<');
	sees($t, qr/^$p1 +\d+ processes/m, 'in groups again');
};

subtest 'totals' => sub {
	my $io = "/proc/$idle_pid/io";
	plan skip_all => 'the counters of the server may not be read' if !open my $may, '<', $io;
	my $unit = 1024 * 1024;
	$idle->send("insert into t select repeat('x', 1000) from generate_series(1, 30000); select 'done';");
	$idle->wait_out(qr/done/, $patience) or diag 'no answer';
	my ($written) = do { local (@ARGV, $/) = ($io); <> =~ /^wchar: (\d+)/m };
	cmp_ok($written, '>', 30 * $unit, 'a session that began later has written much');
	filter($t, 'app=resting');
	$t->send_keys('a');
	my $text = sprintf $written >= 99.95 * $unit ? '%.0f MB' : '%.1f MB', $written / $unit;
	sees($t, qr/ 1 of \d+ \S+ filter app=resting \S+ totals /, 'the rule says so');
	sees($t, qr/PID +NODE +TYPE +READ +WRITE .*^ *$idle_pid +$p1 +client backend +\S+(?: .B)? +\Q$text\E /ms, "all of it is its total: $text");
	$t->send_keys('a');
	sees($t, qr/PID +NODE +TYPE +READ\/s +WRITE\/s/, 'and rates again');
	filter($t, '');
};

subtest 'one node, and the pane' => sub {
	$t->send_keys('End', 'A');
	sees($t, qr/processes of $s1 /, 'A shows the node under the cursor alone');
	unlike($t->screen, qr/walwriter/, 'without those of the other');
	$t->send_keys('Escape');
	sees($t, qr/^NODE.*processes of $s1/ms, 'Esc leads back to the tree, with that node selected');
	$t->send_keys('Tab')->send_keys('\\')->type('startup')->send_keys('Enter');
	sees($t, qr/processes of $s1 \S+ 1 of \d+ \S+ filter startup/, 'the pane has the same filter');
	$t->send_keys('q');
	is($t->wait_exit($patience), 0, 'done');
};

subtest 'from the command line' => sub {
	my $from = on_screen(50, '--filter', 'type=checkpointer', '--sort', 'pid');
	$from->send_keys('2');
	sees($from, qr/ 2 of \d+ \S+ filter type=checkpointer \S+ by PID/, '--filter and --sort hold from the start');
	$from->send_keys('q');
	my $wrong = PgRepl::run_command(PgRepl::program, '--filter', 'nonsense>1');
	is($wrong->{status}, 2, 'a wrong filter is a wrong option');
	like($wrong->{err}, qr/--filter: character 1: processes have no column "nonsense"/, 'and says why');
};

# Sessions that do nothing, without a process of ours each.
sub crowd {
	my ($node, $count) = @_;
	my $startup = pack('N', 196608) . join("\0", qw(user postgres database postgres application_name crowd), '', '');
	my @sockets;
	for (1 .. $count) {
		my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $c->port($node), Proto => 'tcp') or die "connect: $!";
		print $socket pack('N', 4 + length $startup) . $startup;
		$socket->flush;
		push @sockets, $socket;
	}
	for my $socket (@sockets) {
		my $answer = '';
		while ($answer !~ /Z\x00\x00\x00\x05I\z/) { # ready for a query
			sysread($socket, $answer, 4096, length $answer) or die "the server hung up: $answer";
		}
	}
	return @sockets;
}

subtest 'a thousand of them' => sub {
	my @sockets = map { crowd($_, 500) } 0, 1;
	my @wanted = map { split /\n/, $c->psql($_, q{select pid from pg_stat_activity where application_name = 'crowd' order by pid}) } 0, 1;
	is(scalar @wanted, 1000, 'a thousand sessions');
	my $many = on_screen(60);
	$many->send_keys('2');
	sees($many, qr/all nodes \S+ 1,0\d\d processes/, 'are in the view');
	like($many->screen, qr/^$p1 +5\d\d processes/m, 'below their nodes');
	filter($many, 'app=crowd');
	sees($many, qr/ 1,000 of 1,0\d\d /, 'found by their name');
	$many->send_keys('End');
	ok((wait_for { ((pids($many))[-1] // 0) == $wanted[-1] } $patience), 'End shows the last') or diag $many->screen;
	is((split / /, join ' ', pids($many))[0] , $wanted[-scalar(() = pids($many))], 'with as many before it as there is room');
	$many->send_keys('Home');
	ok((wait_for { ((pids($many))[0] // 0) == $wanted[0] } $patience), 'Home the first') or diag $many->screen;
	my %seen = map { $_ => 1 } pids($many);
	my $page = 0;
	while (!$seen{$wanted[-1]} && $page++ < 40) {
		my $before = join ' ', pids($many);
		$many->send_keys('PgDn');
		wait_for { join(' ', pids($many)) ne $before } $patience or last;
		$seen{$_}++ for pids($many);
	}
	my @missing = grep { !$seen{$_} } @wanted;
	is(scalar @missing, 0, "$page pages down show all thousand");
	is(scalar(keys %seen), 1000, 'and nobody else');
	$many->send_keys('>', 'R', 'g');
	ok((wait_for { my @pids = pids($many); "@pids" eq join ' ', (sort { $a <=> $b } @wanted)[-@pids .. -1] } $patience),
		'sorted over both nodes, the cursor still is at the end') or diag $many->screen;
	$many->send_keys('q');
	is($many->wait_exit($patience), 0, 'done');
};

done_testing;
