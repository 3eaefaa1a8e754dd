package PgRepl::Proxy;
# A TCP proxy to a port of this host, or without one a listener that refuses everybody by hanging up. Runs in a process of
# its own and counts who comes.
#
#   my $proxy = PgRepl::Proxy->new(to => $port);   $proxy->port; $proxy->count
use strict;
use warnings;
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use PgRepl ();

sub new {
	my ($class, %how) = @_;
	my $self = bless {%how}, $class;
	my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', LocalPort => $how{port} // 0, ReuseAddr => 1)
		or die "listen: $!";
	$self->{port} = $listener->sockport;
	$self->{file} = File::Temp->new(TEMPLATE => 'pgrepltop-proxy.XXXXXX', TMPDIR => 1);
	my $owner = $$;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		serve($listener, $self, $owner);
		POSIX::_exit(0);
	}
	$self->{pid} = $pid;
	return PgRepl::keep($self);
}

sub port { return $_[0]{port} }

# How many connections there were so far.
sub count { my ($self) = @_; return -s "$self->{file}" // 0 }

sub serve {
	my ($listener, $self, $owner) = @_;
	my (%other, $select);
	$select = IO::Select->new($listener);
	my $end = sub {
		for my $socket ($_[0], delete $other{$_[0]}) {
			next if !$socket;
			delete $other{$socket};
			$select->remove($socket);
			close $socket;
		}
	};
	while (getppid == $owner) {
		for my $socket ($select->can_read(1)) {
			if ($socket == $listener) {
				my $client = $listener->accept or next;
				syswrite $self->{file}, '.';
				my $server = $self->{to} ? IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{to}) : undef;
				close $client and next if !$server;
				$select->add($client, $server);
				@other{$client, $server} = ($server, $client);
				next;
			}
			next if !$other{$socket};
			my $got = sysread $socket, my $bytes, 65536;
			my $at = 0;
			while ($got && $at < $got) {
				my $sent = syswrite $other{$socket}, $bytes, $got - $at, $at or last;
				$at += $sent;
			}
			$end->($socket) if !$got || $at < $got;
		}
	}
	return;
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
