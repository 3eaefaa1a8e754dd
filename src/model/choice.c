#include "model/choice.h"

#include "model/rowtext.h"

#include <string.h>

const Report *report_choose(Arena *arena, const Report *report, TableId table, const Filter *filter, SortOrder order)
{
	if (filter_is_empty(filter) && order.column == NULL)
		return report;
	size_t size = metric_table(table)->row_size, count = 0, chosen = 0;
	const char *rows = report_table_rows(report, table, &count);
	uint32_t *index = ARENA_ARRAY(arena, uint32_t, count + 1);
	uint32_t *scratch = ARENA_ARRAY(arena, uint32_t, count + 1);
	for (size_t i = 0; i < count; i++)
		if (filter_matches(filter, rows + i * size))
			index[chosen++] = (uint32_t)i;
	order_sort(order, rows, size, index, scratch, chosen);
	char *out = arena_alloc(arena, (chosen + 1) * size);
	for (size_t i = 0; i < chosen; i++)
		memcpy(out + i * size, rows + index[i] * size, size);
	Report *copy = ARENA_NEW(arena, Report);
	*copy = *report;
	report_set_table_rows(copy, table, out, chosen);
	return copy;
}
