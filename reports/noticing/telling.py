"""Writing notices: once a thing and person, in the way the person chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from communes.models import Official, Unit
from indicators.periods import Period
from reports.enums import MailRhythm
from reports.models import Notice, ReportEvent
from reports.noticing.choices import ways_of

BATCH = 500


@dataclass(frozen=True, slots=True)
class Telling:
    """What one person is to be told. `key` names what happened, once a person."""

    official: Official
    kind: str
    key: str
    unit: Unit | None = None
    period: Period | None = None
    event: ReportEvent | None = None
    told: dict[str, Any] = field(default_factory=dict)


def tell(tellings: Sequence[Telling]) -> int:
    """Write what has not been told yet; returns how many rows. Three queries for each 500.

    What somebody wants neither in the app nor by mail is not written.
    """
    written = 0
    for start in range(0, len(tellings), BATCH):
        written += _tell(tellings[start : start + BATCH])
    return written


def _tell(tellings: Sequence[Telling]) -> int:
    known = set(
        Notice.objects.filter(
            official__in={one.official.pk for one in tellings},
            key__in={one.key for one in tellings},
        ).values_list("official", "key")
    )
    new = {
        (one.official.pk, one.key): one
        for one in tellings
        if (one.official.pk, one.key) not in known
    }
    rows = list(_rows(new.values()))
    # somebody else may be telling the same at this moment
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _rows(tellings: Iterable[Telling]) -> Iterable[Notice]:
    found = list(tellings)
    ways = ways_of({one.official.pk for one in found}, {one.kind for one in found})
    for one in found:
        way = ways[one.official.pk][one.kind]
        if way.in_app or way.mail != MailRhythm.NEVER:
            yield Notice(
                official=one.official,
                kind=one.kind,
                key=one.key,
                unit=one.unit,
                period=one.period.code if one.period else "",
                event=one.event,
                told=one.told,
                in_app=way.in_app,
                mail=way.mail,
            )
