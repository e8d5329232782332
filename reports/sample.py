"""The demo's sample: accounts, calendar, plans for units, figures, returns, books, all marked.

Loaded only in demo mode; everything recorded there is sample, so that sample figures and
reported ones never meet in one database.
"""

from __future__ import annotations

import csv
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from communes.models import Official, Post, Tier, Unit
from indicators.enums import Answer, Stage
from indicators.models import Indicator, Result
from indicators.periods import Period
from indicators.recording import Entry, import_results
from plans.models import Amendment, Milestone, Plan, Target
from povertyplan.lib.errors import DomainError
from povertyplan.lib.speech import recorded
from reports.counting import months_after
from reports.enums import ReportState, Step
from reports.models import (
    Deadline,
    Register,
    RegisterBook,
    RegisterEntry,
    Report,
    ReportEvent,
)
from reports.noticing import of_step
from reports.returns import plain, reviewers_of

DATA = Path(__file__).parent / "data"
TABLES = ("demo_results.csv", "demo_plan_results.csv", "demo_upper_results.csv")
"""The household review; what else the plans rest on; what districts and provinces enter."""

STAGES = {"approved": Stage.OFFICIAL, "endorsed": Stage.PROVISIONAL, "submitted": Stage.PROVISIONAL}


@dataclass(frozen=True)
class Loaded:
    accounts: int
    facts: int


def load_demo() -> Loaded:
    """Bring the demo's accounts, calendar and sample figures; a second run changes nothing.

    Raises DomainError outside demo mode, or when the catalogue is not loaded yet.
    """
    if not settings.DEMO_MODE:
        raise DomainError(_("Chỉ nạp số liệu minh họa khi DEMO_MODE=1, trên máy trình diễn."))
    demo: dict[str, Any] = yaml.safe_load((DATA / "demo.yaml").read_text(encoding="utf-8"))
    with transaction.atomic():
        accounts = _load_accounts(demo["accounts"])
        _load_deadlines(demo["deadlines"])
        _load_milestones(demo["milestones"])
        _load_amendments(demo["amendments"])
        is_real = Result.objects.filter(is_sample=False).exists()
        facts = 0 if is_real else _load_returns(demo["states"])
        if not is_real:
            _load_books(demo["books"])
    return Loaded(accounts, facts)


def _unit(reference: str) -> Unit:
    found = Unit.objects.named(reference)
    if found is None:
        raise DomainError(
            _("Chưa có đơn vị {code}. Chạy load_catalogue trước.").format(code=reference)
        )
    return found


def _load_accounts(rows: Iterable[dict[str, str]]) -> int:
    made = 0
    for row in rows:
        official, created = Official.objects.update_or_create(
            username=row["username"],
            defaults={"full_name": row["full_name"], "is_demo": True, "is_active": True},
        )
        if created or not official.check_password(settings.DEMO_PASSWORD):
            official.set_password(settings.DEMO_PASSWORD)
            official.save(update_fields=["password"])
        Post.objects.update_or_create(
            official=official,
            unit=_unit(row["unit"]),
            role=row["role"],
            defaults={"title": row["title"]},
        )
        made += created
    return made


def _load_deadlines(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        Deadline.objects.get_or_create(
            issuer=_unit(row["issuer"]),
            period=row["period"],
            defaults={"opens_on": row["opens_on"], "due_on": row["due_on"]},
        )


def _load_milestones(blocks: Iterable[dict[str, Any]]) -> None:
    rows: list[Milestone] = []
    for block in blocks:
        plan = Plan.objects.get(code=block["plan"])
        indicator = Indicator.objects.get(code=block["indicator"])
        below = Unit.objects.below(plan.unit) if plan.unit else Unit.objects.none()
        for code in block["periods"]:
            # A year after the units were merged keeps what the old ones had been given.
            for unit in below.valid_on(block.get("units_on") or Period.parse(code).end):
                value = block["units"].get(unit.code, block["others"])
                rows.append(
                    Milestone(
                        plan=plan,
                        unit=unit,
                        indicator=indicator,
                        period=code,
                        measure=block["measure"],
                        value=Decimal(str(value)),
                        is_sample=True,
                    )
                )
    Milestone.objects.bulk_create(rows, ignore_conflicts=True)


def _load_amendments(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        Amendment.objects.get_or_create(
            target=Target.objects.get(code=row["target"]),
            in_force_from=row["in_force_from"],
            defaults={
                "decision_number": row["decision_number"],
                "decided_on": row["decided_on"],
                "reason": row["reason"],
                "comparator": row["comparator"],
                "value": Decimal(str(row["value"])),
                "year_to": row["year_to"],
                "is_sample": True,
            },
        )


# -- figures and returns -------------------------------------------------------------------------


def _load_returns(blocks: Iterable[dict[str, Any]]) -> int:
    """Bring what is not there yet: a figure that somebody has entered since stays as it is."""
    figures = _figures()
    facts = _bring(figures.get("2020", []), Stage.OFFICIAL)  # the baseline the plans start from
    for block in blocks:
        by_state = _by_state(figures.get(block["period"], []), block)
        by_state.pop("none", None)
        for state, entries in by_state.items():
            facts += _bring(entries, STAGES.get(state))
            _make_reports(_reporting(entries, block["period"]), block["period"], state)
    return facts


def _by_state(entries: Iterable[Entry], block: dict[str, Any]) -> dict[str, list[Entry]]:
    state_of = {code: state for state, codes in block.get("units", {}).items() for code in codes}
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(state_of.get(entry.unit.code, block["default"]), []).append(entry)
    return found


def _reporting(entries: Iterable[Entry], code: str) -> set[Unit]:
    """The units whose return is to be made: a return asks for the household review only."""
    review = set(Indicator.objects.inputs().household_review().values_list("pk", flat=True))
    made = set(Report.objects.filter(period=code).values_list("unit", flat=True))
    return {
        entry.unit
        for entry in entries
        if entry.indicator.pk in review and entry.unit.pk not in made
    }


def _figures() -> dict[str, list[Entry]]:
    """The sample figures not recorded yet, by period, from the wide tables."""
    indicators = {row.code: row for row in Indicator.objects.all()}
    known = set(Result.objects.values_list("unit", "indicator", "period"))
    found: dict[str, list[Entry]] = {}
    for row in _rows():
        period = Period.parse(row.pop("period"))
        unit = _unit(f"{row.pop('unit_code')}@{period.end:%Y-%m-%d}")
        entries = [
            Entry(unit, indicators[code], period, Answer.VALUE, Decimal(text))
            for code, text in row.items()
            if text
        ]
        new = [entry for entry in entries if entry.cell not in known]
        found.setdefault(period.code, []).extend(new)
    return found


def _rows() -> Iterator[dict[str, str]]:
    """A row a unit and year: unit_code, period, then a column an input; empty = not reported."""
    for name in TABLES:
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _bring(entries: list[Entry], stage: str | None) -> int:
    if not entries:
        return 0
    return import_results(
        entries, stage=stage, is_sample=True, reason=recorded("Nạp số liệu minh họa")
    )


def _make_reports(units: set[Unit], code: str, state: str) -> None:
    """Reports as if the returns had come in a week before they were due."""
    sent_on = Period.parse(code).end - timedelta(days=24)
    when = timezone.make_aware(datetime.combine(sent_on, time(9, 0)))
    keeper = Official.objects.filter(is_demo=True, is_superuser=False).order_by("pk").last()
    tiers = {row.code: row for row in Tier.objects.all()}
    is_sent = state != ReportState.DRAFT
    reports = [
        Report(
            unit=unit,
            period=code,
            state=state,
            with_tier=_desk(unit, state, tiers),
            round=1 if is_sent else 0,
            submitted_at=when if is_sent else None,
        )
        for unit in sorted(units, key=lambda unit: unit.code)
    ]
    Report.objects.bulk_create(reports)
    if is_sent and keeper is not None:
        covered = _covered(units, code)
        events = ReportEvent.objects.bulk_create(
            ReportEvent(
                report=report,
                step=Step.SUBMIT,
                round=1,
                by=keeper,
                post_label=recorded("Nạp số liệu minh họa"),
                at=when,
                covered=covered.get(report.unit_id, []),
            )
            for report in reports
        )
        if state == ReportState.SUBMITTED:
            for event in events:  # what is done with is no news
                of_step(event)


def _covered(units: Iterable[Unit], code: str) -> dict[int, list[list[str]]]:
    """What each return (unit pk) says, as its steps keep it: [code, figure] in form order."""
    rows = Result.objects.filter(unit__in=units, period=code).exclude(answer=Answer.MISSING)
    found: dict[int, list[list[str]]] = defaultdict(list)
    for unit, indicator, answer, value in rows.order_by("indicator__order").values_list(
        "unit", "indicator__code", "answer", "value"
    ):
        found[unit].append([indicator, plain(answer, value)])
    return found


def _desk(unit: Unit, state: str, tiers: dict[str, Tier]) -> Tier | None:
    """The tier that has the return on its desk in this state."""
    if state not in (ReportState.SUBMITTED, ReportState.ENDORSED):
        return None
    above = [tiers[row.tier.code] for row in reviewers_of(unit)]
    return above[0] if state == ReportState.SUBMITTED else above[-1]


# -- books ----------------------------------------------------------------------------------------


def _load_books(blocks: Iterable[dict[str, Any]]) -> None:
    """Bring the books, and the entries that are not there yet, each by the place it has here."""
    registers = {row.code: row for row in Register.objects.all()}
    for block in blocks:
        register = registers[block["register"]]
        book, _made = RegisterBook.objects.get_or_create(
            unit=_unit(block["unit"]),
            register=register,
            defaults={"counts_from": block["counts_from"]},
        )
        keys = [
            uuid.uuid5(uuid.NAMESPACE_OID, f"{block['unit']}/{register.code}/{place}")
            for place in range(len(block["entries"]))
        ]
        known = set(RegisterEntry.objects.filter(key__in=keys).values_list("key", flat=True))
        entries = [
            _entry(book, key, dict(zip(block["fields"], cells, strict=True)))
            for key, cells in zip(keys, block["entries"], strict=True)
            if key not in known
        ]
        bulk_create_with_history(
            entries, RegisterEntry, default_change_reason=recorded("Nạp số liệu minh họa")
        )


def _entry(book: RegisterBook, key: uuid.UUID, says: Mapping[str, Any]) -> RegisterEntry:
    register = book.register
    when = says[register.dated_by]
    months = register.valid_months
    happened_on = when if isinstance(when, date) else _ending_in(when["expires_in"], months or 0)
    values = {name: value for name, value in says.items() if name != register.dated_by}
    return RegisterEntry(
        book=book,
        key=key,
        happened_on=happened_on,
        valid_until=months_after(happened_on, months) if months else None,
        values={name: value for name, value in values.items() if value is not None},
        is_sample=True,
    )


def _ending_in(days: int, months: int) -> date:
    """The day from which so many months end in so many days."""
    end = timezone.localdate() + timedelta(days=days)
    found = end - timedelta(days=31 * months)
    while months_after(found, months) < end:
        found += timedelta(days=1)
    return found
