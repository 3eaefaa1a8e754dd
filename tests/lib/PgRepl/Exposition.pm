package PgRepl::Exposition;
# Prometheus' text format 0.0.4, read strictly by its specification
# (prometheus.io/docs/instrumenting/exposition_formats): what a scraper would refuse dies here.
#
#   my $families = exposition_parse($bytes);
#   $families->{pgrepltop_node_lag_bytes} = {type => 'gauge', help => '...', samples => [{labels => {...}, value => 0}]}
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(exposition_parse);

my $NAME  = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
my $LABEL = qr/[a-zA-Z_][a-zA-Z0-9_]*/;
my $VALUE = qr/[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]?Inf/;

sub unescape {
	my ($text, $quotes) = @_;
	my $allowed = $quotes ? qr/[\\n"]/ : qr/[\\n]/;
	$text =~ s/\\(.?)/$1 =~ m{^$allowed$} ? ($1 eq 'n' ? "\n" : $1) : die "bad escape \\$1\n"/ge;
	return $text;
}

sub labels_of {
	my ($text) = @_;
	my %labels;
	while ($text =~ /\G($LABEL)="((?:[^"\\\n]|\\.)*)"(?:,|\z)/gc) {
		my ($name, $value) = ($1, $2);
		die "label $name twice\n" if exists $labels{$name};
		$labels{$name} = unescape($value, 1);
	}
	die "bad labels: $text\n" if (pos($text) // 0) != length $text;
	return \%labels;
}

sub exposition_parse {
	my ($text) = @_;
	utf8::decode($text) or die "not UTF-8\n";
	die "the last line has no end\n" if length $text && $text !~ /\n\z/;
	my (%families, %series, %closed);
	my $current = '';
	for my $line (split /\n/, $text) {
		next if $line =~ /^\s*$/;
		my ($name, $rest, $kind);
		if    ($line =~ /^# (HELP|TYPE) ($NAME)(?: (.*))?$/)                     { ($kind, $name, $rest) = ($1, $2, $3 // '') }
		elsif ($line =~ /^#/)                                                   { next }
		elsif ($line =~ /^($NAME)(?:\{(.*)\})?[ \t]+($VALUE)(?:[ \t]+-?\d+)?$/) { ($kind, $name) = ('', $1) }
		else                                                                    { die "bad line: $line\n" }
		my ($labels, $value) = ($2, $3);
		die "$name is not in one group\n" if $closed{$name};
		if ($name ne $current) {
			$closed{$current} = 1;
			$current = $name;
		}
		my $family = $families{$name} ||= {samples => []};
		if ($kind eq 'HELP') {
			die "HELP of $name twice\n" if defined $family->{help};
			$family->{help} = unescape($rest, 0);
			next;
		}
		if ($kind eq 'TYPE') {
			die "TYPE of $name twice, or behind a sample\n" if defined $family->{type} || @{$family->{samples}};
			die "bad type $rest\n" if $rest !~ /^(?:counter|gauge|histogram|summary|untyped)$/;
			$family->{type} = $rest;
			next;
		}
		my $parsed = labels_of($labels // '');
		my $key = join "\0", $name, map { ($_, $parsed->{$_}) } sort keys %$parsed;
		die "a series is there twice: $line\n" if $series{$key}++;
		push @{$family->{samples}}, {labels => $parsed, value => $value};
	}
	return \%families;
}

1;
