#!/usr/bin/perl
# What shells complete behind the program's name.
use strict;
use warnings;
use Test::More;
use PgRepl;

my $root = PgRepl::root();
my $home = PgRepl::temp_dir();
mkdir $_ or die "$_: $!" for "$home/.config", "$home/.config/pgrepltop", "$home/.config/pgrepltop/themes", "$home/files",
	"$home/files/a folder";
for my $name ('.config/pgrepltop/themes/mine.ini', 'files/conf one.ini', 'files/conf2.ini') {
	open my $out, '>', "$home/$name" or die "$name: $!";
}

# The words that bash offers for the last of `words`.
sub offered {
	my (@words) = @_;
	my $script = <<'END';
source "$1"; shift
cd "$HOME/files"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
[[ $(complete -p pgrepltop) == *' -F _pgrepltop '* ]] || exit 3
_pgrepltop "$PROGRAM" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
END
	delete local $ENV{XDG_CONFIG_HOME};
	my $result = PgRepl::run_command({env => {HOME => $home, PROGRAM => PgRepl::program}},
		'bash', '--norc', '-c', $script, 'bash', "$root/completion/pgrepltop.bash", 'pgrepltop', @words);
	is($result->{status} . $result->{err}, 0, "completion of: @words");
	return join ' ', map { "<$_>" } sort split /\n/, $result->{out};
}

is(offered('--the'), '<--theme=>', 'an option that takes a value');
my @none = PgRepl::run_command(PgRepl::program, '--help')->{out} =~ /(--no-[a-z-]+)/g;
cmp_ok(scalar @none, '>', 2, 'there are options that take no value');
is(offered('--no-'), join(' ', map { "<$_>" } sort @none), 'and all of them are offered');
like(offered('-'), qr/<--batch>.*<--table=>/, 'all of them');
unlike(offered('--'), qr/docgen/, 'but those that are hidden');
like(offered('--table', ''), qr/^<events> <nodes> <processes> .*<slots>\z/, 'tables');
is(offered('--table', 'q'), '<quorum>', 'one table');
is(offered('--table', '=', 'q'), '<quorum>', 'where the shell breaks words at =');
is(offered('--table', '='), offered('--table', ''), 'right behind it');
is(offered('--table=q'), '<--table=quorum>', 'where it does not');
like(offered('--theme', ''), qr/<colorblind> <default> <high-contrast> <light> <mine> <mono> <solarized>/,
	"themes, the user's own among them");
is(offered('--config', 'conf'), '<conf one.ini> <conf2.ini>', 'files');
is(offered('--host', ''), '', 'nothing where nothing is known');
is(offered('host'), '', 'nor for a connection string');

SKIP: {
	my ($zsh) = grep { -x } map { "$_/zsh" } split /:/, $ENV{PATH};
	skip 'there is no zsh', 3 unless $zsh;
	my $result = PgRepl::run_command($zsh, '-f', '-n', "$root/completion/_pgrepltop");
	is($result->{status} . $result->{err}, 0, 'zsh reads its file');
	# _arguments takes all specifications, or says what is wrong with one, when it is asked in a real completion.
	$result = PgRepl::run_command({env => {HOME => $home}, timeout => 60}, $zsh, '-f', '-c', <<"END");
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1='ready> '; PROMPT=\$PS1; fpath=($root/completion \\\$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' complete-word; zstyle ':completion:*' format 'about %d'; print loa''ded"
zpty -r shell out '*loaded*'
zpty -n -w shell \$'pgrepltop --table qu\\t'
zpty -r -m shell out '*quorum*' && print -r -- "\$out"
zpty -n -w shell \$' --rea\\t'
zpty -r -m shell out '*--readonly*' && print -r -- "\$out"
zpty -d shell
END
	like($result->{out}, qr/quorum/, 'and completes a table') or diag $result->{err};
	like($result->{out}, qr/--readonly/, 'and an option');
}

done_testing;
