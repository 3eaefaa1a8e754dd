#include "collect/proc_parse.h"

#include "base/num.h"

#include <limits.h>
#include <string.h>

/* ---- words and lines ------------------------------------------------------------------------------------------- */

/* Cuts the next word off *rest: what stands between white space. Empty at the end. */
static Str next_word(Str *rest)
{
	if (rest->len == 0)
		return STR("");
	const char *p = rest->data;
	const char *end = p + rest->len;
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t'))
		p++;
	const char *start = p;
	while (p < end && *p != ' ' && *p != '\n' && *p != '\t')
		p++;
	*rest = (Str){p, (size_t)(end - p)};
	return (Str){start, (size_t)(p - start)};
}

/* Cuts the next line off *rest; false if no newline ends it: the text was cut or is still being written. */
static bool next_line(Str *rest, Str *line)
{
	const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
	if (!end)
		return false;
	size_t len = (size_t)(end - rest->data);
	*line = str_sub(*rest, 0, len);
	*rest = str_sub(*rest, len + 1, rest->len);
	return true;
}

static bool parse_int(Str s, int64_t min, int64_t max, int *out)
{
	int64_t value;
	if (!num_parse_int_in(s, min, max, &value))
		return false;
	*out = (int)value;
	return true;
}

static int parse_port(Str s)
{
	int port = 0;
	return parse_int(s, 1, 65535, &port) ? port : 0;
}

/* ---- /proc/PID/stat, io, cmdline, status; /proc/stat ----------------------------------------------------------- */

#define STAT_EXITING 0x4u /* PF_EXITING of field 9 */

/* The name may hold parentheses, spaces and newlines, but behind it stand only numbers and the state: the last closing
 * parenthesis is its end. */
static bool split_stat(Str text, Str *pid, Str *name, Str *rest)
{
	const char *open = text.len ? memchr(text.data, '(', text.len) : NULL;
	const char *close = text.len ? memrchr(text.data, ')', text.len) : NULL;
	if (!open || !close || close < open)
		return false;
	size_t from = (size_t)(open - text.data);
	size_t to = (size_t)(close - text.data);
	*pid = str_trim(str_sub(text, 0, from));
	*name = str_sub(text, from + 1, to);
	*rest = str_sub(text, to + 1, text.len);
	return true;
}

bool proc_parse_stat(Str text, ProcSample *out)
{
	Str pid, name, rest;
	if (!split_stat(text, &pid, &name, &rest))
		return false;
	ProcSample s = *out;
	uint64_t utime = 0;
	uint64_t stime = 0;
	bool ok = parse_int(pid, 1, INT_MAX, &s.pid);
	for (int field = 3; ok && field <= 42; field++) {
		Str word = next_word(&rest);
		switch (field) {
		case 3:
			ok = word.len == 1;
			s.run_state = ok ? word.data[0] : '\0';
			break;
		case 4:
			ok = parse_int(word, 0, INT_MAX, &s.ppid);
			break;
		case 14:
			ok = num_parse_u64(word, &utime);
			break;
		case 15:
			ok = num_parse_u64(word, &stime);
			break;
		case 22:
			ok = num_parse_u64(word, &s.start_ticks);
			break;
		case 42:
			/* With nothing behind it, it may be cut. */
			ok = rest.len > 0 && num_parse_u64(word, &s.blkio_ticks);
			break;
		default:
			ok = word.len > 0;
		}
	}
	if (!ok)
		return false;
	s.cpu_ticks = utime + stime;
	*out = s;
	return true;
}

bool proc_parse_stat_name(Str text, Str *name)
{
	Str pid, rest;
	return split_stat(text, &pid, name, &rest);
}

bool proc_parse_stat_exiting(Str text)
{
	Str pid, name, rest;
	if (!split_stat(text, &pid, &name, &rest))
		return false;
	Str state = next_word(&rest);
	if (state.len == 1 && (state.data[0] == 'Z' || state.data[0] == 'X' || state.data[0] == 'x'))
		return true;
	for (int field = 4; field < 9; field++)
		(void)next_word(&rest);
	uint64_t flags = 0;
	return num_parse_u64(next_word(&rest), &flags) && (flags & STAT_EXITING);
}

bool proc_parse_io(Str text, ProcIo *out)
{
	ProcIo io = {0};
	const struct {
		Str name;
		uint64_t *value;
	} fields[] = {
		{STR("rchar:"), &io.rchar},
		{STR("wchar:"), &io.wchar},
		{STR("read_bytes:"), &io.read_bytes},
		{STR("write_bytes:"), &io.write_bytes},
	};
	enum { COUNT = sizeof(fields) / sizeof(fields[0]) };
	size_t found = 0; /* they come in this order, with others between them */
	Str line;
	while (found < COUNT && next_line(&text, &line)) {
		Str name = next_word(&line);
		if (!str_eq(name, fields[found].name))
			continue;
		if (!num_parse_u64(next_word(&line), fields[found].value))
			return false;
		found++;
	}
	if (found < COUNT)
		return false;
	*out = io;
	return true;
}

Str proc_parse_cmdline(Arena *arena, Str text)
{
	/* PostgreSQL pads its title with NULs, often a page full of them: they need no memory. */
	while (text.len > 0 && (text.data[text.len - 1] == '\0' || text.data[text.len - 1] == ' '))
		text.len--;
	char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i] ? text.data[i] : ' ';
		if (c != ' ' || len == 0 || out[len - 1] != ' ')
			out[len++] = c;
	}
	out[len] = '\0';
	return (Str){out, len};
}

bool proc_parse_segment_link(Str link, Str *name)
{
	enum { DIGITS = 24 };
	const char *slash = link.len ? memrchr(link.data, '/', link.len) : NULL;
	if (!slash)
		return false;
	Str base = str_sub(link, (size_t)(slash - link.data) + 1, link.len);
	Str rest = str_sub(base, DIGITS, base.len);
	if (str_starts(rest, STR(".partial")))
		rest = str_sub(rest, 8, rest.len);
	uint64_t value;
	if (base.len < DIGITS || (rest.len > 0 && !str_eq(rest, STR(" (deleted)"))) ||
	    !num_parse_hex64(str_sub(base, 0, 12), &value) || !num_parse_hex64(str_sub(base, 12, DIGITS), &value))
		return false;
	*name = base;
	return true;
}

bool proc_parse_fdinfo_pos(Str text, int64_t *pos)
{
	Str line;
	while (next_line(&text, &line)) {
		if (str_eq(next_word(&line), STR("pos:")))
			return num_parse_int_in(next_word(&line), 0, INT64_MAX, pos);
	}
	return false;
}

bool proc_parse_vmstat_line(Str line, uint64_t *read_bytes, uint64_t *write_bytes)
{
	Str name = next_word(&line);
	uint64_t *out = str_eq(name, STR("pgpgin")) ? read_bytes : str_eq(name, STR("pgpgout")) ? write_bytes : NULL;
	uint64_t kib; /* the kernel counts sectors and shows KiB */
	if (!out || !num_parse_u64(next_word(&line), &kib) || kib > UINT64_MAX / 1024)
		return false;
	*out = kib * 1024;
	return true;
}

bool proc_parse_btime(Str text, int64_t *seconds)
{
	Str line;
	while (next_line(&text, &line)) {
		if (str_eq(next_word(&line), STR("btime")))
			return num_parse_int_in(next_word(&line), 0, INT64_MAX / 1000000, seconds);
	}
	return false;
}

bool proc_parse_user(Str text, uint64_t *uid)
{
	Str line;
	uint64_t effective;
	while (next_line(&text, &line)) {
		if (str_eq(next_word(&line), STR("Uid:")))
			return num_parse_u64(next_word(&line), uid) && num_parse_u64(next_word(&line), &effective) &&
			       *uid == effective;
	}
	return false;
}

int proc_parse_nested_pid(Str text)
{
	Str line;
	while (next_line(&text, &line)) {
		if (!str_eq(next_word(&line), STR("NSpid:")))
			continue;
		(void)next_word(&line);
		int pid = 0;
		for (Str word = next_word(&line); word.len > 0; word = next_word(&line)) {
			if (!parse_int(word, 1, INT_MAX, &pid))
				return 0;
		}
		return pid;
	}
	return 0;
}

/* ---- sockets --------------------------------------------------------------------------------------------------- */

/* ADDRESS:PORT in hexadecimal. The kernel prints each 32-bit word of the address as a number of this machine, so
 * that its bytes in memory are in network order. */
static bool parse_endpoint(Str s, bool v6, uint8_t address[16], uint16_t *port)
{
	size_t digits = v6 ? 32 : 8;
	uint64_t value;
	if (s.len != digits + 5 || s.data[digits] != ':')
		return false;
	for (size_t i = 0; i < digits / 8; i++) {
		if (!num_parse_hex64(str_sub(s, i * 8, i * 8 + 8), &value))
			return false;
		uint32_t word = (uint32_t)value;
		memcpy(address + i * 4, &word, sizeof(word));
	}
	if (!num_parse_hex64(str_sub(s, digits + 1, s.len), &value))
		return false;
	*port = (uint16_t)value;
	return true;
}

static void classify_address(TcpEntry *e)
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF}; /* ::ffff:0:0/96 */
	static const uint8_t zero[16];
	const uint8_t *v4 = e->local_address;
	if (e->v6) {
		static const uint8_t one[16] = {[15] = 1};
		e->local_any = memcmp(e->local_address, zero, 16) == 0;
		e->local_loopback = memcmp(e->local_address, one, 16) == 0;
		if (memcmp(e->local_address, mapped, sizeof(mapped)) != 0)
			return;
		v4 += sizeof(mapped);
	}
	e->local_any = memcmp(v4, zero, 4) == 0;
	e->local_loopback = v4[0] == 127;
}

bool proc_parse_tcp_line(Str line, bool v6, TcpEntry *out)
{
	/* sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ... */
	enum { SL, LOCAL, REMOTE, STATE, QUEUE, TIMER, RETRANSMIT, OWNER, TIMEOUT, INODE, COUNT };
	Str words[COUNT];
	for (size_t i = 0; i < COUNT; i++)
		words[i] = next_word(&line);
	TcpEntry e = {.v6 = v6};
	uint8_t remote[16];
	uint64_t state, uid;
	if (!parse_endpoint(words[LOCAL], v6, e.local_address, &e.local_port) ||
	    !parse_endpoint(words[REMOTE], v6, remote, &e.remote_port) || !num_parse_hex64(words[STATE], &state) ||
	    !num_parse_u64(words[OWNER], &uid) || uid > UINT32_MAX || !num_parse_u64(words[INODE], &e.inode))
		return false;
	e.uid = (uint32_t)uid;
	e.established = state == 0x01;
	e.listening = state == 0x0A;
	classify_address(&e);
	*out = e;
	return true;
}

bool proc_parse_unix_line(Str line, Str *path)
{
	/* Num RefCount Protocol Flags Type St Inode Path */
	enum { NUM, REFS, PROTOCOL, FLAGS, TYPE, STATE, INODE, COUNT };
	Str words[COUNT];
	for (size_t i = 0; i < COUNT; i++)
		words[i] = next_word(&line);
	uint64_t flags;
	if (!num_parse_hex64(words[FLAGS], &flags) || !(flags & 0x10000u)) /* __SO_ACCEPTCON */
		return false;
	if (line.len < 2) /* not bound to a path */
		return false;
	*path = str_sub(line, 1, line.len);
	return true;
}

int proc_parse_socket_name(Str name)
{
	Str prefix = STR(".s.PGSQL.");
	return str_starts(name, prefix) ? parse_port(str_sub(name, prefix.len, name.len)) : 0;
}

/* ---- the postmaster's file and arguments ----------------------------------------------------------------------- */

static Str none_if_empty(Str s)
{
	return s.len ? s : STR_NONE;
}

bool proc_parse_postmaster_pid(Str text, PostmasterPid *out)
{
	PostmasterPid p = {.data_directory = STR_NONE};
	Str line;
	/* Negative for a standalone backend, which is no server. */
	if (!next_line(&text, &line) || !parse_int(str_trim(line), 1, INT_MAX, &p.pid))
		return false;
	if (next_line(&text, &line))
		p.data_directory = none_if_empty(line);
	if (next_line(&text, &line))
		(void)num_parse_int_in(str_trim(line), 0, INT64_MAX / 1000000, &p.start_time);
	if (next_line(&text, &line))
		p.port = parse_port(str_trim(line));
	if (next_line(&text, &line))
		p.socket_directory = none_if_empty(line);
	if (next_line(&text, &line))
		p.listen_address = none_if_empty(str_trim(line));
	*out = p;
	return true;
}

static Str first_of_list(Str list)
{
	Str item = str_trim(str_cut(&list, ','));
	if (item.len >= 2 && item.data[0] == '"' && item.data[item.len - 1] == '"')
		item = str_sub(item, 1, item.len - 1);
	return none_if_empty(item);
}

/* The server takes - for _ in the names of its settings. */
static bool is_setting(Str name, Str setting)
{
	if (name.len != setting.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i] == '-' ? '_' : name.data[i];
		if (!str_eq_nocase((Str){&c, 1}, str_sub(setting, i, i + 1)))
			return false;
	}
	return true;
}

static void apply_setting(PostmasterArgs *args, Str text)
{
	Str name = str_cut(&text, '=');
	if (str_is_none(text))
		return;
	if (is_setting(name, STR("port")))
		args->port = parse_port(str_trim(text));
	else if (is_setting(name, STR("data_directory")))
		args->data_directory = none_if_empty(text);
	else if (is_setting(name, STR("unix_socket_directories")))
		args->socket_directory = first_of_list(text);
	else if (is_setting(name, STR("listen_addresses")))
		args->listen_address = first_of_list(text);
}

static void apply_option(PostmasterArgs *args, char option, Str value)
{
	switch (option) {
	case 'D':
		args->data_directory = none_if_empty(value);
		break;
	case 'p':
		args->port = parse_port(value);
		break;
	case 'k':
		args->socket_directory = first_of_list(value);
		break;
	case 'h':
		args->listen_address = first_of_list(value);
		break;
	case 'c':
	case '-':
		apply_setting(args, value);
		break;
	default:
		break;
	}
}

PostmasterArgs proc_parse_postmaster_args(Str cmdline)
{
	static const char with_value[] = "BCcDdfhkNoprStW-"; /* of the getopt string in postmaster.c */
	PostmasterArgs args = {.data_directory = STR_NONE};
	(void)str_cut(&cmdline, '\0'); /* the program */
	while (!str_is_none(cmdline)) {
		Str arg = str_cut(&cmdline, '\0');
		if (arg.len < 2 || arg.data[0] != '-')
			continue;
		/* A cluster of letters; the first that takes a value ends it: the rest is the value, or the next argument. */
		for (size_t i = 1; i < arg.len; i++) {
			if (!strchr(with_value, arg.data[i]))
				continue;
			Str value = str_sub(arg, i + 1, arg.len);
			if (value.len == 0)
				value = str_cut(&cmdline, '\0');
			apply_option(&args, arg.data[i], value);
			break;
		}
	}
	return args;
}

/* ---- titles ---------------------------------------------------------------------------------------------------- */

typedef struct TitleKind {
	Str title;
	Str type;
	bool has_activity; /* what follows the name says what it does; else it says for whom */
} TitleKind;

/* Of two that begin alike the longer comes first. PG 10 says "process", 11 and later use pg_stat_activity's names. */
static const TitleKind title_kinds[] = {
	{STR_INIT("wal sender process"), STR_INIT("walsender"), true},
	{STR_INIT("walsender"), STR_INIT("walsender"), true},
	{STR_INIT("wal receiver process"), STR_INIT("walreceiver"), true},
	{STR_INIT("walreceiver"), STR_INIT("walreceiver"), true},
	{STR_INIT("startup process"), STR_INIT("startup"), true},
	{STR_INIT("startup"), STR_INIT("startup"), true},
	{STR_INIT("archiver process"), STR_INIT("archiver"), true},
	{STR_INIT("archiver"), STR_INIT("archiver"), true},
	{STR_INIT("checkpointer process"), STR_INIT("checkpointer"), true},
	{STR_INIT("checkpointer"), STR_INIT("checkpointer"), true},
	{STR_INIT("wal writer process"), STR_INIT("walwriter"), false},
	{STR_INIT("walwriter"), STR_INIT("walwriter"), false},
	{STR_INIT("writer process"), STR_INIT("background writer"), false},
	{STR_INIT("background writer"), STR_INIT("background writer"), false},
	{STR_INIT("autovacuum launcher process"), STR_INIT("autovacuum launcher"), false},
	{STR_INIT("autovacuum launcher"), STR_INIT("autovacuum launcher"), false},
	{STR_INIT("autovacuum worker process"), STR_INIT("autovacuum worker"), false},
	{STR_INIT("autovacuum worker"), STR_INIT("autovacuum worker"), false},
	{STR_INIT("stats collector process"), STR_INIT("stats collector"), false},
	{STR_INIT("stats collector"), STR_INIT("stats collector"), false},
	{STR_INIT("logger process"), STR_INIT("logger"), false},
	{STR_INIT("logger"), STR_INIT("logger"), false},
	{STR_INIT("bgworker: logical replication launcher"), STR_INIT("logical replication launcher"), false}, /* 10 */
	{STR_INIT("bgworker: logical replication worker"), STR_INIT("logical replication worker"), false},
	{STR_INIT("bgworker: parallel worker"), STR_INIT("parallel worker"), false},
	{STR_INIT("bgworker:"), STR_INIT("background worker"), false},
	{STR_INIT("parallel worker"), STR_INIT("parallel worker"), false},
	{STR_INIT("logical replication launcher"), STR_INIT("logical replication launcher"), false},
	{STR_INIT("logical replication worker"), STR_INIT("logical replication worker"), false},
	{STR_INIT("logical replication apply worker"), STR_INIT("logical replication apply worker"), false},
	{STR_INIT("logical replication parallel apply worker"), STR_INIT("logical replication parallel worker"), false},
	{STR_INIT("logical replication tablesync worker"), STR_INIT("logical replication tablesync worker"), false},
	{STR_INIT("slotsync worker"), STR_INIT("slotsync worker"), false},
	{STR_INIT("walsummarizer"), STR_INIT("walsummarizer"), false},
	{STR_INIT("io worker"), STR_INIT("io worker"), false},
};

static const TitleKind *find_kind(Str text)
{
	for (size_t i = 0; i < sizeof(title_kinds) / sizeof(title_kinds[0]); i++) {
		const TitleKind *kind = &title_kinds[i];
		if (str_starts(text, kind->title) && (text.len == kind->title.len || text.data[kind->title.len] == ' '))
			return kind;
	}
	return NULL;
}

/* "[local]" or "HOST(PORT)" */
static bool is_client_address(Str word)
{
	if (str_eq(word, STR("[local]")))
		return true;
	if (word.len < 4 || word.data[word.len - 1] != ')')
		return false;
	const char *open = memrchr(word.data, '(', word.len);
	if (!open || open == word.data)
		return false;
	return parse_port(str_sub(word, (size_t)(open - word.data) + 1, word.len - 1)) > 0;
}

/* Looks for a client's address behind at least `skip` words; *behind is what follows it. */
static bool find_client(Str text, size_t skip, Str *behind)
{
	for (size_t i = 0;; i++) {
		Str word = next_word(&text);
		if (word.len == 0)
			return false;
		if (i >= skip && is_client_address(word)) {
			*behind = str_trim(text);
			return true;
		}
	}
}

/* What any process says while it waits for synchronous replication: "... waiting for LSN" at the end. */
static Str find_sync_wait(Str text)
{
	Str phrase = STR(" waiting for ");
	const char *space = text.len ? memrchr(text.data, ' ', text.len) : NULL;
	if (!space)
		return STR_NONE;
	size_t at = (size_t)(space - text.data) + 1;
	Lsn lsn;
	if (!str_ends(str_sub(text, 0, at), phrase) || !lsn_parse(str_sub(text, at, text.len), &lsn))
		return STR_NONE;
	return str_sub(text, at - phrase.len + 1, text.len);
}

static bool is_wal_file(Str word)
{
	enum { DIGITS = 24 };
	uint64_t value;
	/* A longer one is a backup label: SEGMENT.OFFSET.backup, or SEGMENT.partial */
	return word.len >= DIGITS && (word.len == DIGITS || word.data[DIGITS] == '.') &&
	       num_parse_hex64(str_sub(word, 0, 12), &value) && num_parse_hex64(str_sub(word, 12, DIGITS), &value);
}

/* The LSN or segment that `at` names. Only where the server writes one: a backup label may hold anything. */
static void parse_position(ProcTitle *title)
{
	static const Str phrases[] = {
		STR_INIT("streaming "), STR_INIT("recovering "), STR_INIT("waiting for "),   STR_INIT("last was "),
		STR_INIT("archiving "), STR_INIT("failed on "),  STR_INIT("restarting at "),
	};
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (!str_starts(title->at, phrases[i]))
			continue;
		Str rest = str_sub(title->at, phrases[i].len, title->at.len);
		Str word = next_word(&rest);
		if (is_wal_file(word))
			title->wal_file = str_sub(word, 0, 24);
		else
			(void)lsn_parse(word, &title->wal_lsn);
		return;
	}
}

/* Where `text` goes on behind `name` and ": ", spaces compared as the title has them: runs are one. */
static bool skip_cluster_name(Str *text, Str name)
{
	size_t at = 0;
	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] == ' ' && i > 0 && name.data[i - 1] == ' ')
			continue;
		if (at >= text->len || text->data[at] != name.data[i])
			return false;
		at++;
	}
	Str rest = str_sub(*text, at, text->len);
	if (!str_starts(rest, STR(": ")))
		return false;
	*text = str_sub(rest, 2, rest.len);
	return true;
}

/* Without the prefix of an unknown cluster name: the first way to read it at which a known process stands. */
static Str guess_cluster_name(Str text)
{
	Str rest = text;
	while (!find_kind(rest)) {
		size_t colon = str_find(rest, STR(": "));
		if (colon == SIZE_MAX)
			return text;
		rest = str_sub(rest, colon + 2, rest.len);
	}
	return rest;
}

bool proc_parse_title(Str title, Str cluster_name, ProcTitle *out)
{
	Str prefix = STR("postgres:");
	if (!str_starts(title, prefix))
		return false;
	Str text = str_sub(title, prefix.len, title.len);
	if (text.len > 0 && text.data[0] != ' ')
		return false;
	text = str_trim(text);
	if (str_is_none(cluster_name) || (cluster_name.len > 0 && !skip_cluster_name(&text, cluster_name)))
		text = guess_cluster_name(text);

	ProcTitle t = {.wal_lsn = LSN_NONE};
	const TitleKind *kind = find_kind(text);
	Str tail = kind ? str_trim(str_sub(text, kind->title.len, text.len)) : STR_NONE;
	Str behind;
	if (kind && str_eq(kind->type, STR("walsender"))) {
		t.backend_type = kind->type;
		if (find_client(tail, 1, &behind)) /* behind USER */
			t.at = none_if_empty(behind);
	} else if (find_client(text, 2, &behind) || str_eq(text, STR("client backend"))) { /* behind USER DB */
		t.backend_type = STR_NONE;
	} else if (kind) {
		t.backend_type = kind->type;
		t.at = kind->has_activity ? none_if_empty(tail) : STR_NONE;
	} else {
		t.backend_type = none_if_empty(text);
	}
	if (str_is_none(t.at))
		t.at = find_sync_wait(text);
	parse_position(&t);
	*out = t;
	return true;
}
