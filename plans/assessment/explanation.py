"""One Vietnamese sentence that says a verdict with its arithmetic, and the sums behind it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.periods import Period
from plans.assessment.readings import CHANGES, Scope
from plans.enums import TargetKind
from plans.evaluators import Better, Case, Outcome, Path, Reason, Verdict, shown
from plans.models import Target
from plans.wording import promise_words, with_unit
from povertyplan.lib.numbers import format_number

SUMS = frozenset({*CHANGES, TargetKind.CUMULATIVE})


class Words:
    """Numbers of one promise as the page writes them."""

    def __init__(self, scope: Scope, case: Case) -> None:
        self.scope, self.case = scope, case
        self.terms = case.terms
        self.is_each = scope.terms.kind.startswith("per_unit") and (
            scope.terms.each_unit and not scope.terms.on_average
        )
        self.unit = scope.target.unit_of_measure

    @property
    def places(self) -> int:
        return 0 if self.is_each else self.terms.decimals

    def number(self, value: Decimal | None) -> str:
        return format_number(value, self.places)

    def amount(self, value: Decimal | None) -> str:
        return self.number(value) if self.is_each else with_unit(self.number(value), self.unit)

    def difference(self, value: Decimal | None) -> str:
        """Two percentages differ by points, never by per cent."""
        return (
            with_unit(self.number(value), _("điểm %")) if self.unit == "%" else self.amount(value)
        )

    @property
    def promise(self) -> str:
        terms = self.scope.terms
        number = promise_words(terms.comparator, terms.value, terms.low, terms.high)
        return with_unit(number, self.unit)

    @property
    def judged(self) -> int:
        return self.case.judged


# ------------------------------------------------------------------ the sentence


def sentence(scope: Scope, case: Case, outcome: Outcome) -> str:
    """The verdict in one sentence: what there is, how far off, what has to come, on what basis."""
    words = Words(scope, case)
    if outcome.verdict is Verdict.NO_DATA:
        return _no_data(words, outcome)
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
    return _("{n}/{of} đơn vị đã báo cáo: {text}").format(
        n=reading.reported, of=reading.expected, text=text[:1].lower() + text[1:]
    )


def _actual(words: Words, outcome: Outcome) -> str:
    year, amount = words.judged, words.amount(outcome.actual)
    if words.scope.terms.kind in CHANGES and outcome.actual is not None:
        amount = words.amount(abs(outcome.actual))
    verb = _verb(words, outcome.actual)
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


def _verb(words: Words, change: Decimal | None = None) -> str:
    """Fell or rose: the way the plan wants, or the other one for a change against it."""
    is_fall = words.terms.direction == "lower_is_better"
    if change is not None and change < 0:
        is_fall = not is_fall
    return _("giảm") if is_fall else _("tăng")


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
    if Reason.PARTIAL in outcome.reasons:
        return _("mốc {year} của chính các đơn vị này ({amount})").format(year=year, amount=amount)
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
    amount = words.difference(outcome.needed)
    if outcome.remaining == 1:
        return _("năm {year} phải {verb} {amount}").format(
            year=words.terms.year_to, verb=_needed_verb(words), amount=amount
        )
    return _("còn {n} năm, mỗi năm phải {verb} {amount}").format(
        n=outcome.remaining, verb=_needed_verb(words), amount=amount
    )


def _needed_verb(words: Words) -> str:
    if words.scope.terms.kind in CHANGES:
        return _verb(words)
    if words.scope.terms.kind in (TargetKind.CUMULATIVE, TargetKind.PER_UNIT_PER_YEAR):
        is_sum = words.scope.terms.kind == TargetKind.CUMULATIVE
        reach = _("đạt thêm") if is_sum else _("đạt")
        return reach if words.terms.better is Better.HIGHER else _("không quá")
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
        yield _("năm {year} chỉ có {n} đơn vị được tính, văn bản ghi {promise}").format(
            year=words.judged, n=reading.counted, promise=words.promise
        )


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


# ------------------------------------------------------------------ no verdict, because …


def _no_data(words: Words, outcome: Outcome) -> str:
    year = words.judged
    reading = words.case.reading(year)
    reason = outcome.reasons[0] if outcome.reasons else Reason.NOT_REPORTED
    if reason is Reason.NO_OPENING:
        return _(
            "Chưa kết luận: thiếu số đầu kỳ năm {year} theo cùng chuẩn nên không tính được mức "
            "thay đổi; nhập “{indicator}”."
        ).format(year=year, indicator=_opening_name(words.scope.target))
    unit = words.scope.unit
    if not unit.is_valid_on(Period(year).end):
        return _(
            "Chưa kết luận: {unit} kết thúc hoạt động sau ngày {last} nên không có số cuối năm "
            "{year}; muốn đánh giá, phải tổng hợp riêng số của địa bàn cũ."
        ).format(year=year, unit=unit.name_in_sentence, last=f"{unit.valid_to:%d/%m/%Y}")
    if not reading.expected:
        return _(
            "Chưa kết luận: năm {year} trong hệ thống không có đơn vị nào phải báo cáo "
            "“{indicator}”."
        ).format(year=year, indicator=words.scope.indicator.name)
    if reading.expected == 1:
        text = _("Chưa kết luận: {unit} chưa có số “{indicator}” năm {year}").format(
            unit=words.scope.unit.name_in_sentence,
            indicator=words.scope.indicator.name,
            year=year,
        )
    else:
        text = _("Chưa kết luận: trong {of} đơn vị chưa đơn vị nào có số “{indicator}” năm {year}")
        text = text.format(of=reading.expected, indicator=words.scope.indicator.name, year=year)
    if outcome.last_known is not None:
        known_year, value = outcome.last_known
        text += _("; số gần nhất là {amount} của năm {year}, không chuyển sang").format(
            amount=words.amount(value), year=known_year
        )
    return text + "."


def _opening_name(target: Target) -> str:
    opening = target.indicator.opening_indicator
    return opening.name if opening is not None else target.indicator.name


def blocked(target: Target, reason: Reason, *, known: int = 0, size: int | None = None) -> str:
    """Why no verdict can be given, whatever is reported."""
    match reason:
        case Reason.GROUP_UNKNOWN:
            group = target.group.name if target.group else ""
            of = f"{known}/{size}" if size else str(known)
            text = _(
                "Chưa kết luận: mới biết {of} đơn vị của nhóm “{group}”, chưa đủ danh sách."
            ).format(of=of, group=group)
            return f"{text} {target.blocker}".rstrip()
        case Reason.OUTSIDE:
            return _("Đơn vị này không thuộc phạm vi của chỉ tiêu.")
    return _("Chưa kết luận. {why}").format(why=target.blocker)


def not_assigned(scope: Scope, case: Case, actual: Decimal | None) -> str:
    """The figure of a unit that has been given nothing to reach."""
    text = _("Chưa kết luận: mức của kế hoạch là của cả địa bàn, chưa giao riêng cho {unit}")
    text = text.format(unit=scope.unit.name_in_sentence)
    if actual is not None:
        words = Words(scope, case)
        text += _("; số của đơn vị là {amount}").format(amount=words.amount(actual))
    return text + "."


def statement(words: Words, actual: Decimal | None, *, does_agree: bool) -> str:
    """Does the figure a document states agree with what units reported?"""
    if actual is None:
        reading = words.case.reading(words.judged)
        return _(
            "Văn bản nêu {promise}; mới có số của {n}/{of} đơn vị, chưa đối chiếu được."
        ).format(promise=words.promise, n=reading.reported, of=reading.expected)
    text = (
        _("Khớp: văn bản nêu {promise}, số các đơn vị báo cáo là {amount}.")
        if does_agree
        else _("Lệch: văn bản nêu {promise}, số các đơn vị báo cáo là {amount}.")
    )
    return text.format(promise=words.promise, amount=words.amount(actual))


# ------------------------------------------------------------------ the formula


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
            verb=_verb(words, point.step),
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
        return _("Bình quân = ({steps}) ÷ {n} năm = {total}").format(
            steps=text, n=len(steps), total=words.amount(outcome.actual)
        )
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
        return _("Phần của các đơn vị đã báo cáo = {pct}% mức của cả địa bàn").format(
            pct=format_number(case.part * 100, 1)
        )
    if case.shift:
        return _("Số gốc của các đơn vị đã báo cáo lệch {shift} so với cả địa bàn").format(
            shift=words.difference(case.shift)
        )
    return ""


def _needed_line(words: Words, outcome: Outcome) -> str:
    if not outcome.needed or not outcome.remaining or words.is_each:
        return ""
    return _("Còn lại mỗi năm = {needed} (đến hết {year}: {n} năm)").format(
        needed=words.difference(outcome.needed), year=words.terms.year_to, n=outcome.remaining
    )
