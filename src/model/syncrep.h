#ifndef PGREPLTOP_MODEL_SYNCREP_H
#define PGREPLTOP_MODEL_SYNCREP_H
/* synchronous_standby_names as the server reads it: its grammar and matching are those of PostgreSQL's
 * src/backend/replication/syncrep_scanner.l, syncrep_gram.y and SyncRepGetStandbyPriority(), which are the same in all
 * versions from 10 on. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum SyncMethod {
	SYNC_OFF,   /* no rule: nothing is synchronous */
	SYNC_FIRST, /* the first `required` by priority; also a plain list and N (...) */
	SYNC_ANY    /* any `required` of them */
} SyncMethod;

typedef struct SyncRule {
	SyncMethod method;
	int required;
	const Str *names; /* in order of priority, quotes removed; "*" matches all */
	size_t nnames;
} SyncRule;

/* Parses the value of the setting; texts are in the arena. False with `err` (what was expected, and at which byte) for what
 * the server would refuse. */
bool sync_rule_parse(Arena *arena, Str value, SyncRule *out, Err *err);

/* "off", "first", "any" */
Str sync_method_text(SyncMethod method);

/* The sync_priority that the server gives to a standby with this application_name; 0: it is asynchronous. Does not hold
 * for a cascading standby's own senders, which are always asynchronous. */
int sync_rule_priority(const SyncRule *rule, Str application_name);

bool sync_rule_has_wildcard(const SyncRule *rule);

/* How many different standbys the rule can name; SIZE_MAX with a wildcard. */
size_t sync_rule_distinct_names(const SyncRule *rule);

/* Why the rule can never be met or hardly means what it says, for a warning; STR_NONE: nothing is wrong with it. */
Str sync_rule_warning(Arena *arena, const SyncRule *rule);

#endif
