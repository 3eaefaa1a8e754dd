#ifndef PGREPLTOP_MODEL_SLOT_H
#define PGREPLTOP_MODEL_SLOT_H
/* A replication slot: what it keeps, how that grows, and how long until it is lost. */
#include "base/arena.h"
#include "model/rows.h"
#include "model/snapshot.h"

/* The row of a slot of the node's sample. Sets every field but `time`, `cluster` and `used_by`. */
SlotRow slot_row(Arena *arena, const Node *node, const Slot *slot);
/* The state of one that nobody holds, and how it is to be seen. */
Str slot_ghost_state(const Slot *slot, RowHealth *health);
/* Identity of a ghost leaf: the same as long as the slot keeps its name. */
RowKey slot_key(NodeId node, const Slot *slot);

#endif
