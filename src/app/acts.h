#ifndef PGREPLTOP_APP_ACTS_H
#define PGREPLTOP_APP_ACTS_H
/* From what was confirmed on the screen to the servers, and back: each action and its answer goes to the screen, the event
 * log and the action log. All are borrowed. */
#include "app/actionlog.h"
#include "collect/poller.h"
#include "model/events.h"
#include "view/uistate.h"

#include <stdint.h>

typedef struct Acts {
	Poller *poller;
	UiState *ui;
	EventLog *events;
	ActionLog *log; /* NULL = none is kept */
} Acts;

/* Does what ui->acted holds from acted_from on: EFFECT_ACT. What cannot be logged before is not done. */
void acts_begin(const Acts *acts, int64_t now_ns, int64_t wall_us);
/* Takes the answers that are there. */
void acts_take(const Acts *acts, int64_t wall_us);
/* The program ends: whatever has no answer so far gets none, which the log says. */
void acts_end(const Acts *acts, int64_t wall_us);

#endif
