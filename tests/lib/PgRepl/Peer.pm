package PgRepl::Peer;
# A server that is none: plays PostgreSQL's side of the protocol (version 3.0) on a port of its own, with one fault.
# It runs in a process of its own and notes all that happens to it.
#
#   my $peer = PgRepl::Peer->new(fault => 'half_result', after => 2, version => '15.4', system_identifier => 7);
#   $peer->conninfo; $peer->port;
#   $peer->heal            connections from now on are served well; ->fault('close', after => 0) the contrary
#   $peer->drop            ends the connections that there are
#   backend_pid, backend_start_us, started_us (of the postmaster): what it says of itself; no process of this host, else
#   $peer->events('poll')  what happened so far: hashes with event, connection and more
#
# Answers are held back until the last query of a refresh is there (last => 'activity' where processes are asked for): a
# client that waits for part of an answer before it goes on asking gets none at all. last => 'each' answers every query.
# Cancel and terminate are answered by t; `act` in the events is one of them.
use strict;
use warnings;
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use PgRepl ();

# ---- messages --------------------------------------------------------------------------------------------------

sub message { my ($type, $body) = @_; return $type . pack('N', 4 + length $body) . $body }
my $ready = message('Z', 'I');

# ErrorResponse or NoticeResponse.
sub report {
	my ($severity, $sqlstate, $text) = @_;
	return message($severity eq 'NOTICE' ? 'N' : 'E',
		"S$severity\0V$severity\0C$sqlstate\0M$text\0Fpeer.pm\0L1\0Rscript\0\0");
}

sub authentication { return message('R', pack 'N', $_[0]) }

my %types = (
	text        => [25,   -1, sub { $_[0] }],
	bool        => [16,   1,  sub { pack 'C', $_[0] }],
	int4        => [23,   4,  sub { pack 'l>', $_[0] }],
	int8        => [20,   8,  sub { pack 'q>', $_[0] }],
	lsn         => [3220, 8,  sub { pack 'Q>', $_[0] }],
	timestamptz => [1184, 8,  sub { pack 'q>', $_[0] - 946684800000000 }],
	interval    => [1186, 16, sub { pack 'q>NN', $_[0], 0, 0 }],
);

# RowDescription and DataRows of [NAME, TYPE] columns in binary format.
sub row_description {
	my (@columns) = @_;
	return message('T', pack('n', scalar @columns)
			. join '', map { "$_->[0]\0" . pack('NnNnNn', 0, 0, $types{$_->[1]}[0], $types{$_->[1]}[1] & 0xffff, 0xffffffff, 1) }
			@columns);
}

sub data_row {
	my ($columns, @values) = @_;
	my $body = pack 'n', scalar @values;
	for my $i (0 .. $#values) {
		my $value = $values[$i];
		$body .= pack('N', 0xffffffff) and next if !defined $value;
		my $bytes = $types{$columns->[$i][1]}[2]->($value);
		$body .= pack('N', length $bytes) . $bytes;
	}
	return message('D', $body);
}

# The columns of the program's queries, on purpose not taken from its sources.
my %columns = map {
	my ($name, @pairs) = @$_;
	$name => [map { [split /:/] } map { split } @pairs];
} (
	['identity', 'system_identifier:int8 postmaster_start:timestamptz port:int4 version:text cluster_name:text
		listen_addresses:text superuser:bool can_monitor:bool can_read_files:bool backend_pid:int4
		backend_start:timestamptz role:text can_signal:bool can_signal_autovacuum:bool can_pause:bool superusers:text'],
	['node', 'server_time:timestamptz in_recovery:bool timeline:int8 flush_lsn:lsn receive_lsn:lsn replay_lsn:lsn
		pause_state:text synchronous_standby_names:text receiver_pid:int4 receiver_status:text sender_host:text
		sender_port:int4 slot_name:text receiver_start:timestamptz primary_host:text primary_port:int4
		synchronous_commit:text next_xid:int8 sync_waiting:int8 sync_longest_wait:interval'],
	['senders', 'pid:int4 usename:text application_name:text client_addr:text client_port:int4
		backend_start:timestamptz state:text sent_lsn:lsn write_lsn:lsn flush_lsn:lsn replay_lsn:lsn
		write_lag:interval flush_lag:interval replay_lag:interval sync_priority:int4 sync_state:text
		reply_time:timestamptz'],
	['slots', 'slot_name:text plugin:text slot_type:text database:text temporary:bool active:bool active_pid:int4
		restart_lsn:lsn confirmed_flush_lsn:lsn wal_status:text safe_wal_size:int8 conflicting:bool
		inactive_since:timestamptz invalidation_reason:text failover:bool synced:bool'],
	['signal', 'hidden:bool sent:bool'],
	['activity', 'pid:int4 backend_start:timestamptz query_start:timestamptz backend_type:text usename:text
		datname:text application_name:text client:text state:text wait_event_type:text wait_event:text query:text'],
);

# No process of this host has these numbers.
my $strange_pid = 90_000_000;

sub now_us { return int(Time::HiRes::time() * 1e6) }

# The rows of one query, as lists of values in the order of its columns.
sub rows_of {
	my ($self, $query) = @_;
	my $lsn = 4096 * 1048576 + $self->{polls} * 1000;
	return [$self->{system_identifier}, $self->{started_us}, $self->{port}, $self->{version}, '', '127.0.0.1', 1, 1, 0,
		$self->{backend_pid} // $strange_pid, $self->{backend_start_us} // $self->{started_us},
		'monitor', 1, undef, 1, 'postgres']
		if $query eq 'identity';
	return [now_us(), 0, 1, $lsn, undef, undef, undef, '', undef, undef, undef, undef, undef, undef, undef, undef, 'on',
		undef, undef, undef]
		if $query eq 'node';
	return [$strange_pid + 1, 'postgres', 'receiver', '127.0.0.1', 1, $self->{started_us}, 'streaming',
		$self->{behind} ? map { $lsn - $_ } @{$self->{behind}} : (($lsn) x 3, undef),
		undef, undef, undef, 0, 'async', now_us()]
		if $query eq 'senders';
	return ['held', undef, 'physical', undef, 0, 1, $strange_pid + 1, $lsn, undef, 'reserved', undef, undef, undef, undef,
		undef, undef]
		if $query eq 'slots';
	return [0, 1] if $query eq 'signal';
	return [$strange_pid + 2, $self->{started_us}, now_us(), 'client backend', 'postgres', 'postgres', 'app', '[local]',
		'active', undef, undef, 'select 1']
		if $query eq 'activity';
	return;
}

sub result_of {
	my ($self, $query) = @_;
	my $columns = $columns{$query} or return message('C', "SET\0");
	return row_description(@$columns) . join('', map { data_row($columns, @$_) } $self->rows_of($query))
		. message('C', "SELECT 1\0");
}

# ---- faults ----------------------------------------------------------------------------------------------------

# By where they strike: at accept, at the SSLRequest, at the start-up message, at the identity query, at a refresh. Each
# gets the peer, the connection and the answer that would have been right.
sub mute   { my ($self, $c) = @_; $c->{mute} = 1; return }
sub fatal  { my @error = @_; return sub { my ($self, $c) = @_; $self->send_then_close($c, report('FATAL', @error)) } }
sub raw    { my ($bytes) = @_; return sub { my ($self, $c) = @_; $c->{out} .= $bytes; $c->{mute} = 1 } }
sub finish { my ($self, $c) = @_; return $self->close_connection($c) }

# The answer up to before, or into, its last message but `back`.
sub cut {
	my ($answer, $into) = @_;
	my ($at, @starts) = (0);
	while ($at < length $answer) {
		push @starts, $at;
		$at += 1 + unpack 'N', substr $answer, $at + 1, 4;
	}
	my ($data) = grep { substr($answer, $_, 1) eq 'D' } @starts;
	return substr $answer, 0, $data + $into;
}

sub with_hello { my ($hook) = @_; return sub { my ($self, $c, $answer) = @_; $c->{out} .= $answer; $hook->($self, $c) } }

sub storm {
	my ($bytes) = @_;
	return sub {
		my ($self, $c, $answer) = @_;
		$c->{out} .= $answer;
		$c->{storm} = $bytes x 200;
	};
}

my $notice  = report('NOTICE', '00000', 'what you should know: ' . 'x' x 60);
my $garbage = join '', map { chr(($_ * 7919 + 13) % 251) } 1 .. 2000;
my %faults  = (
	none             => {},
	silent           => {accept => \&mute},
	close            => {accept => \&finish},
	reset            => {accept => sub { $_[1]{reset} = 1; finish(@_) }},
	garbage_first    => {accept => raw($garbage)},
	ssl_silent       => {ssl => \&mute},
	ssl_no_silent    => {startup => \&mute},
	ssl_garbage      => {ssl => raw($garbage)},
	hello_half       => {startup => sub { $_[1]{out} .= authentication(0); mute(@_) }},
	hello_garbage    => {startup => raw($garbage)},
	hello_huge       => {startup => raw("R\x7f\xff\xff\xf0")},
	hello_storm      => {startup => sub { $_[1]{out} .= authentication(0); $_[1]{storm} = message('S', "a\0b\0") x 200 }},
	notice_storm     => {startup => storm($notice)},
	starting_up      => {startup => fatal('57P03', 'the database system is starting up')},
	shutting_down    => {startup => fatal('57P03', 'the database system is shutting down')},
	recovery_mode    => {startup => fatal('57P03', 'the database system is in recovery mode')},
	not_accepting    => {startup => fatal('57P03', 'the database system is not accepting connections')},
	not_yet          => {startup => fatal('57P03', 'the database system is not yet accepting connections')},
	too_many         => {startup => fatal('53300', 'sorry, too many clients already')},
	slots_reserved   => {startup => fatal('53300', 'remaining connection slots are reserved for roles with the SUPERUSER attribute')},
	wrong_password   => {startup => fatal('28P01', 'password authentication failed for user "monitor"')},
	no_hba_entry     => {startup => fatal('28000', 'no pg_hba.conf entry for host "127.0.0.1", user "monitor", database "postgres", no encryption')},
	no_role          => {startup => fatal('28000', 'role "monitor" does not exist')},
	no_database      => {startup => fatal('3D000', 'database "postgres" does not exist')},
	hostile_error    => {startup => fatal('28000', "no\e[2J\e]0;title\a\nsecond\tline \xff\xfe \xe2\x80\xae")},
	wants_password   => {startup => sub { $_[1]{out} .= authentication(3); $_[1]{wants_password} = 1 }},
	identity_silent  => {identity => \&mute},
	identity_error   => {identity => sub { my ($self, $c) = @_; $c->{out} .= $self->failed($c, "identity", "42501", "permission denied for function pg_control_system") }},
	identity_columns => {identity => sub { my ($self, $c) = @_; $c->{out} .= $self->failed($c, "identity") }},
	idle_fatal       => {poll => sub { my ($self, $c, $answer) = @_; $self->send_then_close($c, $answer . report("FATAL", "57P01", "terminating connection due to administrator command")) }},
	poll_silent      => {poll => \&mute},
	poll_close       => {poll => \&finish},
	poll_fatal       => {poll => fatal('57P01', 'terminating connection due to administrator command')},
	poll_error       => {poll => sub { my ($self, $c) = @_; $c->{out} .= $self->failed($c, "node", "57014", "canceling statement due to statement timeout") }},
	senders_error    => {poll => sub { my ($self, $c) = @_; $c->{out} .= $self->failed($c, "senders", "42703", "column s.reply_time does not exist") }},
	half_result      => {poll => sub { my ($self, $c, $answer) = @_; $c->{out} .= cut($answer, 0); mute($self, $c) }},
	half_message     => {poll => sub { my ($self, $c, $answer) = @_; $c->{out} .= cut($answer, 9); mute($self, $c) }},
	half_close       => {poll => sub { my ($self, $c, $answer) = @_; $self->send_then_close($c, cut($answer, 9)) }},
	poll_garbage     => {poll => raw($garbage)},
	poll_huge        => {poll => sub { my ($self, $c, $answer) = @_; $c->{out} .= cut($answer, 1) . "\x7f\xff\xff\xf0"; mute($self, $c) }},
	poll_negative    => {poll => sub { my ($self, $c, $answer) = @_; $c->{out} .= cut($answer, 1) . "\xff\xff\xff\xf0"; mute($self, $c) }},
	act_silent       => {act => \&mute},
	act_close        => {act => \&finish},
	act_error        => {act => sub { my ($self, $c) = @_; $c->{out} .= $self->failed($c, 'signal', '42501', 'permission denied to cancel query') }},
	poll_drip        => {poll => sub { my ($self, $c, $answer) = @_; $c->{drip} = $answer }},
);

sub faults { return sort keys %faults }

# ---- the peer's process ----------------------------------------------------------------------------------------

sub note {
	my ($self, $c, $event, %more) = @_;
	my $line = $self->{json}->encode({event => $event, connection => $c->{number}, time => Time::HiRes::time(), %more});
	syswrite $self->{log}, "$line\n";
	return;
}

sub close_connection {
	my ($self, $c) = @_;
	my $socket = delete $self->{connections}{$c->{number}}{socket} or return;
	setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) if $c->{reset};
	close $socket;
	delete $self->{connections}{$c->{number}};
	return;
}

sub send_then_close { my ($self, $c, $bytes) = @_; $c->{out} .= $bytes; $c->{closing} = 1; return }

# The right thing, or the fault.
sub stage {
	my ($self, $c, $stage, $answer) = @_;
	my $hook = $faults{$c->{fault}}{$stage};
	return $hook->($self, $c, $answer) if $hook && $c->{after}-- <= 0;
	$c->{out} .= $answer;
	return;
}

sub hello {
	my ($self, $c) = @_;
	my %parameters = (server_version => $self->{version}, server_encoding => 'UTF8', client_encoding => 'UTF8',
		integer_datetimes => 'on', standard_conforming_strings => 'on', DateStyle => 'ISO, MDY', TimeZone => 'UTC');
	return authentication(0) . join('', map { message('S', "$_\0$parameters{$_}\0") } sort keys %parameters)
		. message('K', pack 'NN', $strange_pid, 1) . $ready;
}

sub startup {
	my ($self, $c, $code, $body) = @_;
	if ($code == 80877103 || $code == 80877104) { # SSLRequest, GSSENCRequest
		$self->note($c, 'ssl');
		return $self->stage($c, 'ssl', 'N');
	}
	my %parameters = split /\0/, $body;
	$self->note($c, 'startup', parameters => \%parameters);
	$c->{started} = 1;
	return $self->stage($c, 'startup', $self->hello($c));
}

# The answer in which one query fails, or without an error brings no row of one column, the others going well.
sub failed {
	my ($self, $c, $query, @error) = @_;
	my $instead = @error ? report('ERROR', @error) : message('1', '') . message('2', '')
		. row_description(['a', 'int4']) . message('C', "SELECT 0\0");
	return join '', map { $_->{query} eq $query && $_->{executes} ? $instead . $ready : $_->{answer} } @{$c->{last_steps}};
}

# One message of the extended query protocol.
sub extended {
	my ($self, $c, $type, $body) = @_;
	my $step = $c->{step} ||= {query => '', answer => '', executes => 0};
	if ($type eq 'P') {
		my ($name, $sql) = split /\0/, $body;
		my $query = $name ne '' ? $name : $sql =~ /pg_control_system/ ? 'identity' : $sql =~ /pg_(?:cancel|terminate)_backend\(/ ? 'signal' : '';
		push @{$c->{parsed}}, $query if $name ne '';
		$c->{unnamed}    = $query if $name eq '';
		$step->{query}   = $query;
		$step->{answer} .= message('1', '');
	}
	elsif ($type eq 'B') {
		my ($portal, $name) = split /\0/, $body;
		$step->{query}   = $name // '' ne '' ? $name : $c->{unnamed};
		$step->{answer} .= message('2', '');
	}
	elsif ($type eq 'E') {
		$step->{executes} = 1;
		$step->{answer} .= $self->result_of($step->{query});
	}
	return if $type ne 'S';
	$step->{answer} .= $ready;
	push @{$c->{steps}}, $step;
	delete $c->{step};
	return if !$step->{executes} || $step->{query} eq '';
	if ($step->{query} eq 'identity') { $self->answer($c, 'identity') }
	elsif ($step->{query} eq 'signal') { $self->answer($c, 'act') }
	elsif ($self->{last} eq 'each') { $self->answer($c, 'poll') }
	elsif ($step->{query} eq $self->{last}) { $self->answer($c, 'poll') }
	return;
}

# Everything that was asked since the last answer is answered in one go.
sub answer {
	my ($self, $c, $stage) = @_;
	my @steps = @{$c->{steps}};
	$self->{polls}++ if $stage eq 'poll';
	$self->note($c, $stage, syncs => scalar @steps, prepared => $c->{parsed} || [],
		executed => [map { $_->{query} } grep { $_->{executes} } @steps]);
	$c->{last_steps} = \@steps;
	$c->{steps}      = [];
	$c->{parsed}     = [];
	return $self->stage($c, $stage, join '', map { $_->{answer} } @steps);
}

sub take_message {
	my ($self, $c) = @_;
	if (!$c->{started}) {
		return 0 if length $c->{in} < 8;
		my ($length, $code) = unpack 'NN', $c->{in};
		return 0 if length $c->{in} < $length;
		my $body = substr substr($c->{in}, 0, $length, ''), 8;
		$self->startup($c, $code, $body);
		return 1;
	}
	return 0 if length $c->{in} < 5;
	my ($type, $length) = unpack 'aN', $c->{in};
	return 0 if length $c->{in} < 1 + $length;
	my $body = substr substr($c->{in}, 0, 1 + $length, ''), 5;
	if ($type eq 'X') { $self->note($c, 'terminate') }
	elsif ($type eq 'p') {
		$self->note($c, 'password', password => $body =~ s/\0\z//r);
		$self->send_then_close($c, report('FATAL', '28P01', 'password authentication failed for user "monitor"'));
	}
	elsif ($type eq 'Q') { $self->note($c, 'simple query', sql => $body) }
	else { $self->extended($c, $type, $body) }
	return 1;
}

sub accept_connection {
	my ($self) = @_;
	my $socket = $self->{listener}->accept or return;
	$socket->blocking(0);
	my $c = {socket => $socket, number => ++$self->{accepted}, in => '', out => '', fault => $self->{fault},
		after => $self->{after}, steps => []};
	$self->{connections}{$c->{number}} = $c;
	$self->note($c, 'accept');
	$self->stage($c, 'accept', '');
	return;
}

sub read_connection {
	my ($self, $c) = @_;
	my $got = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};
	return if !defined $got && $!{EAGAIN};
	if (!$got) {
		$self->note($c, 'eof');
		return $self->close_connection($c);
	}
	while (!$c->{mute} && $c->{socket} && $self->take_message($c)) { }
	$c->{in} = '' if $c->{mute}; # what comes now is heard, so that its end is, and not answered
	return;
}

sub write_connection {
	my ($self, $c) = @_;
	$c->{out} .= $c->{storm} if $c->{storm} && length $c->{out} < 65536;
	if (length $c->{out}) {
		my $sent = syswrite $c->{socket}, $c->{out};
		return $self->close_connection($c) if !defined $sent && !$!{EAGAIN};
		substr $c->{out}, 0, $sent // 0, '';
	}
	$self->close_connection($c) if $c->{closing} && !length $c->{out};
	return;
}

sub command {
	my ($self, $line) = @_;
	my ($word, @arguments) = split / /, $line;
	@$self{'fault', 'after'} = @arguments if $word eq 'fault';
	if ($word eq 'drop') { $self->close_connection($_) for values %{$self->{connections}} }
	syswrite $self->{control}, "done\n";
	return;
}

sub serve {
	my ($self) = @_;
	while (1) {
		my ($read, $write) = (IO::Select->new($self->{control}, $self->{listener}), IO::Select->new);
		my %by_socket = map { $_->{socket} => $_ } values %{$self->{connections}};
		for my $c (values %by_socket) {
			$read->add($c->{socket});
			$write->add($c->{socket}) if length $c->{out} || $c->{storm} || $c->{closing};
			$c->{out} .= substr $c->{drip}, 0, 1, '' if length($c->{drip} // '');
		}
		my $dripping = grep { length($_->{drip} // '') } values %by_socket;
		my ($readable, $writable) = IO::Select->select($read, $write, undef, $dripping ? 0.1 : undef);
		for my $socket (@{$readable || []}) {
			if ($socket == $self->{listener}) { $self->accept_connection }
			elsif ($socket == $self->{control}) {
				defined(my $line = readline $self->{control}) or return; # the test has gone
				chomp $line;
				$self->command($line);
			}
			elsif ($by_socket{$socket}{socket}) { $self->read_connection($by_socket{$socket}) }
		}
		for my $c (map { $by_socket{$_} } @{$writable || []}) {
			$self->write_connection($c) if $c->{socket};
		}
	}
}

# ---- the test's side -------------------------------------------------------------------------------------------

my $made = 0;

sub new {
	my ($class, %how) = @_;
	my $self = bless {
		fault => 'none', after => 0, version => '15.4', last => 'senders', polls => 0, accepted => 0,
		system_identifier => 7_000_000_000_000_000_000 + $$ * 1000 + ++$made,
		started_us => now_us() - 3600 * 1_000_000 + $made, json => JSON::PP->new->latin1->canonical, %how
	}, $class;
	die "no such fault: $self->{fault}\n" if !$faults{$self->{fault}};
	$self->{listener} = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', LocalPort => 0) or die "listen: $!";
	$self->{port}     = $self->{listener}->sockport;
	$self->{file}     = File::Temp->new(TEMPLATE => 'pgrepltop-peer.XXXXXX', TMPDIR => 1);
	open $self->{log}, '>>', "$self->{file}" or die "$self->{file}: $!";
	socketpair my $ours, my $theirs, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0 or die "socketpair: $!";
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		close $ours;
		$self->{control} = $theirs;
		eval { $self->serve; 1 } or print STDERR "# peer: $@";
		POSIX::_exit(0);
	}
	$self->{pid} = $pid;
	close $theirs;
	$self->{control} = $ours;
	close delete $self->{listener};
	return PgRepl::keep($self);
}

sub port     { return $_[0]{port} }
sub conninfo { my ($self, $more) = @_; return "host=127.0.0.1 port=$self->{port} user=monitor" . ($more ? " $more" : '') }

sub tell {
	my ($self, $line) = @_;
	syswrite $self->{control}, "$line\n";
	readline $self->{control} or die "the peer has gone\n";
	return $self;
}

sub fault { my ($self, $fault, %how) = @_; die $fault if !$faults{$fault}; return $self->tell("fault $fault " . ($how{after} // 0)) }
sub heal  { my ($self) = @_; return $self->tell('fault none 0') }
sub drop  { my ($self) = @_; return $self->tell('drop') }

# All events so far, or those of one kind.
sub events {
	my ($self, $kind) = @_;
	open my $in, '<:raw', "$self->{file}" or die "$self->{file}: $!";
	my @events = map { $self->{json}->decode($_) } grep { /\n\z/ } <$in>;
	return grep { !defined $kind || $_->{event} eq $kind } @events;
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
