#include "view/view_header.h"

#include "base/utf8.h"
#include "view/format.h"

#include <math.h>

enum { BLOCKS_MAX = 2, BLOCK_HEIGHT = 2 };

static bool is_identified(const ClusterRow *cluster)
{
	return cluster->cluster.len > 0;
}

static size_t count_identified(const Report *report)
{
	size_t count = 0;
	for (size_t i = 0; i < report->nclusters; i++)
		count += is_identified(&report->clusters[i]);
	return count;
}

int header_height(const Report *report, int rows)
{
	if (rows < 3)
		return 0;
	if (rows < 9)
		return 1;
	return rows >= 16 && count_identified(report) >= BLOCKS_MAX ? BLOCKS_MAX * BLOCK_HEIGHT : BLOCK_HEIGHT;
}

/* "12:01:33Z" of "2026-11-21T12:01:33.123Z" */
static void put_clock(StrBuf *out, const Report *report)
{
	if (report->time.len < 19)
		return;
	strbuf_add(out, str_sub(report->time, 11, 19));
	strbuf_add_char(out, 'Z');
}

static void put_interval(StrBuf *out, const Report *report)
{
	char storage[32];
	StrBuf text = STRBUF_ON(storage);
	if (!(report->interval_s > 0))
		return;
	format_seconds(&text, report->interval_s);
	Str s = strbuf_str(&text);
	strbuf_add_cstr(out, "every ");
	if (str_ends(s, STR(".0s"))) { /* "1s": it is set, not measured */
		strbuf_add(out, str_sub(s, 0, s.len - 3));
		strbuf_add_char(out, 's');
	} else {
		strbuf_add(out, s);
	}
}

static int columns(Str text)
{
	return (int)utf8_columns(text);
}

/* Nodes, and on the first line the clock and the interval, right-aligned; the least important goes first when there is
 * no room. Returns where it begins. */
static int draw_right(Frame *frame, int row, const Report *report, const ClusterRow *cluster)
{
	char up_text[24], total_text[48], clock_text[16], every_text[32];
	StrBuf up = STRBUF_ON(up_text), total = STRBUF_ON(total_text);
	StrBuf clock = STRBUF_ON(clock_text), every = STRBUF_ON(every_text);
	int64_t nodes = cluster ? cluster->nodes : 0;
	int64_t nodes_up = cluster ? cluster->nodes_up : 0;
	for (size_t i = 0; row == 0 && i < report->nclusters; i++) {
		if (!is_identified(&report->clusters[i]) && &report->clusters[i] != cluster) {
			nodes += report->clusters[i].nodes;
			nodes_up += report->clusters[i].nodes_up;
		}
	}
	strbuf_addf(&up, "%lld", (long long)nodes_up);
	strbuf_addf(&total, "/%lld nodes", (long long)nodes);
	if (frame->cols < 40) {
		strbuf_clear(&total);
		strbuf_addf(&total, "/%lld", (long long)nodes);
	}
	if (row == 0 && frame->cols >= 60)
		put_clock(&clock, report);
	if (row == 0 && frame->cols >= 76)
		put_interval(&every, report);
	int width = columns(strbuf_str(&up)) + columns(strbuf_str(&total));
	width += clock.len ? 2 + (int)clock.len : 0;
	width += every.len ? 2 + (int)every.len : 0;
	int start = frame->cols - width;
	if (frame->cols < 20)
		return frame->cols;
	Pen pen = {frame, row, start, frame->cols};
	pen_put(&pen, strbuf_str(&up), nodes_up < nodes ? STYLE_BAD : STYLE_VALUE);
	pen_put(&pen, strbuf_str(&total), STYLE_NORMAL);
	pen_put_whole(&pen, 2, clock.len ? strbuf_str(&clock) : STR_NONE, STYLE_VALUE);
	pen_put_whole(&pen, 2, every.len ? strbuf_str(&every) : STR_NONE, STYLE_NORMAL);
	return start;
}

static void put_pair(Pen *pen, const char *label, Str value, Style style)
{
	int start = pen->col;
	int gap = pen->col > 0 ? 2 : 0;
	if (value.len == 0 || pen->end - pen->col < gap + columns(str_from(label)) + 1 + columns(value))
		return;
	if (pen_put_whole(pen, gap, str_from(label), STYLE_LABEL) && !pen_put_whole(pen, 1, value, style))
		pen->col = start;
}

static Str cluster_title(const ClusterRow *cluster)
{
	if (!cluster)
		return STR_NONE;
	return cluster->name.len ? cluster->name : cluster->cluster;
}

static void draw_identity(Frame *frame, int row, const Report *report, const ClusterRow *cluster)
{
	Pen pen = {frame, row, 0, draw_right(frame, row, report, cluster) - 1};
	if (row == 0)
		pen_put(&pen, STR("pgrepltop"), STYLE_TITLE);
	Str title = cluster_title(cluster);
	int gap = row == 0 ? 2 : 0;
	if (!pen_put_whole(&pen, gap, title, STYLE_VALUE) && title.len && pen.end - pen.col > gap) {
		pen.col += gap;
		pen_put(&pen, title, STYLE_VALUE);
	}
	if (!cluster)
		return;
	char text[32];
	StrBuf value = STRBUF_ON(text);
	put_pair(&pen, "PG", cluster->version, STYLE_VALUE);
	if (cluster->timeline != INT_NONE && cluster->timeline != 0) {
		strbuf_addf(&value, "%lld", (long long)cluster->timeline);
		put_pair(&pen, "TL", strbuf_str(&value), STYLE_VALUE);
	}
	strbuf_clear(&value);
	if (!isnan(cluster->uptime_seconds)) {
		format_uptime(&value, cluster->uptime_seconds);
		put_pair(&pen, "up", strbuf_str(&value), STYLE_VALUE);
	}
}

/* What must not be missed comes first. */
static void draw_warning(Pen *pen, const ClusterRow *cluster)
{
	char text[64];
	StrBuf warning = STRBUF_ON(text);
	if (cluster->primaries > 1)
		strbuf_addf(&warning, "%lld PRIMARIES: split brain", (long long)cluster->primaries);
	else if (cluster->primaries == 0)
		strbuf_add_cstr(&warning, "no primary reachable");
	else
		return;
	pen_put(pen, strbuf_str(&warning), STYLE_BAD);
}

/* "sync RULE: n sync/quorum streaming"; where that is too long the words behind n give way first, then the rule is cut:
 * what it comes to stays visible. `reserve` columns are left for what follows. */
static void draw_sync(Pen *pen, const ClusterRow *cluster, int reserve, uint32_t ellipsis)
{
	Str rule = cluster->synchronous_standby_names;
	if (str_is_none(rule))
		return;
	if (str_trim(rule).len == 0) {
		put_pair(pen, "sync", STR("off"), STYLE_VALUE);
		return;
	}
	char text[64];
	StrBuf health = STRBUF_ON(text);
	bool hidden = cluster->sync_standbys == INT_NONE;
	if (hidden)
		strbuf_add_cstr(&health, ": " NOT_VISIBLE);
	else
		strbuf_addf(&health, ": %lld sync/quorum streaming", (long long)cluster->sync_standbys);
	if (!pen_put_whole(pen, pen->col > 0 ? 2 : 0, STR("sync "), STYLE_LABEL))
		return;
	int room = pen->end - pen->col - (int)health.len - reserve;
	if (room < 20 && room < columns(rule)) {
		strbuf_clear(&health);
		if (hidden)
			strbuf_add_cstr(&health, ": " MISSING_GRANT);
		else
			strbuf_addf(&health, ": %lld", (long long)cluster->sync_standbys);
		room = pen->end - pen->col - (int)health.len - reserve;
	}
	if (room < 4)
		room = 4;
	if (room > pen->end - pen->col)
		room = pen->end - pen->col;
	pen->col += frame_put_cut(pen->frame, pen->row, pen->col, room, rule, STYLE_VALUE, ellipsis);
	Style style = cluster->sync_standbys == 0 ? STYLE_BAD : STYLE_OK;
	pen_put(pen, strbuf_str(&health), hidden ? STYLE_WARNING : style);
}

static void draw_traffic(Frame *frame, int row, const ClusterRow *cluster, int end, uint32_t ellipsis)
{
	char text[64], waiting_text[64];
	StrBuf value = STRBUF_ON(text), waiting = STRBUF_ON(waiting_text);
	Pen pen = {frame, row, 0, end};
	draw_warning(&pen, cluster);
	if (!isnan(cluster->wal_bytes_per_second)) {
		format_rate(&value, cluster->wal_bytes_per_second);
		strbuf_add_cstr(&value, "/s");
		put_pair(&pen, "WAL", strbuf_str(&value), STYLE_VALUE);
	} else if (cluster->primaries == 1) {
		put_pair(&pen, "WAL", STR("-"), STYLE_VALUE);
	}
	if (cluster->waiting != INT_NONE)
		strbuf_addf(&waiting, "%lld", (long long)cluster->waiting);
	else if (cluster->is_hidden)
		strbuf_add_cstr(&waiting, cluster->sync_standbys == INT_NONE ? "-" : "- (" MISSING_GRANT ")");
	draw_sync(&pen, cluster, waiting.len ? 10 + (int)waiting.len : 0, ellipsis);
	put_pair(&pen, "waiting", strbuf_str(&waiting), cluster->waiting > 0 ? STYLE_WARNING : STYLE_VALUE);
}

static void draw_nothing(Frame *frame, int height, const Report *report)
{
	draw_identity(frame, 0, report, NULL);
	if (height > 1 && report->settled)
		frame_put(frame, 1, 0, frame->cols, STR("no server answers"), STYLE_BAD);
	else if (height > 1)
		frame_put(frame, 1, 0, frame->cols, STR("connecting ..."), STYLE_NOTE);
}

/* "+n clusters" at the right; returns where it begins. */
static int draw_more(Frame *frame, int row, size_t more)
{
	char storage[48];
	StrBuf text = STRBUF_ON(storage);
	if (more == 0)
		return frame->cols;
	strbuf_addf(&text, "+%zu cluster%s", more, more > 1 ? "s" : "");
	int col = frame->cols - (int)text.len;
	frame_put(frame, row, col, (int)text.len, strbuf_str(&text), STYLE_WARNING);
	return col - 2;
}

void header_draw(Frame *frame, int height, const Report *report, const Theme *theme)
{
	size_t known = count_identified(report);
	size_t blocks = (size_t)(height + 1) / BLOCK_HEIGHT;
	size_t drawn = 0;
	if (height <= 0)
		return;
	if (known == 0)
		draw_nothing(frame, height, report);
	for (size_t i = 0; i < report->nclusters && drawn < blocks; i++) {
		const ClusterRow *cluster = &report->clusters[i];
		if (!is_identified(cluster))
			continue;
		int row = (int)drawn++ * BLOCK_HEIGHT;
		draw_identity(frame, row, report, cluster);
		if (row + 1 >= height)
			break;
		int end = draw_more(frame, row + 1, drawn == blocks ? known - drawn : 0);
		draw_traffic(frame, row + 1, cluster, end, theme->glyphs.ellipsis);
	}
}
