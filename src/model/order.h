#ifndef PGREPLTOP_MODEL_ORDER_H
#define PGREPLTOP_MODEL_ORDER_H
/* Rows sorted by a column: an array of row numbers is put in order, the rows stay where they are. */
#include "model/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SortOrder {
	const Metric *column; /* NULL: as the rows stand */
	bool descending;
} SortOrder;

/* How a column is sorted unless one asks for the reverse: numbers begin with the highest, which is what one looks for. */
SortOrder order_by(const Metric *column);
/* Through the columns on the screen, by one to the right or (-1) to the left; before the first and after the last there is
 * no order. */
SortOrder order_step(SortOrder order, const Metric *const *columns, size_t count, int by);
/* Puts index[0..count) in order; rows that are equal by the column stay as they stood, unknown comes last. `scratch` has
 * room for `count`, and `rows` are the table's. Nothing is allocated. */
void order_sort(SortOrder order, const void *rows, size_t row_size, uint32_t *index, uint32_t *scratch, size_t count);

#endif
