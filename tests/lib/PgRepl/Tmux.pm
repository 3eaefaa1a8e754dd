package PgRepl::Tmux;
# A program in a real terminal of known size: a tmux server of its own, keys in, screen out.
#
#   my $t = PgRepl::Tmux->new(width => 100, height => 30, term => 'xterm-256color', env => {}, command => [...]);
#   $t->send_keys('j', 'Enter');  $t->wait_screen(qr/.../) or diag $t->screen;  $t->resize(80, 24);
use strict;
use warnings;
use File::Temp ();
use Time::HiRes 'sleep';
use PgRepl ();

# Runs the program, noting its process id and exit status: tmux's own pane_dead_status is not always set. The signals
# of the terminal are for the program, which the shell must outlive: a dead pane would not show what was left of it.
my $note = q{trap : INT QUIT HUP; sh -c 'echo $$ >"$0/pid"; exec "$@"' "$0" "$@"; echo $? >"$0/status"; exec sleep 3600};

sub quote { return join ' ', map { my $word = $_; $word =~ s/'/'\\''/g; "'$word'" } @_ }

sub new {
	my ($class, %how) = @_;
	my $dir  = File::Temp->newdir('pgrepltop-tmux.XXXXXX', DIR => '/tmp');
	my $self = bless {dir => $dir, socket => "$dir/socket"}, $class;
	my $term = $how{term} // 'tmux-256color';
	my %env  = (LC_ALL => 'C.UTF-8', %{$how{env} || {}}, TERM => $term);
	my @env  = map { defined $env{$_} ? "$_=$env{$_}" : ('-u', $_) } sort { defined $env{$a} <=> defined $env{$b} } keys %env;
	open my $conf, '>', "$dir/conf" or die "$dir/conf: $!";
	print $conf "set -g status off\nset -g remain-on-exit on\nset -s escape-time 0\n",
		"set -g history-limit 2000\n";
	close $conf;
	PgRepl::keep($self);
	$self->tmux('-f', "$dir/conf", 'new-session', '-d', '-s', 'test', '-x', $how{width} // 80, '-y', $how{height} // 24,
		quote('sh', '-c', $note, $dir, 'env', @env, @{$how{command}}));
	return $self;
}

sub tmux {
	my ($self, @arguments) = @_;
	my $result = PgRepl::run_command({timeout => 20, env => {LC_ALL => 'C.UTF-8', TMUX => ''}},
		'tmux', '-u', '-S', $self->{socket}, @arguments);
	die "tmux $arguments[0]: $result->{err}" if $result->{status};
	return $result->{out};
}

# Keys by tmux's names (Enter, Escape, Up, C-c, F1 ...); everything else is typed as it stands.
sub send_keys { my ($self, @keys) = @_; $self->tmux('send-keys', '-t', 'test', @keys); return $self }
sub type      { my ($self, $text) = @_; $self->tmux('send-keys', '-t', 'test', '-l', $text); return $self }

# The screen's text (bytes, UTF-8), one line a row; with_styles keeps the escape sequences.
sub screen { my ($self) = @_; return $self->tmux('capture-pane', '-p', '-t', 'test') }
sub screen_with_styles { my ($self) = @_; return $self->tmux('capture-pane', '-p', '-e', '-t', 'test') }
sub lines  { my ($self) = @_; return split /\n/, $self->screen, -1 }

sub wait_screen {
	my ($self, $pattern, $timeout) = @_;
	return PgRepl::wait_for { $self->screen =~ $pattern } $timeout;
}

sub resize {
	my ($self, $width, $height) = @_;
	$self->tmux('resize-window', '-t', 'test', '-x', $width, '-y', $height);
	return $self;
}

sub format { my ($self, $format) = @_; return $self->tmux('display-message', '-p', '-t', 'test', $format) =~ s/\n\z//r }
sub pid    { my ($self) = @_; PgRepl::wait_for { $self->noted('pid') } or die 'no program'; return $self->noted('pid') }
# cursor_flag, alternate_on and such tell whether the terminal was restored.
sub flag { my ($self, $name) = @_; return $self->format("#{$name}") }

# The program's exit status once it has ended (negative: the signal it died of), else undef.
sub wait_exit {
	my ($self, $timeout) = @_;
	my $status;
	PgRepl::wait_for { defined($status = $self->noted('status')) } $timeout or return;
	return $status > 128 ? 128 - $status : $status;
}

# The number in a file of our folder, once its line is complete.
sub noted {
	my ($self, $name) = @_;
	open my $in, '<', "$self->{dir}/$name" or return;
	return (<$in> // '') =~ /^(\d+)\n/ ? $1 : undef;
}

sub cleanup {
	my ($self) = @_;
	PgRepl::forget($self);
	eval { $self->tmux('kill-server') };
	delete $self->{dir};
	return;
}

1;
