#include "view/view_quorum.h"

#include "view/format.h"
#include "view/page.h"

#include <math.h>

typedef struct Lens {
	Page page;
	const QuorumRow *quorum;
} Lens;

static Str plural(int64_t count)
{
	return count == 1 ? STR("") : STR("s");
}

/* ---- in words ---- */

static void draw_rule(Lens *lens)
{
	const QuorumRow *q = lens->quorum;
	Pen pen = page_label(&lens->page, "rule");
	Str rule = str_is_none(q->rule) ? STR("-") : str_trim(q->rule).len == 0 ? STR("off") : q->rule;
	page_text(&lens->page, &pen, rule, STYLE_VALUE);
	if (!str_is_none(q->synchronous_commit)) {
		pen_put(&pen, STR("   synchronous_commit "), STYLE_LABEL);
		pen_put(&pen, q->synchronous_commit, STYLE_VALUE);
	}
	if (str_is_none(q->warning))
		return;
	pen = page_label(&lens->page, "");
	page_text(&lens->page, &pen, q->warning, STYLE_WARNING);
}

static void draw_commits(Lens *lens)
{
	char storage[512];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = lens->quorum;
	Pen pen = page_label(&lens->page, "commits");
	if (!q->live) {
		page_text(&lens->page, &pen, STR("the primary does not answer: nobody commits there, or nobody knows"),
		          STYLE_BAD);
		return;
	}
	if (q->required == INT_NONE || q->required == 0) {
		page_text(&lens->page, &pen, STR("wait for no standby"), STYLE_VALUE);
		return;
	}
	if (q->streaming == INT_NONE) {
		page_text(&lens->page, &pen, STR("who counts is " NOT_VISIBLE), STYLE_WARNING);
		return;
	}
	if (!q->is_blocked) {
		strbuf_addf(&text, "acknowledged by %lld of %lld standby%.*s that count, slack %lld",
		            (long long)q->required, (long long)q->streaming, STR_ARG(plural(q->streaming)),
		            (long long)(q->streaming - q->required));
		page_text(&lens->page, &pen, strbuf_str(&text), q->streaming == q->required ? STYLE_NOTE : STYLE_OK);
		return;
	}
	strbuf_addf(&text, "BLOCKED: %lld standby%.*s needed, %lld count; released by ", (long long)q->required,
	            STR_ARG(plural(q->required)), (long long)q->streaming);
	strbuf_add(&text, q->released_by);
	page_text(&lens->page, &pen, strbuf_str(&text), STYLE_BAD);
}

static void draw_waits(Lens *lens)
{
	char storage[256];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = lens->quorum;
	Pen pen = page_label(&lens->page, "waiting");
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
		strbuf_add_cstr(&text, "   mean commit wait ");
		format_seconds(&text, q->commit_wait_seconds);
	}
	page_text(&lens->page, &pen, strbuf_str(&text), q->waiting_sessions > 0 ? STYLE_WARNING : STYLE_VALUE);
}

static void draw_fence(Lens *lens)
{
	char storage[256], lsn[LSN_TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = lens->quorum;
	if (q->fence_needed <= 0) /* no rule, or too few are known */
		return;
	Pen pen = page_label(&lens->page, "failover");
	strbuf_addf(&text, "control of %lld of %lld standbys keeps all acknowledged commits; %lld answer",
	            (long long)q->fence_needed, (long long)q->candidates, (long long)q->fence_reachable);
	page_text(&lens->page, &pen, strbuf_str(&text),
	          q->fence_reachable >= q->fence_needed ? STYLE_OK : STYLE_WARNING);
	if (q->safe_lsn == LSN_NONE)
		return;
	pen = page_label(&lens->page, "safe up to");
	page_text(&lens->page, &pen, lsn_write(q->safe_lsn, lsn), STYLE_VALUE);
	strbuf_clear(&text);
	strbuf_addf(&text, ", which %lld standby%.*s hold%s", (long long)q->required, STR_ARG(plural(q->required)),
	            q->required == 1 ? "s" : "");
	page_text(&lens->page, &pen, strbuf_str(&text), STYLE_LABEL);
}

static Str loss_words(Str acknowledged_loss)
{
	if (str_eq(acknowledged_loss, STR("none")))
		return STR("no acknowledged commit");
	if (str_eq(acknowledged_loss, STR("possible")))
		return STR("perhaps acknowledged commits");
	return STR("which commits is not known");
}

static void draw_best(Lens *lens)
{
	char storage[512];
	StrBuf text = STRBUF_ON(storage);
	const QuorumRow *q = lens->quorum;
	Pen pen = page_label(&lens->page, q->live ? "if it died" : "promote");
	if (str_is_none(q->best_candidate)) {
		page_text(&lens->page, &pen, STR("no standby that answers could be promoted"), STYLE_BAD);
		return;
	}
	strbuf_add_cstr(&text, q->live ? "promote " : "");
	strbuf_add(&text, q->best_candidate);
	strbuf_add_cstr(&text, ": ");
	strbuf_add_cstr(&text, "loses ");
	if (q->loss_bytes == 0)
		strbuf_add_cstr(&text, "no");
	else
		format_bytes(&text, q->loss_bytes);
	strbuf_add_cstr(&text, q->loss_bytes == 0 ? " WAL, " : " of WAL, ");
	strbuf_add(&text, loss_words(q->acknowledged_loss));
	bool safe = str_eq(q->acknowledged_loss, STR("none"));
	page_text(&lens->page, &pen, strbuf_str(&text), safe ? STYLE_OK : STYLE_WARNING);
}

/* ---- tables ---- */

enum {
	NAME = 22,
	NAME_NARROW = 20,
	NARROW = 100,
	STATE = 12,
	COUNTS = 6,
	TIMELINE = 3,
	LSN = 13,
	BYTES = 8,
	LOSS = 12,
	FOLLOWERS = 9
};

static int name_width(const Page *page)
{
	return page->frame->cols < NARROW ? NAME_NARROW : NAME;
}

static void draw_candidate_titles(Lens *lens)
{
	Pen pen = page_titles(&lens->page);
	page_cell(&lens->page, &pen, name_width(&lens->page), false, STR("CANDIDATE"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, STATE, false, STR("STATE"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, COUNTS, false, STR("COUNTS"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, TIMELINE, true, STR("TL"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, BYTES, true, STR("LOSS"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, LOSS, false, STR("ACKNOWLEDGED"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, LSN, true, STR("RECEIVED LSN"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, LSN, true, STR("REPLAY LSN"), STYLE_COLUMN);
	page_cell(&lens->page, &pen, FOLLOWERS, true, STR("FOLLOWERS"), STYLE_COLUMN);
}

static Str dash(Str text)
{
	return str_is_none(text) ? STR("-") : text;
}

/* Of one that does not answer and has no row at its upstream, nobody says what it is. */
static Str counts_word(const CandidateRow *c)
{
	if (c->counts)
		return STR("yes");
	if (c->matches)
		return STR("no");
	return c->reachable || c->acknowledged_lsn != LSN_NONE ? STR("async") : STR("-");
}

static void draw_candidate(Lens *lens, const CandidateRow *c)
{
	char storage[64], lsn[LSN_TEXT_MAX];
	StrBuf text = STRBUF_ON(storage);
	Style style = c->promotable ? STYLE_NORMAL : STYLE_DIM;
	Pen pen = page_line(&lens->page);
	page_cell(&lens->page, &pen, name_width(&lens->page), false, c->node, style);
	page_cell(&lens->page, &pen, STATE, false, c->state, style);
	page_cell(&lens->page, &pen, COUNTS, false, counts_word(c), c->matches && !c->counts ? STYLE_WARNING : style);
	if (c->timeline != INT_NONE)
		strbuf_addf(&text, "%lld", (long long)c->timeline);
	page_cell(&lens->page, &pen, TIMELINE, true, text.len > 0 ? strbuf_str(&text) : STR("-"), style);
	strbuf_clear(&text);
	format_bytes(&text, c->loss_bytes);
	page_cell(&lens->page, &pen, BYTES, true, strbuf_str(&text), style);
	Style safe = str_eq(c->acknowledged_loss, STR("none")) ? STYLE_OK : STYLE_WARNING;
	page_cell(&lens->page, &pen, LOSS, false, c->acknowledged_loss, c->reachable ? safe : style);
	page_cell(&lens->page, &pen, LSN, true, dash(lsn_write(c->received_lsn, lsn)), style);
	page_cell(&lens->page, &pen, LSN, true, dash(lsn_write(c->replay_lsn, lsn)), style);
	strbuf_clear(&text);
	strbuf_addf(&text, "%lld", (long long)c->followers);
	page_cell(&lens->page, &pen, FOLLOWERS, true, strbuf_str(&text), style);
}

enum { RULE = 12, WAIT = 8, TPS = 9 };

static void put_wait(const Page *page, Pen *pen, double seconds, Style style)
{
	char storage[32];
	StrBuf text = STRBUF_ON(storage);
	format_seconds(&text, seconds);
	page_cell(page, pen, WAIT, true, strbuf_str(&text), style);
}

static void draw_what_if_titles(Lens *lens)
{
	static const char *const titles[] = {"WRITE 50%", "95%", "FLUSH 50%", "95%", "APPLY 50%", "95%"};
	Pen pen = page_titles(&lens->page);
	page_cell(&lens->page, &pen, RULE, false, STR("WHAT IF"), STYLE_COLUMN);
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		page_cell(&lens->page, &pen, WAIT + (i % 2 == 0), true, str_from(titles[i]), STYLE_COLUMN);
	page_cell(&lens->page, &pen, TPS, true, STR("TPS FLUSH"), STYLE_COLUMN);
}

/* The three levels of one rule stand together in the rows. */
static void draw_what_if(Lens *lens, const WhatIfRow *levels)
{
	char storage[32];
	StrBuf text = STRBUF_ON(storage);
	Pen pen = page_line(&lens->page);
	strbuf_addf(&text, "%.*s %lld", STR_ARG(levels->method), (long long)levels->required);
	page_cell(&lens->page, &pen, RULE, false, strbuf_str(&text), STYLE_VALUE);
	for (size_t i = 0; i < 3; i++) {
		pen.col++;
		put_wait(&lens->page, &pen, levels[i].p50_seconds, STYLE_NORMAL);
		put_wait(&lens->page, &pen, levels[i].p95_seconds, STYLE_DIM);
	}
	strbuf_clear(&text);
	if (isnan(levels[1].commits_per_second))
		strbuf_add_char(&text, '-');
	else
		strbuf_addf(&text, "%.0f", levels[1].commits_per_second);
	page_cell(&lens->page, &pen, TPS, true, strbuf_str(&text), STYLE_NORMAL);
}

int quorum_draw(Frame *frame, int row, int height, int top, const QuorumRow *quorum, const Theme *theme)
{
	Lens lens = {{frame, row, height, top, theme->glyphs.ellipsis, 0}, quorum};
	draw_rule(&lens);
	draw_commits(&lens);
	draw_waits(&lens);
	draw_fence(&lens);
	draw_best(&lens);
	lens.page.line++;
	draw_candidate_titles(&lens);
	for (size_t i = 0; i < quorum->nstandbys; i++)
		draw_candidate(&lens, &quorum->standbys[i]);
	if (quorum->nwhat_if == 0)
		return lens.page.line;
	lens.page.line++;
	draw_what_if_titles(&lens);
	for (size_t i = 0; i + 3 <= quorum->nwhat_if; i += 3)
		draw_what_if(&lens, &quorum->what_if[i]);
	return lens.page.line;
}
