package PgRepl::Harness;
# prove's own harness, which besides appends "PASSED FAILED" of a run to the file $RESULTS. A skipped test is neither;
# a file that failed without a failing test (it crashed, timed out or did not keep its plan) counts as one failure.
use strict;
use warnings;
use parent 'TAP::Harness';

sub summary {
	my ($self, $aggregate, @rest) = @_;
	my $failed = $aggregate->failed;
	for my $parser ($aggregate->parsers) {
		$failed++ if $parser->has_problems && !$parser->failed;
	}
	my $passed = $aggregate->passed - $aggregate->skipped;
	if (my $file = $ENV{RESULTS}) {
		open my $out, '>>', $file or die "$file: $!\n";
		print $out "$passed $failed\n";
		close $out or die "$file: $!\n";
	}
	return $self->SUPER::summary($aggregate, @rest);
}

1;
