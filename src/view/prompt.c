#include "view/prompt.h"

void prompt_draw(const Prompt *prompt, Frame *frame, int row)
{
	enum { ROOMY = 40 };
	static const struct {
		Str label, brief;
	} labels[] = {
		[PROMPT_NONE] = {STR_INIT(""), STR_INIT("")},
		[PROMPT_FILTER_NODES] = {STR_INIT("filter nodes: "), STR_INIT("\\")},
		[PROMPT_FILTER_PROCESSES] = {STR_INIT("filter: "), STR_INIT("\\")},
		[PROMPT_DELAY] = {STR_INIT("seconds between samples: "), STR_INIT("s ")},
		[PROMPT_SEARCH] = {STR_INIT("search: "), STR_INIT("/")},
		[PROMPT_TIME] = {STR_INIT("go to (UTC): "), STR_INIT("G ")},
	};
	Pen pen = {frame, row, 0, frame->cols};
	frame_fill(frame, row, 0, frame->cols, ' ', STYLE_NORMAL);
	pen_put(&pen, frame->cols >= ROOMY ? labels[prompt->kind].label : labels[prompt->kind].brief, STYLE_KEY);
	edit_draw(&prompt->edit, frame, row, pen.col);
}
