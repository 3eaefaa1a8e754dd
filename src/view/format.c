#include "view/format.h"

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
