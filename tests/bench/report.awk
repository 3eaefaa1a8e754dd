# Turns the measurements into Markdown: a table (medians, and the range of the CPU time), then the budgets. Ratios are
# taken within a round, against the floor of the same round and condition, and the median of those is what counts.

function sort_numbers(list, n,    i, k, value)
{
	for (i = 2; i <= n; i++) {
		value = list[i]
		for (k = i - 1; k >= 1 && list[k] > value; k--)
			list[k + 1] = list[k]
		list[k + 1] = value
	}
}

function median_of(list, n)
{
	if (n == 0)
		return ""
	sort_numbers(list, n)
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# The values of a field over the rounds, into list; empty ones are left out.
function values(list, condition, program, field,    n, round)
{
	n = 0
	for (round = 1; round <= rounds; round++)
		if ((condition, program, round, field) in data)
			list[++n] = data[condition, program, round, field]
	return n
}

function median(condition, program, field,    list, n)
{
	n = values(list, condition, program, field)
	return median_of(list, n)
}

# Of the ratios within each round, against one other program or the weighted sum of two.
function ratio(condition, program, field, other, weight, second, weight2,    list, n, round, below)
{
	n = 0
	for (round = 1; round <= rounds; round++) {
		if (!((condition, program, round, field) in data) || !((condition, other, round, field) in data))
			continue
		below = weight * data[condition, other, round, field]
		if (second != "")
			below += weight2 * data[condition, second, round, field]
		if (below > 0)
			list[++n] = data[condition, program, round, field] / below
	}
	return median_of(list, n)
}

function shown(value, format)
{
	return value == "" ? "" : sprintf(format, value)
}

function range(condition, program, field,    list, n)
{
	n = values(list, condition, program, field)
	if (n < 2)
		return ""
	sort_numbers(list, n)
	return sprintf("%.2f .. %.2f", list[1], list[n])
}

function print_row(condition, program,    calls)
{
	calls = condition == "idle" ? median("calls", program, "calls") : ""
	printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", condition, program,
		shown(median(condition, program, "cpu_ms"), "%.2f"), range(condition, program, "cpu_ms"),
		shown(ratio(condition, program, "cpu_ms", "floor", 1), "%.2f"),
		shown(median(condition, program, "bytes"), "%.0f"), shown(calls, "%.0f"),
		shown(median(condition, program, "wake_ups"), "%.1f"),
		shown(median(condition, program, "peak_kb") / 1024, "%.1f"),
		shown(median(condition, program, "busy_percent"), "%.0f")
}

function budget(name, value, limit, format)
{
	if (value == "" || limit == "")
		return
	printf "| %s | " format " | " format " | %s |\n", name, value, limit, value <= limit ? "met" : "**not met**"
}

NR == 1 {
	for (i = 4; i <= NF; i++)
		name[i] = $i
	next
}

{
	if (!(($1, $3) in seen)) {
		seen[$1, $3] = 1
		row_condition[++rows] = $1
		row_program[rows] = $3
	}
	if ($2 > rounds)
		rounds = $2
	for (i = 4; i <= NF; i++)
		if ($i != "")
			data[$1, $3, $2, name[i]] = $i + 0
}

END {
	print "| condition | program | CPU ms a refresh | min .. max | x floor | bytes | system calls | wake-ups | peak MB | machine busy % |"
	print "|---|---|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= rows; i++)
		if (row_condition[i] != "start" && row_condition[i] != "calls")
			print_row(row_condition[i], row_program[i])

	print "\n| start | first byte ms | complete ms | min .. max | key to screen ms | bytes of a repaint |"
	print "|---|---|---|---|---|---|"
	for (i = 1; i <= rows; i++)
		if (row_condition[i] == "start")
			printf "| %s | %s | %s | %s | %s | %s |\n", row_program[i],
				shown(median("start", row_program[i], "first_byte_ms"), "%.1f"),
				shown(median("start", row_program[i], "first_frame_ms"), "%.1f"),
				range("start", row_program[i], "first_frame_ms"),
				shown(median("start", row_program[i], "key_ms"), "%.1f"),
				shown(median("start", row_program[i], "key_bytes"), "%.0f")

	print "\n| budget | measured | limit | |"
	print "|---|---|---|---|"
	budget("CPU, tree of 5 nodes, x floor", ratio("idle", "tree", "cpu_ms", "floor", 1), 2, "%.2f")
	budget("CPU, with processes, x floor", ratio("idle", "processes", "cpu_ms", "floor", 1), 3, "%.2f")
	budget("CPU under load, tree, x floor", ratio("load", "tree", "cpu_ms", "floor", 1), 2, "%.2f")
	budget("CPU under load, with processes, x floor", ratio("load", "processes", "cpu_ms", "floor", 1), 3, "%.2f")
	budget("CPU, tree, x pg_top", ratio("idle", "tree", "cpu_ms", "pg_top", 1), 1, "%.2f")
	budget("CPU, tree, x pg_activity", ratio("idle", "tree", "cpu_ms", "pg_activity", 1), 1 / 12, "%.3f")
	# The processes' budget on top of the tree's.
	n = 0
	for (round = 1; round <= rounds; round++)
		if (("sessions", "processes", round, "cpu_ms") in data && ("sessions", "floor", round, "cpu_ms") in data &&
			("sessions", "floor-proc", round, "cpu_ms") in data)
			list[++n] = data["sessions", "processes", round, "cpu_ms"] / (2 * data["sessions", "floor", round, "cpu_ms"] + \
				1.3 * (data["sessions", "floor-proc", round, "cpu_ms"] + data["sessions", "floor-activity", round, "cpu_ms"]))
	budget("CPU, 100 sessions, x (2 floor + 1.3 (floor-proc + floor-activity))", median_of(list, n), 1, "%.2f")
	budget("CPU, tree with 100 sessions, x floor", ratio("sessions", "tree", "cpu_ms", "floor", 1), 2, "%.2f")
	budget("bytes, nothing changes, tree", median("idle", "tree", "bytes"), 60, "%.0f")
	budget("bytes under load, tree (5 rows change)", median("load", "tree", "bytes"), 150 + 5 * 60, "%.0f")
	budget("bytes under load, tree, part of a repaint", median("load", "tree", "bytes") / (median("start", "tree", "key_bytes") + 1e-9),
		0.25, "%.2f")
	if (median("calls", "floor", "calls") != "")
		budget("system calls, tree", median("calls", "tree", "calls"), 2 * median("calls", "floor", "calls"), "%.0f")
	budget("exec to complete tree, x floor", ratio("start", "tree", "first_frame_ms", "floor", 1), 2, "%.2f")
	budget("key to screen, ms", median("start", "processes", "key_ms"), 16, "%.1f")
	budget("peak memory, tree, x floor", ratio("idle", "tree", "peak_kb", "floor", 1), 1.25, "%.2f")
	budget("peak memory, with processes, x floor", ratio("idle", "processes", "peak_kb", "floor", 1), 1.25, "%.2f")
}
