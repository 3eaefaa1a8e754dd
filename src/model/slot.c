#include "model/slot.h"

#include "model/rates.h"

#include <math.h>

static bool is_lost(const Slot *slot)
{
	return str_eq(slot->wal_status, STR("lost")) || !str_is_none(slot->invalidation_reason);
}

static Str flag_text(Flag flag)
{
	if (flag == FLAG_UNKNOWN)
		return STR_NONE;
	return flag == FLAG_YES ? STR("t") : STR("f");
}

/* A slot that was never used, and one whose WAL is gone, keep nothing. */
static int64_t retained(const Node *node, const Slot *slot)
{
	if (is_lost(slot))
		return INT_NONE;
	int64_t bytes = lsn_diff(sample_available_lsn(node->sample), slot->restart_lsn);
	return bytes == INT_NONE || bytes >= 0 ? bytes : 0; /* the two were not read in one moment */
}

/* How fast what it keeps grows; below 0 while its consumer catches up. A slot that went back is another one of that
 * name. */
static double growth(const Node *node, const Slot *slot)
{
	const Slot *before = rate_is_comparable(node) ? sample_slot(node->previous, slot->name) : NULL;
	if (before == NULL || is_lost(slot) || before->restart_lsn > slot->restart_lsn)
		return NAN;
	double wal = rate_node_wal(node);
	double moved = rate_lsn(before->restart_lsn, slot->restart_lsn, sample_moment_ns(node->previous),
	                        sample_moment_ns(node->sample));
	return wal - moved;
}

static double seconds_to_lost(const Node *node, const Slot *slot, int64_t safe_bytes)
{
	if (is_lost(slot))
		return 0;
	double rate = rate_node_wal(node);
	if (safe_bytes == INT_NONE || !(rate > 0))
		return NAN;
	return safe_bytes > 0 ? (double)safe_bytes / rate : 0;
}

SlotRow slot_row(Arena *arena, const Node *node, const Slot *slot)
{
	SlotRow row = {.node = node->name, .slot = slot->name, .type = slot->type, .plugin = slot->plugin};
	row.active = slot->active ? STR("t") : STR("f");
	row.temporary = slot->temporary ? STR("t") : STR("f");
	row.conflicting = flag_text(slot->conflicting);
	row.failover = flag_text(slot->failover);
	row.synced = flag_text(slot->synced);
	row.database = slot->database;
	row.active_pid = slot->active_pid != 0 ? slot->active_pid : INT_NONE;
	row.restart_lsn = slot->restart_lsn;
	row.confirmed_flush_lsn = slot->confirmed_flush_lsn;
	row.wal_status = slot->wal_status;
	row.invalidation_reason = slot->invalidation_reason;
	row.retained_bytes = retained(node, slot);
	row.growth_bytes_per_second = growth(node, slot);
	/* of one never used the server counts from position 0 */
	row.safe_bytes = slot->restart_lsn != LSN_NONE ? slot->safe_wal_size : INT_NONE;
	row.seconds_to_lost = seconds_to_lost(node, slot, row.safe_bytes);
	row.inactive_seconds = NAN;
	if (slot->inactive_since_us != TIME_NONE) {
		row.inactive_since = str_time(arena, slot->inactive_since_us);
		if (node->sample->server_time_us != TIME_NONE)
			row.inactive_seconds =
				fmax(0, (double)(node->sample->server_time_us - slot->inactive_since_us) / 1e6);
	}
	row.error = node->error;
	return row;
}

Str slot_ghost_state(const Slot *slot, RowHealth *health)
{
	*health = HEALTH_BAD;
	if (is_lost(slot))
		return STR("lost");
	*health = HEALTH_WARNING;
	if (str_eq(slot->wal_status, STR("unreserved")) || str_eq(slot->wal_status, STR("extended")))
		return slot->wal_status;
	*health = HEALTH_OK;
	if (slot->synced == FLAG_YES)
		return STR("synced"); /* the primary's, kept up here for a failover: nobody ever holds it */
	*health = HEALTH_NOTE;
	return slot->restart_lsn == LSN_NONE ? STR("unused") : STR("inactive");
}

RowKey slot_key(NodeId node, const Slot *slot)
{
	return (RowKey){node, ROW_KEY_SLOT, row_key_hash(slot->name)};
}
