#ifndef PGREPLTOP_OUT_WRITING_H
#define PGREPLTOP_OUT_WRITING_H
/* Text to descriptors and files, whole or with an error that names the file. */
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* All of the text, in as few writes as the descriptor takes; one that somebody made non-blocking is waited for. */
bool write_all(int fd, const char *name, Str text, Err *err);
/* The file holds either what it held before or all of the text, whoever reads it and whatever ends us: a new file beside
 * it (".NAME.PID") that is on the disk before it takes its place. Keeps the old one's permissions. */
bool write_replacing(const char *path, Str text, Err *err);

#endif
