#include "model/syncrep.h"

#include <limits.h>
#include <stdint.h>

/* ---- the scanner ----------------------------------------------------------------------------------------------- */

typedef enum TokenKind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_ANY, TOKEN_FIRST, TOKEN_SIGN, TOKEN_BAD } TokenKind;

typedef struct Token {
	TokenKind kind;
	Str text; /* of a name without its quotes, doubled ones made single */
	char sign;
	size_t at; /* where it begins */
} Token;

typedef struct Parser {
	Arena *arena;
	Str value;
	size_t at; /* behind the current token */
	Token token;
	Str *names;
	size_t nnames;
	bool unterminated;
} Parser;

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_ident_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || ((unsigned char)c & 0x80) != 0;
}

static bool is_ident_rest(char c)
{
	return is_ident_start(c) || is_digit(c) || c == '$';
}

static Str run_of(const Parser *p, size_t from, bool (*belongs)(char))
{
	size_t end = from;
	while (end < p->value.len && belongs(p->value.data[end]))
		end++;
	return str_sub(p->value, from, end);
}

/* "..." with "" for a quote in it, from behind the first quote. */
static Token quoted(Parser *p, size_t begin)
{
	char *out = ARENA_ARRAY(p->arena, char, p->value.len + 1);
	size_t n = 0;
	for (size_t i = begin + 1; i < p->value.len; i++) {
		char c = p->value.data[i];
		if (c != '"') {
			out[n++] = c;
		} else if (i + 1 < p->value.len && p->value.data[i + 1] == '"') {
			out[n++] = c;
			i++;
		} else {
			p->at = i + 1;
			return (Token){.kind = TOKEN_NAME, .text = {out, n}, .at = begin};
		}
	}
	p->unterminated = true;
	p->at = p->value.len;
	return (Token){.kind = TOKEN_BAD, .at = begin};
}

static Token word(Parser *p, size_t begin)
{
	Token t = {.kind = TOKEN_NAME, .text = run_of(p, begin, is_ident_rest), .at = begin};
	if (str_eq_nocase(t.text, STR("any")))
		t.kind = TOKEN_ANY;
	else if (str_eq_nocase(t.text, STR("first")))
		t.kind = TOKEN_FIRST;
	p->at = begin + t.text.len;
	return t;
}

static void next(Parser *p)
{
	while (p->at < p->value.len && is_space(p->value.data[p->at]))
		p->at++;
	size_t begin = p->at;
	if (begin == p->value.len) {
		p->token = (Token){.kind = TOKEN_END, .at = begin};
		return;
	}
	char c = p->value.data[begin];
	if (c == '"') {
		p->token = quoted(p, begin);
	} else if (is_ident_start(c)) {
		p->token = word(p, begin);
	} else if (is_digit(c)) {
		p->token = (Token){.kind = TOKEN_NUMBER, .text = run_of(p, begin, is_digit), .at = begin};
		p->at = begin + p->token.text.len;
	} else {
		bool known = c == ',' || c == '(' || c == ')' || c == '*';
		p->token = (Token){.kind = known ? TOKEN_SIGN : TOKEN_BAD, .sign = c, .at = begin};
		p->at = begin + 1;
		if (c == '*')
			p->token = (Token){.kind = TOKEN_NAME, .text = STR("*"), .at = begin};
	}
}

/* ---- the grammar ----------------------------------------------------------------------------------------------- */

static bool expected(const Parser *p, const char *what, Err *err)
{
	if (p->unterminated)
		return err_set(err, "unterminated quoted name at byte %zu", p->token.at + 1);
	return err_set(err, "%s expected at byte %zu", what, p->token.at + 1);
}

static bool at_sign(const Parser *p, char sign)
{
	return p->token.kind == TOKEN_SIGN && p->token.sign == sign;
}

static bool take_sign(Parser *p, char sign, const char *what, Err *err)
{
	if (!at_sign(p, sign))
		return expected(p, what, err);
	next(p);
	return true;
}

/* name [, name]... where a number is a name too; `first` is one that was read already. */
static bool take_list(Parser *p, const Token *first, Err *err)
{
	if (first != NULL) {
		p->names[p->nnames++] = first->text;
		if (!at_sign(p, ','))
			return true;
		next(p);
	}
	for (;;) {
		if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_NUMBER)
			return expected(p, "a standby's name", err);
		p->names[p->nnames++] = p->token.text;
		next(p);
		if (!at_sign(p, ','))
			return true;
		next(p);
	}
}

/* As the server reads it: an overlong number wraps, and what is not positive then is refused. */
static bool read_required(Token number, int *out, Err *err)
{
	uint64_t value = 0;
	for (size_t i = 0; i < number.text.len; i++) {
		uint64_t digit = (uint64_t)(number.text.data[i] - '0');
		value = value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
	}
	uint32_t low = (uint32_t)value;
	if (low == 0 || low > INT_MAX)
		return err_set(err, "number of synchronous standbys (%.*s) must be greater than zero",
		               STR_ARG(number.text));
	*out = (int)low;
	return true;
}

/* N ( list ), the number read already. */
static bool take_counted(Parser *p, Token number, SyncRule *out, Err *err)
{
	return read_required(number, &out->required, err) && take_sign(p, '(', "\"(\"", err) &&
	       take_list(p, NULL, err) && take_sign(p, ')', "\",\" or \")\"", err);
}

static bool take_rule(Parser *p, SyncRule *out, Err *err)
{
	Token first = p->token;
	if (first.kind == TOKEN_ANY || first.kind == TOKEN_FIRST) {
		out->method = first.kind == TOKEN_ANY ? SYNC_ANY : SYNC_FIRST;
		next(p);
		Token number = p->token;
		if (number.kind != TOKEN_NUMBER)
			return expected(p, "a number", err);
		next(p);
		return take_counted(p, number, out, err);
	}
	out->method = SYNC_FIRST;
	out->required = 1;
	if (first.kind != TOKEN_NUMBER)
		return take_list(p, NULL, err);
	next(p);
	return at_sign(p, '(') ? take_counted(p, first, out, err) : take_list(p, &first, err);
}

bool sync_rule_parse(Arena *arena, Str value, SyncRule *out, Err *err)
{
	*out = (SyncRule){.method = SYNC_OFF};
	/* The server does not look into a value without a character; one of spaces alone is refused. */
	if (value.len == 0)
		return true;
	Parser p = {.arena = arena, .value = value};
	p.names = ARENA_ARRAY(arena, Str, value.len + 1);
	next(&p);
	if (!take_rule(&p, out, err))
		return false;
	if (p.token.kind != TOKEN_END)
		return expected(&p, "the end", err);
	out->names = p.names;
	out->nnames = p.nnames;
	return true;
}

/* ---- matching -------------------------------------------------------------------------------------------------- */

Str sync_method_text(SyncMethod method)
{
	static const Str TEXT[] = {
		[SYNC_OFF] = STR_INIT("off"), [SYNC_FIRST] = STR_INIT("first"), [SYNC_ANY] = STR_INIT("any")};
	return TEXT[method];
}

static bool is_wildcard(Str name)
{
	return str_eq(name, STR("*"));
}

int sync_rule_priority(const SyncRule *rule, Str application_name)
{
	for (size_t i = 0; i < rule->nnames; i++)
		if (is_wildcard(rule->names[i]) || str_eq_nocase(rule->names[i], application_name))
			return rule->method == SYNC_FIRST ? (int)i + 1 : 1;
	return 0;
}

bool sync_rule_has_wildcard(const SyncRule *rule)
{
	for (size_t i = 0; i < rule->nnames; i++)
		if (is_wildcard(rule->names[i]))
			return true;
	return false;
}

size_t sync_rule_distinct_names(const SyncRule *rule)
{
	size_t count = 0;
	if (sync_rule_has_wildcard(rule))
		return SIZE_MAX;
	for (size_t i = 0; i < rule->nnames; i++) { /* a handful in practice */
		bool seen = false;
		for (size_t k = 0; k < i && !seen; k++)
			seen = str_eq_nocase(rule->names[i], rule->names[k]);
		count += !seen;
	}
	return count;
}

static bool is_number(Str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_digit(name.data[i]))
			return false;
	return name.len > 0;
}

Str sync_rule_warning(Arena *arena, const SyncRule *rule)
{
	size_t distinct = sync_rule_distinct_names(rule);
	if (rule->method == SYNC_OFF)
		return STR_NONE;
	if (distinct < (size_t)rule->required)
		return str_format(arena, "can never be met: %d standbys are required, %zu named", rule->required,
		                  distinct);
	for (size_t i = 0; i < rule->nnames; i++)
		if (is_number(rule->names[i]))
			return str_format(arena, "\"%.*s\" is a standby's name here, not a number of standbys",
			                  STR_ARG(rule->names[i]));
	return STR_NONE;
}
