#!/usr/bin/perl
# What the pages say exists: options, keys, columns of filters; and every picture is shown.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use Test::More;
use PgRepl 'run_command';
use PgRepl::Pkg 'content';

my $tree = PgRepl::root();
chdir $tree or die "$tree: $!";
sub program { return run_command(PgRepl::program(), @_) }

my %option = map { ($_ => 1) } program('--help')->{out} =~ /(--[a-z][a-z-]*)/g, program('--docgen', 'bash')->{out} =~ /(--[a-z-]+)/g;
my $keys = program('--docgen', 'keys');
my %key = map { s/\\-/-/gr =~ s/\\e/\\/r =~ s/\\&//r => 1 } $keys->{out} =~ /\\fB(\S+?)\\fR/g;
ok($option{'--filter'} && $key{'Enter'} && $key{'\\'} && $key{'2'}, 'options and keys are known') or BAIL_OUT(join ' ', %key);

sub unknown_options {
	my ($text) = @_;
	my %seen;
	return grep { !$option{$_} && !$seen{$_}++ } map { /(?<![\w-])(--[a-z][a-z-]+)/g } $text =~ /(\bpgrepltop [^`\n]*)/g;
}

my $readme = content('README.md');
my $page   = content('man/coming-from.md');
is_deeply([unknown_options($readme)], [], 'options of the README');
is_deeply([unknown_options($page)], [], 'options of the page for those who come from elsewhere');
is_deeply([unknown_options('`pgrepltop -b --no-such`')], ['--no-such'], '(where they are looked for at all)');

# Of that page's tables the right half is about pgrepltop, but for the last table.
my ($tables) = split /^## What they do/m, $page;
my (@unbound, @filters, $looked_at);
for my $row (grep { /^\| (?!in )/ } split /\n/, $tables) {
	my ($right) = $row =~ /^\| .*? \| (.*) \|$/ or die "no row of two columns: $row\n";
	my @code = $right =~ /`([^`]+)`/g;
	push @unbound, grep { (length == 1 || /^[A-Z][a-z]+$/) && !$key{$_} && $_ ne 'y' } @code; # y answers a question
	push @filters, grep { /^[a-z\/]+[=~<>]/ } @code;
	$looked_at += @code;
}
cmp_ok($looked_at, '>', 40, 'the page names keys and options');
is_deeply(\@unbound, [], 'keys of the page are bound');
cmp_ok(scalar @filters, '>', 3, 'it has filters');
# What does not parse is an error of use, before anything is connected to.
for my $filter (@filters) {
	my $result = program('-b', '-n', 1, '--table', 'processes', '--filter', $filter, '--no-discover', 'host=/nonexistent');
	isnt($result->{status}, 2, "filter $filter") or diag $result->{err};
}
is(program('-b', '-n', 1, '--table', 'processes', '--filter', 'bogus=1', 'host=/nonexistent')->{status}, 2,
	'(a wrong one is refused)');

is_deeply([sort $readme =~ m{\]\((man/pictures/[^)]+)\)}g], [sort glob 'man/pictures/*.svg'], 'the README shows every picture once');
cmp_ok((-s) / 1000, '<', 60, "$_ is small") for glob 'man/pictures/*.svg';
my $script = content('tests/tools/picture');
like($script, qr/picture\('\Q${\basename($_, '.svg')}\E'/, "make pictures draws $_") for glob 'man/pictures/*.svg';

done_testing;
