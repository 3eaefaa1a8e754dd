#ifndef PGREPLTOP_TESTS_UNIT_GRID_FIXTURE_H
#define PGREPLTOP_TESTS_UNIT_GRID_FIXTURE_H
/* Rows that no server sent, for tests of what reads them. Include cmocka before it. */
#include "collect/decode.h"

#include <stdint.h>
#include <string.h>

#define EPOCH_US INT64_C(946684800000000)

typedef struct Grid {
	Arena arena;
	int nrows, ncolumns;
	Str *cells;
} Grid;

static inline Grid grid_new(int nrows, int ncolumns)
{
	Grid g = {.nrows = nrows, .ncolumns = ncolumns};
	g.cells = ARENA_ARRAY(&g.arena, Str, (size_t)nrows * (size_t)ncolumns);
	return g;
}

static inline Str grid_get(const void *source, int row, int column)
{
	const Grid *g = source;
	assert_in_range(row, 0, g->nrows - 1);
	assert_in_range(column, 0, g->ncolumns - 1);
	return g->cells[row * g->ncolumns + column];
}

static inline Rows grid_rows(const Grid *g)
{
	return (Rows){g, g->nrows, g->ncolumns, grid_get};
}

static inline void put(Grid *g, int row, int column, Str bytes)
{
	g->cells[row * g->ncolumns + column] = str_dup(&g->arena, bytes);
}

static inline Str big_endian(char *buffer, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buffer[i] = (char)(unsigned char)(value >> 8 * (size - 1 - i));
	return (Str){buffer, size};
}

static inline void put_number(Grid *g, int row, int column, int64_t value, size_t size)
{
	char buffer[8];
	put(g, row, column, big_endian(buffer, (uint64_t)value, size));
}

static inline void put_interval(Grid *g, int row, int column, int64_t us, int32_t days, int32_t months)
{
	char buffer[16];
	big_endian(buffer, (uint64_t)us, 8);
	big_endian(buffer + 8, (uint32_t)days, 4);
	big_endian(buffer + 12, (uint32_t)months, 4);
	put(g, row, column, (Str){buffer, 16});
}

/* A value of the column's type: 1, true, "text", a second after the epoch. */
static inline void put_typed(Grid *g, int row, int column, ColumnType type)
{
	switch (type) {
	case COLUMN_TEXT:
	case COLUMN_BYTEA:
		put(g, row, column, STR("text"));
		return;
	case COLUMN_BOOL:
		put_number(g, row, column, 1, 1);
		return;
	case COLUMN_INT4:
		put_number(g, row, column, row + 1, 4);
		return;
	case COLUMN_INT8:
	case COLUMN_LSN:
		put_number(g, row, column, 0x1000 + column, 8);
		return;
	case COLUMN_TIMESTAMPTZ:
		put_number(g, row, column, 1000000 + column, 8);
		return;
	case COLUMN_INTERVAL:
		put_interval(g, row, column, column, 0, 0);
		return;
	}
}

static inline const Query *query_of(QueryKind kind)
{
	return query_find(kind, 180000, PRIVILEGE_FILES);
}

static inline Grid grid_of(QueryKind kind, int nrows)
{
	const Query *q = query_of(kind);
	Grid g = grid_new(nrows, (int)q->ncolumns);
	for (int row = 0; row < nrows; row++)
		for (int c = 0; c < g.ncolumns; c++)
			put_typed(&g, row, c, q->columns[c].type);
	return g;
}

static inline int column_of(QueryKind kind, const char *name)
{
	const Query *q = query_of(kind);
	for (size_t c = 0; c < q->ncolumns; c++)
		if (strcmp(q->columns[c].name, name) == 0)
			return (int)c;
	fail_msg("no column %s", name);
	return -1;
}

static inline NodeSample *decoded(Grid *g, bool (*decode)(Rows, NodeSample *, Err *))
{
	NodeSample *sample = sample_new(NULL);
	Err err = {""};
	if (!decode(grid_rows(g), sample, &err))
		fail_msg("%s", err.text);
	arena_free(&g->arena);
	return sample;
}

static inline void done(NodeSample *sample)
{
	sample_free(sample_unref(sample));
}

#endif
