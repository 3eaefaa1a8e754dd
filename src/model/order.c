#include "model/order.h"

#include <string.h>

SortOrder order_by(const Metric *column)
{
	return (SortOrder){column, column != NULL && column->type != VALUE_TEXT};
}

SortOrder order_step(SortOrder order, const Metric *const *columns, size_t count, int by)
{
	int last = (int)count;
	int at = -1;
	for (int i = 0; i < last; i++)
		if (columns[i] == order.column)
			at = i;
	if (at < 0 && by < 0)
		at = last;
	at += by;
	return order_by(at >= 0 && at < last ? columns[at] : NULL);
}

/* A merge sort from below: stable, n log n whatever the order was, and one pass over what is sorted already. */
void order_sort(SortOrder order, const void *rows, size_t row_size, uint32_t *index, uint32_t *scratch, size_t count)
{
	const char *base = rows;
	if (order.column == NULL)
		return;
#define AFTER(a, b) (metric_compare(order.column, base + (a)*row_size, base + (b)*row_size, order.descending) > 0)
	for (size_t width = 1; width < count; width *= 2) {
		bool moved = false;
		for (size_t from = 0; from < count; from += 2 * width) {
			size_t middle = from + width < count ? from + width : count;
			size_t end = middle + width < count ? middle + width : count;
			size_t left = from, right = middle;
			if (middle == end || !AFTER(index[middle - 1], index[middle])) {
				memcpy(scratch + from, index + from, (end - from) * sizeof *index);
				continue;
			}
			moved = true;
			for (size_t out = from; out < end; out++) {
				bool take_right = left == middle || (right < end && AFTER(index[left], index[right]));
				scratch[out] = take_right ? index[right++] : index[left++];
			}
		}
		if (moved)
			memcpy(index, scratch, count * sizeof *index);
	}
#undef AFTER
}
