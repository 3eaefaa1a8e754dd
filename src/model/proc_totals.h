#ifndef PGREPLTOP_MODEL_PROC_TOTALS_H
#define PGREPLTOP_MODEL_PROC_TOTALS_H
/* What each process has read and written since the program first saw it: /proc counts from the start of a process, so it
 * takes no more than the counters at first sight. What has begun since the program first read its node counts from 0.
 * Holds one entry a process that lives, by node; it lives as long as the program. */
#include "model/rows.h"
#include "model/snapshot.h"

typedef struct ProcTotals ProcTotals;

ProcTotals *proc_totals_new(void);
void proc_totals_free(ProcTotals *totals);

/* Notes the counters of a new snapshot. Nodes whose processes were not read keep what is known of them. */
void proc_totals_note(ProcTotals *totals, const Snapshot *snapshot);
/* Fills rchar_bytes .. write_bytes of the report's processes; the report is of the snapshot noted last. */
void proc_totals_fill(const ProcTotals *totals, Report *report);

#endif
