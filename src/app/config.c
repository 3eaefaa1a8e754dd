#include "app/config.h"

#include "app/inifile.h"
#include "app/secrets.h"
#include "base/suggest.h"
#include "view/keymap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Load {
	Options *options;
	IniFile file;
	Problems *problems;
	int *option_lines;  /* by the option's place in OPTIONS: where it was set last, 0 = nowhere */
	int *binding_lines; /* by the binding's place in KEY_BINDINGS */
	bool has_password;
	Str warned_section; /* an unknown section is named once */
} Load;

static const Str NODE_PREFIX = STR_INIT("node ");
static const Str KEYS = STR_INIT("keys");

/* "FILE:LINE: key "KEY" in [SECTION]: what is wrong" */
static void add_error(const Load *load, const IniEntry *entry, const Err *err)
{
	problems_error(load->problems, "%s:%d: key \"%.*s\" in [%.*s]: %s", load->file.path, entry->line,
	               STR_ARG(entry->key), STR_ARG(entry->section), err->text);
}

static void warn_key(const Load *load, const IniEntry *entry, const Suggestion *suggestion)
{
	problems_warn(load->problems, "%s:%d: unknown key \"%.*s\" in [%.*s] is ignored%s", load->file.path,
	              entry->line, STR_ARG(entry->key), STR_ARG(entry->section), suggestion_text(suggestion).text);
}

/* Notes where a key stands; the second of two is what a reader may overlook. */
static void note_line(const Load *load, const IniEntry *entry, int *line)
{
	if (*line)
		problems_warn(load->problems,
		              "%s:%d: key \"%.*s\" in [%.*s] stands in line %d already; the last one holds",
		              load->file.path, entry->line, STR_ARG(entry->key), STR_ARG(entry->section), *line);
	*line = entry->line;
}

/* ---- sections ---- */

static bool is_section(Str name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (str_eq(name, str_from(OPTIONS[i].section)))
			return true;
	}
	return false;
}

static void warn_section(Load *load, const IniEntry *entry)
{
	if (str_eq(load->warned_section, entry->section))
		return;
	load->warned_section = entry->section;
	Suggestion suggestion = suggestion_for(entry->section);
	suggest(&suggestion, KEYS);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].section)
			suggest(&suggestion, str_from(OPTIONS[i].section));
	}
	problems_warn(load->problems, "%s:%d: unknown section [%.*s] is ignored%s", load->file.path, entry->line,
	              STR_ARG(entry->section), suggestion_text(&suggestion).text);
}

static void load_option(Load *load, const IniEntry *entry)
{
	const Option *option = options_find_key(entry->section, entry->key);
	if (option) {
		Err err = {""};
		note_line(load, entry, &load->option_lines[option - OPTIONS]);
		if (!options_set(load->options, option, entry->value, &err))
			add_error(load, entry, &err);
		return;
	}
	Suggestion suggestion = suggestion_for(entry->key);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].key && str_eq(entry->section, str_from(OPTIONS[i].section)))
			suggest(&suggestion, str_from(OPTIONS[i].key));
	}
	warn_key(load, entry, &suggestion);
}

static const NodeSpec *find_node(const Options *options, Str name)
{
	for (size_t i = 0; i < options->nnodes; i++) {
		if (str_eq(name, str_from(options->nodes[i].name)))
			return &options->nodes[i];
	}
	return NULL;
}

static void load_node(Load *load, const IniEntry *entry)
{
	Err err = {""};
	Str name = str_trim(str_sub(entry->section, NODE_PREFIX.len, entry->section.len));
	if (!str_eq(entry->key, STR("conninfo"))) {
		Suggestion suggestion = suggestion_for(entry->key);
		suggest(&suggestion, STR("conninfo"));
		warn_key(load, entry, &suggestion);
		return;
	}
	const NodeSpec *other = find_node(load->options, name);
	if (name.len == 0)
		err_set(&err, "the node has no name; expected [node NAME]");
	else if (!conninfo_is(entry->value))
		err_set(&err, "expected a connection string (KEYWORD=VALUE...) or URI (postgresql://...)");
	else if (other)
		err_set(&err, "the node has a connection string already (line %d); expected one section for each node",
		        other->line);
	if (err.text[0]) {
		add_error(load, entry, &err);
		return;
	}
	load->has_password = load->has_password || conninfo_has_password(entry->value);
	options_add_node(load->options, name, entry->value)->line = entry->line;
}

/* ---- keys ---- */

static const KeyBinding *find_binding(Str name)
{
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		if (str_eq(name, str_from(KEY_BINDINGS[i].name)))
			return &KEY_BINDINGS[i];
	}
	return NULL;
}

/* Takes its keys from an action that [keys] names, so that two actions can swap theirs, whichever stands first. */
static void clear_keys(Load *load, const IniEntry *entry)
{
	const KeyBinding *binding = find_binding(entry->key);
	if (binding) {
		note_line(load, entry, &load->binding_lines[binding - KEY_BINDINGS]);
		for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION; i++)
			load->options->keymap->keys[binding->action][i] = UI_KEY_NONE;
		return;
	}
	Suggestion suggestion = suggestion_for(entry->key);
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++)
		suggest(&suggestion, str_from(KEY_BINDINGS[i].name));
	warn_key(load, entry, &suggestion);
}

static void load_keys(Load *load, const IniEntry *entry)
{
	const KeyBinding *binding = find_binding(entry->key);
	Err err = {""};
	Key key = UI_KEY_NONE;
	/* Of two lines for one action the last one holds. */
	if (!binding || load->binding_lines[binding - KEY_BINDINGS] != entry->line)
		return;
	const KeyBinding *owner = keymap_owner(load->options->keymap, binding, entry->value, &key);
	if (owner) {
		char storage[16], place[32];
		StrBuf name = STRBUF_ON(storage);
		StrBuf where = STRBUF_ON(place);
		int line = load->binding_lines[owner - KEY_BINDINGS];
		key_write(key, &name);
		if (line)
			strbuf_addf(&where, "in line %d", line);
		else
			strbuf_add_cstr(&where, "by default");
		err_set(&err, "key %s belongs to the action \"%s\" %s; expected a key that no other action has",
		        storage, owner->name, place);
		add_error(load, entry, &err);
	} else if (!keymap_set(load->options->keymap, entry->key, entry->value, &err)) {
		add_error(load, entry, &err);
	}
}

/* ---- the file ---- */

static void load_entry(Load *load, const IniEntry *entry)
{
	if (entry->section.len == 0)
		problems_error(load->problems,
		               "%s:%d: key \"%.*s\" stands before the first section; expected [pgrepltop] above it",
		               load->file.path, entry->line, STR_ARG(entry->key));
	else if (str_starts(entry->section, NODE_PREFIX))
		load_node(load, entry);
	else if (str_eq(entry->section, KEYS))
		clear_keys(load, entry);
	else if (is_section(entry->section))
		load_option(load, entry);
	else
		warn_section(load, entry);
}

static int line_of(const Load *load, const char *key)
{
	const Option *option = options_find_key(STR("thresholds"), str_from(key));
	return option ? load->option_lines[option - OPTIONS] : 0;
}

/* A warning that could never be seen. */
static void check_thresholds(const Load *load, const char *warning, double warning_at, const char *critical,
                             double critical_at)
{
	int line = line_of(load, warning) > line_of(load, critical) ? line_of(load, warning) : line_of(load, critical);
	if (line && warning_at > 0 && critical_at > 0 && warning_at > critical_at)
		problems_warn(
			load->problems,
			"%s:%d: %s in [thresholds] is %.15g and above %s, %.15g; expected one that is reached before",
			load->file.path, line, warning, warning_at, critical, critical_at);
}

/* As libpq sees it for keys: a group may read what root owns and has given it. */
static bool others_can_read(const IniFile *file)
{
	return (file->mode & S_IROTH) || ((file->mode & S_IRGRP) && file->owner != 0);
}

static void load_file(Load *load)
{
	const IniFile *file = &load->file;
	const Thresholds *thresholds = &load->options->thresholds;
	for (size_t i = 0; i < file->nentries; i++)
		load_entry(load, &file->entries[i]);
	for (size_t i = 0; i < file->nentries; i++) {
		if (str_eq(file->entries[i].section, KEYS))
			load_keys(load, &file->entries[i]);
	}
	check_thresholds(load, "lag-warning", thresholds->lag_warning_s, "lag-critical", thresholds->lag_critical_s);
	check_thresholds(load, "lag-bytes-warning", thresholds->lag_warning_bytes, "lag-bytes-critical",
	                 thresholds->lag_critical_bytes);
	if (load->has_password && others_can_read(file))
		problems_warn(load->problems,
		              "%s: holds a password, and others can read it (mode %04o); expected mode 0600",
		              file->path, (unsigned)file->mode & 07777);
}

Str config_user_path(Arena *arena, const char *name)
{
	const char *config_home = getenv("XDG_CONFIG_HOME");
	if (config_home && config_home[0] == '/')
		return str_format(arena, "%s/pgrepltop/%s", config_home, name);
	const char *home = getenv("HOME");
	if (home && home[0] == '/')
		return str_format(arena, "%s/.config/pgrepltop/%s", home, name);
	return STR_NONE;
}

void config_load(Options *options, Problems *problems)
{
	Arena arena = {0};
	Load load = {
		.options = options,
		.problems = problems,
		.option_lines = ARENA_ARRAY(&arena, int, OPTION_COUNT),
		.binding_lines = ARENA_ARRAY(&arena, int, KEY_BINDING_COUNT),
	};
	Str paths[] = {config_user_path(&arena, "pgrepltop.ini"), STR("/etc/pgrepltop.ini")};
	Str named = str_from(options->config_file);
	bool found = options->config_file ? inifile_load_first(&load.file, &named, 1, problems)
	                                  : inifile_load_first(&load.file, paths, 2, problems);
	if (found) {
		options->config_path = strdup(load.file.path);
		load_file(&load);
	} else if (options->config_file) {
		problems_error(problems, "%s: %s", options->config_file, strerror(ENOENT));
	}
	inifile_free(&load.file);
	arena_free(&arena);
}
