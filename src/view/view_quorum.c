#include "view/view_quorum.h"

#include "view/format.h"

#include <math.h>

enum { LABEL_WIDTH = 13 };

/* Lines are drawn one after the other; those above the scrolled part and below the screen only count. */
typedef struct Page {
	Frame *frame;
	int row, height, top;
	int line; /* the next one */
	const QuorumRow *quorum;
	uint32_t ellipsis;
} Page;

/* A pen for the next line; off the frame if it is not to be seen. */
static Pen next_line(Page *page)
{
	int at = page->line++ - page->top;
	bool visible = at >= 0 && at < page->height;
	return (Pen){page->frame, visible ? page->row + at : -1, 0, page->frame->cols};
}

static void put_label(Pen *pen, const char *label)
{
	pen_put(pen, str_from(label), STYLE_LABEL);
	pen->col = LABEL_WIDTH;
}

static void put_text(Pen *pen, Str text, Style style, uint32_t ellipsis)
{
	pen->col += frame_put_cut(pen->frame, pen->row, pen->col, pen->end - pen->col, text, style, ellipsis);
}

static Str plural(int64_t count)
{
	return count == 1 ? STR("") : STR("s");
}

/* ---- in words ---- */

static void draw_rule(Page *page)
{
	const QuorumRow *q = page->quorum;
	Pen pen = next_line(page);
	put_label(&pen, "rule");
	Str rule = str_is_none(q->rule) ? STR("-") : str_trim(q->rule).len == 0 ? STR("off") : q->rule;
	put_text(&pen, rule, STYLE_VALUE, page->ellipsis);
	if (!str_is_none(q->synchronous_commit)) {
		pen_put(&pen, STR("   synchronous_commit "), STYLE_LABEL);
		pen_put(&pen, q->synchronous_commit, STYLE_VALUE);
	}
	if (str_is_none(q->warning))
		return;
	pen = next_line(page);
	put_label(&pen, "");
	put_text(&pen, q->warning, STYLE_WARNING, page->ellipsis);
}

static void draw_commits(Page *page)
{
	char storage[512];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = page->quorum;
	Pen pen = next_line(page);
	put_label(&pen, "commits");
	if (!q->live) {
		put_text(&pen, STR("the primary does not answer: nobody commits there, or nobody knows"), STYLE_BAD,
		         page->ellipsis);
		return;
	}
	if (q->required == INT_NONE || q->required == 0) {
		put_text(&pen, STR("wait for no standby"), STYLE_VALUE, page->ellipsis);
		return;
	}
	if (!q->is_blocked) {
		strbuf_addf(&text, "acknowledged by %lld of %lld standby%.*s that count, slack %lld",
		            (long long)q->required, (long long)q->streaming, STR_ARG(plural(q->streaming)),
		            (long long)(q->streaming - q->required));
		put_text(&pen, strbuf_str(&text), q->streaming == q->required ? STYLE_NOTE : STYLE_OK, page->ellipsis);
		return;
	}
	strbuf_addf(&text, "BLOCKED: %lld standby%.*s needed, %lld count; released by ", (long long)q->required,
	            STR_ARG(plural(q->required)), (long long)q->streaming);
	strbuf_add(&text, q->released_by);
	put_text(&pen, strbuf_str(&text), STYLE_BAD, page->ellipsis);
}

static void draw_waits(Page *page)
{
	char storage[256];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = page->quorum;
	Pen pen = next_line(page);
	put_label(&pen, "waiting");
	if (q->waiting_sessions == INT_NONE) {
		strbuf_add_char(&text, '-');
	} else {
		strbuf_addf(&text, "%lld session%.*s", (long long)q->waiting_sessions,
		            STR_ARG(plural(q->waiting_sessions)));
		if (!isnan(q->longest_wait_seconds)) {
			strbuf_add_cstr(&text, ", the longest at most ");
			format_seconds(&text, q->longest_wait_seconds);
		}
	}
	if (!isnan(q->commit_wait_seconds)) {
		strbuf_add_cstr(&text, "   mean wait of a commit ");
		format_seconds(&text, q->commit_wait_seconds);
	}
	put_text(&pen, strbuf_str(&text), q->waiting_sessions > 0 ? STYLE_WARNING : STYLE_VALUE, page->ellipsis);
}

static void draw_fence(Page *page)
{
	char storage[256], lsn[LSN_TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = page->quorum;
	if (q->fence_needed <= 0) /* no rule, or too few are known */
		return;
	Pen pen = next_line(page);
	put_label(&pen, "failover");
	strbuf_addf(&text, "%lld of %lld standbys must be under control to lose no acknowledged commit; %lld answer",
	            (long long)q->fence_needed, (long long)q->candidates, (long long)q->fence_reachable);
	put_text(&pen, strbuf_str(&text), q->fence_reachable >= q->fence_needed ? STYLE_OK : STYLE_WARNING,
	         page->ellipsis);
	if (q->safe_lsn == LSN_NONE)
		return;
	pen = next_line(page);
	put_label(&pen, "safe up to");
	put_text(&pen, lsn_write(q->safe_lsn, lsn), STYLE_VALUE, page->ellipsis);
	strbuf_clear(&text);
	strbuf_addf(&text, ", which %lld standby%.*s hold%s", (long long)q->required, STR_ARG(plural(q->required)),
	            q->required == 1 ? "s" : "");
	put_text(&pen, strbuf_str(&text), STYLE_LABEL, page->ellipsis);
}

static Str loss_words(Str acknowledged_loss)
{
	if (str_eq(acknowledged_loss, STR("none")))
		return STR("no acknowledged commit is lost");
	if (str_eq(acknowledged_loss, STR("possible")))
		return STR("acknowledged commits may be lost");
	return STR("what is lost is not known");
}

static void draw_best(Page *page)
{
	char storage[512];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = page->quorum;
	Pen pen = next_line(page);
	put_label(&pen, q->live ? "if it died" : "promote");
	if (str_is_none(q->best_candidate)) {
		put_text(&pen, STR("no standby that answers could be promoted"), STYLE_BAD, page->ellipsis);
		return;
	}
	strbuf_add_cstr(&text, q->live ? "promote " : "");
	strbuf_add(&text, q->best_candidate);
	strbuf_add_cstr(&text, ": ");
	format_bytes(&text, q->loss_bytes);
	strbuf_add_cstr(&text, " of WAL lost, ");
	strbuf_add(&text, loss_words(q->acknowledged_loss));
	bool safe = str_eq(q->acknowledged_loss, STR("none"));
	put_text(&pen, strbuf_str(&text), safe ? STYLE_OK : STYLE_WARNING, page->ellipsis);
}

/* ---- tables ---- */

static void put_cell(Pen *pen, int width, bool right, Str text, Style style, uint32_t ellipsis)
{
	if (right)
		frame_put_right(pen->frame, pen->row, pen->col, width, text, style);
	else
		frame_put_cut(pen->frame, pen->row, pen->col, width, text, style, ellipsis);
	pen->col += width + 1;
}

enum { NAME = 22, STATE = 12, COUNTS = 6, TIMELINE = 3, LSN = 13, BYTES = 8, LOSS = 12, FOLLOWERS = 9 };

static void draw_candidate_titles(Page *page)
{
	Pen pen = next_line(page);
	frame_fill(pen.frame, pen.row, 0, pen.frame->cols, ' ', STYLE_COLUMN);
	put_cell(&pen, NAME, false, STR("CANDIDATE"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, STATE, false, STR("STATE"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, COUNTS, false, STR("COUNTS"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, TIMELINE, true, STR("TL"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, BYTES, true, STR("LOSS"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, LOSS, false, STR("ACKNOWLEDGED"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, LSN, true, STR("RECEIVED LSN"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, LSN, true, STR("REPLAY LSN"), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, FOLLOWERS, true, STR("FOLLOWERS"), STYLE_COLUMN, page->ellipsis);
}

static Str dash(Str text)
{
	return str_is_none(text) ? STR("-") : text;
}

static void draw_candidate(Page *page, const CandidateRow *c)
{
	char storage[64], lsn[LSN_TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	Style style = c->promotable ? STYLE_NORMAL : STYLE_DIM;
	Pen pen = next_line(page);
	put_cell(&pen, NAME, false, c->node, style, page->ellipsis);
	put_cell(&pen, STATE, false, c->state, style, page->ellipsis);
	put_cell(&pen, COUNTS, false,
	         c->counts    ? STR("yes")
	         : c->matches ? STR("no")
	                      : STR("async"),
	         c->matches && !c->counts ? STYLE_WARNING : style, page->ellipsis);
	if (c->timeline != INT_NONE)
		strbuf_addf(&text, "%lld", (long long)c->timeline);
	put_cell(&pen, TIMELINE, true, text.len > 0 ? strbuf_str(&text) : STR("-"), style, page->ellipsis);
	strbuf_clear(&text);
	format_bytes(&text, c->loss_bytes);
	put_cell(&pen, BYTES, true, strbuf_str(&text), style, page->ellipsis);
	Style safe = str_eq(c->acknowledged_loss, STR("none")) ? STYLE_OK : STYLE_WARNING;
	put_cell(&pen, LOSS, false, c->acknowledged_loss, c->reachable ? safe : style, page->ellipsis);
	put_cell(&pen, LSN, true, dash(lsn_write(c->received_lsn, lsn)), style, page->ellipsis);
	put_cell(&pen, LSN, true, dash(lsn_write(c->replay_lsn, lsn)), style, page->ellipsis);
	strbuf_clear(&text);
	strbuf_addf(&text, "%lld", (long long)c->followers);
	put_cell(&pen, FOLLOWERS, true, strbuf_str(&text), style, page->ellipsis);
}

enum { RULE = 12, WAIT = 8 };

static void put_wait(Pen *pen, double seconds, Style style)
{
	char storage[32];
	StrBuf text = STRBUF_ON(storage);
	format_seconds(&text, seconds);
	put_cell(pen, WAIT, true, strbuf_str(&text), style, '.');
}

static void draw_what_if_titles(Page *page)
{
	static const char *const titles[] = {"WRITE 50%", "95%", "FLUSH 50%", "95%", "APPLY 50%", "95%"};
	Pen pen = next_line(page);
	frame_fill(pen.frame, pen.row, 0, pen.frame->cols, ' ', STYLE_COLUMN);
	put_cell(&pen, RULE, false, STR("WHAT IF"), STYLE_COLUMN, page->ellipsis);
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		put_cell(&pen, WAIT + (i % 2 == 0), true, str_from(titles[i]), STYLE_COLUMN, page->ellipsis);
	put_cell(&pen, 15, true, STR("COMMITS/s FLUSH"), STYLE_COLUMN, page->ellipsis);
}

/* The three levels of one rule stand together in the rows. */
static void draw_what_if(Page *page, const WhatIfRow *levels)
{
	char storage[32];
	StrBuf text = STRBUF_ON(storage);
	Pen pen = next_line(page);
	strbuf_addf(&text, "%.*s %lld", STR_ARG(levels->method), (long long)levels->required);
	put_cell(&pen, RULE, false, strbuf_str(&text), STYLE_VALUE, page->ellipsis);
	for (size_t i = 0; i < 3; i++) {
		pen.col++;
		put_wait(&pen, levels[i].p50_seconds, STYLE_NORMAL);
		put_wait(&pen, levels[i].p95_seconds, STYLE_DIM);
	}
	strbuf_clear(&text);
	if (isnan(levels[1].commits_per_second))
		strbuf_add_char(&text, '-');
	else
		strbuf_addf(&text, "%.0f", levels[1].commits_per_second);
	put_cell(&pen, 15, true, strbuf_str(&text), STYLE_NORMAL, page->ellipsis);
}

int quorum_draw(Frame *frame, int row, int height, int top, const QuorumRow *quorum, const Theme *theme)
{
	Page page = {frame, row, height, top, 0, quorum, theme->glyphs.ellipsis};
	draw_rule(&page);
	draw_commits(&page);
	draw_waits(&page);
	draw_fence(&page);
	draw_best(&page);
	page.line++;
	draw_candidate_titles(&page);
	for (size_t i = 0; i < quorum->nstandbys; i++)
		draw_candidate(&page, &quorum->standbys[i]);
	if (quorum->nwhat_if == 0)
		return page.line;
	page.line++;
	draw_what_if_titles(&page);
	for (size_t i = 0; i + 3 <= quorum->nwhat_if; i += 3)
		draw_what_if(&page, &quorum->what_if[i]);
	return page.line;
}
