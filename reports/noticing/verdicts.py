"""Promises that have slipped since they were last judged."""

from __future__ import annotations

from collections.abc import Iterable

from communes.access import holders
from communes.enums import Role
from indicators.periods import Period
from plans.models import VerdictChange
from plans.watching import is_worse
from povertyplan.lib.speech import officially
from reports.enums import NoticeKind
from reports.noticing.telling import Telling, tell


@officially
def of_verdicts(changes: Iterable[VerdictChange]) -> int:
    """Tell the reviewers and leaders of each plan's unit what turned worse. Returns how many.

    Source: issue 6, point 7.
    """
    worse = [row for row in changes if is_worse(row) and row.target.plan.unit_id]
    people = holders({row.target.plan.unit_id or 0 for row in worse}, [Role.REVIEWER, Role.LEADER])
    return tell(
        [
            Telling(
                one,
                NoticeKind.WORSENED,
                f"worsened:{row.pk}",
                unit=row.target.plan.unit,
                period=Period(row.year),
                told=_told(row),
            )
            for row in worse
            for one in people.get(row.target.plan.unit_id or 0, [])
        ]
    )


def _told(row: VerdictChange) -> dict[str, object]:
    target = row.target
    return {
        "plan": target.plan.code,
        "document": target.plan.heading,
        "target": target.code,
        "label": target.label,
        "verdict": row.verdict,
        "was": row.was,
        "stage": row.stage,
    }
