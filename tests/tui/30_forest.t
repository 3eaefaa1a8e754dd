#!/usr/bin/perl
# Two clusters on one screen: a heading each, folding and sorting, and the alarm when one of them splits.
use strict;
use warnings;
use Test::More;
use PgRepl qw(run_command);
use PgRepl::Tmux;

my @c = map { PgRepl->cluster(spec => $_, sync => '') } '0=alpha 1:0 2:1', '0=beta 1:0';
my @program = (PgRepl::program, '-s', '0.3', map { 'host=127.0.0.1 user=postgres port=' . $_->port(0) } @c);

sub on_screen { return PgRepl::Tmux->new(width => 120, height => 40, @_, command => [@program]) }
sub name      { my ($cluster, $node) = @_; return '127.0.0.1:' . $c[$cluster]->port($node) }

# What stands in the tree, top down: "-- NAME" for a heading, else the node; "+n" where it is folded.
sub tree {
	my ($t) = @_;
	my ($text) = $t->screen =~ /^NODE[^\n]*\n(.*?)^── processes of/ms or return '';
	my @lines;
	for (split /\n/, $text) {
		push @lines, "-- $1" . ($2 // '') if /^── (\S+)( \+\d+)?/;
		push @lines, $1 . ($2 // '') if /^[^\d]*(127\.0\.0\.1:\d+)( +\+\d+)?/ && $_ !~ /^── /;
	}
	return join ', ', map { s/ +/ /gr } @lines;
}

sub wait_tree {
	my ($t, @wanted) = @_;
	my $wanted = join ', ', @wanted;
	my $ok = PgRepl::wait_for { tree($t) eq $wanted };
	diag $t->screen, "wanted: $wanted\n   got: ", tree($t) if !$ok;
	return $ok;
}

my ($t, @alpha, @beta);
subtest 'a heading each' => sub {
	$t     = on_screen();
	@alpha = ('-- alpha', map { name(0, $_) } 0 .. 2);
	@beta  = ('-- beta',  map { name(1, $_) } 0, 1);
	ok(wait_tree($t, @alpha, @beta), 'the trees stand one below the other');
	ok($t->wait_screen(qr/^── alpha  3\/3 nodes  PG \S+  TL 1  WAL \d\S*(?: \S+)?\/s  sync off ─/m), 'headings say how each does')
		or diag $t->screen;
	like($t->screen, qr/\Apgrepltop  alpha .*3\/3 nodes.*\n.*\+1 cluster/, 'the header is of the one under the cursor');
	$t->send_keys('End');
	ok($t->wait_screen(qr/\Apgrepltop  beta .*2\/2 nodes/), 'and changes with it') or diag $t->screen;
};

subtest 'folding' => sub {
	$t->send_keys('Home', '-');
	ok(wait_tree($t, '-- alpha +3', @beta), '- folds the cluster at its heading');
	$t->send_keys('+', 'Down', 'Down', '-');
	ok(wait_tree($t, @alpha[0, 1], "$alpha[2] +1", @beta), 'and a node');
	$t->send_keys('*');
	ok(wait_tree($t, @alpha, @beta), '* unfolds all');
	$t->send_keys('*');
	ok(wait_tree($t, '-- alpha +3', '-- beta +2'), 'then folds all');
	$t->send_keys('*', 'Home', 'Down', 'Down', '-');
	$c[0]->stop(2);
	ok($t->wait_screen(qr/^── alpha.*2\/3 nodes/m), 'a node ends that is folded away') or diag $t->screen;
	ok(wait_tree($t, @alpha[0, 1], "$alpha[2] +1", @beta), 'the fold stays');
	$c[0]->start(2);
	ok($t->wait_screen(qr/^── alpha.*3\/3 nodes/m), 'it is back');
	$t->send_keys('+');
	ok(wait_tree($t, @alpha, @beta), 'and unfolded');
};

subtest 'sorting' => sub {
	$t->send_keys('>');
	ok($t->wait_screen(qr/^NODE\^.*siblings by NODE \(node\), lowest first/ms), '> chooses the first column, and says so')
		or diag $t->screen;
	$t->send_keys('R');
	ok($t->wait_screen(qr/^NODEv/m), 'R turns it round');
	my @trees = sort { $b->[1] cmp $a->[1] } \@alpha, \@beta;
	ok(wait_tree($t, map { @$_ } @trees), 'clusters follow their roots');
	$t->send_keys('<');
	ok(wait_tree($t, @alpha, @beta), '< goes back to their own order');
	$t->send_keys('?');
	ok($t->wait_screen(qr/Tree.*Fold away/s), 'the help has these keys');
	$t->send_keys('Escape');
};

subtest 'the alarm' => sub {
	my $bin = $c[1]->control('bin') =~ s/\n\z//r;
	my @as = $> ? () : ('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--');
	is(run_command(@as, "$bin/pg_ctl", 'promote', '-s', '-D', $c[1]->dir . '/' . $c[1]->port(1))->{status}, 0,
		'a standby is promoted while its primary lives on');
	my $each = qr{127\.0\.0\.1:\d+ TL \d at [0-9A-F]+/[0-9A-F]+};
	ok($t->wait_screen(qr/^SPLIT BRAIN in beta: $each, $each *$/m), 'the banner names both, whatever the cursor is on')
		or diag $t->screen;
	like($t->screen, qr/^── beta  SPLIT BRAIN/m, 'so does the heading');
	ok($t->wait_screen(qr/^$beta[2] .*primary.*split brain/m), 'and the row');
	unlike($t->screen, qr/^── alpha  SPLIT/m, 'the other cluster is well');
	for my $size ([80, 24], [20, 5], [120, 40]) {
		$t->resize(@$size);
		ok($t->wait_screen(qr/^SPLIT BRAIN/m), "it is there at $size->[0]x$size->[1]") or diag $t->screen;
	}
	$c[1]->stop(0, 'immediate');
	ok($t->wait_screen(qr/\A(?!.*SPLIT BRAIN).*processes of/s), 'the old primary is stopped: no banner') or diag $t->screen;
	like($t->screen, qr/$beta[1] .*down/, 'its row stays');
	$t->send_keys('q');
	is($t->wait_exit, 0, 'q leaves');
};

done_testing;
