#include "view/hint.h"

void hint_write(const Keymap *keymap, StrBuf *out)
{
	static const struct {
		Action action;
		const char *gives;
	} items[] = {
		{ACTION_HELP, "help"},
		{ACTION_VIEW_DETAIL, "this node"},
		{ACTION_VIEW_PROCESSES, "processes"},
		{ACTION_VIEW_QUORUM, "failover"},
		{ACTION_QUIT, "leave"},
	};
	strbuf_add_cstr(out, "new here?");
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		Key key = keymap->keys[items[i].action][0];
		if (key == UI_KEY_NONE)
			continue;
		strbuf_add_cstr(out, "  ");
		key_write(key, out);
		strbuf_addf(out, " %s", items[i].gives);
	}
}
