#include "view/format.h"

void format_count(StrBuf *out, size_t count)
{
	if (count >= 1000) {
		format_count(out, count / 1000);
		strbuf_addf(out, ",%03zu", count % 1000);
	} else {
		strbuf_addf(out, "%zu", count);
	}
}

void format_shown(StrBuf *out, size_t shown, size_t all)
{
	format_count(out, shown);
	if (shown != all) {
		strbuf_add_cstr(out, " of ");
		format_count(out, all);
	}
	if (shown == all)
		strbuf_add_cstr(out, all == 1 ? " process" : " processes");
}

void format_value(StrBuf *out, Value value)
{
	char text[LSN_TEXT_MAX];
	if (!value.known) {
		strbuf_add_char(out, '-');
		return;
	}
	switch (value.type) {
	case VALUE_TEXT:
		strbuf_add(out, value.text);
		break;
	case VALUE_INT:
		strbuf_addf(out, "%lld", (long long)value.integer);
		break;
	case VALUE_BYTES:
		format_bytes(out, value.integer);
		break;
	case VALUE_SECONDS:
		format_seconds(out, value.real);
		break;
	case VALUE_RATE:
		format_rate(out, value.real);
		break;
	case VALUE_PERCENT:
		format_percent(out, value.real);
		break;
	case VALUE_LSN:
		strbuf_add(out, lsn_write(value.lsn, text));
		break;
	}
}
