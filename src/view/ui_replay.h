#ifndef PGREPLTOP_VIEW_UI_REPLAY_H
#define PGREPLTOP_VIEW_UI_REPLAY_H
/* Where a replay stands and how it goes on, and what the person wants of it. The program (app/player.h) reads the speed and
 * whether it is paused, carries out the moves, and says where it stands. */
#include "view/frame.h"
#include "view/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ReplayMoveKind {
	REPLAY_STEP,  /* so many samples */
	REPLAY_EVENT, /* to the next one, or with by = -1 to the one before */
	REPLAY_SEEK   /* to the last sample that is not newer than unix_us */
} ReplayMoveKind;

typedef struct ReplayMove {
	ReplayMoveKind kind;
	int by;
	int64_t unix_us;
} ReplayMove;

/* Times are in microseconds since the Unix epoch. Zero-initialised: no replay. */
typedef struct ReplayUi {
	bool on;
	bool paused;
	int speed; /* a step from 1x: doubled or halved */
	int64_t first_us, last_us;
	int64_t now_us;   /* of the sample that is shown */
	size_t at, count; /* it is the one after `at` of `count` */
	ReplayMove move;  /* after EFFECT_REPLAY */
} ReplayUi;

double replay_speed(const ReplayUi *ui); /* 0.25 .. 64 */
bool replay_is_at_end(const ReplayUi *ui);

typedef enum ReplayResult { REPLAY_NOT_MINE, REPLAY_DONE, REPLAY_MOVES } ReplayResult;

/* A key on the screen. REPLAY_MOVES: ui->move is to be carried out. With an error: the key is for servers. */
ReplayResult replay_key(ReplayUi *ui, const Keymap *keymap, Key key, Err *err);
/* "12:01:33" (UTC, on the day that is shown, or the one at its side that is in the recording), "2026-11-21 12:01", "+5m",
 * "-30s", "50%". */
bool replay_parse_time(const ReplayUi *ui, Str text, int64_t *unix_us, Err *err);
/* Makes ui->move the one to a time that was typed; false: it is none. */
bool replay_seek(ReplayUi *ui, Str text, Err *err);

/* One line: where it stands. */
void replay_draw(const ReplayUi *ui, Frame *frame, int row);

#endif
