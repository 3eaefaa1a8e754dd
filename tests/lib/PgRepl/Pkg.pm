package PgRepl::Pkg;
# What the tests of installing share: make in the source tree, and what lies below a folder.
use strict;
use warnings;
use File::Find ();
use Exporter 'import';
use PgRepl 'run_command';
our @EXPORT_OK = qw(make below content);

# make TARGET..., with the variables that the make above was given (it would build all anew without them); in `dir`
# with none of them. Gives the result of run_command.
sub make {
	my $how = ref $_[0] ? shift : {};
	my %env = $how->{dir} ? (MAKEFLAGS => '', map { $_ => '' } qw(MODE WERROR)) : ();
	return run_command({timeout => 300, env => \%env}, 'env', (map { ('-u', $_) } keys %env),
		'make', '-s', '-C', $how->{dir} // PgRepl::root(), '--no-print-directory', @_);
}

# The paths of all files (type f) or folders (d) below a folder, without it, sorted.
sub below {
	my ($dir, $type) = @_;
	my @found;
	File::Find::find({no_chdir => 1, wanted => sub {
		return if $_ eq $dir || ($type eq 'd') != (-d && !-l);
		push @found, substr $_, 1 + length $dir;
	}}, $dir);
	return sort @found;
}

sub content {
	my ($file) = @_;
	open my $in, '<:raw', $file or return "$file: $!";
	local $/;
	return <$in>;
}

1;
