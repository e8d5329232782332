"""The verdict in one sentence: what there is, how far off, what has to come, on what basis."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.assessment.explanation.refusals import no_data
from plans.assessment.explanation.words import Words, verb_of
from plans.assessment.readings import CHANGES, Scope
from plans.enums import TargetKind
from plans.evaluators import Better, Case, Outcome, Path, Reason, Verdict


def sentence(scope: Scope, case: Case, outcome: Outcome) -> str:
    """The verdict in one sentence: what there is, how far off, what has to come, on what basis."""
    words = Words(scope, case)
    if outcome.verdict is Verdict.NO_DATA:
        return no_data(words, outcome)
    if outcome.actual is None:
        return _not_due(words)
    parts = [_actual(words, outcome), _against(words, outcome)]
    tail = [_need(words, outcome), *_basis(words, outcome)]
    text = ", ".join(part for part in parts if part)
    return _whose(words, outcome, "; ".join([text, *(part for part in tail if part)]) + ".")


def _whose(words: Words, outcome: Outcome, text: str) -> str:
    """Who the figures are of comes first, where it is not everybody."""
    reading = words.case.reading(words.judged)
    if Reason.PARTIAL not in outcome.reasons or reading.is_complete:
        return text
    whose = _("{n}/{of} đơn vị {told}: {text}")
    if words.is_of_years(outcome):
        whose = _("Năm {year} có {n}/{of} đơn vị {told}: {text}")
    return whose.format(
        year=words.judged,
        n=reading.reported,
        of=reading.expected,
        told=words.told,
        text=text[:1].lower() + text[1:],
    )


def _actual(words: Words, outcome: Outcome) -> str:
    year, amount = words.judged, words.amount(outcome.actual)
    if words.scope.terms.kind in CHANGES and outcome.actual is not None:
        amount = words.amount(abs(outcome.actual))
    verb = verb_of(words, outcome.actual)
    match words.scope.terms.kind:
        case TargetKind.CHANGE_TOTAL:
            return _("{verb} {amount} {span}").format(
                verb=verb.capitalize(), amount=amount, span=_span(outcome, year)
            )
        case TargetKind.CHANGE_PER_YEAR if len(outcome.known_years) == 1:
            return _("Năm {year} {verb} {amount}").format(
                verb=verb, amount=amount, year=outcome.known_years[0]
            )
        case TargetKind.CHANGE_PER_YEAR:
            return _("{verb} bình quân {amount} mỗi năm {span}").format(
                verb=verb.capitalize(), amount=amount, span=_span(outcome, year)
            )
        case TargetKind.CUMULATIVE:
            return _("Lũy kế {span} được {amount}").format(amount=amount, span=_span(outcome, year))
    if words.is_each:
        return _("Năm {year} có {n}/{of} đơn vị đạt mức {promise}").format(
            year=year,
            n=words.number(outcome.actual),
            of=words.number(outcome.goal),
            promise=words.promise,
        )
    if words.scope.terms.kind == TargetKind.PER_UNIT_PER_YEAR:
        return _("Bình quân {amount} {span}").format(amount=amount, span=_span(outcome, year))
    left = words.scope.adds_up and words.terms.better is Better.LOWER
    text = _("Năm {year} còn {amount}") if left else _("Năm {year} có {amount}")
    return text.format(year=year, amount=amount)


def _span(outcome: Outcome, judged: int) -> str:
    """The years added up, when they are an unbroken row; else each of them."""
    years = outcome.known_years or (judged,)
    if len(years) == 1:
        return _("năm {year}").format(year=years[0])
    if years[-1] - years[0] + 1 == len(years):
        return _("trong {first}–{last}").format(first=years[0], last=years[-1])
    return _("trong các năm {years}").format(years=", ".join(str(year) for year in years))


def _against(words: Words, outcome: Outcome) -> str:
    if words.is_each:
        return ""
    is_open = words.terms.better is Better.NEARER and outcome.verdict is Verdict.NOT_DUE
    if outcome.expected is None or outcome.gap is None or is_open:
        if outcome.verdict is Verdict.MET:
            return _("đã đạt mức giao {promise}").format(promise=words.promise)
        return _("chưa có mốc năm {year} để so vì {why}").format(
            year=words.judged, why=_no_path(words, outcome)
        )
    mark = _mark(words, outcome)
    if not outcome.gap:
        if outcome.verdict is Verdict.AT_RISK:
            return _("mới bằng {mark}, phải vượt mức này").format(mark=mark)
        return _("đúng bằng {mark}").format(mark=mark)
    gap = words.difference(abs(outcome.gap))
    if words.terms.better is Better.NEARER:
        return _("lệch {mark} là {gap}").format(mark=mark, gap=gap)
    is_behind = outcome.gap > 0
    if words.terms.better is Better.LOWER:
        text = _("cao hơn {mark} là {gap}") if is_behind else _("thấp hơn {mark} là {gap}")
    else:
        text = _("thấp hơn {mark} là {gap}") if is_behind else _("vượt {mark} là {gap}")
    return text.format(mark=mark, gap=gap)


def _mark(words: Words, outcome: Outcome) -> str:
    amount = words.amount(outcome.expected)
    year = words.judged
    is_partial = Reason.PARTIAL in outcome.reasons
    if is_partial and not words.is_of_years(outcome):
        return _("mốc {year} của chính các đơn vị này ({amount})").format(year=year, amount=amount)
    if is_partial and words.adds_up:
        return _("mốc {year} tính cho phần đã có số ({amount})").format(year=year, amount=amount)
    match outcome.path:
        case Path.GOAL:
            return _("mức giao {promise}").format(promise=words.promise)
        case Path.MILESTONES:
            return _("mốc giao năm {year} ({amount})").format(year=year, amount=amount)
    return _("mốc năm {year} ({amount})").format(year=year, amount=amount)


def _need(words: Words, outcome: Outcome) -> str:
    if outcome.needed is None or not outcome.remaining or words.is_each:
        return ""
    if not outcome.needed:
        return "" if outcome.verdict is Verdict.MET else _("giữ được là đạt")
    if Reason.PARTIAL in outcome.reasons and words.adds_up:
        return _(
            "đến hết năm {year} còn phải {verb} {amount}, gồm cả phần của đơn vị {untold}"
        ).format(
            year=words.terms.year_to,
            verb=_needed_verb(words),
            amount=words.difference(outcome.needed * outcome.remaining),
            untold=words.untold,
        )
    amount = words.difference(outcome.needed)
    if outcome.remaining == 1:
        return _("năm {year} phải {verb} {amount}").format(
            year=words.terms.year_to, verb=_needed_verb(words), amount=amount
        )
    return ngettext(
        "còn {n} năm, mỗi năm phải {verb} {amount}",
        "còn {n} năm, mỗi năm phải {verb} {amount}",
        outcome.remaining,
    ).format(n=outcome.remaining, verb=_needed_verb(words), amount=amount)


def _needed_verb(words: Words) -> str:
    if words.scope.terms.kind in CHANGES:
        return verb_of(words)
    if words.scope.terms.kind == TargetKind.CUMULATIVE:
        return _("đạt thêm") if words.terms.better is Better.HIGHER else _("không quá")
    return _("giảm") if words.terms.better is Better.LOWER else _("tăng thêm")


def _basis(words: Words, outcome: Outcome) -> Iterable[str]:
    """Which units and years stand behind it, when they are not all there should be."""
    reading = words.case.reading(words.judged)
    if Reason.PARTIAL in outcome.reasons and reading.is_complete:
        yield _("có năm trước chưa đủ đơn vị, chỉ so phần đã có số")
    if outcome.missing_years:
        yield _("thiếu số năm {years} nên chỉ so các năm có số").format(
            years=", ".join(str(year) for year in outcome.missing_years)
        )
    if outcome.adjusted_goal:
        yield ngettext(
            "năm {year} chỉ có {n} đơn vị được tính, văn bản ghi {promise}",
            "năm {year} chỉ có {n} đơn vị được tính, văn bản ghi {promise}",
            reading.counted or 0,
        ).format(year=words.judged, n=reading.counted, promise=words.promise)


def _no_path(words: Words, outcome: Outcome) -> str:
    """Why nothing is expected of the year: no milestones, and no straight path either."""
    case = words.case
    if words.terms.better is Better.NEARER and Reason.PARTIAL in outcome.reasons:
        return _("chỉ tiêu không xét hơn kém, phải đủ đơn vị mới so được")
    if Reason.BREAK_AHEAD in outcome.reasons:
        return _("cách tính đổi trước năm {year} nên không chia đều được").format(
            year=words.terms.year_to
        )
    restarts = [year for year in case.breaks if case.base_year < year <= case.judged]
    if restarts:
        return _(
            "không giao mốc hằng năm, cách tính đổi từ năm {year} mà chưa có số đầu kỳ theo "
            "cách mới"
        ).format(year=max(restarts))
    return _("không giao mốc hằng năm và chưa có số gốc cuối năm {year}").format(
        year=case.base_year
    )


def _not_due(words: Words) -> str:
    return _("Chỉ tiêu bắt đầu từ năm {start}, chưa đến kỳ đánh giá.").format(
        start=words.terms.year_from
    )
