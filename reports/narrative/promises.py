"""The promises of the documents, each with its verdict in words; where it is not kept, by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from django.utils.translation import gettext as _

from communes.access import Action, units_for
from communes.models import Unit
from indicators.enums import Direction, IndicatorKind, Stage
from indicators.figures import Figure, FigureBook
from plans.assessment import assess_grid, assess_pairs, visible_targets
from plans.assessment.readings import CHANGES
from plans.enums import TargetKind
from plans.evaluators import Verdict, shown
from plans.models import Target
from plans.pages.verdicts import MARKS, Judged, is_of_year, mark_of
from plans.wording import plan_heading, with_unit
from povertyplan.lib.numbers import format_number
from reports.annexes.wording import BLANK
from reports.enums import NarrativeKind
from reports.narrative import words
from reports.narrative.asked import Asked
from reports.narrative.context import Behind, Promise_, Section

NAMED = 5
"""Units named for one promise, the furthest behind first."""
_PLAIN = frozenset({TargetKind.LEVEL, TargetKind.CUMULATIVE})


class Promised:
    """Every promise asked for, judged. The number of queries does not grow with units."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.given = self._given()
        self.judged = [row for row in self.given if self._speaks(row)]
        self.behind = self._behind()
        self.half = self._half()

    def _given(self) -> list[Judged]:
        """All that the plans promise of the unit, whichever year it is due."""
        asked = self.asked
        bound = Target.objects.promises().filter(
            plan__in=asked.plans, unit__downward__descendant=asked.unit
        )
        targets = list(bound.to_assess().order_by("plan__order", "order"))
        own = [row for row in targets if row.unit_id == asked.unit.pk]
        pairs: list[tuple[Target, Unit | None]] = [
            (row, None) for row in visible_targets(asked.by, own)
        ]
        pairs += [(row, asked.unit) for row in targets if row.unit_id != asked.unit.pk]
        found = assess_pairs(pairs, asked.judged, asked.stage)
        judged = [Judged(row, mark_of(row)) for row in found]
        return [row for row in judged if not row.found.is_outside and row.is_assigned]

    def _speaks(self, row: Judged) -> bool:
        """Of the year; a final review tells of what has ended and of what is to come too."""
        is_final = self.asked.kind == NarrativeKind.FINAL
        return is_final or is_of_year(row, self.asked.period.year)

    @property
    def is_half(self) -> bool:
        return self.asked.kind == NarrativeKind.HALF

    @property
    def has_sample(self) -> bool:
        return any(row.found.has_sample for row in self.judged)

    @property
    def pending(self) -> bool:
        return any(row.found.pending for row in self.judged)

    # -- units behind

    def _behind(self) -> dict[int, list[Judged]]:
        """Target pk → the units below that are behind, the furthest first."""
        late = [row for row in self.judged if self._is_looked_into(row)]
        grouped = {row.found.target.pk: list(row.found.members) for row in late}
        below = self._below() if late else []
        single = [row.found.target for row in late if not row.found.members]
        pairs: list[tuple[Target, Unit | None]] = [(t, unit) for t in single for unit in below]
        for found in assess_grid(pairs, self.asked.judged, self.asked.stage):
            grouped[found.target.pk].append(found)
        return {
            pk: _furthest(Judged(row, mark_of(row)) for row in rows) for pk, rows in grouped.items()
        }

    def _is_looked_into(self, row: Judged) -> bool:
        return (
            row.is_late
            and not self.is_half
            and row.found.target.unit_id == self.asked.unit.pk
            and self.asked.is_open
        )

    def _below(self) -> list[Unit]:
        asked = self.asked
        seen = units_for(asked.by, Action.VIEW).values("pk")
        below = Unit.objects.valid_on(asked.judged.end).filter(parent=asked.unit, pk__in=seen)
        return list(below.select_related("tier").official_order())

    # -- half a year: promises are judged by years, so only plain figures of the half are told

    def _half(self) -> dict[int, str]:
        """Target pk → what the half-year came to, where anything of it was reported."""
        if not self.is_half:
            return {}
        asked = self.asked
        plain = [row.found.target for row in self.judged if _is_plain(row.found.target)]
        indicators = {row.indicator_id: row.indicator for row in plain}
        units = {asked.unit.pk: asked.unit}
        book = FigureBook(list(units.values()), indicators.values(), [asked.period], asked.stage)
        figures = {row.pk: book.figure(asked.unit.pk, row.indicator, asked.period) for row in plain}
        told = {row.pk: row for row in plain if figures[row.pk].value is not None}
        return {pk: _half_amount(row, figures[pk]) for pk, row in told.items()}

    # -- in words

    def sections(self) -> tuple[Section, ...]:
        """All promises by theme; of a half-year those alone of which it has a figure."""

        def theme(row: Judged) -> tuple[int, str]:
            of = row.found.target.indicator.theme
            return of.order, of.name

        told = [row for row in self.judged if not self.is_half or row.found.target.pk in self.half]
        ordered = sorted(told, key=theme)
        return tuple(
            self._section(number, name, list(rows))
            for number, ((_order, name), rows) in enumerate(groupby(ordered, key=theme), 1)
        )

    def _section(self, number: int, name: str, rows: list[Judged]) -> Section:
        return Section(
            number=str(number),
            name=name,
            summary="" if self.is_half else _summary(rows),
            promises=tuple(
                self._promise(row, f"{number}.{place}") for place, row in enumerate(rows, 1)
            ),
        )

    def late(self) -> tuple[Promise_, ...]:
        rows = [row for row in self.judged if row.is_late and not self.is_half]
        rows.sort(key=lambda row: row.rank)
        return tuple(self._promise(row, str(number)) for number, row in enumerate(rows, 1))

    def headline(self) -> str:
        """The finding of all promises in a sentence; of a half-year of how many it has figures."""
        if not self.judged:
            nothing = _("Không có chỉ tiêu nào được giao trong kỳ.")
            return " ".join([nothing, *self._others()])
        told = self._half_headline() if self.is_half else _summary(self.judged)
        others = self._others()
        if not others:
            return told
        words = _("Kế hoạch giao {all} chỉ tiêu; báo cáo này xét {n} chỉ tiêu của năm {year}.")
        scope = words.format(all=len(self.given), n=len(self.judged), year=self.asked.period.year)
        return " ".join([scope, *others, told])

    def _others(self) -> list[str]:
        """What the plans promise of other years, and where it is told."""
        year = self.asked.period.year
        rest = [row.found for row in self.given if not self._speaks(row)]
        ahead = [found for found in rest if found.target.year_from > year]
        told = []
        if ended := len(rest) - len(ahead):
            words = _("{n} chỉ tiêu đã hết hạn trước năm {year}: xem báo cáo tổng kết.")
            told.append(words.format(n=ended, year=year))
        if ahead:
            first = min(found.target.year_from for found in ahead)
            words = _("{n} chỉ tiêu phải đạt vào năm {year}: xem báo cáo tổng kết.")
            if any(found.terms.year_to != first for found in ahead):
                words = _("{n} chỉ tiêu tính từ năm {year} trở đi: xem báo cáo tổng kết.")
            told.append(words.format(n=len(ahead), year=first))
        return told

    def _half_headline(self) -> str:
        total, known, period = len(self.judged), len(self.half), self.asked.period.label
        if not known:
            told = _(
                "{total} chỉ tiêu được giao, đánh giá theo số cả năm; chưa chỉ tiêu nào có số "
                "liệu {period}."
            )
        elif known == total:
            told = _(
                "{total} chỉ tiêu được giao, đánh giá theo số cả năm; số liệu {period} như sau."
            )
        else:
            told = _(
                "{total} chỉ tiêu được giao, đánh giá theo số cả năm; {known} chỉ tiêu có số liệu "
                "{period}, nêu dưới đây, {rest} chỉ tiêu còn lại chưa có."
            )
        return told.format(total=total, known=known, rest=total - known, period=period)

    def _promise(self, row: Judged, number: str) -> Promise_:
        found = row.found
        target = found.target
        behind = self.behind.get(target.pk, [])
        return Promise_(
            number=number,
            name=target.label,
            plan=plan_heading(target.plan),
            section=target.section,
            place=words.where_in(target.section),
            goal=row.promise,
            due=str(found.terms.year_to),
            expected=BLANK if self.is_half else _expected(row),
            gap="" if self.is_half else _gap(row),
            actual=self._actual(row),
            verdict=_("Đánh giá khi hết năm") if self.is_half else str(row.mark.label),
            explanation=self._explanation(row),
            coverage=row.coverage or BLANK,
            behind_sentence=_behind_sentence(behind),
            behind=tuple(
                Behind(
                    one.found.unit.name_in_sentence,
                    _told(one),
                    _expected(one),
                    _gap(one),
                )
                for one in behind
            ),
        )

    def _actual(self, row: Judged) -> str:
        if self.is_half:
            return self.half.get(row.found.target.pk, BLANK)
        return _told(row)

    def _explanation(self, row: Judged) -> str:
        if not self.is_half:
            return row.found.explanation
        told = _("{period} thực hiện {actual}; mức giao {goal}, phải đạt đến năm {due}.")
        return told.format(
            period=self.asked.period.label,
            actual=self._actual(row),
            goal=row.promise,
            due=row.found.terms.year_to,
        )


def _told(row: Judged) -> str:
    """The figure; a change against what the plan wants by its own word, never with a sign."""
    actual, terms = row.found.actual, row.found.terms
    if terms.kind not in CHANGES or actual is None or shown(actual, row.decimals) >= 0:
        return _blank(row.actual)
    verb = _("tăng") if terms.direction == Direction.LOWER else _("giảm")
    return f"{verb} {row.amount(abs(actual))}"


def _blank(told: str) -> str:
    """A report in words writes a missing figure as a blank to be filled."""
    return BLANK if told == "–" else told


def _summary(rows: Sequence[Judged]) -> str:
    """3 chỉ tiêu: 2 đạt, 1 chậm. 1 chỉ tiêu: chậm. In the very words each of them is given."""
    places = {verdict: place for place, verdict in enumerate(MARKS)}
    ordered = sorted(rows, key=lambda row: places[row.found.verdict])
    counts = Counter(str(row.mark.label).lower() for row in ordered)
    if len(rows) == 1:
        return _("1 chỉ tiêu: {word}.").format(word=next(iter(counts)))
    if len(counts) == 1:
        return _("Cả {n} chỉ tiêu: {word}.").format(n=len(rows), word=next(iter(counts)))
    told = [_("{n} {word}").format(n=number, word=word) for word, number in counts.items()]
    return _("{n} chỉ tiêu: {counts}.").format(n=len(rows), counts=", ".join(told))


def _expected(row: Judged) -> str:
    """A blank, too, where the figure is not to be compared with the mark of the year."""
    is_compared = row.found.verdict is not Verdict.NOT_DUE
    return _blank(row.amount(row.found.outcome.expected)) if is_compared else BLANK


def _gap(row: Judged) -> str:
    """How far off the mark, as a share of it: what the order goes by. "" where nothing is told."""
    share = row.found.outcome.gap_pct
    return "" if share is None or not row.is_late else f"{format_number(share, 1)}%"


def _furthest(rows: Iterable[Judged]) -> list[Judged]:
    """Of the units that reported, those off the mark; the largest gap first."""
    late = [row for row in rows if row.is_late and row.found.actual is not None]
    return sorted(late, key=lambda row: row.rank)[:NAMED]


def _behind_sentence(rows: Sequence[Judged]) -> str:
    """Who is behind, the mark once where it is the same for all."""
    if not rows:
        return ""
    marks = {_expected(row) for row in rows}
    if len(marks) == 1:
        words = _("Trong các đơn vị {told}, lệch mốc {mark} nhiều nhất: {units}.")
    else:
        words = _("Trong các đơn vị {told}, lệch mốc nhiều nhất: {units}.")
    is_official = rows[0].found.stage == Stage.OFFICIAL
    told = _("đã được duyệt") if is_official else _("đã báo cáo")
    units = [_behind_words(row, is_alike=len(marks) == 1) for row in rows]
    return words.format(told=told, mark=min(marks), units="; ".join(units))


def _behind_words(row: Judged, *, is_alike: bool) -> str:
    """xã Bản Cái 4,40 điểm %, mốc 7,00 điểm % (lệch 37,1%)"""
    told = f"{row.found.unit.name_in_sentence} {_told(row)}"
    if not is_alike:
        told = _("{told}, mốc {mark}").format(told=told, mark=_expected(row))
    gap = _gap(row)
    return _("{told} (lệch {gap})").format(told=told, gap=gap) if gap else told


def _is_plain(target: Target) -> bool:
    """Is the promise in the very terms of its indicator, for the whole unit?"""
    indicator = target.indicator
    return (
        target.kind in _PLAIN
        and target.group_id is None
        and not target.each_unit
        and not target.applies_to
        and target.unit_of_measure == indicator.unit_of_measure
        and indicator.kind != IndicatorKind.SHARE_OF_UNITS
    )


def _half_amount(target: Target, figure: Figure) -> str:
    told = with_unit(format_number(figure.value, target.indicator.decimals), target.unit_of_measure)
    if figure.reported == figure.expected:
        return told
    return _("{amount} ({n}/{total} đơn vị)").format(
        amount=told, n=figure.reported, total=figure.expected
    )
