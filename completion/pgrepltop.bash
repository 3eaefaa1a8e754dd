# bash completion for pgrepltop, written from its table of options (--docgen bash).

# Offers what compgen finds for $cur with the arguments.
_pgrepltop_reply()
{
	local line
	while IFS= read -r line; do
		COMPREPLY+=("$line")
	done < <(compgen -P "$prefix" "$@" -- "$cur")
	if [[ $1 == -[fd] ]]; then
		compopt -o filenames 2>/dev/null
	fi
}

_pgrepltop()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} prefix=
	COMPREPLY=()
	# --option=value: three words where the shell breaks words at =, else one.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $cur == --*=* ]]; then
		prev=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}
	fi
	case $prev in
	--table)
		_pgrepltop_reply -W "nodes processes slots quorum events"
		return
		;;
	--record)
		_pgrepltop_reply -d
		return
		;;
	--replay)
		_pgrepltop_reply -d
		return
		;;
	--format)
		_pgrepltop_reply -W "csv json prometheus"
		return
		;;
	--output)
		_pgrepltop_reply -f
		return
		;;
	--theme)
		_pgrepltop_reply -W "$("$1" --docgen themes 2>/dev/null)"
		return
		;;
	--action-log)
		_pgrepltop_reply -f
		return
		;;
	--config)
		_pgrepltop_reply -f
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		_pgrepltop_reply -W "--host= --port= --username= --dbname= --no-password --password --no-discover --no-local-proc --no-remote-proc --batch --once --check --iterations= --delay= --table= --record= --replay= --filter= --sort= --columns= --format= --output= --anonymize --theme= --ascii --no-color --readonly --action-log= --config= --check-config --version --help"
		[[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null
	fi
}

complete -F _pgrepltop pgrepltop
