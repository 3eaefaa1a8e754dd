#!/usr/bin/perl
# The screen in a real terminal: what it shows of the reference topology, sizes, terminals, signals, and a frozen server.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Tmux;

my $c = PgRepl->cluster;
my @program = (PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(0), '-U', 'postgres', '-s', '0.3');

sub on_screen { return PgRepl::Tmux->new(width => 120, height => 36, @_, command => [@program]) }

# The line of a node, by its number in the topology.
sub row {
	my ($t, $node) = @_;
	my $port = $c->port($node);
	my ($line) = grep { /127\.0\.0\.1:$port\s/ } (split /\n/, $t->screen =~ s/processes of.*//sr);
	return $line // '';
}

sub wait_row { my ($t, $node, $pattern, $timeout) = @_; return wait_for { row($t, $node) =~ $pattern } $timeout }

subtest 'the tree' => sub {
	my $t = on_screen();
	ok($t->wait_screen(qr/5\/5 nodes/), 'all five nodes are found from one address') or diag $t->screen;
	ok(wait_row($t, $_, qr/standby +streaming +quorum 1/), "standby $_ is in the quorum") for 1 .. 3;
	ok(wait_row($t, 4, qr/standby +streaming +async/), 'the cascaded one is async');
	like(row($t, 0), qr/primary +running +ANY 1 \(\*\)/, 'the primary shows the rule');
	like(row($t, 1), qr/^(?:├|\|)/, 'standby 1 hangs on the primary');
	like(row($t, 4), qr/^(?:│|\|)  (?:└|`)/, 'the cascade hangs on standby 1');
	ok($t->wait_screen(qr/processes of 127\.0\.0\.1:${\$c->port(0)}.*\bcheckpointer\b.*\bwalsender\b/s), 'its processes')
		or diag $t->screen;
	$t->send_keys('?');
	ok($t->wait_screen(qr/Help.*Terminate/s), '? shows the help');
	$t->send_keys('Escape');
	ok($t->wait_screen(qr/\A(?!.*Help ─).*NODE/s), 'Esc closes it');
	$t->send_keys('Down');
	ok($t->wait_screen(qr/processes of 127\.0\.0\.1:${\$c->port(1)}.*\bwalreceiver\b/s), 'Down selects the next node');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'q leaves');
	is($t->flag('alternate_on') . $t->flag('cursor_flag'), '01', 'the terminal is as it was');
};

subtest 'sizes' => sub {
	my $t = on_screen();
	$t->wait_screen(qr/5\/5 nodes/);
	for my $size ([300, 100], [80, 24], [40, 12], [20, 5], [3, 2], [120, 36]) {
		my ($width, $height) = @$size;
		$t->resize($width, $height);
		my $name = $width < 22 ? qr/127/ : qr/127\.0\.0\.1:${\$c->port(0)}/;
		$name = qr/./ if $width < 20;
		ok($t->wait_screen($name), "${width}x$height shows something") or diag $t->screen;
		my @lines = $t->lines;
		pop @lines while @lines && $lines[-1] eq '';
		cmp_ok(scalar @lines, '<=', $height, 'and fits');
	}
	ok($t->wait_screen(qr/NODE.*REPLAY LSN.*\n.*primary.*\n.*quorum 1/), 'back at 120x36 the columns are there again');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'and it leaves');
};

for my $term ([vt100 => 'C'], [linux => 'C.UTF-8'], [screen => 'C'], ['xterm-256color' => 'C.UTF-8']) {
	my ($name, $locale) = @$term;
	subtest "TERM=$name LC_ALL=$locale" => sub {
		my $t = on_screen(term => $name, width => 80, height => 24, env => {LC_ALL => $locale});
		ok($t->wait_screen(qr/5\/5 nodes/), 'starts') or diag $t->screen;
		ok($t->wait_screen(qr/checkpointer/), 'shows processes');
		unlike($t->screen, qr/[^\x20-\x7e\n]/, 'only ASCII') if $locale eq 'C';
		unlike($t->screen, qr/\?\?|\xef\xbf\xbd|\[[0-9;]*m/, 'no garbage');
		$t->send_keys('F1');
		ok($t->wait_screen(qr/Help/), 'F1 is understood') or diag $t->screen;
		$t->send_keys('q', 'q');
		is($t->wait_exit, 0, 'leaves');
	};
}

for my $signal (qw(TERM HUP INT QUIT)) {
	subtest "SIG$signal" => sub {
		my $t = on_screen();
		$t->wait_screen(qr/5\/5 nodes/);
		kill $signal, $t->pid;
		is($t->wait_exit, 0, 'ends the program');
		is($t->flag('alternate_on') . $t->flag('cursor_flag'), '01', 'the terminal is as it was');
	};
}

subtest 'Ctrl-Z and fg' => sub {
	my $t = PgRepl::Tmux->new(width => 120, height => 36, env => {PS1 => 'shell> '},
		command => ['bash', '--norc', '--noprofile', '-i']);
	$t->wait_screen(qr/shell> /);
	$t->type("@program\n");
	ok($t->wait_screen(qr/5\/5 nodes/), 'runs') or diag $t->screen;
	$t->send_keys('C-z');
	ok($t->wait_screen(qr/Stopped/), 'Ctrl-Z stops it and the shell is there') or diag $t->screen;
	is($t->flag('alternate_on') . $t->flag('cursor_flag'), '01', 'on a sane terminal');
	$t->type("fg\n");
	ok($t->wait_screen(qr/5\/5 nodes.*quorum 1/s), 'fg brings it back');
	$t->send_keys('q');
	ok($t->wait_screen(qr/fg\n.*shell>\s*\z/s), 'and q leaves') or diag $t->screen;
	$t->type("stty -a; exit\n");
	ok($t->wait_screen(qr/[^-]icanon.*[^-]echo /s), 'with echo and line editing on') or diag $t->screen;
};

subtest 'a frozen server' => sub {
	my $t = on_screen();
	$t->wait_screen(qr/5\/5 nodes/);
	$c->freeze(0);
	ok(wait_row($t, 0, qr/no answer/), 'says so on its row') or diag $t->screen;
	$c->psql(1, 'select 1');
	like(row($t, $_), qr/streaming/, "standby $_ is live") for 1 .. 4;
	$t->send_keys('Down');
	ok($t->wait_screen(qr/processes of 127\.0\.0\.1:${\$c->port(1)}/, 2), 'keys work');
	my ($before) = $t->screen =~ /(\d\d:\d\d:\d\dZ)/;
	ok((wait_for { $t->screen =~ /(\d\d:\d\d:\d\dZ)/ && $1 ne $before } 5), 'and the clock runs');
	$c->thaw(0);
	ok(wait_row($t, 0, qr/primary +running/, 30), 'thawed, its row is back without a restart');
	$c->freeze(0);
	wait_row($t, 0, qr/no answer/);
	$t->send_keys('q');
	is($t->wait_exit(2), 0, 'q leaves at once');
	$c->thaw(0);
};

subtest 'a killed server' => sub {
	$c->wait_sql(0, q{select count(*) = 3 from pg_stat_replication where state = 'streaming'}, 30);
	my $t = on_screen();
	$t->wait_screen(qr/5\/5 nodes/);
	$c->kill9(1);
	ok(wait_row($t, 1, qr/down +Connection refused/), 'its row stays, with the reason') or diag $t->screen;
	ok(wait_row($t, 4, qr/no receiver/), 'its child notices');
	like(row($t, 4), qr/^(?:│|\|)  (?:└|`)/, 'and keeps its place');
	$c->start(1);
	ok(wait_row($t, 1, qr/streaming +quorum/, 30), 'started again, it comes back by itself');
	ok(wait_row($t, 4, qr/streaming +async/, 30), 'and so does the child');
};

subtest 'the terminal goes away' => sub {
	my $t = on_screen();
	$t->wait_screen(qr/5\/5 nodes/);
	my $pid = $t->pid;
	$t->cleanup;
	ok((wait_for { !kill 0, $pid } 10), 'the program goes with it');
};

done_testing;
