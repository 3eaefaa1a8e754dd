#ifndef PGREPLTOP_MODEL_PROCESS_H
#define PGREPLTOP_MODEL_PROCESS_H
/* The processes of a node: what /proc says of each, joined with what pg_stat_activity and pg_stat_replication say. */
#include "base/arena.h"
#include "model/rows.h"
#include "model/snapshot.h"

#include <stddef.h>

/* Appends the node's processes, sorted by pid, to rows[0..]; `rows` has room for process_count(node). Returns how many.
 * Sets every field but `time`, `cluster` and `serves`. */
size_t process_rows(Arena *arena, const Node *node, ProcessRow *rows);
size_t process_count(const Node *node); /* an upper bound */

#endif
