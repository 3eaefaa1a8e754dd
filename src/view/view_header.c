#include "view/view_header.h"

#include "base/utf8.h"
#include "view/format.h"
#include "view/table.h"

#include <math.h>

enum { BLOCK_HEIGHT = 2, BLOCK_ROWS_MIN = 9, ALARMS_ONLY_ROWS = 16 };

static size_t count_identified(const Report *report)
{
	size_t count = 0;
	for (size_t i = 0; i < report->nclusters; i++)
		count += lines_cluster_is_known(&report->clusters[i]);
	return count;
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

static void put_frozen(StrBuf *out, Str since, int cols)
{
	strbuf_add_cstr(out, cols >= 60 ? "FROZEN since " : "FROZEN");
	if (cols >= 60)
		strbuf_add(out, since);
}

static int columns(Str text)
{
	return (int)utf8_columns(text);
}

/* Nodes, the clock and the interval, right-aligned; the least important goes first when there is no room. Of a frozen
 * screen that is what matters. Returns where it begins. */
static int draw_right(Frame *frame, const Report *report, const ClusterRow *cluster, Str since)
{
	char up_text[24], total_text[48], clock_text[32], every_text[32];
	StrBuf up = STRBUF_ON(up_text), total = STRBUF_ON(total_text);
	StrBuf clock = STRBUF_ON(clock_text), every = STRBUF_ON(every_text);
	int64_t nodes = cluster->nodes;
	int64_t nodes_up = cluster->nodes_up;
	for (size_t i = 0; i < report->nclusters; i++) {
		if (!lines_cluster_is_known(&report->clusters[i])) {
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
	if (since.len > 0)
		put_frozen(&clock, since, frame->cols);
	else if (frame->cols >= 60)
		report_write_clock(&clock, report);
	if (frame->cols >= 76 && since.len == 0)
		put_interval(&every, report);
	int width = columns(strbuf_str(&up)) + columns(strbuf_str(&total));
	width += clock.len ? 2 + (int)clock.len : 0;
	width += every.len ? 2 + (int)every.len : 0;
	int start = frame->cols - width;
	if (frame->cols < 20)
		return frame->cols;
	Pen pen = {frame, 0, start, frame->cols};
	pen_put(&pen, strbuf_str(&up), nodes_up < nodes ? STYLE_BAD : STYLE_VALUE);
	pen_put(&pen, strbuf_str(&total), STYLE_NORMAL);
	pen_put_whole(&pen, 2, clock.len ? strbuf_str(&clock) : STR_NONE, since.len > 0 ? STYLE_ALARM : STYLE_VALUE);
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
	return cluster->name.len ? cluster->name : cluster->cluster;
}

static void put_version(Pen *pen, const ClusterRow *cluster)
{
	char text[32];
	StrBuf value = STRBUF_ON(text);
	put_pair(pen, "PG", cluster->version, STYLE_VALUE);
	if (cluster->timeline == INT_NONE || cluster->timeline == 0)
		return;
	strbuf_addf(&value, "%lld", (long long)cluster->timeline);
	put_pair(pen, "TL", strbuf_str(&value), STYLE_VALUE);
}

static void put_wal(Pen *pen, const ClusterRow *cluster)
{
	char text[64];
	StrBuf value = STRBUF_ON(text);
	if (!isnan(cluster->wal_bytes_per_second)) {
		format_rate(&value, cluster->wal_bytes_per_second);
		strbuf_add_cstr(&value, "/s");
		put_pair(pen, "WAL", strbuf_str(&value), STYLE_VALUE);
	} else if (cluster->primaries == 1 && lines_cluster_is_known(cluster)) {
		put_pair(pen, "WAL", STR("-"), STYLE_VALUE);
	}
}

static void draw_identity(Frame *frame, const Report *report, const ClusterRow *cluster, Str since)
{
	const int gap = 2;
	Pen pen = {frame, 0, 0, draw_right(frame, report, cluster, since) - 1};
	pen_put(&pen, STR("pgrepltop"), STYLE_TITLE);
	Str title = cluster_title(cluster);
	if (!pen_put_whole(&pen, gap, title, STYLE_VALUE) && title.len && pen.end - pen.col > gap) {
		pen.col += gap;
		pen_put(&pen, title, STYLE_VALUE);
	}
	char text[32];
	StrBuf value = STRBUF_ON(text);
	put_version(&pen, cluster);
	if (!isnan(cluster->uptime_seconds)) {
		format_uptime(&value, cluster->uptime_seconds);
		put_pair(&pen, "up", strbuf_str(&value), STYLE_VALUE);
	}
}

const QuorumRow *header_quorum(const Report *report, uint32_t cluster)
{
	const QuorumRow *found = NULL;
	if (cluster >= report->nclusters)
		return NULL;
	const ClusterRow *row = &report->clusters[cluster];
	for (size_t i = 0; i < report->nquorums; i++) {
		const QuorumRow *q = &report->quorums[i];
		if (!str_eq(q->cluster, row->cluster))
			continue;
		if (str_eq(q->node, row->primary))
			return q;
		if (found == NULL || (q->live && !found->live))
			found = q;
	}
	return found;
}

/* Whether it says what commits wait for, and did not only do so when the primary was last heard of. */
static bool has_rule(const QuorumRow *quorum)
{
	return quorum != NULL && quorum->live && quorum->required != INT_NONE && quorum->required > 0 &&
	       quorum->streaming != INT_NONE;
}

/* What the rule comes to, at length and in brief. */
static Style write_health(const ClusterRow *cluster, const QuorumRow *quorum, StrBuf *full, StrBuf *brief)
{
	if (has_rule(quorum)) {
		long long slack = (long long)(quorum->streaming - quorum->required);
		strbuf_addf(full, ": %lld count, %s %lld", (long long)quorum->streaming,
		            slack < 0 ? "short of" : "slack", slack < 0 ? -slack : slack);
		strbuf_addf(brief, ": %lld", (long long)quorum->streaming);
		return quorum->is_blocked ? STYLE_BAD : slack == 0 ? STYLE_NOTE : STYLE_OK;
	}
	if (cluster->sync_standbys == INT_NONE) {
		strbuf_add_cstr(full, ": " NOT_VISIBLE);
		strbuf_add_cstr(brief, ": " MISSING_GRANT);
		return STYLE_WARNING;
	}
	strbuf_addf(full, ": %lld sync/quorum streaming", (long long)cluster->sync_standbys);
	strbuf_addf(brief, ": %lld", (long long)cluster->sync_standbys);
	return cluster->sync_standbys == 0 ? STYLE_BAD : STYLE_OK;
}

/* "sync RULE: 3 count, slack 1"; where that is too long the words behind the number give way first, then the rule is cut:
 * what it comes to stays visible. `reserve` columns are left for what follows. */
static void draw_sync(Pen *pen, const ClusterRow *cluster, const QuorumRow *quorum, int reserve, uint32_t ellipsis)
{
	char full_text[80], brief_text[64];
	StrBuf full = STRBUF_ON(full_text), brief = STRBUF_ON(brief_text);
	Str rule = cluster->synchronous_standby_names;
	if (str_is_none(rule))
		return;
	if (str_trim(rule).len == 0) {
		put_pair(pen, "sync", STR("off"), STYLE_VALUE);
		return;
	}
	Style style = write_health(cluster, quorum, &full, &brief);
	if (!pen_put_whole(pen, pen->col > 0 ? 2 : 0, STR("sync "), STYLE_LABEL))
		return;
	Str health = strbuf_str(&full);
	int room = pen->end - pen->col - (int)health.len - reserve;
	if (room < 20 && room < columns(rule)) {
		health = strbuf_str(&brief);
		room = pen->end - pen->col - (int)health.len - reserve;
	}
	if (room < 4)
		room = 4;
	if (room > pen->end - pen->col)
		room = pen->end - pen->col;
	pen->col += frame_put_cut(pen->frame, pen->row, pen->col, room, rule, STYLE_VALUE, ellipsis);
	pen_put(pen, health, style);
}

/* "2, longest <2m10s"; < since the statement that waits may have done something else before. Returns how it looks. */
static Style write_waiting(StrBuf *out, const ClusterRow *cluster, const QuorumRow *quorum)
{
	int64_t waiting = cluster->waiting;
	if (quorum != NULL && quorum->waiting_sessions != INT_NONE)
		waiting = quorum->waiting_sessions;
	if (waiting == INT_NONE) {
		if (cluster->is_hidden)
			strbuf_add_cstr(out, cluster->sync_standbys == INT_NONE ? "-" : "- (" MISSING_GRANT ")");
		return STYLE_VALUE;
	}
	strbuf_addf(out, "%lld", (long long)waiting);
	if (waiting > 0 && quorum != NULL && !isnan(quorum->longest_wait_seconds)) {
		strbuf_add_cstr(out, ", longest <");
		format_seconds(out, quorum->longest_wait_seconds);
	}
	if (waiting == 0)
		return STYLE_VALUE;
	return quorum != NULL && quorum->is_blocked ? STYLE_BAD : STYLE_WARNING;
}

static void put_loss(Pen *pen, const QuorumRow *quorum)
{
	char storage[192];
	StrBuf text = STRBUF_ON(storage);
	if (quorum == NULL || quorum->nstandbys == 0)
		return;
	if (str_is_none(quorum->best_candidate)) {
		put_pair(pen, "loss now", STR("all, no candidate"), STYLE_BAD);
		return;
	}
	format_bytes(&text, quorum->loss_bytes);
	if (quorum->loss_bytes == 0)
		strbuf_add_cstr(&text, " B");
	strbuf_add_cstr(&text, ", best ");
	strbuf_add(&text, quorum->best_candidate);
	put_pair(pen, "loss now", strbuf_str(&text),
	         str_eq(quorum->acknowledged_loss, STR("possible")) ? STYLE_WARNING : STYLE_VALUE);
}

static void draw_traffic(Frame *frame, int row, const ClusterRow *cluster, const QuorumRow *quorum, int end,
                         uint32_t ellipsis)
{
	const Str alarm = STR(" BLOCKED ");
	char waiting_text[64];
	StrBuf waiting = STRBUF_ON(waiting_text);
	Pen pen = {frame, row, 0, end};
	bool blocked = quorum != NULL && quorum->is_blocked;
	if (cluster->primaries == 0)
		pen_put(&pen, STR("no primary reachable"), STYLE_BAD);
	if (blocked) /* first, so that it is seen on any screen */
		pen_put(&pen, alarm, STYLE_ALARM);
	else
		put_wal(&pen, cluster);
	Style waiting_style = write_waiting(&waiting, cluster, quorum);
	draw_sync(&pen, cluster, quorum, waiting.len ? 10 + (int)waiting.len : 0, ellipsis);
	put_pair(&pen, "waiting", strbuf_str(&waiting), waiting_style);
	if (blocked)
		put_wal(&pen, cluster);
	put_loss(&pen, quorum);
}

static void draw_nothing(Frame *frame, int height, const Report *report, Str since)
{
	const ClusterRow nobody = {.timeline = INT_NONE, .uptime_seconds = NAN};
	draw_identity(frame, report, &nobody, since);
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

/* ---- what must not be missed ---- */

/* Lines of notices, drawn one below the other; without a frame they are only counted. */
typedef struct Notices {
	Frame *frame;
	int row, cols;
	int used, max;
	uint32_t ellipsis;
} Notices;

/* Bytes of the text that make a line: up to the last comma that fits, so that nobody's position is torn apart. */
static size_t break_notice(Str text, int cols)
{
	size_t len = frame_break(text, (size_t)cols);
	size_t comma = len;
	while (comma > 0 && text.data[comma - 1] != ',')
		comma--;
	return len < text.len && comma > 0 ? comma : len;
}

/* Wrapped over as many lines as there are; the last one is cut. */
static void put_notice(Notices *n, Str text, Style style)
{
	while (text.len > 0 && n->used < n->max && n->cols > 0) {
		bool last = n->used + 1 == n->max;
		size_t len = last ? text.len : break_notice(text, n->cols);
		if (n->frame != NULL) {
			frame_fill(n->frame, n->row + n->used, 0, n->cols, ' ', style);
			frame_put_cut(n->frame, n->row + n->used, 0, n->cols, str_sub(text, 0, len), style,
			              n->ellipsis);
		}
		n->used++;
		text = str_trim(str_sub(text, len, text.len));
	}
}

/* With several clusters each notice says whose it is. */
static void begin_notice(StrBuf *out, const Report *report, const ClusterRow *cluster, const char *what)
{
	strbuf_clear(out);
	strbuf_add_cstr(out, what);
	if (count_identified(report) > 1)
		strbuf_addf(out, "%s%.*s", what[0] != '\0' ? " in " : "", STR_ARG(cluster_title(cluster)));
	if (out->len > 0)
		strbuf_add_cstr(out, ": ");
}

static void add_count(StrBuf *out, int64_t count, const char *what)
{
	strbuf_addf(out, "%s%lld standby%s %s", str_ends(strbuf_str(out), STR("upstream")) ? ", " : "",
	            (long long)count, count == 1 ? "" : "s", what);
}

/* "2 standbys ahead of the upstream, 1 standby off the newest primary's timeline" */
static void add_standbys(StrBuf *out, const ClusterRow *cluster)
{
	if (cluster->ahead > 0)
		add_count(out, cluster->ahead, "ahead of the upstream");
	if (cluster->off_timeline > 0)
		add_count(out, cluster->off_timeline, "off the newest primary's timeline");
}

/* "COMMITS BLOCKED in main: 1 of 2 standbys count, 17 sessions wait" */
static void put_blocked(Notices *n, const Report *report, const ClusterRow *cluster, const QuorumRow *quorum)
{
	char storage[256];
	StrBuf text = STRBUF_ON(storage);
	begin_notice(&text, report, cluster, "COMMITS BLOCKED");
	strbuf_addf(&text, "%lld of %lld standbys count", (long long)quorum->streaming, (long long)quorum->required);
	if (quorum->waiting_sessions != INT_NONE)
		strbuf_addf(&text, ", %lld session%s", (long long)quorum->waiting_sessions,
		            quorum->waiting_sessions == 1 ? " waits" : "s wait");
	put_notice(n, strbuf_str(&text), STYLE_ALARM);
}

/* Whether the block's second line, which says that commits are blocked, is not there or may be another cluster's. */
static bool block_may_miss_it(const Report *report, int rows)
{
	return rows < BLOCK_ROWS_MIN || count_identified(report) > 1;
}

/* Alarms first, then what is less urgent; on a small screen alarms alone. */
static void put_notices(Notices *n, const Report *report, int rows)
{
	bool alarms_only = rows < ALARMS_ONLY_ROWS;
	char storage[1024];
	StrBuf text = STRBUF_ON(storage);
	for (size_t i = 0; i < report->nclusters; i++) {
		const ClusterRow *cluster = &report->clusters[i];
		if (str_is_none(cluster->split_brain))
			continue;
		begin_notice(&text, report, cluster, "SPLIT BRAIN");
		strbuf_add(&text, cluster->split_brain);
		put_notice(n, strbuf_str(&text), STYLE_ALARM);
	}
	for (uint32_t i = 0; i < report->nclusters && block_may_miss_it(report, rows); i++) {
		const QuorumRow *quorum = header_quorum(report, i);
		if (quorum != NULL && quorum->is_blocked)
			put_blocked(n, report, &report->clusters[i], quorum);
	}
	for (size_t i = 0; i < report->nclusters && !alarms_only; i++) {
		const ClusterRow *cluster = &report->clusters[i];
		if (cluster->ahead == 0 && cluster->off_timeline == 0)
			continue;
		begin_notice(&text, report, cluster, "");
		add_standbys(&text, cluster);
		put_notice(n, strbuf_str(&text), STYLE_WARNING);
	}
}

static Notices notices_for(const Report *report, int cols, int rows)
{
	Notices n = {.cols = cols, .max = rows < 3 ? 0 : rows < ALARMS_ONLY_ROWS ? 1 : rows / 6};
	put_notices(&n, report, rows);
	return n;
}

HeaderLayout header_layout(const Report *report, int cols, int rows)
{
	int notices = notices_for(report, cols, rows).used;
	if (rows < 3)
		return (HeaderLayout){0};
	if (rows < BLOCK_ROWS_MIN) /* one line: the alarm, else who it is */
		return (HeaderLayout){.block = notices > 0 ? 0 : 1, .notices = notices};
	return (HeaderLayout){.block = BLOCK_HEIGHT, .notices = notices};
}

void header_draw(Frame *frame, HeaderLayout layout, const Report *report, uint32_t cluster, const Theme *theme)
{
	uint32_t ellipsis = theme->glyphs.ellipsis;
	Notices n = {frame, layout.block, frame->cols, 0, layout.notices, ellipsis};
	put_notices(&n, report, frame->rows);
	if (layout.block == 0)
		return;
	if (cluster == ROW_NONE) {
		draw_nothing(frame, layout.block, report, layout.since);
		return;
	}
	draw_identity(frame, report, &report->clusters[cluster], layout.since);
	if (layout.block == 1)
		return;
	int end = draw_more(frame, 1, count_identified(report) - 1);
	draw_traffic(frame, 1, &report->clusters[cluster], header_quorum(report, cluster), end, ellipsis);
}

/* ---- headings in the tree ---- */

/* All that never said which cluster they are of. */
static ClusterRow unknown_clusters(const Report *report)
{
	ClusterRow sum = {.name = STR("cluster not known"), .timeline = INT_NONE, .primaries = 1};
	sum.wal_bytes_per_second = NAN;
	for (size_t i = 0; i < report->nclusters; i++) {
		if (lines_cluster_is_known(&report->clusters[i]))
			continue;
		sum.nodes += report->clusters[i].nodes;
		sum.nodes_up += report->clusters[i].nodes_up;
	}
	return sum;
}

static void put_warnings(Pen *pen, const ClusterRow *cluster, const QuorumRow *quorum)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	if (!str_is_none(cluster->split_brain))
		pen_put_whole(pen, 2, STR("SPLIT BRAIN"), STYLE_ALARM);
	if (quorum != NULL && quorum->is_blocked)
		pen_put_whole(pen, 2, STR("BLOCKED"), STYLE_ALARM);
	if (cluster->primaries == 0)
		pen_put_whole(pen, 2, STR("no primary reachable"), STYLE_BAD);
	if (cluster->ahead > 0) {
		strbuf_addf(&text, "%lld ahead", (long long)cluster->ahead);
		pen_put_whole(pen, 2, strbuf_str(&text), STYLE_WARNING);
	}
	if (cluster->off_timeline > 0) {
		strbuf_clear(&text);
		strbuf_addf(&text, "%lld off timeline", (long long)cluster->off_timeline);
		pen_put_whole(pen, 2, strbuf_str(&text), STYLE_WARNING);
	}
}

void header_draw_heading(Frame *frame, int row, const Report *report, const TreeLine *line, const Theme *theme)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	ClusterRow unknown = {0};
	const ClusterRow *cluster = &unknown;
	if (line->cluster != ROW_NONE)
		cluster = &report->clusters[line->cluster];
	else
		unknown = unknown_clusters(report);
	Pen pen = {frame, row, 0, frame->cols};
	pen_fill(&pen, 2, theme->glyphs.horizontal, STYLE_SEPARATOR);
	pen_put(&pen, STR(" "), STYLE_SEPARATOR);
	pen_put(&pen, cluster_title(cluster), STYLE_TITLE);
	if (line->folded) {
		strbuf_addf(&text, "+%u", (unsigned)line->below);
		pen_put_whole(&pen, 1, strbuf_str(&text), health_style(line->worst));
	}
	const QuorumRow *quorum = header_quorum(report, line->cluster);
	put_warnings(&pen, cluster, quorum);
	strbuf_clear(&text);
	strbuf_addf(&text, "%lld/%lld nodes", (long long)cluster->nodes_up, (long long)cluster->nodes);
	pen_put_whole(&pen, 2, strbuf_str(&text), cluster->nodes_up < cluster->nodes ? STYLE_BAD : STYLE_NORMAL);
	put_version(&pen, cluster);
	put_wal(&pen, cluster);
	if (pen.end - pen.col > 24)
		draw_sync(&pen, cluster, quorum, 2, theme->glyphs.ellipsis);
	pen_put(&pen, STR(" "), STYLE_SEPARATOR);
	pen_fill(&pen, frame->cols, theme->glyphs.horizontal, STYLE_SEPARATOR);
}
