#ifndef PGREPLTOP_APP_FREEZE_H
#define PGREPLTOP_APP_FREEZE_H
/* The report of a frozen screen: a newer one does not change it. Its rows are not copied, the caller keeps their memory. */
#include "model/rows.h"
#include "model/series.h"

/* Zero-initialised is not frozen. */
typedef struct Freeze {
	Series *series; /* a copy, as the program's own goes on; NULL: not frozen */
	Report report;
} Freeze;

void freeze_begin(Freeze *freeze, const Report *report);
void freeze_end(Freeze *freeze);
/* The report to show: the frozen one, or else the newest. */
const Report *freeze_shown(const Freeze *freeze, const Report *newest);

#endif
