package PgRepl::Batch;
# pgrepltop -b in the background, its samples read as they come.
#
#   my $b = PgRepl::Batch->start({as => ['setpriv', ...], env => {}, program => ...}, '-s', '0.2', ...);
#   $b->wait_sample(sub { row($_, $port)->{state} eq 'down' }, from => $b->count, timeout => 10) or diag $b->tail;
#   $b->end_by('TERM');  $b->finish(5);
use strict;
use warnings;
use Exporter 'import';
use File::Copy 'copy';
use File::Temp ();
use PgRepl ();
our @ISA       = ('PgRepl::Psql');
our @EXPORT_OK = qw(row config_file nobody);

sub start {
	my ($class, $how, @arguments) = @_;
	return $class->SUPER::new($how->{env} || {}, @{$how->{as} || []}, $how->{program} // PgRepl::program(), '-b',
		@arguments);
}

# The samples so far, each a list of hashes. The program writes a sample in one go, so that a text that ends with a row
# ends with a sample; each text is read once.
sub samples {
	my ($self) = @_;
	my $text = $self->out;
	$self->{samples} ||= [];
	$self->{header} //= $text =~ /^([^\n]*\n)/ ? $1 : undef;
	my $read = $self->{read} // length($self->{header} // '');
	return @{$self->{samples}} if !defined $self->{header} || length $text <= $read;
	my @rows = eval { PgRepl::csv_hashes($self->{header} . substr $text, $read) } or return @{$self->{samples}};
	$self->{read} = length $text;
	push @{$self->{samples}}, PgRepl::samples(@rows);
	return @{$self->{samples}};
}

sub count { my ($self) = @_; return scalar(my @samples = $self->samples) }

# The first sample for which the sub (the sample in $_) is true, from the sample with that number on; undef in vain.
sub wait_sample {
	my ($self, $wanted, %how) = @_;
	my $next = $how{from} // 0;
	return PgRepl::wait_for {
		my @samples = $self->samples;
		for (; $next < @samples; $next++) {
			local $_ = $samples[$next];
			return $_ if $wanted->();
		}
		return 0;
	} $how{timeout} // 15 || undef;
}

# Waits until there are so many samples.
sub wait_count {
	my ($self, $count, $timeout) = @_;
	return PgRepl::wait_for { $self->count >= $count } $timeout;
}

sub end_by { my ($self, $signal) = @_; kill $signal, $self->{pid}; return $self }

# Waits for its end by itself: the exit status, negative for the signal it died of; undef: it runs on.
sub finish {
	my ($self, $timeout) = @_;
	my $done = PgRepl::wait_for { $self->collect; waitpid($self->{pid}, 1) } $timeout or return;
	my $status = $?;
	delete $self->{pid};
	$self->collect;
	PgRepl::forget($self);
	return $status & 127 ? -($status & 127) : $status >> 8;
}

# The last two samples, for diag.
sub tail {
	my ($self) = @_;
	my @samples = $self->samples;
	my $text    = @samples . ' samples, stderr: ' . $self->err . "\n";
	for my $row (map { @$_ } @samples > 2 ? @samples[-2, -1] : @samples) {
		$text .= join(' ', map { "$_=$row->{$_}" } grep { defined $row->{$_} } qw(time node role state upstream depth
				edge_evidence age_seconds pid backend_type error)) . "\n";
	}
	return $text;
}

# A sample's row of the node with this port; an empty one if there is none.
sub row {
	my ($sample, $port) = @_;
	my ($found) = grep { ($_->{role} // '') ne 'client' && ($_->{port} // 0) == $port } @$sample;
	return $found || {map { $_ => '' } qw(state error role upstream age_seconds)};
}

# How to run a copy of the program as a user who owns nothing here, who sees no descriptors of servers in /proc; undef
# where we are not root and cannot become somebody else. The folder lives as long as what is returned.
sub nobody {
	return if $>;
	my $dir = File::Temp->newdir('pgrepltop-nobody.XXXXXX', DIR => '/tmp');
	copy(PgRepl::program(), "$dir/pgrepltop") or die "copy: $!";
	chmod 0755, $dir, "$dir/pgrepltop";
	return {dir => $dir, command => ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--', 'env',
			"HOME=$dir", "$dir/pgrepltop"]};
}

# A configuration file of these lines, which lives as long as the object: "$file" is its name.
sub config_file {
	my $file = File::Temp->new(TEMPLATE => 'pgrepltop-XXXXXX', TMPDIR => 1, SUFFIX => '.ini');
	print $file map { "$_\n" } @_;
	close $file;
	chmod 0644, "$file";
	return $file;
}

1;
