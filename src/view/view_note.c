#include "view/view_note.h"

#include "view/format.h"

#include <math.h>

static void put_safe(StrBuf *out, const SlotRow *slot)
{
	if (slot->safe_bytes == INT_NONE)
		return;
	strbuf_add_cstr(out, ", ");
	format_bytes(out, slot->safe_bytes > 0 ? slot->safe_bytes : 0);
	if (!isnan(slot->seconds_to_lost)) {
		strbuf_add_cstr(out, " (");
		format_seconds(out, slot->seconds_to_lost);
		strbuf_add_char(out, ')');
	}
	strbuf_add_cstr(out, " until lost");
}

static void put_kept(StrBuf *out, const NodeRow *node, const SlotRow *slot)
{
	if (str_eq(node->state, STR("lost"))) {
		strbuf_add_cstr(out, "what it kept is gone");
		if (!str_is_none(slot->invalidation_reason))
			strbuf_addf(out, ": %.*s", STR_ARG(slot->invalidation_reason));
	} else if (slot->restart_lsn == LSN_NONE) {
		strbuf_add_cstr(out, "never used, retains nothing");
	} else {
		strbuf_add_cstr(out, "retains ");
		format_bytes(out, slot->retained_bytes);
		put_safe(out, slot);
	}
}

static void put_slot(StrBuf *out, const NodeRow *node, const SlotRow *slot)
{
	char lsn[LSN_TEXT_MAX];
	put_kept(out, node, slot);
	if (!str_is_none(slot->used_by))
		strbuf_addf(out, ", was used by %.*s", STR_ARG(slot->used_by));
	bool rests = str_eq(node->state, STR("synced")) || str_eq(node->state, STR("unused"));
	if (!isnan(slot->inactive_seconds) && !rests) {
		strbuf_add_cstr(out, ", idle ");
		format_seconds(out, slot->inactive_seconds);
	}
	if (!str_is_none(slot->database))
		strbuf_addf(out, ", logical in %.*s", STR_ARG(slot->database));
	if (slot->restart_lsn != LSN_NONE)
		strbuf_addf(out, ", from %.*s", STR_ARG(lsn_write(slot->restart_lsn, lsn)));
}

static void put_backup(StrBuf *out, const NodeRow *node)
{
	strbuf_add(out, node->backup_phase);
	if (!isnan(node->backup_percent)) {
		strbuf_add_cstr(out, ", ");
		format_percent(out, node->backup_percent);
		strbuf_add_char(out, '%');
	}
	if (node->backup_bytes == INT_NONE)
		return;
	strbuf_add_cstr(out, ", ");
	format_bytes(out, node->backup_bytes);
	if (node->backup_total_bytes == INT_NONE)
		return;
	strbuf_add_cstr(out, " of ");
	format_bytes(out, node->backup_total_bytes);
}

void note_write(StrBuf *out, const Report *report, const NodeRow *node)
{
	if (node->is_ghost && node->slot < report->nslots)
		put_slot(out, node, &report->slots[node->slot]);
	else if (!str_is_none(node->backup_phase))
		put_backup(out, node);
}
