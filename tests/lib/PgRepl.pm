package PgRepl;
# What the integration tests share: clusters (by tests/cluster), psql in the fore- and background, the program's batch
# output as lists of hashes, and waiting for a condition. Whatever ends a test, its servers are stopped and its
# folders removed.
#
#   my $c = PgRepl->cluster(version => 15, spec => '0 1:0 2:0=name', sync => 'ANY 1 (*)', conf => ['jit = off'],
#                           slots => 1, by_socket => 1, fsync => 1, user => 'postgres', disk => 1);
#   my @c = PgRepl->clusters({version => 10}, {version => 18});      started side by side
#   $c->psql(0, 'select 1')      a node is named by its number in the spec; see tests/cluster for the spec
#
# Data lies in memory (/dev/shm) where that has room, for speed; disk => 1 or TMPDIR puts it on disk.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Path 'remove_tree';
use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);
use Exporter 'import';
our @EXPORT_OK = qw(wait_for run_command run_batch csv_parse csv_hashes samples);

my $root    = dirname(abs_path(__FILE__)) . '/../..';
my $script  = "$root/tests/cluster";
my $owner   = $$;
my $program = $ENV{PGREPLTOP} || "$root/build/release/pgrepltop";
my %live;    # clusters, background psqls and terminals that END must end

delete $ENV{$_} for grep { /^PG(?!REPLTOP)/ } keys %ENV;
$SIG{INT}  = sub { exit 130 };
$SIG{TERM} = sub { exit 143 };
$SIG{HUP}  = sub { exit 129 };
$SIG{PIPE} = 'IGNORE';

END {
	if ($$ == $owner) {
		my $status = $?;
		local $SIG{INT} = local $SIG{TERM} = local $SIG{HUP} = 'IGNORE';
		eval { $_->cleanup; 1 } or warn $@ for values %live;
		$? = $status;
	}
}

sub keep   { my ($thing) = @_; $live{$thing + 0} = $thing; return $thing }
sub forget { my ($thing) = @_; delete $live{$thing + 0}; return }

sub program { return $program }
sub root    { return $root }

# ---- waiting ---------------------------------------------------------------------------------------------------

# Calls the sub until it returns something true, which is the result; false when the time (10 s) is up.
sub wait_for (&;$) {
	my ($condition, $timeout) = @_;
	my $end = time + ($timeout // 10);
	while (1) {
		my $result = $condition->();
		return $result if $result;
		return 0       if time > $end;
		sleep 0.05;
	}
}

# ---- running a command -----------------------------------------------------------------------------------------

# run_command({in => '', timeout => 30, env => {}}, COMMAND...) gives {status, signal, out, err}. Output is bytes.
sub run_command {
	my $how = ref $_[0] ? shift : {};
	my @command = @_;
	my $in      = File::Temp->new;
	my $out     = File::Temp->new;
	my $err     = File::Temp->new;
	print $in $how->{in} // '';
	seek $in, 0, 0;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		%ENV = (%ENV, %{$how->{env} || {}});
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
		open STDIN,  '<&', $in  or exit 126;
		open STDOUT, '>&', $out or exit 126;
		open STDERR, '>&', $err or exit 126;
		no warnings 'exec';
		exec 'timeout', '--foreground', '-k', 5, $how->{timeout} // 30, @command or exit 127;
	}
	waitpid $pid, 0;
	my %result = (status => $? >> 8, signal => $? & 127);
	for (['out', $out], ['err', $err]) {
		my ($name, $file) = @$_;
		open my $read, '<:raw', $file->filename or die $!;
		local $/;
		$result{$name} = <$read> // '';
	}
	return \%result;
}

# ---- CSV -------------------------------------------------------------------------------------------------------

# RFC 4180, strict, on purpose not the program's own reader: rows of fields; undef is an unquoted empty field.
sub csv_parse {
	my ($text) = @_;
	my (@rows, @row);
	while ((pos($text) // 0) < length $text) {
		if    ($text =~ /\G"((?:[^"]|"")*)"(?=,|\r?\n)/gc) { push @row, $1 =~ s/""/"/gr }
		elsif ($text =~ /\G([^",\r\n]*)(?=,|\r?\n)/gc)     { push @row, length $1 ? $1 : undef }
		else { die 'bad CSV at byte ' . (pos($text) // 0) . ' of row ' . (@rows + 1) . "\n" }
		next if $text =~ /\G,/gc;
		$text =~ /\G\r?\n/gc or die "bad CSV: no end of row\n";
		push @rows, [@row];
		@row = ();
	}
	die "bad CSV: the last row has no end\n" if @row;
	return @rows;
}

# The rows as hashes by the header; every row must be as long as the header.
sub csv_hashes {
	my ($header, @rows) = csv_parse(@_);
	return map {
		my $row = $_;
		die 'a row of ' . @$row . ' fields under a header of ' . @$header . "\n" if @$row != @$header;
		+{map { $header->[$_] => $row->[$_] } 0 .. $#$header};
	} @rows;
}

# The rows grouped by their `time`, in order: a list of samples, each a list of hashes.
sub samples {
	my (@samples, $last);
	for my $row (@_) {
		push @samples, [] if !defined $last || $last ne $row->{time};
		$last = $row->{time};
		push @{$samples[-1]}, $row;
	}
	return @samples;
}

# Runs pgrepltop -b with the arguments: {status, out, err, rows, samples}.
sub run_batch {
	my $how    = ref $_[0] ? shift : {};
	my $result = run_command($how, $program, '-b', @_);
	$result->{rows}    = $result->{status} == 0 ? [csv_hashes($result->{out})] : [];
	$result->{samples} = [samples(@{$result->{rows}})];
	return $result;
}

# ---- clusters --------------------------------------------------------------------------------------------------

# `count` ports in a row that nobody listens on, below the range from which the kernel takes its own.
my $next_port = 15000 + $$ % 500 * 32;

sub free_ports {
	my ($count) = @_;
	for (1 .. 500) {
		my $base = $next_port;
		$next_port = $base + $count > 31900 ? 15000 : $base + $count;
		my $free = grep {
			IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => $base + $_, ReuseAddr => 1)
		} 0 .. $count - 1;
		return $base if $free == $count && $base + $count <= 31900;
	}
	die "no free ports\n";
}

sub temp_dir {
	my ($disk) = @_;
	my $parent = $ENV{TMPDIR};
	if (!$parent && !$disk && -w '/dev/shm') {
		my ($free) = (split ' ', (`df -Pk /dev/shm 2>/dev/null` =~ /\n(.*)/)[0] // '')[3];
		$parent = '/dev/shm' if ($free // 0) > 2_000_000;
	}
	my $dir = File::Temp::tempdir('pgrepltop.XXXXXX', DIR => $parent || '/tmp');
	chmod 0755, $dir;
	return $dir;
}

# A cluster that is yet to be started, with the arguments of tests/cluster up in {up}.
sub prepare {
	my ($class, %how) = @_;
	my $spec = $how{spec} // '0 1:0 2:0 3:0 4:1';
	my $sync = $how{sync} // ($how{spec} ? '' : 'ANY 1 (*)');
	my ($highest) = sort { $b <=> $a } map { /^(\d+)/ ? $1 : () } split ' ', $spec;
	my $self = bless {dir => temp_dir($how{disk}), user => $how{user} // 'postgres'}, $class;
	keep($self);
	$self->{base} = $how{base} // free_ports($highest + 1);
	my @options = ('-t', $spec, '-b', $self->{base}, '-s', $sync, '-u', $self->{user}, '-W', $$);
	push @options, '-v', $how{version} if $how{version};
	push @options, '-S' if $how{slots};
	push @options, '-k' if $how{by_socket};
	push @options, '-F' if $how{fsync};
	push @options, map { ('-c', $_) } @{$how{conf} || []};
	$self->{up} = \@options;
	return $self;
}

sub cluster {
	my ($class, %how) = @_;
	my $self = $class->prepare(%how);
	$self->control('up', @{$self->{up}});
	return $self;
}

# Several at once: clusters({version => 10, ...}, {...}) starts them side by side and returns them in that order.
sub clusters {
	my ($class, @hows) = @_;
	my @clusters = map { $class->prepare(%$_) } @hows;
	my @started = map {
		my $c = $_;
		my $pid = fork // die "fork: $!";
		if (!$pid) {
			POSIX::_exit(0) if eval { $c->control('up', @{$c->{up}}); 1 };
			print STDERR $@;
			POSIX::_exit(1);
		}
		$pid;
	} @clusters;
	my $failed = grep { waitpid $_, 0; $? } @started;
	die "$failed of the clusters did not start\n" if $failed;
	return @clusters;
}

sub control {
	my ($self, $command, @arguments) = @_;
	my $result = run_command({timeout => 120}, $script, $command, '-d', $self->{dir}, @arguments);
	die "tests/cluster $command failed: $result->{err}" if $result->{status};
	return $result->{out};
}

sub dir  { return $_[0]{dir} }
sub port { my ($self, $node) = @_; return $self->{base} + $node }
sub log_text {
	my ($self, $node) = @_;
	open my $in, '<:raw', "$self->{dir}/" . $self->port($node) . '.log' or return '';
	local $/;
	return <$in> // '';
}

sub start  { my ($self, $node) = @_; return $self->control('start', $self->port($node)) }
sub stop   { my ($self, $node, @mode) = @_; return $self->control('stop', $self->port($node), @mode) }
sub kill9  { my ($self, $node) = @_; return $self->control('kill9', $self->port($node)) }
sub freeze { my ($self, $node) = @_; return $self->control('freeze', $self->port($node)) }
sub thaw   { my ($self, $node) = @_; return $self->control('thaw', $self->port($node)) }

# pg_promote() is of 12; before, the server's own program does it.
sub promote {
	my ($self, $node) = @_;
	return $self->psql($node, 'select pg_promote()') if $self->psql($node, 'show server_version_num') >= 120000;
	my $bin = $self->control('bin') =~ s/\n\z//r;
	my @as = $> ? () : ('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups');
	my $result = run_command(@as, "$bin/pg_ctl", 'promote', '-s', '-D', "$self->{dir}/" . $self->port($node));
	die "pg_ctl promote: $result->{err}" if $result->{status};
	return 't';
}

# {PORT => 'running'} and so on.
sub status {
	my ($self) = @_;
	return {map { (split)[0, 1] } split /\n/, $self->control('status')};
}

sub psql_command {
	my ($self, $node, %how) = @_;
	return ('psql', '-XAtqw', '-h', '127.0.0.1', '-p', $self->port($node), '-U', $how{user} // $self->{user},
		'-d', $how{dbname} // 'postgres', '-v', 'ON_ERROR_STOP=1');
}

# The result of one string of SQL, columns by |, without the last newline; dies with psql's message.
sub psql {
	my ($self, $node, $sql, %how) = @_;
	my $result = run_command({timeout => $how{timeout} // 30}, $self->psql_command($node, %how), '-c', $sql);
	die "psql on node $node: $result->{err}" if $result->{status};
	return $result->{out} =~ s/\n\z//r;
}

# What a server logged of the program's sessions above the level of notices.
# Who leaves while a server answers makes some versions say that the client is lost: that is no complaint.
sub complaints {
	my ($self, @nodes) = @_;
	return grep { / pgrepltop \S+\@\S+ (ERROR|FATAL|PANIC|WARNING):/ && !/FATAL: +connection to client lost$/ } map { split /\n/, $self->log_text($_) } @nodes;
}

# True when the SQL gives `t` within the time.
sub wait_sql {
	my ($self, $node, $sql, $timeout) = @_;
	return wait_for { (eval { $self->psql($node, $sql) } // '') eq 't' } $timeout;
}

# A psql that stays, whose input, output and messages can be had piece by piece.
sub psql_bg {
	my ($self, $node, $sql, %how) = @_;
	my $psql = PgRepl::Psql->new({PGAPPNAME => $how{name} // 'psql'}, $self->psql_command($node, %how));
	$psql->send($sql) if defined $sql;
	return $psql;
}

sub cleanup {
	my ($self) = @_;
	forget($self);
	my $result = run_command({timeout => 60}, $script, 'wipe', '-d', $self->{dir});
	# `up` may have been stopped before it made the folder its own.
	remove_tree($self->{dir}) if -e $self->{dir};
	die "tests/cluster wipe failed: $result->{err}" if $result->{status} && -e "$self->{dir}/cluster";
	return;
}

# ---- a psql in the background ----------------------------------------------------------------------------------

package PgRepl::Psql;
use strict;
use warnings;
use IO::Handle;
use IPC::Open3;
use Symbol 'gensym';

sub new {
	my ($class, $env, @command) = @_;
	local %ENV = (%ENV, %$env);
	my $self = bless {out => '', err => ''}, $class;
	$self->{stderr} = gensym;
	$self->{pid}    = open3($self->{stdin}, $self->{stdout}, $self->{stderr}, @command);
	$self->{stdin}->autoflush(1);
	$_->blocking(0) for $self->{stdout}, $self->{stderr};
	return PgRepl::keep($self);
}

sub send { my ($self, $text) = @_; print {$self->{stdin}} "$text\n"; return $self }

sub collect {
	my ($self) = @_;
	for (['stdout', 'out'], ['stderr', 'err']) {
		my ($from, $to) = @$_;
		while (sysread $self->{$from}, my $piece, 65536) { $self->{$to} .= $piece }
	}
	return;
}

sub out { my ($self) = @_; $self->collect; return $self->{out} }
sub err { my ($self) = @_; $self->collect; return $self->{err} }

sub wait_out {
	my ($self, $pattern, $timeout) = @_;
	return PgRepl::wait_for { $self->out =~ $pattern } $timeout;
}

sub wait_err {
	my ($self, $pattern, $timeout) = @_;
	return PgRepl::wait_for { $self->err =~ $pattern } $timeout;
}

# The session's backend pid at the server.
sub backend_pid {
	my ($self) = @_;
	my $before = length $self->out;
	$self->send(q{select 'pid=' || pg_backend_pid();});
	PgRepl::wait_for { substr($self->out, $before) =~ /pid=(\d+)/ } or die "psql says nothing: $self->{err}";
	return $1 if substr($self->out, $before) =~ /pid=(\d+)/;
}

# Ends the input, waits and returns psql's exit status.
sub finish {
	my ($self, $timeout) = @_;
	close $self->{stdin};
	my $done = PgRepl::wait_for { $self->collect; waitpid($self->{pid}, 1) } $timeout;
	my $status = $done ? $? >> 8 : undef;
	delete $self->{pid} if $done;
	$self->cleanup;
	return $status;
}

sub cleanup {
	my ($self) = @_;
	PgRepl::forget($self);
	my $pid = delete $self->{pid} or return;
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return;
}

1;
