"""Putting a report in words together: figures and verdicts that exist already, in its own names."""

from __future__ import annotations

from django.utils.translation import gettext as _

from indicators.periods import Period
from povertyplan.lib.speech import officially
from reports.annexes.wording import BLANK, issuer_lines, marks, place_of
from reports.enums import NarrativeKind
from reports.narrative import words
from reports.narrative.asked import Asked
from reports.narrative.context import Basis, Narrative
from reports.narrative.households import followed
from reports.narrative.promises import Promised
from reports.narrative.subjects import Told
from reports.returns import Standing, standings, tracker


@officially
def narrative_of(asked: Asked) -> Narrative:
    """Read everything the report says. The number of queries does not grow with units."""
    promised = Promised(asked)
    told = Told(asked, followed(), _years(asked))
    rows = _handing_in(asked)
    issuer, place = issuer_lines(asked.unit)
    has_sample = told.has_sample or promised.has_sample
    pending = promised.pending or any(row.pending for row in told.main)
    late = promised.late()
    is_half = asked.kind == NarrativeKind.HALF
    addressee = words.addressee(asked.unit)
    bases = tuple(Basis(words.document(plan)) for plan in asked.plans)
    sections = promised.sections()
    return Narrative(
        issuer=issuer,
        place=place,
        unit=asked.unit.name_in_sentence,
        town=place_of(asked.unit),
        date=words.place_and_date(asked.unit),
        subject=words.title(asked),
        addressee=addressee or _("[Nêu nơi nhận báo cáo]"),
        has_no_addressee=not addressee,
        opening=words.opening(asked),
        lacks_basis=not bases or any(BLANK in basis.name for basis in bases),
        period=asked.period.label,
        stage=words.stage_words(asked),
        marks=" – ".join(marks(has_sample=has_sample, stage=asked.stage)),
        is_half=is_half,
        is_year=asked.kind == NarrativeKind.YEAR,
        is_final=asked.kind == NarrativeKind.FINAL,
        coverage=words.handed_in(rows, asked),
        unreported=words.unreported(rows, asked),
        yearly_only=words.yearly_only(asked) if is_half and not told.has_any else "",
        headline=promised.headline(),
        source=words.source(asked, told.main, pending=pending),
        has_late=bool(late),
        has_promises=bool(sections),
        bases=bases,
        subjects=told.subjects(),
        sections=sections,
        late=late,
    )


def _years(asked: Asked) -> list[Period]:
    """The years of the table: all of the plan so far, the year told, or the year before a half."""
    if asked.kind != NarrativeKind.FINAL:
        return [asked.judged]
    first, _last = words.span(asked)
    return [Period(year) for year in range(first, asked.period.year + 1)]


def _handing_in(asked: Asked) -> list[Standing]:
    """The returns of the units below; for a unit with none below, its own."""
    rows = tracker(asked.unit, asked.period).rows
    if rows:
        return rows
    return [row for row in standings([asked.unit], asked.period) if row.total]
