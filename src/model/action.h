#ifndef PGREPLTOP_MODEL_ACTION_H
#define PGREPLTOP_MODEL_ACTION_H
/* What a person does to servers: whom it is for, what was answered, and the words for both. A target is a copy of what the
 * confirmation showed, so that what is sent is what was confirmed, whatever the rows say by then. */
#include "base/str.h"
#include "model/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ActKind { ACT_CANCEL, ACT_TERMINATE, ACT_PAUSE, ACT_RESUME } ActKind;

typedef enum ActAnswer {
	ACT_ASKED,        /* no answer so far */
	ACT_DONE,         /* the server's function returned t, or nothing where it has nothing to say */
	ACT_FALSE,        /* it returned f: the server could not signal the process */
	ACT_GONE,         /* no such process any more */
	ACT_RECYCLED,     /* the pid is another session's by now */
	ACT_HIDDEN,       /* the role may not see whose the pid is */
	ACT_NO_STANDBY,   /* the server is not, or no longer, in recovery */
	ACT_OTHER_SERVER, /* the postmaster was restarted since, or another one is at that address */
	ACT_DENIED,       /* the server refused for want of a right */
	ACT_ERROR,        /* the server answered with another error */
	ACT_NO_ANSWER,    /* sent, and no answer came: it may have been done */
	ACT_NOT_SENT,     /* it could not be asked */
	ACT_REFUSED       /* never asked: nobody can do it, or there is nothing to do */
} ActAnswer;

typedef struct ActTarget {
	ActKind kind;
	RowKey key;
	int64_t server_start_us; /* of the postmaster that was confirmed, TIME_NONE = not known */
	bool sync_wait;
	bool is_walsender;
	char cluster[24];
	char node[128];
	char login[64]; /* the role that asks */
	char backend_type[64];
	char user[128];
	char database[128];
	char client[128];
	char query[256];
	char serves[128]; /* a walsender's receiver */
	char wal_lsn[32]; /* what a synchronous wait waits for; of a standby: where its replay stands */
	char needs[160];  /* the right that the role lacks, as far as it is known */
	double age_seconds;
	int version_num;
	ActAnswer answer;
	char detail[320]; /* of the answer: the server's words, or why it was not asked */
} ActTarget;

/* Targets; zero-initialised is empty; owns its memory. */
typedef struct ActList {
	ActTarget *items;
	size_t count, cap;
} ActList;

void act_add(ActList *list, const ActTarget *target);
void act_clear(ActList *list);                         /* keeps the memory */
void act_free(ActList *list);                          /* leaves it empty and usable */
size_t act_sendable(const ActList *list, size_t from); /* how many of those from there on are to be asked */

static inline bool act_is_signal(ActKind kind)
{
	return kind == ACT_CANCEL || kind == ACT_TERMINATE;
}
const char *act_verb(ActKind kind);     /* cancel, terminate, pause, resume */
const char *act_function(ActKind kind); /* of the server: pg_cancel_backend */

/* "cancel pid 15567 on db1:1923", "pause replay on db2:1922". */
void act_write_what(StrBuf *out, const ActTarget *target);
/* The answer in words; the server's own ones where it has some. */
void act_write_answer(StrBuf *out, const ActTarget *target);
/* What the person should know of an answer: it was not what was asked for. */
bool act_is_bad(const ActTarget *target);

/* Lines of the action log, CSV; `state` is asked or answer, `time` ISO 8601. Each row ends with a newline and has no other:
 * line breaks in what servers say are blanks. */
void act_log_header(StrBuf *out);
void act_log_row(StrBuf *out, Str time, Str os_user, Str state, const ActTarget *target);

#endif
