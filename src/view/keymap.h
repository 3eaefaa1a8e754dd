#ifndef PGREPLTOP_VIEW_KEYMAP_H
#define PGREPLTOP_VIEW_KEYMAP_H
/* The one table of keys: it dispatches, and feeds the help screen, the key line, the [keys] section and the manual. */
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key as out/tui delivers it: a Unicode code point (control keys as their C0 code), or one of the KEY_ values. */
typedef uint32_t Key;
enum {
	UI_KEY_NONE = 0x200000,
	UI_KEY_UP,
	UI_KEY_DOWN,
	UI_KEY_LEFT,
	UI_KEY_RIGHT,
	UI_KEY_PAGE_UP,
	UI_KEY_PAGE_DOWN,
	UI_KEY_HOME,
	UI_KEY_END,
	UI_KEY_ENTER,
	UI_KEY_ESCAPE,
	UI_KEY_TAB,
	UI_KEY_BACKTAB,
	UI_KEY_BACKSPACE,
	UI_KEY_DELETE,
	UI_KEY_INSERT,
	UI_KEY_F1 /* F2 = UI_KEY_F1 + 1 ... F12 */
};

/* Only what the program can do now; a later feature adds its rows. */
typedef enum Action {
	ACTION_NONE,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_HOME,
	ACTION_END,
	ACTION_SCROLL_LEFT,
	ACTION_SCROLL_RIGHT,
	ACTION_FOLD,
	ACTION_UNFOLD,
	ACTION_FOLD_ALL,
	ACTION_SORT_LEFT,
	ACTION_SORT_RIGHT,
	ACTION_REVERSE,
	ACTION_FILTER,
	ACTION_ONLY_ACTIVE,
	ACTION_TOTALS,
	ACTION_ALL_NODES,
	ACTION_GROUP,
	ACTION_VIEW_TOPOLOGY,
	ACTION_VIEW_PROCESSES,
	ACTION_VIEW_QUORUM,
	ACTION_VIEW_EVENTS,
	ACTION_VIEW_DETAIL, /* of the node under the cursor */
	ACTION_SWITCH_PANE, /* Tab: focus tree <-> processes */
	ACTION_BACK,        /* Esc */
	ACTION_CANCEL,
	ACTION_TERMINATE,
	ACTION_PAUSE,
	ACTION_TAG,
	ACTION_UNTAG,
	ACTION_SEARCH,
	ACTION_SEARCH_NEXT,
	ACTION_SEARCH_PREVIOUS,
	ACTION_COLUMNS,
	ACTION_FREEZE,
	ACTION_DELAY,
	ACTION_HELP,
	ACTION_REDRAW,
	ACTION_QUIT,
	ACTION_REPLAY_PAUSE,
	ACTION_REPLAY_BACK,
	ACTION_REPLAY_FORWARD,
	ACTION_REPLAY_BACK_10,
	ACTION_REPLAY_FORWARD_10,
	ACTION_REPLAY_BACK_60,
	ACTION_REPLAY_FORWARD_60,
	ACTION_REPLAY_PREVIOUS_EVENT,
	ACTION_REPLAY_NEXT_EVENT,
	ACTION_REPLAY_GO_TO,
	ACTION_REPLAY_SLOWER,
	ACTION_REPLAY_FASTER,
	ACTION_COUNT
} Action;

typedef struct KeyBinding {
	Action action;
	const char *name;   /* in [keys]: cancel, page-down, ... */
	const char *keys;   /* default keys, separated by spaces, as key_parse() reads them: "Up k" */
	const char *group;  /* heading in help: Move, Tree, Processes, Act, Live, View, Screen, Replay */
	const char *help;   /* one sentence */
	const char *footer; /* label in the key line, NULL = not there */
} KeyBinding;

extern const KeyBinding KEY_BINDINGS[];
extern const size_t KEY_BINDING_COUNT;

enum { KEYMAP_KEYS_PER_ACTION = 6 };

typedef struct Keymap {
	bool replaying;                                 /* of a recording, not of servers */
	Key keys[ACTION_COUNT][KEYMAP_KEYS_PER_ACTION]; /* UI_KEY_NONE-filled */
} Keymap;

void keymap_init(Keymap *map); /* the defaults */
/* Replaces the keys of the action called `name`; false if there is no such action, a key does not parse, there are too
 * many, or a key already belongs to another action of the same scope. */
bool keymap_set(Keymap *map, Str name, Str keys, Err *err);
/* Acts on servers: away where nothing may be done (--readonly). */
bool key_acts(const KeyBinding *binding);
/* The groups Act and Live are for servers, Replay is for recordings. As they are never there together, their keys may be the
 * same. */
typedef enum KeyScope { KEYS_ANYWHERE, KEYS_LIVE, KEYS_REPLAY } KeyScope;
KeyScope key_scope(const KeyBinding *binding);
/* Whether it is there: a recording has other keys than servers. */
bool keymap_has(const Keymap *map, const KeyBinding *binding);
/* Another action of the same scope that one of `keys` belongs to, and that key; NULL = none (or a key does not parse). */
const KeyBinding *keymap_owner(const Keymap *map, const KeyBinding *binding, Str keys, Key *key);
Action keymap_lookup(const Keymap *map, Key key);
/* "q", "C-l", "Up", "PgDn", "F1", "Space", "Esc", "Tab", "Enter" ... */
bool key_parse(Str name, Key *key);
void key_write(Key key, StrBuf *out);

#endif
