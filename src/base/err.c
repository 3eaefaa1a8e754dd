#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A draft is longer than the text by more than one character, so that the bytes behind the cut are known. */
#define DRAFT_SIZE (sizeof(((Err *)NULL)->text) + 8)

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7F;
}

static bool is_word_end(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t trimmed_length(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return len;
}

/* Keeps the promise of Err whatever the draft holds: libpq's and the server's messages come with newlines, tabs and
 * full stops. A full stop that does not end a word belongs to a name ("..", "./") and stays. */
static void store(Err *err, const char *draft)
{
	size_t len = strlen(draft);
	if (len >= sizeof(err->text)) {
		len = sizeof(err->text) - 1;
		while (len > 0 && is_continuation(draft[len]))
			len--;
	}
	for (size_t i = 0; i < len; i++) {
		err->text[i] = draft[i];
		if (is_control(draft[i]))
			err->text[i] = ' ';
	}
	len = trimmed_length(err->text, len);
	if (len > 1 && err->text[len - 1] == '.' && is_word_end(err->text[len - 2]))
		len--;
	err->text[len] = '\0';
}

bool err_set(Err *err, const char *format, ...)
{
	if (!err)
		return false;
	char draft[DRAFT_SIZE] = "";
	va_list args;
	va_start(args, format);
	(void)vsnprintf(draft, sizeof(draft), format, args);
	va_end(args);
	store(err, draft);
	if (err->text[0] == '\0') /* libpq sometimes gives no message, but "" would mean that there was no error */
		store(err, "unknown error");
	return false;
}

bool err_context(Err *err, const char *format, ...)
{
	if (!err)
		return false;
	char draft[DRAFT_SIZE] = "";
	va_list args;
	va_start(args, format);
	int written = vsnprintf(draft, sizeof(draft), format, args);
	va_end(args);
	if (written < 0)
		return false;
	size_t len = strlen(draft);
	if (err->text[0])
		(void)snprintf(draft + len, sizeof(draft) - len, "%s%s", len ? ": " : "", err->text);
	store(err, draft);
	return false;
}
