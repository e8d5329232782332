"""What others have typed into the same return since a page last asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.models import Result
from indicators.periods import Period
from reports.entry.forms import shown_value
from reports.returns import report_of

MARGIN = timedelta(seconds=30)
"""A write is stamped before it is committed: the last half-minute is told again."""


def arrived(unit: Unit, period: Period, since: str) -> dict[str, Any]:
    """{since, closed, cells: {code: {text, na, note, version, by, person}}}; two queries.

    `since` is what the last answer gave; anything else asks for every cell. `closed` says why
    nothing can be typed any more, empty while it can.
    """
    now = timezone.now()
    moment = _moment(since)
    rows = Result.objects.filter(unit=unit, period=period.code)
    if moment is not None:
        rows = rows.filter(entered_at__gte=moment - MARGIN)
    report = report_of(unit, period)
    state = report.get_state_display().lower()
    return {
        "since": now.isoformat(),
        "closed": ""
        if report.is_editable
        else _("Báo cáo {state}, không nhập được nữa. Tải lại trang để xem.").format(state=state),
        "cells": {
            row.indicator.code: {
                "text": shown_value(row.indicator, row.value),
                "na": row.excuse,
                "note": row.note,
                "version": row.version,
                "by": str(row.entered_by or ""),
                "person": row.entered_by_id,
            }
            for row in rows.select_related("indicator", "entered_by")
        },
    }


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or not timezone.is_aware(found) or not 2000 <= found.year < 3000:
        return None
    return found
