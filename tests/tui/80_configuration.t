#!/usr/bin/perl
# What the files say: what is wrong in them on the screen and in batch mode, --check-config, themes, and the first hint.
use strict;
use warnings;
use Test::More;
use PgRepl qw(wait_for);
use PgRepl::Tmux;

my $home   = PgRepl::temp_dir();
my $config = "$home/.config/pgrepltop";
mkdir $_ or die "$_: $!" for "$home/.config", $config, "$config/themes";
# Nothing listens there: for what the files say no server is needed.
my ($port)  = PgRepl::free_ports(1);
my @program = (PgRepl::program, '--no-discover', '-h', '127.0.0.1', '-p', $port, '-U', 'nobody');

sub write_file {
	my ($path, $text, $mode) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out;
	chmod $mode // 0600, $path;
	return $path;
}

sub on_screen {
	my (%how) = @_;
	my @arguments = @{delete $how{arguments} // []};
	return PgRepl::Tmux->new(width => 120, height => 36, %how, env => {HOME => $home, XDG_CONFIG_HOME => undef, %{$how{env} || {}}},
		command => [@program, @arguments]);
}

sub check {
	my (@arguments) = @_;
	delete local $ENV{XDG_CONFIG_HOME};
	return PgRepl::run_command({env => {HOME => $home}}, PgRepl::program, '--check-config', @arguments);
}

sub sees {
	my ($t, $pattern, $what) = @_;
	return ok($t->wait_screen($pattern), $what) || diag $t->screen;
}

subtest 'a hint for who is new' => sub {
	my $t = on_screen();
	sees($t, qr/^new here\?  \? help  Enter this node .* q leave *\n.*Quit/m, 'stands above the keys');
	$t->send_keys('Down');
	sees($t, qr/\A(?!.*new here)/s, 'and any key takes it away');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'nothing else is needed');
	is_deeply([glob "$home/.config/pgrepltop/* $home/.??*"], ["$config/themes", "$home/.config"], 'and nothing was written');

	write_file("$config/pgrepltop.ini", "[keys]\nhelp = H\n");
	$t = on_screen();
	sees($t, qr/H Help/, 'who has a configuration');
	unlike($t->screen, qr/new here/, 'is not new');
	$t->send_keys('q');
	$t->wait_exit;
	unlink "$config/pgrepltop.ini";
};

subtest 'warnings' => sub {
	write_file("$config/pgrepltop.ini", "[pgrepltop]\ndely = 2\n");
	my $t = on_screen();
	sees($t, qr/^\Q$config\E\/pgrepltop\.ini:2: unknown key "dely" in \[pgrepltop\] is ignored;\s+did\s+you\s+mean\s+"delay"\?/m,
		'are a message on the screen');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'and do not keep the program from its work');
	unlike($t->screen, qr/dely/, 'nor are they left on the terminal');

	write_file("$config/pgrepltop.ini", "[pgrepltop]\ndely = 2\nbatsh = 1\n[node a]\nconninfo = host=127.0.0.1 password=x\n", 0644);
	$t = on_screen(width => 80, height => 24);
	sees($t, qr/"delay"\? \(and\s+2\s+more:\s+pgrepltop\s+--check-config\)/, 'the first of several, wrapped, and how many');
	$t->send_keys('q');
	$t->wait_exit;
	delete local $ENV{XDG_CONFIG_HOME};
	my $batch = PgRepl::run_command({env => {HOME => $home}}, @program, '-b', '-n', 1);
	like($batch->{err}, qr/^pgrepltop: \Q$config\E\/pgrepltop.ini:2: unknown key "dely".*\npgrepltop: .*:3: unknown key "batsh"/,
		'in batch mode all are on standard error');
	like($batch->{err}, qr/pgrepltop\.ini: holds a password, and others can read it \(mode 0644\); expected mode 0600\n/,
		'with the mode of a file that holds a password');
	like($batch->{out}, qr/^time,/, 'and the rows are written');
	unlink "$config/pgrepltop.ini";
};

subtest 'errors' => sub {
	my $file = write_file("$config/pgrepltop.ini", "[pgrepltop]\ndelay = soon\n[keys]\nhelp = q\n");
	delete local $ENV{XDG_CONFIG_HOME};
	my $result = PgRepl::run_command({env => {HOME => $home}}, @program, '-b', '-n', 1);
	is($result->{status}, 2, 'end the program');
	is($result->{err}, qq(pgrepltop: $file:2: key "delay" in [pgrepltop]: "soon" is not a number of seconds from 0.1 to 3600\n)
		. qq(pgrepltop: $file:4: key "help" in [keys]: key q belongs to the action "quit" by default; expected a key that no other action has\n),
		'and all of them are named');
	is($result->{out}, '', 'and nothing is written');
	write_file($file, "[node a]\nconninfo = hots=db1\n");
	$result = PgRepl::run_command({env => {HOME => $home}}, PgRepl::program, '-b', '-n', 1);
	is($result->{status}, 2, "a node's connection string that libpq does not take is one, too");
	like($result->{err}, qr/^pgrepltop: \Q$file\E:2: key "conninfo" in \[node a\]: connection string: .*hots/, 'with its place');
	unlink $file;
};

subtest '--check-config' => sub {
	my $result = check();
	is($result->{status}, 0, 'without a file all is well');
	is($result->{out}, "no configuration file: ok\ntheme default: ok\n", 'and it says so');

	my $file = write_file("$config/pgrepltop.ini", "[pgrepltop]\ndelay = 2\ntheme = light\n[node a]\nconninfo = host=db1\n");
	$result = check();
	is($result->{status} . $result->{err}, 0, 'as with one that is right');
	is($result->{out}, "$file: ok\ntheme light: ok\n", 'which it names');

	my $theme = write_file("$config/themes/mine.ini", "[styles]\nbad = fg=rod\n");
	write_file($file, "[pgrepltop]\ndely = 2\ntheme = mine\nascii = perhaps\n[thresholds]\nlag-warning = -1\n"
			. "[node a]\nconninfo = hots=db1\n[keys]\nup = k\nuo = x\n");
	$result = check();
	is($result->{status}, 2, 'what is unknown is an error here');
	is($result->{out}, '', 'and all is said on standard error:');
	my @lines = split /\n/, $result->{err};
	my @expected = (
		qr/^pgrepltop: $file:2: unknown key "dely" .*did you mean "delay"\?$/,
		qr/^pgrepltop: $file:4: key "ascii" .*: "perhaps" is not yes or no$/,
		qr/^pgrepltop: $file:6: key "lag-warning" in \[thresholds\]: "-1" is not a number of seconds/,
		qr/^pgrepltop: $file:11: unknown key "uo" in \[keys\] is ignored; did you mean "up"\?$/,
		qr/^pgrepltop: $file:8: key "conninfo" in \[node a\]: connection string: .*hots/,
		qr/^pgrepltop: $theme:2: key "bad" in \[styles\]: "rod" is no colour: .*did you mean "red"\?$/,
	);
	is(scalar @lines, scalar @expected, 'nothing else') or diag $result->{err};
	like($lines[$_], $expected[$_], "line $_") for 0 .. $#expected;

	write_file($file, "[pgrepltop]\ntheme = no-such\n");
	is(check('--theme', 'mono')->{status}, 0, 'the command line wins here, too');
	like(check('--them', 'mono', '--dely', 3)->{err}, qr/there is no option --dely.*did you mean "delay"\?/, 'near misses of options');
	like(check('postgresql://h:port/')->{err}, qr/^pgrepltop: .*port/, 'connection strings of the command line are checked');
	unlink $file, $theme;
};

subtest 'a wrong theme' => sub {
	my $theme = write_file("$config/themes/mine.ini", "[styles]\n\ntitle = fg=pink\n");
	my $t = on_screen(arguments => ['--theme', 'mine']);
	sees($t, qr/^\Q$theme\E:3: key "title" in \[styles\]: "pink" is no colour/m, 'is a message with file, line and reason');
	like($t->screen_with_styles, qr/\e\[1m\e\[36m(?:\e\[49m)?pgrepltop/, 'on a screen in the default theme');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'the program goes on');
	$t = on_screen(arguments => ['--theme', 'solarised']);
	sees($t, qr/^there is no theme "solarised"; did you mean "solarized"\?/m, 'so is one that is not there');
	$t->send_keys('q');
	$t->wait_exit;
	unlink $theme;
};

# What each kind of terminal is told of #002b36 on #93a1a1.
subtest 'true colour' => sub {
	my $source = write_file("$home/direct.ti", <<'END');
test-direct|xterm with true colour,
	RGB, colors#0x1000000, pairs#0x7FFF, ccc@, initc@, oc@,
	setaf=\E[%?%p1%{8}%<%t3%p1%d%e38\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%d%;m,
	setab=\E[%?%p1%{8}%<%t4%p1%d%e48\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%d%;m,
	use=xterm-256color,
END
	my $tic = PgRepl::run_command('tic', '-x', '-o', "$home/terminfo", $source);
	is($tic->{status}, 0, 'a terminal with true colour is described') or diag $tic->{err};
	my %seen = (
		'test-direct'    => qr/38;2;147;161;161m.*48;2;0;43;54m|48;2;0;43;54m.*38;2;147;161;161m/s,
		'tmux-256color'  => qr/38;5;247m.*48;5;(?:234|235|23)m/s,
		xterm            => qr/\e\[[0-9;]*40m/,
	);
	for my $term (sort keys %seen) {
		my $t = on_screen(term => $term, arguments => ['--theme', 'solarized'], env => {TERMINFO => "$home/terminfo"});
		$t->wait_screen(qr/Quit/);
		like($t->screen_with_styles, $seen{$term}, $term) or diag $t->screen_with_styles =~ s/\e/^/gr;
		$t->send_keys('q');
		is($t->wait_exit, 0, 'and it leaves');
	}
};

subtest 'all themes that are shipped' => sub {
	my @themes = map { m{([^/]+)\.ini\z} } glob PgRepl::root() . '/themes/*.ini';
	cmp_ok(scalar @themes, '>=', 6, 'there are six');
	for my $theme (@themes) {
		my $t = on_screen(arguments => ['--theme', $theme], width => 80, height => 24);
		sees($t, qr/Quit/, "$theme draws the screen");
		unlike($t->screen, qr/\Q$theme\E/, 'without a message');
		$t->send_keys('?');
		sees($t, qr/Help.*Move/s, 'and its boxes');
		$t->send_keys('q', 'q');
		is($t->wait_exit, 0, 'and it leaves');
	}
};

done_testing;
