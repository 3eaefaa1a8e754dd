#!/usr/bin/perl
# make install and uninstall, below DESTDIR.
use strict;
use warnings;
use File::Basename 'basename';
use Test::More;
use PgRepl 'run_command';
use PgRepl::Pkg qw(make below content);

my $tree = PgRepl::root();
chdir $tree or die "$tree: $!";
my $dest = PgRepl::temp_dir() . '/a folder';
my $made = make('install', "DESTDIR=$dest");
is($made->{status} . $made->{err}, '0', 'make install') or BAIL_OUT($made->{err});
my ($prefix) = map { m{^(.*)/bin/pgrepltop$} } below($dest, 'f');
ok($prefix, 'the program is there') or BAIL_OUT(join "\n", below($dest, 'f'));

# What must be there, and the file of the tree that it is.
my %expected = (
	'bin/pgrepltop'                                => PgRepl::program(),
	'share/bash-completion/completions/pgrepltop'  => 'completion/pgrepltop.bash',
	'share/zsh/site-functions/_pgrepltop'          => 'completion/_pgrepltop',
	'share/doc/pgrepltop/examples/pgrepltop.ini'   => 'pgrepltop.ini',
	(map { ("share/pgrepltop/$_" => $_) } glob 'themes/*.ini'),
	(map { my ($section) = /(\d)$/; ("share/man/man$section/" . basename($_) => $_) } glob 'man/*.[1-9]'),
	(map { ("share/doc/pgrepltop/$_" => $_) } 'LICENSE', glob '*.md man/*.md man/pictures/*.svg'),
);
is_deeply([below("$dest/$prefix", 'f')], [sort keys %expected], 'all files, and no other');
is_deeply([grep { content("$dest/$prefix/$_") ne content($expected{$_}) } sort keys %expected], [], 'as they are in the tree');
is_deeply([grep { ((stat "$dest/$prefix/$_")[2] & 07777) != (m{^bin/} ? 0755 : 0644) } sort keys %expected], [],
	'with the rights that all need');
is(run_command("$dest/$prefix/bin/pgrepltop", '--version')->{out}, run_command(PgRepl::program(), '--version')->{out},
	'and it runs');

subtest 'links of the README' => sub {
	my $readme = content('README.md');
	my @links = grep { !/^(?:https?:|#)/ } $readme =~ /\]\(([^)\s]+)\)/g;
	cmp_ok(scalar @links, '>', 3, 'it has some');
	ok(-e "$dest/$prefix/share/doc/pgrepltop/" . s/#.*//r, "$_ is there") for @links;
};

subtest 'uninstalled' => sub {
	my $own = "$dest/$prefix/share/pgrepltop/themes/own.ini";
	open my $out, '>', $own or die "$own: $!";
	close $out;
	is(make('uninstall', "DESTDIR=$dest")->{status}, 0, 'make uninstall');
	is_deeply([below($dest, 'f')], ["$prefix/share/pgrepltop/themes/own.ini"], "leaves what is not the program's");
	unlink $own or die "$own: $!";
	is(make('uninstall', "DESTDIR=$dest")->{status}, 0, 'once more');
	is_deeply([below($dest, 'f')], [], 'leaves no file');
	is_deeply([below("$dest/$prefix", 'd')], ['bin', 'share', 'share/doc', 'share/man'], 'and only the folders of every system');
};

run_command('rm', '-rf', $dest);
done_testing;
