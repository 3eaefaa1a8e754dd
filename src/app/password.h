#ifndef PGREPLTOP_APP_PASSWORD_H
#define PGREPLTOP_APP_PASSWORD_H
/* Asking for a password on the terminal. */
#include <stdbool.h>
#include <stddef.h>

/* Reads a line from /dev/tty without echo into `out` (cut at size - 1). False: no terminal, or end of input. The caller
 * wipes `out`. */
bool password_ask(const char *prompt, char *out, size_t size);

#endif
