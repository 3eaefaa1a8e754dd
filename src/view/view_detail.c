#include "view/view_detail.h"

#include "view/chart.h"
#include "view/format.h"
#include "view/page.h"
#include "view/table.h"
#include "view/view_note.h"

#include <math.h>

enum { TEXT_MAX = 256 };

/* A row of the tree being drawn. */
typedef struct Detail {
	Page page;
	const Report *report;
	const NodeRow *node;
	const Theme *theme;
} Detail;

static bool is_primary(const NodeRow *node)
{
	return str_eq(node->role, STR("primary"));
}

static Str known(Str text)
{
	return str_is_none(text) ? STR("-") : text;
}

static void put_pair(Pen *pen, const char *label, Str value)
{
	pen_put(pen, str_from(label), STYLE_LABEL);
	pen_put(pen, known(value), STYLE_VALUE);
}

/* ---- who it is ---- */

static void draw_identity(Detail *d)
{
	char storage[TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	const NodeRow *n = d->node;
	Pen pen = page_line(&d->page);
	pen_put(&pen, n->node, STYLE_TITLE);
	put_pair(&pen, "  ", n->role);
	pen_put(&pen, STR("  "), STYLE_NORMAL);
	pen_put(&pen, known(n->state), health_style(n->health));
	if (!str_is_none(n->version))
		put_pair(&pen, "  PG ", n->version);
	if (n->timeline != INT_NONE) {
		strbuf_addf(&text, "%lld", (long long)n->timeline);
		put_pair(&pen, "  TL ", strbuf_str(&text));
	}
	if (str_is_none(n->host))
		return;
	strbuf_clear(&text);
	strbuf_add(&text, n->host);
	if (n->port != INT_NONE)
		strbuf_addf(&text, ":%lld", (long long)n->port);
	bool named = !str_eq(strbuf_str(&text), n->node); /* else the address stands there already */
	if (named)
		put_pair(&pen, "  at ", strbuf_str(&text));
	if (n->local)
		pen_put(&pen, named ? STR(", this host") : STR("  this host"), STYLE_LABEL);
}

static void draw_error(Detail *d)
{
	if (str_is_none(d->node->error))
		return;
	Style style = d->node->health == HEALTH_OK ? STYLE_NOTE : STYLE_BAD;
	page_wrapped(&d->page, page_label(&d->page, "error"), PAGE_INDENT, d->node->error, style);
}

static void draw_reported(Detail *d)
{
	char storage[TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	if (d->node->is_client || d->node->is_ghost)
		return;
	Pen pen = page_label(&d->page, "reported");
	format_seconds(&text, d->node->age_seconds);
	if (!isnan(d->node->age_seconds))
		strbuf_add_cstr(&text, " ago");
	page_text(&d->page, &pen, strbuf_str(&text), STYLE_VALUE);
}

/* ---- whom it follows ---- */

static void draw_upstream(Detail *d)
{
	const NodeRow *n = d->node;
	Pen pen = page_label(&d->page, "upstream");
	pen_put(&pen, known(n->upstream), STYLE_VALUE);
	if (!str_is_none(n->edge_evidence)) {
		put_pair(&pen, "  known by ", n->edge_evidence);
		if (n->edge_weak)
			pen_put(&pen, STR(" (weak evidence)"), STYLE_WARNING);
	} else if (n->is_hidden) {
		pen_put(&pen, STR("  " NOT_VISIBLE), STYLE_NOTE);
	}
}

static void draw_sync(Detail *d)
{
	char storage[TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	const NodeRow *n = d->node;
	Pen pen = page_label(&d->page, "sync");
	strbuf_add(&text, known(n->sync_state));
	if (n->sync_priority > 0)
		strbuf_addf(&text, " %lld", (long long)n->sync_priority);
	pen_put(&pen, strbuf_str(&text), STYLE_VALUE);
	put_pair(&pen, "  as ", n->application_name);
	if (str_is_none(n->slot_name))
		return;
	put_pair(&pen, "  slot ", n->slot_name);
	strbuf_clear(&text);
	format_bytes(&text, n->retained_bytes);
	put_pair(&pen, " keeps ", strbuf_str(&text));
}

/* ---- its lag ---- */

/* "caught up in 41s", or how much is added a second. */
static void put_outlook(const Detail *d, Pen *pen)
{
	char storage[TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	const NodeRow *n = d->node;
	if (isnan(n->eta_seconds) || n->eta_seconds == 0)
		return;
	if (isfinite(n->eta_seconds)) {
		format_seconds(&text, n->eta_seconds);
		put_pair(pen, "  caught up in ", strbuf_str(&text));
		return;
	}
	double grows = NAN;
	if (n->cluster_index < d->report->nclusters)
		grows = d->report->clusters[n->cluster_index].wal_bytes_per_second - n->replay_bytes_per_second;
	if (isnan(grows) || grows <= 0) {
		pen_put(pen, STR("  does not catch up"), STYLE_WARNING);
		return;
	}
	strbuf_add_cstr(&text, "  falls behind by ");
	format_rate(&text, grows);
	strbuf_add_cstr(&text, "/s");
	pen_put(pen, strbuf_str(&text), STYLE_WARNING);
}

static void draw_lag(Detail *d)
{
	char storage[TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	const NodeRow *n = d->node;
	Pen pen = page_label(&d->page, "behind");
	format_bytes(&text, n->lag_bytes);
	strbuf_add_cstr(&text, n->lag_at_least && !isnan(n->lag_seconds) ? ", at least " : ", ");
	format_seconds(&text, n->lag_seconds);
	pen_put(&pen, strbuf_str(&text), STYLE_VALUE);
	put_pair(&pen, "  stuck in ", n->bottleneck);
	put_outlook(d, &pen);
}

static void put_rate(Pen *pen, const char *label, double rate)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	format_rate(&text, rate);
	strbuf_add_cstr(&text, isnan(rate) ? "" : "/s");
	put_pair(pen, label, strbuf_str(&text));
}

static void draw_rates(Detail *d)
{
	Pen pen = page_label(&d->page, "WAL");
	if (is_primary(d->node)) {
		put_rate(&pen, "writes ", d->node->wal_bytes_per_second);
		return;
	}
	put_rate(&pen, "receives ", d->node->wal_bytes_per_second);
	put_rate(&pen, "  replays ", d->node->replay_bytes_per_second);
}

static void put_seconds(Pen *pen, const char *label, double seconds)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	format_seconds(&text, seconds);
	put_pair(pen, label, strbuf_str(&text));
}

static void draw_server_lags(Detail *d)
{
	const NodeRow *n = d->node;
	Pen pen = page_label(&d->page, "server says");
	put_seconds(&pen, "write_lag ", n->write_lag_seconds);
	put_seconds(&pen, "  flush_lag ", n->flush_lag_seconds);
	put_seconds(&pen, "  replay_lag ", n->replay_lag_seconds);
	if (n->lag_stale)
		pen_put(&pen, STR("  not fresh"), STYLE_WARNING);
}

/* ---- its processes ---- */

enum { NAME_WIDTH = 17, PID_WIDTH = 7 };

/* On a narrow screen the words stand below the name. */
static void draw_role(Detail *d, const RoleRow *role)
{
	enum { WIDE = 60, INDENT = 2 };
	char storage[32];
	StrBuf pid = STRBUF_ON(storage);
	Pen pen = page_line(&d->page);
	page_cell(&d->page, &pen, NAME_WIDTH, false, role->process, STYLE_LABEL);
	if (role->pid != INT_NONE)
		strbuf_addf(&pid, "%lld", (long long)role->pid);
	page_cell(&d->page, &pen, PID_WIDTH, true, known(role->pid != INT_NONE ? strbuf_str(&pid) : STR_NONE),
	          STYLE_LABEL);
	bool narrow = d->page.frame->cols < WIDE;
	if (narrow)
		pen = page_line(&d->page);
	Style style = role->health == HEALTH_OK ? STYLE_VALUE : health_style(role->health);
	page_wrapped(&d->page, pen, narrow ? INDENT : pen.col, role->text, style);
}

static void draw_roles(Detail *d)
{
	bool titled = false;
	for (size_t i = 0; i < d->report->nroles; i++) {
		const RoleRow *role = &d->report->roles[i];
		if (role->node != d->node->key.node)
			continue;
		if (!titled) {
			Pen title = page_titles(&d->page);
			page_cell(&d->page, &title, NAME_WIDTH, false, STR("PROCESS"), STYLE_COLUMN);
			page_cell(&d->page, &title, PID_WIDTH, true, STR("PID"), STYLE_COLUMN);
			page_cell(&d->page, &title, 4, false, STR("DOES"), STYLE_COLUMN);
		}
		titled = true;
		draw_role(d, role);
	}
}

/* ---- its stages; the glyphs explain the chart ---- */

enum { STAGE_WIDTH = 14 };

static void draw_stages(Detail *d)
{
	static const char *const titles[] = {"SEND", "NETWORK", "DISK", "REPLAY"};
	static const Style styles[] = {STYLE_BAR_SEND, STYLE_BAR_NETWORK, STYLE_BAR_DISK, STYLE_BAR_REPLAY};
	const NodeRow *n = d->node;
	const Glyphs *g = &d->theme->glyphs;
	const uint32_t glyphs[] = {g->bar_send, g->bar_network, g->bar_disk, g->bar_replay};
	const int64_t gaps[] = {n->send_gap_bytes, n->network_gap_bytes, n->disk_gap_bytes, n->replay_gap_bytes};
	const Lsn lsns[] = {n->sent_lsn, n->write_lsn, n->flush_lsn, n->replay_lsn};
	Pen title = page_titles(&d->page);
	page_cell(&d->page, &title, PAGE_INDENT - 1, false, STR("STAGE"), STYLE_COLUMN);
	Pen gap = page_label(&d->page, "waits before");
	Pen lsn = page_label(&d->page, "done up to");
	for (size_t i = 0; i < 4; i++) {
		char storage[64], lsn_text[LSN_TEXT_MAX];
		StrBuf text = STRBUF_ON(storage);
		page_cell(&d->page, &title, STAGE_WIDTH, false, str_from(titles[i]), STYLE_COLUMN);
		frame_fill(gap.frame, gap.row, gap.col, 1, glyphs[i], styles[i]);
		gap.col += 2;
		format_bytes(&text, gaps[i]);
		page_cell(&d->page, &gap, STAGE_WIDTH - 2, false, strbuf_str(&text), STYLE_VALUE);
		page_cell(&d->page, &lsn, STAGE_WIDTH, false, known(lsn_write(lsns[i], lsn_text)), STYLE_VALUE);
	}
}

static void draw_standby(Detail *d, int room)
{
	enum { CHART_MIN = 5, CHART_MAX = 24 };
	draw_upstream(d);
	draw_sync(d);
	draw_lag(d);
	draw_rates(d);
	draw_server_lags(d);
	draw_reported(d);
	draw_error(d);
	draw_stages(d);
	if (d->node->is_client)
		return;
	draw_roles(d);
	int rows = room - d->page.line - CHART_EXTRA;
	rows = rows < CHART_MIN ? CHART_MIN : rows > CHART_MAX ? CHART_MAX : rows;
	chart_draw(&d->page, rows, d->report->series, d->node->key.node, d->theme);
}

static void draw_primary(Detail *d)
{
	char lsn[LSN_TEXT_MAX];
	Pen pen = page_label(&d->page, "flushed");
	page_text(&d->page, &pen, known(lsn_write(d->node->flush_lsn, lsn)), STYLE_VALUE);
	draw_rates(d);
	draw_reported(d);
	draw_error(d);
	draw_roles(d);
}

/* A slot that nobody holds, a base backup: all there is to say are words. */
static void draw_note(Detail *d, Str note)
{
	page_wrapped(&d->page, page_label(&d->page, d->node->is_ghost ? "slot" : "doing"), PAGE_INDENT, note,
	             STYLE_VALUE);
	draw_error(d);
}

int detail_draw(Frame *frame, int row, int height, int top, int room, const Report *report, uint32_t node,
                const Theme *theme)
{
	char storage[512];
	StrBuf note = STRBUF_ON(storage);
	Detail d = {{frame, row, height, top, theme->glyphs.ellipsis, 0}, report, &report->nodes[node], theme};
	draw_identity(&d);
	note_write(&note, report, d.node);
	if (note.len > 0)
		draw_note(&d, strbuf_str(&note));
	else if (is_primary(d.node))
		draw_primary(&d);
	else
		draw_standby(&d, room);
	return d.page.line;
}
