#include "app/freeze.h"

void freeze_begin(Freeze *freeze, const Report *report)
{
	freeze_end(freeze);
	freeze->report = *report;
	freeze->series = series_copy(report->series);
	freeze->report.series = freeze->series;
}

void freeze_end(Freeze *freeze)
{
	series_free(freeze->series);
	*freeze = (Freeze){0};
}

const Report *freeze_shown(const Freeze *freeze, const Report *newest)
{
	return freeze->series != NULL ? &freeze->report : newest;
}
