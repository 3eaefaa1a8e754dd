#ifndef PGREPLTOP_VIEW_UISTATE_H
#define PGREPLTOP_VIEW_UISTATE_H
/* What the person looks at, and a reducer: state + key -> state, with at most one effect for the program to carry out.
 * Pure; it holds keys of rows, never pointers into a report or row numbers. */
#include "model/action.h"
#include "model/report.h"
#include "view/chooser.h"
#include "view/keymap.h"
#include "view/lines.h"
#include "view/prompt.h"
#include "view/ui_process.h"
#include "view/ui_replay.h"

#include <stdbool.h>

typedef enum Pane { PANE_TREE, PANE_PROCESSES } Pane;

/* Topology: the tree and the processes below it. The others fill the screen below the header; but for the processes they
 * are pages that scroll. */
typedef enum View { VIEW_TOPOLOGY, VIEW_PROCESSES, VIEW_QUORUM, VIEW_EVENTS, VIEW_DETAIL } View;

typedef enum Dialog { DIALOG_NONE, DIALOG_HELP, DIALOG_CONFIRM, DIALOG_RESULTS, DIALOG_COLUMNS } Dialog;

/* EFFECT_ACT: what was confirmed is to be done, ui->acted from acted_from on. EFFECT_REPLAY: ui->replay.move is to be carried
 * out. EFFECT_FREEZE: from now on the report that was handed in is the one to show, or (ui->frozen is false) the newest again.
 * EFFECT_DELAY: ui->delay_s was asked for. */
typedef enum EffectKind {
	EFFECT_NONE,
	EFFECT_QUIT,
	EFFECT_REDRAW,
	EFFECT_ACT,
	EFFECT_REPLAY,
	EFFECT_FREEZE,
	EFFECT_DELAY
} EffectKind;

typedef struct Effect {
	EffectKind kind;
} Effect;

typedef struct UiState {
	Keymap keymap;
	bool readonly;
	View view;
	int page_top, page_height,
		page_lines; /* of a view that fills the screen; render sets them, see ui_fit_page() */
	bool page_at_end;   /* stays there when lines are added */
	Pane focus;
	Dialog dialog;
	int dialog_scroll;
	bool has_selected_node;
	RowKey selected_node; /* row of the tree */
	bool has_selected_process;
	RowKey selected_process; /* line of the process table: a process, or the heading of a node */
	/* Where the selections stand or stood last, as lines: when a selected row vanishes, the one that took its place is
	 * selected. */
	int tree_at, process_at;
	FoldSet folded;
	SortOrder order;
	Filter filter; /* of the tree's rows */
	ProcessUi processes;
	ReplayUi replay;       /* of a recording; else off */
	bool frozen;           /* the report stays the same while data keep coming */
	char since[16];        /* its clock, "12:01:33Z" */
	Prompt prompt;         /* a line being typed, which takes all keys */
	double delay_s;        /* EFFECT_DELAY: seconds between samples from now on */
	char search[EDIT_MAX]; /* what was looked for last; "" = nothing */
	uint64_t found_event;  /* the event that was found, by its number; 0 = none */
	bool scroll_to_event;  /* render brings it into sight, once */
	Lines lines;           /* what the tree shows of the report that ui_update() saw last; derived, like a layout */
	ColumnList columns[TABLE_COUNT]; /* what the person chose; of nodes and processes */
	ColumnList fitting[TABLE_COUNT]; /* what the default shows at this width, set by render's layout */
	Chooser chooser;                 /* DIALOG_COLUMNS */
	/* The columns on the screen, from left to right, set by render's layout: what can be sorted by. */
	const Metric *tree_columns[TABLE_COLUMNS_MAX];
	size_t ntree_columns;
	int tree_top, process_top;   /* first visible row; render keeps the selection visible by ui_fit() */
	int tree_left, process_left; /* columns scrolled sideways, in table columns behind the first */
	/* visible rows, set by render's layout: page up/down move by them; 0: the pane is not on the screen */
	int tree_page, process_page;
	FoldSet tagged;    /* rows of the tree and processes */
	ActList asked;     /* DIALOG_CONFIRM: as they were when the key was pressed */
	ActList acted;     /* what was confirmed, with the answers; the last of it stands in DIALOG_RESULTS */
	size_t acted_from; /* where the last of it begins */
	char message[512]; /* one line above the keys; "" = none */
	bool message_bad;
} UiState;

/* The screen shows a recording: it has the keys for that, and no actions. */
void ui_begin_replay(UiState *ui);
/* The state owns memory: ui_free() ends what ui_init() began. */
void ui_init(UiState *ui, const Keymap *keymap, bool readonly);
void ui_free(UiState *ui);
/* The line under the cursor as an index into ui->lines; -1 = none. */
int ui_tree_line(const UiState *ui);
/* The cluster whose header block is shown: that of the line under the cursor, or the first known one; ROW_NONE = none. */
uint32_t ui_cluster(const UiState *ui, const Report *report);
/* Index of the row with that key in report->nodes; -1 = none. */
int ui_node_of_key(const Report *report, RowKey key);
/* Index of the selected row in report->nodes, or of the selected process in report->processes; -1 = none, or a heading. */
int ui_tree_index(const UiState *ui, const Report *report);
int ui_process_index(const UiState *ui, const Report *report);
/* Whether the cursor is in a table of processes: in the pane, or in their own view. */
bool ui_in_processes(const UiState *ui);
/* Whether processes are to be read: of all nodes (*node = 0), or of one. */
bool ui_wants_processes(const UiState *ui, const Report *report, NodeId *node);
/* The first row to show so that the one at `selected` (-1 = none) of `count` is visible on a page, and the page is
 * filled where there is enough. */
int ui_fit(int top, int selected, int count, int page);
/* A view that fills the screen has so many lines, and room for so many: sets page_top so that the room is filled. */
void ui_fit_page(UiState *ui, int lines, int height);
/* The node whose processes are shown: the selected one, or for a client leaf its upstream. 0 = none. */
NodeId ui_process_node(const UiState *ui, const Report *report);
/* The node whose page is open; 0 = none, or that of a client or slot. */
NodeId ui_detail_node(const UiState *ui, const Report *report);
/* Computes the lines of the tree and of the processes, and keeps the selection valid for a new report: what vanished hands it to the row that took
 * its place, what is folded away to what it hangs below. Call after every new report and before render. */
void ui_update(UiState *ui, const Report *report);
/* Puts the cursor on a line of the tree, or of the processes; the nearest one if there is none of that number. */
void ui_select_line(UiState *ui, const Report *report, int at);
void ui_select_process(UiState *ui, const Report *report, int at);
/* Moves the cursor of the pane that has the focus: ACTION_UP to ACTION_END. */
void ui_move(UiState *ui, const Report *report, Action action);
/* Forgets the tags of rows that are gone; ui_update() does. A node whose processes were not read keeps theirs. */
void ui_prune_tags(UiState *ui, const Report *report);
/* A key that asks for no action on servers: moves, views, folds, the help, which closes on Esc, q, ?, h. See ui_key(). */
Effect ui_key_to_look(UiState *ui, Key key, const Report *report);
/* A line for the person: the server's answer to a signal, a warning. */
void ui_message(UiState *ui, bool bad, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
