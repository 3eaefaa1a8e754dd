#include "model/record_read.h"

#include "base/csv.h"
#include "base/num.h"
#include "model/rowtext.h"

#include <limits.h>
#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Rows have their fields where the table of columns says, aligned as the compiler put them. */
#define AT(type, at) (*(type *)(at))

static bool wrong(Err *err, Str cell, const char *expected)
{
	return err_set(err, "\"%.*s\" is not %s", (int)(cell.len < 60 ? cell.len : 60), cell.data ? cell.data : "",
	               expected);
}

static bool read_flag(Str cell, bool *flag, Err *err)
{
	*flag = str_eq(cell, STR("t"));
	return *flag || str_eq(cell, STR("f")) || wrong(err, cell, "t or f");
}

static bool read_in(Str cell, int64_t min, int64_t max, int64_t *value, Err *err)
{
	if (num_parse_int_in(cell, min, max, value))
		return true;
	char expected[80];
	StrBuf text = STRBUF_ON(expected);
	strbuf_addf(&text, "a whole number from %lld to %lld", (long long)min, (long long)max);
	return wrong(err, cell, expected);
}

static bool read_health(Str cell, RowHealth *health, Err *err)
{
	for (size_t i = 0; i < COUNT(RECORD_HEALTH_NAMES); i++) {
		if (str_eq(cell, RECORD_HEALTH_NAMES[i])) {
			*health = (RowHealth)i;
			return true;
		}
	}
	return wrong(err, cell, "ok, note, warning, bad or unknown");
}

/* A column that the file does not have. */
static void set_unknown(const RecordColumn *column, void *row)
{
	void *at = (char *)row + column->offset;
	switch (column->type) {
	case RECORD_INT:
		AT(int64_t, at) = INT_NONE;
		break;
	case RECORD_REAL:
		AT(double, at) = NAN;
		break;
	case RECORD_INDEX:
		AT(uint32_t, at) = ROW_NONE;
		break;
	case RECORD_HEALTH:
		AT(RowHealth, at) = HEALTH_UNKNOWN;
		break;
	case RECORD_TEXT:
	case RECORD_LSN:
	case RECORD_FLAG:
	case RECORD_NUMBER:
	case RECORD_NODE_ID:
	case RECORD_NEVER: /* rows are zeroed */
		break;
	}
}

static bool read_number(const RecordColumn *column, Str cell, void *at, Err *err)
{
	int64_t number = 0;
	switch (column->type) {
	case RECORD_NUMBER:
		if (!read_in(cell, INT_MIN, INT_MAX, &number, err))
			return false;
		AT(int, at) = (int)number;
		return true;
	case RECORD_INDEX:
		if (!read_in(cell, 0, ROW_NONE - 1, &number, err))
			return false;
		AT(uint32_t, at) = (uint32_t)number;
		return true;
	case RECORD_NODE_ID:
		if (!read_in(cell, 0, RECORD_NODE_ID_MAX, &number, err))
			return false;
		AT(NodeId, at) = (NodeId)number;
		return true;
	default:
		return num_parse_i64(cell, &AT(int64_t, at)) || wrong(err, cell, "a whole number");
	}
}

static bool read_cell(const RecordColumn *column, Str cell, void *row, Err *err)
{
	void *at = (char *)row + column->offset;
	bool flag;
	set_unknown(column, row);
	bool may_be_empty = column->type == RECORD_INT || column->type == RECORD_REAL || column->type == RECORD_LSN ||
	                    column->type == RECORD_INDEX;
	if (str_is_none(cell) && may_be_empty)
		return true;
	switch (column->type) {
	case RECORD_TEXT:
		AT(Str, at) = cell;
		return true;
	case RECORD_REAL:
		return num_parse_double(cell, &AT(double, at)) || wrong(err, cell, "a number");
	case RECORD_LSN:
		return lsn_parse(cell, &AT(Lsn, at)) || wrong(err, cell, "a position as 0/1A2B3C");
	case RECORD_FLAG:
		return read_flag(cell, &AT(bool, at), err);
	case RECORD_HEALTH:
		return read_health(cell, &AT(RowHealth, at), err);
	case RECORD_NEVER:
		if (!read_flag(cell, &flag, err))
			return false;
		if (flag)
			AT(double, at) = INFINITY;
		return true;
	default:
		return read_number(column, cell, at, err);
	}
}

/* Reads rows of one file. */
typedef struct Reader {
	Arena *arena;
	RecordFile file;
	RecordColumn columns[RECORD_COLUMNS_MAX];
	size_t ncolumns;
	size_t known, width;
	size_t lead; /* 2 if `time` and `row` stand before the columns */
	Str text;    /* what is left of it */
	size_t len;  /* of all of it */
	Str *cells;  /* of the row read last */
	size_t at;   /* where that begins */
} Reader;

static void reader_init(Reader *r, Arena *arena, RecordFile file, const RecordShape *shape, Str text)
{
	*r = (Reader){.arena = arena, .file = file, .known = shape->known, .width = shape->width};
	r->ncolumns = record_columns(file, r->columns);
	r->lead = record_is_numbered(file) ? 2 : 0;
	r->text = text;
	r->len = text.len;
	r->cells = ARENA_ARRAY(arena, Str, shape->width);
}

/* Cells of the next row. The text ends with it: false and *end. */
static bool next_row(Reader *r, bool *end, Err *err)
{
	size_t count = 0;
	r->at = r->len - r->text.len;
	*end = r->text.len == 0;
	if (*end)
		return false;
	CsvResult result = csv_read_row(&r->text, r->arena, r->cells, r->width, &count);
	if (result == CSV_MORE)
		return err_set(err, "the row is not complete");
	if (result == CSV_ERROR)
		return err_set(err, "this is no CSV of %zu columns", r->width);
	return count == r->width || err_set(err, "%zu columns, expected %zu", count, r->width);
}

static bool read_columns(Reader *r, void *row, Err *err)
{
	for (size_t i = 0; i < r->ncolumns; i++) {
		const RecordColumn *column = &r->columns[i];
		if (i + r->lead >= r->known)
			set_unknown(column, row);
		else if (!read_cell(column, r->cells[i + r->lead], row, err))
			return err_context(err, "column %s", column->name);
	}
	return true;
}

/* At most so many rows are in it: a row has a line and all its commas. */
static size_t most_rows(const Reader *r)
{
	size_t lines = 0;
	for (size_t i = 0; i < r->text.len; i++)
		lines += r->text.data[i] == '\n';
	size_t by_size = r->text.len / r->width + 1;
	return lines < by_size ? lines : by_size;
}

static bool check_time(const Reader *r, Str time, Err *err)
{
	bool of_sample = r->file == RECORD_EVENTS || r->known == 0 || str_eq(r->cells[0], time);
	return of_sample ||
	       err_set(err, "column time: \"%.*s\" is not the sample's, %.*s", STR_ARG(r->cells[0]), STR_ARG(time));
}

/* The number in `row`, from 1 to `most`. */
static bool row_number(const Reader *r, size_t most, size_t *number, Err *err)
{
	int64_t value = 0;
	if (!num_parse_int_in(r->cells[1], 1, (int64_t)most, &value))
		return err_set(err, "column row: \"%.*s\" is no row of this sample, which has %zu",
		               STR_ARG(r->cells[1]), most);
	*number = (size_t)value;
	return true;
}

static bool fail(const Reader *r, RecordFault *fault)
{
	*fault = (RecordFault){r->file, r->at};
	return false;
}

/* Rows of a file that stands for itself: a new array of them. */
static bool read_rows(Reader *r, Str time, void **rows, size_t *count, RecordFault *fault, Err *err)
{
	bool end;
	size_t size = record_row_size(r->file);
	size_t most = most_rows(r);
	char *array = arena_alloc_array(r->arena, most, size);
	*rows = array;
	*count = 0;
	while (next_row(r, &end, err)) {
		if (*count == most || !check_time(r, time, err) || !read_columns(r, array + *count * size, err))
			return fail(r, fault);
		(*count)++;
	}
	return end || fail(r, fault);
}

/* What tells more of `count` rows, each once. */
static bool read_more(Reader *r, Str time, void *rows, size_t count, RecordFault *fault, Err *err)
{
	bool end;
	size_t done = 0, number = 0;
	size_t size = record_row_size(r->file);
	while (next_row(r, &end, err)) {
		if (!check_time(r, time, err) || !row_number(r, count, &number, err))
			return fail(r, fault);
		if (number != done + 1) {
			(void)err_set(err, "column row: %zu, expected %zu", number, done + 1);
			return fail(r, fault);
		}
		if (!read_columns(r, (char *)rows + done * size, err))
			return fail(r, fault);
		done++;
	}
	if (end && done < count) {
		end = err_set(err, "%zu rows, expected %zu", done, count);
		r->at = r->len;
	}
	return end || fail(r, fault);
}

/* Rows that belong to rows of quorum, in their order. */
static bool read_nested(Reader *r, Str time, Report *report, RecordFault *fault, Err *err)
{
	bool end;
	size_t number = 0, last = 0;
	bool candidate = r->file == RECORD_CANDIDATES;
	size_t size = record_row_size(r->file);
	size_t most = most_rows(r), count = 0;
	char *array = arena_alloc_array(r->arena, most, size);
	while (next_row(r, &end, err)) {
		if (count == most || !check_time(r, time, err) || !row_number(r, report->nquorums, &number, err))
			return fail(r, fault);
		if (number < last) {
			(void)err_set(err, "column row: %zu after %zu", number, last);
			return fail(r, fault);
		}
		void *row = array + count++ * size;
		if (!read_columns(r, row, err))
			return fail(r, fault);
		QuorumRow *quorum = &report->quorums[number - 1];
		if (candidate && quorum->nstandbys++ == 0)
			quorum->standbys = row;
		if (!candidate && quorum->nwhat_if++ == 0)
			quorum->what_if = row;
		last = number;
	}
	return end || fail(r, fault);
}

enum { LINKED = 1 << RECORD_NODES | 1 << RECORD_NODES_MORE | 1 << RECORD_CLUSTERS | 1 << RECORD_SLOTS };

/* Rows point at each other: what is drawn takes that for granted. */
static bool check_links(const Report *report, RecordFault *fault, Err *err)
{
	*fault = (RecordFault){RECORD_NODES_MORE, 0};
	for (uint32_t i = 0; i < report->nnodes; i++) {
		const NodeRow *row = &report->nodes[i];
		if (row->parent != ROW_NONE && row->parent >= i)
			return err_set(err, "column parent: %u, expected a row before %u", row->parent, i);
		if (row->cluster_index >= report->nclusters)
			return err_set(err, "column cluster_index: %u, but the sample has %zu clusters",
			               row->cluster_index, report->nclusters);
		if (row->slot != ROW_NONE && row->slot >= report->nslots)
			return err_set(err, "column slot_row: %u, but the sample has %zu slots", row->slot,
			               report->nslots);
		int64_t depth = row->parent == ROW_NONE ? 0 : report->nodes[row->parent].depth + 1;
		if (row->depth != depth) {
			fault->file = RECORD_NODES;
			return err_set(err, "column depth: %lld, expected %lld", (long long)row->depth,
			               (long long)depth);
		}
	}
	return true;
}

static void number_events(EventRow *rows, size_t count, int64_t last)
{
	for (size_t i = 0; i < count; i++)
		rows[i].number = last < (int64_t)(count - i) ? i + 1 : (uint64_t)last - (count - i) + 1;
}

bool record_read_events(Arena *arena, const RecordShape *shape, Str text, int64_t last, EventRow **rows, size_t *count,
                        RecordFault *fault, Err *err)
{
	Reader r;
	void *array;
	reader_init(&r, arena, RECORD_EVENTS, shape, text);
	if (!read_rows(&r, STR_NONE, &array, count, fault, err))
		return false;
	*rows = array;
	number_events(*rows, *count, last);
	return true;
}

/* Puts the rows of a file into the report. */
static void set_rows(Report *report, RecordFile file, void *rows, size_t count, const RecordSample *sample)
{
	switch (file) {
	case RECORD_CLUSTERS:
		report->clusters = rows;
		report->nclusters = count;
		break;
	case RECORD_ROLES:
		report->roles = rows;
		report->nroles = count;
		break;
	case RECORD_EVENTS:
		number_events(rows, count, sample->events);
		report_set_table_rows(report, TABLE_EVENTS, rows, count);
		break;
	default:
		report_set_table_rows(report, (TableId)file, rows, count);
		break;
	}
}

static bool read_file(Reader *r, const RecordSample *sample, Report *report, RecordFault *fault, Err *err)
{
	void *rows;
	size_t count;
	switch (r->file) {
	case RECORD_NODES_MORE:
		return read_more(r, sample->time, report->nodes, report->nnodes, fault, err);
	case RECORD_PROCESSES_MORE:
		return read_more(r, sample->time, report->processes, report->nprocesses, fault, err);
	case RECORD_QUORUM_MORE:
		return read_more(r, sample->time, report->quorums, report->nquorums, fault, err);
	case RECORD_CANDIDATES:
	case RECORD_WHAT_IF:
		return read_nested(r, sample->time, report, fault, err);
	default:
		if (!read_rows(r, sample->time, &rows, &count, fault, err))
			return false;
		set_rows(report, r->file, rows, count, sample);
		return true;
	}
}

bool record_read(Arena *arena, const RecordSample *sample, const RecordShape shapes[RECORD_ROW_FILES],
                 const Str texts[RECORD_ROW_FILES], unsigned files, Report **out, RecordFault *fault, Err *err)
{
	Report *report = ARENA_NEW(arena, Report);
	report->time = sample->time;
	report->wall_us = sample->unix_us;
	report->tick = (uint64_t)sample->tick;
	report->interval_s = sample->interval_seconds;
	report->settled = sample->settled;
	report->host = (HostRow){sample->host_read_bytes_per_second, sample->host_write_bytes_per_second};
	for (size_t file = 0; file < RECORD_ROW_FILES; file++) {
		Reader r;
		if ((files & 1U << file) == 0)
			continue;
		reader_init(&r, arena, (RecordFile)file, &shapes[file], texts[file]);
		if (!read_file(&r, sample, report, fault, err))
			return false;
	}
	if ((files & LINKED) == LINKED && !check_links(report, fault, err))
		return false;
	*out = report;
	return true;
}

bool record_read_header(RecordFile file, Str *text, RecordShape *shape, Err *err)
{
	RecordColumn columns[RECORD_COLUMNS_MAX];
	size_t count = record_columns(file, columns);
	size_t lead = record_is_numbered(file) ? 2 : 0;
	Str cells[RECORD_COLUMNS_MAX * 2];
	Arena arena = {0};
	CsvResult result = csv_read_row(text, &arena, cells, COUNT(cells), &shape->width);
	if (result != CSV_ROW) {
		arena_free(&arena);
		return err_set(err, result == CSV_MORE ? "the header is not complete" : "the header is no CSV");
	}
	shape->known = shape->width < count + lead ? shape->width : count + lead;
	bool ok = true;
	for (size_t i = 0; i < shape->known && ok; i++) {
		const char *expected = i >= lead ? columns[i - lead].name : i == 0 ? "time" : "row";
		ok = str_eq(cells[i], str_from(expected));
		if (!ok)
			(void)err_set(err, "column %zu of the header is \"%.*s\", expected %s", i + 1,
			              STR_ARG(cells[i]), expected);
	}
	if (ok && shape->known <= lead)
		ok = err_set(err, "the header has %zu columns, expected %zu", shape->width, count + lead);
	arena_free(&arena);
	return ok;
}

bool record_read_sample(Arena *arena, const RecordShape *shape, Str *text, RecordSample *sample, bool *more, Err *err)
{
	Reader r;
	bool end;
	*sample = (RecordSample){0};
	reader_init(&r, arena, RECORD_SAMPLES, shape, *text);
	Str rest = *text;
	size_t count;
	*more = csv_read_row(&rest, arena, r.cells, r.width, &count) == CSV_MORE;
	if (*more || !next_row(&r, &end, err) || !read_columns(&r, sample, err))
		return false;
	for (size_t i = 0; i < RECORD_ROW_FILES; i++)
		if (sample->ends[i] < 0)
			return err_set(err, "column %s_end: expected a number of bytes",
			               record_file_name((RecordFile)i));
	if (sample->unix_us == INT_NONE || sample->run == INT_NONE || sample->events < 0 || str_is_none(sample->time))
		return err_set(err, "a sample without a time, a run or a number of events");
	*text = r.text;
	return true;
}
