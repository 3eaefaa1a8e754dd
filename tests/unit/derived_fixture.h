#ifndef PGREPLTOP_TESTS_DERIVED_FIXTURE_H
#define PGREPLTOP_TESTS_DERIVED_FIXTURE_H
/* Reports that are derived from snapshots of snapshot_fixture.h, and what tests ask of them. */
#include "model/report.h"

#include "snapshot_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* In the snapshot's arena. `previous` may be NULL. */
const Report *report_with(Snapshot *s, const History *history, const Topology *previous);
const Report *report_after(Snapshot *s, const Topology *previous); /* without a past */
const Report *report_of(Snapshot *s);                              /* nor a topology before */
const NodeRow *row_of(const Report *r, const char *node);
void assert_str(Str actual, const char *expected); /* NULL: no value */
void assert_close(double actual, double expected); /* NAN: unknown */

#endif
