#!/usr/bin/perl
# The tarball: it holds what git has, and builds without git.
use strict;
use warnings;
use Test::More;
use PgRepl 'run_command';
use PgRepl::Pkg qw(make below content);

my $tree = PgRepl::root();
chdir $tree or die "$tree: $!";
my $git = run_command('git', 'ls-tree', '-r', '-z', '--name-only', 'HEAD');
plan(skip_all => 'not a checkout of git') if $git->{status};

my $made = make('dist');
is($made->{status}, 0, 'make dist') or BAIL_OUT($made->{err});
my ($tarball, $version) = $made->{out} =~ m{^(build/pgrepltop-(\S+)\.tar\.gz)$}m or BAIL_OUT($made->{out});
my $dir = PgRepl::temp_dir();
is(run_command('tar', '-xzf', $tarball, '-C', $dir)->{status}, 0, 'it unpacks');
my $top = "$dir/pgrepltop-$version";
is_deeply([glob "$dir/*"], [$top], 'into a folder of its name');
is_deeply([below($top, 'f')], [sort split /\0/, $git->{out}], 'that holds what git has');
is(content("$top/VERSION"), "$version\n", 'VERSION says which one it is');

my $built = make({dir => $top}, '-j2', 'MODE=debug');
is($built->{status} . $built->{err}, '0', 'it builds without git, and without a warning') or diag $built->{err};
like(run_command("$top/build/debug/pgrepltop", '--version')->{out}, qr/\b\Q$version\E$/m, 'and says the same version');
$built = make({dir => $top}, 'docs-check', 'MODE=debug');
is($built->{status}, 0, 'its manual matches it') or diag $built->{err} . $built->{out};
is(make({dir => $top}, 'install', 'MODE=debug', "DESTDIR=$dir/root")->{status}, 0, 'it installs');
ok(-x "$dir/root/usr/local/bin/pgrepltop", 'to /usr/local');
$built = make({dir => $top}, 'dist');
isnt($built->{status}, 0, 'no tarball of a tarball');
like($built->{err}, qr/only in a checkout of git/, 'and the reason');

run_command('rm', '-rf', $dir);
done_testing;
