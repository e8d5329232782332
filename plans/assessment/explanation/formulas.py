"""The sums behind a verdict with the numbers in them, one a line."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.assessment.explanation.words import SUMS, Words, verb_of
from plans.assessment.readings import CHANGES, Scope
from plans.enums import TargetKind
from plans.evaluators import Case, Outcome, Path, Reason, shown
from povertyplan.lib.numbers import format_number


def formula(scope: Scope, case: Case, outcome: Outcome) -> tuple[str, ...]:
    """The sums behind a verdict with the numbers in them, one a line."""
    if outcome.actual is None:
        return ()
    words = Words(scope, case)
    lines = [
        *_change_lines(words, outcome),
        _sum_line(words, outcome),
        _path_line(words, outcome),
        _gap_line(words, outcome),
    ]
    lines += [_part_line(words), _needed_line(words, outcome)]
    return tuple(line for line in lines if line)


def statement_formula(scope: Scope, case: Case, outcome: Outcome) -> tuple[str, ...]:
    """How the system's own figure beside a stated one was added up."""
    if outcome.actual is None:
        return ()
    words = Words(scope, case)
    lines = [*_change_lines(words, outcome), _sum_line(words, outcome)]
    return tuple(line for line in lines if line)


def _change_lines(words: Words, outcome: Outcome) -> Iterable[str]:
    """Each year's change as the difference that it is."""
    if words.scope.terms.kind not in CHANGES:
        return
    for point in outcome.points:
        reading = words.case.reading(point.year)
        opening = reading.opening
        if opening is None:
            opening = words.case.reading(point.year - 1).value
        if point.step is None or opening is None or reading.value is None:
            continue
        is_rate = not words.scope.adds_up
        sign = "%" if is_rate else ""
        yield _(
            "Năm {year}: đầu kỳ {opening}{sign}, cuối kỳ {closing}{sign}, {verb} {step}"
        ).format(
            year=point.year,
            opening=words.number(opening),
            closing=words.number(reading.value),
            sign=sign,
            verb=verb_of(words, point.step),
            step=words.number(abs(point.step)),
        )


def _sum_line(words: Words, outcome: Outcome) -> str:
    kind = words.scope.terms.kind
    known = [point for point in outcome.points if point.year in outcome.known_years]
    steps = [point.step for point in known if point.step is not None]
    if kind not in SUMS or not steps:
        return _per_unit_line(words, outcome) if kind == TargetKind.PER_UNIT_PER_YEAR else ""
    if len(steps) == 1:
        return ""
    text = " + ".join(words.number(step) for step in steps)
    if kind == TargetKind.CHANGE_PER_YEAR:
        return ngettext(
            "Bình quân = ({steps}) ÷ {n} năm = {total}",
            "Bình quân = ({steps}) ÷ {n} năm = {total}",
            len(steps),
        ).format(steps=text, n=len(steps), total=words.amount(outcome.actual))
    return _("Cộng các năm = {steps} = {total}").format(
        steps=text, total=words.amount(outcome.actual)
    )


def _per_unit_line(words: Words, outcome: Outcome) -> str:
    rows = [words.case.reading(year) for year in outcome.known_years]
    if any(row.units is None or row.value is None for row in rows):
        return ""
    return _("Bình quân = ({totals}) ÷ ({units}) = {total}").format(
        totals=" + ".join(format_number(row.value) for row in rows),
        units=" + ".join(str(row.units) for row in rows),
        total=words.amount(outcome.actual),
    )


def _path_line(words: Words, outcome: Outcome) -> str:
    base, start = outcome.baseline, outcome.baseline_year
    straight = outcome.path in (Path.STRAIGHT, Path.BRIDGED)
    if base is None or start is None or not straight or outcome.expected is None:
        return _share_line(words, outcome)
    end = words.terms.year_to
    return _("Mốc {year} = {base} + ({goal} − {base}) × {done} ÷ {all} = {mark}").format(
        year=words.judged,
        base=words.number(base),
        goal=words.number(outcome.goal),
        done=words.judged - start,
        all=end - start,
        mark=words.amount(outcome.expected),
    )


def _share_line(words: Words, outcome: Outcome) -> str:
    """A total spread evenly over its years."""
    kind = words.scope.terms.kind
    if kind not in (TargetKind.CUMULATIVE, TargetKind.CHANGE_TOTAL):
        return ""
    if outcome.path is not Path.STRAIGHT or Reason.PARTIAL in outcome.reasons:
        return ""
    return _("Mốc {year} = {goal} × {n} ÷ {all} năm = {mark}").format(
        year=words.judged,
        goal=words.number(outcome.goal),
        n=len(outcome.known_years),
        all=words.terms.years,
        mark=words.amount(outcome.expected),
    )


def _gap_line(words: Words, outcome: Outcome) -> str:
    if outcome.expected is None or outcome.gap is None:
        return ""
    text = _("Lệch mốc = {actual} − {mark} = {gap}").format(
        actual=words.number(outcome.actual),
        mark=words.number(outcome.expected),
        gap=words.difference(_shown_gap(words, outcome)),
    )
    if outcome.gap_pct is None or outcome.gap <= 0:
        return text
    return text + _(" ({pct}% của mốc; quá {margin}% là chậm)").format(
        pct=format_number(outcome.gap_pct, 1), margin=format_number(words.terms.risk_margin)
    )


def _shown_gap(words: Words, outcome: Outcome) -> Decimal:
    """Of the two figures as they stand in the line, so that the line adds up to the eye."""
    places = words.places
    actual, expected = outcome.actual or Decimal(0), outcome.expected or Decimal(0)
    return shown(actual, places) - shown(expected, places)


def _part_line(words: Words) -> str:
    case = words.case
    if case.part != 1:
        return _("Phần của các đơn vị {told} = {pct}% mức của cả địa bàn").format(
            told=words.told, pct=format_number(case.part * 100, 1)
        )
    if case.shift:
        return _("Số gốc của các đơn vị {told} lệch {shift} so với cả địa bàn").format(
            told=words.told, shift=words.difference(case.shift)
        )
    return ""


def _needed_line(words: Words, outcome: Outcome) -> str:
    if not outcome.needed or not outcome.remaining or words.is_each:
        return ""
    text = ngettext(
        "Còn lại mỗi năm = {needed} (đến hết {year}: {n} năm)",
        "Còn lại mỗi năm = {needed} (đến hết {year}: {n} năm)",
        outcome.remaining,
    ).format(needed=words.difference(outcome.needed), year=words.terms.year_to, n=outcome.remaining)
    if Reason.PARTIAL not in outcome.reasons or not words.adds_up:
        return text
    return text + _(", gồm cả phần của đơn vị {untold}").format(untold=words.untold)
