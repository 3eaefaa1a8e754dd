#include "derived_fixture.h"

const Report *report_with(Snapshot *s, const History *history, const Topology *previous)
{
	const Topology *t = topology_build(&s->arena, s, previous);
	return report_build(&s->arena, s, t, history, NULL);
}

const Report *report_after(Snapshot *s, const Topology *previous)
{
	History *h = history_new(2);
	const Report *r = report_with(s, h, previous);
	history_free(h);
	return r;
}

const Report *report_of(Snapshot *s)
{
	return report_after(s, NULL);
}

const NodeRow *row_of(const Report *r, const char *node)
{
	for (size_t i = 0; i < r->nnodes; i++)
		if (str_eq(r->nodes[i].node, str_from(node)))
			return &r->nodes[i];
	fail_msg("no row of %s", node);
	return NULL;
}

void assert_str(Str actual, const char *expected)
{
	if (!str_eq(actual, str_from(expected)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(actual), expected != NULL ? expected : "no value");
}

void assert_close(double actual, double expected)
{
	if (isnan(expected) ? !isnan(actual) : !(fabs(actual - expected) < 1e-9 || actual == expected))
		fail_msg("%.12g is not %.12g", actual, expected);
}
