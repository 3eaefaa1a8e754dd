#ifndef PGREPLTOP_VIEW_VIEW_HEADER_H
#define PGREPLTOP_VIEW_VIEW_HEADER_H
/* The top of the screen: two lines about one cluster, and below them what must not be missed in any. Nodes that never said
 * which cluster they belong to are counted with it. Also the headings that part the trees of several clusters. */
#include "model/report.h"
#include "view/frame.h"
#include "view/lines.h"
#include "view/theme.h"

/* Lines of each part, and since when the screen is frozen: STR_NONE = it is not. */
typedef struct HeaderLayout {
	int block, notices;
	Str since;
} HeaderLayout;

HeaderLayout header_layout(const Report *report, int cols, int rows);
/* From row 0 on. `cluster`: whose block it is, as an index; ROW_NONE: no cluster is known. */
void header_draw(Frame *frame, HeaderLayout layout, const Report *report, uint32_t cluster, const Theme *theme);
/* What commits of a cluster (an index, or ROW_NONE) depend on: the row of its primary, or if none is reachable of the one
 * that was seen last. NULL: no primary is known. */
const QuorumRow *header_quorum(const Report *report, uint32_t cluster);
/* One line: name, what is wrong, nodes, version, timeline, WAL and the sync rule, as far as they fit. */
void header_draw_heading(Frame *frame, int row, const Report *report, const TreeLine *line, const Theme *theme);

#endif
