#ifndef PGREPLTOP_MODEL_ANONYMIZE_H
#define PGREPLTOP_MODEL_ANONYMIZE_H
/* --anonymize: a report without names. Each name (of a node, a host, a cluster, a slot, a role, a database, an application)
 * is replaced by another (node1, host1 ...), the same one wherever and whenever it stands again. In sentences only words
 * that are known to be no names stay; the others become "?". Ports and queries are left out. */
#include "base/arena.h"
#include "model/rows.h"

typedef struct Anonymizer Anonymizer;

Anonymizer *anonymizer_new(void);
void anonymizer_free(Anonymizer *a); /* NULL is ignored */
/* Rewrites the rows, and what else a recording has of them; new texts are in the arena, or live as long as the anonymizer. Call
 * before events are made of the report: they then hold no names either. */
void anonymize_report(Anonymizer *a, Arena *arena, Report *report);

#endif
