#include "out/batch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct Batch {
	int fd;
	TableId table;
	Filter filter;
	SortOrder order;
	bool has_header;           /* it was written */
	StrBuf text;               /* of one report; reused */
	uint32_t *index, *scratch; /* of the rows to write; reused */
	size_t index_cap;
};

Batch *batch_new(int fd, TableId table)
{
	Batch *batch = xcalloc(1, sizeof(*batch));
	batch->fd = fd;
	batch->table = table;
	return batch;
}

void batch_select(Batch *batch, const Filter *filter, SortOrder order)
{
	batch->filter = *filter;
	batch->order = order;
}

void batch_free(Batch *batch)
{
	if (!batch)
		return;
	free(batch->index);
	free(batch->scratch);
	strbuf_free(&batch->text);
	free(batch);
}

static const void *table_rows(const Report *report, TableId table, size_t *count)
{
	if (table == TABLE_PROCESSES) {
		*count = report->nprocesses;
		return report->processes;
	}
	if (table == TABLE_SLOTS) {
		*count = report->nslots;
		return report->slots;
	}
	if (table == TABLE_QUORUM) {
		*count = report->nquorums;
		return report->quorums;
	}
	if (table == TABLE_EVENTS) {
		*count = report->nevents;
		return report->events;
	}
	*count = report->nnodes;
	return report->nodes;
}

/* A descriptor somebody else made non-blocking (a shell's pipe, a shared terminal) is waited for. A peer that has gone
 * makes poll() return too, and write() then says why. */
static bool wait_writable(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};
	return poll(&pfd, 1, -1) >= 0 || errno == EINTR;
}

static bool write_all(int fd, Str text, Err *err)
{
	while (text.len > 0) {
		ssize_t written = write(fd, text.data, text.len);
		if (written >= 0) {
			text = str_sub(text, (size_t)written, text.len);
			continue;
		}
		if (errno == EINTR)
			continue;
		bool must_wait = errno == EAGAIN || errno == EWOULDBLOCK; /* NOLINT: two names of one number on Linux */
		if (!must_wait || !wait_writable(fd))
			return err_set(err, "output failed: %s", strerror(errno));
	}
	return true;
}

/* The rows to write come into batch->index; returns how many. */
static size_t select_rows(Batch *batch, const char *rows, size_t row_size, size_t count)
{
	size_t chosen = 0;
	if (batch->index_cap < count) {
		batch->index_cap = count + count / 2;
		batch->index = xrealloc_array(batch->index, batch->index_cap, sizeof *batch->index);
		batch->scratch = xrealloc_array(batch->scratch, batch->index_cap, sizeof *batch->scratch);
	}
	for (size_t i = 0; i < count; i++)
		if (filter_matches(&batch->filter, rows + i * row_size))
			batch->index[chosen++] = (uint32_t)i;
	order_sort(batch->order, rows, row_size, batch->index, batch->scratch, chosen);
	return chosen;
}

bool batch_write(Batch *batch, const Report *report, Err *err)
{
	const MetricTable *table = metric_table(batch->table);
	size_t count = 0;
	const char *rows = table_rows(report, batch->table, &count);
	strbuf_clear(&batch->text);
	if (!batch->has_header)
		metric_write_csv_header(&batch->text, table);
	size_t chosen = select_rows(batch, rows, table->row_size, count);
	for (size_t i = 0; i < chosen; i++)
		metric_write_csv_row(&batch->text, table, rows + batch->index[i] * table->row_size);
	if (!write_all(batch->fd, strbuf_str(&batch->text), err))
		return false;
	batch->has_header = true;
	return true;
}
