#include "app/secrets.h"

#include "base/num.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_uri(Str text)
{
	return str_starts(text, STR("postgresql://")) || str_starts(text, STR("postgres://"));
}

bool conninfo_is(Str text)
{
	return is_uri(text) || str_find(text, STR("=")) != SIZE_MAX;
}

static bool is_secret_keyword(Str name)
{
	static const Str secrets[] = {
		STR_INIT("password"),         STR_INIT("sslpassword"),      STR_INIT("oauth_client_secret"),
		STR_INIT("scram_client_key"), STR_INIT("scram_server_key"),
	};
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (str_eq_nocase(name, secrets[i]))
			return true;
	}
	return false;
}

static size_t skip_spaces(Str text, size_t at)
{
	while (at < text.len && is_space(text.data[at]))
		at++;
	return at;
}

/* Behind a value that begins at `at`, as libpq's conninfo_parse() reads it: quoted, or up to a space; a backslash takes
 * the character behind it along. */
static size_t value_end(Str text, size_t at)
{
	bool quoted = at < text.len && text.data[at] == '\'';
	for (at += quoted; at < text.len; at++) {
		char c = text.data[at];
		if (c == '\\' && at + 1 < text.len)
			at++;
		else if (quoted && c == '\'')
			return at + 1;
		else if (!quoted && is_space(c))
			return at;
	}
	return at;
}

/* Walks over the secrets in a connection string, broken ones included: what libpq refuses may still hold a password. */
typedef struct SecretScan {
	Str text;
	size_t at;
	bool in_query; /* of a URI */
} SecretScan;

/* The next value of a secret keyword in KEYWORD=VALUE... */
static Str next_keyword_secret(SecretScan *scan)
{
	Str text = scan->text;
	for (size_t at = skip_spaces(text, scan->at); at < text.len; at = skip_spaces(text, at)) {
		size_t start = at;
		while (at < text.len && text.data[at] != '=' && !is_space(text.data[at]))
			at++;
		Str name = str_sub(text, start, at);
		at = skip_spaces(text, at);
		if (at >= text.len || text.data[at] != '=')
			continue;
		start = skip_spaces(text, at + 1);
		at = value_end(text, start);
		scan->at = at;
		if (at > start && is_secret_keyword(name))
			return str_sub(text, start, at);
	}
	return STR_NONE;
}

/* Up to the first of `stops` from `at`, or the end. */
static size_t find_any(Str text, size_t at, const char *stops)
{
	while (at < text.len && !strchr(stops, text.data[at]))
		at++;
	return at;
}

/* The password of USER:PASSWORD@ in a URI. libpq takes it up to the first @; one that should have been written as %40
 * and a slash that should have been %2F belong to what was meant to be secret, too. */
static Str uri_password(SecretScan *scan)
{
	Str text = scan->text;
	size_t start = str_find(text, STR("://")) + 3;
	size_t end = find_any(text, start, "@/");
	if (end < text.len && text.data[end] == '/')
		end = find_any(text, end, "@?");
	if (end >= text.len || text.data[end] != '@') {
		scan->at = start;
		return STR_NONE;
	}
	for (size_t next = find_any(text, end + 1, "@/?"); next < text.len && text.data[next] == '@';
	     next = find_any(text, end + 1, "@/?"))
		end = next;
	scan->at = end;
	size_t colon = find_any(str_sub(text, 0, end), start, ":");
	return colon + 1 < end ? str_sub(text, colon + 1, end) : STR_NONE;
}

/* libpq decodes %XX in keywords as well. */
static bool is_encoded_secret_keyword(Str name)
{
	char storage[64];
	StrBuf decoded = STRBUF_ON(storage);
	for (size_t i = 0; i < name.len; i++) {
		uint64_t byte = 0;
		if (name.data[i] == '%' && i + 2 < name.len && num_parse_hex64(str_sub(name, i + 1, i + 3), &byte)) {
			strbuf_add_char(&decoded, (char)byte);
			i += 2;
		} else {
			strbuf_add_char(&decoded, name.data[i]);
		}
	}
	return is_secret_keyword(strbuf_str(&decoded));
}

/* The next value of a secret keyword in a URI's ?KEYWORD=VALUE&... */
static Str next_query_secret(SecretScan *scan)
{
	Str text = scan->text;
	while (scan->at < text.len) {
		size_t start = find_any(text, scan->at, scan->in_query ? "&" : "?") + 1;
		scan->in_query = true;
		size_t equals = find_any(text, start, "=&");
		size_t end = find_any(text, equals, "&");
		scan->at = end;
		if (equals + 1 < end && is_encoded_secret_keyword(str_sub(text, start, equals)))
			return str_sub(text, equals + 1, end);
	}
	return STR_NONE;
}

/* The next secret that is not empty; scan->at is behind it. */
static Str next_secret(SecretScan *scan)
{
	if (!is_uri(scan->text))
		return next_keyword_secret(scan);
	Str password = scan->at == 0 ? uri_password(scan) : STR_NONE;
	return str_is_none(password) ? next_query_secret(scan) : password;
}

bool conninfo_has_password(Str conninfo)
{
	SecretScan scan = {.text = conninfo};
	return !str_is_none(next_secret(&scan));
}

void conninfo_wipe_passwords(char *conninfo)
{
	static const Str mask = STR_INIT("***");
	if (!conninfo)
		return;
	SecretScan scan = {.text = str_from(conninfo)};
	for (Str secret = next_secret(&scan); secret.len > 0; secret = next_secret(&scan)) {
		size_t at = (size_t)(secret.data - conninfo);
		char *start = conninfo + at;
		size_t tail = scan.text.len - at - secret.len;
		size_t masked = secret.len < mask.len ? secret.len : mask.len;
		size_t shorter = secret.len - masked;
		memcpy(start, mask.data, masked);
		memmove(start + masked, start + secret.len, tail);
		memset(start + masked + tail, 0, shorter);
		scan.text.len -= shorter;
		scan.at -= shorter;
	}
}
