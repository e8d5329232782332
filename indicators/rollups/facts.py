"""Reading what units have said: by COPY from PostgreSQL, through the ORM elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from django.db import connection

from indicators.cells import MILLION, Ints, split
from indicators.enums import Answer, Stage
from indicators.models import Result
from indicators.periods import Period
from indicators.rollups.catalogue import Catalogue
from indicators.rollups.own import Told

STAGES = (Stage.PROVISIONAL.value, Stage.OFFICIAL.value)
"""Rows of a sheet come stage by stage: all units provisional, then all units official."""

VALUE, ABSENT = 1, 2
ANSWERS = {
    Answer.VALUE.value: VALUE,
    Answer.NOT_APPLICABLE.value: ABSENT,
    Answer.NO_DATA.value: 0,
    Answer.MISSING.value: 0,
}

IS_SAMPLE, OFFICIAL_SHIFT, FLAGS = 16, 4, 32
SAME = -(2**63)
"""Sent in place of an official number that is the provisional one."""
RECORD = np.dtype(
    [
        ("fields", ">i2"),
        ("_unit", ">i4"),
        ("unit", ">i8"),
        ("_what", ">i4"),
        ("what", ">i8"),
        ("_provisional", ">i4"),
        ("provisional", ">i8"),
        ("_official", ">i4"),
        ("official", ">i8"),
    ]
)
"""A row of PostgreSQL's binary COPY, none of whose fields is null. `what`: indicator and flags."""
HEADER, TRAILER = 19, 2

# A value is there if and only if the answer says so: the table's own constraints.
FACTS = f"""
COPY (
    SELECT unit_id,
        indicator_id * {FLAGS}
        + CASE WHEN submitted_value IS NOT NULL THEN {VALUE}
               WHEN submitted_answer = 'na' THEN {ABSENT} ELSE 0 END
        + CASE WHEN approved_value IS NOT NULL THEN {VALUE * OFFICIAL_SHIFT}
               WHEN approved_answer = 'na' THEN {ABSENT * OFFICIAL_SHIFT} ELSE 0 END
        + CASE WHEN is_sample THEN {IS_SAMPLE} ELSE 0 END,
        CASE WHEN submitted_value IS NULL THEN 0 ELSE (submitted_value * {MILLION})::int8 END,
        CASE WHEN approved_value IS NULL THEN 0
             WHEN approved_value = submitted_value THEN {SAME}
             ELSE (approved_value * {MILLION})::int8 END
    FROM indicators_result
    WHERE period = %s AND unit_id = ANY(%s)
) TO STDOUT (FORMAT binary)
"""  # noqa: S608  # constants from above


@dataclass(slots=True)
class Facts:
    """Facts as columns, a row each, ordered by unit. Numbers by stage, in STAGES' order."""

    unit: Ints
    column: Ints
    answers: tuple[Ints, Ints]
    whole: tuple[Ints, Ints]
    millionths: tuple[Ints, Ints]
    sample: Ints

    @property
    def is_same(self) -> bool:
        """Is everything that was told official as it is provisional?"""
        pairs = (self.answers, self.whole, self.millionths)
        return all(np.array_equal(first, second) for first, second in pairs)

    def told(self, units: Ints, columns: int, stages: int = len(STAGES)) -> Told:
        """What `units` (pks) told, a row a unit: all of them at each of so many stages in turn."""
        order = np.argsort(units)
        first, last = np.searchsorted(self.unit, (units.min(), units.max() + 1))
        inside = slice(first, last)
        places = np.searchsorted(units, self.unit[inside], sorter=order)
        places = order[np.minimum(places, len(units) - 1)]
        is_asked = units[places] == self.unit[inside]
        told = Told.nothing(stages * len(units), columns)
        for stage in range(stages):
            answers = self.answers[stage][inside]
            self._fill(told, places + stage * len(units), inside, stage, is_asked & (answers > 0))
        return told

    def _fill(self, told: Told, rows: Ints, inside: slice, stage: int, said: Any) -> None:
        at = rows[said] * told.known.shape[1] + self.column[inside][said]
        is_value = self.answers[stage][inside][said] == VALUE
        np.put(told.values.whole, at, self.whole[stage][inside][said])
        np.put(told.values.millionths, at, self.millionths[stage][inside][said])
        np.put(told.known, at, is_value)
        np.put(told.absent, at, ~is_value)
        np.put(told.sample, at, self.sample[inside][said])


def facts_of(units: Sequence[int], period: Period, catalogue: Catalogue) -> Facts:
    """What `units` (pks) have told for `period`, at any stage. One query.

    Raises OverflowError for a number that no figure could hold.
    """
    if connection.vendor == "postgresql":
        return _copied(units, period, catalogue)
    rows = Result.objects.filter(unit__in=units, period=period.code).order_by("unit_id")
    return _gathered(
        rows.values_list(
            "unit_id",
            "indicator_id",
            "submitted_answer",
            "submitted_value",
            "approved_answer",
            "approved_value",
            "is_sample",
        ).iterator(),
        catalogue,
    )


def _gathered(rows: Iterable[tuple[Any, ...]], catalogue: Catalogue) -> Facts:
    listed = [
        (
            *(unit, indicator, ANSWERS[first], *_split(first_value)),
            *(ANSWERS[second], *_split(second_value), is_sample),
        )
        for unit, indicator, first, first_value, second, second_value, is_sample in rows
    ]
    numbers = np.array(listed, np.int64).reshape(len(listed), 9).T
    return Facts(
        unit=numbers[0],
        column=catalogue.places[numbers[1]],
        answers=(numbers[2], numbers[5]),
        whole=(numbers[3], numbers[6]),
        millionths=(numbers[4], numbers[7]),
        sample=numbers[8],
    )


def _split(value: Any) -> tuple[int, int]:
    return (0, 0) if value is None else split(value)


def _copied(units: Sequence[int], period: Period, catalogue: Catalogue) -> Facts:
    with connection.cursor() as cursor:
        statement = cursor.mogrify(FACTS, [period.code, list(units)])
        buffer = BytesIO()
        try:
            cursor.copy_expert(statement.decode(), buffer)
        except Exception as error:
            if getattr(error, "pgcode", "") == NUMERIC_OUT_OF_RANGE:
                raise OverflowError("a fact is too large to add up") from error
            raise
    rows = np.frombuffer(buffer.getbuffer()[HEADER:-TRAILER], RECORD)
    rows = rows[np.argsort(rows["unit"], kind="stable")]
    flags = rows["what"] % FLAGS
    provisional, official = rows["provisional"].astype(np.int64), rows["official"]
    official = np.where(official == SAME, provisional, official)
    values = [np.divmod(numbers, MILLION) for numbers in (provisional, official)]
    return Facts(
        unit=rows["unit"].astype(np.int64),
        column=catalogue.places[rows["what"] // FLAGS],
        answers=(flags % OFFICIAL_SHIFT, flags // OFFICIAL_SHIFT % OFFICIAL_SHIFT),
        whole=(values[0][0], values[1][0]),
        millionths=(values[0][1], values[1][1]),
        sample=flags & IS_SAMPLE,
    )


NUMERIC_OUT_OF_RANGE = "22003"
