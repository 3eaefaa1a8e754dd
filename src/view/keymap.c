#include "view/keymap.h"

#include "base/num.h"
#include "base/suggest.h"
#include "base/utf8.h"

#include <string.h>

const KeyBinding KEY_BINDINGS[] = {
	{ACTION_UP, "up", "Up k", "Move", "Move the cursor up.", NULL},
	{ACTION_DOWN, "down", "Down j", "Move", "Move the cursor down.", NULL},
	{ACTION_PAGE_UP, "page-up", "PgUp", "Move", "Move the cursor a page up.", NULL},
	{ACTION_PAGE_DOWN, "page-down", "PgDn", "Move", "Move the cursor a page down.", NULL},
	{ACTION_HOME, "home", "Home", "Move", "Move the cursor to the first row.", NULL},
	{ACTION_END, "end", "End", "Move", "Move the cursor to the last row.", NULL},
	{ACTION_SCROLL_LEFT, "scroll-left", "Left [", "Move", "Show columns further left.", NULL},
	{ACTION_SCROLL_RIGHT, "scroll-right", "Right ]", "Move", "Show columns further right.", NULL},
	{ACTION_SEARCH, "search", "/", "Move", "Search the rows for words.", NULL},
	{ACTION_SEARCH_NEXT, "search-next", "n", "Move", "Move the cursor to the next row that has them.", NULL},
	{ACTION_SEARCH_PREVIOUS, "search-previous", "N", "Move", "Move the cursor to the previous row that has them.",
         NULL},
	{ACTION_FOLD, "fold", "-", "Tree", "Fold away what hangs below the row or the cluster under the cursor.", NULL},
	{ACTION_UNFOLD, "unfold", "+", "Tree", "Show it again.", NULL},
	{ACTION_FOLD_ALL, "fold-all", "*", "Tree", "Unfold everything, or fold every tree when nothing is folded.",
         NULL},
	{ACTION_SORT_LEFT, "sort-left", "<", "Tree",
         "Sort siblings, or processes, by the column to the left; beyond the first: as they stand.", NULL},
	{ACTION_SORT_RIGHT, "sort-right", ">", "Tree", "Sort siblings, or processes, by the column to the right.",
         NULL},
	{ACTION_REVERSE, "reverse", "R", "Tree", "Reverse the order of the sort column.", NULL},
	{ACTION_FILTER, "filter", "\\", "Processes",
         "Show only nodes or processes that match: words, or COLUMN=TEXT, COLUMN~TEXT, COLUMN>VALUE.", "Filter"},
	{ACTION_ONLY_ACTIVE, "only-active", "i", "Processes", "Show only processes that do something, or all.",
         "Active"},
	{ACTION_TOTALS, "totals", "a", "Processes",
         "Show bytes since the program first saw a process, or bytes per second.", "Totals"},
	{ACTION_ALL_NODES, "all-nodes", "A", "Processes",
         "In the process view: show all nodes, or the one under the cursor.", "Nodes"},
	{ACTION_GROUP, "group", "g", "Processes",
         "There: a group and a subtotal for each node, sorted within; or one list of all.", "Group"},
	{ACTION_TAG, "tag", "Space", "Act", "Tag the process or node under the cursor, or take its tag away.", NULL},
	{ACTION_UNTAG, "untag", "U", "Act", "Take all tags away.", NULL},
	{ACTION_CANCEL, "cancel", "C", "Act", "Cancel the query of the process, or of all tagged ones (asks first).",
         "Cancel"},
	{ACTION_TERMINATE, "terminate", "K", "Act",
         "Terminate the session of the process, or all tagged ones (asks first).", "Terminate"},
	{ACTION_PAUSE, "pause", "P", "Act",
         "Pause or resume replay of the standby, or of all tagged ones (asks first).", NULL},
	{ACTION_FREEZE, "freeze", "z", "Live", "Freeze what is shown while data keep coming, or show the newest again.",
         "Unfreeze"},
	{ACTION_DELAY, "delay", "s", "Live", "Set the seconds between samples.", NULL},
	{ACTION_VIEW_TOPOLOGY, "topology", "1", "View", "Show the tree and the processes.", NULL},
	{ACTION_VIEW_PROCESSES, "processes", "2", "View", "Show the processes of all nodes.", "Processes"},
	{ACTION_VIEW_QUORUM, "quorum", "4", "View",
         "Show what commits of the cluster under the cursor wait for, and what a failover would lose.", "Quorum"},
	{ACTION_VIEW_EVENTS, "events", "5", "View", "Show what changed since the program began.", "Events"},
	{ACTION_VIEW_DETAIL, "detail", "Enter", "View",
         "Show all of the node under the cursor, what its processes do, and its lag as a chart.", "Node"},
	{ACTION_SWITCH_PANE, "pane", "Tab", "Screen", "Change between the tree and the processes.", "Pane"},
	{ACTION_BACK, "back", "Esc", "Screen", "Go back to the tree; close a box.", "Back"},
	{ACTION_COLUMNS, "columns", "f", "Screen", "Choose the columns of the tree or the processes, and their order.",
         NULL},
	{ACTION_HELP, "help", "? h F1", "Screen", "Show this help.", "Help"},
	{ACTION_REDRAW, "redraw", "C-l", "Screen", "Draw the screen anew.", NULL},
	{ACTION_QUIT, "quit", "q F10", "Screen", "Leave the program.", "Quit"},
	{ACTION_REPLAY_PAUSE, "replay-pause", "Space", "Replay", "Stop the recording where it is, or play it on.",
         "Pause"},
	{ACTION_REPLAY_BACK, "replay-back", ",", "Replay", "Go a sample back.", NULL},
	{ACTION_REPLAY_FORWARD, "replay-forward", ".", "Replay", "Go a sample on.", "Step"},
	{ACTION_REPLAY_BACK_10, "replay-back-10", "(", "Replay", "Go 10 samples back.", NULL},
	{ACTION_REPLAY_FORWARD_10, "replay-forward-10", ")", "Replay", "Go 10 samples on.", NULL},
	{ACTION_REPLAY_BACK_60, "replay-back-60", "{", "Replay", "Go 60 samples back.", NULL},
	{ACTION_REPLAY_FORWARD_60, "replay-forward-60", "}", "Replay", "Go 60 samples on.", NULL},
	{ACTION_REPLAY_PREVIOUS_EVENT, "replay-previous-event", "E", "Replay", "Go to the event before.", NULL},
	{ACTION_REPLAY_NEXT_EVENT, "replay-next-event", "e", "Replay", "Go to the next event.", "Event"},
	{ACTION_REPLAY_GO_TO, "replay-go-to", "G", "Replay",
         "Go to a time (UTC): 12:01:33, 2026-11-21 12:01, +5m, -30s or 50%.", "Go to"},
	{ACTION_REPLAY_SLOWER, "replay-slower", "S", "Replay", "Play at half the speed.", NULL},
	{ACTION_REPLAY_FASTER, "replay-faster", "F", "Replay", "Play at twice the speed.", "Faster"},
};
const size_t KEY_BINDING_COUNT = sizeof(KEY_BINDINGS) / sizeof(KEY_BINDINGS[0]);

typedef struct KeyName {
	Str name;
	Key key;
} KeyName;

static const KeyName key_names[] = {
	{STR_INIT("Up"), UI_KEY_UP},
	{STR_INIT("Down"), UI_KEY_DOWN},
	{STR_INIT("Left"), UI_KEY_LEFT},
	{STR_INIT("Right"), UI_KEY_RIGHT},
	{STR_INIT("PgUp"), UI_KEY_PAGE_UP},
	{STR_INIT("PgDn"), UI_KEY_PAGE_DOWN},
	{STR_INIT("Home"), UI_KEY_HOME},
	{STR_INIT("End"), UI_KEY_END},
	{STR_INIT("Enter"), UI_KEY_ENTER},
	{STR_INIT("Esc"), UI_KEY_ESCAPE},
	{STR_INIT("Tab"), UI_KEY_TAB},
	{STR_INIT("BackTab"), UI_KEY_BACKTAB},
	{STR_INIT("Backspace"), UI_KEY_BACKSPACE},
	{STR_INIT("Del"), UI_KEY_DELETE},
	{STR_INIT("Ins"), UI_KEY_INSERT},
	{STR_INIT("Space"), ' '},
};
enum { KEY_NAME_COUNT = sizeof(key_names) / sizeof(key_names[0]), FUNCTION_KEYS = 12 };

/* Some control characters are keys of their own: a terminal cannot tell Tab from Ctrl-I. */
static Key normal_key(Key key)
{
	switch (key) {
	case '\t':
		return UI_KEY_TAB;
	case '\r':
	case '\n':
		return UI_KEY_ENTER;
	case 0x1B:
		return UI_KEY_ESCAPE;
	case 0x7F:
		return UI_KEY_BACKSPACE;
	default:
		return key;
	}
}

bool key_parse(Str name, Key *key)
{
	for (size_t i = 0; i < KEY_NAME_COUNT; i++) {
		if (str_eq_nocase(name, key_names[i].name)) {
			*key = key_names[i].key;
			return true;
		}
	}
	int64_t number;
	if (name.len >= 2 && name.data[0] == 'F' &&
	    num_parse_int_in(str_sub(name, 1, name.len), 1, FUNCTION_KEYS, &number)) {
		*key = (Key)(UI_KEY_F1 + number - 1);
		return true;
	}
	if (name.len == 3 && str_starts(name, STR("C-"))) {
		char c = name.data[2];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c < 'a' || c > 'z')
			return false;
		*key = normal_key((Key)(c - 'a' + 1));
		return true;
	}
	uint32_t code_point;
	if (name.len == 0 || utf8_decode(name, &code_point) != name.len || code_point == UTF8_REPLACEMENT ||
	    utf8_is_unsafe(code_point))
		return false;
	*key = code_point;
	return true;
}

void key_write(Key key, StrBuf *out)
{
	key = normal_key(key);
	for (size_t i = 0; i < KEY_NAME_COUNT; i++) {
		if (key == key_names[i].key) {
			strbuf_add(out, key_names[i].name);
			return;
		}
	}
	if (key >= UI_KEY_F1 && key < UI_KEY_F1 + FUNCTION_KEYS) {
		strbuf_addf(out, "F%u", (unsigned)(key - UI_KEY_F1 + 1));
	} else if (key >= 1 && key <= 26) {
		strbuf_addf(out, "C-%c", (char)('a' + key - 1));
	} else if (key < UI_KEY_NONE && !utf8_is_unsafe(key)) {
		char text[4];
		strbuf_add(out, (Str){text, utf8_encode(key, text)});
	}
}

static bool refuse_key(Str name, Err *err)
{
	Suggestion suggestion = suggestion_for(name);
	for (size_t i = 0; i < KEY_NAME_COUNT; i++)
		suggest(&suggestion, key_names[i].name);
	return err_set(err, "\"%.*s\" is no key: expected a character, or a name as Up, PgDn, F1, C-l, Space%s",
	               STR_ARG(name), suggestion_text(&suggestion).text);
}

/* Reads "Up k" into keys[], the rest UI_KEY_NONE. */
static bool parse_keys(Str text, Key keys[KEYMAP_KEYS_PER_ACTION], Err *err)
{
	size_t count = 0;
	for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION; i++)
		keys[i] = UI_KEY_NONE;
	for (Str rest = str_trim(text); !str_is_none(rest);) {
		Str name = str_cut(&rest, ' ');
		if (name.len == 0)
			continue;
		if (count == KEYMAP_KEYS_PER_ACTION)
			return err_set(err, "too many keys: at most %d for one action", KEYMAP_KEYS_PER_ACTION);
		if (!key_parse(name, &keys[count++]))
			return refuse_key(name, err);
	}
	return true;
}

void keymap_init(Keymap *map)
{
	memset(map, 0, sizeof *map); /* its padding too: maps are compared */
	for (size_t action = 0; action < ACTION_COUNT; action++) {
		for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION; i++)
			map->keys[action][i] = UI_KEY_NONE;
	}
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++)
		(void)parse_keys(str_from(KEY_BINDINGS[i].keys), map->keys[KEY_BINDINGS[i].action], NULL);
}

bool key_acts(const KeyBinding *binding)
{
	return str_eq(str_from(binding->group), STR("Act"));
}

KeyScope key_scope(const KeyBinding *binding)
{
	Str group = str_from(binding->group);
	if (str_eq(group, STR("Replay")))
		return KEYS_REPLAY;
	return key_acts(binding) || str_eq(group, STR("Live")) ? KEYS_LIVE : KEYS_ANYWHERE;
}

static bool has_key(const Keymap *map, Action action, Key key)
{
	for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION; i++)
		if (map->keys[action][i] == key)
			return true;
	return false;
}

/* Another action that has the key where `binding` would have it. */
static const KeyBinding *owner_of(const Keymap *map, const KeyBinding *binding, Key key)
{
	KeyScope scope = key_scope(binding);
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *other = &KEY_BINDINGS[i];
		KeyScope theirs = key_scope(other);
		bool meet = scope == KEYS_ANYWHERE || theirs == KEYS_ANYWHERE || scope == theirs;
		if (other != binding && meet && has_key(map, other->action, normal_key(key)))
			return other;
	}
	return NULL;
}

const KeyBinding *keymap_owner(const Keymap *map, const KeyBinding *binding, Str keys, Key *key)
{
	Key parsed[KEYMAP_KEYS_PER_ACTION];
	if (!parse_keys(keys, parsed, NULL))
		return NULL;
	for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION && parsed[i] != UI_KEY_NONE; i++) {
		const KeyBinding *owner = owner_of(map, binding, parsed[i]);
		*key = parsed[i];
		if (owner != NULL)
			return owner;
	}
	return NULL;
}

bool keymap_set(Keymap *map, Str name, Str keys, Err *err)
{
	const KeyBinding *binding = NULL;
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		if (str_eq(name, str_from(KEY_BINDINGS[i].name)))
			binding = &KEY_BINDINGS[i];
	}
	if (!binding)
		return err_set(err, "there is no action \"%.*s\"", STR_ARG(name));
	Key parsed[KEYMAP_KEYS_PER_ACTION];
	if (!parse_keys(keys, parsed, err))
		return false;
	Key taken = UI_KEY_NONE;
	const KeyBinding *owner = keymap_owner(map, binding, keys, &taken);
	if (owner) {
		char text[16];
		StrBuf key = STRBUF_ON(text);
		key_write(taken, &key);
		return err_set(err, "key %s belongs to the action \"%s\"", text, owner->name);
	}
	for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION; i++)
		map->keys[binding->action][i] = parsed[i];
	return true;
}

bool keymap_has(const Keymap *map, const KeyBinding *binding)
{
	KeyScope scope = key_scope(binding);
	return scope == KEYS_ANYWHERE || (scope == KEYS_REPLAY) == map->replaying;
}

Action keymap_lookup(const Keymap *map, Key key)
{
	key = normal_key(key);
	if (key == UI_KEY_NONE)
		return ACTION_NONE;
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *binding = &KEY_BINDINGS[i];
		if (keymap_has(map, binding) && has_key(map, binding->action, key))
			return binding->action;
	}
	return ACTION_NONE;
}
