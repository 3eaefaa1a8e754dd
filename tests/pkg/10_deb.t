#!/usr/bin/perl
# The Debian package: built, looked at by lintian, installed into a root of its own, run there, removed and purged.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use File::Path 'make_path';
use Test::More;
use PgRepl 'run_command';
use PgRepl::Pkg qw(make below);

my $tree = PgRepl::root();
chdir $tree or die "$tree: $!";
my $made = make('deb');
is($made->{status}, 0, 'make deb') or BAIL_OUT($made->{err});
my ($deb) = $made->{out} =~ /^(build\/pgrepltop_\S+\.deb)$/m or BAIL_OUT($made->{out});

sub field { return run_command('dpkg-deb', '-f', $deb, $_[0])->{out} =~ s/\n\z//r }

subtest 'what it says of itself' => sub {
	my ($version) = run_command(PgRepl::program(), '--version')->{out} =~ /(\d+\.\d\S*)/;
	my $as_debian = $version =~ s/-(\d+)-g/+$1.g/r =~ s/-dirty$/+dirty/r =~ tr/-/~/r;
	is(field('Version'), "$as_debian-0upstream1", "the version is the program's");
	is(run_command('dpkg', '--validate-version', field('Version'))->{status}, 0, 'and one that dpkg takes');
	like(field('Depends'), qr/\b$_\d* \(>= /, "depends on $_, of a version") for qw(libc libpq libinih libncursesw);
	unlike(field('Depends'), qr/-dev|sanitiz|asan/, 'and on nothing that only builds or tests need');
};

subtest 'lintian' => sub {
	my $result = run_command({timeout => 120}, 'lintian', '--fail-on', 'error,warning', '--allow-root', $deb);
	is($result->{status} . $result->{out}, '0', 'has no errors and no warnings') or diag $result->{err};
	my $scratch = PgRepl::temp_dir();
	run_command('dpkg-deb', '-R', $deb, "$scratch/bad");
	unlink "$scratch/bad/usr/share/man/man1/pgrepltop.1.gz" or die $!;
	run_command('dpkg-deb', '--root-owner-group', '-b', "$scratch/bad", "$scratch/bad.deb");
	$result = run_command({timeout => 120}, 'lintian', '--fail-on', 'error,warning', '--allow-root', "$scratch/bad.deb");
	isnt($result->{status}, 0, 'where it looks at all: one without its manual page is not clean');
};

# A root with dpkg's word that the libraries are installed as they are here, and with them.
my $root = PgRepl::temp_dir();
make_path(map { "$root/$_" } 'var/lib/dpkg/info', 'var/lib/dpkg/updates', 'var/lib/dpkg/triggers');
my @needs = map { /^(\S+)/ } split /, /, field('Depends');
open my $status, '>', "$root/var/lib/dpkg/status" or die $!;
print $status run_command('dpkg-query', '-s', @needs)->{out};
close $status or die $!;
my %library = map { ($_ => 1) } run_command('ldd', PgRepl::program())->{out} =~ m{(/\S+) \(0x}g;
for my $file (keys %library) {
	make_path($root . dirname($file));
	is(run_command('cp', '-L', $file, $root . $file)->{status}, 0, "a copy of $file") unless -e $root . $file;
}
my @dpkg = ($> ? ('fakeroot', '--') : (), 'dpkg', '--force-not-root', '--force-bad-path', "--root=$root", '--log=/dev/null');

# dpkg's own books aside.
sub files { return grep { !m{^var/lib/dpkg} } below($root, 'f') }
sub everything { return (files(), grep { !m{^var/lib/dpkg/} } below($root, 'd')) }
my @before = everything();
my %before = map { ($_ => 1) } @before;

subtest 'installed' => sub {
	my $result = run_command({timeout => 60}, @dpkg, '-i', $deb);
	is($result->{status}, 0, 'dpkg installs it: its dependencies are there') or diag $result->{err};
	like(run_command(@dpkg, '-s', 'pgrepltop')->{out}, qr/^Status: install ok installed$/m, 'and says so');
	my @expected = (
		'usr/bin/pgrepltop',
		'usr/share/bash-completion/completions/pgrepltop',
		'usr/share/zsh/vendor-completions/_pgrepltop',
		(map { "usr/share/pgrepltop/$_" } glob 'themes/*.ini'),
		(map { my ($section) = /(\d)$/; "usr/share/man/man$section/" . basename($_) . '.gz' } glob 'man/*.[1-9]'),
		(map { "usr/share/doc/pgrepltop/$_" } 'README.md', glob('man/*.md man/pictures/*.svg'), 'copyright',
			'changelog.gz', 'changelog.Debian.gz', 'examples/pgrepltop.ini'),
	);
	is_deeply([grep { !$before{$_} } files()], [sort @expected], 'the files, and where they are');
};

subtest 'hardened' => sub {
	my $elf = run_command('readelf', '-W', '-h', '-l', '-d', '--dyn-syms', "$root/usr/bin/pgrepltop")->{out};
	like($elf, qr/Type: +DYN \(Position-Independent Executable/, 'PIE');
	like($elf, qr/GNU_RELRO/, 'relocations are read-only');
	like($elf, qr/BIND_NOW/, 'all of them, bound at the start');
	like($elf, qr/__stack_chk_fail/, 'stack protector');
	like($elf, qr/__\w+_chk\b/, 'fortified calls');
	like($elf, qr/GNU_STACK.* RW +0x/, 'no executable stack');
	unlike($elf, qr/R(?:UN)?PATH/, 'no library path of its own');
};

subtest 'run' => sub {
	make_path("$root/root/.config/pgrepltop");
	my @in_root = $> ? () : ('chroot', $root);
	my $program = $> ? "$root/usr/bin/pgrepltop" : '/usr/bin/pgrepltop';
	my %how = (env => {HOME => '/root', XDG_CONFIG_HOME => '', LC_ALL => 'C.UTF-8'});
	my $result = run_command(\%how, @in_root, $program, '--version');
	is($result->{status} . $result->{err}, '0', '--version');
	is($result->{out}, run_command(PgRepl::program(), '--version')->{out}, 'is that of the tree');
	$result = run_command(\%how, @in_root, $program, '--check-config');
	is($result->{status} . $result->{err}, '0', '--check-config, without one');
	SKIP: {
		skip 'only root can make the folder a root', 3 if $>;
		$result = run_command(\%how, @in_root, $program, '--check-config', '--theme', 'light');
		is($result->{status} . $result->{err}, '0', "the package's themes are found");
		$result = run_command(\%how, @in_root, $program, '--check-config', '--theme', 'no-such');
		is($result->{status}, 2, 'others are not');
		$result = run_command(\%how, @in_root, $program, '--check-config', '--config',
			'/usr/share/doc/pgrepltop/examples/pgrepltop.ini');
		is($result->{status} . $result->{err}, '0', 'the sample is a good configuration');
	}
	run_command('rm', '-r', "$root/root");
};

subtest 'removed' => sub {
	is(run_command({timeout => 60}, @dpkg, '-r', 'pgrepltop')->{status}, 0, 'dpkg removes it');
	is_deeply([everything()], \@before, 'and nothing stays');
	is(run_command({timeout => 60}, @dpkg, '-P', 'pgrepltop')->{status}, 0, 'dpkg purges it');
	is_deeply([everything()], \@before, 'and nothing stays');
	unlike(PgRepl::Pkg::content("$root/var/lib/dpkg/status"), qr/^Package: pgrepltop$/m, "nor a word in dpkg's books");
};

run_command('rm', '-rf', $root);
done_testing;
