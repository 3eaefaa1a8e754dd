#ifndef PGREPLTOP_MODEL_ROLE_SERVICE_H
#define PGREPLTOP_MODEL_ROLE_SERVICE_H
/* The words of the processes that serve replication without moving WAL to or from another node: archiver, checkpointer,
 * writers, summarizer, slot synchronisation, I/O workers, and those of subscriptions. */
#include "model/role_writer.h"

/* Lines at most, beside one a row of pg_stat_subscription. */
enum { ROLE_SERVICES_MAX = 7 };
void role_services(RoleWriter *w);

#endif
