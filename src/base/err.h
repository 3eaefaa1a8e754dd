#ifndef PGREPLTOP_BASE_ERR_H
#define PGREPLTOP_BASE_ERR_H
/* The error of a fallible call: one line of text, filled once where it happened, with context put before it on its
 * way up and shown once. Fallible functions return bool and take an Err last. */

#include <stdbool.h>

typedef struct Err {
	char text[1024]; /* NUL-terminated UTF-8, no newline, no trailing full stop; "" = no error */
} Err;

#if defined(__GNUC__)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PRINTF_LIKE(fmt, args)
#endif

/* Sets the text (truncated at a UTF-8 boundary if too long) and returns false, so that `return err_set(...)` reads
 * well. `err` may be NULL when the caller does not care. */
bool err_set(Err *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts "CONTEXT: " before the text that is there; returns false. */
bool err_context(Err *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
