#include "app/completion.h"

#include "app/options.h"

#include <string.h>

static bool is_completed(const Option *option)
{
	return option->group && !option->ini_only;
}

static Completes completes(const Option *option)
{
	return option->kind == OPTION_TABLES ? COMPLETE_WORDS : option->completes;
}

/* The values that an option knows, with blanks between them. */
static void add_words(StrBuf *out, const Option *option)
{
	if (option->words) {
		strbuf_add_cstr(out, option->words);
		return;
	}
	for (size_t i = 0; i < TABLE_COUNT; i++)
		strbuf_addf(out, "%s%s", i ? " " : "", metric_table((TableId)i)->name);
}

/* ---- bash ---- */

/* "-s | --delay" */
static void add_pattern(StrBuf *out, const Option *option)
{
	if (option->short_name)
		strbuf_addf(out, "-%c | ", option->short_name);
	strbuf_addf(out, "--%s", option->long_name);
}

static void add_case(StrBuf *out, const Option *option)
{
	strbuf_add_cstr(out, "\t");
	add_pattern(out, option);
	strbuf_add_cstr(out, ")\n\t\t");
	switch (completes(option)) {
	case COMPLETE_FILE:
		strbuf_add_cstr(out, "_pgrepltop_reply -f");
		break;
	case COMPLETE_DIR:
		strbuf_add_cstr(out, "_pgrepltop_reply -d");
		break;
	case COMPLETE_THEME:
		strbuf_add_cstr(out, "_pgrepltop_reply -W \"$(\"$1\" --docgen themes 2>/dev/null)\"");
		break;
	case COMPLETE_WORDS:
		strbuf_add_cstr(out, "_pgrepltop_reply -W \"");
		add_words(out, option);
		strbuf_add_cstr(out, "\"");
		break;
	case COMPLETE_NOTHING:
		break;
	}
	strbuf_add_cstr(out, "\n\t\treturn\n\t\t;;\n");
}

void completion_bash(StrBuf *out)
{
	strbuf_add_cstr(out, "# bash completion for pgrepltop, written from its table of options (--docgen bash).\n\n"
	                     "# Offers what compgen finds for $cur with the arguments.\n"
	                     "_pgrepltop_reply()\n"
	                     "{\n"
	                     "\tlocal line\n"
	                     "\twhile IFS= read -r line; do\n"
	                     "\t\tCOMPREPLY+=(\"$line\")\n"
	                     "\tdone < <(compgen -P \"$prefix\" \"$@\" -- \"$cur\")\n"
	                     "\tif [[ $1 == -[fd] ]]; then\n"
	                     "\t\tcompopt -o filenames 2>/dev/null\n"
	                     "\tfi\n"
	                     "}\n\n"
	                     "_pgrepltop()\n"
	                     "{\n"
	                     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} prefix=\n"
	                     "\tCOMPREPLY=()\n"
	                     "\t# --option=value: three words where the shell breaks words at =, else one.\n"
	                     "\tif [[ $cur == = ]]; then\n"
	                     "\t\tcur=\n"
	                     "\telif [[ $prev == = ]]; then\n"
	                     "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	                     "\telif [[ $cur == --*=* ]]; then\n"
	                     "\t\tprev=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}\n"
	                     "\tfi\n"
	                     "\tcase $prev in\n");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (is_completed(&OPTIONS[i]) && completes(&OPTIONS[i]) != COMPLETE_NOTHING)
			add_case(out, &OPTIONS[i]);
	}
	strbuf_add_cstr(out, "\tesac\n\tif [[ $cur == -* ]]; then\n\t\t_pgrepltop_reply -W \"");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (is_completed(&OPTIONS[i]))
			strbuf_addf(out, "%s--%s%s", i ? " " : "", OPTIONS[i].long_name,
			            OPTIONS[i].argument ? "=" : "");
	}
	strbuf_add_cstr(out, "\"\n\t\t[[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null\n\tfi\n}\n\n"
	                     "complete -F _pgrepltop pgrepltop\n");
}

/* ---- zsh ---- */

/* Text inside [] of a specification in single quotes. */
static void add_help(StrBuf *out, const char *help)
{
	for (; *help; help++) {
		if (*help == '\'')
			strbuf_add_cstr(out, "'\\''");
		else if (strchr("[]:\\", *help))
			strbuf_addf(out, "\\%c", *help);
		else
			strbuf_add_char(out, *help);
	}
}

static void add_action(StrBuf *out, const Option *option)
{
	switch (completes(option)) {
	case COMPLETE_FILE:
		strbuf_add_cstr(out, "_files");
		break;
	case COMPLETE_DIR:
		strbuf_add_cstr(out, "_files -/");
		break;
	case COMPLETE_THEME:
		strbuf_add_cstr(out, "_pgrepltop_themes");
		break;
	case COMPLETE_WORDS:
		strbuf_add_char(out, '(');
		add_words(out, option);
		strbuf_add_char(out, ')');
		break;
	case COMPLETE_NOTHING:
		strbuf_add_char(out, ' ');
		break;
	}
}

void completion_zsh(StrBuf *out)
{
	strbuf_add_cstr(out, "#compdef pgrepltop\n"
	                     "# zsh completion for pgrepltop, written from its table of options (--docgen zsh).\n\n"
	                     "_pgrepltop_themes()\n"
	                     "{\n"
	                     "\tlocal -a names\n"
	                     "\tnames=(${(f)\"$(_call_program themes pgrepltop --docgen themes 2>/dev/null)\"})\n"
	                     "\tcompadd -a names\n"
	                     "}\n\n"
	                     "_arguments -s -S \\\n");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const Option *option = &OPTIONS[i];
		if (!is_completed(option))
			continue;
		const char *long_name = option->long_name;
		if (option->short_name)
			strbuf_addf(out, "\t'(-%c --%s)'{'-%c%s','--%s%s'}'[", option->short_name, long_name,
			            option->short_name, option->argument ? "+" : "", long_name,
			            option->argument ? "=" : "");
		else
			strbuf_addf(out, "\t'--%s%s[", long_name, option->argument ? "=" : "");
		add_help(out, option->help);
		strbuf_add_cstr(out, "]");
		if (option->argument) {
			strbuf_addf(out, ":%s:", option->argument);
			add_action(out, option);
		}
		strbuf_add_cstr(out, "' \\\n");
	}
	strbuf_add_cstr(out, "\t'*:connection string or URI: '\n");
}
