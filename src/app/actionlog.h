#ifndef PGREPLTOP_APP_ACTIONLOG_H
#define PGREPLTOP_APP_ACTIONLOG_H
/* The file that keeps who did what to which server: appended to, never rewritten, one write(2) a line. */
#include "base/err.h"
#include "model/action.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ActionLog ActionLog;

/* Opens the file, which is made for its owner alone if it is not there, and gets a header if it is empty. NULL: it cannot be
 * opened or written; the error names it. */
ActionLog *action_log_open(const char *path, Err *err);
void action_log_close(ActionLog *log); /* NULL is ignored */
/* One line; `asked`: before it is done, else with its answer. True also without a log (NULL). */
bool action_log_write(ActionLog *log, int64_t wall_us, bool asked, const ActTarget *target, Err *err);

#endif
