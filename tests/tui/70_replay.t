#!/usr/bin/perl
# A recording on the screen: it shows what the screen of the servers showed, and goes where it is told to.
use strict;
use warnings;
use File::Temp ();
use Test::More;
use PgRepl qw(wait_for run_command csv_hashes);
use PgRepl::Tmux;

my $place = File::Temp->newdir('pgrepltop-replay.XXXXXX', DIR => '/tmp');
my $dir   = "$place/recording";
my $c     = PgRepl->cluster(spec => '0 1:0 2:0 3:1', sync => 'ANY 1 (*)', slots => 1);
$c->psql(0, 'create table t (i int)');

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or die "$path: $!";
	local $/;
	return <$in> // '';
}

sub sees {
	my ($t, $pattern, $what) = @_;
	return ok($t->wait_screen($pattern), $what) || diag $t->screen;
}

# ---- what was on the screen --------------------------------------------------------------------------------------

sub last_sample { return slurp("$dir/samples.csv") =~ /T(\d\d:\d\d:\d\d)[^\n]*\n\z/ ? $1 : '' }

# What the screen shows of samples that were just recorded: its text without the lines at the end, and its time. Several, for
# between samples a screen may show what came since, as that a node was tried again, and that is in no recording.
sub moments {
	my ($t, $pattern) = @_;
	my ($time, $text, @moments);
	while (@moments < 3) {
		my $before = $time // '';
		my $found = wait_for(sub {
			$time = last_sample();
			$text = $t->screen;
			$time ne $before && $text =~ $pattern && $text =~ / \Q$time\EZ/ && $time eq last_sample();
		}, 20);
		ok($found, 'a sample is on the screen') or diag $t->screen;
		push @moments, {time => $time, lines => [(split /\n/, $text, -1)[0 .. 34]]};
	}
	return \@moments;
}

my @moments; # the keys that lead to a view, and what it showed

subtest 'the screen of the servers is recorded' => sub {
	my $t = PgRepl::Tmux->new(width => 120, height => 36,
		command => [PgRepl::program, '-h', '127.0.0.1', '-p', $c->port(1), '-U', 'postgres', '-s', '1', '--record', $dir]);
	sees($t, qr/4\/4 nodes/, 'all nodes are there');
	$c->psql(0, 'insert into t select generate_series(1, 200000)');
	my $samples = sub { scalar(() = slurp("$dir/samples.csv") =~ /\n/g) };
	ok(wait_for(sub { $samples->() > 4 }), 'and are recorded');
	$t->send_keys('Home');
	push @moments, ['1 Home', moments($t, qr/streaming/)];
	$c->stop(0);
	$c->promote(1);
	$c->psql(1, 'create table u (i int)');
	$t->send_keys('5');
	sees($t, qr/promoted/, 'a failover');
	my $then = $samples->();
	ok(wait_for(sub { $samples->() > $then + 2 }), 'is over');
	push @moments, ['5', moments($t, qr/promoted/)];
	$t->send_keys('4');
	push @moments, ['4', moments($t, qr/if it died|no primary/)];
	$t->send_keys('2');
	push @moments, ['2', moments($t, qr/checkpointer/)];
	$t->send_keys('1', 'Down', 'Enter');
	push @moments, ['1 Home Down Enter', moments($t, qr/lag|LAG|flushed/)];
	my $before = $samples->();
	ok(wait_for(sub { $samples->() > $before + 3 }), 'it goes on');
	$t->send_keys('q');
	is($t->wait_exit(10), 0, 'until it is left');
};

# The servers are not there any more: a replay asks nobody.
$c->cleanup;

my @samples = csv_hashes(slurp("$dir/samples.csv"));

sub replayed {
	my (@options) = @_;
	my $t = PgRepl::Tmux->new(width => 120, height => 37, command => [PgRepl::program, '--replay', $dir, @options]);
	$t->wait_screen(qr/^REPLAY/m) or diag $t->screen;
	return $t;
}

sub differences {
	my ($live, $replayed) = @_;
	return map { "live:     $live->[$_]\nreplayed: $replayed->[$_]\n" } grep { $live->[$_] ne $replayed->[$_] } 0 .. 34;
}

# Types into the prompt, and waits until it is gone.
sub go_to {
	my ($t, $text) = @_;
	$t->send_keys('G');
	$t->wait_screen(qr/^go to \(UTC\):/m) or diag $t->screen;
	$t->type($text);
	$t->send_keys('Enter');
	return;
}

# The number of the sample that is shown.
sub at { my ($t) = @_; return $t->screen =~ /^REPLAY .*? (\d+) of \d+/m ? $1 : 0 }

subtest 'a replay shows what was on the screen' => sub {
	my $t = replayed();
	$t->send_keys('Space');
	sees($t, qr/^REPLAY .* paused/m, 'Space pauses');
	for my $moment (@moments) {
		my ($keys, $lives) = @$moment;
		my ($same, @differences);
		for my $live (@$lives) {
			last if $same;
			go_to($t, $live->{time});
			$t->send_keys('1');
			sees($t, qr/^NODE /m, 'the tree');
			$t->send_keys($_) for split ' ', $keys;
			$same = wait_for(sub { !differences($live->{lines}, [(split /\n/, $t->screen, -1)[0 .. 34]]) }, 5);
			push @differences, differences($live->{lines}, [(split /\n/, $t->screen, -1)[0 .. 34]]);
		}
		ok($same, "the view behind $keys is the same") or diag @differences;
	}
	$t->send_keys('q');
	is($t->wait_exit(10), 0, 'q leaves it');
};

# ---- moving ------------------------------------------------------------------------------------------------------

subtest 'it plays' => sub {
	my $t = replayed();
	my $count = @samples;
	sees($t, qr/^REPLAY \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  1x  \d+ of $count  /m, 'time, speed and place');
	my $at = at($t);
	ok(wait_for(sub { at($t) > $at + 1 }), 'it goes on by itself');
	$t->send_keys('F', 'F', 'F');
	sees($t, qr/^REPLAY .* 8x/m, 'F is faster');
	$t->send_keys('F', 'F', 'F', 'F');
	sees($t, qr/^REPLAY .* 64x end  $count of $count/m, 'at most 64 times, and it ends with the last sample');
	go_to($t, '0%');
	$t->send_keys(('S') x 9);
	sees($t, qr/^REPLAY .* 1\/4x /m, 'S is slower');
	$t->send_keys('Space');
	sees($t, qr/^REPLAY .* 1\/4x paused/m, 'Space pauses');
	go_to($t, '0%');
	sees($t, qr/^REPLAY .* paused  1 of $count/m, 'back at the start');
};

subtest 'steps and times' => sub {
	my $t = replayed();
	my $count = @samples;
	$t->send_keys('Space');
	go_to($t, '0%');
	sees($t, qr/ paused  1 of /, 'the first sample');
	$t->send_keys(',');
	sees($t, qr/ paused  1 of /, 'nothing is before it');
	$t->send_keys('.', '.');
	sees($t, qr/ paused  3 of /, 'two steps on');
	$t->send_keys(',');
	sees($t, qr/ paused  2 of /, 'one back');
	my $ten = $count > 12 ? 12 : $count;
	$t->send_keys(')');
	sees($t, qr/ $ten of /, 'ten on');
	$t->send_keys('(');
	sees($t, qr/ paused  @{[$ten - 10 < 1 ? 1 : $ten - 10]} of /, 'ten back');
	$t->send_keys('}');
	sees($t, qr/ end  $count of /, 'sixty on are the end');
	$t->send_keys('{');
	sees($t, qr/ paused  1 of /, 'sixty back are the start');

	go_to($t, '100%');
	sees($t, qr/ end  $count of /, '100% is the last one');
	my $third = $samples[2]{time} =~ s/Z$//r;
	go_to($t, $third);
	sees($t, qr/ paused  3 of /, 'a date and a time');
	go_to($t, '+1s');
	sees($t, qr/ paused  4 of /, 'a second on') if $samples[3]{unix_us} - $samples[2]{unix_us} <= 1_000_000
		&& $samples[4]{unix_us} - $samples[2]{unix_us} > 1_000_000;
	go_to($t, substr $third, 11);
	sees($t, qr/ paused  3 of /, 'a time of that day');
	go_to($t, 'noon');
	sees($t, qr/"noon" is no time: expected 12:01:33, /, 'what is no time is refused');
	sees($t, qr/^go to \(UTC\): noon/m, 'and can be mended');
	$t->send_keys('Escape');
	sees($t, qr/ paused  3 of /, 'Esc leaves the prompt');
};

subtest 'from event to event' => sub {
	my $t = replayed();
	$t->send_keys('Space');
	go_to($t, '0%');
	my ($promoted) = grep { $_->{event} eq 'promoted' } csv_hashes(slurp("$dir/events.csv"));
	$t->send_keys('5');
	my $found = wait_for(sub { $t->send_keys('e'); $t->screen =~ / promoted +standby is a primary now/m });
	ok($found, 'e leads to the failover') or diag $t->screen;
	my $time = substr $promoted->{time}, 11, 8;
	like($t->screen, qr/^REPLAY \S+ \Q$time\EZ/m, 'at its time');
	like($t->screen, qr/^(?:\d+ events, one is )?127\.0\.0\.1:\d+: [a-z ]+: \S/m, 'and says what it was');
	go_to($t, '100%');
	$found = wait_for(sub { $t->send_keys('E'); $t->screen =~ /^REPLAY \S+ \Q$time\EZ/m });
	ok($found, 'E leads back to it') or diag $t->screen;
	go_to($t, '100%');
	$t->send_keys('e');
	sees($t, qr/no event comes after this/, 'after the last there is none');
	go_to($t, '0%');
	$t->send_keys('E');
	sees($t, qr/no event was before this/, 'nor before the first');
};

subtest 'nothing can be done to a recording' => sub {
	my $t = replayed();
	$t->send_keys('Space', 'Tab', 'K');
	sees($t, qr/this is a recording: nothing can be done to its servers/, 'K is refused');
	unlike($t->screen, qr/^.*q Quit.*Terminate|Terminate.*q Quit/m, 'and not offered');
	like($t->screen, qr/Space Pause  \. Step  e Event  G Go to  F Faster/, 'the keys of a replay are');
	$t->send_keys('?');
	$t->send_keys(('PageDown') x 3);
	sees($t, qr/Go to the next event/, 'and stand in the help');
	$t->send_keys('q', 'q');
	is($t->wait_exit(10), 0, 'it ends');
};

subtest 'small terminals and resizing' => sub {
	my $t = replayed();
	$t->resize(40, 8);
	sees($t, qr/^REPLAY \d\d:\d\d:\d\dZ/m, 'on 40x8 the line has no date');
	$t->resize(20, 3);
	sees($t, qr/^REPLAY/m, 'and on 20x3');
	$t->resize(80, 24);
	sees($t, qr/^REPLAY \d{4}-.*Z$/m, 'it comes back') or diag $t->screen;
	kill 'TERM', $t->pid;
	is($t->wait_exit(10), 0, 'a signal ends it');
	is($t->flag('alternate_on'), 0, 'and the terminal is restored');
};

subtest 'what is missing is said' => sub {
	my $copy = "$place/copy";
	system('cp', '-r', $dir, $copy) == 0 or die;
	my $text = slurp("$copy/samples.csv");
	open my $out, '>:raw', "$copy/samples.csv" or die;
	print $out substr $text, 0, -10;
	close $out;
	my $t = PgRepl::Tmux->new(width => 120, height => 37, command => [PgRepl::program, '--replay', $copy]);
	sees($t, qr/the last sample is incomplete and was left out/, 'an incomplete sample');
	$t->send_keys('q');
	$t->wait_exit(10);

	my @lines = split /^/, slurp("$copy/nodes.csv");
	my ($fourth) = grep { $lines[$_] =~ /^\Q$samples[3]{time}\E/ } 1 .. $#lines;
	$lines[$fourth] =~ s/,(\d{4,5}),/',' . 'x' x length($1) . ','/e;
	open $out, '>:raw', "$copy/nodes.csv" or die;
	print $out @lines;
	close $out;
	$t = PgRepl::Tmux->new(width => 120, height => 37, command => [PgRepl::program, '--replay', $copy]);
	$t->wait_screen(qr/^REPLAY/m);
	$t->send_keys('Space');
	go_to($t, substr $samples[2]{time}, 0, -1);
	sees($t, qr/ paused  3 of /, 'samples before a wrong one are shown');
	$t->send_keys('.');
	sees($t, qr/nodes\.csv, line @{[$fourth + 1]}: column \w+: "x+" is not a.* paused  4 of /s, 'that it cannot be read is said');
	$t->send_keys('.');
	sees($t, qr/ paused  5 of /, 'and the next one comes');
	unlike($t->screen, qr/is not a/, 'without a message');
};

done_testing;
